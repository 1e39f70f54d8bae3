"""PyTorch eager: `loss.backward()`, then the update under `no_grad`, on the same columns as everyone."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear
from workloads import Problem, Workload

from . import Maker, Measure, repeated

Loss = Callable[[list[Tensor], int], Tensor]


def parameters(problem: Problem) -> list[Tensor]:
    """W as [n_out, n_in], which is how torch.nn.Linear keeps it."""
    return [
        torch.tensor(p.T.copy() if p.ndim == 2 else p).requires_grad_(True) for layer in problem.layers for p in layer
    ]


def trained(problem: Problem, loss_of: Loss, rate: Callable[[int], float], steps: int = 0) -> Measure:
    start = parameters(problem)

    def train(steps: int) -> float:
        weights = [p.detach().clone().requires_grad_(True) for p in start]
        for step in range(steps):
            loss = loss_of(weights, step)
            loss.backward()
            lr = rate(step)
            with torch.no_grad():
                for p in weights:
                    p -= lr * p.grad
                    p.grad = None
        return loss.item()

    return repeated(problem, train, steps)


def moons(problem: Problem) -> Measure:
    X, y = torch.tensor(problem.X), torch.tensor(problem.y)

    def loss(p: list[Tensor], step: int) -> Tensor:
        scores = linear(linear(linear(X, p[0], p[1]).relu(), p[2], p[3]).relu(), p[4], p[5])[:, 0]
        return (1 - y * scores).relu().mean() + 1e-4 * sum((w * w).sum() for w in p)

    return trained(problem, loss, lambda step: max(0.1, 1.0 - 0.9 * step / 100))


def xor(problem: Problem) -> Measure:
    samples = [(torch.tensor(x), torch.tensor([y])) for x, y in zip(problem.X, problem.y, strict=True)]

    def loss(p: list[Tensor], step: int) -> Tensor:
        x, y = samples[step % 4]
        return ((linear(linear(x, p[0], p[1]).sigmoid(), p[2], p[3]).sigmoid() - y) ** 2).sum()

    return trained(problem, loss, lambda step: 0.1, problem.few)


def lecture(problem: Problem) -> Measure:
    X, y = torch.tensor(problem.X), torch.tensor(problem.y)

    def loss(p: list[Tensor], step: int) -> Tensor:
        scores = linear(linear(linear(X, p[0], p[1]).tanh(), p[2], p[3]).tanh(), p[4], p[5]).tanh()[:, 0]
        return ((scores - y) ** 2).sum()

    return trained(problem, loss, lambda step: 0.1)


def classes(problem: Problem) -> Measure:
    X, labels = torch.tensor(problem.X), torch.tensor(problem.y).long()

    def loss(p: list[Tensor], step: int) -> Tensor:
        return cross_entropy(linear(linear(linear(X, p[0], p[1]).relu(), p[2], p[3]).relu(), p[4], p[5]), labels)

    return trained(problem, loss, lambda step: 0.1)


def chain(problem: Problem) -> Measure:
    length = problem.workload.units // 5

    def train(steps: int) -> float:
        for _ in range(steps):
            x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
            y = x
            for _ in range(length):
                y = y * 1.0000001 + 0.5 * y.tanh() * 1e-3
            y.backward()
        assert x.grad is not None
        return y.item() + x.grad.item()

    return repeated(problem, train)


TRAININGS = {"moons": moons, "xor": xor, "lecture": lecture, "digits": classes, "large": classes, "chain": chain}


def variants(workload: Workload, threads: int) -> dict[str, Maker]:
    torch.set_num_threads(threads)
    train = TRAININGS.get(workload.name)
    return {"PyTorch": train} if train else {}
