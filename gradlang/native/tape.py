"""One pass of a loop as plain data: a linear program over numbered registers.

Owns `Kernel`, what passes rewrite and backends run, its checker and its
printer. Knows rows of the table by their names only; knows nothing of names,
parameters or frames: whoever records and runs loops says which arrays the
registers are.

Invariants, held by `check`: every register is written once, before it is read,
and has the shape and kind that its row gives; guards stand before whatever
they protect; what is carried keeps its shape and kind. A kernel is hashable,
so equal loops share compiled code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from ..engine.ops import TABLE
from ..engine.printing import exact
from ..engine.value import Data, Shape, shape_of

Kind = Literal["number", "truth"]
Attrs = tuple[tuple[str, Any], ...]


class Register(NamedTuple):
    """What a register holds: a number or truth for the shape (), else an array of those."""

    shape: Shape
    kind: Kind


NUMBER, TRUTH = Register((), "number"), Register((), "truth")
_registers: dict[tuple[Shape, bool], Register] = {}  # one for each shape and kind that was met: there are few


class Instruction(NamedTuple):
    """`out = row(*inputs, **attrs)`, of a row of the table."""

    out: int
    row: str
    inputs: tuple[int, ...]
    attrs: Attrs


class Guard(NamedTuple):
    """The pass is another one, and must not have changed anything, unless the register holds exactly this."""

    register: int
    seen: float | bool


Code = tuple[Instruction | Guard, ...]


class Constant(NamedTuple):
    """Numbers that are part of the program; arrays as bytes, so that kernels can be compared."""

    register: int
    data: float | bool | bytes


class Kernel(NamedTuple):
    """A pass, from the numbers it starts with to those it ends with.

    registers  by number
    constants  registers that never change
    entry      registers that are given once for many passes
    stream     registers that are given anew for every pass
    state      pairs: what a register holds at a pass's end is what the other holds at the next one's start
    kept       registers whose value in every pass is wanted
    dtype      float64 or float32
    """

    registers: tuple[Register, ...]
    constants: tuple[Constant, ...]
    entry: tuple[int, ...]
    stream: tuple[int, ...]
    state: tuple[tuple[int, int], ...]
    kept: tuple[int, ...]
    code: Code
    dtype: str = "float64"

    def data_of(self, constant: Constant) -> Data:
        """The numbers of a constant."""
        if not isinstance(constant.data, bytes):
            return constant.data
        import numpy

        register = self.registers[constant.register]
        stored = bool if register.kind == "truth" else self.dtype
        return numpy.frombuffer(constant.data, stored).reshape(register.shape)

    def results(self) -> list[int]:
        """The registers that a pass is run for."""
        return [*[end for _, end in self.state], *self.kept]


def register_of(data: Data) -> Register:
    """What holds these numbers."""
    if data.__class__ is float:
        return NUMBER
    if data.__class__ is bool:
        return TRUTH
    key = data.shape, data.dtype.char == "?"
    register = _registers.get(key)
    if register is None:
        register = _registers[key] = Register(data.shape, "truth" if key[1] else "number")
    return register


def constant_of(register: int, data: Data) -> Constant:
    return Constant(register, data if data.__class__ in (float, bool) else data.tobytes())


def attrs_of(attrs: dict[str, Any] | None) -> Attrs:
    """Attributes in the form that can be compared; their values are tuples, numbers, text and None already."""
    if not attrs:
        return ()
    return tuple(attrs.items()) if len(attrs) == 1 else tuple(sorted(attrs.items()))


def reads(step: Instruction | Guard) -> tuple[int, ...]:
    return step.inputs if isinstance(step, Instruction) else (step.register,)


def rereading(step: Instruction | Guard, instead: dict[int, int]) -> Instruction | Guard:
    """A step that reads other registers instead of some."""
    if isinstance(step, Guard):
        return Guard(instead.get(step.register, step.register), step.seen)
    return step._replace(inputs=tuple([instead.get(r, r) for r in step.inputs]))


def without_dead_code(code: Iterable[Instruction | Guard], wanted: Iterable[int]) -> Code:
    """What is needed for some registers, and every guard with what it needs."""
    needed = set(wanted)
    kept: list[Instruction | Guard] = []
    for step in reversed(list(code)):
        if step.__class__ is Guard:
            needed.add(step[0])
            kept.append(step)
        elif step[0] in needed:
            needed.update(step[2])  # type: ignore[misc]
            kept.append(step)
    return tuple(reversed(kept))


# ── checking ─────────────────────────────────────────────────────────────────


CHECKED = 4000  # instructions


def check(kernel: Kernel) -> Kernel:
    """The kernel itself; AssertionError where it breaks an invariant. Every pass hands its result through here.

    Longer kernels than `CHECKED` are not looked at: that would take as long as recording them.
    """
    if len(kernel.code) > CHECKED:
        return kernel
    written: set[int] = set()

    def write(register: int) -> None:
        assert register not in written, f"r{register} is written twice"
        assert 0 <= register < len(kernel.registers), f"there is no r{register}"
        written.add(register)

    for constant in kernel.constants:
        write(constant.register)
        assert register_of(kernel.data_of(constant)) == kernel.registers[constant.register], constant.register
    for register in (*kernel.entry, *kernel.stream, *[start for start, _ in kernel.state]):
        write(register)
    for step in kernel.code:
        for register in reads(step):
            assert register in written, f"r{register} is read before it is written"
        if isinstance(step, Guard):
            assert kernel.registers[step.register] == register_of(step.seen), f"the guard of r{step.register}"
        else:
            write(step.out)
            shape = shape_by(step.row, tuple([kernel.registers[r].shape for r in step.inputs]), step.attrs)
            assert shape == kernel.registers[step.out].shape, f"r{step.out} is of shape {shape}"
    for start, end in kernel.state:
        assert end in written and kernel.registers[start] == kernel.registers[end], f"r{start} becomes r{end}"
    assert all(register in written for register in kernel.kept)
    return kernel


@lru_cache(4096)
def shape_by(row: str, inputs: tuple[Shape, ...], attrs: Attrs) -> Shape:
    """The shape that a row gives. One loop is recorded several times, and its kernels are checked after every pass."""
    return tuple(TABLE[row].shape(*inputs, **dict(attrs)))


# ── printing ─────────────────────────────────────────────────────────────────


def lines(kernel: Kernel) -> Iterator[str]:
    """The program as text, for `--show-tape` and for tests."""
    for constant in kernel.constants:
        data = kernel.data_of(constant)
        shown = exact(data) if not shape_of(data) or data.size <= 4 else "…"
        yield f"{declared(kernel, constant.register)} = {shown}"
    for title, registers in (("entry", kernel.entry), ("stream", kernel.stream)):
        for register in registers:
            yield f"{declared(kernel, register)} = {title}"
    for start, _ in kernel.state:
        yield f"{declared(kernel, start)} = state"
    for step in kernel.code:
        if isinstance(step, Guard):
            yield f"guard r{step.register} == {exact(step.seen)}"
        else:
            yield f"{declared(kernel, step.out)} = {step.row}({', '.join(written(step))})"
    for start, end in kernel.state:
        yield f"next r{start} = r{end}"
    for register in kernel.kept:
        yield f"keep r{register}"


def declared(kernel: Kernel, register: int) -> str:
    shape, kind = kernel.registers[register]
    return f"r{register}: {kind}{list(shape) if shape else ''}"


def written(step: Instruction) -> Sequence[str]:
    return [*[f"r{r}" for r in step.inputs], *[f"{name}={value}" for name, value in step.attrs]]
