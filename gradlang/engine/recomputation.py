"""A graph computed anew with the numbers that its parameters have by now, beside the program's own.

Why: passes that run as machine code leave the graph of an earlier pass behind. What is asked at the end of a run is
about the parameters as they came out, whoever ran the loop.

Invariant: no recursion, and nothing is changed that the program can see; the graph is a copy.
"""

from __future__ import annotations

from ..shapes import size_of
from .autodiff import topological
from .charges import unpaid
from .table import Row
from .value import Box, Value, leaf

MOST_VALUES = 200_000
MOST_NUMBERS = 20_000_000  # in all of them


def recomputed(root: Value) -> list[Value]:
    """Copies of the values that a root depends on, inputs before users; none where that would take long."""
    with unpaid():
        order = topological(root)
    if len(order) > MOST_VALUES or sum([size_of(v.shape) for v in order]) > MOST_NUMBERS:
        return []
    made: dict[Value, Value] = {}
    for v in order:
        made[v] = copy = leaf(v.data, True, v.span)
        copy.op, copy.attrs = v.op, v.attrs
        if hasattr(v, "name"):
            copy.name = v.name
        if isinstance(v.op, Box):
            copy.data = v.op.value.data
        elif v.inputs:
            assert isinstance(v.op, Row)
            copy.inputs = tuple([made.get(x, x) for x in v.inputs])
            copy.data = v.op.evaluate([x.data for x in copy.inputs], v.attrs)
    return list(made.values())
