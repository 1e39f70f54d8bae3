"""Derivatives by central differences, to check gradients against: (f(x + h) - f(x - h)) / 2h.

Knows values and rows; takes no gradient rule. With h of a millionth of x the
error of the formula is about 1e-12 of the third derivative, that of rounding
about 1e-10 of f; float32 has the digits for a longer step only.

Invariant: nothing is changed, and nothing recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .autodiff import topological
from .charges import listing
from .table import Row, arrays
from .value import STATE, Box, Data, Value, shape_of

STEP = {"float64": 1e-6, "float32": 5e-3}
TOLERANCE = {"float64": 1e-5, "float32": 1e-2}  # of the larger of 1 and the derivative


def central(f: Callable[[Data], float], x: Data, places: Sequence[int] | None = None) -> Iterator[float]:
    """The derivatives of f in elements of x (in all of them, counted in order), one after the other."""
    shape = shape_of(x)
    flat = x.reshape(-1).tolist() if shape else [x]
    for k in range(len(flat)) if places is None else places:
        listing(len(flat))
        h = STEP[STATE.dtype] * max(1.0, abs(flat[k]))
        ends = []
        for moved in (flat[k] + h, flat[k] - h):
            ends.append(f(arrays.array([*flat[:k], moved, *flat[k + 1 :]]).reshape(shape) if shape else moved))
        yield (ends[0] - ends[1]) / (2 * h)


def agree(gradient: float, numeric: float) -> bool:
    return abs(numeric - gradient) <= TOLERANCE[STATE.dtype] * max(1.0, abs(numeric), abs(gradient))


def replayed(order: Sequence[Value], changed: Mapping[Value, Data]) -> float:
    """What the last value of a topological order, one number, is where some leaves hold other numbers."""
    data: dict[Value, Data] = dict(changed)
    for v in order:
        if v.inputs and v not in data:
            row: Any = v.op
            assert isinstance(row, Row)
            data[v] = row.evaluate([data.get(x, x.data) for x in v.inputs], v.attrs)
    last: Any = data.get(order[-1], order[-1].data)
    return float(last.reshape(-1)[0]) if shape_of(last) else float(last)


def graph_differences(root: Value, leaf: Value, places: Sequence[int]) -> list[float]:
    """The derivatives of a value in elements of a leaf, or of all leaves of its parameter, by running its graph."""
    order = topological(root)
    box = leaf.op if leaf.op.__class__ is Box else None
    same = [v for v in order if v is leaf or box is not None and v.op is box]
    return list(central(lambda data: replayed(order, dict.fromkeys(same, data)), leaf.data, places))
