"""Builtins that make tensors: of given numbers, of random ones, of data sets."""

from __future__ import annotations

import math
from typing import Any

from ...engine import draws
from ...engine.charges import making
from ...engine.table import arrays
from ...engine.value import Value, leaf, seen, shape_of
from ...faults import Fault
from ...shapes import check_room, size_of
from ..iteration import drawn
from ..values import Batches, List, constant, kind, real, sequence, tensor, whole
from .registry import builtin


def check_size(shape: tuple[int, ...], rooms: float = 1.1) -> None:
    """Raises Fault where no machine has room for such a tensor, or the run may not take so many times that."""
    making(math.prod(shape), rooms)
    check_room(shape)


def shape_given(sizes: list[Any], rooms: float = 1.1) -> tuple[int, ...]:
    """`f(2, 3)`, `f((2, 3))` and `f(x.shape)` alike."""
    if len(sizes) == 1 and (
        isinstance(sizes[0], tuple | List) or isinstance(sizes[0], Value) and len(sizes[0].shape) == 1
    ):
        sizes = (
            list(sequence(sizes[0]))
            if not isinstance(sizes[0], Value)
            else [constant(n) for n in seen(sizes[0]).tolist()]
        )
    shape = tuple([whole(n, "a size", i) for i, n in enumerate(sizes)])
    for i, n in enumerate(shape):
        if n < 0:
            raise Fault("E0308", f"a size cannot be negative, and this is {n}", at=i)
    check_size(shape, rooms)
    return shape


def count(n: Any, rooms: float = 1.1) -> int:
    """How many: a whole number from 0."""
    return shape_given([constant(whole(n, "how many", 0))], rooms)[0]


def filled(shape: tuple[int, ...], number: float) -> Value:
    return leaf(arrays.full(shape, number)) if shape else leaf(number)


@builtin("*sizes", "make", "A tensor of zeros.", "zeros(2, 3)  #> [[0, 0, 0], [0, 0, 0]]", is_recorded=True)
def zeros(sizes: list[Any]) -> Value:
    return filled(shape_given(sizes), 0.0)


@builtin("*sizes", "make", "A tensor of ones.", "ones(3)  #> [1, 1, 1]", is_recorded=True)
def ones(sizes: list[Any]) -> Value:
    return filled(shape_given(sizes), 1.0)


@builtin("shape, number", "make", "A tensor of one number.", "full((2, 2), 7)  #> [[7, 7], [7, 7]]", is_recorded=True)
def full(shape: Any, number: Any) -> Value:
    return filled(shape_given([shape]), real(number, "what fills a tensor", 1))


@builtin("n", "make", "The identity matrix.", "eye(2)  #> [[1, 0], [0, 1]]", is_recorded=True)
def eye(n: Any) -> Value:
    return leaf(arrays.eye(shape_given([n, n])[0]))


@builtin(
    "start, stop=none, step=1",
    "make",
    "Numbers from start up to and without stop, in steps.",
    "arange(0, 1, 0.25)  #> [0, 0.25, 0.5, 0.75]",
    is_recorded=True,
)
def arange(start: Any, stop: Any, step: Any) -> Value:
    first, last = (
        (0.0, real(start, "a bound", 0)) if stop is None else (real(start, "a bound", 0), real(stop, "a bound", 1))
    )
    by = real(step, "the step", 2)
    if not by or not math.isfinite(count := (last - first) / by):
        raise Fault("E0308", "arange needs finite bounds and a step other than 0", at=2)
    check_size((max(math.ceil(count), 0),), 2.1)
    return leaf(arrays.arange(first, last, by)) if count > 0 else filled((0,), 0.0)


@builtin(
    "start, stop, n",
    "make",
    "n numbers from start to stop, both included, evenly spaced.",
    "linspace(0, 1, 5)  #> [0, 0.25, 0.5, 0.75, 1]",
    is_recorded=True,
)
def linspace(start: Any, stop: Any, n: Any) -> Value:
    return leaf(arrays.linspace(real(start, "a bound", 0), real(stop, "a bound", 1), count(n, 3.1)))


# ── random ───────────────────────────────────────────────────────────────────


@builtin(
    "seed",
    "random",
    "Starts the stream of random numbers anew; the same seed draws the same numbers.",
    "manual_seed(1337)",
)
def manual_seed(seed: Any) -> None:
    draws.seed(whole(seed, "a seed", 0))


