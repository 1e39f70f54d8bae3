"""Programs that say beside their lines what they expect.

    2 + 3 * 4           #> 14           the value of the expression that ends here, or what the statement printed
    x = [1, 2] @ [1]    #! E0401        a code that is reported on this line
    ---                                 a fresh program; lines count on

What is expected may take several lines: a comment `#>` with a line of its own
goes on with what is expected of the line above, or begins it. How texts are
compared, `agreement` says.

Owns the reading of the comments. Invariant: every offset and line of a program
is one of its file, because what stands around it in the file has become blanks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..source import Source, Span

# A string, in which `#` begins no comment, or a comment.
PIECE = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?P<comment>#.*)""")
VALUE, CODES = re.compile(r"#> ?(.*)"), re.compile(r"#! *([EW]\d.*)")
BETWEEN = "---"


class Expected:
    """What is expected of one line: the text behind each `#>`, and where these comments stand."""

    __slots__ = ("comments", "lines")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.comments: list[Span] = []

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def span(self) -> Span:
        return self.comments[0].to(self.comments[-1])


class Program:
    """One program of a file: `values` and `codes` are what it expects, by line."""

    __slots__ = ("codes", "line", "source", "values")

    def __init__(self, source: Source, line: int) -> None:
        self.source = source
        self.line = line
        self.values: dict[int, Expected] = {}
        self.codes: list[tuple[int, Span]] = []

    @property
    def id(self) -> str:
        """What it is called in a list of programs."""
        return f"{self.source.name}:{self.line}"

    @property
    def count(self) -> int:
        return len(self.values) + len(self.codes)


def programs(text: str, name: str) -> Iterator[Program]:
    """The programs of a file: one, or as many as hold anything between lines of `---`."""
    lines = text.split("\n")
    cuts = [i for i, line in enumerate(lines) if line.strip() == BETWEEN]
    start = 0
    for end in [*cuts, len(lines)]:
        if not cuts or any(line.strip() for line in lines[start:end]):
            before = [re.sub(r"[^\r]", " ", line) for line in lines[:start]]
            yield _program(Source("\n".join([*before, *lines[start:end], ""]), name), start + 1)
        start = end + 1


def _program(source: Source, first: int) -> Program:
    found = Program(source, first)
    at = 0  # the last line that holds more than a comment
    offset = 0
    for number, line in enumerate(source.text.split("\n"), 1):
        comment = next((piece for piece in PIECE.finditer(line.rstrip("\r")) if piece["comment"]), None)
        if line[: comment.start() if comment else None].strip():
            at = number
        if comment and (value := VALUE.match(comment[0])):
            expected = found.values.setdefault(at or number, Expected())
            expected.lines.append(value[1])
            expected.comments.append(Span(source, offset + comment.start(), offset + comment.end()))
        elif comment and (codes := CODES.match(comment[0])):
            start = offset + comment.start() + codes.start(1)
            for code in re.finditer(r"\S+", codes[1]):
                found.codes.append((number, Span(source, start + code.start(), start + code.end())))
        offset += len(line) + 1
    return found
