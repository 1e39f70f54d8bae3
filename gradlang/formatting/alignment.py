"""Columns that the user keeps: comments below each other, and `=` below `=`.

Owns where a comment at the end of a row begins, and how far the `=` of a
statement is moved. What stood below each other in neighbouring lines still
does; a comment that stood far from its line stays in its column.
"""

from __future__ import annotations

from ..syntax.tokens import END
from .breaks import WIDTH
from .pieces import Piece, column_of
from .rows import Row

GAP = 2  # blanks between a row and its comment, at least


def align(pieces: list[Piece], rows: list[Row], text: str) -> list[Row]:
    """The rows, their columns settled; `text` is what the pieces were read from."""
    for run in _runs(rows, [_column_of_mark(pieces, row, text) for row in rows]):
        _align_marks(pieces, run, text)
    for run in _runs(rows, _columns_of_comments(rows)):
        _align_comments(run)
    return rows


def _runs(rows: list[Row], columns: list[int | None]) -> list[list[Row]]:
    """Neighbouring rows with the same column; a row with None has nothing to align."""
    runs: list[list[Row]] = []
    last: int | None = None
    for row, column in zip(rows, columns, strict=True):
        if column is not None and column == last and not row.blank:
            runs[-1].append(row)
        elif column is not None:
            runs.append([row])
        last = column
    return runs


def _column_of_mark(pieces: list[Piece], row: Row, text: str) -> int | None:
    """Where the `=` of a row stood that is a whole statement."""
    if row.mark is None or not (row.first == 0 or _begins(pieces, row.first)) or not _begins(pieces, row.end):
        return None
    return column_of(text, pieces[row.mark.piece].start)


def _begins(pieces: list[Piece], i: int) -> bool:
    """Whether a piece begins a statement, or a block ends before it."""
    return pieces[i].separated or pieces[i - 1].kind == "LBRACE" or pieces[i].kind in ("RBRACE", END)


def _align_marks(pieces: list[Piece], run: list[Row], text: str) -> None:
    """Moves each `=` of a run to the place of the furthest, if the user has done so, too."""
    marks = [row.mark for row in run if row.mark]
    if not any(text.endswith(("  ", "\t"), 0, pieces[mark.piece].start) for mark in marks):
        return
    furthest = max(mark.column for mark in marks)
    if max(row.width + furthest - mark.column for row, mark in zip(run, marks, strict=True)) > WIDTH:
        return
    for row, mark in zip(run, marks, strict=True):
        row.parts.insert(mark.part, " " * (furthest - mark.column))
        row.width += furthest - mark.column


def _columns_of_comments(rows: list[Row]) -> list[int | None]:
    """Where the comments at the end of rows stood, and those below that go on with them."""
    columns: list[int | None] = []
    for row in rows:
        column = row.comment.column if row.comment else None
        goes_on = bool(columns) and columns[-1] == column and not row.blank
        columns.append(column if row.parts or goes_on else None)
    return columns


def _align_comments(run: list[Row]) -> None:
    comments = [row.comment for row in run if row.comment]
    column = max(row.width + GAP for row in run if row.parts)
    if len(run) > 1 or comments[0].gap > GAP:
        column = max(column, comments[0].column)
    for row in run:
        row.column = column
