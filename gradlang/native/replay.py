"""The backend that runs a kernel with NumPy: the same calls, in the same order, as the interpreter makes.

So its results are the interpreter's, bit for bit. It is the oracle for the
other backends, the way out of compiled loops, and what is used where another
backend lacks an operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine.ops import TABLE
from ..engine.table import plain
from ..engine.value import Data
from .tape import Guard, Instruction, Kernel


class Program:
    """A kernel, ready to run."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.constants = [(c.register, kernel.data_of(c)) for c in kernel.constants]
        self.steps = [(step, TABLE[step.row] if isinstance(step, Instruction) else None) for step in kernel.code]

    def run(
        self,
        entry: Sequence[Data],
        stream: Sequence[Any],
        state: list[Data],
        kept: Sequence[Any],
        passes: int,
    ) -> int:
        """Runs passes until one is another path; how many were run.

        entry   the data of `kernel.entry`, in order
        stream  of each register of `kernel.stream`, an array whose first axis counts the passes
        state   of each pair of `kernel.state`; what stands in this list is replaced by what comes out
        kept    of each register of `kernel.kept`, an array to fill, whose first axis counts the passes
        """
        data: list[Data] = [None] * len(self.kernel.registers)
        for register, x in [*self.constants, *zip(self.kernel.entry, entry, strict=True)]:
            data[register] = x
        for done in range(passes):
            for register, rows in zip(self.kernel.stream, stream, strict=True):
                data[register] = plain(rows[done])
            for (start, _), x in zip(self.kernel.state, state, strict=True):
                data[start] = x
            if not self.step(data):
                return done
            state[:] = [data[end] for _, end in self.kernel.state]
            for register, rows in zip(self.kernel.kept, kept, strict=True):
                rows[done] = data[register]
        return passes

    def step(self, data: list[Data]) -> bool:
        """One pass over the registers; whether every guard held."""
        for step, row in self.steps:
            if isinstance(step, Guard):
                x = data[step.register]
                if not (x == step.seen or x != x and step.seen != step.seen):
                    return False
            else:
                assert row is not None
                data[step.out] = row.evaluate([data[r] for r in step.inputs], dict(step.attrs) or None)
        return True
