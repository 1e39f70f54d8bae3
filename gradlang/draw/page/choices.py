"""How a rule can choose, and the formula of its local derivative then: relu's is 1 where x > 0, else 0.

Owns the search for the ways in which one operation's rule decides. A page that
computes a graph anew sees which way was taken, and shows the formula for that.

Invariant: the values of the program are left alone; numbers are tried on copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from ...engine.table import scalars
from ...engine.value import Data, Value, leaf
from ..formulas.derivatives import explained
from ..pictures.nodes import is_literal, name_of

LOW, HIGH = -1e3, 1e3


class Choices:
    """The namespace of numbers, which writes down how the rule itself chose."""

    def __init__(self) -> None:
        self.made = ""

    def where(self, condition: bool, x: Any, y: Any) -> Any:
        self.made += "y" if condition else "n"
        return scalars.where(condition, x, y)

    def __getattr__(self, name: str) -> Any:
        return getattr(scalars, name)


def variants(v: Value, place: int) -> dict[str, Any]:
    """By the choices of the rule: the local derivative, and the conditions that it hangs on.

    Found by trying numbers: those at hand, those around them, and some near 0 and far from it.
    """
    row: Any = v.op
    found: dict[str, Any] = {}
    for data in samples(v):
        out = row.evaluate(data, None)
        choices = Choices()
        row.vjp[place](choices, 1.0, out, *data)
        if choices.made not in found:
            copy = v if not found else with_data(v, data, out)
            local = explained(copy, 1.0).local[place]
            found[choices.made] = None if local is None else [local.text, list(local.since)]
        if not choices.made:
            break  # it never chooses
    return found


def samples(v: Value) -> Iterator[tuple[Data, ...]]:
    yield tuple(x.data for x in v.inputs)
    numbers = [x.data for x in v.inputs if x.data.__class__ is float]
    near = dict.fromkeys([LOW, -2.0, -1.0, 0.0, 1.0, 2.0, HIGH, *[x + d for x in numbers for d in (-1.0, 0.0, 1.0)]])
    ways = [[True, False] if x.data.__class__ is bool else [x.data] if is_literal(x) else [*near] for x in v.inputs]
    places = {x: i for i, x in enumerate(v.inputs)}
    for data in product(*ways):
        if all(data[places[x]] == d for x, d in zip(v.inputs, data, strict=True)):  # one value has one number
            yield data


def with_data(v: Value, data: Sequence[Data], out: Data) -> Value:
    """The same operation on other numbers."""
    copies = {x: copy_of(x, d) for x, d in zip(v.inputs, data, strict=True)}
    result = copy_of(v, out)
    result.inputs = tuple(copies[x] for x in v.inputs)
    return result


def copy_of(v: Value, data: Data) -> Value:
    copy = leaf(data, v.needs, v.span)
    copy.op, copy.attrs, copy.inputs = v.op, v.attrs, v.inputs
    if name_of(v):
        copy.name = v.name
    return copy
