"""One run of a tape: from the program's state as it is to the state after some passes.

Owns how a tape is entered (does it fit? what does it start with?), what is
settled ahead, and what is brought back. Where something that is left has a
history, the interpreter takes the last pass (`step_back`).

Invariant: nothing of the program's state is touched before a run is over, and
then it is as the interpreter would have left it; a run that fails in any way
has not happened.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any, Protocol

from ..engine import draws
from ..engine.ops import TABLE
from ..engine.table import plain
from ..engine.value import Data, Value, leaf
from ..faults import Fault
from .compiled import Compiled, replayed
from .places import Draw, Gradient, Item, Name, Parameter, leaves, observed
from .recording import View, dead_values
from .tape import register_of

SLICE_SECONDS = 0.05
LONGEST_SLICE = 1 << 16
SHORTEST = 2  # passes of a slice
EARNED = 6  # passes in slices that ended where they were to end, for a tape to be worth compiling


class Items(Protocol):
    """The items of a loop that are still to come; a loop without items has any number of passes."""

    def ahead(self, count: int) -> int:
        """How many of the next `count` there are."""

    def numbers(self, count: int) -> Any:
        """The next ones where they count up, an array; None where they are something else."""

    def peek(self, i: int) -> Any:
        """The one that comes after `i` others."""


class Run:
    """One run of a tape, from the state as it is to the state after some passes."""

    def __init__(self, compiled: Compiled, view: View, items: Items | None, hold: bool) -> None:
        self.c, self.tape = compiled, compiled.tape
        self.view, self.items = view, items
        self.steps_back = hold or bool(compiled.tape.step_back)
        self.rows: list[Any] = []

    def go(self) -> tuple[int, bool]:
        """How many passes were done, and whether the next one is left to the interpreter."""
        entered = self.enter()
        if not entered:
            return 0, False
        passes = self.settle(self.available())
        if passes < 1 + self.steps_back:
            return 0, False
        before = draws.GENERATOR.state()
        started = perf_counter()
        done, held = 0, False
        try:
            self.draw(passes)
            done, held = self.run(passes)
        except Fault:
            done, held = 0, False
        finally:
            if self.draws and done < passes:
                draws.GENERATOR.restore(before)
                if done:
                    self.draw(done)
        if done > 1 and done + held == passes:
            self.c.earned += done
        self.pace(done + held == passes, perf_counter() - started)
        return done, held

    # ── entering ──

    def enter(self) -> bool:
        """Looks up what the tape starts with; whether it fits."""
        tape = self.tape
        if any(name.content() is not x for name, x in tape.conditions):
            return False
        if any(a.content() is not b.content() for a, b in tape.shared):
            return False
        if any(optimiser.state() != settings for optimiser, settings in tape.settings):
            return False
        self.data: dict[int, Data] = dict(tape.constants)
        met: set[int] = set()
        private = {name.key for name in tape.private}
        dead: list[Value] | None = None
        for register, place, needs in tape.inputs:
            if isinstance(place, Gradient):
                data = place.data()
                if data is None:
                    return False
            else:
                value = place.owner()
                if value is None or value.needs is not needs:
                    return False
                data = value.data
                if isinstance(place, Name):
                    if value.inputs and not place.is_moving or id(value) in met and needs:
                        return False
                    met.add(id(value))
                    if place.is_moving and needs and (value.inputs or place.key in private):
                        dead = dead_values(self.view) if dead is None else dead
                        del value
                        if observed(place.content(), dead):
                            return False
            if register_of(data) != tape.registers[register]:
                return False
            self.data[register] = data
        for _, slot_list in [(slot, self.view.frame[slot]) for slot, _, _ in tape.grown]:
            if not hasattr(slot_list, "buffer"):
                return False
        try:
            return replayed(self.c.prologue, self.data)
        except Fault:
            return False

    def available(self) -> int:
        """How many passes there are to run; one is always left to the interpreter."""
        if self.items is None:
            return self.c.passes
        return min(self.c.passes, self.items.ahead(self.c.passes + 1) - 1)

    def settle(self, passes: int) -> int:
        """Takes in the items; how many passes they keep on this path."""
        self.streams: dict[int, Any] = {}
        self.draws = [(r, s) for r, s in self.tape.streams if isinstance(s, Draw)]
        for register, stream in self.tape.streams:
            if isinstance(stream, Item):
                rows = self.item_rows(stream, passes)
                passes = min(passes, len(rows))
                self.streams[register] = rows
        if passes < 1 or not self.c.settled:
            return passes
        data: dict[int, Any] = dict(self.data)
        data.update({r: rows[:passes] for r, rows in self.streams.items()})
        for step in self.c.ahead:
            data[step.out] = TABLE[step.row].evaluate([data[r] for r in step.inputs], dict(step.attrs) or None)
        import numpy

        holds = numpy.ones(passes, bool)
        for register, seen in self.c.settled.items():
            x = data[register]
            holds &= numpy.broadcast_to((x == seen) | ((x != x) & (seen != seen)), (passes,))
        return passes if holds.all() else int(holds.argmin())

    def item_rows(self, stream: Item, passes: int) -> Any:
        """A number of each of the next items, as long as they are of one kind."""
        import numpy

        assert self.items is not None
        numbers = self.items.numbers(passes)
        if numbers is not None:
            return numbers
        tensors = dict(self.tape.items_of or ())
        register = next(r for r, s in self.tape.streams if s == stream)
        rows: list[Data] = []
        for i in range(passes):
            x = next((v for path, v in leaves(self.items.peek(i)) if path == stream.path), None)
            if x.__class__ is not Value:
                break
            if stream.is_index:
                if not x.inputs or x.inputs[0] is not tensors[stream.path] or len(x.inputs) != 2:
                    break
                x = x.inputs[1]
            if x.needs or register_of(x.data) != self.tape.registers[register]:
                break
            rows.append(x.data)
        return numpy.array(rows) if rows else rows

    def draw(self, passes: int) -> None:
        """Random numbers for some passes, in the order in which these would draw them."""
        if not self.draws:
            return
        import numpy

        self.rows = [[draws.draw(s.kind, *s.arguments) for _, s in self.draws] for _ in range(passes)]
        for j, (register, _) in enumerate(self.draws):
            self.streams[register] = numpy.array([row[j] for row in self.rows])

    # ── running ──

    def run(self, passes: int) -> tuple[int, bool]:
        last = self.steps_back or bool(self.c.late)
        if not last:
            done, state, kept = self.main(passes)
            self.leave(done, state, kept, None)
            return done, False
        done, state, kept = self.main(passes - 1)
        final = self.final(done, state) if done == passes - 1 else None
        if final is None:  # the path was left on the way: once more, to one pass before that
            if done < 1:
                return 0, False
            done, state, kept = self.main(done - 1)
            final = self.final(done, state)
            if final is None:
                return 0, False
        if self.steps_back:
            self.leave(done, state, kept, None)
            return done, True
        self.leave(done + 1, None, kept, final)
        return done + 1, False

    def main(self, passes: int) -> tuple[int, list[Data], list[Any]]:
        """Passes of the main kernel from the start: how many were done, the state after them, what is kept of each."""
        c = self.c
        state = [self.data[o.start] for o in c.carried if o.start is not None]
        kept = [self.buffer(register, passes) for _, register, _ in self.tape.grown]
        if passes < 1:
            return 0, state, kept
        stream = [self.streams[r] for r, _ in self.tape.streams]
        entry = [self.data[r] for r in c.main_entry]
        done = c.main.run(entry, stream, state, kept, passes)
        return done, state, [rows[:done] for rows in kept]

    def buffer(self, register: int, passes: int) -> Any:
        import numpy

        shape, kind = self.tape.registers[register]
        return numpy.empty((max(passes, 0), *shape), bool if kind == "truth" else "float64")

    def final(self, i: int, state: list[Data]) -> list[Data] | None:
        """Pass i by the full kernel: its registers, or None if it is on another path."""
        c, kernel = self.c, self.c.full_kernel
        data: list[Data] = [None] * len(kernel.registers)
        for register, x in c.full.constants:
            data[register] = x
        for register, r in zip(kernel.entry, c.full_entry, strict=True):
            data[register] = self.data[r]
        for register, (r, _) in zip(kernel.stream, self.tape.streams, strict=True):
            data[register] = plain(self.streams[r][i])
        for (register, _), x in zip(kernel.state, state, strict=True):
            data[register] = x
        return data if c.full.step(data) else None

    # ── leaving ──

    def leave(self, done: int, state: list[Data] | None, kept: list[Any], final: list[Data] | None) -> None:
        """Puts the state after `done` passes where the program looks for it."""
        if not done:
            return
        c, tape = self.c, self.tape
        new = c.renumbered

        def last(register: int) -> Data:
            assert final is not None
            return final[new[register]]

        results = [(o, last(o.end)) for o in tape.outputs] if final is not None else []
        if final is None:
            assert state is not None
            results = list(zip(c.carried, state, strict=True))
        made: dict[int, Value] = {}
        gradients: list[tuple[Gradient, Data]] = []
        for output, data in results:
            place, template = output.place, output.template
            if isinstance(place, Gradient):
                gradients.append((place, data))
            elif isinstance(place, Parameter):
                place.write(leaf(data, True))
                place.box.version += tape.updates[place.box] * done - 1
            else:
                assert template is not None
                if template.identity not in made:
                    made[template.identity] = template.made(data)
                place.write(made[template.identity])
        for i in range(done):
            for j, (slot, register, template) in enumerate(tape.grown):
                is_last = i >= len(kept[j])
                x = last(register) if is_last else plain(kept[j][i])
                value = made.get(template.identity) if i == done - 1 else None
                self.view.frame[slot] = self.view.frame[slot].append(value if value is not None else template.made(x))
        for place, data in gradients:
            place.set(data)

    def pace(self, went_well: bool, seconds: float) -> None:
        """Slices grow as long as they end well, up to the time after which others want to look."""
        c = self.c
        if not went_well:
            c.passes = max(min(16, c.first), c.passes // 2)
        elif seconds < SLICE_SECONDS / 2:
            c.passes = min(c.passes * 2, LONGEST_SLICE)
        elif seconds > 2 * SLICE_SECONDS:
            c.passes = max(2, c.passes // 2)
