"""Text in pieces that say what they are, so that whoever shows it can colour it.

A piece is (role, text). Roles are words such as "name", "number", "gradient",
"operator", "muted" and "heading"; "" is plain. Lines end in the texts.

Widths are columns of a terminal, as `diagnostics.layout` counts them: a wide
character takes two, and what cannot be seen is spelt out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from ...diagnostics.layout import excerpt_line

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
    cells, lines, margin, start = cells_of(fragments), [], 0, 0
    while len(cells) - start > width - margin:
        end = start + width - margin
        at = next((i for i in range(end, start, -1) if cells[i][1] == " " and has_text(cells[start:i])), end)
        if not cells[at][1]:
            at -= 1
        lines.append(joined([("", " ")] * margin + cells[start:at]))
        margin, start = min(indent, width // 2), at
        while start < len(cells) and cells[start][1] == " ":
            start += 1
    if start < len(cells) or not lines:
        lines.append(joined([("", " ")] * margin + cells[start:]))
    return lines


def has_text(cells: Iterable[tuple[str, str]]) -> bool:
    return any(text.strip() for _, text in cells)
