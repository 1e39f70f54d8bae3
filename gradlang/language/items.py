"""The items that a loop goes over: taken one by one, some at once, or looked at ahead.

Owns `Queue`, which hands out every item once and in order, however it is asked.

Invariant: where calls are kept, an item counts as made in the pass that it is
handed to, although it may have been looked at long before: pictures show it there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from ..engine.origins import moved_here, serial
from ..engine.table import arrays
from ..engine.value import STATE, leaf
from .iteration import iterate


class Signal:
    """What a statement hands to the loop around it."""

    def __init__(self, name: str) -> None:
        self.name = name


BREAK = Signal("break")
CONTINUE = Signal("continue")
OVER = Signal("over")  # there is no further pass


class Queue:
    """The items of a loop: taken one by one, or looked at ahead."""

    def __init__(self, over: Any, items: Iterator[Any]) -> None:
        self.range = over if over.__class__ is range else None
        self.at = 0  # how many of a range were taken
        self.items = items
        self.waiting: deque[Any] = deque()
        self.begun = serial() if STATE.call is not None else None

    def next(self) -> Any:
        """The next item, or OVER."""
        if self.range is not None:
            if self.at >= len(self.range):
                return OVER
            self.at += 1
            return leaf(float(self.range[self.at - 1]))
        return self.handed(self.waiting.popleft()) if self.waiting else next(self.items, OVER)

    def handed(self, item: Any) -> Any:
        """An item that was looked at ahead, when its pass begins."""
        if self.begun is not None:
            for part in item if item.__class__ is tuple else (item,):
                moved_here(part, self.begun)
        return item

    def ahead(self, count: int) -> int:
        if self.range is not None:
            return min(count, len(self.range) - self.at)
        while len(self.waiting) < count:
            item = next(self.items, OVER)
            if item is OVER:
                break
            self.waiting.append(item)
        return min(count, len(self.waiting))

    def numbers(self, start: int, count: int) -> Any:
        if self.range is None:
            return None
        part = self.range[self.at + start : self.at + start + count]
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

    def left(self) -> int | None:
        """How many there are, where that is known."""
        return len(self.range) - self.at if self.range is not None else None

    def some(self, count: int | None) -> Iterator[Any]:
        """The next `count`, or all, to be gone through at once."""
        if self.range is not None:
            start, self.at = self.at, len(self.range) if count is None else min(self.at + count, len(self.range))
            return iterate(self.range[start : self.at])
        if count is None:
            return chain(map(self.handed, self.waiting), self.items)
        first = [self.waiting.popleft() for _ in range(min(count, len(self.waiting)))]
        return chain(map(self.handed, first), islice(self.items, count - len(first)))
