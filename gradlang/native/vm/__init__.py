"""Kernels too long for LLVM, run by a machine that is compiled once.

    graph      a pass as single numbers
    scalarise  from a kernel to its graph
    sums       sums of sums and products in one
    schedule   what is computed side by side, and where
    machine    the program that runs it
    program    that program bound to memory

A training step that is written number by number, as in micrograd, has tens of
thousands of operations on one number each. LLVM would take longer to compile
them than most programs run; NumPy takes a microsecond for each. Here they are
data, for a program that computes thousands of equal ones side by side.
"""

from __future__ import annotations

from ..llvm.rows import Unsupported
from ..tape import Kernel
from .program import Program

__all__ = ["Program", "Unsupported", "compile"]


def compile(kernel: Kernel) -> Program:
    """A program for a kernel. Raises Unsupported where it has an operation that the machine lacks."""
    return Program(kernel)
