"""Which stretches of a text an editor can fold away: blocks, long brackets, comments, imports."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from ...source import Source
from .lexemes import comments
from .outline import Outline, outline

Kind = Literal["region", "comment", "imports"]


class Fold(NamedTuple):
    """`[start, end)` reaches over several lines; the first stays visible, and so does a bracket behind the end."""

    start: int
    end: int
    kind: Kind


def folds(text: str) -> list[Fold]:
    """The folds of a text, in order, one a line at most; those that begin in others lie in them."""
    seen = outline(text)
    source = Source(text)
    noted = list(comments(text, seen.lexemes))
    found = [*brackets(seen, noted), *comment_blocks(source, noted), *imports(seen, source)]
    by_line: dict[int, Fold] = {}
    for fold in found:
        line = line_of(source, fold.start)
        around = by_line.get(line)
        if line < line_of(source, fold.end) and (around is None or fold.end > around.end):
            by_line[line] = fold
    return sorted(by_line.values())


def line_of(source: Source, offset: int) -> int:
    return source.line_column(offset)[0]


def brackets(seen: Outline, noted: Iterable[tuple[int, int]]) -> Iterator[Fold]:
    """From the opening bracket to the last thing in front of the closing one."""
    comment_ends = sorted([end for _, end in noted])
    for opener, closer in seen.partner.items():
        start, inside = seen.lexemes[opener].start, seen.lexemes[closer - 1].end
        k = bisect_left(comment_ends, seen.lexemes[closer].start) - 1
        end = max(inside, comment_ends[k] if k >= 0 else 0)
        yield Fold(start, end, "region")


def comment_blocks(source: Source, noted: Iterable[tuple[int, int]]) -> Iterator[Fold]:
    """Comments that have lines of their own, one below the other."""
    own = [(start, end) for start, end in noted if is_alone(source, start)]
    for first, last in runs([(line_of(source, start), start, end) for start, end in own]):
        yield Fold(first, last, "comment")


def is_alone(source: Source, start: int) -> bool:
    line_start = source.text.rfind("\n", 0, start) + 1
    return not source.text[line_start:start].strip()


def imports(seen: Outline, source: Source) -> Iterator[Fold]:
    """Imports, one below the other."""
    found = []
    for i, lexeme in enumerate(seen.lexemes):
        if lexeme.kind == "IMPORT":
            last = i
            while last + 1 < len(seen.lexemes) and seen.lexemes[last + 1].kind in ("NAME", "AS"):
                last += 1
            found.append((line_of(source, lexeme.start), lexeme.start, seen.lexemes[last].end))
    for first, last in runs(found):
        yield Fold(first, last, "imports")


def runs(pieces: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """Pieces (line, start, end) that stand on lines in a row, from the first's start to the last's end."""
    run: list[tuple[int, int, int]] = []
    for piece in pieces:
        if run and piece[0] > run[-1][0] + 1:
            yield run[0][1], run[-1][2]
            run = []
        run.append(piece)
    if run:
        yield run[0][1], run[-1][2]
