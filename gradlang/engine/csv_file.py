"""Tables in CSV files, read into numbers or text.

Owns what counts as a header, a missing value and a number. The dialect is RFC 4180
with any line ends; the delimiter is found in the first line unless it is given.

Invariant: a table is read whole or not at all, and every failure names the line of
the file and the column, both counted from 1.
"""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from ..faults import Fault, counted, listed
from ..whole_file import read_text
from .charges import listing, making, taking, working
from .value import STATE

MISSING = frozenset(["", "na", "n/a", "nan", "null", "?"])
DELIMITERS = ",;\t"
SAMPLE = 20  # rows below the first in which a number is looked for, to tell a header
CELLS = 40  # bytes that the cells of a line take for each of its characters
NAN = float("nan")

Record = tuple[int, list[str]]  # the line it starts on, and its cells
Column = str | float


class CsvData:
    """What a file held: numbers ([rows, columns], or [rows]), or the texts of one column.

    `missing` cells were read as nan; `first_missing` says where the first of them stands.
    """

    __slots__ = ("data", "first_missing", "missing")

    def __init__(self, data: Any, missing: int = 0, first_missing: str = "") -> None:
        self.data = data
        self.missing = missing
        self.first_missing = first_missing


def load_csv(
    path: str,
    columns: Column | Sequence[Column] | None = None,
    header: bool | None = None,
    missing: float | None = None,
    delimiter: str | None = None,
) -> CsvData:
    """Reads a CSV file.

    columns    names or numbers (from 0) of columns: several give [rows, columns], a single one [rows]
    header     whether the first row names the columns; none: find out
    missing    the number that stands for missing values; none: they are nan, and counted
    delimiter  what separates the cells; none: the first of comma, semicolon and tab in the first line

    Raises Fault E0601, E0602 or E0604.
    """
    table = _Table(path, delimiter, header)
    if columns is None:
        if table.width == 1 and table.mostly_text(0):
            return CsvData(table.texts(0))
        return table.numbers(range(table.width), missing)
    if not isinstance(columns, str | float | int):
        chosen = [table.find(column) for column in columns]
        place = {column: i for i, column in enumerate(dict.fromkeys(chosen))}
        read = table.numbers(list(place), missing)
        if len(place) < len(chosen):  # each was read once, however often it is asked for
            making(len(read.data) * len(chosen))
            read.data = read.data[:, [place[column] for column in chosen]]
        return read
    column = table.find(columns)
    if table.mostly_text(column):
        return CsvData(table.texts(column))
    read = table.numbers([column], missing)
    read.data = read.data[:, 0]
    return read