@builtin("*sizes", "random", "Random numbers, evenly from 0 to 1.", "rand(2, 3).shape  #> (2, 3)", is_recorded=True)
def rand(sizes: list[Any]) -> Value:
    return drawn("uniform", shape_given(sizes))


@builtin(
    "*sizes",
    "random",
    "Random numbers of the normal distribution with mean 0 and deviation 1.",
    "randn(2, 3).shape  #> (2, 3)",
    is_recorded=True,
)
def randn(sizes: list[Any]) -> Value:
    return drawn("normal", shape_given(sizes))


@builtin(
    "low, high, shape=()",
    "random",
    "Random whole numbers from low up to and without high.",
    "randint(0, 1)  #> 0",
    is_recorded=True,
)
def randint(low: Any, high: Any, shape: Any) -> Value:
    bounds = real(low, "a bound", 0), real(high, "a bound", 1)
    return drawn("integers", *bounds, () if shape == () else shape_given([shape]))


@builtin("n", "random", "0 to n - 1 in random order.", "sorted(randperm(3))  #> [0, 1, 2]", is_recorded=True)
def randperm(n: Any) -> Value:
    return drawn("permutation", count(n))


@builtin(
    "probabilities, n=1",
    "random",
    "n random indices, each as likely as its share of the probabilities.",
    "multinomial([0, 1], 2)  #> [1, 1]",
)
def multinomial(probabilities: Any, n: Any) -> Value:
    shares = tensor(probabilities, 0)
    making(size_of(shares.shape), 3)
    return leaf(draws.GENERATOR.multinomial(shares.data, count(n)))


# ── data sets ────────────────────────────────────────────────────────────────


def pair(data: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([List(d) if isinstance(d, list) else leaf(d) for d in data])


@builtin(
    "n=100, noise=0.1",
    "data",
    "Two interleaved half circles: points [n, 2] and labels 0 and 1.",
    "make_moons(10)[0].shape  #> (10, 2)",
)
def make_moons(n: Any, noise: Any) -> Any:
    from ...engine import datasets

    return pair(datasets.make_moons(count(n), real(noise, "the noise", 1)))


@builtin(
    "n=100, noise=0.05, factor=0.5",
    "data",
    "Two circles, one in the other: points [n, 2] and labels 0 and 1.",
    "make_circles(10)[0].shape  #> (10, 2)",
)
def make_circles(n: Any, noise: Any, factor: Any) -> Any:
    from ...engine import datasets

    return pair(datasets.make_circles(count(n), real(noise, "the noise", 1), real(factor, "the factor", 2)))


@builtin(
    "n=100, centers=3, std=1.0",
    "data",
    "Clouds of points: points [n, 2] and the number of each one's cloud.",
    "make_blobs(10)[0].shape  #> (10, 2)",
)
def make_blobs(n: Any, centers: Any, std: Any) -> Any:
    from ...engine import datasets

    return pair(datasets.make_blobs(count(n), whole(centers, "the number of clouds", 1), real(std, "the deviation", 2)))


@builtin(
    "X, y, test=0.25",
    "data",
    "Shuffles rows and splits them: X_train, X_test, y_train, y_test.",
    "len(train_test_split(arange(8), arange(8))[1])  #> 2",
)
def train_test_split(X: Any, y: Any, test: Any) -> Any:
    from ...engine import datasets

    def rows(x: Any, at: int) -> Any:
        if x.__class__ is List and any(isinstance(i, str) for i in x.items()):
            return x.items()
        data = tensor(x, at).data
        making(size_of(shape_of(data)))
        if not shape_of(data):
            raise Fault("E0301", f"rows are needed here, and this is {kind(x)}", at=at)
        return data

    return pair(datasets.train_test_split(rows(X, 0), rows(y, 1), real(test, "the share of test rows", 2)))


@builtin(
    "X, y, size=32",
    "data",
    "Goes through rows in batches, shuffled anew in each pass.",
    "for Xb, yb in batches(X, y, 32) { }",
    is_recorded=True,
)
def batches(X: Any, y: Any, size: Any) -> Batches:
    tensors = [tensor(X, 0), tensor(y, 1)]
    counts = [t.shape[0] if t.shape else 0 for t in tensors]
    if counts[0] != counts[1] or not counts[0]:
        raise Fault("E0409", f"X and y need as many rows each, and have {counts[0]} and {counts[1]}")
    rows = whole(size, "the size of a batch", 2)
    if rows < 1:
        raise Fault("E0308", f"a batch has at least one row, and this asks for {rows}", at=2)
    return Batches(tensors, rows)
