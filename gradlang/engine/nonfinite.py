"""Where a nan or an infinity began: walks back through a graph that has come to one, and through its gradients.

Asked only once something has gone wrong, so that operations themselves look at
nothing. Knows operations as rows; what a user is told of it is not said here.

Invariant: no recursion, and every walk looks at each value at most once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .autodiff import contributions
from .table import Row
from .value import Data, Value, leaf, recording, shape_of

HUGE = {"float64": 1e100, "float32": 1e25}  # only steps that lead away come to such numbers


def is_finite(data: Data) -> bool:
    """Whether there is neither a nan nor an infinity in raw data."""
    return is_below(data, math.inf)


def is_below(data: Data, most: float) -> bool:
    """Whether all numbers are smaller than that in size, none of them nan."""
    if data.__class__ is float:
        return bool(-most < data < most)
    if data.__class__ is bool or data.dtype == bool or not data.size:
        return True
    return bool(abs(data).max() < most)


def has_nan(data: Data) -> bool:
    if data.__class__ is bool:
        return False
    return bool(data != data) if data.__class__ is float else bool((data != data).any())


def largest(data: Data) -> float:
    """The largest size of a number, nan left out."""
    import numpy

    sizes = numpy.abs(numpy.asarray(data, numpy.float64))
    return float(numpy.max(sizes, initial=0.0, where=sizes == sizes))


def first_bad(data: Data) -> tuple[int, ...]:
    """The index of the first nan or, where there is none, of the first infinity."""
    if not shape_of(data):
        return ()
    import numpy

    bad = data != data if has_nan(data) else ~numpy.isfinite(data)
    return tuple(int(i) for i in numpy.unravel_index(int(bad.argmax()), data.shape))


def element(data: Data, index: tuple[int, ...]) -> float | None:
    """The number that an elementwise operation takes from an operand for the result at an index."""
    shape = shape_of(data)
    if not shape:
        return float(data)
    if len(shape) > len(index):
        return None
    place = [i if n != 1 else 0 for i, n in zip(index[len(index) - len(shape) :], shape, strict=True)]
    return float(data[tuple(place)]) if all(i < n for i, n in zip(place, shape, strict=True)) else None


class Origin(NamedTuple):
    """The first value of a graph that is not finite although it was made of finite numbers, or of none.

    way   from it to the root, each used by the next; the first is the origin itself
    nan   where on the way an infinity became a nan, if one did
    """

    way: list[Value]
    nan: Value | None

    @property
    def value(self) -> Value:
        return self.way[0]


def origin(root: Value) -> Origin:
    """Where the nan or infinity of a root came from: followed back to nan inputs before infinite ones."""
    way, turned = [root], None
    v = root
    while True:
        wrong = [x for x in v.inputs if not is_finite(x.data)]
        nans = [x for x in wrong if has_nan(x.data)]
        if has_nan(v.data) and wrong and not nans:
            turned = v
        if not wrong:
            break
        v = (nans or wrong)[0]
        way.append(v)
    way.reverse()
    if turned is not None and not v.inputs and not v.shape:  # an infinity that was written down is meant
        return Origin(way[way.index(turned) :], None)
    return Origin(way, turned)


class Slope(NamedTuple):
    """The first operation, from the root down, whose rule makes a gradient that is not finite of one that is.

    gradient  of its input
    chooser   the nearest operation behind it that took only some of its numbers, such as `where`
    """

    value: Value
    input: Value
    gradient: Data
    chooser: Value | None


def slope(order: Sequence[Value], gradients: Sequence[Data]) -> Slope | None:
    """Where the gradients of a finite root stop being finite; `order` has all values on the way to it, users last."""
    with recording(False):
        for v, grad in zip(reversed(order), reversed(gradients), strict=True):
            if not v.inputs or grad is None or not is_finite(grad):
                continue
            for x, d in contributions(v, leaf(grad)):
                if not is_finite(d.data):
                    return Slope(v, x, d.data, chooser(v, order))
    return None


CHOOSING = {"where", "maximum", "minimum", "clamp", "max", "min", "getitem", "relu"}


def chooser(v: Value, order: Sequence[Value]) -> Value | None:
    behind = {v}
    for user in order[order.index(v) + 1 :]:
        if not behind.isdisjoint(user.inputs):
            if isinstance(user.op, Row) and user.op.name in CHOOSING:
                return user
            behind.add(user)
    return None


def is_overflow(v: Value, dtype: str) -> bool:
    """Whether an operation went wrong for nothing but the size of its operands."""
    sizes = [largest(x.data) for x in v.inputs]
    return any(HUGE[dtype] < size < math.inf for size in sizes)