class _Table:
    """The text of a file, and how to find rows and columns in it."""

    def __init__(self, path: str, delimiter: str | None, header: bool | None) -> None:
        self.path = path
        self.text = read_text(path)
        self.delimiter = _delimiter(self.text) if delimiter is None else delimiter
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise Fault("E0308", "`delimiter` must be a single character, and no quote or line break")
        rows = self.records()
        first = next(rows, None)
        if first is None:
            raise Fault("E0604", f'"{path}" is empty')
        self.first_line, cells = first
        self.width = len(cells)
        self.header = _is_header(cells, islice(rows, SAMPLE)) if header is None else header
        self.names = [cell.strip() for cell in cells] if self.header else []

    def records(self) -> Iterator[Record]:
        """The rows that are not blank."""
        lines: Iterator[str] = io.StringIO(self.text, newline="")
        if STATE.budget is not None:
            lines = map(_roomy, lines)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True, skipinitialspace=True)
        line = 1
        try:
            for cells in reader:
                if cells:
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise self._broken(line, str(error)) from None

    def rows(self) -> Iterator[Record]:
        """The rows below the header, all as wide as the first one."""
        for line, cells in islice(self.records(), int(self.header), None):
            if len(cells) != self.width:
                raise Fault(
                    "E0604",
                    f'"{self.path}", line {line}, column {min(len(cells), self.width) + 1}: '
                    f"the row has {counted(len(cells), 'field')}, but line {self.first_line} has {self.width}",
                    'text that holds the delimiter must stand in quotes: "..."',
                )
            yield line, cells

    def cells(self, column: int) -> list[str]:
        found = [cells[column] for _, cells in self.rows()]
        listing(len(found), 0)
        return found

    def texts(self, column: int) -> list[str]:
        """The cells of a column for the program, as long as its texts may be."""
        found = self.cells(column)
        if STATE.budget is not None:
            STATE.budget.check_text(max(map(len, found), default=0))
        return found

    def mostly_text(self, column: int) -> bool:
        """Whether at least half of the values that are there are text, not numbers."""
        present = [cell for cell in self.cells(column) if not _is_missing(cell)]
        return bool(present) and 2 * sum(not _is_number(cell) for cell in present) >= len(present)

    def numbers(self, columns: Sequence[int], missing: float | None) -> CsvData:
        """Columns as numbers, [rows, columns]."""
        import numpy

        values, lines = array("d"), array("q")
        for line, cells in self.rows():
            try:
                values.extend([float(cells[column]) for column in columns])
            except ValueError:
                values.extend([self._number(line, cells, column) for column in columns])
            lines.append(line)
        if not lines:
            raise Fault("E0604", f'"{self.path}" has a header but no rows', "header=false makes the first row data")
        making(len(values), 1.2)
        with numpy.errstate(over="ignore"):  # what is too large for the run's numbers is inf
            data = numpy.array(values, STATE.dtype).reshape(len(lines), len(columns))
        gaps = numpy.isnan(data)
        if not gaps.any():
            return CsvData(data)
        if missing is not None:
            data[gaps] = missing
            return CsvData(data)
        row, column = divmod(int(gaps.argmax()), len(columns))
        return CsvData(data, int(gaps.sum()), self._place(lines[row], columns[column]))

    def find(self, column: Column) -> int:
        """The index of a column given by name, or by number from 0 (from the end: -1)."""
        if not isinstance(column, str):
            if column == column // 1 and -self.width <= column < self.width:
                return int(column) % self.width
            raise Fault("E0604", f'"{self.path}" has {self.width} columns, numbered from 0 to {self.width - 1}')
        if column in self.places:
            return self.places[column]
        if not self.header:
            raise Fault(
                "E0604",
                f'"{self.path}" has no header, so no column is called "{column}"',
                f"columns are numbered from 0 to {self.width - 1}; header=true makes the first row the header",
            )
        from ..diagnostics.suggest import closest

        raise Fault(
            "E0604",
            f'"{self.path}" has no column "{column}"',
            *[f'did you mean "{name}"?' for name in closest(column, self.names)[:1]],
            f"its columns are {listed(self.names)}",
        )

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each name stands, the first of those that are repeated."""
        return {name: len(self.names) - i for i, name in enumerate(reversed(self.names), 1)}

    def _number(self, line: int, cells: list[str], column: int) -> float:
        cell = cells[column]
        if _is_missing(cell):
            return NAN
        if _is_number(cell):
            return float(cell)
        line += sum(map(_line_breaks, cells[:column]))
        shown = cell if len(cell) <= 40 else cell[:40] + "..."
        raise Fault(
            "E0604",
            f'"{self.path}", {self._place(line, column)}: "{shown}" is not a number',
            self._without_text(),
            "missing values are read as nan where the cell is empty, NA, nan, null or ?",
        )

    def _without_text(self) -> str:
        """The help that names the columns of numbers, as far as the first rows tell."""
        sample = [cells for _, cells in islice(self.rows(), SAMPLE)]
        good = [i for i in range(self.width) if all(_is_number(cells[i]) or _is_missing(cells[i]) for cells in sample)]
        names = [f'"{self.names[i]}"' if self.header else str(i) for i in good]
        if names and len(names) < self.width and len(names) <= 8:
            return f"name the columns of numbers: columns=[{', '.join(names)}]"
        return "name the columns of numbers with columns=[...]; a single column of text can be read by itself"

    def _place(self, line: int, column: int) -> str:
        return f"line {line}, column {column + 1}" + (f" ({self.names[column]})" if self.header else "")

    def _broken(self, line: int, error: str) -> Fault:
        """The failure of a row whose quotes do not match: looks for the first field that is not well-formed."""
        d = re.escape(self.delimiter)
        field = re.compile(rf' *"(?:[^"]|"")*"|(?! *")[^{d}\r\n]*')
        start = at = sum(map(len, islice(io.StringIO(self.text, newline=""), line - 1)))
        column = 1
        while (match := field.match(self.text, at)) and self.text.startswith(self.delimiter, match.end()):
            at = match.end() + 1
            column += 1
        line += _line_breaks(self.text[start:at])
        what = "the field is too long" if error.startswith("field larger") else "the quotes of this field do not match"
        return Fault(
            "E0604",
            f'"{self.path}", line {line}, column {column}: {what}',
            'a quoted field ends with a quote before the delimiter; a quote inside it is written twice: "say ""hi"""',
        )


def _roomy(line: str) -> str:
    """A line whose cells are about to be told apart. Raises Fault where there is no room for them."""
    working(1)
    taking(CELLS * len(line))
    return line


def _delimiter(text: str) -> str:
    """The first of the delimiters that the first line has outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", next(io.StringIO(text), ""))
    return next((d for d in DELIMITERS if d in bare), DELIMITERS[0])


def _is_header(first: list[str], below: Iterator[Record]) -> bool:
    """Whether a first row names columns: text above a number, or nothing but text.

    A file with one column of text has no header: it is a list of names or words.
    """
    texts = [i for i, cell in enumerate(first) if not _is_missing(cell) and not _is_number(cell)]
    rows = [cells for _, cells in below]
    for i in texts:
        present = [cells[i] for cells in rows if i < len(cells) and not _is_missing(cells[i])]
        if present and _is_number(present[0]):
            return True
    return len(first) > 1 and len(texts) == sum(not _is_missing(cell) for cell in first) > 0


def _is_missing(cell: str) -> bool:
    return cell.strip().casefold() in MISSING


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _line_breaks(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")
