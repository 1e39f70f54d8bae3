"""Text in pieces that say what they are, so that whoever shows it can colour it.

A piece is (role, text). Roles are words such as "name", "number", "gradient",
"operator", "muted" and "heading"; "" is plain. Lines end in the texts.

Widths are columns of a terminal, as `diagnostics.layout` counts them: a wide
character takes two, and what cannot be seen is spelt out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from ..diagnostics.layout import excerpt_line

Fragments = list[tuple[str, str]]


def plain(fragments: Iterable[tuple[str, str]]) -> str:
    """The text alone."""
    return "".join([text for _, text in fragments])


def cells_of(fragments: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """One line, a piece for every column; the second of a wide character is empty."""
    return [(role, cell) for role, text in fragments for cell in excerpt_line(text)[0]]


def joined(cells: Iterable[tuple[str, str]]) -> Fragments:
    """Neighbours of one role as one piece."""
    return [(role, plain(group)) for role, group in groupby(cells, key=lambda cell: cell[0])]


def width_of(text: str) -> int:
    """The columns that one line of text takes."""
    return len(excerpt_line(text)[0])


def fitted(fragments: Fragments, width: int, ellipsis: str = "…") -> Fragments:
    """One line as it is to be shown, in at most `width` columns; what is cut off ends in the ellipsis."""
    cells = cells_of(fragments)
    if len(cells) <= width:
        return joined(cells)
    kept = max(width - len(ellipsis), 0)
    if kept and not cells[kept][1]:  # half of a wide character
        kept -= 1
    role = cells[max(kept - 1, 0)][0]
    return joined([*cells[:kept], *[(role, c) for c in ellipsis[:width]]])


def wrapped(fragments: Fragments, width: int, indent: int = 0) -> list[Fragments]:
    """Lines of at most `width` columns, broken at spaces where there are any; later lines are indented."""
    cells, lines, margin = cells_of(fragments), [], 0
    while len(cells) > width - margin:
        room = width - margin
        at = next((i for i in range(room, 0, -1) if cells[i][1] == " " and any(c.strip() for _, c in cells[:i])), room)
        if not cells[at][1]:
            at -= 1
        lines.append(joined([("", " ")] * margin + cells[:at]))
        margin = min(indent, width // 2)
        while cells and cells[at : at + 1] and cells[at][1] == " ":
            at += 1
        cells = cells[at:]
    return [*lines, joined([("", " ")] * margin + cells)] if cells or not lines else lines
