"""Reductions: many numbers to one, over all dimensions or over those in `dim`.

A rule first puts the reduced dimensions back as size 1 (`kept`); then gradient
and result broadcast against the input.
"""

from __future__ import annotations

import math
from typing import Any

from ... import shapes
from ...shapes import Dim
from ..table import Row, Rule
from ..value import shape_of
from .arithmetic import truth

OVER = "x, dim=none, keepdim=false"
BY_NAME = "x, *, dim=none, keepdim=false"  # where a second argument would be taken for another value


def reduction(name: str, eval: Rule, vjp: Rule | None, **more: Any) -> None:
    Row(
        name, more.pop("signature", OVER), eval, None if vjp is None else (vjp,),
        shape=more.pop("shape", shapes.reduce), group="reductions", **more,
    )  # fmt: skip


def kept(xp: Any, v: Any, x: Any, dim: Dim) -> Any:
    """A result of reducing x, with its lost dimensions back as size 1."""
    shape = shapes.reduce(shape_of(x), dim, keepdim=True)
    return v if shape_of(v) == shape else xp.reshape(v, shape=shape)


def spread(xp: Any, g: Any, x: Any, dim: Dim) -> Any:
    """The gradient of a sum: the same for every element."""
    return xp.broadcast_to(kept(xp, g, x, dim), shape=shape_of(x))


