"""What a dry run gives: mistakes, and what names stood for."""

from __future__ import annotations

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
