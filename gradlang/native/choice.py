"""Which backend makes the program of a kernel: LLVM, the machine for long ones, or NumPy."""

from __future__ import annotations

from . import replay
from .compiled import Program
from .cost import is_long
from .tape import Kernel


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
