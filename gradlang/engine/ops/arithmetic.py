"""The operators: what programs write with a symbol.

Rules use `+ - *`, negation and comparisons of the data at hand; division and
powers go through `xp`, because Python's raise on numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import shapes
from ...faults import Fault
from ..table import Row, Rule
from ..value import Data, shape_of


def operator(name: str, symbol: str, eval: Rule, vjp: tuple[Rule | None, ...] | None, **more: Any) -> None:
    Row(
        name, more.pop("signature", "x, y"), eval, vjp, inputs=more.pop("inputs", 2), symbol=symbol,
        group="operators", operator=True, elementwise=True, shape=shapes.broadcast, **more,
    )  # fmt: skip


operator(
    "add", "+", lambda xp, x, y: x + y,
    (lambda xp, g, out, x, y: g, lambda xp, g, out, x, y: g),
    doc="Sum.", example="1 + 2  #> 3",
)  # fmt: skip
operator(
    "sub", "-", lambda xp, x, y: x - y,
    (lambda xp, g, out, x, y: g, lambda xp, g, out, x, y: -g),
    doc="Difference.", example="5 - [1, 2]  #> [4, 3]",
)  # fmt: skip
operator(
    "mul", "*", lambda xp, x, y: x * y,
    (lambda xp, g, out, x, y: g * y, lambda xp, g, out, x, y: g * x),
    doc="Product, element by element.", example="[1, 2] * [3, 4]  #> [3, 8]",
)  # fmt: skip
operator(
    "div", "/", lambda xp, x, y: xp.div(x, y),
    (lambda xp, g, out, x, y: xp.div(g, y), lambda xp, g, out, x, y: -xp.div(g * out, y)),
    doc="Quotient; 1 / 0 is inf.", example="7 / 2  #> 3.5",
    domain=((-2.0, 2.0), (0.5, 2.0)),
)  # fmt: skip
operator(
    "floordiv", "//", lambda xp, x, y: xp.floordiv(x, y), None,
    doc="Quotient, rounded down; it has no gradient.", example="-7 // 2  #> -4",
)  # fmt: skip
operator(
    "mod", "%", lambda xp, x, y: xp.mod(x, y),
    (lambda xp, g, out, x, y: g, lambda xp, g, out, x, y: -(g * xp.floordiv(x, y))),
    doc="Remainder of `//`; it has the sign of the divisor.", example="-7 % 3  #> 2",
    domain=((3.1, 3.9), (1.0, 1.02)),  # the quotient stays between 3 and 4
)  # fmt: skip


# Powers: y * x**(y - 1) is 0 * inf where both are 0, and x**y * log(x) is so where x is; both gradients are 0 there.
# The condition is as narrow as that, so that the second derivatives beside it stay right.


def pow_x(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    base = xp.where(xp.eq(xp.abs(x) + xp.abs(y), 0.0), 1.0, x)
    return g * (y * xp.pow(base, y - 1.0))


def pow_y(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    nought = xp.eq(x, 0.0)
    return g * xp.where(nought, 0.0, out * xp.log(xp.where(nought, 1.0, x)))


operator(
    "pow", "**", lambda xp, x, y: xp.pow(x, y), (pow_x, pow_y),
    doc="Power; a fractional power of a negative number is nan.", example="2**10  #> 1024",
    domain=((0.2, 2.0), (-2.0, 2.0)),
)  # fmt: skip


# The matrix product: vectors are made matrices for the rules and made vectors again after.


def matmul_x(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    x_shape, y_shape = shape_of(x), shape_of(y)
    if len(x_shape) > 1 and len(y_shape) > 1:
        return xp.matmul(g, xp.transpose(y))
    g, _, y = as_matrices(xp, g, x, y)
    d = xp.matmul(g, xp.transpose(y))
    return xp.squeeze(d, dim=-2) if len(x_shape) == 1 else d


def matmul_y(xp: Any, g: Any, out: Any, x: Any, y: Any) -> Any:
    x_shape, y_shape = shape_of(x), shape_of(y)
    if len(x_shape) == 2 and len(y_shape) == 2:
        return xp.matmul(xp.transpose(x), g)
    if len(x_shape) > 2 and len(y_shape) == 2:  # a batch through one matrix: one product, not one a row of the batch
        count = shapes.size_of(x_shape[:-1])
        rows = xp.reshape(x, shape=(count, x_shape[-1]))
        return xp.matmul(xp.transpose(rows), xp.reshape(g, shape=(count, y_shape[-1])))
    g, x, _ = as_matrices(xp, g, x, y)
    d = xp.matmul(xp.transpose(x), g)
    return xp.squeeze(d, dim=-1) if len(y_shape) == 1 else d


def as_matrices(xp: Any, g: Any, x: Any, y: Any) -> tuple[Any, Any, Any]:
    """Factors of rank 2 at least, and the gradient that their product would have."""
    x_shape, y_shape = shape_of(x), shape_of(y)
    if len(y_shape) == 1:
        g = xp.reshape(g, shape=(*shape_of(g), 1))
        y = xp.reshape(y, shape=(*y_shape, 1))
    if len(x_shape) == 1:
        g_shape = shape_of(g)
        g = xp.reshape(g, shape=(*g_shape[:-1], 1, g_shape[-1]))
        x = xp.reshape(x, shape=(1, *x_shape))
    return g, x, y


Row(
    "matmul", "x, y", lambda xp, x, y: xp.matmul(x, y), (matmul_x, matmul_y),
    inputs=2, symbol="@", group="operators", operator=True, shape=shapes.matmul,
    doc="Matrix product; vectors and batches of matrices too.", example="[1, 2] @ [3, 4]  #> 11",
)  # fmt: skip
operator(
    "neg", "-", lambda xp, x: -x, (lambda xp, g, out, x: -g,), signature="x", inputs=1,
    doc="The negative.", example="-[1, -2]  #> [-1, 2]",
)  # fmt: skip

COMPARISONS: tuple[tuple[str, str, Callable[[Any, Any], Any], str, str], ...] = (
    ("eq", "==", lambda x, y: x == y, "Equal", "[1, 2] == 2  #> [false, true]"),
    ("ne", "!=", lambda x, y: x != y, "Not equal", "1 != 2  #> true"),
    ("lt", "<", lambda x, y: x < y, "Less", "1 < 2  #> true"),
    ("le", "<=", lambda x, y: x <= y, "Less or equal", "2 <= 2  #> true"),
    ("gt", ">", lambda x, y: x > y, "Greater", "[1, 3] > 2  #> [false, true]"),
    ("ge", ">=", lambda x, y: x >= y, "Greater or equal", "1 >= 2  #> false"),
)
for name, symbol, compare, doc, example in COMPARISONS:
    rule: Rule = lambda xp, x, y, compare=compare: compare(x, y)  # noqa: E731  one closure a turn
    operator(name, symbol, rule, None, doc=f"{doc}; true or false.", example=example)


def truth(data: Data) -> Data:
    """true and false as they are; Fault for numbers."""
    if data.__class__ is bool or (data.__class__ is not float and data.dtype == bool):
        return data
    raise Fault("E0301", "this needs true or false, not a number", "compare first, for instance `x != 0`")


operator(
    "and", "and", lambda xp, x, y: truth(x) & truth(y), None, numeric=False,
    doc="Both, element by element.", example="[true, false] and true  #> [true, false]",
)  # fmt: skip
operator(
    "or", "or", lambda xp, x, y: truth(x) | truth(y), None, numeric=False,
    doc="At least one, element by element.", example="[true, false] or false  #> [true, false]",
)  # fmt: skip
operator(
    "not", "not", lambda xp, x: truth(x) ^ True, None, signature="x", inputs=1, numeric=False,
    doc="The opposite, element by element.", example="not [true, false]  #> [false, true]",
)  # fmt: skip
