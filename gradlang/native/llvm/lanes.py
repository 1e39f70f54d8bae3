"""Vectors of the compiled code that the table's own rules compute with.

A rule such as `xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))` is run on
`Lanes` in the namespace `Functions`, and writes the instructions of an
elementwise row. So an elementwise row needs nothing here unless it asks for a
function that neither this namespace nor the table has.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ...engine.ops import TABLE
from . import mathematics
from .text import Writer, literal, vector

INFINITE = 0x7FF0000000000000  # the bits of infinity: what is above it, but for the sign, is a nan


class Lanes:
    """Numbers or truths side by side; one number where all lanes would be the same.

    text   the name of the value, or a constant of one lane
    """

    __slots__ = ("text", "truth", "width", "writer")

    def __init__(self, writer: Writer, text: str, width: int, truth: bool) -> None:
        self.writer = writer
        self.text = text
        self.width = width
        self.truth = truth

    @property
    def scalar(self) -> str:
        return "i1" if self.truth else self.writer.unit.real

    @property
    def dtype(self) -> type:
        """What rules ask to tell truths from numbers."""
        return bool if self.truth else float

    def wide(self, width: int) -> str:
        """The value with exactly this many lanes."""
        return self.text if self.width == width else self.writer.splat(self.scalar, self.text, width)

    def number(self) -> Lanes:
        """Truths as 1 and 0."""
        if not self.truth:
            return self
        real = self.writer.unit.real
        if not self.text.startswith("%"):
            return Lanes(self.writer, literal(float(self.text == "true"), real), 1, False)
        kind, to = vector("i1", self.width), vector(real, self.width)
        return Lanes(self.writer, self.writer.value(f"uitofp {kind} {self.text} to {to}"), self.width, False)

    def joined(self, other: Any, operation: str, truth: bool) -> Lanes:
        """An instruction of two operands."""
        y = lanes_of(self.writer, other)
        width = max(self.width, y.width)
        kind = vector(self.scalar, width)
        text = self.writer.value(f"{operation} {kind} {self.wide(width)}, {y.wide(width)}")
        return Lanes(self.writer, text, width, truth)

    def __add__(self, y: Any) -> Lanes:
        return self.joined(y, "fadd", False)

    def __radd__(self, y: Any) -> Lanes:
        return lanes_of(self.writer, y) + self

    def __sub__(self, y: Any) -> Lanes:
        return self.joined(y, "fsub", False)

    def __rsub__(self, y: Any) -> Lanes:
        return lanes_of(self.writer, y) - self

    def __mul__(self, y: Any) -> Lanes:
        return self.joined(y, "fmul", False)

    def __rmul__(self, y: Any) -> Lanes:
        return lanes_of(self.writer, y) * self

    def __truediv__(self, y: Any) -> Lanes:
        return self.joined(y, "fdiv", False)

    def __rtruediv__(self, y: Any) -> Lanes:
        return lanes_of(self.writer, y) / self

    def __neg__(self) -> Lanes:
        kind = vector(self.scalar, self.width)
        return Lanes(self.writer, self.writer.value(f"fneg {kind} {self.text}"), self.width, False)

    def __lt__(self, y: Any) -> Lanes:
        return self.joined(y, "fcmp olt", True)

    def __le__(self, y: Any) -> Lanes:
        return self.joined(y, "fcmp ole", True)

    def __gt__(self, y: Any) -> Lanes:
        return self.joined(y, "fcmp ogt", True)

    def __ge__(self, y: Any) -> Lanes:
        return self.joined(y, "fcmp oge", True)

    def __eq__(self, y: Any) -> Lanes:  # type: ignore[override]
        return self.joined(y, "fcmp oeq", True)

    def __ne__(self, y: Any) -> Lanes:  # type: ignore[override]
        return self.joined(y, "fcmp une", True)

    __hash__ = object.__hash__

    def __and__(self, y: Any) -> Lanes:
        return self.joined(y, "and", True)

    def __or__(self, y: Any) -> Lanes:
        return self.joined(y, "or", True)

    def __xor__(self, y: Any) -> Lanes:
        return self.joined(y, "xor", True)


def lanes_of(writer: Writer, x: Any) -> Lanes:
    """Lanes, or a known number or truth as such."""
    if x.__class__ is Lanes:
        return x
    if x.__class__ is bool:
        return Lanes(writer, "true" if x else "false", 1, True)
    return Lanes(writer, literal(float(x), writer.unit.real), 1, False)


def chosen(condition: Lanes, x: Any, y: Any) -> Lanes:
    """x where the condition is true, else y."""
    writer = condition.writer
    a, b = lanes_of(writer, x), lanes_of(writer, y)
    if a.truth != b.truth:
        a, b = a.number(), b.number()
    width = max(condition.width, a.width, b.width)
    test, kind = vector("i1", width), vector(a.scalar, width)
    text = writer.value(f"select {test} {condition.wide(width)}, {kind} {a.wide(width)}, {kind} {b.wide(width)}")
    return Lanes(writer, text, width, a.truth)


def is_nan(x: Lanes) -> Lanes:
    return x.joined(x, "fcmp uno", True)


def is_known(x: Lanes) -> bool:
    """Whether this is a constant, and no nan."""
    return x.text.startswith("0x") and int(x.text, 16) & 2**63 - 1 <= INFINITE


class Functions:
    """The namespace of lanes. A name that it does not define is the row of that name."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def __getattr__(self, name: str) -> Any:
        if name in mathematics.FUNCTIONS:
            return partial(self.called, name)
        row = TABLE.get(name)
        if row is None or not row.elementwise:
            raise AttributeError(name)
        return partial(row.eval, self)

    def called(self, name: str, *inputs: Any) -> Lanes:
        """A mathematical function, written once a text for each width and called."""
        arguments = [lanes_of(self.writer, x) for x in inputs]
        width = max(x.width for x in arguments)
        kind = vector(self.writer.unit.real, width)
        function = mathematics.function(self.writer.unit, name, width)
        text = self.writer.call(function, kind, *[(kind, x.wide(width)) for x in arguments])
        return Lanes(self.writer, text, width, False)

    def intrinsic(self, name: str, x: Any, y: Any = None) -> Lanes:
        given = [lanes_of(self.writer, v) for v in (x, y) if v is not None]
        width = max(v.width for v in given)
        text = self.writer.intrinsic(name, self.writer.unit.real, width, *[v.wide(width) for v in given])
        return Lanes(self.writer, text, width, False)

    def abs(self, x: Any) -> Lanes:
        return self.intrinsic("fabs", x)

    def sqrt(self, x: Any) -> Lanes:
        return self.intrinsic("sqrt", x)

    def floor(self, x: Any) -> Lanes:
        return self.intrinsic("floor", x)

    def round(self, x: Any) -> Lanes:
        return self.intrinsic("roundeven", x)

    def div(self, x: Any, y: Any) -> Lanes:
        out: Lanes = lanes_of(self.writer, x) / y
        return out

    def where(self, condition: Any, x: Any, y: Any) -> Lanes:
        return chosen(lanes_of(self.writer, condition), x, y)

    def maximum(self, x: Any, y: Any) -> Lanes:
        return self.extreme("gt", x, y)

    def minimum(self, x: Any, y: Any) -> Lanes:
        return self.extreme("lt", x, y)

    def extreme(self, order: str, x: Any, y: Any) -> Lanes:
        """As NumPy: nan if either is, and the second of two equals."""
        a, b = lanes_of(self.writer, x), lanes_of(self.writer, y)
        if is_known(b):
            return chosen(a.joined(b, f"fcmp u{order}", True), a, b)
        return chosen(a.joined(b, f"fcmp o{order}", True) | is_nan(a), a, b)

    def sign(self, x: Any) -> Lanes:
        a = lanes_of(self.writer, x)
        return chosen(a > 0.0, 1.0, chosen(a < 0.0, -1.0, chosen(is_nan(a), a, 0.0)))

    def pow(self, x: Any, y: Any) -> Lanes:
        """The C library's, but for the powers that programs write."""
        a, power = lanes_of(self.writer, x), lanes_of(self.writer, y)
        real = self.writer.unit.real
        if power.text == literal(2.0, real):
            return a * a
        if power.text == literal(-1.0, real):
            return 1.0 / a
        if power.text == literal(3.0, real):
            return a * a * a
        return self.called("pow", a, power)

    def mod(self, x: Any, y: Any) -> Lanes:
        """The remainder of the quotient rounded down, as Python and NumPy have it."""
        a, b = lanes_of(self.writer, x), lanes_of(self.writer, y)
        rest = a.joined(b, "frem", False)
        moved = chosen((b < 0.0) ^ (rest < 0.0), rest + b, rest)
        return chosen(rest == 0.0, self.intrinsic("copysign", 0.0, b), moved)

    def floordiv(self, x: Any, y: Any) -> Lanes:
        a, b = lanes_of(self.writer, x), lanes_of(self.writer, y)
        rest = a.joined(b, "frem", False)
        quotient = (a - rest) / b
        down = (rest != 0.0) & ((b < 0.0) ^ (rest < 0.0))
        quotient = chosen(down, quotient - 1.0, quotient)
        low = self.floor(quotient)
        whole = chosen(quotient - low > 0.5, low + 1.0, low)
        whole = chosen(quotient == 0.0, self.intrinsic("copysign", 0.0, a / b), whole)
        return chosen(b == 0.0, a / b, whole)
