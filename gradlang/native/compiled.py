"""A tape and the programs that are made of it.

A tape runs as two kernels, made from it by taking out dead code: `main` has
only what passes hand to one another, and is the backend's; `full` has also
what is read when the run ends (gradients, names that the next pass would bind
again), and takes the last pass before that, by replay. What is computed from
FIXED registers alone is the `prologue`, run once an entry; guards that follow
from the loop's items alone are settled ahead, for many passes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Protocol

from ..engine.ops import TABLE
from ..engine.value import Data
from . import replay
from .later import Later
from .places import Item
from .recording import FIXED, VARYING, Tape
from .tape import Code, Guard, Instruction, Kernel, check, constant_of, without_dead_code

FIRST_SLICE = 64  # passes

# What may be computed ahead for many passes at once: exact, whatever the width.
AHEAD = {
    "add", "sub", "mul", "div", "neg", "floordiv", "mod", "floor",
    "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not",
}  # fmt: skip


class Program(Protocol):
    """A compiled kernel, as `replay.Program`."""

    def run(
        self, entry: Sequence[Data], stream: Sequence[Any], state: list[Data], kept: Sequence[Any], passes: int
    ) -> int: ...


Backend = Callable[[Kernel], Program]


class Compiled:
    """A tape and its programs."""

    def __init__(self, tape: Tape, backend: Backend) -> None:
        self.tape = tape
        self.passes = self.first = FIRST_SLICE  # of the next slice, and of the first
        self.pace = 0.0  # seconds a pass by replay
        self.earned = 0  # passes in slices that ended where they were to end
        self.never_empty: tuple[Any, ...] = ()
        self.counts: dict[Any, int] = {}  # how often inner loops come to their end in a pass
        self.carried = [o for o in tape.outputs if o.start is not None]
        self.late = [o for o in tape.outputs if o.start is None]
        kept = [register for _, register, _ in tape.grown]
        ends = [o.end for o in self.carried]
        wanted = [*ends, *kept, *[o.end for o in self.late]]
        full = without_dead_code(tape.code, wanted)
        self.split_guards(full)
        self.prologue = replay_steps([s for s in full if tape.levels[written_or_read(s)] == FIXED])
        body = [s for s in full if tape.levels[written_or_read(s)] == VARYING]
        main = [s for s in body if not (isinstance(s, Guard) and s.register in self.settled)]
        self.full_kernel, self.full_entry, self.renumbered = self.kernel(tuple(body), wanted)
        self.main_kernel, self.main_entry, new = self.kernel(without_dead_code(main, [*ends, *kept]), kept)
        self.main_kernel = self.main_kernel._replace(kept=tuple([new[r] for r in kept]))
        self.full = replay.Program(self.full_kernel)
        started = perf_counter()
        self.main = backend(check(self.main_kernel))
        self.seconds = perf_counter() - started  # that compiling took

    @property
    def code(self) -> Any:
        """What was compiled, if it was."""
        return self.main.then if isinstance(self.main, Later) else None if self.is_replayed else self.main

    @property
    def compile_seconds(self) -> float:
        return self.main.seconds if isinstance(self.main, Later) else self.seconds

    @property
    def is_replayed(self) -> bool:
        """Whether its passes are run by NumPy now."""
        return isinstance(self.main, replay.Program) or isinstance(self.main, Later) and self.main.then is None

    def split_guards(self, code: Code) -> None:
        """Which guards follow from the loop's items alone: these are settled before a run."""
        tape = self.tape
        known = {r for r, s in tape.streams if isinstance(s, Item) and tape.registers[r].shape == ()}
        known |= {r for r, level in enumerate(tape.levels) if level < VARYING and tape.registers[r].shape == ()}
        steps: list[Instruction] = []
        self.settled: dict[int, Any] = {}
        for step in code:
            if tape.levels[written_or_read(step)] != VARYING:
                continue
            if isinstance(step, Guard):
                if step.register in known:
                    self.settled[step.register] = step.seen
            elif step.row in AHEAD and all(r in known for r in step.inputs):
                known.add(step.out)
                steps.append(step)
        self.ahead = [s for s in without_dead_code(steps, self.settled) if isinstance(s, Instruction)]

    def kernel(self, code: Code, wanted: list[int]) -> tuple[Kernel, list[int], dict[int, int]]:
        """A kernel of the registers that are needed, numbered anew; which of the tape's are its entry; the numbers."""
        tape = self.tape
        pairs = [(o.start, o.end) for o in self.carried if o.start is not None]
        used = {r for step in code for r in (step.inputs if isinstance(step, Instruction) else (step.register,))}
        used |= {r for pair in pairs for r in pair} | set(wanted)
        made = {step.out for step in code if isinstance(step, Instruction)}
        starts, streams = {s for s, _ in pairs}, {r for r, _ in tape.streams}
        constants = [r for r in sorted(used) if r in tape.constants and tape.registers[r].shape == ()]
        entry = [r for r in sorted(used - made - starts - streams) if r not in constants]
        outs = [s.out for s in code if isinstance(s, Instruction)]
        order = [*constants, *entry, *sorted(streams), *[s for s, _ in pairs], *outs]
        new = {r: i for i, r in enumerate(order)}
        renamed: list[Instruction | Guard] = [
            Instruction(new[s.out], s.row, tuple([new[r] for r in s.inputs]), s.attrs)
            if isinstance(s, Instruction)
            else Guard(new[s.register], s.seen)
            for s in code
        ]
        kernel = Kernel(
            tuple([tape.registers[r] for r in order]),
            tuple([constant_of(new[r], tape.constants[r]) for r in constants]),
            tuple([new[r] for r in entry]),
            tuple([new[r] for r, _ in tape.streams]),
            tuple([(new[s], new[e]) for s, e in pairs]),
            (),
            tuple(renamed),
        )
        return kernel, entry, new

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
