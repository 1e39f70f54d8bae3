"""Kernels as machine code, through LLVM.

    target       the processor
    runtime      text to machine code, loaded; `cache` keeps it on disk; `blas` finds NumPy's matrix product
    text         LLVM's language, line by line
    rows         which way each row of the table takes
    shaping      the kernel as a plan wants it
    plan         what is stored where, what is computed together, in which order; `arena` gives out memory
    parts        jobs that are alike, as one function each; `layout` is what they have in common with a plan
    body         the value of a register at an index
    moves        the arithmetic of indices
    lanes        vectors that the table's rules compute with; `mathematics` is their exp, log, …
    elementwise, reductions, positions, matmul       the loops; `factors` of products, `dgemm` calls BLAS for large ones
    function     all of it as one function
    program      that function bound to arrays

llvmlite is imported when this package is first used and nowhere else.

Why vectors written by hand and no optimiser: LLVM's vectoriser does between 1
and 38 GFLOP/s on the same product, depending on its size, and costs three to
ten times the compile time; explicit vectors are fast at once and, without
fast-math flags, the same bits at every level of optimisation.
"""

from __future__ import annotations

from collections import OrderedDict

from ..tape import Kernel
from .program import Program
from .rows import UNSUPPORTED, Unsupported

__all__ = ["UNSUPPORTED", "Program", "Unsupported", "compile"]


MOST = 64  # programs that are kept for the next equal kernel, those last used
_programs: OrderedDict[str, Program] = OrderedDict()


def compile(kernel: Kernel) -> Program:
    """Machine code for a kernel. Raises Unsupported where it has an operation that is not compiled.

    Equal kernels get the same program, which may be run by several threads. Equal is
    what prints the same: 0.0 == -0.0, but they are two programs.
    """
    key = repr(kernel)
    program = _programs.pop(key, None) or Program(kernel)
    _programs[key] = program
    while len(_programs) > MOST:
        _programs.popitem(last=False)
    return program
