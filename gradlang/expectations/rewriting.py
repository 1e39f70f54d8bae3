"""`gradlang test --update`: the comments rewritten to what was seen.

Owns the layout of what is written: the first line goes where the first comment
was, every further one on a line of its own. Invariant: nothing but comments `#>`
changes, and what is written holds when the program comes to the same again.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..source import Span
from . import Program
from .trial import Trial, differing

Edit = tuple[int, int, str]  # the text from one offset to another is replaced


def edits(program: Program, trial: Trial) -> Iterator[list[Edit]]:
    """For each expectation that was reached and does not hold, what makes it hold."""
    for expected, outcome in differing(program, trial):
        seen = [f"#> {piece}".rstrip() for piece in outcome.short.split("\n")]
        kept, gone = expected.comments[: len(seen)], expected.comments[len(seen) :]
        newline = "\r\n" if program.source.text[kept[-1].end] == "\r" else "\n"
        yield [
            *((comment.start, comment.end, piece) for comment, piece in zip(kept, seen, strict=False)),
            (kept[-1].end, kept[-1].end, "".join(newline + piece for piece in seen[len(kept) :])),
            *((_line_start(comment), comment.end + len(newline), "") for comment in gone),
        ]


def _line_start(comment: Span) -> int:
    """Where the line of a comment begins, on which nothing else stands."""
    return comment.source.text.rindex("\n", 0, comment.start) + 1


def rewritten(text: str, edits: list[Edit]) -> str:
    """A text with the edits made."""
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text
