"""Synthetic data sets, and splitting data for a test.

Owns the geometry of the sets, which is scikit-learn's; the numbers come from
the program's generator, so a seed gives the same points on every machine. Works
on raw data and returns raw data: points [n, 2] and labels [n].
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from ..faults import Fault
from .draws import GENERATOR
from .portable import circle_points
from .value import STATE, Data

Rows = Any  # an array, or a list


def make_moons(n: float = 100, noise: float = 0.1) -> tuple[Data, Data]:
    """Two interleaving half circles: label 0 above, label 1 below; scikit-learn's make_moons."""
    import numpy

    count = _points(n)
    upper, lower = count // 2, count - count // 2
    above = circle_points(upper, 2 * max(upper - 1, 1))
    below = [1.0, 0.5] - circle_points(lower, 2 * max(lower - 1, 1))
    return _scattered(numpy.concatenate([above, below]), [upper, lower], noise)


def make_circles(n: float = 100, noise: float = 0.05, factor: float = 0.5) -> tuple[Data, Data]:
    """A circle of radius 1 (label 0) around one of radius `factor` (label 1); scikit-learn's make_circles."""
    import numpy

    count = _points(n)
    outer, inner = count // 2, count - count // 2
    if not 0 <= factor < 1:
        raise Fault("E0308", "`factor` must be from 0 up to and without 1", "it is the radius of the inner circle")
    points = [circle_points(outer, outer), circle_points(inner, inner) * factor]
    return _scattered(numpy.concatenate(points), [outer, inner], noise)


def make_blobs(n: float = 100, centers: float = 3, std: float = 1.0) -> tuple[Data, Data]:
    """Normal clouds around centres drawn from the square from -10 to 10; scikit-learn's make_blobs."""
    count = _points(n)
    if not 1 <= centers <= count or centers != centers // 1:
        raise Fault("E0308", f"`centers` must be a whole number from 1 to the number of points, {count}")
    clouds = int(centers)
    middles = GENERATOR.uniform((clouds, 2)) * 20.0 - 10.0
    sizes = [count // clouds + (i < count % clouds) for i in range(clouds)]
    return _scattered(middles.repeat(sizes, axis=0), sizes, std)


def train_test_split(X: Rows, y: Rows, test: float = 0.25) -> tuple[Rows, Rows, Rows, Rows]:
    """Shuffled rows of X and y in two parts: X_train, X_test, y_train, y_test.

    `test` is the share of the rows kept for the test, rounded up; each part has a row.
    """
    if len(X) != len(y):
        raise Fault("E0409", f"both must have as many rows: {len(X)} and {len(y)}")
    if not 0 < test < 1:
        raise Fault("E0308", "`test` must be between 0 and 1", "it is the share of the rows kept for the test")
    if len(X) < 2:
        raise Fault("E0308", f"splitting needs at least 2 rows, not {len(X)}", at=0)
    tests = min(ceil(len(X) * test - 1e-9), len(X) - 1)  # 0.1 * 30 may come out a little above 3
    order = GENERATOR.indices(len(X))
    train, held = order[tests:], order[:tests]
    return _taken(X, train), _taken(X, held), _taken(y, train), _taken(y, held)


def _taken(rows: Rows, indices: Any) -> Rows:
    return [rows[i] for i in indices.tolist()] if isinstance(rows, Sequence) else rows[indices]


def _points(n: float) -> int:
    if n != n // 1 or n < 2:
        raise Fault("E0308", "the number of points must be a whole number from 2 on", at=0)
    return int(n)


def _scattered(points: Any, sizes: list[int], noise: float) -> tuple[Data, Data]:
    """Points in random order with normal noise, and the number of the group each is from."""
    import numpy

    if not noise >= 0:
        raise Fault("E0308", "the spread of the points cannot be negative")
    labels = numpy.repeat(numpy.arange(len(sizes)), sizes)
    order = GENERATOR.indices(len(points))
    scattered = points[order] + GENERATOR.normal(points.shape) * noise
    return scattered.astype(STATE.dtype), labels[order].astype(STATE.dtype)
