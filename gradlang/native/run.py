"""One run of a tape: from the program's state as it is to the state after some passes.

Owns the slices in which a tape runs, between `entry` and `leaving`, and where it
ends. Where something that is left has a history, the interpreter takes the last
pass (`step_back`).

Invariants: nothing of the program's state is touched before a run is over, and
then it is as the interpreter would have left it; a run that fails in any way
has not happened. How a run is cut into slices changes no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import inf
from time import perf_counter
from typing import Any

from ..engine import draws
from ..engine.charges import unpaid
from ..engine.nonfinite import is_below
from ..engine.table import plain
from ..engine.value import STATE, Data
from ..faults import Fault
from ..shapes import size_of
from .ahead import Ahead, Items, Slice
from .compiled import SLICE_SECONDS, Compiled
from .entry import entered
from .glimpse import Glimpse, Onlooker
from .leaving import Kept, leave
from .places import Parameter
from .recording import View

LONGEST_SLICE = 1 << 16  # passes
EXPLAINED = 4  # passes from just before the one that made a nan: it shows in that, or in the next
NEAR = {"float64": 1e145, "float32": 1e17}  # the square of ten times as much, or a thousand times, is infinite
TO_OVERFLOW = 1000  # passes in which that is expected


class Run:
    """One run of a tape, from the state as it is to the state after some passes.

    hold      leaves the last pass to the interpreter in any case
    is_wary   ends before a pass that makes a nan or an infinity: the interpreter can explain it
    onlooker  looks on, and is asked after every slice whether there may be more
    """

    def __init__(
        self, compiled: Compiled, view: View, items: Items | None, hold: bool, onlooker: Onlooker, is_wary: bool = False
    ) -> None:
        self.c, self.tape = compiled, compiled.tape
        self.view, self.items, self.onlooker = view, items, onlooker
        self.steps_back = hold or bool(compiled.tape.step_back)
        self.keeps_last = self.steps_back or bool(compiled.late)  # whether the last pass is not the main kernel's
        self.is_wary = is_wary
        self.to_explain = 0  # passes that are the interpreter's then
        self.slices: list[Slice] = []  # the last two: a run may end one pass before the last slice began
        self.kept: Kept = {}

    def go(self) -> tuple[int, bool]:
        """How many passes were done, and whether the next one is left to the interpreter."""
        data = entered(self.c, self.view)
        if data is None:
            return 0, False
        self.data, done = data, 0
        try:
            done, held = self.passes()
        finally:
            self.onlooker.ended(done, self.backwards)
        if STATE.budget is not None:
            STATE.budget.spend(done * self.c.units)
        return done, held

    def passes(self) -> tuple[int, bool]:
        """As `go`, once the tape is entered."""
        if self.items is not None:
            self.items.ahead(1)  # the first may draw: an order to go in
        before = draws.GENERATOR.state()
        try:
            done, final = self.end(*self.slices_to_the_end())
        except BaseException:
            draws.GENERATOR.restore(before)
            raise
        if not done:
            draws.GENERATOR.restore(before)
            return 0, False
        done += final is not None and not self.steps_back
        self.put_draws_back(done)
        if self.items is not None:
            self.items.drop(done)
        return done, self.steps_back

    # ── running ──

    def slices_to_the_end(self) -> tuple[int, list[Data]]:
        """Runs slices until the path is left, the items are over or others want to look.

        How many passes the main kernel did, and the state after them.
        """
        done, state = 0, [self.data[o.start] for o in self.c.carried if o.start is not None]
        ahead = Ahead(self.c, self.items, self.data)
        most = self.most_after(0)
        while most > 0 and (part := ahead.slice(done, state, most)) is not None:
            if self.c.glimpse is not None:
                self.look(part, self.c.glimpse)
            self.slices = [*self.slices[-1:], part]
            wanted = part.passes - (part.is_last and self.keeps_last)
            started = perf_counter()
            try:
                passes, state = self.main(part, wanted)
            except Fault:  # the interpreter will find it, and say so
                return done, list(part.state)
            if self.is_wary and self.is_lost(part.state, state):
                passes, state = self.before_it(part, passes, state)
                return done + passes, state
            done += passes
            if passes < wanted or part.passes < most:
                self.pace(passes == wanted, perf_counter() - started)
            if part.is_last or passes < wanted or not self.onlooker.goes_on(done):
                break
            most = self.most_after(done)
        return done, state

    def most_after(self, done: int) -> int:
        """How many passes may be run in a row, after so many."""
        most = self.onlooker.until_look(done, self.backwards)
        if STATE.budget is None:
            return most
        size, lists = self.sizes
        return min(most, STATE.budget.passes(done, self.c.units, size, lists))

    @cached_property
    def sizes(self) -> tuple[int, list[int]]:
        """How many numbers a pass is given or leaves; how long the lists are that it appends to."""
        registers = self.tape.registers
        kept = [register for _, register, _ in self.tape.grown]
        size = sum([size_of(registers[r].shape) for r in [*kept, *[r for r, _ in self.tape.streams]]])
        return size, [self.view.frame[slot].length for slot, _, _ in self.tape.grown]

    @property
    def backwards(self) -> int:
        """How often a pass differentiates, where its loss can be seen."""
        return 0 if self.c.glimpse is None else self.c.glimpse.backwards

    def look(self, part: Slice, glimpse: Glimpse) -> None:
        """Shows the loss of a slice's first pass, if that is wanted."""
        if self.onlooker.is_look_due(part.start, self.backwards, glimpse.cost):
            started = perf_counter()
            loss = glimpse.loss(part, self.data)
            if loss is not None:
                self.onlooker.saw(part.start, self.backwards, loss, perf_counter() - started)

    def main(self, part: Slice, passes: int) -> tuple[int, list[Data]]:
        """Passes of the main kernel from a slice's start: how many were done, and the state after them."""
        c, state = self.c, list(part.state)
        kept = [self.buffer(register, passes) for _, register, _ in self.tape.grown]
        done = 0
        if passes:
            stream = [part.streams[r] for r, _ in self.tape.streams]
            entry = [self.data[r] for r in c.main_kernel.entry]
            done = c.main.run(entry, stream, state, kept, passes)
        if kept:
            self.kept[part.start] = [rows[:done] for rows in kept]
        return done, state

    def is_lost(self, before: Sequence[Data], after: Sequence[Data]) -> bool:
        """Whether a number of the state has become nan or infinite, or a parameter so large that its loss soon will."""
        near = NEAR[STATE.dtype]
        return any(
            not is_below(y, most) and is_below(x, most)
            for output, x, y in zip(self.c.carried, before, after, strict=True)
            for most in ((near, inf) if isinstance(output.place, Parameter) else (inf,))
        )

    def before_it(self, part: Slice, passes: int, lost: Sequence[Data]) -> tuple[int, list[Data]]:
        """How many passes of a slice there are before the first after which the state is lost, and the state then."""
        good, wrong = 0, passes
        while wrong - good > 1:
            middle = (good + wrong) // 2
            _, state = self.main(part, middle)
            if self.is_lost(part.state, state):
                wrong, lost = middle, state
            else:
                good = middle
        self.to_explain = TO_OVERFLOW if all([is_below(x, inf) for x in lost]) else EXPLAINED
        return self.main(part, good)

    def buffer(self, register: int, passes: int) -> Any:
        import numpy

        shape, kind = self.tape.registers[register]
        return numpy.empty((passes, *shape), bool if kind == "truth" else STATE.dtype)

    def end(self, done: int, state: list[Data]) -> tuple[int, list[Data] | None]:
        """Leaves the state after the last pass: how many the main kernel did, and the registers of the one after them.

        That one is on the path for sure only if the main kernel has gone it: so it goes back by one where it has not
        stopped early enough.
        """
        if not self.keeps_last:
            leave(self.c, self.view, self.kept, done, state, None)
            return done, None
        if not self.is_ready(done):
            done, state = self.back(done)
        while done:
            final = self.final(done, state)
            if final is not None:
                leave(self.c, self.view, self.kept, done, state, None if self.steps_back else final)
                return done, final
            done, state = self.back(done)
        return 0, None

    def is_ready(self, done: int) -> bool:
        """Whether the pass after so many was prepared, and is not known to be another path's."""
        return bool(self.slices) and self.slices[-1].is_last and done == self.slices[-1].end - 1

    def back(self, done: int) -> tuple[int, list[Data]]:
        """To the state one pass earlier, if there is one."""
        while self.slices and self.slices[-1].start > done - 1:
            part = self.slices.pop()
            self.kept.pop(part.start, None)
            if part.draws:
                draws.GENERATOR.restore(part.generator)
        if not self.slices:
            return 0, []
        part = self.slices[-1]
        _, state = self.main(part, done - 1 - part.start)
        return done - 1, state

    def final(self, done: int, state: list[Data]) -> list[Data] | None:
        """The pass after so many by the full kernel: its registers, or None if it is on another path."""
        c, kernel, part = self.c, self.c.full_kernel, self.slices[-1]
        data: list[Data] = [None] * len(kernel.registers)
        for register, x in c.full.constants:
            data[register] = x
        for register in kernel.entry:
            data[register] = self.data[register]
        for register, (r, _) in zip(kernel.stream, self.tape.streams, strict=True):
            data[register] = plain(part.streams[r][done - part.start])
        for (register, _), x in zip(kernel.state, state, strict=True):
            data[register] = x
        try:
            return data if c.full.step(data) else None
        except Fault:
            return None

    def put_draws_back(self, done: int) -> None:
        """Leaves the generator as if the numbers of so many passes had been drawn one by one."""
        part = self.slices[-1] if self.slices else None
        if part is not None and part.draws and done < part.end:
            draws.GENERATOR.restore(part.generator)
            with unpaid():
                draws.draw_ahead(part.draws, done - part.start)

    def pace(self, went_well: bool, seconds: float) -> None:
        """Slices grow as long as they end well, up to the time after which others want to look."""
        c = self.c
        if not went_well:
            c.passes = max(min(16, c.first), c.passes // 2)
        elif seconds < SLICE_SECONDS / 2:
            c.passes = min(c.passes * 2, LONGEST_SLICE)
        elif seconds > 2 * SLICE_SECONDS:
            c.passes = max(2, c.passes // 2)
