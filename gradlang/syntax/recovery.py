"""Source to tree, whatever the source: all that can be read, and all that is wrong with the rest.

Owns how a text is cut into chunks that can be read alone, and the chunks that
were read before: a chunk with the same text is not parsed again, its tree is moved
to where it stands now. A chunk begins at a line that is not indented, and ends
before the next one at which no bracket is open. Only after such a chunk has failed
does indentation count: then one that leaves brackets open ends at the next such line.

Invariants: a correct source gives the tree that `parse` gives; the result depends
on nothing but the text; no tree is part of two modules that are both alive. Whoever
keeps a part of a tree keeps the module, because what belongs to no module any more moves
into the next.

Why chunks of lines and not statements: lines can be told apart without a lexer,
which would take longer than all the rest of an edit.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import ref

from ..diagnostics import Diagnostic, GradlangError
from ..source import Source, Span
from . import tree
from .balance import mended
from .chunks import Chunk, Pool, Salvaged, moved_diagnostic, moved_span
from .driver import Unexpected
from .newlines import CLOSERS, TOO_DEEP, UNFINISHED, is_unfinished, sorted_out
from .parser import Reader, lock, reader
from .salvage import salvaged
from .tokens import END, lexed

MOST_ERRORS = 200  # of a source; a chunk behind them in which something is broken is left out
MOST_TOGETHER = 100  # lines that are not indented, in one chunk, that are looked up: making the key takes time
# A line that begins so goes on with what is above, in this or another language, or is empty.
NOT_FRESH = re.compile(r"[ \t\f\r\ufeff)\]{}#.]|(?:else|elif|elsif|elseif|end(?:if|for|while|function)?)\b|$")
OPEN = frozenset(CLOSERS)
CLOSED = frozenset(CLOSERS.values())


class Recovered(NamedTuple):
    """What is known of a source.

    module       every statement that can be read, also out of blocks in which something is broken
    diagnostics  all syntax errors, in order of place
    gaps         stretches of text that no statement covers because they are broken; empty where something is missing
    torn         blocks whose heads are gaps; they are statements of the module
    """

    module: tree.Module
    diagnostics: list[Diagnostic]
    gaps: list[Span]
    torn: list[Span]


def recovered(source: Source) -> Recovered:
    """All that can be read of a source. Raises nothing, whatever the text."""
    with lock:
        return _Recovery(source, reader()).result()


_pool = Pool()


class _Failed(NamedTuple):
    """Where the parser has stopped, and whether more text might have helped."""

    place: int
    at_end: bool
    too_deep: bool


class _Recovery:
    """The pass over one source."""

    def __init__(self, source: Source, reader: Reader) -> None:
        self.source = source
        self.text = source.text
        self.reader = reader
        self.cuts = cuts(source.text)
        self.module = tree.Module(source, [])
        self.owner = ref(self.module)
        self.diagnostics: list[Diagnostic] = []
        self.gaps: list[Span] = []
        self.torn: list[Span] = []
        self.balance: _Balance | None = None

    def result(self) -> Recovered:
        at = 0
        while at + 1 < len(self.cuts):
            at = self.chunk(at)
        _pool.forget()
        self.reader.builder.begin(Source(""))  # it would keep the tree alive
        return Recovered(self.module, self.diagnostics, self.gaps, self.torn)

    def chunk(self, at: int) -> int:
        """Reads the chunk that starts at a cut; the cut at which it ends."""
        start, end = self.cuts[at : at + 2]
        if self.known("", start, end):
            return at + 1
        failed = self.read(start, end)
        if failed is None:
            return at + 1
        if not failed.at_end or at + 2 == len(self.cuts):
            return self.broken(at, at + 1, failed)
        if self.balance is None:
            self.balance = _Balance(self.text, self.cuts)
        together = self.balance.end(at)
        if together is None:
            return self.alone(at, failed)
        if together - at <= MOST_TOGETHER and self.known("", start, self.cuts[together]):
            return together
        further = self.read(start, self.cuts[together])
        if further is None:
            return together
        last = [token.type for token in lexed(self.text, start, end) if token.type != "_NL"][-1]
        if last in OPEN or last in UNFINISHED:  # what it holds is not indented
            return self.broken(at, together, further)
        return self.broken(at, at + 1, failed)

    def alone(self, at: int, failed: _Failed) -> int:
        """A chunk that leaves open what nobody closes; where that gets too deep, it is all of the text."""
        assert self.balance is not None
        if self.balance.is_deep(at):
            start, end = self.cuts[at], self.cuts[-1]
            further = self.read(start, end)
            if further is not None and further.too_deep:
                return self.broken(at, len(self.cuts) - 1, further)
        return self.broken(at, at + 1, failed)

    def known(self, kind: str, start: int, end: int) -> bool:
        """Uses what is known of a text, if it is."""
        chunk = _pool.take(self.key(kind, start, end))
        if chunk is None:
            return False
        chunk.move(self.source, start)
        self.add(chunk)
        return True

    def key(self, kind: str, start: int, end: int) -> Any:
        text = self.text[start:end]
        return kind, text, start > 0 and text.startswith("#!")  # `#!` is no documentation at the start of a file

    def read(self, start: int, end: int) -> _Failed | None:
        """Reads a chunk in which nothing is wrong."""
        try:
            body, _ = self.reader.statements(self.source, sorted_out(lexed(self.text, start, end)))
        except Unexpected as error:
            kind = error.token.type
            return _Failed(error.token.start_pos, kind == END, kind == TOO_DEEP)
        except GradlangError as error:
            first = error.diagnostics[0]
            return _Failed(first.span.start, False, first.code == "E0103")
        self.keep(self.key("", start, end), Chunk(Salvaged(body, [], [], []), start))
        return None

    def broken(self, at: int, stop: int, failed: _Failed) -> int:
        """Reads a chunk in which something is wrong. It goes on to the end of a foreign comment that begins in it."""
        start, end = self.cuts[at], self.cuts[stop]
        most = MOST_ERRORS - len(self.diagnostics)
        if most <= 0:
            self.gaps.append(Span(self.source, start, end))
            return stop
        if any(sign in self.text[start:end] for sign in ('"""', "'''", "/*")):
            reach = mended(self.text, start, end)[-1].end_pos
            while self.cuts[stop] < reach:
                stop += 1
            end = self.cuts[stop]
        following = next(lexed(self.text, end, len(self.text)), None) if failed.at_end else None
        kind = f"broken {min(most, 50)}"
        reach = end if following is None else following.end_pos
        if not self.known(f"{kind} {end - start}", start, reach):
            found = salvaged(self.reader, self.source, start, end, failed.place, following, most)
            self.keep(self.key(f"{kind} {end - start}", start, reach), Chunk(found, start))
        return stop

    def keep(self, key: Any, chunk: Chunk) -> None:
        _pool.put(key, chunk)
        self.add(chunk)

    def add(self, chunk: Chunk) -> None:
        chunk.owner = self.owner
        self.module.body += chunk.found.body
        distance = chunk.start - chunk.read_at
        self.diagnostics += [moved_diagnostic(error, self.source, distance) for error in chunk.found.errors]
        self.gaps += [moved_span(gap, self.source, distance) for gap in chunk.found.gaps]
        self.torn += [moved_span(block, self.source, distance) for block in chunk.found.torn]


class _Balance:
    """How many brackets are open at each cut."""

    def __init__(self, text: str, cuts: list[int]) -> None:
        self.depths = [0]
        self.ends: dict[int, list[int]] = {}  # the cuts with a depth, without those behind something unfinished
        for number in range(1, len(cuts)):
            more, goes_on = summary(text[cuts[number - 1] : cuts[number]])
            self.depths.append(self.depths[-1] + more)
            if not goes_on or number + 1 == len(cuts):
                self.ends.setdefault(self.depths[-1], []).append(number)
        self.highest = self.depths[:]
        for number in reversed(range(len(cuts) - 1)):
            self.highest[number] = max(self.highest[number], self.highest[number + 1])

    def end(self, at: int) -> int | None:
        """The next cut but one at which what is opened behind this one is closed."""
        ends = self.ends.get(self.depths[at], [])
        place = bisect_right(ends, at + 1)
        return ends[place] if place < len(ends) else None

    def is_deep(self, at: int) -> bool:
        return self.highest[at] - self.depths[at] > tree.NESTING_LIMIT


@lru_cache(maxsize=4096)
def summary(text: str) -> tuple[int, bool]:
    """How many brackets a text opens more than it closes, and whether it goes on in the next line."""
    depth = 0
    before = last = ""
    for token in lexed(text, 0, len(text)):
        depth += (token.type in OPEN) - (token.type in CLOSED)
        if token.type != "_NL" or token == ";":
            before, last = last, token.type
    return depth, is_unfinished(before, last)


def cuts(text: str) -> list[int]:
    """The offsets at which a chunk can begin: lines that are not indented, with the comments above. And the end."""
    found: list[int] = []
    at = 0
    above: int | None = 0
    not_fresh = NOT_FRESH.match
    for line in text.split("\n"):
        if line.strip()[:1] in ("", "#"):
            above = at if above is None else above
        elif not_fresh(line):
            above = None
        else:
            found.append(at if above is None else above)
            above = None
        at += len(line) + 1
    return [0, *(cut for cut in found if cut), len(text)]
