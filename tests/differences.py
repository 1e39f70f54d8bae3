"""Derivatives by differences of values, and the same derivatives by the engine.

Of the engine this uses only what a program uses: applying operations and asking for gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from table_cases import Array, Case, plain, sample

from gradlang.engine.autodiff import backward, gradient
from gradlang.engine.ops import TABLE
from gradlang.engine.table import Row
from gradlang.engine.value import Value, apply, leaf


def differentiated(row: Row, data: list[Array]) -> list[int]:
    """Which inputs have a gradient."""
    if callable(row.vjp):
        return list(range(len(data)))
    return [i for i in range(len(data)) if row.vjp[i] is not None]  # type: ignore[index]


class Weighted:
    """The number sum(w * row(inputs)), as a function of the inputs that have gradients."""

    def __init__(self, row: Row, c: Case, rng: np.random.Generator) -> None:
        self.row = row
        self.attrs = c.attrs or None
        self.data = sample(row, c.shapes, rng)
        self.indices = [leaf(i) for i in c.indices]
        self.free = differentiated(row, self.data)
        out = self.value([leaf(plain(x)) for x in self.data])
        self.weights = rng.uniform(0.5, 1.5, out.shape)
        self.point = [self.data[i] for i in self.free]

    def value(self, inputs: list[Value]) -> Value:
        return apply(self.row, *inputs, *self.indices, attrs=self.attrs)

    def leaves(self, point: list[Array]) -> list[Value]:
        leaves = [leaf(plain(x)) for x in self.data]
        for i, x in zip(self.free, point, strict=True):
            leaves[i] = leaf(plain(x), needs=True)
        return leaves

    def number(self, point: list[Array]) -> float:
        return float(np.sum(self.value(self.leaves(point)).data * self.weights))

    def root(self, leaves: list[Value]) -> Value:
        return apply(TABLE["sum"], apply(TABLE["mul"], self.value(leaves), leaf(plain(self.weights))))

    def slopes(self, point: list[Array]) -> list[Array]:
        """The gradient, by backward."""
        leaves = self.leaves(point)
        backward(self.root(leaves))
        return [np.asarray(leaves[i].grad) for i in self.free]

    def flat_slopes(self, point: list[Array]) -> Array:
        return flat(self.slopes(point))

    def curvature(self, direction: list[Array]) -> list[Array]:
        """The second derivative times a direction, by gradients of gradients."""
        leaves = self.leaves(self.point)
        wrt = [leaves[i] for i in self.free]
        total = leaf(0.0)
        for g, u in zip(gradient(self.root(leaves), wrt), direction, strict=True):
            if g is not None:
                total = apply(TABLE["add"], total, apply(TABLE["sum"], apply(TABLE["mul"], g, leaf(plain(u)))))
        second = gradient(total, wrt)
        return [np.zeros(x.shape) if g is None else np.asarray(g.data) for g, x in zip(second, self.point, strict=True)]


def moved(point: list[Array], direction: list[Array], step: float) -> list[Array]:
    return [x + step * u for x, u in zip(point, direction, strict=True)]


def along(f: Callable[[list[Array]], Any], point: list[Array], direction: list[Array], h: float = 1e-3) -> Any:
    """The derivative of f in a direction, from four values (error of order h**4)."""
    return (
        8.0 * (f(moved(point, direction, h)) - f(moved(point, direction, -h)))
        - (f(moved(point, direction, 2 * h)) - f(moved(point, direction, -2 * h)))
    ) / (12.0 * h)


def unit_directions(point: list[Array]) -> Iterator[tuple[int, tuple[int, ...], list[Array]]]:
    for i, x in enumerate(point):
        for at in np.ndindex(x.shape):
            direction = [np.zeros(y.shape) for y in point]
            direction[i][at] = 1.0
            yield i, at, direction


STEPS = {"mod": 1e-4}  # its quotient stays whole within a hundredth only


def flat(parts: list[Array]) -> Array:
    return np.concatenate([p.ravel() for p in parts])


def close(found: Any, expected: Any, tolerance: float, what: object) -> None:
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    assert found.shape == expected.shape, what
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=tolerance, err_msg=str(what))
