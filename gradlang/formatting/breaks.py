"""Where lines end.

The user's line breaks stay where the style has room for them; then blocks and
brackets are made whole (a block is on one line or has a line for each
statement, and a closing bracket stands as its opening one does), and what is
wider than WIDTH is opened from the outside in. Invariant: a break is only ever
put where the language ignores it or where a statement ends, and no statements
are joined.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from .pieces import CLOSING, OPENERS, Piece
from .rows import Row, rows_of
from .spacing import may_break

WIDTH = 100


def settle(pieces: list[Piece]) -> list[Row]:
    """Settles the breaks of the pieces; the rows that they make."""
    for i in range(1, len(pieces)):
        if not pieces[i].comments and not may_break(pieces[i - 1], pieces[i]):
            pieces[i].breaks = 0
    for i, piece in enumerate(pieces):
        if piece.kind in OPENERS and piece.kind != "LBRACE":
            _stand_alike(pieces, i)
    while True:
        _make_blocks_whole(pieces)
        rows = rows_of(pieces)
        if not sum([_open_up(pieces, row) for row in rows if row.width > WIDTH and row.parts]):
            return rows


def _break_before(piece: Piece) -> None:
    piece.breaks = max(piece.breaks, 1)


def _stand_alike(pieces: list[Piece], opener: int) -> None:
    """A closing bracket begins a line where the inside of the brackets does."""
    closer = pieces[pieces[opener].mate]
    if pieces[opener + 1].breaks:
        _break_before(closer)
    elif not closer.comments:
        closer.breaks = 0


def _make_blocks_whole(pieces: list[Piece]) -> None:
    """Opens every block with a line break somewhere inside, and with it the other blocks of its `if`.

    Where blocks are open, `else` stands on the line of the `}` before it.
    """
    again = True
    while again:
        again = False
        broken = [False]  # for each open block: whether there is a break inside
        for piece in pieces:
            broken[-1] |= piece.breaks > 0
            if piece.kind == "LBRACE":
                broken.append(False)
            elif piece.kind == "RBRACE" and broken.pop():
                _open_block(pieces, piece.mate)
                again |= any([_open_block(pieces, other) for other in pieces[piece.mate].siblings])
                broken[-1] = True
    for before, piece in pairwise(pieces):
        if piece.kind == "ELSE" and before.breaks and not piece.comments:
            piece.breaks = 0  # `} else {`


def _open_block(pieces: list[Piece], opener: int) -> bool:
    """Gives each statement of a block a line, unless there are lines already; whether anything changed."""
    block, first = pieces[opener], pieces[opener + 1]
    closer = pieces[block.mate]
    if first is closer or (first.breaks and closer.breaks):
        return False
    if not first.breaks:
        for piece in pieces[opener + 1 : block.mate]:
            if piece.separated and piece.inside == opener:
                _break_before(piece)
    _break_before(first)
    _break_before(closer)
    return True


# ── what is too wide ─────────────────────────────────────────────────────────


def _open_up(pieces: list[Piece], row: Row) -> bool:
    """Breaks a row that is too wide at the outermost place where it can be broken; whether there is one."""
    inside = [i for i in range(row.first + 1, row.end) if pieces[i].inside < row.first]  # in no bracket of this row
    apart = [i for i in inside if pieces[i].separated]
    if not apart:
        block = _outermost_block(pieces, row)
        if block is not None:
            return _open_block(pieces, block)
        apart = list(_between_items(pieces, row, inside))
    for i in apart:
        _break_before(pieces[i])
    return bool(apart) or _hang(pieces, row)


def _outermost_block(pieces: list[Piece], row: Row) -> int | None:
    """The first of the outermost blocks that are closed on this row."""
    depth = 0
    found: list[tuple[int, int]] = []
    for i in range(row.first, row.end):
        if pieces[i].kind in OPENERS:
            if pieces[i].kind == "LBRACE" and i + 1 < pieces[i].mate < row.end:
                found.append((depth, i))
            depth += 1
        elif pieces[i].kind in CLOSING:
            depth -= 1
    return min(found)[1] if found else None


def _between_items(pieces: list[Piece], row: Row, inside: list[int]) -> Iterator[int]:
    """Where items of the brackets around the row begin, or the `for` of a comprehension."""
    loops = [i for i in inside if pieces[i].kind == "FOR" and pieces[i].inside >= 0]
    if loops or pieces[row.first].kind == "FOR":
        yield from loops
        return
    for i in inside:
        in_brackets = pieces[i].inside >= 0 and pieces[pieces[i].inside].kind != "LBRACE"
        if in_brackets and pieces[i - 1].kind == "COMMA" and pieces[i].kind not in CLOSING:
            yield i


def _hang(pieces: list[Piece], row: Row) -> bool:
    """Puts the inside of the widest of the outermost brackets on rows of its own."""
    found: list[tuple[int, int]] = []
    column = row.indent
    for i in range(row.first, row.end):
        piece = pieces[i]
        column += len(piece.text) + 1
        last = min(piece.mate, row.end) - 1
        if piece.kind in OPENERS and piece.inside < row.first and last > i + 1 and column <= WIDTH:
            found.append((sum(len(p.text) for p in pieces[i + 1 : last + 1]), -i))
    if not found:
        return False
    opener = -max(found)[1]
    _break_before(pieces[opener + 1])
    _break_before(pieces[pieces[opener].mate])
    return True
