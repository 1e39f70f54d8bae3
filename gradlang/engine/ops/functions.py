"""Elementwise functions.

Each is right over the whole line, infinities included, and so is its gradient:
nothing is exponentiated that may overflow, and a branch that is not taken is
cut off by `where`, never multiplied by 0 (0 * inf is nan).
"""

from __future__ import annotations

import math
from typing import Any

from ... import shapes
from ..table import Row, Rule
from .arithmetic import truth

SQRT_HALF = math.sqrt(0.5)
DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)


def elementwise(name: str, signature: str, eval: Rule, vjp: tuple[Rule | None, ...] | None, **more: Any) -> None:
    Row(
        name, signature, eval, vjp, shape=shapes.broadcast, group=more.pop("group", "elementwise"),
        inputs=more.pop("inputs", 1), elementwise=True, **more,
    )  # fmt: skip


elementwise(
    "exp", "x", lambda xp, x: xp.exp(x), (lambda xp, g, out, x: g * out,),
    doc="e to the power x.", example="exp(1)  #> 2.7183",
)  # fmt: skip
elementwise(
    "log", "x", lambda xp, x: xp.log(x), (lambda xp, g, out, x: xp.div(g, x),), domain=((0.2, 3.0),),
    doc="Natural logarithm; log(0) is -inf.", example="log(10)  #> 2.3026",
)  # fmt: skip
elementwise(
    "sqrt", "x", lambda xp, x: xp.sqrt(x), (lambda xp, g, out, x: xp.div(g, out + out),), domain=((0.2, 3.0),),
    doc="Square root; of a negative number, nan.", example="sqrt(9)  #> 3",
)  # fmt: skip
elementwise(
    "sin", "x", lambda xp, x: xp.sin(x), (lambda xp, g, out, x: g * xp.cos(x),),
    doc="Sine.", example="sin(1)  #> 0.8415",
)  # fmt: skip
elementwise(
    "cos", "x", lambda xp, x: xp.cos(x), (lambda xp, g, out, x: -(g * xp.sin(x)),),
    doc="Cosine.", example="cos(0)  #> 1",
)  # fmt: skip
elementwise(
    "tan", "x", lambda xp, x: xp.tan(x), (lambda xp, g, out, x: g * (1.0 + out * out),), domain=((-1.0, 1.0),),
    doc="Tangent.", example="tan(1)  #> 1.5574",
)  # fmt: skip
elementwise(
    "tanh", "x", lambda xp, x: xp.tanh(x), (lambda xp, g, out, x: g * (1.0 - out * out),),
    doc="Hyperbolic tangent, between -1 and 1.", example="tanh(0.5)  #> 0.4621",
)  # fmt: skip


def sigmoid(xp: Any, x: Any) -> Any:
    small = xp.exp(-xp.abs(x))
    return xp.where(x >= 0.0, 1.0, small) / (1.0 + small)


elementwise(
    "sigmoid", "x", sigmoid, (lambda xp, g, out, x: g * (out * (1.0 - out)),),
    doc="1 / (1 + exp(-x)), between 0 and 1.", example="sigmoid(0)  #> 0.5",
)  # fmt: skip
elementwise(
    "relu", "x", lambda xp, x: xp.maximum(x, 0.0), (lambda xp, g, out, x: xp.where(x > 0.0, g, 0.0),), kinks=(0.0,),
    doc="x where it is positive, else 0.", example="relu([-1, 2])  #> [0, 2]",
)  # fmt: skip
elementwise(
    "leaky_relu", "x, slope=0.01", lambda xp, x, slope: xp.where(x > 0.0, x, slope * x),
    (
        lambda xp, g, out, x, slope: xp.where(x > 0.0, g, g * slope),
        lambda xp, g, out, x, slope: xp.where(x > 0.0, 0.0, g * x),
    ),
    inputs=2, kinks=(0.0,),
    doc="x where it is positive, else slope * x.", example="leaky_relu([-1, 2])  #> [-0.01, 2]",
)  # fmt: skip


# The normal distribution. Beyond 1000 its density is 0 and would meet an infinity: hence the bounds.


def gelu_x(xp: Any, g: Any, out: Any, x: Any) -> Any:
    z = xp.clamp(x, -1e3, 1e3)
    return g * (xp.normal_cdf(z) + z * (DENSITY_AT_0 * xp.exp(-0.5 * (z * z))))


