"""Rearrangements: the same numbers in another shape.

They come in pairs, each the other's gradient (`sum_to` and `broadcast_to`;
`stack`, `cat` and slices; the others with themselves), which is why gradients
of gradients need nothing new.
"""

from __future__ import annotations

from typing import Any

from ... import shapes
from ...shapes import ALL, Dim
from ..table import Row, Rule
from ..value import shape_of


def shaping(name: str, signature: str, eval: Rule, vjp: tuple[Rule, ...] | Rule, **more: Any) -> None:
    Row(name, signature, eval, vjp, group=more.pop("group", "shape"), numeric=False, **more)


def back(xp: Any, g: Any, out: Any, x: Any, **attrs: Any) -> Any:
    """The rule of whatever keeps the numbers and their order."""
    return xp.reshape(g, shape=shape_of(x))


shaping(
    "reshape", "x, shape", lambda xp, x, shape: xp.reshape(x, shape=shape), (back,), shape=shapes.reshape,
    doc="The same numbers in another shape; one size may be -1.",
    example="reshape([1, 2, 3, 4], 2, 2)  #> [[1, 2], [3, 4]]",
)  # fmt: skip
shaping(
    "transpose", "x, dim0=-2, dim1=-1", lambda xp, x, dim0=-2, dim1=-1: xp.transpose(x, dim0=dim0, dim1=dim1),
    (lambda xp, g, out, x, dim0=-2, dim1=-1: xp.transpose(g, dim0=dim0, dim1=dim1),), shape=shapes.transpose,
    doc="Two dimensions exchanged, the last two unless told.",
    example="transpose([[1, 2], [3, 4]])  #> [[1, 3], [2, 4]]",
)  # fmt: skip


def stack_all(xp: Any, g: Any, out: Any, *inputs: Any, dim: int = 0) -> list[Any]:
    before = (ALL,) * shapes.axis(dim, len(shape_of(g)))
    return [xp.getitem(g, spec=(*before, ("index", i))) for i in range(len(inputs))]


def cat_all(xp: Any, g: Any, out: Any, *inputs: Any, dim: int = 0) -> list[Any]:
    axis = shapes.axis(dim, len(shape_of(g)))
    pieces, start = [], 0
    for x in inputs:
        stop = start + shape_of(x)[axis]
        pieces.append(xp.getitem(g, spec=(ALL,) * axis + (("slice", start, stop, 1),)))
        start = stop
    return pieces


shaping(
    "stack", "*tensors, dim=0", lambda xp, *tensors, dim=0: xp.stack(*tensors, dim=dim), stack_all,
    inputs=-1, shape=shapes.stack,
    doc="Equal shapes side by side, along a new dimension.",
    example="stack([[1, 2], [3, 4]], dim=1)  #> [[1, 3], [2, 4]]",
)  # fmt: skip
shaping(
    "cat", "*tensors, dim=0", lambda xp, *tensors, dim=0: xp.cat(*tensors, dim=dim), cat_all,
    inputs=-1, shape=shapes.cat,
    doc="End to end, along a dimension that is there.", example="cat([[1, 2], [3, 4]])  #> [1, 2, 3, 4]",
)  # fmt: skip
shaping(
    "squeeze", "x, dim=none", lambda xp, x, dim=None: xp.reshape(x, shape=shapes.squeeze(shape_of(x), dim)), (back,),
    shape=shapes.squeeze,
    doc="Without a dimension of size 1, or without all such.", example="squeeze([[1, 2]])  #> [1, 2]",
)  # fmt: skip
shaping(
    "unsqueeze", "x, dim", lambda xp, x, dim: xp.reshape(x, shape=shapes.unsqueeze(shape_of(x), dim)), (back,),
    shape=shapes.unsqueeze,
    doc="With a new dimension of size 1.", example="unsqueeze([1, 2], 1)  #> [[1], [2]]",
)  # fmt: skip


def flipped_shape(x: shapes.Shape, dim: Dim = None) -> shapes.Shape:
    shapes.axes(dim, x)
    return x


shaping(
    "flip", "x, dim=none", lambda xp, x, dim=None: xp.flip(x, dim=dim),
    (lambda xp, g, out, x, dim=None: xp.flip(g, dim=dim),), shape=flipped_shape,
    doc="In reverse order.", example="flip([1, 2, 3])  #> [3, 2, 1]",
)  # fmt: skip
shaping(
    "broadcast_to", "x, shape", lambda xp, x, shape: xp.broadcast_to(x, shape=shape),
    (lambda xp, g, out, x, shape: xp.sum_to(g, shape=shape_of(x)),), shape=shapes.broadcast_to, group="internal",
    doc="Repeated along dimensions that are missing or of size 1.", example="",
)  # fmt: skip
shaping(
    "sum_to", "x, shape", lambda xp, x, shape: xp.sum_to(x, shape=shape),
    (lambda xp, g, out, x, shape: xp.broadcast_to(g, shape=shape_of(x)),), group="internal",
    shape=lambda x, shape: shapes.broadcast_to(shape, x) and shape,
    doc="What broadcasting from `shape` repeated, summed.", example="",
)  # fmt: skip
