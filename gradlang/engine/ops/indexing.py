"""Indexing: `x[…]`, and its adjoint `scatter`.

The attribute `spec` has one entry a dimension; dimensions beyond it are taken
whole:

    ("at",)                      the next of the further inputs: a whole number, or a tensor of such
    ("index", i)                 a position that the engine knows
    ("slice", start, stop, step) whole numbers or None, as in Python
    ("all",)                     the whole dimension

Why positions are inputs: an index that a program computes may differ in every
turn of a loop, and whoever records operations must see that. A mask comes in
as the positions where it is true (`nonzero`), the one operation whose shape is
known from the data only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import shapes
from ...faults import Fault
from ...shapes import ALL, AT, shape_text
from ..table import TABLE, Row
from ..value import Value, apply, shape_of

if TYPE_CHECKING:
    from ...source import Span

Row(
    "getitem", "x, spec", lambda xp, x, *indices, spec: xp.getitem(x, *indices, spec=spec),
    (lambda xp, g, out, x, *indices, spec: xp.scatter(g, *indices, spec=spec, shape=shape_of(x)),),
    shape=shapes.index, numeric=False, group="operators", operator=True, symbol="[ ]",
    doc="Elements by position, slice, tensor of positions or mask, as in NumPy.", example="[5, 6, 7][-1]  #> 7",
)  # fmt: skip
Row(
    "scatter", "x, spec, shape", lambda xp, x, *indices, spec, shape: xp.scatter(x, *indices, spec=spec, shape=shape),
    (lambda xp, g, out, x, *indices, spec, shape: xp.getitem(g, *indices, spec=spec),),
    shape=lambda x, *indices, spec, shape: shape, group="internal",
    doc="Zeros with x added at the positions that `getitem` would read.", example="",
)  # fmt: skip
Row(
    "nonzero", "x, dim", lambda xp, x, dim: xp.nonzero(x, dim=dim), None,
    shape=lambda x, dim: (-1,), numeric=False, group="internal",
    doc="The positions, along one dimension, where a mask is true.", example="",
)  # fmt: skip


def subscript(x: Value, items: Sequence[Value | slice], span: Span | None = None) -> Value:
    """`x[items]`: positions, masks and slices of whole numbers, one a dimension (a mask takes as many as it has)."""
    spec: list[tuple[Any, ...]] = []
    inputs: list[Value] = []
    for at, item in enumerate(items):
        if isinstance(item, slice):
            spec.append(ALL if item == slice(None) else ("slice", item.start, item.stop, item.step))
        else:
            indices = positions_of_mask(x, item, len(spec), at) if is_mask(item) else [item]
            inputs += indices
            spec += [AT] * len(indices)
    return apply(TABLE["getitem"], x, *inputs, span=span, attrs={"spec": tuple(spec)})


def is_mask(item: Value) -> bool:
    return item.shape != () and bool(item.data.dtype == bool)


def positions_of_mask(x: Value, mask: Value, dim: int, at: int) -> list[Value]:
    """Where the mask is true, one vector of positions for each of its dimensions."""
    rank = len(mask.shape)
    if mask.shape != x.shape[dim : dim + rank]:
        raise Fault(
            "E0402",
            f"a mask of shape {shape_text(mask.shape)} does not fit {shape_text(x.shape)}",
            "a mask has the sizes of the dimensions it chooses from",
            at=at,
        )
    return [apply(TABLE["nonzero"], mask, attrs={"dim": i}) for i in range(rank)]
