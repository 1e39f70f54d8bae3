"""Diagnostics as the protocol wants them.

Owns what of a diagnostic goes where. A remark on another file is related
information, and so is the place of a mistake in an imported file, which is
shown here at the import that leads to it, or at the first of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from lsprotocol import types
from pygls.uris import from_fs_path

from ..diagnostics import Diagnostic
from ..source import Source, Span
from ..syntax import tree
from .documents import Document
from .positions import Positions

SEVERITY = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}
UNNECESSARY = frozenset({"W0202", "W0203", "W0301"})  # what nobody reads or sees


def message(document: Document, d: Diagnostic) -> types.Diagnostic:
    """A diagnostic of this document."""
    home = next((span for span in places(d) if is_here(document, span)), None) or import_of(document, d.span.source)
    return types.Diagnostic(
        range=document.positions.range(home.start, home.end),
        message=text(d),
        severity=SEVERITY[d.severity],
        code=d.code,
        source="gradlang",
        tags=[types.DiagnosticTag.Unnecessary] if d.code in UNNECESSARY else None,
        related_information=list(related(document, d, home)) or None,
    )


def text(d: Diagnostic) -> str:
    """What is said besides the places: one remark a line."""
    label = [d.label] if d.label and d.label not in d.message else []
    return "\n".join([d.message, *label, *[f"note: {note}" for note in d.notes], *[f"help: {help}" for help in d.help]])


def places(d: Diagnostic) -> list[Span]:
    return [d.span, *[label.span for label in d.labels]]


def import_of(document: Document, source: Source) -> Span:
    """The import of a file, or of what imports it."""
    found = [node for node in document.findings.module.body if isinstance(node, tree.Import)]
    name = os.path.splitext(os.path.basename(source.name))[0]
    return next((n.span for n in [*[n for n in found if n.module.id == name], *found]), Span(document.source, 0, 0))


def is_here(document: Document, span: Span) -> bool:
    return span.source.name == document.name


def related(document: Document, d: Diagnostic, home: Span) -> Iterator[types.DiagnosticRelatedInformation]:
    if not is_here(document, d.span):
        yield types.DiagnosticRelatedInformation(location(document, d.span), d.label or d.message)
    for label in d.labels:
        if label.span is not home:
            yield types.DiagnosticRelatedInformation(location(document, label.span), label.text)


def location(document: Document, span: Span) -> types.Location:
    if is_here(document, span):
        return types.Location(document.uri, document.positions.range(span.start, span.end))
    return types.Location(
        address(span.source), Positions(span.source.text, document.encoding).range(span.start, span.end)
    )


def address(source: Source) -> str:
    return from_fs_path(source.name) or source.name
