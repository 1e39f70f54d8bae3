"""Every place of a text that means what the name at an offset means: what an editor marks."""

from __future__ import annotations

from typing import NamedTuple

from .programs import OneFile, references


class Occurrence(NamedTuple):
    """A name in `[start, end)`; `is_binding` where it gets its value."""

    start: int
    end: int
    is_binding: bool


def occurrences(text: str, offset: int) -> list[Occurrence]:
    """Where the name at an offset stands in its text, in order; nothing where there is no name."""
    return [Occurrence(start, end, is_binding) for _, start, end, is_binding in references(OneFile(text), "", offset)]
