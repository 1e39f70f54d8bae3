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
from ...shapes import size_of
from .. import passes as rewriting
from ..tape import Kernel, Register
from .arena import ALIGNED
from .function import arrays, text_of
from .plan import Plan
from .rows import demand
from .runtime import load
from .target import Target, host

Array = Any
LARGE = 1 << 18  # bytes of a state
HUGE = 1 << 22  # bytes from which NumPy asks for huge pages: worth some percent to products of large matrices


class Program:
    """A kernel, ready to run; the same contract as `replay.Program`, and results to rounding."""

    def __init__(self, kernel: Kernel, target: Target | None = None) -> None:
        ready = rewriting.prepared(kernel)
        demand(ready)
        self.kernel = kernel
        self.plan = Plan(ready)
        self.target = target or host()
        self.code = load(key_of(self.plan), self.text, self.target)
        self.origin = "loaded from the cache" if self.code.is_from_disk else "compiled"  # to be told
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
    """The arena and the state of one run, each beginning at a whole cache line.

    A large state is written to arrays of its own in every run, which are then the caller's: copying them once more
    would take a good part of a pass.
    """

    def __init__(self, kernel: Kernel, arena: int) -> None:
        self.registers = [kernel.registers[start] for start, _ in kernel.state]
        self.types = [np.dtype(dtype_of(kernel, start)) for start, _ in kernel.state]
        sizes = [size_of(r.shape) * t.itemsize for r, t in zip(self.registers, self.types, strict=True)]
        self.is_given_away = sum(sizes) >= LARGE
        self.starts = [0]
        for size in sizes:
            self.starts.append(-(-(self.starts[-1] + size) // ALIGNED) * ALIGNED)
        self.arena = aligned(arena if arena < HUGE // 4 else max(arena, HUGE))
        self.allocate()

    def allocate(self) -> None:
        """Arrays for the state."""
        block = aligned(self.starts[-1])
        self.state = [
            block[start : start + size_of(register.shape) * dtype.itemsize].view(dtype).reshape(register.shape)
            for start, dtype, register in zip(self.starts, self.types, self.registers, strict=False)
        ]
        self.addresses = [block.ctypes.data + start for start in self.starts[:-1]]

    def fill(self, state: Sequence[Data]) -> None:
        if self.is_given_away:
            self.allocate()
        for own, x, register in zip(self.state, state, self.registers, strict=True):
            assert shape_of(x) == register.shape
            own[...] = x

    def results(self) -> list[Data]:
        if self.is_given_away:
            given, self.state = self.state, []
            return [x if x.shape else x.item() for x in given]
        return [own.copy() if own.shape else own.item() for own in self.state]


def aligned(size: int) -> Array:
    block = np.empty(size + ALIGNED, np.uint8)
    first = -block.ctypes.data % ALIGNED
    return block[first : first + size]


def dtype_of(kernel: Kernel, register: int) -> str:
    place: Register = kernel.registers[register]
    return "bool" if place.kind == "truth" else kernel.dtype


def key_of(plan: Plan) -> str:
    """What the code of a kernel depends on: all of it but the numbers in constant arrays, and where things are."""
    kernel = plan.kernel
    constants = [c.register if isinstance(c.data, bytes) else c for c in kernel.constants]
    rest = [x for name, x in kernel._asdict().items() if name != "constants"]
    return repr((constants, rest, plan.jobs, plan.core, plan.inplace, plan.updates, plan.scale, plan.offset))
