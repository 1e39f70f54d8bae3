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
from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..engine.table import arrays
from ..engine.value import STATE, leaf
from ..syntax import tree
from .runtime import RUN, interrupted, passed

if TYPE_CHECKING:
    from ..native.compiled import Backend
    from ..native.loops import Loop
    from ..native.recorder import Recorder
    from ..native.recording import View

Node = tree.For | tree.While
Pass = Callable[[Any], Any]  # runs one pass for an item, and gives its signal
FEW = 64  # passes; a loop of fewer inside another waits for that to be recorded as a whole
INTERPRETED_FIRST = 2
OURS = 3  # references to what a loop goes over: the loop's own, `drive`'s, and that of asking


class Signal:
    """What a statement hands to the loop around it."""

    def __init__(self, name: str) -> None:
        self.name = name


BREAK = Signal("break")
CONTINUE = Signal("continue")
OVER = Signal("over")  # there is no further pass


class Loops:
    """The loops of a run, and those that are running now."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.known: dict[Node, Loop] = {}
        self.running: list[Loop] = []
        self.flows: dict[Any, Any] = {}

    def of(self, node: Node) -> Loop:
        from ..native.loops import Loop

        loop = self.known.get(node)
        if loop is None:
            loop = self.known[node] = Loop(self.backend)
        return loop


def backend(name: str) -> Backend:
    """What makes programs of kernels, by name."""
    from ..native import replay

    if name in ("llvm", "auto"):
        try:
            from ..native import llvm

            compiled: Backend = llvm.compile
            return compiled
        except (ImportError, AttributeError):
            if name == "llvm":
                raise
    return replay.Program


class Queue:
    """The items of a loop: taken one by one, or looked at ahead."""

    def __init__(self, over: Any, items: Iterator[Any]) -> None:
        self.range = over if over.__class__ is range else None
        self.at = 0  # how many of a range were taken
        self.items = items
        self.waiting: deque[Any] = deque()

    def next(self) -> Any:
        """The next item, or OVER."""
        if self.range is not None:
            if self.at >= len(self.range):
                return OVER
            self.at += 1
            return leaf(float(self.range[self.at - 1]))
        return self.waiting.popleft() if self.waiting else next(self.items, OVER)

    def ahead(self, count: int) -> int:
        if self.range is not None:
            return min(count, len(self.range) - self.at)
        while len(self.waiting) < count:
            item = next(self.items, OVER)
            if item is OVER:
                break
            self.waiting.append(item)
        return min(count, len(self.waiting))

    def numbers(self, count: int) -> Any:
        if self.range is None:
            return None
        part = self.range[self.at : self.at + count]
        return arrays.arange(part.start, part.stop, part.step)

    def peek(self, i: int) -> Any:
        return self.waiting[i]

    def drop(self, count: int) -> None:
        """Goes past items that were run."""
        if self.range is not None:
            self.at += count
        else:
            for _ in range(count):
                self.waiting.popleft()


def drive(node: Node, frame: list[Any], once: Pass, over: Any = None, items: Iterator[Any] | None = None) -> Any:
    """Runs a loop to its end: None, or the signal that left it."""
    if RUN.loops is None:
        RUN.loops = Loops(backend(RUN.backend))
    is_held = sys.getrefcount(over) > OURS
    return Driver(node, frame, once, None if items is None else Queue(over, items), is_held).run()


class Driver:
    """One time that a loop is run."""

    def __init__(self, node: Node, frame: list[Any], once: Pass, queue: Queue | None, is_held: bool) -> None:
        loops: Loops = RUN.loops
        if not loops.running:  # what ran before, at a prompt, is not asked for again
            loops.known = {n: loop for n, loop in loops.known.items() if n.span.source is node.span.source}
        self.node, self.frame, self.once, self.queue = node, frame, once, queue
        self.is_held = is_held  # whether the program can reach what the loop goes over by other ways
        self.loop = loops.of(node)
        self.loop.entries += 1
        self.passes = 0
        self.never_empty: frozenset[Any] = frozenset()
        self.seen_view: View | None = None
        outer = loops.running[-1] if loops.running else None
        length = len(over) if queue is not None and (over := queue.range) is not None else FEW - 1
        # the loop around this one may become one tape with it
        self.waits = outer is not None and not outer.refused and queue is not None and length < FEW
        self.outer = outer

    def run(self) -> Any:
        running = RUN.loops.running
        running.append(self.loop)
        try:
            return self.passes_by_whoever()
        finally:
            running.pop()
            if self.frame[0] is None:
                passed(self.node, self.passes)

    def passes_by_whoever(self) -> Any:
        may_try, is_stale, held_before = True, False, RUN.holds_stops
        while True:
            if may_try and self.may_be_native() and not RUN.stop:
                done, held = self.natively()
                is_stale |= done > 0
                may_try = not held and done > 0
                if may_try and not RUN.stop:
                    continue
            may_try = True
            RUN.holds_stops |= is_stale
            try:
                signal = self.interpreted()
            finally:
                RUN.holds_stops, is_stale = held_before, False
            if signal is not None and signal is not CONTINUE:
                return None if signal is BREAK or signal is OVER else signal
            if RUN.stop:
                interrupted(after=self.node if self.frame[0] is None else None, is_outermost=not self.node.is_nested)

    def may_be_native(self) -> bool:
        loop = self.loop
        if loop.refused or STATE.recorder is not None or STATE.dtype != "float64":
            return False
        return bool(loop.tapes) and not (self.waits and self.outer is not None and not self.outer.refused)

    def natively(self) -> tuple[int, bool]:
        """Passes by a tape: how many, and whether the next is the interpreter's."""
        hold = self.queue is None or STATE.journal is not None
        done, held, counts = self.loop.advance(self.view(), self.queue, hold)
        self.passes += done
        if self.queue is not None:
            self.queue.drop(done)
        for inner, count in counts.items():
            passed(inner, count * done)
        return done, held

    def interpreted(self) -> Any:
        """A pass by the interpreter, recorded if that is worth it."""
        recorder = self.recorder() if self.is_to_be_recorded() else None
        item = self.queue.next() if self.queue is not None else None
        if item is OVER:
            return OVER
        if STATE.recorder is not None and self.passes == 0:
            STATE.recorder.entered(self.node)
        before = dict(RUN.passes) if recorder is not None else {}
        if recorder is not None and recorder.begin() and item is not None:
            recorder.item(item, self.is_held)
        self.passes += 1
        self.loop.interpreted += 1
        started = perf_counter()
        try:
            signal = self.once(item)
        except BaseException:
            if recorder is not None:
                recorder.stop()
            raise
        if STATE.recorder is None and recorder is None:
            self.loop.timed(perf_counter() - started)
        if signal is BREAK or signal is OVER:
            self.passes -= 1
        if recorder is not None:
            recorder.stop()
            if signal is None or signal is CONTINUE:
                self.learn(recorder, before)
        return signal

    # ── recording ──

    def is_to_be_recorded(self) -> bool:
        loop = self.loop
        if STATE.recorder is not None or STATE.dtype != "float64" or not loop.is_worth_recording():
            return False
        if self.waits and self.outer is not None and not self.outer.refused:
            return False
        if self.passes < INTERPRETED_FIRST and loop.entries <= 3:
            return False
        return self.queue is None or self.queue.ahead(2) == 2

    def recorder(self) -> Recorder:
        from ..native.recorder import Recorder

        return Recorder(self.view())

    def learn(self, recorder: Recorder, before: dict[Any, int]) -> None:
        if not recorder.reason and not self.never_empty.issuperset(recorder.never_empty):
            self.never_empty |= set(recorder.never_empty)
            self.seen_view = None
            recorder.view = self.view()
        counts = {n: count - before.get(n, 0) for n, count in RUN.passes.items() if count != before.get(n, 0)}
        self.loop.learn(recorder, counts)

    def view(self) -> View:
        """What a pass can see and change, in this frame."""
        if self.seen_view is None:
            self.seen_view = view_of(self.node, self.frame, self.never_empty)
        return self.seen_view


def view_of(node: Node, frame: list[Any], never_empty: frozenset[Any]) -> View:
    from ..native.recording import View
    from .flow import flow, mentioned

    flows = RUN.loops.flows
    key = (node, never_empty)
    if key not in flows:
        flows[key] = flow(node, node.scope, never_empty)
    if node not in flows:
        flows[node] = mentioned(node)
    cells: list[tuple[list[Any], int]] = []
    scope, at = node.scope, frame
    while scope is not None:
        for variable in scope.variables.values():
            if (variable in flows[node] or variable.captured) and variable.slot < len(at):
                cells.append((at, variable.slot))
        scope, at = scope.parent, at[0]
    names = {v.slot: v.name for v in node.scope.variables.values()}
    found = flows[key]
    return View(frame, cells, found.may, found.exposed, found.live, names, last_roots)


def last_roots() -> list[Any]:
    """The root of the last backward is kept for pictures; no program can reach it there."""
    return [] if RUN.last_root is None else [RUN.last_root]
