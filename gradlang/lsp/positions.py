"""Places in a text as the protocol counts them, and as everything else here does.

The protocol counts lines (which end with CR LF, LF or CR) and within a line the
units of UTF-8, UTF-16 or UTF-32; we count code points from the start of the
text. Positions that are not in the text mean the nearest that is; one inside of
a character means its start.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

from lsprotocol import types

LINE_END = re.compile(r"\r\n|\n|\r")


def utf8_units(c: str) -> int:
    code = ord(c)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


def utf16_units(c: str) -> int:
    return 2 if ord(c) > 0xFFFF else 1


UNITS: dict[str, Callable[[str], int]] = {"utf-8": utf8_units, "utf-16": utf16_units, "utf-32": lambda c: 1}


class _Line(NamedTuple):
    """A line without its end. `columns` has the units in front of each character, and all at last; None: one each."""

    start: int
    end: int
    columns: list[int] | None


class Positions:
    """Translates between offsets in one text and positions; what it learns of a line it keeps."""

    __slots__ = ("_lines", "_starts", "_units", "text")

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text = text
        self._units = UNITS[encoding]
        self._starts = [0, *[m.end() for m in LINE_END.finditer(text)]]
        self._lines: dict[int, _Line] = {}

    @property
    def line_count(self) -> int:
        return len(self._starts)

    def line(self, number: int) -> tuple[int, int]:
        """Where a line begins and ends, without its line break."""
        return self._line(number)[:2]

    def line_of(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    def offset(self, position: types.Position) -> int:
        if position.line < 0:
            return 0
        if position.line >= len(self._starts):
            return len(self.text)
        start, end, columns = self._line(position.line)
        character = max(0, position.character)
        if columns is None:
            return min(start + character, end)
        return start + bisect_right(columns, character) - 1

    def position(self, offset: int) -> types.Position:
        return types.Position(*self.place(offset))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and character of an offset, for those who need many."""
        offset = max(0, min(offset, len(self.text)))
        number = self.line_of(offset)
        start, end, columns = self._line(number)
        column = min(offset, end) - start  # between CR and LF there is no place
        return number, column if columns is None else columns[column]

    def offsets(self, range: types.Range) -> tuple[int, int]:
        """A range in order, whichever end of it comes first."""
        start, end = self.offset(range.start), self.offset(range.end)
        return min(start, end), max(start, end)

    def range(self, start: int, end: int) -> types.Range:
        return types.Range(self.position(start), self.position(end))

    def length(self, start: int, end: int) -> int:
        """How many units a stretch takes."""
        piece = self.text[start:end]
        return len(piece) if piece.isascii() else sum(map(self._units, piece))

    def _line(self, number: int) -> _Line:
        found = self._lines.get(number)
        if found is None:
            start = self._starts[number]
            end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)
            text = self.text[start:end].rstrip("\r\n")
            columns = None if text.isascii() else list(accumulate(map(self._units, text), initial=0))
            found = self._lines[number] = _Line(start, start + len(text), columns)
        return found
