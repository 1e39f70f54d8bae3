"""A compiled kernel bound to arrays.

Owns the memory that compiled code works in: copies of the state, so that no
array of the caller is ever changed, and the arena. ctypes lets go of the
interpreter's lock while the code runs; several threads may run one program.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.value import Data, shape_of
from .. import passes as rewriting
from ..tape import Kernel, Register
from .function import arrays, text_of
from .plan import ALIGNED, Plan
from .rows import demand
from .runtime import load
from .target import Target, host

Array = Any


class Program:
    """A kernel, ready to run; the same contract as `replay.Program`, and results to rounding."""

    def __init__(self, kernel: Kernel, target: Target | None = None) -> None:
        ready = rewriting.prepared(kernel)
        demand(ready)
        self.kernel = kernel
        self.plan = Plan(ready)
        self.target = target or host()
        self.code = load(key_of(self.plan), self.text, self.target)
        used = self.plan.kernel
        self.constants = [np.ascontiguousarray(used.data_of(c)) for c in arrays(used)]
        count = 1 + len(self.constants) + len(used.entry) + len(used.stream) + len(used.state) + len(used.kept)
        function = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, *[ctypes.c_void_p] * count)
        self.function = function(self.code.address)
        self.spare: list[Memory] = []

    def text(self) -> str:
        """The kernel in LLVM's language."""
        return text_of(self.plan, self.target)

    def run(
        self,
        entry: Sequence[Data],
        stream: Sequence[Any],
        state: list[Data],
        kept: Sequence[Any],
        passes: int,
    ) -> int:
        """Runs passes until one is another path; how many were run. Parameters as of `replay.Program.run`."""
        kernel = self.kernel
        entering = [self.entering(r, x) for r, x in zip(kernel.entry, entry, strict=True)]
        streaming = [self.rows(r, x, passes) for r, x in zip(kernel.stream, stream, strict=True)]
        keeping = [self.keeping(r, rows, passes) for r, rows in zip(kernel.kept, kept, strict=True)]
        memory = self.spare.pop() if self.spare else Memory(kernel, self.plan.arena)
        memory.fill(state)
        before = [x.ctypes.data for x in (memory.arena, *self.constants, *entering, *streaming)]
        done: int = self.function(passes, *before, *memory.addresses, *[x.ctypes.data for x in keeping])
        state[:] = memory.results()
        self.spare.append(memory)
        for rows, written in zip(kept, keeping, strict=True):
            if written is not rows:
                rows[:done] = written[:done]
        return done

    # Arrays as compiled code reads and writes them: in one piece, of the register's type.

    def entering(self, register: int, x: Data) -> Array:
        assert shape_of(x) == self.kernel.registers[register].shape
        return np.ascontiguousarray(x, dtype_of(self.kernel, register))

    def rows(self, register: int, x: Any, passes: int) -> Array:
        rows = np.ascontiguousarray(x, dtype_of(self.kernel, register))
        assert len(rows) >= passes and rows.shape[1:] == self.kernel.registers[register].shape
        return rows

    def keeping(self, register: int, rows: Any, passes: int) -> Array:
        """Where rows that are kept are written: into the caller's array, if it is laid out so."""
        dtype, shape = dtype_of(self.kernel, register), self.kernel.registers[register].shape
        if isinstance(rows, np.ndarray) and rows.dtype == dtype and rows.flags.c_contiguous:
            assert len(rows) >= passes and rows.shape[1:] == shape
            return rows
        return np.empty((passes, *shape), dtype)


class Memory:
    """The arena and the state of one run, each beginning at a whole cache line."""

    def __init__(self, kernel: Kernel, arena: int) -> None:
        self.registers = [kernel.registers[start] for start, _ in kernel.state]
        types = [np.dtype(dtype_of(kernel, start)) for start, _ in kernel.state]
        sizes = [np.empty(r.shape, t).nbytes for r, t in zip(self.registers, types, strict=True)]
        starts = [-(-arena // ALIGNED) * ALIGNED]
        for size in sizes:
            starts.append(-(-(starts[-1] + size) // ALIGNED) * ALIGNED)
        block = np.empty(starts[-1] + ALIGNED, np.uint8)
        first = -block.ctypes.data % ALIGNED
        self.arena = block[first:]
        self.state = [
            self.arena[start : start + size].view(dtype).reshape(register.shape)
            for start, size, dtype, register in zip(starts, sizes, types, self.registers, strict=False)
        ]
        self.addresses = [self.arena.ctypes.data + start for start in starts[:-1]]

    def fill(self, state: Sequence[Data]) -> None:
        for own, x, register in zip(self.state, state, self.registers, strict=True):
            assert shape_of(x) == register.shape
            own[...] = x

    def results(self) -> list[Data]:
        return [own.copy() if own.shape else own.item() for own in self.state]


def dtype_of(kernel: Kernel, register: int) -> str:
    place: Register = kernel.registers[register]
    return "bool" if place.kind == "truth" else kernel.dtype


def key_of(plan: Plan) -> str:
    """What the code of a kernel depends on: all of it but the numbers in constant arrays, and where things are."""
    kernel = plan.kernel
    constants = [c.register if isinstance(c.data, bytes) else c for c in kernel.constants]
    rest = [x for name, x in kernel._asdict().items() if name != "constants"]
    return repr((constants, rest, plan.jobs, plan.core, plan.inplace, plan.updates, plan.scale, plan.offset))
