"""A loop that is going on: what can be said of its names when it is cut.

Owns what settled means. A name is settled when it stands for something of the
same kind and shape pass after pass; counts and texts among them may still grow,
and with them whatever is made as long as they are.
"""

from __future__ import annotations

from typing import Any

from ..engine.value import Value
from ..language.operators import Frame
from ..language.values import List
from ..syntax import tree

FEWEST = 2  # passes of a loop, so that it can be seen whether shapes stay


class Lap:
    """A loop that is going on.

    names   all that it may bind     bound   those of them that were, as places
    passes  how many have begun      before, sizes  what the names stood for when the last one began
    moved   names that have stood for something of another form since the second pass
    counts  those whose size may be that of something
    work    what had been done before the loop
    """

    __slots__ = ("before", "bound", "counts", "moved", "names", "passes", "sizes", "work")

    def __init__(self, names: list[tree.Name], work: int) -> None:
        self.names = names
        self.work = work
        self.passes = 0
        self.before: list[Any] = []
        self.sizes: list[Any] = []
        self.bound: set[tree.Name] = set()
        self.moved: set[str] = set()
        self.counts: set[str] = set()

    def look(self, frame: Frame) -> None:
        """At the end of a pass: what stands for something else now."""
        things = [frame[name.binding.variable.slot] for name in self.names]
        forms, sizes = [form(x) for x in things], [size(x) for x in things]
        if self.passes >= FEWEST:
            self.moved |= self.changed(self.before, forms)
            self.counts |= self.changed(self.sizes, sizes)
        self.before, self.sizes = forms, sizes

    def changed(self, before: list[Any], now: list[Any]) -> set[str]:
        return {name.id for name, x, y in zip(self.names, before, now, strict=True) if x != y}

    def unsettled(self) -> list[tree.Name]:
        """The names of which this loop has not shown what they come to: others, or on a path not taken so far."""
        unbound = {name.id for name in self.names if name not in self.bound}
        nothing = {name.id for name, now in zip(self.names, self.before, strict=True) if now is None}
        lost = self.moved | unbound | nothing
        return [name for name in self.names if name.id in lost]


def form(x: Any) -> Any:
    """What stays the same of a name whose numbers change."""
    if isinstance(x, Value):
        return x.data.__class__, x.shape
    if isinstance(x, List | tuple):
        return x.__class__, len(x)
    return None if x is None else x.__class__


def size(x: Any) -> Any:
    """A count or a text: what something else may be as long as."""
    if isinstance(x, Value) and x.data.__class__ is float and x.data.is_integer():
        return x.data
    return x if isinstance(x, str) else None
