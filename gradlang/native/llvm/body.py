"""The value of any register at any index: read from memory, or computed there from what it is made of.

Owns the addresses of registers. Invariant: a value that was read is not used
again after something was stored where it may have been (`wrote`).
"""

from __future__ import annotations

from collections.abc import Callable

from ...engine.ops import TABLE
from ...shapes import Shape
from ..tape import Instruction
from . import moves
from .lanes import Functions, Lanes, lanes_of
from .layout import Layout
from .moves import Coordinate, Index
from .rows import RESHAPES
from .text import Unit, Whole, Writer, vector


class Body:
    """What writes the loop's body reads registers through this.

    pointers  of leaves: the names of their addresses
    given     values of registers that the loop at hand has just computed, whatever the index
    fresh     of small registers: what was stored in this pass outside of loops, by place
    making    the register whose stored value is being computed now
    flat      in loops over all elements as one row: how many they are; else None
    """

    def __init__(self, unit: Unit, writer: Writer, plan: Layout, pointers: dict[int, str]) -> None:
        self.unit = unit
        self.writer = writer
        self.plan = plan
        self.pointers = pointers
        self.functions = Functions(writer)
        self.given: dict[int, Lanes] = {}
        self.fresh: dict[int, dict[int, Lanes]] = {}
        self.making = -1
        self.flat: int | None = None

    def shape(self, register: int) -> Shape:
        if self.flat is None:
            return self.plan.kernel.registers[register].shape
        return () if self.plan.size(register) == 1 else (self.flat,)

    def is_truth(self, register: int) -> bool:
        return self.plan.kernel.registers[register].kind == "truth"

    # ── memory ───────────────────────────────────────────────────────────────

    def stored_type(self, register: int) -> tuple[str, int]:
        """LLVM's type of one element in memory, and how many bytes it has."""
        return ("i8", 1) if self.is_truth(register) else (self.unit.real, self.unit.size)

    def origin(self, register: int) -> str:
        """The address of a register's first element."""
        plan = self.plan
        register = plan.inplace.get(register, register)
        if register in self.pointers:
            return self.pointers[register]
        offset = plan.offset[register]
        return str(self.writer.once(("origin", offset), lambda: self.offset("%arena", "i8", offset)))

    def offset(self, pointer: str, kind: str, at: Whole) -> str:
        if at == 0:
            return pointer
        if isinstance(at, str) and at in self.writer.shifted:
            base, by = self.writer.apart(at)
            return self.offset(self.offset(pointer, kind, base), kind, by)
        key = ("address", pointer, kind, at)
        text = f"getelementptr inbounds {kind}, ptr {pointer}, i64 {at}"
        return str(self.writer.once(key, lambda: self.writer.value(text)))

    def load(self, register: int, at: Coordinate, width: int) -> Lanes:
        """Elements of a stored register, by place."""
        if self.plan.size(register) == 0:
            return lanes_of(self.writer, False if self.is_truth(register) else 0.0)
        step = at.step
        if width == 1 or step == 0:
            return self.loaded(register, at.base, 1)
        if step == 1:
            return self.loaded(register, at.base, width)
        if step == -1:
            x = self.loaded(register, self.writer.plus(at.base, 1 - width), width)
            text = self.writer.shuffled(x.scalar, x.text, "poison", width, range(width - 1, -1, -1))
            return Lanes(self.writer, text, width, x.truth)
        numbers = [self.loaded(register, self.writer.plus(at.base, lane * step), 1) for lane in range(width)]
        return self.gathered(numbers)

    def gathered(self, numbers: list[Lanes]) -> Lanes:
        text = self.writer.gathered(numbers[0].scalar, [x.text for x in numbers])
        return Lanes(self.writer, text, len(numbers), numbers[0].truth)

    def loaded(self, register: int, at: Whole, width: int) -> Lanes:
        def make() -> Lanes:
            fresh = self.remembered(register, at, width)
            if fresh is not None:
                return fresh
            kind, size = self.stored_type(register)
            address = self.offset(self.origin(register), kind, at)
            text = self.writer.value(f"load {vector(kind, width)}, ptr {address}, align {size}")
            if kind == "i8":
                text = self.writer.value(f"trunc {vector(kind, width)} {text} to {vector('i1', width)}")
            return Lanes(self.writer, text, width, kind == "i8")

        out: Lanes = self.writer.once(("load", register, at, width), make)
        return out

    def store(self, register: int, at: Coordinate, x: Lanes, width: int) -> None:
        """Writes elements of a register, by place; each lane to a place of its own."""
        if width > 1 and at.step != 1:
            for lane in range(width):
                text = self.writer.lane(x.scalar, x.wide(width), width, lane)
                place = Coordinate(self.writer.plus(at.base, lane * at.step), 0)
                self.store(register, place, Lanes(self.writer, text, 1, x.truth), 1)
            return
        kind, size = self.stored_type(register)
        x = self.of_kind(x, self.is_truth(register))
        text = x.wide(width)
        self.remember(register, at.base, Lanes(self.writer, text, width, x.truth))
        if kind == "i8":
            text = self.writer.value(f"zext {vector('i1', width)} {text} to {vector(kind, width)}")
        address = self.offset(self.origin(register), kind, at.base)
        self.writer.do(f"store {vector(kind, width)} {text}, ptr {address}, align {size}")
        self.wrote(register)

    def remember(self, register: int, at: Whole, x: Lanes) -> None:
        """Keeps a value that was stored outside of loops in a small register: reading it back would take longer."""
        if self.writer.depth or not isinstance(at, int):
            self.fresh.pop(register, None)
        elif self.plan.size(register) <= self.unit.lanes:
            pieces = self.fresh.setdefault(register, {})
            self.fresh[register] = {s: y for s, y in pieces.items() if s + y.width <= at or at + x.width <= s}
            self.fresh[register][at] = x

    def remembered(self, register: int, at: Whole, width: int) -> Lanes | None:
        """Elements of a register from what was stored there, if all of it is at hand."""
        pieces = self.fresh.get(register, {})
        if not isinstance(at, int):
            return None
        found = []
        for place in range(at, at + width):
            piece = next(((s, x) for s, x in pieces.items() if s <= place < s + x.width), None)
            if piece is None:
                return None
            if piece[0] == at and piece[1].width == width:
                return piece[1]
            start, x = piece
            found.append(Lanes(self.writer, self.writer.lane(x.scalar, x.text, x.width, place - start), 1, x.truth))
        return self.gathered(found)

    def wrote(self, register: int) -> None:
        """Forgets what was read of a state, if this register shares its memory, and all that was computed from it."""
        if register in self.plan.inplace:
            self.writer.forget("load", "at")

    # ── values ───────────────────────────────────────────────────────────────

    def of_kind(self, x: Lanes, truth: bool) -> Lanes:
        assert x.truth or not truth, "numbers never become truths"
        return x if truth else x.number()

    def at(self, register: int, index: Index, width: int) -> Lanes:
        """The value at an index; of one lane where it is the same in all."""
        if register in self.given:
            return self.given[register]
        if width == 1 or not any(c.step for c in index):
            index = tuple(Coordinate(c.base, 0) for c in index)
            width = 1
        out: Lanes = self.writer.once(("at", register, index, width), lambda: self.computed(register, index, width))
        return out

    def computed(self, register: int, index: Index, width: int) -> Lanes:
        plan = self.plan
        if register in plan.constants:
            return lanes_of(self.writer, plan.constants[register])
        if register in plan.stored and register != self.making:
            return self.load(register, moves.linear(self.writer, index, self.shape(register)), width)
        step = plan.made[register]
        if step.row == "one_hot":
            return self.one_hot(step, index, width)
        if not TABLE[step.row].elementwise:
            return self.of_kind(self.moved(step, index, width), self.is_truth(register))
        row = TABLE[step.row]
        given = [self.at(r, moves.broadcast(index, self.shape(r)), width) for r in step.inputs]
        if row.numeric:
            given = [x.number() for x in given]
        x: Lanes = row.eval(self.functions, *given, **dict(step.attrs))
        return self.of_kind(x, self.is_truth(register))

    def one_hot(self, step: Instruction, index: Index, width: int) -> Lanes:
        last = index[-1]
        kind = vector("i64", width if last.step else 1)
        place = str(last.base)
        if last.step and width > 1:
            lanes = ", ".join(f"i64 {lane * last.step}" for lane in range(width))
            place = self.writer.value(f"add {kind} {self.writer.splat('i64', place, width)}, <{lanes}>")
        real = vector(self.unit.real, width if last.step else 1)
        number = Lanes(
            self.writer, self.writer.value(f"sitofp {kind} {place} to {real}"), width if last.step else 1, False
        )
        return (self.at(step.inputs[0], index[:-1], width).number() == number).number()

    # ── moves ────────────────────────────────────────────────────────────────

    def moved(self, step: Instruction, index: Index, width: int) -> Lanes:
        source = step.inputs[0]
        if step.row in RESHAPES and not moves.is_trivial(self.plan.kernel, step):
            return self.load(*self.through_reshape(step, index), width)
        if step.row == "getitem":
            s = self.subscript(step, source)
            if width > 1 and moves.varies(s, index):
                return self.gathered([self.at(step.out, lane_of(self.writer, index, i), 1) for i in range(width)])
        return self.at(source, self.source_index(step, index), width)

    def through_reshape(self, step: Instruction, index: Index) -> tuple[int, Coordinate]:
        """The register in memory behind a reshape, and the place in it."""
        return self.plan.unreshaped(step.out), moves.linear(self.writer, index, self.shape(step.out))

    def source_index(self, step: Instruction, index: Index) -> Index:
        """Where a move, that is no reshape in the full sense, takes its elements from."""
        source = step.inputs[0]
        before, after = self.shape(source), self.shape(step.out)
        attrs = dict(step.attrs)
        if step.row in RESHAPES:
            return moves.reshaped(index, after, before)
        if step.row == "transpose":
            return moves.transposed(index, **attrs)
        if step.row == "flip":
            return moves.flipped(self.writer, index, before, **attrs)
        if step.row == "broadcast_to":
            return moves.broadcast(index, before)
        return moves.pointed_at(self.writer, self.subscript(step, source), index, self.position(step.inputs[1:]))

    def subscript(self, step: Instruction, source: int | None = None) -> moves.Subscript:
        """The subscript of a getitem, or that which a scatter undoes."""
        attrs = dict(step.attrs)
        shape = attrs["shape"] if source is None else self.shape(source)
        return moves.subscript(shape, [self.shape(r) for r in step.inputs[1:]], attrs["spec"])

    def position(self, indices: tuple[int, ...]) -> Callable[[int, Index, int], Whole]:
        """Positions that the program computes, within their dimension."""

        def position(count: int, index: Index, size: int) -> Whole:
            register = indices[count]
            x = self.at(register, moves.broadcast(index, self.shape(register)), 1).number()
            return str(self.writer.once(("position", x.text, size), lambda: self.within(x, size)))

        return position

    def within(self, x: Lanes, size: int) -> str:
        """A number as a position, counted from the end where it is negative; the nearest there is."""
        writer = self.writer
        i = writer.call(f"llvm.fptosi.sat.i64.{'f64' if x.scalar == 'double' else 'f32'}", "i64", (x.scalar, x.text))
        negative = writer.value(f"icmp slt i64 {i}, 0")
        from_end = writer.value(f"add i64 {i}, {size}")
        i = writer.value(f"select i1 {negative}, i64 {from_end}, i64 {i}")
        i = writer.intrinsic("smin", "i64", 1, i, str(max(size - 1, 0)))
        return writer.intrinsic("smax", "i64", 1, i, "0")

    def located(self, register: int, index: Index) -> tuple[int, Coordinate]:
        """The register in memory through which another is read, and the place in it; only for `plan.operand`s."""
        if register in self.plan.stored:
            return register, moves.linear(self.writer, index, self.shape(register))
        step = self.plan.made[register]
        if step.row in RESHAPES and not moves.is_trivial(self.plan.kernel, step):
            return self.through_reshape(step, index)
        return self.located(step.inputs[0], self.source_index(step, index))

    # ── results ──────────────────────────────────────────────────────────────

    def finish(self, root: int, core: int, index: Index, x: Lanes, width: int) -> None:
        """Stores what follows elementwise from a value of `core`, which may be the root itself."""
        self.writer.forget("at")
        if core != root:
            self.given = {core: x}
            x = self.at(root, index, width)
            self.given = {}
        self.store(root, moves.linear(self.writer, index, self.shape(root)), x, width)


def lane_of(writer: Writer, index: Index, lane: int) -> Index:
    """The index of one lane."""
    return tuple(Coordinate(writer.plus(c.base, lane * c.step), 0) for c in index)


def along(index: list[Whole], dim: int | None) -> Index:
    """An index whose lanes run along one dimension."""
    return tuple(Coordinate(i, int(d == dim)) for d, i in enumerate(index))
