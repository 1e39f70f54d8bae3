"""What the loops of one job ask about registers: which are in memory, and what the others are made of.

A plan is the layout of a whole kernel, a part (`parts`) that of one job. Both
are read by the same code, which therefore does not know which of them it
writes for.
"""

from __future__ import annotations

from ...shapes import size_of
from ..tape import Instruction, Kernel
from .rows import CORES, MOVES, RESHAPES, WHOLES


class Layout:
    """
    made       what computes a register
    constants  registers that are one known number
    stored     registers that have memory: leaves, and what is computed and stored
    core       of a stored register, the reduction or product whose loops compute it, if it is not that itself
    inplace    state in whose memory a register is stored
    scale      of registers `w - scale * (x @ y)` that BLAS adds to w where it stands: the scale
    offset     of registers in the arena, in bytes
    """

    kernel: Kernel
    made: dict[int, Instruction]
    constants: dict[int, float | bool]
    stored: set[int]
    core: dict[int, int]
    inplace: dict[int, int]
    scale: dict[int, int]
    offset: dict[int, int]

    def size(self, register: int) -> int:
        return size_of(self.kernel.registers[register].shape)

    def is_expression(self, register: int) -> bool:
        """Whether an elementwise rule computes it."""
        step = self.made.get(register)
        return step is not None and step.row not in CORES | WHOLES | MOVES

    def unreshaped(self, register: int) -> int:
        """The register whose memory a reshape reads."""
        while register in self.made and self.made[register].row in RESHAPES:
            register = self.made[register].inputs[0]
        return register
