"""The processor that code is made for: its name, its features, how wide its vectors are.

Owns every question about the machine. Code for another processor than this one
can be asked for (tests do, to see the paths of lesser machines).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import llvmlite.binding as llvm


class Target(NamedTuple):
    """What the code generator is told.

    bytes      of a vector
    fma        whether multiplying and adding is one instruction; where it is not, LLVM would call a library function
               for it, thirty times slower than two instructions
    registers  vector registers that a tile of a matrix product may fill with sums
    """

    triple: str
    cpu: str
    features: str
    bytes: int
    fma: bool
    registers: int

    def lanes(self, dtype: str) -> int:
        return self.bytes // (8 if dtype == "float64" else 4)

    def machine(self) -> llvm.TargetMachine:
        """A code generator: level 1, where all that our code needs is done already."""
        return llvm.Target.from_triple(self.triple).create_target_machine(
            cpu=self.cpu, features=self.features, opt=1, jit=True
        )


@cache
def host() -> Target:
    """This machine."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    has = llvm.get_host_cpu_features()
    triple = llvm.get_process_triple()
    arm = triple.startswith(("aarch64", "arm64"))
    if has.get("avx512f"):
        width, registers = 64, 24
    elif has.get("avx2"):
        width, registers = 32, 12
    else:
        width, registers = 16, 24 if arm else 12
    fma = arm or bool(has.get("fma"))
    return Target(triple, llvm.get_host_cpu_name(), has.flatten(), width, fma, registers)


@cache
def plain() -> Target:
    """This kind of machine without anything that not every one of its kind has."""
    here = host()
    cpu = "x86-64" if here.triple.startswith("x86_64") else "generic"
    return Target(here.triple, cpu, "", 16, False, 12)
