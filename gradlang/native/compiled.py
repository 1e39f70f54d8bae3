"""A tape and the programs that are made of it.

A tape runs as two kernels, made from it by taking out dead code: `main` has
only what passes hand to one another, and is the backend's; `full` has also
what is read when the run ends (gradients, names that the next pass would bind
again), and takes the last pass before that, by replay. What is computed from
FIXED registers alone is the `prologue`, run once an entry; guards that follow
from the loop's items alone are settled ahead, for many passes at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..engine.ops import TABLE
from ..engine.value import STATE, Data
from . import replay
from .choice import Backend
from .later import Later
from .places import Item
from .recording import FIXED, VARYING, Tape
from .tape import Code, Guard, Instruction, Kernel, check, constant_of, reads, without_dead_code

if TYPE_CHECKING:
    from .glimpse import Glimpse

SLICE_SECONDS = 0.05  # after which others want to look
FIRST_SLICE = 64  # passes, at most
REPLAYED = 2e-6  # seconds an instruction, at least

# What may be computed ahead for many passes at once: exact, whatever the width. Without `floor`, which is asked only
# whether a position is in range: it hardly ever is not, and the kernel asks at less cost.
AHEAD = {
    "add", "sub", "mul", "div", "neg", "floordiv", "mod",
    "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not",
}  # fmt: skip


class Compiled:
    """A tape and its programs."""

    def __init__(self, tape: Tape, backend: Backend) -> None:
        self.tape = tape
        self.passes = self.first = FIRST_SLICE  # of the next slice, and of the first
        self.pace = 0.0  # seconds a pass by replay
        self.cost = self.native = 0.0  # seconds expected of compiling, and of a pass
        self.seen = 1  # recordings like it
        self.due = 0  # interpreted passes after which its machine code is waited for,
        self.is_ready = False  # and whether it has come
        self.units = 0  # of work that a pass counts as, where that is limited
        self.counts: dict[Any, int] = {}  # how often inner loops come to their end in a pass
        self.glimpse: Glimpse | None = None  # of the loss of a pass, where one has a loss
        self.carried = [o for o in tape.outputs if o.start is not None]
        self.late = [o for o in tape.outputs if o.start is None]
        kept = [register for _, register, _ in tape.grown]
        ends = [o.end for o in self.carried]
        wanted = [*ends, *kept, *[o.end for o in self.late]]
        levels = tape.levels
        full = without_dead_code(tape.code, wanted)
        body = [s for s in full if levels[written_or_read(s)] == VARYING]
        self.prologue = replay_steps([s for s in full if levels[written_or_read(s)] == FIXED])
        self.split_guards(body)
        main = [s for s in body if not (isinstance(s, Guard) and s.register in self.settled)]
        self.full_kernel = self.kernel(tuple(body), wanted, ())
        self.main_kernel = self.kernel(without_dead_code(main, [*ends, *kept]), [*ends, *kept], tuple(kept))
        started = perf_counter()
        self.main = backend(check(self.main_kernel))
        self.seconds = perf_counter() - started  # that compiling took

    @property
    def code(self) -> Any:
        """What was compiled, if it was."""
        if isinstance(self.main, Later):
            return self.main.program if self.main.is_native else None
        return None if isinstance(self.main, replay.Program) else self.main

    @property
    def compile_seconds(self) -> float:
        return self.main.seconds if isinstance(self.main, Later) else self.seconds

    @property
    def is_replayed(self) -> bool:
        """Whether its passes are run by NumPy."""
        return self.code is None

    @cached_property
    def full(self) -> replay.Program:
        """The full kernel, by replay."""
        return replay.Program(self.full_kernel)

    def expect(self, cost: float, seconds: float) -> None:
        """Takes in what compiling, and a pass of machine code, are expected to take; so long is the first slice."""
        self.cost, self.native = cost, seconds
        if self.is_replayed:
            seconds += REPLAYED * len(self.main_kernel.code)
        self.passes = self.first = max(2, min(FIRST_SLICE, int(SLICE_SECONDS / seconds)))

    def split_guards(self, body: Sequence[Instruction | Guard]) -> None:
        """Which guards follow from the loop's items alone: these are settled before a run."""
        tape = self.tape
        self.settled: dict[int, Any] = {}
        self.ahead: list[Instruction] = []
        if not any(isinstance(step, Guard) for step in body):
            return
        known = {r for r, s in tape.streams if isinstance(s, Item) and tape.registers[r].shape == ()}
        known |= {r for r, level in enumerate(tape.levels) if level < VARYING and tape.registers[r].shape == ()}
        steps: list[Instruction] = []
        for step in body:
            if isinstance(step, Guard):
                if step.register in known:
                    self.settled[step.register] = step.seen
            elif step.row in AHEAD and all(r in known for r in step.inputs):
                known.add(step.out)
                steps.append(step)
        self.ahead = [s for s in without_dead_code(steps, self.settled) if isinstance(s, Instruction)]

    def kernel(self, code: Code, wanted: Sequence[int], kept: tuple[int, ...]) -> Kernel:
        """A kernel of some of the tape's code, over the tape's registers.

        They keep their numbers, used or not: to number hundreds of thousands of instructions anew takes longer than
        to record them.
        """
        tape = self.tape
        pairs = [(o.start, o.end) for o in self.carried if o.start is not None]
        used = {*wanted, *[start for start, _ in pairs]}.union(*map(reads, code))
        constants = sorted([r for r in used.intersection(tape.constants) if tape.registers[r].shape == ()])
        made = [step.out for step in code if isinstance(step, Instruction)]
        entry = used.difference(constants, made, [start for start, _ in pairs], [r for r, _ in tape.streams])
        return Kernel(
            tuple(tape.registers),
            tuple([constant_of(r, tape.constants[r]) for r in constants]),
            tuple(sorted(entry)),
            tuple([r for r, _ in tape.streams]),
            tuple(pairs),
            kept,
            code,
            STATE.dtype,
        )

    def key(self) -> Any:
        places = [(r, p.key) for r, p, _ in self.tape.inputs]
        outputs = [(o.place.key, o.start, o.end) for o in self.tape.outputs]
        return (self.full_kernel, places, outputs, [(s, r) for s, r, _ in self.tape.grown], self.tape.step_back)


def written_or_read(step: Instruction | Guard) -> int:
    return step.out if isinstance(step, Instruction) else step.register


Steps = list[tuple[Any, Any]]


def replay_steps(code: Sequence[Instruction | Guard]) -> Steps:
    return [(s, TABLE[s.row] if isinstance(s, Instruction) else None) for s in code]


def replayed(steps: Steps, data: dict[int, Data]) -> bool:
    """Runs instructions over data by register; whether every guard held."""
    for step, row in steps:
        if row is None:
            if not same_number(data[step.register], step.seen):
                return False
        else:
            data[step.out] = row.evaluate([data[r] for r in step.inputs], dict(step.attrs) or None)
    return True


def same_number(x: Any, y: Any) -> bool:
    return bool(x == y or x != x and y != y)
