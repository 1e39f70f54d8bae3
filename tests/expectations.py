"""Programs that say beside their lines what they expect.

    2 + 3 * 4           #> 14           the value of the expression that ends here, or what the statement prints
    x = [1, 2] @ [1]    #! E0401        a code that is reported on this line
    ---                                 a fresh program; lines count on

Values are compared by what `repr` writes, numbers as numbers. What is printed
may take several lines: a comment line that begins with `#>` continues the
expectation above it. Every code that is reported must be expected, and every
expectation reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy

from gradlang.diagnostics import Diagnostic, GradlangError
from gradlang.language.display import exact_text, is_shown
from gradlang.language.runtime import running
from gradlang.session import Session
from gradlang.source import Source
from gradlang.syntax import tree

# Four digits after the point are enough to state a number.
TOLERANCE = 5.1e-5

EXPECTED = re.compile(r"#(>|!(?= [EW]\d)) ?(.*)$")
PIECES = re.compile(
    r'(?P<text>"(?:\\.|[^"\\])*")'
    r"|(?P<number>(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<blank>\s+)|(?P<other>\w+|.)",
    re.DOTALL,
)


@dataclass
class Program:
    """One program of a file, padded so that its line numbers are the file's."""

    source: str
    name: str
    values: dict[int, list[str]] = field(default_factory=dict)  # line -> what is expected there
    codes: list[tuple[int, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"{Path(self.name).stem}:{len(self.source) - len(self.source.lstrip(chr(10))) + 1}"


def programs(text: str, name: str) -> Iterator[Program]:
    """The programs of a golden file."""
    start = 0
    lines = text.splitlines()
    for end in [i for i, line in enumerate(lines) if line.strip() == "---"] + [len(lines)]:
        if any(line.strip() for line in lines[start:end]):
            yield program(lines[start:end], start, name)
        start = end + 1


def program(lines: list[str], skipped: int, name: str) -> Program:
    found = Program("\n" * skipped + "\n".join(lines) + "\n", name)
    above = 0
    for number, line in enumerate(lines, skipped + 1):
        match = EXPECTED.search(line)
        if match is None:
            continue
        if match[1] == "!":
            found.codes += [(number, code) for code in match[2].split()]
        elif line.lstrip().startswith("#>"):
            found.values[above].append(match[2])
        else:
            above = number
            found.values[number] = [match[2]]
    return found


def observe(source: Source, folder: str) -> tuple[dict[int, str], list[Diagnostic]]:
    """What each line of a program was worth or printed, by the line its statement ends on, and what was reported."""
    seen: dict[int, str] = {}
    printed: list[str] = []
    reported: list[Diagnostic] = []

    def watch(node: tree.Stmt, value: Any) -> None:
        line, _ = source.line_column(max(node.span.end - 1, node.span.start))
        seen[line] = exact_text(value) if is_shown(value) else "".join(printed).rstrip("\n")
        printed.clear()

    with running(folder, printed.append, reported.append), numpy.errstate(all="ignore"):
        try:
            Session().run(source, reported.append, watch=watch)
        except GradlangError as error:
            reported += error.diagnostics
    return seen, reported


def check(wanted: Program, folder: str) -> None:
    """Runs a program; fails where it does not do what it says."""
    source = Source(wanted.source, wanted.name)
    seen, reported = observe(source, folder)
    codes = [(d.span.line if d.span.source is source else 0, d.code) for d in reported]
    assert sorted(codes) == sorted(wanted.codes), "\n".join(str(GradlangError([d])) for d in reported) or "it ran well"
    for line, expected in wanted.values.items():
        assert line in seen, f"{wanted.name}:{line}: no statement ends here, or it was not reached"
        assert same(seen[line], "\n".join(expected)), f"{wanted.name}:{line}: got {seen[line]}"


def same(seen: str, wanted: str) -> bool:
    """Whether two texts say the same: numbers within TOLERANCE, blanks outside of quotes ignored."""
    ours, theirs = pieces(seen), pieces(wanted)
    return len(ours) == len(theirs) and all(map(same_piece, ours, theirs))


def same_piece(seen: str | float, wanted: str | float) -> bool:
    if isinstance(seen, float) and isinstance(wanted, float):
        return abs(seen - wanted) <= TOLERANCE * max(1.0, abs(wanted))
    return seen == wanted


def pieces(text: str) -> list[str | float]:
    return [
        float(match[0]) if match.lastgroup == "number" else match[0]
        for match in PIECES.finditer(text)
        if match.lastgroup != "blank"
    ]
