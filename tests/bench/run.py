"""Workloads beside the peers: ratios of medians, interleaved in one run.

    python tests/bench/run.py [--rounds 7] [--markdown]

Peers are optional and skipped when absent. micrograd is timed as it ships and
with Python's collector off, since most of its time is the collector's. A
figure above 1 is how many times slower the peer is. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import gradlang

ROOT = Path(__file__).parent.parent.parent
SETTINGS = (100_000, 10, 10)  # the collector's thresholds of gradlang's command line

Work = Callable[[], float]  # seconds a step


def ours(setup: str, step: str, steps: int) -> Work:
    source = f"{setup}\nt = time()\nfor step in range({steps}) {{\n{step}\n}}\nseconds = time() - t\n"

    def run() -> float:
        gc.set_threshold(*SETTINGS)
        return float(gradlang.run(source)["seconds"]) / steps

    return run


CHAIN = 20_000
MOONS = """manual_seed(1337)
X, labels = make_moons(100, noise=0.1)
y = labels * 2 - 1
model = mlp(2, [16, 16, 1])"""
MOONS_STEP = """
scores = model(X)[:, 0]
loss = (1 - y * scores).relu().mean() + 1e-4 * sum([(p * p).sum() for p in parameters(model)])
backward(loss)
for p in parameters(model) { p -= (1.0 - 0.9 * step / 100) * p.grad }"""
LECTURE = """xs = [[2, 3, -1], [3, -1, 0.5], [0.5, 1, 1], [1, 1, -1]]
ys = [1, -1, -1, 1]
model = mlp(3, [4, 4, 1], activation=tanh, output=tanh)"""
LECTURE_STEP = """
loss = ((model(xs)[:, 0] - ys)**2).sum()
backward(loss)
for p in parameters(model) { p -= 0.1 * p.grad }"""
XS, YS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]], [1.0, -1.0, -1.0, 1.0]


def timed(step: Callable[[], object], steps: int, collector: bool = True) -> Work:
    def run() -> float:
        gc.collect()
        gc.set_threshold(700, 10, 10)
        if not collector:
            gc.disable()
        try:
            start = time.perf_counter()
            for _ in range(steps):
                step()
            return (time.perf_counter() - start) / steps
        finally:
            gc.enable()

    return run


def micrograd_steps() -> dict[str, tuple[Callable[[], object], int]]:
    from micrograd.engine import Value
    from micrograd.nn import MLP

    random.seed(1)
    model, points = (
        MLP(2, [16, 16, 1]),
        [([random.random(), random.random()], random.choice([-1, 1])) for _ in range(100)],
    )
    small = MLP(3, [4, 4, 1])

    def chain() -> None:
        sys.setrecursionlimit(10**6)
        y = Value(0.5)
        for _ in range(CHAIN // 10):
            y = y * 1.0000001 + y.relu() * 1e-3
        y.backward()

    def moons() -> None:
        losses = [(1 + -yi * model(list(map(Value, x)))).relu() for x, yi in points]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad

    def lecture() -> None:
        loss = sum((small(x) - y) ** 2 for x, y in zip(XS, YS, strict=True))
        small.zero_grad()
        loss.backward()
        for p in small.parameters():
            p.data -= 0.05 * p.grad

    return {"chain": (chain, 3), "moons": (moons, 1), "lecture": (lecture, 20)}


def torch_steps() -> dict[str, tuple[Callable[[], object], int]]:
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
    small = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1), nn.Tanh())
    X, y = torch.rand(100, 2), torch.randint(0, 2, (100,)) * 2.0 - 1.0
    xs, ys = torch.tensor(XS), torch.tensor(YS)

    def descend(net: nn.Module, loss: torch.Tensor, lr: float) -> None:
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in net.parameters():
                p -= lr * p.grad

    def moons() -> None:
        loss = (1 - y * model(X)[:, 0]).relu().mean() + 1e-4 * sum((p * p).sum() for p in model.parameters())
        descend(model, loss, 0.1)

    def lecture() -> None:
        descend(small, ((small(xs)[:, 0] - ys) ** 2).sum(), 0.05)

    def chain() -> None:
        y = torch.tensor(0.5, requires_grad=True)
        for _ in range(CHAIN // 10):
            y = y * 1.0000001 + y.relu() * 1e-3
        y.backward()

    return {"chain": (chain, 3), "moons": (moons, 100), "lecture": (lecture, 100)}


def chain_of_ours() -> Work:
    body = "y = y * 1.0000001 + y.relu() * 1e-3"
    source = f"x = 0.5; y = x; t = time()\nfor i in range({CHAIN // 10}) {{ {body} }}\nbackward(y)\ns = time() - t"

    def run() -> float:
        gc.set_threshold(*SETTINGS)
        return float(gradlang.run(source)["s"])

    return run


def process(*command: str) -> Work:
    def run() -> float:
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start

    return run


def workloads() -> dict[str, dict[str, Work]]:
    """Per workload: us first, then the peers."""
    found: dict[str, dict[str, Work]] = {
        "chain": {"gradlang": chain_of_ours()},
        "lecture": {"gradlang": ours(LECTURE, LECTURE_STEP, 100)},
        "moons": {"gradlang": ours(MOONS, MOONS_STEP, 100)},
    }
    if find_spec("micrograd"):
        for name, (step, steps) in micrograd_steps().items():
            found[name]["micrograd"] = timed(step, steps)
            found[name]["micrograd, collector off"] = timed(step, steps, collector=False)
    if find_spec("torch"):
        for name, (step, steps) in torch_steps().items():
            found[name]["PyTorch eager"] = timed(step, steps)
    python, compat = sys.executable, str(ROOT / "scripts" / "compat.grad")
    bare = process(python, "-c", "pass")
    for name, arguments in {"--version": ["--version"], '-c "1 + 2"': ["-c", "1 + 2"], "compat": [compat]}.items():
        found[f"start {name}"] = {"gradlang": process(python, "-m", "gradlang", *arguments), "bare Python": bare}
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--markdown", action="store_true")
    given = arguments.parse_args()
    rows = [("workload", "gradlang", "peer", "peer's time", "peer / gradlang (median of ratios)")]
    for name, peers in workloads().items():
        rounds = [{peer: work() for peer, work in peers.items()} for _ in range(given.rounds + 1)][1:]
        mine = statistics.median(r["gradlang"] for r in rounds)
        for peer in list(peers)[1:]:
            theirs = statistics.median(r[peer] for r in rounds)
            ratio = statistics.median(r[peer] / r["gradlang"] for r in rounds)
            rows.append((name, seconds(mine), peer, seconds(theirs), f"{ratio:.3g}"))
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    for i, row in enumerate(rows):
        cells = [cell.ljust(w) for cell, w in zip(row, widths, strict=True)]
        print("| " + " | ".join(cells) + " |" if given.markdown else "  ".join(cells))
        if given.markdown and i == 0:
            print("|" + "|".join("-" * (w + 2) for w in widths) + "|")


def seconds(x: float) -> str:
    return f"{x * 1e6:.0f} µs" if x < 1e-2 else f"{x * 1e3:.0f} ms"


if __name__ == "__main__":
    main()
