"""Rows that are made of others, opened: a rule is run on symbols, and each of its operations writes an instruction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.ops import METHODS, TABLE
from ..engine.table import Row
from ..engine.value import Data, Shape, shape_of
from .tape import Attrs, Guard, Instruction, Kernel, Register, attrs_of, check, constant_of, register_of


class Primitive(Exception):
    """A rule asks for the very operation it is the rule of, or for something that is no row."""


class Symbol:
    """A register of a program that is being written; rules compute with it as with data."""

    __slots__ = ("register", "writing")

    def __init__(self, writing: Writing, register: int) -> None:
        self.writing = writing
        self.register = register

    @property
    def shape(self) -> Shape:
        return self.writing.registers[self.register].shape

    @property
    def dtype(self) -> type:
        """What rules ask to tell truths from numbers."""
        return bool if self.writing.registers[self.register].kind == "truth" else float


class Writing:
    """A kernel's registers, constants and code while they grow."""

    def __init__(self, kernel: Kernel) -> None:
        self.registers = list(kernel.registers)
        self.constants = list(kernel.constants)
        self.code: list[Instruction | Guard] = []
        self.known: dict[object, int] = {}

    def constant(self, data: Data) -> int:
        key = (data.__class__, repr(data) if shape_of(data) == () else data.tobytes(), shape_of(data))
        if key not in self.known:
            self.known[key] = len(self.registers)
            self.registers.append(register_of(data))
            self.constants.append(constant_of(self.known[key], data))
        return self.known[key]

    def instruction(self, row: str, inputs: tuple[int, ...], attrs: Attrs, out: int | None = None) -> int:
        if out is None:
            out = len(self.registers)
            given = [self.registers[r] for r in inputs]
            shape = TABLE[row].shape(*[r.shape for r in given], **dict(attrs))
            self.registers.append(Register(tuple(shape), kind_of(row, given)))
        self.code.append(Instruction(out, row, inputs, attrs))
        return out

    def kernel(self, kernel: Kernel) -> Kernel:
        return check(
            kernel._replace(registers=tuple(self.registers), constants=tuple(self.constants), code=tuple(self.code))
        )


TRUTHS = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not", "all", "any"))


def kind_of(row: str, inputs: list[Register]) -> Any:
    """Whether a row gives numbers or truths."""
    if row in TRUTHS:
        return "truth"
    moved = inputs[1:] if row == "where" else inputs[:1] if row == "getitem" else inputs
    stays = not TABLE[row].numeric and all(r.kind == "truth" for r in moved)
    return "truth" if stays and row != "sum_to" else "number"


class Writer:
    """The namespace in which one row's rule is run: every function writes an instruction."""

    def __init__(self, writing: Writing, name: str) -> None:
        self._writing = writing
        self._name = name

    def __getattr__(self, name: str) -> Callable[..., Symbol]:
        row = TABLE.get(name)
        if row is None or name == self._name:
            raise Primitive
        return lambda *inputs, **attrs: written(self._writing, row, inputs, attrs)


def written(writing: Writing, row: Row, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Symbol:
    """A row on symbols and numbers, itself or by what it is made of."""
    registers = tuple(x.register if x.__class__ is Symbol else writing.constant(x) for x in inputs)
    return Symbol(writing, opened(writing, row, registers, attrs_of(attrs), None))


def opened(writing: Writing, row: Row, inputs: tuple[int, ...], attrs: Attrs, out: int | None) -> int:
    """Writes the instructions that a row is made of, or the row's own where it is made of nothing else."""
    if not row.elementwise and row.numeric:
        before = len(writing.code)
        try:
            x = row.eval(Writer(writing, row.name), *[Symbol(writing, r) for r in inputs], **dict(attrs))
            assert x.__class__ is Symbol
            if out is None:
                return x.register
            last = writing.code[-1] if len(writing.code) > before else None
            if isinstance(last, Instruction) and last.out == x.register:
                writing.code[-1] = last._replace(out=out)
                return out
            return writing.instruction("identity", (x.register,), (), out)
        except Primitive:
            del writing.code[before:]
    return writing.instruction(row.name, inputs, attrs, out)


def attach(method: str, name: str) -> None:
    """`Symbol.__add__` and `Symbol.__radd__` from the row `add`."""
    row = TABLE[name]
    setattr(Symbol, f"__{method}__", lambda *inputs: written(inputs[0].writing, row, inputs, {}))
    setattr(Symbol, f"__r{method}__", lambda y, x: written(y.writing, row, (x, y), {}))


for method, name in METHODS.items():
    attach(method, name)


def expanded(kernel: Kernel) -> Kernel:
    """Rows that are made of others, as `mean` of a sum and a quotient, are replaced by those.

    Elementwise ones stay: a backend runs their rule on whatever it computes with.
    """
    writing = Writing(kernel)
    for step in kernel.code:
        if isinstance(step, Guard):
            writing.code.append(step)
        else:
            opened(writing, TABLE[step.row], step.inputs, step.attrs, step.out)
    return writing.kernel(kernel)