elementwise(
    "normal_cdf", "x", lambda xp, x: 0.5 * xp.erfc(-SQRT_HALF * x),
    (lambda xp, g, out, x: g * (DENSITY_AT_0 * xp.exp(-0.5 * (x * x))),), group="internal",
    doc="How much of the normal distribution lies below x.", example="",
)  # fmt: skip
elementwise(
    "gelu", "x", lambda xp, x: xp.maximum(x, -1e3) * xp.normal_cdf(x), (gelu_x,),
    doc="x times the part of the normal distribution that lies below x.", example="gelu(1)  #> 0.8413",
)  # fmt: skip
elementwise(
    "softplus", "x", lambda xp, x: xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x))),
    (lambda xp, g, out, x: g * xp.sigmoid(x),),
    doc="log(1 + exp(x)), a smooth relu.", example="softplus(0)  #> 0.6931",
)  # fmt: skip
elementwise(
    "abs", "x", lambda xp, x: xp.abs(x), (lambda xp, g, out, x: g * xp.sign(x),), kinks=(0.0,),
    doc="Absolute value.", example="abs(-3)  #> 3",
)  # fmt: skip
elementwise(
    "sign", "x", lambda xp, x: xp.sign(x), None,
    doc="-1, 0 or 1; it has no gradient.", example="sign([-2, 0, 5])  #> [-1, 0, 1]",
)  # fmt: skip
elementwise(
    "floor", "x", lambda xp, x: xp.floor(x), None,
    doc="Rounded down; it has no gradient.", example="floor(-1.5)  #> -2",
)  # fmt: skip
elementwise(
    "round", "x", lambda xp, x: xp.round(x), None,
    doc="Rounded to the nearest whole number, halves to the even one; it has no gradient.", example="round(2.5)  #> 2",
)  # fmt: skip
elementwise(
    "where", "condition, x, y", lambda xp, condition, x, y: xp.where(truth(condition), x, y),
    (
        None,
        lambda xp, g, out, condition, x, y: xp.where(condition, g, 0.0),
        lambda xp, g, out, condition, x, y: xp.where(condition, 0.0, g),
    ),
    inputs=3, numeric=False,
    doc="x where the condition is true, else y.", example="where([true, false], 1, [2, 3])  #> [1, 3]",
)  # fmt: skip


# Choices. Where both are equal the gradient is shared.


def share(xp: Any, g: Any, chosen: Any, x: Any, y: Any) -> Any:
    """g where x was chosen over y, half of it where they are equal."""
    return xp.where(chosen, g, xp.where(xp.eq(x, y), 0.5 * g, 0.0))


elementwise(
    "minimum", "x, y", lambda xp, x, y: xp.minimum(x, y),
    (
        lambda xp, g, out, x, y: share(xp, g, x < y, x, y),
        lambda xp, g, out, x, y: share(xp, g, y < x, x, y),
    ),
    inputs=2, doc="The smaller of two, element by element.", example="minimum([1, 5], 3)  #> [1, 3]",
)  # fmt: skip
elementwise(
    "maximum", "x, y", lambda xp, x, y: xp.maximum(x, y),
    (
        lambda xp, g, out, x, y: share(xp, g, x > y, x, y),
        lambda xp, g, out, x, y: share(xp, g, y > x, x, y),
    ),
    inputs=2, doc="The larger of two, element by element.", example="maximum([1, 5], 3)  #> [3, 5]",
)  # fmt: skip
elementwise(
    "clamp", "x, min=-inf, max=inf", lambda xp, x, low, high: xp.minimum(xp.maximum(x, low), high),
    (  # at a bound the gradient is x's, as in PyTorch
        lambda xp, g, out, x, low, high: xp.where(x >= low, xp.where(x <= high, g, 0.0), 0.0),
        lambda xp, g, out, x, low, high: xp.where(x < low, xp.where(low <= high, g, 0.0), 0.0),
        lambda xp, g, out, x, low, high: xp.where(xp.maximum(x, low) > high, g, 0.0),
    ),
    inputs=3, domain=((-2.0, 2.0), (-1.5, -0.5), (0.5, 1.5)),
    doc="x kept between two bounds.", example="clamp([-5, 0, 5], -1, 1)  #> [-1, 0, 1]",
)  # fmt: skip
elementwise(
    "identity", "x", lambda xp, x: x, (lambda xp, g, out, x: g,), group="internal",
    doc="The same numbers as a new value.", example="",
)  # fmt: skip
