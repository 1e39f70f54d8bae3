"""Where text stands: sources and half-open spans of code points.

Owns the translation from an offset to a line and a column. Knows nothing of
the language. Invariant: `0 <= start <= end <= len(source.text)` for every span.
"""

from __future__ import annotations

from bisect import bisect_right

PRELUDE = "<prelude>"  # the source of builtins written in gradlang, of which users know nothing


class Source:
    """A named text; lines and columns count from 1."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, text: str, name: str = "<input>") -> None:
        self.text = text
        self.name = name
        self._starts: list[int] | None = None

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            starts = [0]
            at = self.text.find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return self._starts

    def line_column(self, offset: int) -> tuple[int, int]:
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of one line, without its line break."""
        starts = self._line_starts()
        start = starts[number - 1]
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    @property
    def line_count(self) -> int:
        return len(self._line_starts())


class Span:
    """A half-open piece `[start, end)` of a source."""

    __slots__ = ("end", "source", "start")

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.source.line_column(self.start)[0]

    @property
    def place(self) -> str:
        """`on line 3 of train.grad`: the line where there are several, the source where it has a name of its own."""
        line = f"on line {self.line}" if "\n" in self.source.text.strip() else ""
        if self.source.name[:1] == "<":
            return line
        return f"{line} of {self.source.name}" if line else f"in {self.source.name}"

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of the other."""
        return Span(self.source, self.start, other.end)

    def __repr__(self) -> str:
        line, column = self.source.line_column(self.start)
        return f"{self.source.name}:{line}:{column}+{self.end - self.start}"
