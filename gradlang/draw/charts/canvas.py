"""Characters in rows, and dots in characters.

Owns `Canvas`, which charts for a terminal are put together on: texts, coloured
cells, and curves in braille, whose characters hold 2 x 4 dots each.
"""

from __future__ import annotations

from itertools import groupby

from .inks import painted

BRAILLE = 0x2800
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column of a character
ACROSS, DOWN = 2, 4

Cell = tuple[str, str, str]  # a character, its colour and the one behind it
BLANK: Cell = (" ", "", "")


class Canvas:
    """So many columns and rows of characters, from the top left."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.cells: list[list[Cell]] = [[BLANK] * columns for _ in range(rows)]

    def put(self, column: int, row: int, text: str, ink: str = "", ground: str = "") -> None:
        """A text from a place on; what does not fit is left out."""
        if not 0 <= row < self.rows:
            return
        for i, character in enumerate(text, column):
            if 0 <= i < self.columns:
                self.cells[row][i] = (character, ink, ground)

    def dot(self, x: int, y: int, ink: str) -> None:
        """A braille dot."""
        column, row = x // ACROSS, y // DOWN
        if 0 <= column < self.columns and 0 <= row < self.rows:
            bits = ord(self.cells[row][column][0])
            bits = bits if bits >= BRAILLE else BRAILLE
            self.cells[row][column] = (chr(bits | DOTS[y % DOWN][x % ACROSS]), ink, "")

    def place(self, other: Canvas, column: int, row: int) -> None:
        """Another canvas as a part of this one."""
        for i, cells in enumerate(other.cells):
            if 0 <= row + i < self.rows:
                self.cells[row + i][column : column + len(cells)] = cells

    def lines(self, color: bool) -> list[str]:
        return [line(cells, color) for cells in self.cells]


def line(cells: list[Cell], color: bool) -> str:
    """A row as text, without blanks at its end."""
    if not color:
        return "".join([character for character, _, _ in cells]).rstrip()
    while cells and cells[-1][0] == " " and not cells[-1][2]:
        cells = cells[:-1]
    pieces = groupby(cells, key=lambda cell: cell[1:])
    return "".join([painted("".join([cell[0] for cell in piece]), *inks) for inks, piece in pieces])


def between(x0: int, y0: int, x1: int, y1: int) -> list[tuple[int, int]]:
    """The places of a straight stroke, one a step along its longer side."""
    steps = max(abs(x1 - x0), abs(y1 - y0), 1)
    return [(x0 + round((x1 - x0) * i / steps), y0 + round((y1 - y0) * i / steps)) for i in range(steps + 1)]
