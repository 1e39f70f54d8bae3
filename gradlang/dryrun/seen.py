"""What a dry run gives: mistakes, and what names stood for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..diagnostics import Diagnostic


class Observation(NamedTuple):
    """What a name stood for when it was last bound at a place.

    start, end  the name, in code points
    kind        a word for it: `number`, `true/false`, `tensor`, `parameter`, `function`, `text`, `list` …
    shape       `[100, 2]`; empty for what has none
    value       in a few words; empty for what would be long
    gradient    the last backward's, likewise; empty where none has reached it
    is_final    whether it is what a whole run comes to: no loop was cut short before
    is_local    whether it is a function's own, and so of its last call
    """

    start: int
    end: int
    name: str
    kind: str
    shape: str
    value: str
    gradient: str
    is_final: bool
    is_local: bool


class Seen(NamedTuple):
    """What comes of a dry run; `is_complete` unless it had to stop before the program's end."""

    diagnostics: list[Diagnostic]
    observations: list[Observation]
    is_complete: bool


NOTHING = Seen([], [], False)


def together(written: Sequence[Diagnostic], seen: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What was read off the text, and what a run has met besides and is not allowed.

    A line that fails has no value to be thrown away.
    """
    from ..analysis.mistakes.allowances import without_allowed

    seen = without_allowed(seen)
    told = {(d.code, d.span.source, d.span.start) for d in written}
    failed = [span for d in seen for span in (d.span, *[label.span for label in d.labels])]

    def is_hollow(d: Diagnostic) -> bool:
        return d.code == "W0301" and any(
            span.source is d.span.source and d.span.start <= span.start and span.end <= d.span.end for span in failed
        )

    new = [d for d in seen if (d.code, d.span.source, d.span.start) not in told]
    return [*[d for d in written if not is_hollow(d)], *new]
