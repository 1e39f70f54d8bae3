"""The backend that runs a kernel with NumPy: the same calls, in the same order, as the interpreter makes.

So its results are the interpreter's, bit for bit. It is the oracle for the
other backends, the way out of compiled loops, and what is used where another
backend lacks an operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..engine.ops import TABLE
from ..engine.table import arrays, plain
from ..engine.value import Data
from .tape import Instruction, Kernel


class Program:
    """A kernel, ready to run."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.constants = [(c.register, kernel.data_of(c)) for c in kernel.constants]
        self.steps: list[tuple[int, Any, Any]] = [
            (step.out, evaluation(kernel, step), step.inputs)
            if isinstance(step, Instruction)
            else (step.register, None, step.seen)
            for step in kernel.code
        ]

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
        for register, evaluate, inputs in self.steps:
            if evaluate is not None:
                data[register] = evaluate(*[data[r] for r in inputs])
            else:
                x = data[register]
                if not (x == inputs or x != x and inputs != inputs):
                    return False
        return True


def evaluation(kernel: Kernel, step: Instruction) -> Callable[..., Data]:
    """What computes an instruction: `Row.evaluate`, without asking anew for what shapes and kinds say already."""
    row, attrs = TABLE[step.row], dict(step.attrs)
    registers = [kernel.registers[r] for r in step.inputs]
    if not row.elementwise or any(register.shape for register in registers):
        if row.numeric and any(register.kind == "truth" for register in registers):
            return lambda *data: row.evaluate(data, attrs)
        return lambda *data: plain(row.eval(arrays, *data, **attrs))
    if attrs or any(register.kind == "truth" for register in registers):
        return lambda *data: row.evaluate(data, attrs)
    return row.on_floats
