"""The registers of a recording: which value is in which, where they come from, and the instructions over them.

A value without a register is a constant, and what is computed from constants
is one, so folding needs no rule. Registers have levels: FIXED ones are looked
up once when the tape is entered, VARYING ones may change from pass to pass.

Invariant: every object whose id is a key here is kept alive here.
"""

from __future__ import annotations

from typing import Any

from ..engine.value import Box, Data, Value, leaf
from .places import Input, Item, Name, Parameter, Stream
from .recording import CONSTANT, FIXED, VARYING, View
from .tape import Guard, Instruction, Register, attrs_of, register_of


class Registers:
    def __init__(self, view: View) -> None:
        self.view = view
        self.registers: list[Register] = []
        self.levels: list[int] = []
        self.code: list[Instruction | Guard] = []
        self.guarded: set[int] = set()
        self.constants: dict[int, Data] = {}
        self.inputs: list[tuple[int, Input, bool]] = []
        self.streams: list[tuple[int, Stream]] = []
        self.by_value: dict[int, int] = {}  # id of a value -> its register
        self.by_place: dict[Any, int] = {}  # key of a place -> the register it starts in
        self.found: dict[int, Name | Item] = {}  # id of a value -> where the pass found it
        self.keep: list[Any] = []
        self.conditions: list[tuple[Name, Any]] = []
        self.very: set[int] = set()  # ids of values that only they will do for
        self.held_back: dict[int, str] = {}  # id of a value -> why its past is not ours alone

    def ends(self, why: str, span: Any = None) -> None:
        raise NotImplementedError

    def called(self, name: Name) -> str:
        return self.view.names.get(name.slot, "a name") if name.frame is self.view.frame else "a name"

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
        if register is None:
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
        register = self.register(value)
        return CONSTANT if register is None else self.levels[register]

    def emit(self, row: str, inputs: list[int], attrs: Any, out: Register) -> int:
        """An instruction that the interpreter did not need."""
        register = len(self.registers)
        self.registers.append(out)
        self.levels.append(max(self.levels[r] for r in inputs))
        self.code.append(Instruction(register, row, tuple(inputs), attrs_of(attrs)))
        return register

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
        whole = self.emit(
            "eq", [register, self.emit("floor", [register], None, Register(shape, "number"))], None, truths
        )
        above, below = self.emit("ge", [register, least], None, truths), self.emit("le", [register, most], None, truths)
        holds = self.emit("and", [self.emit("and", [above, below], None, truths), whole], None, truths)
        if shape:
            holds = self.emit("all", [holds], {"dim": None, "keepdim": False}, Register((), "truth"))
        self.guard(holds, True)

    def number(self, x: float) -> int:
        value = leaf(x)
        self.keep.append(value)
        return self.constant(value)
