"""Kernels as a plan wants them: what tiles read often lies in rows, and every state has an end of its own."""

from __future__ import annotations

from ..tape import Guard, Instruction, Kernel
from . import blas


def shaped(kernel: Kernel) -> Kernel:
    return with_own_ends(packed(kernel))


def packed(kernel: Kernel) -> Kernel:
    """Right factors that are transposed become copies: tiles read them row by row, many times."""
    registers = list(kernel.registers)
    code: list[Instruction | Guard] = []
    made = {step.out: step for step in kernel.code if isinstance(step, Instruction)}
    copies: dict[int, int] = {}
    for step in kernel.code:
        if isinstance(step, Instruction) and step.row == "matmul":
            x, y = step.inputs
            rows, columns = (registers[r].shape for r in (x, y))
            small = len(rows) > 1 < len(columns) and not blas.is_for_blas(rows[-2], columns[-1], rows[-1], kernel.dtype)
            if y in made and made[y].row == "transpose" and small and rows[-2] >= 4 and 1 not in columns:
                if y not in copies:
                    copies[y] = len(registers)
                    registers.append(registers[y])
                    code.append(Instruction(copies[y], "identity", (y,), ()))
                step = step._replace(inputs=(x, copies[y]))
        code.append(step)
    return kernel._replace(registers=tuple(registers), code=tuple(code))


def with_own_ends(kernel: Kernel) -> Kernel:
    """Every state ends in a register that an instruction computes, unless it does not change."""
    registers, code, state = list(kernel.registers), list(kernel.code), []
    made = {step.out for step in code if isinstance(step, Instruction)}
    for start, end in kernel.state:
        if end != start and end not in made:
            code.append(Instruction(len(registers), "identity", (end,), ()))
            registers.append(registers[end])
            end = len(registers) - 1
        state.append((start, end))
    return kernel._replace(registers=tuple(registers), code=tuple(code), state=tuple(state))
