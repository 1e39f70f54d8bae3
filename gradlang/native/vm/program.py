"""A kernel that the machine runs, bound to memory.

Owns the memory of a run: constants, what is given, and a place for every number
that is computed. A pass is one call; the interpreter's lock is let go
meanwhile, and several threads may run one program. Guards are looked at when a
pass is over: until then nothing but that memory was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.value import Data
from ..tape import Kernel
from .machine import machine
from .scalarise import Scalarised
from .schedule import Schedule
from .sums import fused

Array = Any


class Program:
    """A kernel, ready to run; the same contract as `replay.Program`, and results to rounding."""

    def __init__(self, kernel: Kernel) -> None:
        self.registers = kernel.registers
        self.dtype = kernel.dtype
        self.machine = machine(kernel.dtype)
        self.origin = "prepared, as too long to be compiled,"  # how it came to be, to be told
        scalars = Scalarised(kernel)
        graph, names = scalars.graph, scalars.names
        results = [name for register in kernel.results() for name in names[register].flat]
        schedule = Schedule(graph, fused(graph, [*results, *[name for name, _ in scalars.guards]]))
        self.groups, self.indices = schedule.groups, schedule.indices
        self.fresh = np.zeros(schedule.size, kernel.dtype)
        self.fresh[: len(graph.constants)] = graph.constants

        def places(registers: Sequence[int]) -> list[Array]:
            return [schedule.place[np.array(names[r].flat, int)] for r in registers]

        self.entry, self.stream = places(kernel.entry), places(kernel.stream)
        self.starts = places([start for start, _ in kernel.state])
        self.kept, self.kept_shapes = places(kernel.kept), [kernel.registers[r].shape for r in kernel.kept]
        self.state = [kernel.registers[start] for start, _ in kernel.state]
        ends = places([end for _, end in kernel.state])
        nowhere = np.zeros(0, np.int32)
        self.all_starts = np.concatenate([nowhere, *self.starts])
        self.all_ends = np.concatenate([nowhere, *ends])
        self.guards = schedule.place[np.array([name for name, _ in scalars.guards], int)]
        self.seen = np.array([seen for _, seen in scalars.guards], float)
        self.spare: list[Array] = []

    def run(
        self,
        entry: Sequence[Data],
        stream: Sequence[Any],
        state: list[Data],
        kept: Sequence[Any],
        passes: int,
    ) -> int:
        """Runs passes until one is another path; how many were run. Parameters as of `replay.Program.run`."""
        memory = self.spare.pop() if self.spare else self.fresh.copy()
        for places, x in zip((*self.entry, *self.starts), (*entry, *state), strict=True):
            memory[places] = np.ravel(x)
        where = [memory.ctypes.data, self.groups.ctypes.data, len(self.groups), self.indices.ctypes.data]
        done = 0
        for done in range(passes + 1):
            if done == passes:
                break
            for places, rows in zip(self.stream, stream, strict=True):
                memory[places] = np.ravel(rows[done])
            self.machine.run(*where)
            if len(self.guards) and not self.holds(memory):
                break
            for places, shape, rows in zip(self.kept, self.kept_shapes, kept, strict=True):
                rows[done] = memory[places].reshape(shape)
            memory[self.all_starts] = memory[self.all_ends]
        state[:] = [
            self.data(memory[places], register) for places, register in zip(self.starts, self.state, strict=True)
        ]
        self.spare.append(memory)
        return done

    def holds(self, memory: Array) -> bool:
        """Whether every guard of the pass does; a nan is equal to a nan here."""
        found = memory[self.guards]
        return bool(((found == self.seen) | ((found != found) & (self.seen != self.seen))).all())

    def data(self, numbers: Array, register: Any) -> Data:
        shape, kind = register
        if kind == "truth":
            numbers = numbers != 0
        elif shape == ():
            numbers = numbers.astype(float)
        return numbers.reshape(shape) if shape else numbers[0].item()
