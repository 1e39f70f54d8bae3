"""Diagnostics as data: one type, raised as one exception, rendered elsewhere.

A diagnostic always has a code and a place. Renderers (`render`) and the pages
behind `gradlang explain` (`pages`) read it; nothing here prints. Plain classes:
the module of data classes would be a tenth of the start of every program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..faults import Fault
from ..source import Span

Severity = Literal["error", "warning"]
MOST_ERRORS = 50  # of a program; nobody reads more in one go
LONGEST = 2000  # characters of what is said at one place: a name may be as long as a program


def shortened(text: str) -> str:
    """A text without its middle, where it is too long for anybody to read."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}…{text[-LONGEST // 2 :]}"


class Label:
    """A remark on a piece of the source beside the main one."""

    __slots__ = ("span", "text")

    def __init__(self, span: Span, text: str) -> None:
        self.span = span
        self.text = shortened(text)


class Fix:
    """Edits that would mend the program; each replaces a span by a text.

    A fix is safe where there is nothing to choose: it says in gradlang what was
    written in other signs, or changes nothing that the program comes to.
    """

    __slots__ = ("edits", "is_safe", "title")

    def __init__(self, title: str, edits: list[tuple[Span, str]], is_safe: bool = False) -> None:
        self.title = title
        self.edits = edits
        self.is_safe = is_safe


class Diagnostic:
    """One finding: its code, what it says, and where."""

    __slots__ = ("code", "fixes", "help", "label", "labels", "message", "notes", "severity", "span")

    def __init__(
        self,
        code: str,
        message: str,
        span: Span,
        severity: Severity = "error",
        label: str = "",  # what is said at the main span itself
        labels: Sequence[Label] = (),
        notes: Sequence[str] = (),
        help: Sequence[str] = (),
        fixes: Sequence[Fix] = (),
    ) -> None:
        self.code = code
        self.message = shortened(message)
        self.span = span
        self.severity = severity
        self.label = shortened(label)
        self.labels = list(labels)
        self.notes = [shortened(text) for text in notes]
        self.help = [shortened(text) for text in help]
        self.fixes = list(fixes)


def placed(fault: Fault, span: Span) -> Diagnostic:
    """A fault as the diagnostic of a place."""
    return Diagnostic(fault.code, fault.message, span, notes=fault.notes, help=fault.help)


class GradlangError(Exception):
    """A program could not be read or run; `diagnostics` says why, in order of place, the first of them."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = list(diagnostics)[:MOST_ERRORS]
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from .render import render_text

        return "\n\n".join(render_text(d) for d in self.diagnostics)
