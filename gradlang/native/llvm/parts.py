"""Jobs that do the same to different memory, written once as a function and called.

Owns the form in which two jobs of a plan are compared: a layout of their own,
with registers numbered in the order in which they are met and memory known by
a parameter only. What is written for a part follows from that layout alone, so
equal parts are one function. A block of a larger array (`x[3]`, `x[3, 10:20]`)
is memory that starts further on, so that the steps of an unrolled loop are
equal.

Why: LLVM takes about 20 microseconds a line, a layer of a net some hundred
lines, and most layers and all steps of an unrolled loop are alike.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from math import prod
from typing import NamedTuple

from ... import shapes
from ...shapes import size_of
from ..cost import is_worth_a_call
from ..tape import Instruction, Kernel, Register
from .layout import Layout
from .plan import Make, Plan
from .rows import REDUCTIONS


class Memory(NamedTuple):
    """Where a parameter points: so many elements from a register's first."""

    register: int
    first: int


class Part(Layout):
    """A job's own layout.

    stores    the plan's register; of the part it is register 0
    pointers  by register of the part, the number of its parameter
    memory    of the plan, by parameter
    """

    def __init__(self, plan: Plan, root: int) -> None:
        self.registers: list[Register] = []
        self.made = {}
        self.constants = {}
        self.stored = set()
        self.pointers: dict[int, int] = {}
        self.memory: list[Memory] = []
        self.known: dict[int, int] = {}  # registers of the plan as those of the part
        self.take(plan, root)
        self.stores = root
        self.core = {0: self.known[plan.core[root]]} if root in plan.core else {}
        self.scale = {0: self.known[plan.scale[root]]} if root in plan.scale else {}
        state = self.known.get(plan.inplace.get(root, -1))
        self.inplace = {} if state is None else {0: state}
        self.stored.add(0)
        self.pointers[0] = len(self.memory) if state is None else self.pointers[state]
        if state is None:
            self.memory.append(Memory(root, 0))
        self.offset = {}
        self.kernel = Kernel(tuple(self.registers), (), (), (), (), (), (), plan.kernel.dtype)

    def number(self, plan: Plan, register: int) -> int:
        self.known[register] = len(self.registers)
        self.registers.append(plan.kernel.registers[register])
        return self.known[register]

    def take(self, plan: Plan, root: int) -> None:
        """Numbers what the root is computed from, down to memory."""
        self.number(plan, root)
        todo = [root]
        while todo:
            register = todo.pop()
            step = plan.made[register]
            memory = None if register == root else block(plan, step)
            if memory is not None:
                self.point(self.known[register], memory)
                continue
            for r in step.inputs:
                if r in self.known:
                    continue
                own = self.number(plan, r)
                if r in plan.constants:
                    self.constants[own] = plan.constants[r]
                elif r in plan.stored:
                    self.point(own, Memory(r, 0))
                else:
                    todo.append(r)
            inputs = tuple([self.known[r] for r in step.inputs])
            self.made[self.known[register]] = step._replace(out=self.known[register], inputs=inputs)

    def point(self, register: int, memory: Memory) -> None:
        self.stored.add(register)
        self.pointers[register] = len(self.memory)
        self.memory.append(memory)

    @cached_property
    def key(self) -> str:
        """Equal for parts that are written alike."""
        return repr((self.registers, self.made, self.constants, self.pointers, self.core, self.scale, self.inplace))

    @cached_property
    def operations(self) -> int:
        """How many numbers are computed or gone through, about."""
        total = 0
        for r, step in self.made.items():
            first = self.registers[step.inputs[0]].shape
            n = size_of(self.registers[r].shape) * (first[-1] if step.row == "matmul" else 1)
            total += max(n, size_of(first)) if step.row in REDUCTIONS else n
        return total


def block(plan: Plan, step: Instruction) -> Memory | None:
    """Where the result of a subscript stands in memory, if it is there in one piece."""
    if step.row != "getitem" or len(step.inputs) > 1 or step.inputs[0] not in plan.stored:
        return None
    shape = plan.kernel.registers[step.inputs[0]].shape
    first = 0
    for d, entry in enumerate(dict(step.attrs)["spec"]):
        stride = prod(shape[d + 1 :])
        if entry[0] == "index":
            first += entry[1] % shape[d] * stride
        elif entry[0] == "slice":
            taken = range(shape[d])[shapes.slice_of(entry)]
            if taken.step != 1 or not taken or any(e[0] != "all" for e in dict(step.attrs)["spec"][d + 1 :]):
                return None
            return Memory(step.inputs[0], first + taken.start * stride)
        elif any(e[0] != "all" for e in dict(step.attrs)["spec"][d:]):
            return None
    return Memory(step.inputs[0], first)


def shared(plan: Plan) -> dict[int, Part]:
    """The parts that occur several times and are worth a call, by what they store."""
    parts = [Part(plan, job.register) for job in plan.jobs if isinstance(job, Make)]
    count = Counter([part.key for part in parts])
    return {part.stores: part for part in parts if is_worth_a_call(part.operations, count[part.key])}
