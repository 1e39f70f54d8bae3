"""What is stored where and what is computed when.

Owns every decision about a kernel that is no instruction yet: which registers
get memory (the others are computed where they are read), which loops also do
the elementwise work that follows, the order of it all, which state is written
in place, and the arena.

Invariants: nothing of the state or of what is kept is written before the last
guard; a state is overwritten only when nothing reads it any more, and in place
only by code that reads it at the very index it writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..tape import Guard, Instruction, Kernel
from . import blas
from .arena import Life, laid_out
from .layout import Layout
from .moves import has_tensor_index, is_trivial
from .rows import CORES, MOVES, POINTWISE, RESHAPES, WHOLES
from .shaping import shaped

DEEPEST = 24  # operations computed where they are read, one inside the other
CHEAP = frozenset(("add", "sub", "mul", "neg", "eq", "ne", "lt", "le", "gt", "ge", "not", "relu", "identity", "abs"))


class Make(NamedTuple):
    """Compute a register and store it."""

    register: int


class Keep(NamedTuple):
    """Copy a register to the row of the pass in the array that keeps it."""

    register: int
    slot: int


Job = Make | Guard | Keep


class Plan(Layout):
    """
    jobs     in their order
    updates  (register, state) to be copied when all else is done
    arena    its size in bytes
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel = shaped(kernel)
        self.made = {step.out: step for step in kernel.code if isinstance(step, Instruction)}
        self.constants = {c.register: c.data for c in kernel.constants if not isinstance(c.data, bytes)}
        self.leaves = {
            *[c.register for c in kernel.constants if isinstance(c.data, bytes)],
            *kernel.entry,
            *kernel.stream,
            *[start for start, _ in kernel.state],
        }
        self.uses, self.spread = self.count_uses()
        self.stored = self.leaves | self.choose_stored()
        self.core = self.choose_cores()
        self.jobs = self.order()
        self.inplace, self.updates = self.choose_inplace()
        self.scale = self.choose_scaled_updates()
        self.offset, self.arena = laid_out(self.lives())

    # ── what has memory ──────────────────────────────────────────────────────

    def count_uses(self) -> tuple[dict[int, int], set[int]]:
        """How often each register is read, moves not counting; and which would be computed again and again."""
        uses = dict.fromkeys(range(len(self.kernel.registers)), 0)
        spread: set[int] = set()
        for register in self.kernel.results():
            uses[register] += 1
        for step in reversed(self.kernel.code):
            if isinstance(step, Guard):
                uses[step.register] += 1
                continue
            for r in step.inputs:
                uses[r] += uses[step.out] if step.row in MOVES else 1
                wider = step.row not in CORES | WHOLES and self.size(step.out) > self.size(r)
                if wider or step.row in MOVES and step.out in spread:
                    spread.add(r)
        return uses, spread

    def choose_stored(self) -> set[int]:
        demanded = set(self.kernel.results())
        for step in self.kernel.code:
            if isinstance(step, Guard):
                demanded.add(step.register)
            elif step.row == "matmul":
                demanded.update(map(self.operand, step.inputs))
            elif step.row in ("getitem", "scatter"):
                demanded.update(step.inputs[1:])
            elif step.row in RESHAPES and not is_trivial(self.kernel, step):
                demanded.add(self.unreshaped(step.out))
        stored: set[int] = set()
        cored: set[int] = set()  # what would follow from a reduction or product in its own loops
        depth = dict.fromkeys(range(len(self.kernel.registers)), 0)
        for step in self.kernel.code:
            if isinstance(step, Guard):
                continue
            r = step.out
            self.part_cores(step, stored, cored)
            depth[r] = 1 + max((depth[i] for i in step.inputs if i not in stored), default=0)
            if step.row in CORES | WHOLES or r in demanded or depth[r] > DEEPEST:
                stored.add(r)
            elif step.row in MOVES and not has_tensor_index(self.kernel, step):
                continue
            elif (self.uses[r] > 1 or r in self.spread) and not self.is_cheap(step, stored):
                stored.add(r)
        return stored

    def part_cores(self, step: Instruction, stored: set[int], cored: set[int]) -> None:
        """Where several inputs follow from cores, all but one are stored: loops of a core do one core's work.

        So a sum of products is added up product by product, each step like the others. At the end `cored` tells
        whether the step itself follows from a core.
        """
        if step.row in CORES:
            if self.uses[step.out] == 1 and not self.is_for_blas(step.out):
                cored.add(step.out)
        elif self.is_expression(step.out):
            shape = self.kernel.registers[step.out].shape
            found = [i for i in step.inputs if i in cored and self.kernel.registers[i].shape == shape]
            waiting = [i for i in found if i not in stored]
            stored.update(waiting if len(waiting) < len(found) else waiting[1:])
            if found and self.uses[step.out] == 1:
                cored.add(step.out)

    def is_cheap(self, step: Instruction, stored: set[int]) -> bool:
        """Computing it again costs one operation on a number in memory."""
        unknown = [i for i in map(self.unmoved, step.inputs) if i not in self.constants]
        return step.row in CHEAP and len(unknown) <= 1 and all(i in self.leaves or i in stored for i in unknown)

    def operand(self, register: int) -> int:
        """The register in memory through which a factor of a product is read."""
        step = self.made.get(register)
        while step is not None and step.row in MOVES and not has_tensor_index(self.kernel, step):
            register = step.inputs[0]
            step = self.made.get(register)
        return register

    def unmoved(self, register: int) -> int:
        while register in self.made and self.made[register].row in MOVES:
            register = self.made[register].inputs[0]
        return register

    # ── what is computed together ────────────────────────────────────────────

    def choose_cores(self) -> dict[int, int]:
        """Elementwise results that are computed by the loops of a reduction or product they alone read."""
        wanted = {*self.kernel.results(), *[g.register for g in self.kernel.code if isinstance(g, Guard)]}
        cores: dict[int, int] = {}
        for root in list(self.made):
            if root in self.stored and self.is_expression(root):
                found = [c for c in self.inside(root, root) if c not in wanted and not self.is_for_blas(c)]
                if found:
                    core = max(found, key=lambda c: (self.made[c].row == "matmul", c))
                    cores[root] = core
                    self.stored.discard(core)
        return cores

    def inside(self, root: int, register: int) -> Iterator[int]:
        """Cores that an expression reads elementwise and nothing else reads."""
        for r in self.made[register].inputs:
            step = self.made.get(r)
            if step is None or self.kernel.registers[r].shape != self.kernel.registers[root].shape:
                continue
            if step.row in CORES and self.uses[r] == 1 and r in self.stored:
                yield r
            elif r not in self.stored and self.uses[r] == 1 and self.is_expression(r):
                yield from self.inside(root, r)

    def is_for_blas(self, register: int) -> bool:
        step = self.made[register]
        if step.row != "matmul":
            return False
        x, y = [self.kernel.registers[r].shape for r in step.inputs]
        return len(x) > 1 < len(y) and blas.is_for_blas(x[-2], y[-1], x[-1], self.kernel.dtype)

    def reads(self, root: int) -> list[tuple[int, bool]]:
        """What computing a stored register reads from memory, and whether only at the index it writes."""
        found: list[tuple[int, bool]] = []
        shape = self.kernel.registers[root].shape
        todo = [(root, True)]
        while todo:
            register, same = todo.pop()
            step = self.made[register]
            same = same and self.is_expression(register) and step.row not in POINTWISE
            for r in step.inputs:
                equal = same and self.kernel.registers[r].shape == shape
                if r in self.stored:
                    found.append((r, equal))
                elif r not in self.constants:
                    todo.append((r, equal))
        return found

    # ── when ─────────────────────────────────────────────────────────────────

    def order(self) -> list[Job]:
        """What writes state, and what depends on it, last; what is kept as soon as every guard has held."""
        late: set[int] = set()
        ends = {end for _, end in self.kernel.state}
        first: list[Job] = []
        last: list[Job] = []
        for step in self.kernel.code:
            if isinstance(step, Guard):
                (last if step.register in late else first).append(step)
            elif step.out in self.stored:
                if step.out in ends or any(r in late for r, _ in self.reads(step.out)):
                    late.add(step.out)
                    last.append(Make(step.out))
                else:
                    first.append(Make(step.out))
        kept = [Keep(register, slot) for slot, register in enumerate(self.kernel.kept)]
        early = [job for job in kept if job.register not in late]
        if any(isinstance(job, Guard) for job in last):
            return [*first, *last, *kept]
        return [*first, *early, *last, *[job for job in kept if job.register in late]]

    def read_by(self, job: Job) -> list[tuple[int, bool]]:
        if isinstance(job, Make):
            return self.reads(job.register)
        return [(job.register, False)]

    def choose_inplace(self) -> tuple[dict[int, int], list[tuple[int, int]]]:
        position = {job.register: at for at, job in enumerate(self.jobs) if isinstance(job, Make)}
        guarded = max((at for at, job in enumerate(self.jobs) if isinstance(job, Guard)), default=-1)
        readers: dict[int, list[tuple[int, bool]]] = {}
        for at, job in enumerate(self.jobs):
            for r, same in self.read_by(job):
                readers.setdefault(r, []).append((at, same))
        inplace: dict[int, int] = {}
        updates: list[tuple[int, int]] = []
        for start, end in self.kernel.state:
            if start == end:
                continue
            at = position.get(end, -1)
            others_done = all(reader < at or reader == at and same for reader, same in readers.get(start, []))
            if at > guarded and others_done and end not in inplace:
                inplace[end] = start
            else:
                updates.append((end, start))
        return inplace, updates

    def choose_scaled_updates(self) -> dict[int, int]:
        """Large products of which a multiple is subtracted from a state in place: nothing else is stored for them."""
        found: dict[int, int] = {}
        for root, start in self.inplace.items():
            step = self.made[root]
            if step.row != "sub" or step.inputs[0] != start or step.inputs[1] in self.stored:
                continue
            multiple = self.made.get(step.inputs[1])
            if multiple is None or multiple.row != "mul" or self.uses[multiple.out] > 1:
                continue
            for core, scale in (multiple.inputs, multiple.inputs[::-1]):
                if self.is_scaled_product(core, root) and self.size(scale) == 1:
                    found[root] = scale
                    self.core[root] = core
                    self.stored.discard(core)
                    self.jobs.remove(Make(core))
                    break
        return found

    def is_scaled_product(self, core: int, root: int) -> bool:
        """Whether BLAS may compute this product when its root is computed, which nothing else reads."""
        if core not in self.made or core not in self.stored or self.uses[core] > 1 or not self.is_for_blas(core):
            return False
        shapes = self.kernel.registers[core].shape, self.kernel.registers[root].shape
        overwritten = {*self.inplace.values()}
        return shapes[0] == shapes[1] and not overwritten & {*map(self.operand, self.made[core].inputs)}

    # ── where ────────────────────────────────────────────────────────────────

    def lives(self) -> Iterator[Life]:
        """From when to when registers need memory of their own."""
        last = {job.register: at for at, job in enumerate(self.jobs) if isinstance(job, Make)}
        for at, job in enumerate(self.jobs):
            for r, _ in self.read_by(job):
                last[r] = max(last.get(r, at), at)
        last.update((end, len(self.jobs)) for end, _ in self.updates)
        for at, job in enumerate(self.jobs):
            if isinstance(job, Make) and job.register not in self.inplace:
                yield Life(job.register, self.size(job.register) * 8, at, last[job.register])