def sum_x(xp: Any, g: Any, out: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    return spread(xp, g, x, dim)


def mean(xp: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    return xp.div(xp.sum(x, dim=dim, keepdim=keepdim), float(shapes.reduced_size(shape_of(x), dim)))


def mean_x(xp: Any, g: Any, out: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    return spread(xp, xp.div(g, float(shapes.reduced_size(shape_of(x), dim))), x, dim)


reduction(
    "sum", lambda xp, x, **over: xp.sum(x, **over), sum_x,
    doc="Sum.", example="sum([[1, 2], [3, 4]], dim=0)  #> [4, 6]",
)  # fmt: skip
reduction("mean", mean, mean_x, doc="Mean.", example="mean([1, 2, 6])  #> 3")


# Spread. A deviation of 0 has gradient 0: dividing by inf instead of 0 gives that, to any order.


def freedom(x: Any, dim: Dim, correction: float) -> float:
    return max(shapes.reduced_size(shape_of(x), dim) - float(correction), 0.0)


def deviations(xp: Any, x: Any, dim: Dim) -> Any:
    return x - xp.mean(x, dim=dim, keepdim=True)


def var(xp: Any, x: Any, dim: Dim = None, keepdim: bool = False, correction: float = 1.0) -> Any:
    d = deviations(xp, x, dim)
    return xp.div(xp.sum(d * d, dim=dim, keepdim=keepdim), freedom(x, dim, correction))


def var_x(
    xp: Any, g: Any, out: Any, x: Any, dim: Dim = None, keepdim: bool = False, correction: float = 1.0
) -> Any:  # fmt: skip
    return xp.div(kept(xp, 2.0 * g, x, dim) * deviations(xp, x, dim), freedom(x, dim, correction))


def std(xp: Any, x: Any, **over: Any) -> Any:
    return xp.sqrt(xp.var(x, **over))


def std_x(
    xp: Any, g: Any, out: Any, x: Any, dim: Dim = None, keepdim: bool = False, correction: float = 1.0
) -> Any:  # fmt: skip
    slope = xp.div(g, nonzero_or_inf(xp, out) * freedom(x, dim, correction))
    return kept(xp, slope, x, dim) * deviations(xp, x, dim)


def nonzero_or_inf(xp: Any, v: Any) -> Any:
    return xp.where(xp.eq(v, 0.0), math.inf, v)


for name, eval, vjp, doc, example in (
    ("std", std, std_x, "Standard deviation, as PyTorch: over n - correction.", "std([1, 2, 3])  #> 1"),
    ("var", var, var_x, "Variance, as PyTorch: over n - correction.", "var([1, 3], correction=0)  #> 1"),
):
    Row(
        name, OVER + ", correction=1", eval, (vjp,), group="reductions", doc=doc, example=example,
        shape=lambda x, dim=None, keepdim=False, correction=1.0: shapes.reduce(x, dim, keepdim),
    )  # fmt: skip


# Largest and smallest. Ties share the gradient.


def chosen_x(xp: Any, g: Any, out: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    hit = xp.eq(x, kept(xp, out, x, dim))
    part = xp.div(kept(xp, g, x, dim), xp.sum(hit, dim=dim, keepdim=True))
    return xp.where(hit, part, 0.0)


reduction(
    "max", lambda xp, x, **over: xp.max(x, **over), chosen_x, shape=shapes.reduce_some, signature=BY_NAME,
    doc="The largest.", example="max([3, 9, 4])  #> 9",
)  # fmt: skip
reduction(
    "min", lambda xp, x, **over: xp.min(x, **over), chosen_x, shape=shapes.reduce_some, signature=BY_NAME,
    doc="The smallest.", example="min([[3, 9], [4, 1]], dim=1)  #> [3, 1]",
)  # fmt: skip
reduction(
    "argmax", lambda xp, x, **over: xp.argmax(x, **over), None, shape=shapes.reduce_some_one,
    doc="The index of the largest; of the first, if there are several.", example="argmax([3, 9, 4])  #> 1",
)  # fmt: skip
reduction(
    "argmin", lambda xp, x, **over: xp.argmin(x, **over), None, shape=shapes.reduce_some_one,
    doc="The index of the smallest; of the first, if there are several.", example="argmin([3, 9, 4])  #> 0",
)  # fmt: skip


# Products. The gradient in one factor is the product of the others; dividing would be wrong at zeros. So factors are
# multiplied in pairs, pairs of pairs and so on; the way back down multiplies each by its neighbour's share.


def prod_x(xp: Any, g: Any, out: Any, x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    shape = shape_of(x)
    if dim is None:
        others = xp.reshape(others_first(xp, xp.reshape(x, shape=(shapes.size_of(shape),))), shape=shape)
    else:
        others = xp.transpose(others_first(xp, xp.transpose(x, dim0=0, dim1=dim)), dim0=0, dim1=dim)
    return kept(xp, g, x, dim) * others


def others_first(xp: Any, x: Any) -> Any:
    """For every element, the product of all others along dimension 0."""
    shape = shape_of(x)
    n, rest = shape[0], shape[1:]
    if n < 2:
        return xp.broadcast_to(1.0, shape=shape)
    if n % 2:
        x = xp.cat(x, xp.broadcast_to(1.0, shape=(1, *rest)), dim=0)
    left, right = (xp.getitem(x, spec=(("slice", start, None, 2),)) for start in (0, 1))
    share = others_first(xp, left * right)
    both = xp.reshape(xp.stack(share * right, share * left, dim=1), shape=(n + n % 2, *rest))
    return xp.getitem(both, spec=(("slice", 0, n, 1),)) if n % 2 else both


reduction(
    "prod", lambda xp, x, **over: xp.prod(x, **over), prod_x, shape=shapes.reduce_one,
    doc="Product.", example="prod([2, 3, 4])  #> 24",
)  # fmt: skip


def norm(xp: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    return xp.sqrt(xp.sum(x * x, dim=dim, keepdim=keepdim))


def norm_x(xp: Any, g: Any, out: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    return kept(xp, xp.div(g, nonzero_or_inf(xp, out)), x, dim) * x


reduction("norm", norm, norm_x, doc="Euclidean length.", example="norm([3, 4])  #> 5")
reduction(
    "all", lambda xp, x, **over: xp.all(truth(x), **over), None, numeric=False,
    doc="Whether all are true.", example="all([1, 2] > 0)  #> true",
)  # fmt: skip
reduction(
    "any", lambda xp, x, **over: xp.any(truth(x), **over), None, numeric=False,
    doc="Whether any is true.", example="any([1, 2] > 5)  #> false",
)  # fmt: skip


def finite_or(xp: Any, v: Any, instead: float) -> Any:
    return xp.where(xp.abs(v) < math.inf, v, instead)


def logsumexp(xp: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    top = finite_or(xp, xp.max(x, dim=dim, keepdim=True), 0.0)
    total = xp.sum(xp.exp(x - top), dim=dim, keepdim=True)
    out = xp.log(total) + top
    return xp.reshape(out, shape=shapes.reduce(shape_of(x), dim, keepdim))


def logsumexp_x(xp: Any, g: Any, out: Any, x: Any, dim: Dim = None, keepdim: bool = False) -> Any:
    level = xp.where(xp.eq(out, -math.inf), 0.0, out)  # all are -inf: none has a share
    return kept(xp, g, x, dim) * xp.exp(x - kept(xp, level, x, dim))


reduction(
    "logsumexp", logsumexp, logsumexp_x, shape=shapes.reduce_some,
    doc="log of the sum of exp(x), without overflow.", example="logsumexp([1000, 1000])  #> 1000.6931",
)  # fmt: skip
