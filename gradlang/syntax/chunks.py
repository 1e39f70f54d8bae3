"""Stretches of text that have been read, and how what was read of them gets into another source.

Owns the pool in which chunks wait for a text that has them, too. Knows trees and
places, not how they are read. Invariant: a chunk belongs to one module as long as
that is alive; only then does its tree move on.

Why move trees and not copy them: an edit leaves nearly all chunks as they were,
and a list of spans is moved in a tenth of the time that parsing takes.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple
from weakref import ref

from ..diagnostics import Diagnostic, Fix, Label
from ..source import Source, Span
from . import tree

KEPT = 8  # rounds for which a chunk that is not needed is kept


class Salvaged(NamedTuple):
    """What was read, what is wrong, where nothing was read, and the blocks whose heads were not."""

    body: list[tree.Stmt]
    errors: list[Diagnostic]
    gaps: list[Span]
    torn: list[Span]


class Chunk:
    """A stretch of text that has been read, and where its tree stands now."""

    __slots__ = ("found", "owner", "read_at", "spans", "start")

    def __init__(self, found: Salvaged, start: int) -> None:
        self.found = found
        self.read_at = self.start = start
        self.spans: list[Span] | None = None  # of the tree; looked for when it has to move
        self.owner: ref[tree.Module] | None = None

    @property
    def is_free(self) -> bool:
        return self.owner is None or self.owner() is None

    def move(self, source: Source, start: int) -> None:
        """Make the tree one of another source."""
        if self.spans is None:
            self.spans = spans_of(self.found.body)
        distance = start - self.start
        self.start = start
        for span in self.spans:
            span.source = source
            span.start += distance
            span.end += distance


class Pool:
    """Chunks by text, those longest unused first."""

    def __init__(self) -> None:
        self.chunks: dict[Any, deque[Chunk]] = {}
        self.used: dict[Any, int] = {}
        self.round = 0

    def take(self, key: Any) -> Chunk | None:
        same = self.chunks.get(key)
        if same is None:
            return None
        self.use(key)
        for _ in range(min(3, len(same))):
            same.rotate(-1)
            if same[-1].is_free:
                return same[-1]
        return None

    def put(self, key: Any, chunk: Chunk) -> None:
        self.chunks.setdefault(key, deque()).append(chunk)
        self.use(key)

    def use(self, key: Any) -> None:
        self.used.pop(key, None)
        self.used[key] = self.round

    def forget(self) -> None:
        """Ends a round."""
        self.round += 1
        while self.used:
            key = next(iter(self.used))
            if self.used[key] > self.round - KEPT:
                break
            del self.used[key], self.chunks[key]


# ── places ───────────────────────────────────────────────────────────────────


def spans_of(body: list[tree.Stmt]) -> list[Span]:
    """Every span in a tree, once."""
    found: dict[int, Span] = {}
    waiting: list[tree.Node] = list(body)
    while waiting:
        node = waiting.pop()
        waiting += tree.parts(node)
        for value in vars(node).values():
            if value.__class__ is Span:
                found[id(value)] = value
    return list(found.values())


def moved_diagnostic(error: Diagnostic, source: Source, distance: int) -> Diagnostic:
    """The same diagnostic at another place."""
    return Diagnostic(
        error.code,
        error.message,
        moved_span(error.span, source, distance),
        error.severity,
        error.label,
        [Label(moved_span(label.span, source, distance), label.text) for label in error.labels],
        error.notes,
        error.help,
        [
            Fix(fix.title, [(moved_span(span, source, distance), text) for span, text in fix.edits], fix.is_safe)
            for fix in error.fixes
        ],
    )


def moved_span(span: Span, source: Source, distance: int) -> Span:
    return Span(source, span.start + distance, span.end + distance)
