"""What was seen of a text, carried over an edit of it.

Owns the movement of places: what lies behind an edit moves with the text, what
the edit touches is dropped. Fixes are not carried: they rest on more of the
text than they name.
"""

from __future__ import annotations

from ..diagnostics import Diagnostic, Label
from ..dryrun.seen import Observation, Seen
from ..source import Source, Span


class Edit:
    """`[start, end)` was replaced by what now ends at `new_end`, in what is now the text of `source`."""

    def __init__(self, start: int, end: int, new_end: int, source: Source) -> None:
        self.start = start
        self.end = end
        self.shift = new_end - end
        self.source = source

    def moved(self, start: int, end: int) -> tuple[int, int] | None:
        if end < self.start:
            return start, end
        return (start + self.shift, end + self.shift) if start > self.end else None

    def span(self, span: Span) -> Span | None:
        if span.source.name != self.source.name:
            return span
        place = self.moved(span.start, span.end)
        return None if place is None else Span(self.source, *place)

    def diagnostic(self, d: Diagnostic) -> Diagnostic | None:
        span, labels = self.span(d.span), [(self.span(label.span), label.text) for label in d.labels]
        if span is None:
            return None
        kept = [Label(place, text) for place, text in labels if place is not None]
        return Diagnostic(d.code, d.message, span, d.severity, d.label, kept, d.notes, d.help)

    def observation(self, o: Observation) -> Observation | None:
        place = self.moved(o.start, o.end)
        return None if place is None else o._replace(start=place[0], end=place[1])

    def seen(self, seen: Seen) -> Seen:
        diagnostics = [d for d in map(self.diagnostic, seen.diagnostics) if d is not None]
        observations = [o for o in map(self.observation, seen.observations) if o is not None]
        return Seen(diagnostics, observations, seen.is_complete)
