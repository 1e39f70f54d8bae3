"""Kernels rewritten to smaller kernels that compute the same.

Every pass takes a kernel and returns one, which `check` has seen. They know
rows of the table, but no backend: what a backend is given after `prepared` has
no operation that others could be put for, no two instructions that compute the
same, nothing that is known already and nothing that nobody needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.ops import METHODS, TABLE
from ..engine.table import Row
from ..engine.value import STATE, Data, Shape, shape_of
from ..faults import Fault
from ..shapes import size_of
from .tape import (
    Attrs,
    Constant,
    Guard,
    Instruction,
    Kernel,
    Register,
    attrs_of,
    check,
    constant_of,
    reads,
    register_of,
    without_dead_code,
)

LARGEST_CONSTANT = 4096  # numbers; larger ones are computed anew rather than kept in the program
RESHAPES = frozenset(("reshape", "squeeze", "unsqueeze"))


def prepared(kernel: Kernel) -> Kernel:
    """All passes, in the order in which they help each other."""
    for rewrite in (without_dead, expanded, folded, simplified, without_duplicates, without_dead):
        kernel = rewrite(kernel)
    return kernel


def without_dead(kernel: Kernel) -> Kernel:
    """Without instructions and constants that neither a result nor a guard needs."""
    code = without_dead_code(kernel.code, kernel.results())
    read = {*kernel.results(), *[r for step in code for r in reads(step)]}
    constants = tuple(c for c in kernel.constants if c.register in read)
    return check(kernel._replace(code=code, constants=constants))


# ── rows that are made of others ─────────────────────────────────────────────


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


# ── what is known ────────────────────────────────────────────────────────────


def folded(kernel: Kernel) -> Kernel:
    """Instructions on constants are run now."""
    known = {c.register: kernel.data_of(c) for c in kernel.constants}
    constants: list[Constant] = list(kernel.constants)
    code: list[Instruction | Guard] = []
    for step in kernel.code:
        if isinstance(step, Instruction) and all(r in known for r in step.inputs) and is_small(kernel, step):
            try:
                data = evaluated(kernel, step, [known[r] for r in step.inputs])
            except Fault:
                code.append(step)
                continue
            known[step.out] = data
            constants.append(constant_of(step.out, data))
        else:
            code.append(step)
    return check(kernel._replace(constants=tuple(constants), code=tuple(code)))


def is_small(kernel: Kernel, step: Instruction) -> bool:
    return size_of(kernel.registers[step.out].shape) <= LARGEST_CONSTANT


def evaluated(kernel: Kernel, step: Instruction, data: list[Data]) -> Data:
    """An instruction run by its row, in the kernel's number type."""
    import numpy

    before, STATE.dtype = STATE.dtype, kernel.dtype
    try:
        with numpy.errstate(all="ignore"):
            return TABLE[step.row].evaluate(data, dict(step.attrs) or None)
    finally:
        STATE.dtype = before


# ── what is simpler ──────────────────────────────────────────────────────────


def simplified(kernel: Kernel) -> Kernel:
    """Without copies and moves that move nothing; masks of a relu are read from its result.

    `x > 0` and `relu(x) > 0` are the same truth, and once nothing else reads x it need not be stored.
    """
    instead: dict[int, int] = {}
    made: dict[int, Instruction] = {}
    relu_of: dict[int, int] = {}
    zeros = {c.register for c in kernel.constants if c.data == 0.0 and c.data.__class__ is float}
    ones = {c.register for c in kernel.constants if is_one(kernel, c)}
    wanted = set(kernel.results())
    code: list[Instruction | Guard] = []
    for step in kernel.code:
        if isinstance(step, Guard):
            code.append(step._replace(register=instead.get(step.register, step.register)))
            continue
        step = step._replace(inputs=tuple(instead.get(r, r) for r in step.inputs))
        if step.row in ("getitem", "scatter") and is_squeezing(kernel, step):
            step = Instruction(step.out, "reshape", step.inputs, (("shape", kernel.registers[step.out].shape),))
        if step.row in RESHAPES and step.inputs[0] in made and made[step.inputs[0]].row in RESHAPES:
            shape = kernel.registers[step.out].shape
            step = Instruction(step.out, "reshape", made[step.inputs[0]].inputs, (("shape", shape),))
        if step.row == "gt" and step.inputs[1] in zeros and step.inputs[0] in relu_of:
            step = step._replace(inputs=(relu_of[step.inputs[0]], step.inputs[1]))
        if step.row == "relu":
            relu_of[step.inputs[0]] = step.out
        same = unchanged(kernel, step, ones)
        if same is not None and step.out not in wanted:
            instead[step.out] = same
            continue
        made[step.out] = step
        code.append(step)
    return check(kernel._replace(code=tuple(code)))


def is_one(kernel: Kernel, constant: Constant) -> bool:
    """Whether a constant is 1 throughout."""
    data = kernel.data_of(constant)
    return data.__class__ is float and data == 1.0 or shape_of(data) != () and bool((data == 1.0).all())


def unchanged(kernel: Kernel, step: Instruction, ones: set[int]) -> int | None:
    """The register that holds the very numbers that an instruction gives, in the same shape, if one does."""
    candidates: tuple[int, ...] = ()
    if step.row in (*RESHAPES, "identity", "broadcast_to", "sum_to"):
        candidates = step.inputs[:1]
    elif step.row == "mul":
        candidates = tuple(x for x, y in (step.inputs, step.inputs[::-1]) if y in ones)
    elif step.row in ("div", "pow") and step.inputs[1] in ones:
        candidates = step.inputs[:1]
    return next((r for r in candidates if kernel.registers[r] == kernel.registers[step.out]), None)


def is_squeezing(kernel: Kernel, step: Instruction) -> bool:
    """Whether a subscript, or what undoes one, only drops or adds dimensions of size 1."""
    attrs = dict(step.attrs)
    shape = kernel.registers[step.inputs[0]].shape if step.row == "getitem" else attrs["shape"]
    known = all(
        entry[0] == "all" or entry[0] == "index" and n == 1 for entry, n in zip(attrs["spec"], shape, strict=False)
    )
    return known and size_of(shape) == size_of(kernel.registers[step.inputs[0]].shape) and is_number(kernel, step)


def is_number(kernel: Kernel, step: Instruction) -> bool:
    return kernel.registers[step.inputs[0]].kind == kernel.registers[step.out].kind


def without_duplicates(kernel: Kernel) -> Kernel:
    """Each thing is computed once."""
    instead: dict[int, int] = {}
    made: dict[tuple[object, ...], int] = {}
    key: tuple[object, ...]
    for constant in kernel.constants:
        key = (constant.data.__class__, repr(constant.data), kernel.registers[constant.register])
        instead[constant.register] = made.setdefault(key, constant.register)
    code: list[Instruction | Guard] = []
    for step in kernel.code:
        if isinstance(step, Guard):
            code.append(step._replace(register=instead.get(step.register, step.register)))
            continue
        step = step._replace(inputs=tuple(instead.get(r, r) for r in step.inputs))
        key = (step.row, step.inputs, repr(step.attrs), kernel.registers[step.out])
        first = made.setdefault(key, step.out)
        if first == step.out:
            code.append(step)
        else:
            instead[step.out] = first
    state = tuple((start, instead.get(end, end)) for start, end in kernel.state)
    kept = tuple(instead.get(r, r) for r in kernel.kept)
    return check(kernel._replace(code=tuple(code), state=state, kept=kept))
