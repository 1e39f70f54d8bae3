"""Random scalar graphs against the micrograd package, which this engine must agree with."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from gradlang.engine.autodiff import backward
from gradlang.engine.ops import TABLE
from gradlang.engine.value import apply, leaf


def grow(rng: random.Random, ours: list[Any], theirs: list[Any]) -> None:
    """One more operation on both sides, from values that both have; numbers stay of middling size."""
    op = rng.choice(("add", "sub", "mul", "div", "pow", "neg", "relu"))
    i, j = rng.randrange(len(ours)), rng.randrange(len(ours))
    x, y = theirs[i], theirs[j]
    match op:
        case "add":
            made = apply(TABLE[op], ours[i], ours[j]), x + y
        case "sub":
            made = apply(TABLE[op], ours[i], ours[j]), x - y
        case "mul":
            made = apply(TABLE[op], ours[i], ours[j]), x * y
        case "div" if abs(y.data) > 0.1:
            made = apply(TABLE[op], ours[i], ours[j]), x / y
        case "pow":
            n = rng.choice((2, 3))
            made = apply(TABLE[op], ours[i], leaf(float(n))), x**n
        case "relu":
            made = apply(TABLE[op], ours[i]), x.relu()
        case _:
            made = apply(TABLE["neg"], ours[i]), -x
    if 1e-3 < abs(made[1].data) < 1e3:
        ours.append(made[0])
        theirs.append(made[1])


def test_random_graphs_are_micrograds() -> None:
    engine = pytest.importorskip("micrograd.engine")
    for seed in range(1000):
        rng = random.Random(seed)
        start = [rng.uniform(-2, 2) for _ in range(3)]
        ours, theirs = [leaf(x, needs=True) for x in start], [engine.Value(x) for x in start]
        for _ in range(rng.randrange(5, 40)):
            grow(rng, ours, theirs)
        backward(ours[-1])
        theirs[-1].backward()
        for a, b in zip(ours, theirs, strict=True):
            assert math.isclose(a.data, b.data, rel_tol=1e-12)
            if hasattr(a, "grad"):
                assert math.isclose(a.grad, b.grad, rel_tol=1e-12, abs_tol=1e-12), seed
            else:
                assert b.grad == 0, seed
