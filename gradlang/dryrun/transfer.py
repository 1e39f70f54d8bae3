"""What a dry run has seen, as JSON on one line, and back.

Places lie in sources; a source is told by its number: 0 is the program itself,
which both sides have, the others (imported files) follow with their texts.
"""

from __future__ import annotations

import json
from typing import Any

from ..diagnostics import Diagnostic, Fix, Label
from ..source import Source, Span
from .seen import Observation, Seen


def written(seen: Seen, source: Source) -> str:
    sources = [source]

    def place(span: Span) -> list[int]:
        if span.source not in sources:
            sources.append(span.source)
        return [sources.index(span.source), span.start, span.end]

    diagnostics = [_diagnostic_data(d, place) for d in seen.diagnostics]
    others = [[other.name, other.text] for other in sources[1:]]
    return json.dumps([others, diagnostics, seen.observations, seen.is_complete])


def read(text: str, source: Source) -> Seen:
    others, diagnostics, observations, is_complete = json.loads(text)
    sources = [source, *[Source(text, name) for name, text in others]]

    def place(data: list[int]) -> Span:
        return Span(sources[data[0]], data[1], data[2])

    return Seen(
        [_diagnostic(data, place) for data in diagnostics], [Observation(*o) for o in observations], is_complete
    )


def _diagnostic_data(d: Diagnostic, place: Any) -> list[Any]:
    labels = [[place(label.span), label.text] for label in d.labels]
    fixes = [[fix.title, [[place(span), text] for span, text in fix.edits], fix.is_safe] for fix in d.fixes]
    return [d.code, d.message, place(d.span), d.severity, d.label, labels, d.notes, d.help, fixes]


def _diagnostic(data: list[Any], place: Any) -> Diagnostic:
    code, message, span, severity, label, labels, notes, help, fixes = data
    return Diagnostic(
        code, message, place(span), severity, label, [Label(place(at), text) for at, text in labels], notes, help,
        [Fix(title, [(place(at), text) for at, text in edits], is_safe) for title, edits, is_safe in fixes],
    )  # fmt: skip
