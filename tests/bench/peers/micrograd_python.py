"""micrograd as it is on PyPI: one number, one node. With Python's cyclic collector as it comes, and off.

Most of micrograd's time on a large graph is the collector's, so the figure
without it stands beside the other; collections then happen between the readings.
tanh and sigmoid are further Value operations in the library's own style.
"""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Callable
from typing import Any

from micrograd.engine import Value  # type: ignore[import-untyped]
from micrograd.nn import MLP  # type: ignore[import-untyped]
from workloads import OFF, Problem, Workload

from . import Maker, Measure, Training, repeated


def tanh(x: Any) -> Any:
    t = math.tanh(x.data)
    out = Value(t, (x,), "tanh")

    def _backward() -> None:
        x.grad += (1 - t * t) * out.grad

    out._backward = _backward
    return out


def sigmoid(x: Any) -> Any:
    s = 1 / (1 + math.exp(-x.data))
    out = Value(s, (x,), "sigmoid")

    def _backward() -> None:
        x.grad += s * (1 - s) * out.grad

    out._backward = _backward
    return out


class ActivatedMLP(MLP):  # type: ignore[misc]
    """An MLP whose neurons all end in the given activation."""

    def __init__(self, sizes: list[int], activation: Callable[[Any], Any]) -> None:
        super().__init__(sizes[0], sizes[1:])
        self.activation = activation
        for layer in self.layers:
            for neuron in layer.neurons:
                neuron.nonlin = False

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
            x = [self.activation(v) for v in x] if isinstance(x, list) else self.activation(x)
        return x


def fill(model: Any, problem: Problem) -> None:
    """micrograd's order of parameters: neuron by neuron, weights and then bias."""
    numbers = [float(v) for W, b in problem.layers for j in range(len(b)) for v in (*W[:, j], b[j])]
    for p, x in zip(model.parameters(), numbers, strict=True):
        p.data = x


def descend(model: Any, loss: Any, rate: float) -> None:
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= rate * p.grad


def moons(problem: Problem) -> Training:
    model = MLP(2, [16, 16, 1])
    rows, y = problem.X.tolist(), problem.y.tolist()

    def train(steps: int) -> float:
        fill(model, problem)
        for step in range(steps):
            scores = [model(list(map(Value, row))) for row in rows]
            losses = [(1 + -yi * s).relu() for yi, s in zip(y, scores, strict=True)]
            loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
            descend(model, loss, max(0.1, 1.0 - 0.9 * step / 100))
        return float(loss.data)

    return train


def xor(problem: Problem) -> Training:
    model = ActivatedMLP([2, 2, 1], sigmoid)
    X, y = problem.X.tolist(), problem.y.tolist()

    def train(steps: int) -> float:
        fill(model, problem)
        for step in range(steps):
            loss = (model(X[step % 4]) - y[step % 4]) ** 2
            descend(model, loss, 0.1)
        return float(loss.data)

    return train


def lecture(problem: Problem) -> Training:
    model = ActivatedMLP([3, 4, 4, 1], tanh)
    X, y = problem.X.tolist(), problem.y.tolist()

    def train(steps: int) -> float:
        fill(model, problem)
        for _ in range(steps):
            loss = sum((model(x) - yi) ** 2 for x, yi in zip(X, y, strict=True))
            descend(model, loss, 0.1)
        return float(loss.data)

    return train


def chain(problem: Problem) -> Training:
    length = problem.workload.units // 5

    def train(steps: int) -> float:
        sys.setrecursionlimit(10**8)  # micrograd sorts the graph by recursion
        for _ in range(steps):
            x = Value(0.5)
            y = x
            for _ in range(length):
                y = y * 1.0000001 + 0.5 * tanh(y) * 1e-3
            y.backward()
        return float(y.data + x.grad)

    return train


TRAININGS = {
    "moons": moons,
    "micro": moons,
    "micro-scalar": moons,
    "xor": xor,
    "lecture": lecture,
    "chain": chain,
    "chain-1e4": chain,
    "chain-1e6": chain,
}


def maker(training: Callable[[Problem], Training], collector: bool) -> Maker:
    def prepare(problem: Problem) -> Measure:
        def before() -> None:
            gc.enable()
            gc.collect()
            if not collector:
                gc.disable()

        return repeated(problem, training(problem), problem.few, before)

    return prepare


def variants(workload: Workload, threads: int) -> dict[str, Maker]:
    training = TRAININGS.get(workload.name)
    return {"micrograd": maker(training, True), OFF: maker(training, False)} if training else {}
