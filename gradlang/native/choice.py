"""What a backend is, and which one makes the program of a kernel: LLVM, the machine for long ones, or NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ..engine.value import Data
from . import replay
from .cost import is_long
from .tape import Kernel


class Program(Protocol):
    """A kernel, ready to run: as `replay.Program`, which says what is given."""

    def run(
        self, entry: Sequence[Data], stream: Sequence[Any], state: list[Data], kept: Sequence[Any], passes: int
    ) -> int: ...


Backend = Callable[[Kernel], Program]


def fastest(kernel: Kernel) -> Program:
    """Machine code, or what runs on the machine for long kernels. Raises Unsupported, and ImportError without LLVM."""
    from . import llvm, vm

    if is_long(kernel):
        return vm.compile(kernel)
    try:
        return llvm.compile(kernel)
    except llvm.Unsupported as problem:  # its text may be too long
        try:
            return vm.compile(kernel)
        except llvm.Unsupported:
            raise problem from None


def fastest_or_replayed(kernel: Kernel) -> Program:
    """The same, and NumPy for what neither can do. Raises ImportError without LLVM."""
    from . import llvm

    try:
        return fastest(kernel)
    except llvm.Unsupported:
        return replay.Program(kernel)
