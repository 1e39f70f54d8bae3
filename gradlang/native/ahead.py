"""Slices: passes in a row, with all that can be known before they run.

Owns what is looked at ahead: the items of the loop, random numbers, and the
guards that follow from the items alone, which then are not the backend's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from ..engine import draws
from ..engine.charges import unpaid
from ..engine.ops import TABLE
from ..engine.value import Data, Value
from .compiled import Compiled
from .places import Draw, Item, leaf_at
from .tape import register_of

MOST_HELD = 1 << 16  # items that are looked up one by one, and held, in a run


class Items(Protocol):
    """The items of a loop that are still to come; a loop without items has any number of passes."""

    def ahead(self, count: int) -> int:
        """How many of the next `count` there are."""

    def numbers(self, start: int, count: int) -> Any:
        """Of those after `start` others, where they count up: an array; None where they are something else."""

    def peek(self, i: int) -> Any:
        """The one that comes after `i` others."""

    def drop(self, count: int) -> None:
        """Goes past items that were run."""


class Slice(NamedTuple):
    """Some passes in a row.

    start      how many passes went before
    passes     how many these are
    is_last    whether it is known that no other pass follows on this path
    state      the carried registers when they begin
    streams    what each pass is given, by register: rows
    draws      which random numbers a pass draws, in their order
    generator  where the generator was before these
    """

    start: int
    passes: int
    is_last: bool
    state: Sequence[Data]
    streams: dict[int, Any]
    draws: Sequence[Draw]
    generator: Any

    @property
    def end(self) -> int:
        return self.start + self.passes


class Ahead:
    """What is to come of a loop, for a tape that was entered."""

    def __init__(self, compiled: Compiled, items: Items | None, data: dict[int, Data]) -> None:
        self.c, self.tape = compiled, compiled.tape
        self.items = items
        self.data = data
        self.is_counting = items is not None and items.numbers(0, 0) is not None

    def slice(self, start: int, state: Sequence[Data], most: int) -> Slice | None:
        """Passes after `start` others, at most so many; None if there are none on this path."""
        passes, is_last = self.available(start, most)
        if passes < 1:
            return None
        streams: dict[int, Any] = {}
        for register, stream in self.tape.streams:
            if isinstance(stream, Item):
                streams[register] = self.rows(register, stream, start, passes)
        settled = min([passes, *[len(rows) for rows in streams.values()]])
        settled = self.settle(streams, settled)
        if settled < 1:
            return None
        is_last |= settled < passes
        drawn = [(register, stream) for register, stream in self.tape.streams if isinstance(stream, Draw)]
        generator = draws.GENERATOR.state()
        if drawn:
            with unpaid():  # each pass is charged as a whole
                rows = draws.draw_ahead([d for _, d in drawn], settled)
            streams.update(zip([register for register, _ in drawn], rows, strict=True))
        return Slice(start, settled, is_last, state, streams, [d for _, d in drawn], generator)

    def available(self, start: int, most: int) -> tuple[int, bool]:
        """How many passes there are to run next, and whether these are all; one is always left to the interpreter."""
        wanted = min(self.c.passes, most)
        if self.items is None:
            return wanted, False
        if not self.is_counting:
            wanted = min(wanted, MOST_HELD - start)
        there = self.items.ahead(start + wanted + 2) - 1 - start
        return min(wanted, there), there <= wanted or not self.is_counting and start + wanted >= MOST_HELD

    def rows(self, register: int, stream: Item, start: int, passes: int) -> Any:
        """A number of each of some items, as long as they are of one kind."""
        import numpy

        assert self.items is not None
        if self.is_counting:
            return self.items.numbers(start, passes)
        tensors = dict(self.tape.items_of or ())
        rows: list[Data] = []
        for i in range(start, start + passes):
            x = leaf_at(self.items.peek(i), stream.path)
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

    def settle(self, streams: dict[int, Any], passes: int) -> int:
        """How many passes keep the guards that follow from their items alone."""
        if passes < 1 or not self.c.settled:
            return passes
        import numpy

        data: dict[int, Any] = dict(self.data)
        data.update({r: rows[:passes] for r, rows in streams.items()})
        for step in self.c.ahead:
            data[step.out] = TABLE[step.row].evaluate([data[r] for r in step.inputs], dict(step.attrs) or None)
        holds = numpy.ones(passes, bool)
        for register, seen in self.c.settled.items():
            x = data[register]
            holds &= numpy.broadcast_to((x == seen) | ((x != x) & (seen != seen)), (passes,))
        return passes if holds.all() else int(holds.argmin())
