"""Pieces, once their line breaks are settled, as rows: indentation, text, comment.

Owns indentation. A bracket whose inside begins on a new row indents it by one
step; otherwise the rows inside of round and square brackets stand below its
first item, as rows of a matrix do. A statement that goes on without a bracket
is indented by one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..syntax.tokens import END
from .pieces import CLOSING, OPENERS, Comment, Piece
from .spacing import spaced

STEP = 2


class Row:
    """A line: the pieces `first` up to and without `end`, or none where it is a comment alone."""

    __slots__ = ("blank", "column", "comment", "end", "first", "indent", "mark", "parts", "width")

    def __init__(self, indent: int, first: int, blank: bool) -> None:
        self.indent = indent
        self.first = first
        self.end = first
        self.blank = blank  # whether an empty line stands above
        self.parts: list[str] = []  # of the text: blanks and tokens
        self.width = indent
        self.comment: Comment | None = None
        self.column = indent  # of the comment
        self.mark: Mark | None = None

    def add(self, part: str) -> None:
        self.parts.append(part)
        self.width += len(part)


class Mark(NamedTuple):
    """The `=` of the statement on a row."""

    piece: int
    part: int  # of the row
    column: int


class _Frame:
    """What an open bracket says about the rows inside: where they begin, and the row of the closing one."""

    __slots__ = ("base", "inner", "is_block")

    def __init__(self, base: int, inner: int, is_block: bool) -> None:
        self.base = base
        self.inner = inner
        self.is_block = is_block


def rows_of(pieces: list[Piece]) -> list[Row]:
    """The rows that the breaks of the pieces make."""
    rows: list[Row] = []
    frames = [_Frame(0, 0, True)]
    indents: list[int] = []  # of the row of each piece
    for i, piece in enumerate(pieces):
        if piece.breaks or not rows:
            _begin(rows, pieces, i, frames, indents)
        row = rows[-1]
        if piece.kind in CLOSING:
            frames.pop()
        if i > row.first:
            row.add("; " if piece.separated else " " * spaced(pieces[i - 1], piece))
        if piece.kind == "EQUAL" and row.mark is None and piece.inside == pieces[row.first].inside:
            row.mark = Mark(i, len(row.parts), row.width)
        row.add(piece.text)
        row.end = i + 1
        indents.append(row.indent)
        if piece.kind in OPENERS:
            base = indents[piece.owner] if piece.owner >= 0 else row.indent
            is_block = piece.kind == "LBRACE"
            hangs = is_block or pieces[i + 1].breaks > 0
            frames.append(_Frame(base, base + STEP if hangs else row.width, is_block))
    rows.pop()  # of the end of the text
    return rows


def _begin(rows: list[Row], pieces: list[Piece], i: int, frames: list[_Frame], indents: list[int]) -> None:
    """Begins the row of a piece, after those of the comments above it."""
    piece = pieces[i]
    indent = _indent(pieces, i, frames[-1], indents)
    of_comments = frames[-1].inner if piece.kind in CLOSING else indent
    fresh = i == 0 or pieces[i - 1].kind in OPENERS  # no empty line at the beginning of a block or file
    loose = fresh or piece.separated or piece.kind in (*CLOSING, END) or not frames[-1].is_block
    for comment in piece.comments:
        if comment.breaks == 0 and rows:
            rows[-1].comment = comment
            continue
        row = Row(of_comments, i, comment.breaks > 1 and loose and not fresh)
        row.comment = comment
        rows.append(row)
        fresh = False
    blank = piece.breaks > 1 and loose and not fresh and piece.kind not in CLOSING
    rows.append(Row(indent, i, blank))


def _indent(pieces: list[Piece], i: int, frame: _Frame, indents: list[int]) -> int:
    piece = pieces[i]
    if piece.kind in CLOSING:
        return frame.base
    if not frame.is_block:
        return frame.inner + STEP * (piece.kind == "DOT")
    if i == 0 or piece.separated or piece.kind == END or pieces[i - 1].kind == "LBRACE":
        return frame.inner
    if piece.kind == "ELSE":
        owner = pieces[pieces[i - 1].mate].owner
        begins = owner == 0 or pieces[owner].separated or pieces[owner - 1].kind == "LBRACE"
        return indents[owner] if begins else indents[owner] + STEP
    return frame.inner + STEP


def text_of(rows: Iterable[Row]) -> str:
    return "".join(line + "\n" for line in _lines(rows))


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if row.blank:
            yield ""
        code = " " * row.indent + "".join(row.parts) if row.parts else ""
        yield code.ljust(row.column) + row.comment.text if row.comment else code
