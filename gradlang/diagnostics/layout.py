"""How a source line lies on the screen.

Owns the translation from code points to columns: tabs, wide and combining
characters, characters that are not for printing, and lines that are too long.
Invariant: a laid out line has one cell for every column; the second column of
a wide character is an empty cell, so cells joined are the line as it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

_TAB = 4
_ELLIPSIS = "..."


def printable(text: str) -> str:
    """The text with everything invisible or dangerous to a terminal written out."""
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    """Control pictures for ASCII controls; `<U+202E>` for what would hide, reorder or not encode."""
    if " " <= char <= "~":
        return char
    code = ord(char)
    if code < 32:
        return chr(0x2400 + code)
    if code == 127:
        return "\u2421"
    from unicodedata import category

    return f"<U+{code:04X}>" if category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else char


def _width(char: str) -> int:
    from unicodedata import category, east_asian_width

    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def excerpt_line(line: str) -> tuple[list[str], Sequence[int]]:
    """The cells of a line, and the column of each code point and of the line's end."""
    if line.isascii() and line.isprintable():
        return list(line), range(len(line) + 1)
    cells: list[str] = []
    columns: list[int] = []
    for char in line:
        columns.append(len(cells))
        if char == "\t":
            cells += " " * (_TAB - len(cells) % _TAB)
            continue
        shown = _visible(char)
        width = _width(char) if shown == char else 1
        if width == 0 and cells:
            columns[-1] = len(cells) - 1
            cells[_head(cells)] += char
        else:
            cells += shown
            cells += [""] * (width - 1)
    columns.append(len(cells))
    return cells, columns


def _head(cells: list[str]) -> int:
    """Where the last character's cell is: not the empty second half of a wide one."""
    return len(cells) - 1 if cells[-1] else len(cells) - 2


def cut(cells: list[str], marks: Sequence[tuple[int, int]], room: int) -> tuple[list[str], int]:
    """At most `room` columns of a line, around its marks, and by how many columns it moved to the left.

    All marks are kept in view if they fit; else the first of the list is.
    """
    if len(cells) <= room:
        return cells, 0
    usable = room - 2 * len(_ELLIPSIS)
    low, high = min((m[0] for m in marks), default=0), max((m[1] for m in marks), default=0)
    if marks and high - low > usable:
        low, high = marks[0]
        high = min(high, low + usable)
    left = min(max((low + high - room) // 2, 0), max(len(cells), high) - room)
    kept = cells[left : left + room]
    if left:
        kept[: len(_ELLIPSIS)] = _ELLIPSIS
        if not kept[len(_ELLIPSIS)]:
            kept[len(_ELLIPSIS)] = " "  # the second half of a wide character
    if left + room < len(cells):
        kept[-len(_ELLIPSIS) :] = _ELLIPSIS
        if not cells[left + room - len(_ELLIPSIS)]:
            kept[-len(_ELLIPSIS) - 1] = " "  # a wide character without its second half
    return kept, left
