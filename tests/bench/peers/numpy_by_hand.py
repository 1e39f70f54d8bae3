"""NumPy with the derivatives written out by hand: what a careful programmer writes without a framework."""

from __future__ import annotations

from typing import Any

import numpy as np
from workloads import Problem, Workload

from . import Maker, Training, repeated

Array = np.ndarray[Any, Any]
Layers = list[tuple[Array, Array]]


def copies(layers: Layers) -> list[Array]:
    return [p.copy() for layer in layers for p in layer]


def moons(problem: Problem) -> Training:
    X, y, n = problem.X, problem.y, len(problem.y)

    def train(steps: int) -> float:
        parameters = copies(problem.layers)
        A, a, B, b, C, c = parameters
        for step in range(steps):
            h = np.maximum(X @ A + a, 0)
            q = np.maximum(h @ B + b, 0)
            margin = 1 - y * (q @ C + c)[:, 0]
            loss = np.maximum(margin, 0).sum() / n + 1e-4 * sum((p * p).sum() for p in parameters)
            do = (np.where(margin > 0, -y, 0) / n)[:, None]
            dq = (do @ C.T) * (q > 0)
            dh = (dq @ B.T) * (h > 0)
            gradients = (X.T @ dh, dh.sum(0), h.T @ dq, dq.sum(0), q.T @ do, do.sum(0))
            lr = max(0.1, 1.0 - 0.9 * step / 100)
            for p, g in zip(parameters, gradients, strict=True):
                p -= lr * (g + 2e-4 * p)
        return float(loss)

    return train


def xor(problem: Problem) -> Training:
    def train(steps: int) -> float:
        A, a, B, b = copies(problem.layers)
        for step in range(steps):
            x, y = problem.X[step % 4], problem.y[step % 4]
            h = 1 / (1 + np.exp(-(x @ A + a)))
            o = 1 / (1 + np.exp(-(h @ B + b)))
            do = 2 * (o - y) * o * (1 - o)
            dh = (B @ do) * h * (1 - h)
            B -= 0.1 * np.outer(h, do)
            b -= 0.1 * do
            A -= 0.1 * np.outer(x, dh)
            a -= 0.1 * dh
        return float((o[0] - y) ** 2)

    return train


def lecture(problem: Problem) -> Training:
    X, y = problem.X, problem.y

    def train(steps: int) -> float:
        parameters = copies(problem.layers)
        A, a, B, b, C, c = parameters
        for _ in range(steps):
            h = np.tanh(X @ A + a)
            q = np.tanh(h @ B + b)
            o = np.tanh(q @ C + c)
            error = o[:, 0] - y
            do = (2 * error)[:, None] * (1 - o * o)
            dq = (do @ C.T) * (1 - q * q)
            dh = (dq @ B.T) * (1 - h * h)
            gradients = (X.T @ dh, dh.sum(0), h.T @ dq, dq.sum(0), q.T @ do, do.sum(0))
            for p, g in zip(parameters, gradients, strict=True):
                p -= 0.1 * g
        return float((error * error).sum())

    return train


def classes(problem: Problem) -> Training:
    """The classifiers, in place wherever NumPy allows it."""
    X, labels, n = problem.X, problem.y.astype(np.int64), len(problem.y)
    rows = np.arange(n)

    def train(steps: int) -> float:
        A, a, B, b, C, c = copies(problem.layers)
        for _ in range(steps):
            h = X @ A
            h += a
            np.maximum(h, 0, out=h)
            q = h @ B
            q += b
            np.maximum(q, 0, out=q)
            z = q @ C + c
            z -= z.max(1, keepdims=True)
            p = np.exp(z)
            s = p.sum(1, keepdims=True)
            loss = (np.log(s[:, 0]) - z[rows, labels]).mean()
            p /= s
            p[rows, labels] -= 1
            p /= n
            dq = p @ C.T
            dq *= q > 0
            dh = dq @ B.T
            dh *= h > 0
            for w, g in ((C, q.T @ p), (c, p.sum(0)), (B, h.T @ dq), (b, dq.sum(0)), (A, X.T @ dh), (a, dh.sum(0))):
                g *= 0.1
                w -= g
        return float(loss)

    return train


TRAININGS = {"moons": moons, "xor": xor, "lecture": lecture, "digits": classes, "large": classes}


def variants(workload: Workload, threads: int) -> dict[str, Maker]:
    training = TRAININGS.get(workload.name)
    return {"NumPy by hand": lambda problem: repeated(problem, training(problem))} if training else {}


def loss_after(problem: Problem, steps: int) -> float | None:
    """Of more steps than losses are known for; None where nobody wrote the training by hand."""
    workload = problem.workload
    if not workload.moved:
        return problem.losses[-1]  # each step begins anew
    training = TRAININGS.get(workload.like or workload.name)
    return training(problem)(steps) if training else None
