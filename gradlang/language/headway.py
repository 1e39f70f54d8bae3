"""How far the loops of a run have come, to be read from outside while they run.

Owns `Headway`, which the outermost loop that is running has, and the first one
in it; and `Onlooker`, which passes by tape report to. Whoever reads (`progress`,
in a thread of its own) computes; what runs the loop stores a pair at the start
and the end of some passes in a row, whose count is asked of the iterator that
hands them out.

Invariants: no value of the program is held here, nor read by that thread: that
nobody else holds one is seen by counting references (`native.places`). Nothing
of this changes a number, or which way a run goes.
"""

from __future__ import annotations

from collections.abc import Sized
from itertools import repeat
from operator import itemgetter, length_hint
from time import perf_counter
from typing import TYPE_CHECKING, Any

from ..engine.value import Data, Value
from .loss_history import Curve, single
from .runtime import RUN, is_asked
from .values import List

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ENDLESS = 1 << 60  # passes
COUNT = range(1, ENDLESS + 1)
SOME = 4  # inner loops; to see each would be paid by those that are short
SPARING = 200  # times as long as a look at the loss took, none is taken again


class Headway:
    """How far one time through a loop has come.

    node        the loop
    total       how many passes there will be, at most; None where that is not known
    inner       how far the loop in it is that is running now, if that one is seen
    inners      how many more loops in it are to be seen; whoever watches asks for more, where passes take long
    backwards   how often the run had differentiated when the loop began
    is_watched  whether somebody wants to know the loss
    loss        of a pass by tape, later than the one that the run knows (`RUN.loss`)
    """

    __slots__ = ("at", "backwards", "inner", "inners", "is_watched", "loss", "node", "total")

    def __init__(self, node: Any, total: int | None) -> None:
        self.node = node
        self.total = total
        self.at: tuple[int, Iterator[Any] | None] = (0, None)
        self.inner: Headway | None = None
        self.inners = SOME
        self.backwards = RUN.backwards
        self.is_watched = False
        self.loss: Data | None = None

    @property
    def passes(self) -> int:
        """How many are over."""
        count, counter = self.at
        return count if counter is None else max(0, count - length_hint(counter) - 1)

    def counting(self, items: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """The items of some passes, counted from 1."""
        counter = iter(COUNT)
        self.at = (self.at[0] + ENDLESS, counter)
        return zip(counter, items)  # noqa: B905  the counter never ends

    def following(self, items: Iterator[Any]) -> Iterator[Any]:
        """The items of some passes: counted by how many are left, where their iterator knows, else one by one."""
        if length_hint(items):
            self.at = (self.at[0] + length_hint(items), items)
            return items
        return map(itemgetter(1), self.counting(items))

    def taking(self, times: Iterator[None]) -> None:
        """The next passes are as many as are taken of these."""
        self.at = (self.at[0] + length_hint(times), times)

    def did(self, before: int, passes: int) -> None:
        """So many passes are over, after so many others."""
        self.at = (before + passes, None)


def entered(node: Any, over: Any = None) -> Headway | None:
    """Of a loop that begins, if it is the outermost, or one of those in it that are to be seen."""
    outer: Headway | None = RUN.headway
    if outer is None:
        outer = RUN.headway = Headway(node, length(over))
        return outer
    if outer.inner is not None:
        return None
    outer.inners -= 1
    outer.inner = Headway(node, length(over))
    return outer.inner


def left(headway: Headway) -> None:
    """The loop is over, however it ended."""
    outer = RUN.headway
    if outer is headway:
        RUN.headway = None
    elif outer is not None:
        outer.inner = None


def length(over: Any) -> int | None:
    """How many items there are to go over, where that is known."""
    if over.__class__ is Value:
        return int(over.shape[0])
    if over.__class__ is List:  # whose length is a thing that recorders hear of
        return int(over.length)
    return len(over) if isinstance(over, Sized) else None


def endless() -> Iterator[None]:
    """Passes without end, which can be counted."""
    return repeat(None, ENDLESS)


class Onlooker:
    """Looks on while passes of a loop are run by tape: it is told how many, and now and then the loss of one.

    Passes are counted from the first of these; each differentiates `backwards` times.
    """

    def __init__(self, headway: Headway | None) -> None:
        self.headway = headway
        self.before = 0 if headway is None else headway.at[0]
        self.outermost: Headway | None = RUN.headway  # whoever watches looks at this one
        self.curve: Curve | None = None  # that the losses go to
        if RUN.history is not None and self.outermost is not None:
            self.curve = RUN.history.curve(self.outermost.node)
        self.started = perf_counter()
        self.next = 0.0  # when a look may be due again

    @property
    def is_wary(self) -> bool:
        """Whether a pass that makes a nan or an infinity is to be left to the interpreter."""
        return RUN.health is not None

    def goes_on(self, passes: int) -> bool:
        """Whether there may be others after so many."""
        if self.headway is not None:
            self.headway.did(self.before, passes)
        return not is_asked()

    def until_look(self, passes: int, backwards: int) -> int:
        """How many may be run in a row, after so many, before a look at the loss is due."""
        curve = self.curve
        if curve is None or not backwards:
            return ENDLESS
        last = self.last_step(passes, backwards)
        due = curve.due if last < curve.due else (last // curve.every + 1) * curve.every
        return -((last - due) // backwards)

    def is_look_due(self, passes: int, backwards: int, cost: float) -> bool:
        """Whether the loss of the pass after so many is to be looked at, which is expected to take so many seconds."""
        if self.curve is not None:
            return self.last_step(passes, backwards) >= self.curve.due
        if self.outermost is None or not self.outermost.is_watched:
            return False
        return perf_counter() >= max(self.next, self.started + SPARING * cost)

    def last_step(self, passes: int, backwards: int) -> int:
        """Of the pass after so many, as the curve counts."""
        return 0 if self.curve is None else self.curve.steps + (passes + 1) * backwards - 1

    def saw(self, passes: int, backwards: int, loss: Data, seconds: float) -> None:
        """The loss of the pass after so many, and how long it took to look."""
        self.next = perf_counter() + SPARING * seconds
        if self.outermost is not None:
            self.outermost.loss = loss
        if self.curve is not None:
            self.curve.add(self.last_step(passes, backwards), single(loss))

    def ended(self, passes: int, backwards: int) -> None:
        """So many have happened; a look at one after them has not."""
        if self.headway is not None:
            self.headway.did(self.before, passes)
        if self.outermost is not None and self.outermost.loss is not None:
            RUN.loss, self.outermost.loss = self.outermost.loss, None
        if self.curve is not None:
            self.curve.over(passes * backwards)
