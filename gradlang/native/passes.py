"""Kernels rewritten to smaller kernels that compute the same.

Every pass takes a kernel and returns one, which `check` has seen. They know
rows of the table, but no backend: what a backend is given after `prepared` has
no operation that others could be put for, no two instructions that compute the
same, nothing that is known already and nothing that nobody needs.
"""

from __future__ import annotations

from ..engine.ops import TABLE
from ..engine.value import STATE, Data
from ..faults import Fault
from ..shapes import size_of
from .expansion import expanded, kind_of
from .simplification import simplified
from .tape import Constant, Guard, Instruction, Kernel, check, constant_of, reads, rereading, without_dead_code

__all__ = ["expanded", "folded", "kind_of", "prepared", "simplified", "without_dead", "without_duplicates"]

LARGEST_CONSTANT = 4096  # numbers; larger ones are computed anew rather than kept in the program


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
        step = rereading(step, instead)
        if isinstance(step, Guard):
            code.append(step)
            continue
        key = (step.row, step.inputs, repr(step.attrs), kernel.registers[step.out])
        first = made.setdefault(key, step.out)
        if first == step.out:
            code.append(step)
        else:
            instead[step.out] = first
    state = tuple((start, instead.get(end, end)) for start, end in kernel.state)
    kept = tuple(instead.get(r, r) for r in kernel.kept)
    return check(kernel._replace(code=tuple(code), state=state, kept=kept))
