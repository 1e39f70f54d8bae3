"""The registers of a recording: which value is in which, where they come from, and the instructions over them.

A value without a register is a constant, and what is computed from constants
is one, so folding needs no rule. Registers have levels: FIXED ones are looked
up once when the tape is entered, VARYING ones may change from pass to pass.

Operations are only noted while they happen, and written down some at a time
(`catch_up`), before anything is asked that depends on them: in one loop over
many that costs a third, and passes may have hundreds of thousands.

Invariant: every object whose id is a key here is kept alive here.
"""

from __future__ import annotations

from typing import Any

from ..engine.ops import TABLE
from ..engine.value import Box, Data, Value
from .adjoints import adjoint_of
from .places import Input, Item, Name, Parameter, Stream
from .recording import CONSTANT, FIXED, VARYING, View
from .tape import NUMBER, Guard, Instruction, Register, attrs_of, register_of

LONGEST = 500_000  # instructions of a tape; recording one takes about 1 kB of memory for each
AT_ONCE = 1000  # operations that are written down together: few enough that they are still in the processor's cache
LIMITED = frozenset(("getitem", "scatter", "one_hot", "nonzero"))  # rows that refuse some numbers


class Registers:
    def __init__(self, view: View) -> None:
        self.view = view
        self.registers: list[Register] = []
        self.levels: list[int] = []
        self.code: list[Instruction | Guard] = []
        self.guarded: set[int] = set()
        self.heard: list[tuple[Value, tuple[Value, ...]]] = []  # operations that are not written down yet
        self.constants: dict[int, Data] = {}
        self.numbers: dict[float | str, int] = {}  # registers of known numbers
        self.inputs: list[tuple[int, Input, bool]] = []
        self.streams: list[tuple[int, Stream]] = []
        self.by_value: dict[int, int] = {}  # id of a value -> its register
        self.by_place: dict[Any, int] = {}  # key of a place -> the register it starts in
        self.found: dict[int, Name | Item] = {}  # id of a value -> where the pass found it
        self.keep: list[Any] = []
        self.made: set[int] = set()  # ids of values of this pass
        self.reason = ""  # why it ended early,
        self.span: Any = None  # and about where
        self.conditions: list[tuple[Name, Any]] = []
        self.very: set[int] = set()  # ids of values that only they will do for
        self.held_back: dict[int, str] = {}  # id of a value -> why its past is not ours alone

    def ends(self, why: str, span: Any = None) -> None:
        raise NotImplementedError

    def called(self, name: Name) -> str:
        return self.view.names.get(name.slot, "a name") if name.frame is self.view.frame else "a name"

    # ── operations ──

    def operation(self, v: Value, inputs: tuple[Value, ...]) -> None:
        """Notes an operation. Only what parameters hold now must be known now."""
        for x in inputs:
            if x.op.__class__ is Box and id(x) not in self.by_value:
                self.register(x)
        self.heard.append((v, inputs))
        if len(self.heard) == AT_ONCE:
            self.catch_up()

    def catch_up(self) -> None:
        """Writes down what was noted."""
        heard, self.heard = self.heard, []
        if not heard or self.reason:
            return
        if len(self.code) + len(heard) > LONGEST:
            return self.ends("a pass is too long", last_span(heard))
        self.span = last_span(heard) or self.span
        self.keep += [v for v, _ in heard]
        self.made.update([id(v) for v, _ in heard])
        by_value, found, registers, levels, code = self.by_value, self.found, self.registers, self.levels, self.code
        register_for, made = by_value.get, tuple.__new__
        for v, inputs in heard:
            level, read, is_known = CONSTANT, [], True
            for x in inputs:
                register = register_for(id(x))
                if register is None and id(x) in found:
                    register = self.register(x)
                if register is None:
                    is_known = False
                elif levels[register] > level:
                    level = levels[register]
                read.append(register)
            if self.reason:
                self.span = v.span or self.span
                return
            if level == CONSTANT:
                continue
            if not is_known:
                read = [self.constant(x) for x in inputs]
            row, attrs, data = v.op.name, v.attrs, v.data  # type: ignore[union-attr]
            if row in LIMITED:
                self.limited(v, row, inputs, read)
            by_value[id(v)] = register = len(registers)
            registers.append(NUMBER if data.__class__ is float else register_of(data))
            levels.append(level)
            code.append(made(Instruction, (register, row, tuple(read), attrs_of(attrs) if attrs else ())))

    def limited(self, v: Value, row: str, inputs: tuple[Value, ...], registers: list[Any]) -> None:
        """Guards an operation against numbers that it would refuse."""
        if row == "nonzero":
            self.ends("a mask chooses as many elements as it likes", v.span)
        elif row == "one_hot":
            self.guard_range(registers[0], 0, v.shape[-1] - 1)
        elif len(inputs) > 1:
            shape = inputs[0].shape if row == "getitem" else v.shape
            self.guard_positions(inputs[1:], registers[1:], (v.attrs or {})["spec"], shape)

    def write(self, row: str, read: tuple[int, ...], attrs: Any, form: Register) -> int:
        """An instruction without a value."""
        self.registers.append(form)
        self.levels.append(max(FIXED, *[self.levels[r] for r in read]))
        self.code.append(Instruction(len(self.registers) - 1, row, read, attrs))
        return len(self.registers) - 1

    def adjoint(self, v: Value, g: int) -> list[tuple[Value, int]]:
        """Writes what an operation contributes to its inputs, given the register of its gradient."""
        registers, levels, code, made = self.registers, self.levels, self.code, tuple.__new__
        rule, inputs = adjoint_of(v), v.inputs
        cells = [g] * (2 + len(inputs))
        for cell in rule.reads:
            x = v if cell == 1 else inputs[cell - 2]
            known = self.by_value.get(id(x))
            cells[cell] = self.constant(x) if known is None else known
        if rule.numbers:
            cells += [self.number(x) for x in rule.numbers]
        varies = levels[g] == VARYING
        for row, places, attrs, form, follows in rule.steps:
            read = tuple([cells[place] for place in places])
            if form == NUMBER and not follows and all([levels[r] == CONSTANT for r in read]):  # such as an exponent - 1
                number = TABLE[row].evaluate([self.constants[r] for r in read], dict(attrs) or None)
                cells.append(self.number(number))
                continue
            cells.append(len(registers))
            code.append(made(Instruction, (len(registers), row, read, attrs)))
            registers.append(form)
            levels.append(VARYING if varies and follows else max(FIXED, *[levels[r] for r in read]))
        return [(inputs[i], cells[cell]) for i, cell in rule.given]

    # ── registers ──

    def new(self, value: Value, level: int) -> int:
        register = len(self.registers)
        self.registers.append(register_of(value.data))
        self.levels.append(level)
        self.by_value[id(value)] = register
        self.keep.append(value)
        return register

    def register(self, value: Value) -> int | None:
        """The register of a value that is no constant."""
        register = self.by_value.get(id(value))
        if register is None:
            found = self.found.get(id(value))
            if found is not None:
                register = self.new_input(value, found)
            elif value.op.__class__ is Box and value.op.value is value:
                register = self.new_input(value, Parameter(value.op))
        return register

    def constant(self, value: Value) -> int:
        """The register of any value."""
        register = self.register(value)
        if register is not None:
            return register
        if value.data.__class__ is float:
            return self.number(value.data)
        register = self.new(value, CONSTANT)
        self.constants[register] = value.data
        return register

    def new_input(self, value: Value, place: Any) -> int | None:
        if isinstance(place, Item):
            register = self.new(value, VARYING)
            self.streams.append((register, place))
            return register
        if isinstance(place, Name):
            if value.inputs and not place.is_moving:  # backward walks into its graph: only the very value will do
                if id(value) not in self.very:
                    self.very.add(id(value))
                    self.conditions.append((place, value))
                return None
            if id(value) in self.held_back and value.inputs:
                self.ends(f"`{self.called(place)}` is carried, and {self.held_back[id(value)]}")
        is_fixed = isinstance(place, Name) and not place.is_moving
        register = self.new(value, FIXED if is_fixed else VARYING)
        self.inputs.append((register, place, value.needs))
        self.by_place[place.key] = register
        return register

    def level(self, value: Value) -> int:
        self.catch_up()
        register = self.register(value)
        return CONSTANT if register is None else self.levels[register]

    def place_register(self, place: Any, like: Value) -> int:
        """The register that a place starts in; one of its own if nobody has read it."""
        register = self.by_place.get(place.key)
        if register is None:
            register = self.new(like, VARYING)
            self.inputs.append((register, place, like.needs))
            self.by_place[place.key] = register
        return register

    # ── guards ──

    def guard(self, register: int, seen: Data) -> None:
        if register not in self.guarded:
            self.guarded.add(register)
            self.code.append(Guard(register, seen))

    def guard_positions(self, indices: Any, registers: list[int], spec: Any, shape: tuple[int, ...]) -> None:
        """What indexing would refuse must not reach it."""
        dims = [dim for dim, entry in enumerate(spec) if entry[0] == "at"]
        for dim, register, index in zip(dims, registers, indices, strict=True):
            is_item = isinstance(self.found.get(id(index)), Item) and self.found[id(index)].is_index  # type: ignore[union-attr]
            if self.levels[register] > CONSTANT and not is_item:
                self.guard_range(register, -shape[dim], shape[dim] - 1)

    def guard_range(self, register: int, low: float, high: float) -> None:
        shape = self.registers[register].shape
        truths, key = Register(shape, "truth"), ("in range", register, low, high)
        if key in self.by_place:
            return
        self.by_place[key] = register
        least, most = self.number(float(low)), self.number(float(high))
        whole = self.write(
            "eq", (register, self.write("floor", (register,), (), Register(shape, "number"))), (), truths
        )
        above, below = self.write("ge", (register, least), (), truths), self.write("le", (register, most), (), truths)
        holds = self.write("and", (self.write("and", (above, below), (), truths), whole), (), truths)
        if shape:
            holds = self.write("all", (holds,), attrs_of({"dim": None, "keepdim": False}), Register((), "truth"))
        self.guard(holds, True)

    def number(self, x: float) -> int:
        """The register of a known number."""
        key = x or repr(x)  # the zeros are equal, and two numbers
        register = self.numbers.get(key)
        if register is None:
            self.numbers[key] = register = len(self.registers)
            self.registers.append(NUMBER)
            self.levels.append(CONSTANT)
            self.constants[register] = x
        return register


def last_span(heard: list[tuple[Value, Any]]) -> Any:
    """About where the last of some operations stands."""
    return next((v.span for v, _ in reversed(heard) if v.span is not None), None)
