"""Diagnostics as data: one type, raised as one exception, rendered elsewhere.

A diagnostic always has a code and a place. Renderers (`render`) and the pages
behind `gradlang explain` (`pages`) read it; nothing here prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..source import Span

Severity = Literal["error", "warning"]


@dataclass(slots=True, eq=False, repr=False)
class Label:
    """A remark on a piece of the source beside the main one."""

    span: Span
    text: str


@dataclass(slots=True, eq=False, repr=False)
class Fix:
    """Edits that would mend the program; each replaces a span by a text."""

    title: str
    edits: list[tuple[Span, str]]


@dataclass(slots=True, eq=False, repr=False)
class Diagnostic:
    """One finding: its code, what it says, and where."""

    code: str
    message: str
    span: Span
    severity: Severity = "error"
    label: str = ""  # what is said at the main span itself
    labels: list[Label] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    help: list[str] = field(default_factory=list)
    fixes: list[Fix] = field(default_factory=list)


class GradlangError(Exception):
    """A program could not be read or run; `diagnostics` says why, in order of place."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = list(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from .render import render_text

        return "\n\n".join(render_text(d) for d in self.diagnostics)
