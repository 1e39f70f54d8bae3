"""LLVM's language, written line by line: values, loops, whole numbers, functions.

Owns the text of one function body and the names in it. Why text: LLVM parses
40,000 instructions in 24 ms, while building them as Python objects takes 470.

Whole numbers that are known stay Python's, so that addresses and loop bounds
are constants in the code wherever they can be.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any

from .target import Target

Whole = int | str  # a known whole number, or the name of an i64
Body = Callable[[Whole, list[str]], Sequence[str]]

SCALARS = {"float64": "double", "float32": "float"}
SUFFIXES = {"double": "f64", "float": "f32", "i64": "i64", "i1": "i1"}


def vector(scalar: str, width: int) -> str:
    return scalar if width == 1 else f"<{width} x {scalar}>"


def suffix(scalar: str, width: int) -> str:
    """How intrinsics name the type."""
    return SUFFIXES[scalar] if width == 1 else f"v{width}{SUFFIXES[scalar]}"


def literal(x: float, scalar: str) -> str:
    """A number as text: the bits of the double, also for `float`, which it must then fit exactly."""
    if scalar == "float":
        try:
            (x,) = struct.unpack("<f", struct.pack("<f", x))
        except OverflowError:
            x = float("inf") if x > 0 else float("-inf")
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


class Unit:
    """One text: what its function bodies share."""

    def __init__(self, target: Target, dtype: str) -> None:
        self.target = target
        self.dtype = dtype
        self.real = SCALARS[dtype]
        self.size = 8 if dtype == "float64" else 4
        self.lanes = target.lanes(dtype)
        self.declared: set[str] = set()
        self.functions: dict[str, str] = {}
        self.parts: dict[str, str] = {}  # names of functions by what they do

    def text(self) -> str:
        return "\n".join([*sorted(self.declared), *self.functions.values()]) + "\n"


class Writer:
    """Writes one function body.

    known   what is computed already, by what it is; forgotten at the end of the loop it was computed in
    """

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.lines: list[str] = []
        self.count = 0
        self.block = "entry"
        self.known: dict[Hashable, Any] = {}
        self.depth = 0  # of loops
        self.shifted: dict[str, tuple[str, int]] = {}  # sums with a known number, as what they are sums of

    def value(self, text: str) -> str:
        self.count += 1
        self.lines.append(f"  %v{self.count} = {text}")
        return f"%v{self.count}"

    def do(self, text: str) -> None:
        self.lines.append(f"  {text}")

    def label(self) -> str:
        self.count += 1
        return f"b{self.count}"

    def start(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.block = label

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What was computed under this key, or what is made for it now."""
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    def forget(self, *kinds: str) -> None:
        """Forgets values that may have changed, by the first word of their keys."""
        self.known = {key: x for key, x in self.known.items() if not (isinstance(key, tuple) and key[0] in kinds)}

    def scoped(self, make: Callable[[], Any]) -> Any:
        """Runs `make`; what it computes is forgotten afterwards."""
        known = self.known
        self.known = dict(known)
        out = make()
        self.known = known
        return out

    # ── calls ────────────────────────────────────────────────────────────────

    def call(self, name: str, result: str, *arguments: tuple[str, str]) -> str:
        """Calls a function, given (type, value) of each argument, that is declared by being called."""
        types = ", ".join(kind for kind, _ in arguments)
        if name not in self.unit.functions:
            self.unit.declared.add(f"declare {result} @{name}({types})")
        return self.value(f"call {result} @{name}({', '.join(f'{kind} {x}' for kind, x in arguments)})")

    def intrinsic(self, name: str, scalar: str, width: int, *arguments: str) -> str:
        kind = vector(scalar, width)
        return self.call(f"llvm.{name}.{suffix(scalar, width)}", kind, *[(kind, x) for x in arguments])

    def splat(self, scalar: str, x: str, width: int) -> str:
        """One number in every lane."""
        if width == 1:
            return x
        kind = vector(scalar, width)
        if not x.startswith("%"):
            return f"splat ({scalar} {x})"

        def make() -> str:
            first = self.value(f"insertelement {kind} poison, {scalar} {x}, i64 0")
            return self.value(f"shufflevector {kind} {first}, {kind} poison, <{width} x i32> zeroinitializer")

        return str(self.once(("splat", scalar, x, width), make))

    def gathered(self, scalar: str, numbers: Sequence[str]) -> str:
        """Numbers side by side."""
        if len(numbers) == 1:
            return numbers[0]
        kind, out = vector(scalar, len(numbers)), "poison"
        for lane, x in enumerate(numbers):
            out = self.value(f"insertelement {kind} {out}, {scalar} {x}, i64 {lane}")
        return out

    def lane(self, scalar: str, x: str, width: int, lane: int) -> str:
        return x if width == 1 else self.value(f"extractelement {vector(scalar, width)} {x}, i64 {lane}")

    def shuffled(self, scalar: str, x: str, y: str, width: int, lanes: Sequence[int]) -> str:
        """Lanes of two vectors, counted through both, as a vector."""
        kind = vector(scalar, width)
        mask = f"<{len(lanes)} x i32> <{', '.join(f'i32 {i}' for i in lanes)}>"
        return self.value(f"shufflevector {kind} {x}, {kind} {y}, {mask}")

    # ── whole numbers ────────────────────────────────────────────────────────

    # Known terms are kept apart and added last, so that addresses near each other differ by a constant.

    def plus(self, a: Whole, b: Whole) -> Whole:
        if isinstance(a, int):
            a, b = b, a
        if isinstance(a, int):
            assert isinstance(b, int)
            return a + b
        if b == 0:
            return a
        base, known = self.apart(a)
        if isinstance(b, int):
            return self.shift(base, known + b)
        other, more = self.apart(b)
        total = str(self.once(("plus", base, other), lambda: self.value(f"add nsw i64 {base}, {other}")))
        return self.shift(total, known + more)

    def shift(self, base: str, by: int) -> str:
        if by == 0:
            return base
        out = str(self.once(("plus", base, by), lambda: self.value(f"add nsw i64 {base}, {by}")))
        self.shifted[out] = base, by
        return out

    def apart(self, a: str) -> tuple[str, int]:
        return self.shifted.get(a, (a, 0))

    def times(self, a: Whole, n: int) -> Whole:
        if isinstance(a, int):
            return a * n
        if n in (0, 1):
            return a if n else 0
        base, known = self.apart(a)
        product = str(self.once(("times", base, n), lambda: self.value(f"mul nsw i64 {base}, {n}")))
        return self.shift(product, known * n)

    # ── loops ────────────────────────────────────────────────────────────────

    def loop(self, start: int, stop: int, step: int, carried: Sequence[tuple[str, str]], body: Body) -> list[str]:
        """`body(i, carried)` for every i; what is carried, as (type, value), comes out. No loop if none is needed."""
        trips = max(0, -(-(stop - start) // step))
        values = [x for _, x in carried]
        if trips == 0:
            return values
        if trips == 1:
            return list(self.scoped(lambda: body(start, values)))
        before, head, after = self.block, self.label(), self.label()
        self.do(f"br label %{head}")
        self.start(head)
        place = len(self.lines)
        i = f"%i.{head}"
        names = [f"%c.{head}.{n}" for n in range(len(carried))]
        self.depth += 1
        out = list(self.scoped(lambda: body(i, names)))
        self.depth -= 1
        end = self.block
        following = self.value(f"add nuw nsw i64 {i}, {step}")
        more = self.value(f"icmp slt i64 {following}, {start + trips * step}")
        self.do(f"br i1 {more}, label %{head}, label %{after}")
        phis = [f"  {i} = phi i64 [ {start}, %{before} ], [ {following}, %{end} ]"]
        for name, (kind, first), last in zip(names, carried, out, strict=True):
            phis.append(f"  {name} = phi {kind} [ {first}, %{before} ], [ {last}, %{end} ]")
        self.lines[place:place] = phis
        self.start(after)
        return out

    def each(self, start: int, stop: int, step: int, body: Callable[[Whole], None]) -> None:
        """A loop that carries nothing."""

        def turn(i: Whole, _: list[str]) -> list[str]:
            body(i)
            return []

        self.loop(start, stop, step, [], turn)

    def nest(self, sizes: Sequence[int], body: Callable[[list[Whole]], None]) -> None:
        """`body(indices)` for every combination of indices, the last running fastest."""

        def level(at: int, indices: list[Whole]) -> None:
            if at == len(sizes):
                body(indices)
                return

            self.each(0, sizes[at], 1, lambda i: level(at + 1, [*indices, i]))

        level(0, [])

    def pieces(self, n: int) -> list[tuple[int, int]]:
        """(start, width) of the vectors that n numbers make: whole ones, then powers of two."""
        out, at, width = [], 0, self.unit.lanes
        while at < n:
            while width > n - at:
                width //= 2
            out.append((at, width))
            at += width
        return out

    def across(self, n: int, unroll: int, body: Callable[[Whole, int], None]) -> None:
        """`body(start, width)` for vectors that together are n numbers, `unroll` whole ones a turn of a loop."""
        width = self.unit.lanes
        turn = unroll * width
        whole = n // turn * turn if n > 2 * turn else 0

        def turns(i: Whole) -> None:
            for u in range(unroll):
                body(self.plus(i, u * width), width)

        self.each(0, whole, turn, turns)
        for start, w in self.pieces(n - whole):
            self.scoped(partial(body, whole + start, w))
