"""JAX on the CPU with the whole loop rewritten for it: one `jit` around `lax.fori_loop`, compiled before the clock."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

os.environ.update(JAX_PLATFORMS="cpu", JAX_ENABLE_X64="1")

import jax
import jax.numpy as jnp
from jax import lax
from workloads import FORI, Problem, Workload

from . import Maker, Measure, repeated

Loss = Callable[[list[Any], Any], Any]


def trained(problem: Problem, loss_of: Loss, rate: Callable[[Any], Any]) -> Measure:
    start = [jnp.asarray(p) for layer in problem.layers for p in layer]

    @jax.jit
    def loop(weights: list[Any], steps: Any) -> Any:
        def body(step: Any, state: tuple[list[Any], Any]) -> tuple[list[Any], Any]:
            weights, _ = state
            loss, gradients = jax.value_and_grad(loss_of)(weights, step)
            return [p - rate(step) * g for p, g in zip(weights, gradients, strict=True)], loss

        return lax.fori_loop(0, steps, body, (weights, 0.0))

    compiled = loop.lower(start, 0).compile()

    def train(steps: int) -> float:
        _, loss = jax.block_until_ready(compiled(start, steps))
        return float(loss)

    return repeated(problem, train)


def moons(problem: Problem) -> Measure:
    X, y = jnp.asarray(problem.X), jnp.asarray(problem.y)

    def loss(p: list[Any], step: Any) -> Any:
        scores = (jax.nn.relu(jax.nn.relu(X @ p[0] + p[1]) @ p[2] + p[3]) @ p[4] + p[5])[:, 0]
        return jnp.mean(jax.nn.relu(1 - y * scores)) + 1e-4 * sum(jnp.sum(w * w) for w in p)

    return trained(problem, loss, lambda step: jnp.maximum(0.1, 1.0 - 0.9 * step / 100))


def xor(problem: Problem) -> Measure:
    X, y = jnp.asarray(problem.X), jnp.asarray(problem.y)

    def loss(p: list[Any], step: Any) -> Any:
        o = jax.nn.sigmoid(jax.nn.sigmoid(X[step % 4] @ p[0] + p[1]) @ p[2] + p[3])
        return jnp.sum((o - y[step % 4]) ** 2)

    return trained(problem, loss, lambda step: 0.1)


def lecture(problem: Problem) -> Measure:
    X, y = jnp.asarray(problem.X), jnp.asarray(problem.y)

    def loss(p: list[Any], step: Any) -> Any:
        scores = jnp.tanh(jnp.tanh(jnp.tanh(X @ p[0] + p[1]) @ p[2] + p[3]) @ p[4] + p[5])[:, 0]
        return jnp.sum((scores - y) ** 2)

    return trained(problem, loss, lambda step: 0.1)


def classes(problem: Problem) -> Measure:
    X, labels = jnp.asarray(problem.X), jnp.asarray(problem.y).astype(int)
    rows = jnp.arange(len(labels))

    def loss(p: list[Any], step: Any) -> Any:
        z = jax.nn.relu(jax.nn.relu(X @ p[0] + p[1]) @ p[2] + p[3]) @ p[4] + p[5]
        return -jnp.mean(jax.nn.log_softmax(z)[rows, labels])

    return trained(problem, loss, lambda step: 0.1)


def chain(problem: Problem) -> Measure:
    length = problem.workload.units // 5

    def f(x: Any) -> Any:
        return lax.scan(lambda y, _: (y * 1.0000001 + 0.5 * jnp.tanh(y) * 1e-3, None), x, None, length=length)[0]

    compiled = jax.jit(jax.value_and_grad(f)).lower(0.5).compile()

    def train(steps: int) -> float:
        for _ in range(steps):
            y, gradient = jax.block_until_ready(compiled(0.5))
        return float(y) + float(gradient)

    return repeated(problem, train)


TRAININGS = {"moons": moons, "xor": xor, "lecture": lecture, "digits": classes, "large": classes}


def variants(workload: Workload, threads: int) -> dict[str, Maker]:
    if workload.name.startswith("chain"):
        return {"JAX, scan": chain}
    train = TRAININGS.get(workload.name)
    return {FORI: train} if train else {}
