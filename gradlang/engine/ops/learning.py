"""Operations of classifiers, kept whole because their parts would overflow."""

from __future__ import annotations

from typing import Any

from ... import shapes
from ...faults import Fault
from ..table import Row


def softmax(xp: Any, x: Any, dim: int = -1) -> Any:
    e = xp.exp(x - xp.max(x, dim=dim, keepdim=True))
    return e / xp.sum(e, dim=dim, keepdim=True)


def softmax_x(xp: Any, g: Any, out: Any, x: Any, dim: int = -1) -> Any:
    d = g * out
    return d - out * xp.sum(d, dim=dim, keepdim=True)


def log_softmax_x(xp: Any, g: Any, out: Any, x: Any, dim: int = -1) -> Any:
    return g - xp.exp(out) * xp.sum(g, dim=dim, keepdim=True)


Row(
    "softmax", "x, dim=-1", softmax, (softmax_x,), shape=shapes.along, group="learning",
    doc="exp(x) over the sum of exp(x): positive, with sum 1.", example="softmax([1, 1])  #> [0.5, 0.5]",
)  # fmt: skip
Row(
    "log_softmax", "x, dim=-1", lambda xp, x, dim=-1: x - xp.logsumexp(x, dim=dim, keepdim=True), (log_softmax_x,),
    shape=shapes.along, group="learning",
    doc="The logarithm of softmax.", example="log_softmax([1, 1])  #> [-0.6931, -0.6931]",
)  # fmt: skip


def one_hot_shape(x: shapes.Shape, n: int) -> shapes.Shape:
    if n.__class__ is not int or n < 1:
        raise Fault("E0308", "the number of classes is a whole number from 1")
    return (*x, n)


Row(
    "one_hot", "x, n", lambda xp, x, n: xp.one_hot(x, n=n), None, shape=one_hot_shape, group="make",
    doc="Rows of zeros with a 1 at the given place.", example="one_hot([0, 2], 3)  #> [[1, 0, 0], [0, 0, 1]]",
)  # fmt: skip
