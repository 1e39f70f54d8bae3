"""Loops that a backend may run: passes by the interpreter, passes by a tape, and what watches between them.

Owns the order of things around passes: when one is recorded, when tapes are
tried, how passes are counted and where a stop lands. What can be recorded and
how it runs is `native`'s; here is what of it needs the tree.

Invariant: a stop lands between passes, and never right after passes that were
not interpreted: those leave names alone that the next pass binds again. So one
more is interpreted first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import repeat
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..engine.value import STATE, Value
from .headway import Headway, Onlooker, endless
from .items import BREAK, CONTINUE, OVER, Queue
from .known_loops import Loops, Node, view_of
from .patience import Heat, Scale
from .runtime import RUN, after_pass, is_asked, passed
from .values import Batches

if TYPE_CHECKING:
    from ..native.loops import Loop
    from ..native.recorder import Recorder
    from ..native.recording import View

__all__ = ["BREAK", "CONTINUE", "OVER", "drive"]

Pass = Callable[[Any], Any]  # runs one pass for an item, and gives its signal
Passes = Callable[[Iterator[Any]], Any]  # runs a pass for each, in the plain way: None, or the signal that ended them
FEW = 64  # passes; a loop of fewer inside another waits for that to be recorded as a whole
INTERPRETED_FIRST = 2
MOST_HELD = 4096  # items that are looked up to know whether there are so many
FRESH = (Value, Batches)  # what makes its items when they are asked for: nobody else has them
OURS = 3  # references to what a loop goes over: the loop's own, `drive`'s, and that of asking


def drive(
    node: Node,
    frame: list[Any],
    once: Pass,
    plainly: Passes,
    headway: Headway | None,
    over: Any = None,
    items: Iterator[Any] | None = None,
) -> Any:
    """Runs a loop to its end: None, or the signal that left it."""
    if RUN.loops is None:
        RUN.loops = Loops(RUN.backend)
    loops: Loops = RUN.loops
    heat = loops.heats[node]
    outer = loops.running[-1] if loops.running else None
    length = len(over) if over.__class__ is range else None
    is_few = items is not None and (length is None or length < FEW)
    before = loops.weighed
    try:
        if items is not None and STATE.recorder is None:
            # the loop around this one may become one tape with it
            heat.is_inner = waits = is_few and outer is not None and not outer.is_refused
            if waits or heat.is_refused or loops.is_patient and heat.is_brief(length, frame[0] is None):
                return plainly(items)
        is_held = over.__class__ not in FRESH and sys.getrefcount(over) > OURS
        queue = None if items is None else Queue(over, items)
        driver = Driver(node, frame, once, plainly, headway, queue, heat, outer if is_few else None, is_held)
        return driver.run()
    finally:
        if outer is not None:
            outer.inside += loops.weighed - before


class Driver:
    """One time that a loop is run."""

    def __init__(
        self,
        node: Node,
        frame: list[Any],
        once: Pass,
        plainly: Passes,
        headway: Headway | None,
        queue: Queue | None,
        heat: Heat,
        waits_for: Heat | None,
        is_held: bool,
    ) -> None:
        self.node, self.frame, self.once, self.plainly, self.queue, self.heat = node, frame, once, plainly, queue, heat
        self.headway = headway
        self.waits_for = waits_for  # the loop around this one, which may become one tape with it
        self.is_held = is_held  # whether the program can reach what the loop goes over by other ways
        self.is_patient: bool = RUN.loops.is_patient
        self.passes = 0  # of those that were not run plainly
        self.never_empty: frozenset[Any] = frozenset()
        self.seen_view: View | None = None
        heat.entries += 1

    @property
    def loop(self) -> Loop:
        return RUN.loops.of(self.heat)  # type: ignore[no-any-return]

    @property
    def is_kept(self) -> bool:
        """Whether tapes outlive this time: those of functions are about the names of one call."""
        return self.frame[0] is None

    @property
    def waits(self) -> bool:
        return self.waits_for is not None and not self.waits_for.is_refused

    def run(self) -> Any:
        """All passes: None, or the signal that left the loop."""
        RUN.loops.running.append(self.heat)
        try:
            return self.passes_by_whoever()
        finally:
            RUN.loops.running.pop()
            if self.frame[0] is None:
                passed(self.node, self.passes)

    def passes_by_whoever(self) -> Any:
        may_try, is_stale, held_before = True, False, RUN.holds_stops
        while True:
            if may_try and self.may_be_native() and not is_asked():
                done, held = self.natively()
                is_stale |= done > 0
                may_try = not held and done > 0
                if may_try and not is_asked():
                    continue
            may_try = True
            if not is_stale and (count := self.plain_passes()) != 0:
                signal = self.run_plainly(count)
            else:
                RUN.holds_stops |= is_stale
                try:
                    signal = self.interpreted()
                finally:
                    RUN.holds_stops, is_stale = held_before, False
                if RUN.stop and (signal is None or signal is CONTINUE):  # plain passes look for themselves
                    after_pass(self.node, self.frame)
            if signal is not None and signal is not CONTINUE:
                return None if signal is OVER else signal

    # ── plain passes ──

    def plain_passes(self) -> int | None:
        """How many passes to run now without another thought; None for all, 0 where the next is to be looked at."""
        heat, left = self.heat, self.left()
        if STATE.recorder is not None or left == 0:
            return 0
        if heat.is_refused:
            return None
        if heat.loop is not None and heat.loop.rest:
            rest, heat.loop.rest = heat.loop.rest, 0
            return self.at_most(rest)
        if not self.is_patient:
            return 0
        if heat.is_to_be_weighed(left):
            return 1
        if not heat.weight:
            return None
        if heat.loop is not None and heat.loop.tapes:
            return self.until_ready(heat.loop, left)
        if not self.waits and (why := heat.too_long()):
            self.loop.refused = why
            return None
        return self.at_most(heat.until_worth(left, self.is_kept))

    def until_ready(self, loop: Loop, left: int | None) -> int | None:
        """How many passes to run before there is machine code for the next."""
        heat = self.heat
        loop.weight, loop.pace = heat.weight, heat.pace
        loop.commission(heat.passes, heat.expected(left))
        count = loop.until_ready(heat.passes, lambda: not is_asked())
        if count is None and left is None:  # then it will be worth it some day
            count = heat.passes
        return self.at_most(count)

    def at_most(self, count: int | None) -> int | None:
        """So many passes, as far as there are items; never 0 for some."""
        if not count or self.queue is None:
            return count
        return max(1, self.queue.ahead(min(count, MOST_HELD)))

    def run_plainly(self, count: int | None) -> Any:
        heat, started, left = self.heat, perf_counter(), self.left()
        if count is None:
            signal = self.plainly(endless() if self.queue is None else self.queue.some(None))
            heat.took(left or 0, perf_counter() - started if left else 0.0)
            return OVER if signal is None else signal
        if count == 1 and self.is_patient and heat.passes and heat.is_to_be_weighed(left):
            signal = self.weighed()
        else:
            signal = self.plainly(repeat(None, count) if self.queue is None else self.queue.some(count))
        heat.took(count if signal is None else 1, perf_counter() - started)
        return signal

    def weighed(self) -> Any:
        """A pass on a scale."""
        loops, heat, outer = RUN.loops, self.heat, RUN.loops.scale
        heat.inside = 0
        try:
            with Scale() as scale:
                loops.scale = scale
                signal = self.plainly(repeat(None, 1) if self.queue is None else self.queue.some(1))
        finally:
            loops.scale = outer
        heat.weigh(scale)
        return signal

    def left(self) -> int | None:
        """How many passes there are still to be, where that is known."""
        if self.queue is None:
            return None
        left = self.queue.left()
        return 0 if left is None and not self.queue.ahead(1) else left

    # ── passes by tape ──

    def may_be_native(self) -> bool:
        loop = self.heat.loop
        if loop is None or loop.refused or loop.rest or STATE.recorder is not None:
            return False
        return not self.waits and any(loop.is_usable(compiled) for compiled in loop.tapes)

    def natively(self) -> tuple[int, bool]:
        """Passes by a tape: how many, and whether the next is the interpreter's."""
        hold = self.queue is None or STATE.journal is not None
        self.loop.weight, self.loop.pace = self.heat.weight, self.heat.pace
        done, held, counts = self.loop.advance(self.view(), self.queue, hold, Onlooker(self.headway))
        self.passes += done
        for inner, count in counts.items():
            passed(inner, count * done)
        return done, held

    def interpreted(self) -> Any:
        """A pass by the interpreter, recorded if that is worth it."""
        if self.queue is not None and not self.queue.ahead(1):
            return OVER
        recorder = self.recorder() if self.is_to_be_recorded() else None
        item = self.queue.next() if self.queue is not None else None
        if STATE.recorder is not None and self.passes == 0 and item is not None:  # a `while` may have no pass
            STATE.recorder.entered(self.node)
        before, backwards = dict(RUN.passes) if recorder is not None else {}, RUN.backwards
        spent = 0 if STATE.budget is None else STATE.budget.spent
        if recorder is not None and recorder.begin() and item is not None:
            recorder.item(item, self.is_held)
        self.passes += 1
        started = perf_counter()
        try:
            signal = self.once(item)
        except BaseException:
            if recorder is not None:
                recorder.stop()
            raise
        is_plain = STATE.recorder is None and recorder is None
        if signal is not OVER:
            self.heat.took(1, perf_counter() - started if is_plain else 0.0)
        if signal is BREAK or signal is OVER:
            self.passes -= 1
        elif self.headway is not None:
            self.headway.did(self.headway.at[0], 1)
        if recorder is not None:
            recorder.stop()
            if signal is None or signal is CONTINUE:
                units = 0 if STATE.budget is None else STATE.budget.spent - spent + 1  # one for what follows the pass
                self.learn(recorder, before, RUN.backwards - backwards, units)
        return signal

    # ── recording ──

    def is_to_be_recorded(self) -> bool:
        if STATE.recorder is not None or self.waits or not self.loop.is_worth_recording():
            return False
        if self.is_patient:
            return self.heat.is_enough(self.left(), self.is_kept)
        if self.passes < INTERPRETED_FIRST and self.heat.entries <= 3:
            return False
        return self.queue is None or self.queue.ahead(2) == 2

    def recorder(self) -> Recorder:
        from ..native.recorder import Recorder

        return Recorder(self.view())

    def learn(self, recorder: Recorder, before: dict[Any, int], backwards: int, units: int) -> None:
        if not recorder.reason and not self.never_empty.issuperset(recorder.never_empty):
            self.never_empty |= set(recorder.never_empty)
            self.seen_view = None
            recorder.view = self.view()
        counts = {n: count - before.get(n, 0) for n, count in RUN.passes.items() if count != before.get(n, 0)}
        loss = recorder.by_value.get(id(RUN.last_root)) if backwards else None
        self.loop.learn(recorder, counts, backwards, loss, units)

    def view(self) -> View:
        """What a pass can see and change, in this frame."""
        if self.seen_view is None:
            self.seen_view = view_of(self.node, self.frame, self.never_empty)
        return self.seen_view
