"""Mathematical functions as vector code: exp, log, tanh, sin, cos; the C library's for the rest.

Each is a function of its own in the text, one a width. They keep to IEEE 754 on
the whole line: infinities, nan, signed zeros and subnormal numbers come out as
the C library has them. In double precision exp, log, log1p, tanh, sin and cos
are off by at most 1.5 units in the last place; in single precision all are computed in
double precision and rounded once.

pow, tan and erfc call the C library lane by lane: it is right to
within 1 unit, and nothing shorter is.

exp   x = n ln 2 + r, a polynomial in r, and 2**n in two halves, so that subnormal results are rounded once
log   x = 2**e m with m around 1, and FreeBSD's series in (m - 1) / (m + 1), as in `engine.portable`
sin   x = n pi/2 + r with pi in four parts, r in two, and FreeBSD's polynomials; beyond 1e6, the C library
tanh  a rational function for small numbers (Cephes), else by exp
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ...engine.portable import COS, LN2_HIGH, LN2_LOW, LOG, SIN
from .text import Unit, Writer, literal, vector

LIBRARY = ("pow", "tan", "erfc")

# (e**r - 1 - r) / r**2 for |r| <= ln(2) / 2, Chebyshev fit with 40 digits; error below 1e-17.
EXP = (
    0.5000000000000001, 0.16666666666666669, 0.04166666666662399, 0.008333333333330051, 0.0013888888917281794,
    0.00019841269863105968, 2.480152119021773e-05, 2.7557268378684192e-06, 2.7620138719733994e-07,
    2.5100424157005067e-08,
)  # fmt: skip
# Cephes, tanh.c (S. L. Moshier): tanh(x) = x + x**3 P(x**2) / Q(x**2) for |x| < 0.625.
TANH_P = (-1.61468768441708447952e3, -9.92877231001918586564e1, -9.64399179425052238628e-1)
TANH_Q = (4.84406305325125486048e3, 2.23548839060100448583e3, 1.12811678491632931402e2, 1.0)

# pi / 2 in parts: the first three have 33 bits, so that multiples of them by whole numbers below 2**20 are exact.
HALF_PI = (1.57079632673412561417, 6.07710050630396597660e-11, 2.02226624871116645580e-21, 8.47842766036889956997e-32)
FARTHEST = 1e6

MAGIC = 6755399441055744.0  # 1.5 * 2**52: what is added to it is rounded to a whole number in its last bits
MAGIC_BITS = 0x4338000000000000
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
SMALLEST_NORMAL = 2.2250738585072014e-308

Number = Any  # the name of a value of the body's width, or a known number


class Body:
    """Straight code in double precision, of one width."""

    def __init__(self, writer: Writer, width: int) -> None:
        self.writer = writer
        self.width = width
        self.kind = vector("double", width)
        self.whole = vector("i64", width)

    def text(self, x: Number) -> str:
        return x if isinstance(x, str) else self.writer.splat("double", literal(x, "double"), self.width)

    def operation(self, name: str, a: Number, b: Number) -> str:
        return self.writer.value(f"{name} {self.kind} {self.text(a)}, {self.text(b)}")

    def add(self, a: Number, b: Number) -> str:
        return self.operation("fadd", a, b)

    def sub(self, a: Number, b: Number) -> str:
        return self.operation("fsub", a, b)

    def mul(self, a: Number, b: Number) -> str:
        return self.operation("fmul", a, b)

    def div(self, a: Number, b: Number) -> str:
        return self.operation("fdiv", a, b)

    def fma(self, a: Number, b: Number, c: Number) -> str:
        """a * b + c, in one rounding where the processor can."""
        if not self.writer.unit.target.fma:
            return self.add(self.mul(a, b), c)
        return self.writer.intrinsic("fma", "double", self.width, *[self.text(x) for x in (a, b, c)])

    def intrinsic(self, name: str, *inputs: Number) -> str:
        return self.writer.intrinsic(name, "double", self.width, *[self.text(x) for x in inputs])

    def test(self, name: str, a: Number, b: Number) -> str:
        return self.operation(f"fcmp {name}", a, b)

    def choose(self, condition: str, a: Number, b: Number) -> str:
        test = vector("i1", self.width)
        return self.writer.value(f"select {test} {condition}, {self.kind} {self.text(a)}, {self.kind} {self.text(b)}")

    def bits(self, x: Number) -> str:
        return self.writer.value(f"bitcast {self.kind} {self.text(x)} to {self.whole}")

    def from_bits(self, x: str) -> str:
        return self.writer.value(f"bitcast {self.whole} {x} to {self.kind}")

    def on_bits(self, name: str, a: str, b: str | int) -> str:
        right = b if isinstance(b, str) else self.writer.splat("i64", str(b), self.width)
        return self.writer.value(f"{name} {self.whole} {a}, {right}")

    def nonzero(self, x: str) -> str:
        return self.on_bits("icmp ne", x, 0)

    def unless(self, usual: str, x: str, name: str, argument: str) -> str:
        """x in the usual lanes; in the others, which are rare, a function of the C library."""
        writer, test = self.writer, vector("i1", self.width)
        every = usual
        if self.width > 1:
            every = writer.call(f"llvm.vector.reduce.and.v{self.width}i1", "i1", (test, usual))
        rare, done = writer.label(), writer.label()
        before = writer.block
        writer.do(f"br i1 {every}, label %{done}, label %{rare}")
        writer.start(rare)
        known, writer.known = writer.known, dict(writer.known)
        numbers = []
        for lane in range(self.width):
            given = writer.lane("double", argument, self.width, lane)
            numbers.append(writer.call(name, "double", ("double", given)))
        other = self.choose(usual, x, writer.gathered("double", numbers))
        writer.do(f"br label %{done}")
        writer.start(done)
        writer.known = known
        return writer.value(f"phi {self.kind} [ {x}, %{before} ], [ {other}, %{rare} ]")

    def polynomial(self, x: str, coefficients: Sequence[float]) -> str:
        """c0 + c1 x + c2 x**2 …, in pairs, pairs of pairs and so on, which are independent of each other."""
        terms: list[Number] = list(coefficients)
        while len(terms) > 1:
            pairs = zip(terms[::2], terms[1::2], strict=False)
            odd = terms[-1:] if len(terms) % 2 else []
            terms = [self.fma(high, x, low) for low, high in pairs] + odd
            x = self.mul(x, x) if len(terms) > 1 else x
        return self.text(terms[0])

    def horner(self, x: str, coefficients: Sequence[float]) -> str:
        total: Number = coefficients[-1]
        for c in reversed(coefficients[:-1]):
            total = self.fma(total, x, c)
        return self.text(total)


def exp(b: Body, x: Number) -> str:
    """Whatever comes of numbers that are too large or too small is put right at the end, off the critical path."""
    shifted = b.fma(x, 1.0 / math.log(2.0), MAGIC)
    n = b.sub(shifted, MAGIC)
    r = b.fma(n, -LN2_HIGH, x)  # exact without fma, too: LN2_HIGH ends in zeros
    r = b.add(r, b.mul(n, -LN2_LOW))
    square = b.mul(r, r)
    low = b.fma(square, b.fma(r, EXP[1], EXP[0]), r)  # apart, so that the longest chain is a step shorter
    above_one = b.fma(b.mul(square, square), b.polynomial(r, EXP[2:]), low)
    whole = b.on_bits("sub", b.bits(shifted), MAGIC_BITS)
    half = b.on_bits("ashr", whole, 1)
    first, second = [
        b.from_bits(b.on_bits("shl", b.on_bits("add", part, 1023), 52))
        for part in (half, b.on_bits("sub", whole, half))
    ]
    p = b.mul(b.fma(first, above_one, first), second)
    p = b.choose(b.test("olt", x, -746.0), 0.0, p)  # nan passes both: it is neither more nor less than anything
    return b.choose(b.test("ogt", x, 709.79), math.inf, p)


def log(b: Body, x: Number) -> str:
    small = b.test("olt", x, SMALLEST_NORMAL)
    scaled = b.choose(small, b.mul(x, 2.0**54), x)
    bits = b.bits(scaled)
    exponent = b.on_bits("ashr", b.on_bits("sub", bits, SQRT_HALF_BITS), 52)
    m = b.from_bits(b.on_bits("sub", bits, b.on_bits("shl", exponent, 52)))
    e = b.writer.value(f"sitofp {b.whole} {exponent} to {b.kind}")
    e = b.sub(e, b.choose(small, 54.0, 0.0))
    f = b.sub(m, 1.0)
    s = b.div(f, b.add(f, 2.0))
    z = b.mul(s, s)
    series = b.mul(z, b.polynomial(z, LOG))
    half = b.mul(b.mul(f, 0.5), f)
    r = b.fma(s, b.add(half, series), b.mul(e, LN2_LOW))
    r = b.fma(e, LN2_HIGH, b.sub(f, b.sub(half, r)))
    r = b.choose(b.test("oeq", x, math.inf), x, r)
    r = b.choose(b.test("oeq", x, 0.0), -math.inf, r)
    return b.choose(b.test("ult", x, 0.0), math.nan, r)


def log1p(b: Body, x: Number) -> str:
    """The logarithm of u = 1 + x rounded, and what the rounding left out."""
    u = b.add(x, 1.0)
    left_out = b.div(b.sub(x, b.sub(u, 1.0)), u)
    r = b.add(log(b, u), left_out)
    r = b.choose(b.test("oeq", x, math.inf), x, r)
    r = b.choose(b.test("oeq", x, 0.0), x, r)  # keeps the sign of zero
    return b.choose(b.test("oeq", x, -1.0), -math.inf, r)


def tanh(b: Body, x: Number) -> str:
    size = b.intrinsic("fabs", x)
    z = b.mul(x, x)
    small = b.fma(b.mul(x, z), b.div(b.horner(z, TANH_P), b.horner(z, TANH_Q)), x)
    e = exp(b, b.mul(size, 2.0))
    large = b.sub(1.0, b.div(2.0, b.add(e, 1.0)))
    r = b.choose(b.test("olt", size, 0.625), small, large)
    return b.intrinsic("copysign", r, x)  # keeps the sign of zero


def sin(b: Body, x: Number) -> str:
    r = circular(b, "sin", x, 0)
    return b.choose(b.test("olt", b.intrinsic("fabs", x), 2.0**-27), x, r)  # keeps the sign of zero


def cos(b: Body, x: Number) -> str:
    return circular(b, "cos", x, 1)


def circular(b: Body, name: str, x: Number, quarters: int) -> str:
    """The sine of x and some quarter turns."""
    near = b.test("olt", b.intrinsic("fabs", x), FARTHEST)
    shifted = b.add(b.mul(x, 2.0 / math.pi), MAGIC)
    n = b.sub(shifted, MAGIC)
    high = b.sub(x, b.mul(n, HALF_PI[0]))  # exact
    low = b.mul(n, -HALF_PI[3])
    for part in HALF_PI[1:3]:
        high, error = difference(b, high, b.mul(n, part))
        low = b.add(low, error)
    r = b.add(high, low)
    low = b.add(b.sub(high, r), low)
    z = b.mul(r, r)
    cube = b.mul(z, r)
    # r - ((z (low / 2 - r**3 P) - low) - r**3 S1)
    tail = b.sub(b.mul(z, b.sub(b.mul(low, 0.5), b.mul(cube, b.polynomial(z, SIN[1:])))), low)
    sine = b.sub(r, b.sub(tail, b.mul(cube, SIN[0])))
    half = b.mul(z, 0.5)
    rest = b.sub(1.0, half)
    tail = b.sub(b.mul(z, b.mul(z, b.polynomial(z, COS))), b.mul(r, low))
    cosine = b.add(rest, b.add(b.sub(b.sub(1.0, rest), half), tail))
    quarter = b.on_bits("add", b.bits(shifted), quarters)  # of MAGIC_BITS the last are 0
    swapped = b.nonzero(b.on_bits("and", quarter, 1))
    out = b.choose(swapped, cosine, sine)
    sign = b.on_bits("shl", b.on_bits("and", quarter, 2), 62)
    out = b.from_bits(b.on_bits("xor", b.bits(out), sign))
    return b.unless(near, out, name, x)


def difference(b: Body, x: Number, y: Number) -> tuple[str, str]:
    """x - y rounded, and what the rounding left out, exactly (D. Knuth's)."""
    d = b.sub(x, y)
    v = b.sub(d, x)
    return d, b.sub(b.sub(x, b.sub(d, v)), b.add(y, v))


BODIES: dict[str, Callable[[Body, Number], str]] = {
    "exp": exp, "log": log, "log1p": log1p, "tanh": tanh, "sin": sin, "cos": cos,
}  # fmt: skip
FUNCTIONS = frozenset((*BODIES, *LIBRARY))


def function(unit: Unit, name: str, width: int) -> str:
    """The name of the function for vectors of this width; it is written when it is first asked for."""
    full = f"gl_{name}_{width}"
    if full not in unit.functions:
        unit.functions[full] = ""  # known from here on, so that calls do not declare it
        unit.functions[full] = written(unit, full, name, width)
    return full


def written(unit: Unit, full: str, name: str, width: int) -> str:
    kind = vector(unit.real, width)
    parameters = ["%x", "%y"] if name == "pow" else ["%x"]
    writer = Writer(unit)
    if name in BODIES:
        out = in_double(unit, writer, BODIES[name], width)
    else:
        out = by_library(unit, writer, name, parameters, width)
    signature = ", ".join(f"{kind} {p}" for p in parameters)
    body = "\n".join(writer.lines)
    return f"define internal {kind} @{full}({signature}) nounwind {{\nentry:\n{body}\n  ret {kind} {out}\n}}"


def in_double(unit: Unit, writer: Writer, body: Callable[[Body, Number], str], width: int) -> str:
    if unit.real == "double":
        return body(Body(writer, width), "%x")
    narrow, wide = vector("float", width), vector("double", width)
    out = body(Body(writer, width), writer.value(f"fpext {narrow} %x to {wide}"))
    return writer.value(f"fptrunc {wide} {out} to {narrow}")


def by_library(unit: Unit, writer: Writer, name: str, parameters: Sequence[str], width: int) -> str:
    numbers = []
    for lane in range(width):
        given = [(unit.real, writer.lane(unit.real, p, width, lane)) for p in parameters]
        numbers.append(writer.call(name + ("f" if unit.real == "float" else ""), unit.real, *given))
    return writer.gathered(unit.real, numbers)
