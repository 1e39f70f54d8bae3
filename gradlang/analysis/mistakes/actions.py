"""What an editor offers to do at a place: mend what is wrong there, or name an expression.

Knows the fixes of diagnostics, which decide themselves what they change and
whether that is safe, and joins them; computes no fix of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...diagnostics import Diagnostic, Fix
from ...source import Source
from ...syntax import tree
from ...syntax.recovery import recovered
from .extraction import extraction

Edit = tuple[int, int, str]
QUOTED = 30  # characters of an expression in a title


class Action(NamedTuple):
    """Edits in order of place, without overlaps; `diagnostic` is what they mend.

    An action is safe where it keeps or restores the meaning. `kind` is quickfix, refactor.extract or source.fixAll.
    """

    title: str
    edits: list[Edit]
    diagnostic: Diagnostic | None
    is_safe: bool
    kind: str = "quickfix"


def actions(
    source: Source, diagnostics: Sequence[Diagnostic], start: int, end: int, module: tree.Module | None = None
) -> list[Action]:
    """What can be done in `[start, end)`, mending first; `module` is the source's, if it has been read."""
    start, end = sorted([max(0, min(offset, len(source.text))) for offset in (start, end)])
    found = [
        Action(fix.title, edits_of(fix), diagnostic, fix.is_safe)
        for diagnostic in diagnostics
        for fix in diagnostic.fixes
        if touches(diagnostic, fix, start, end) and not overlap(edits_of(fix))
    ]
    module = module or (recovered(source).module if start < end else None)
    taken_out = extraction(source, module, start, end) if module and start < end else None
    if taken_out is not None:
        shown = " ".join(source.text[start:end].split())
        shown = shown if len(shown) <= QUOTED else shown[:QUOTED] + " …"
        title = f"give `{shown}` a name"
        found.append(Action(title, taken_out.edits, None, True, "refactor.extract"))
    everything = fix_all(diagnostics)
    return [*found, everything] if everything is not None else found


def fix_all(diagnostics: Iterable[Diagnostic]) -> Action | None:
    """All that can be mended without a choice, at once; of fixes that meet, the first."""
    edits: list[Edit] = []
    for diagnostic in diagnostics:
        for fix in [fix for fix in diagnostic.fixes if fix.is_safe][:1]:
            joined = sorted({*edits, *edits_of(fix)})
            if not overlap(joined):
                edits = joined
    return Action("fix all safe problems", edits, None, True, "source.fixAll") if edits else None


def edits_of(fix: Fix) -> list[Edit]:
    return sorted([(span.start, span.end, text) for span, text in fix.edits])


def overlap(edits: Sequence[Edit]) -> bool:
    """Whether two edits in order change the same text, or insert at the same place."""
    return any([b[0] < a[1] or a[:2] == b[:2] for a, b in zip(edits, edits[1:], strict=False)])


def touches(diagnostic: Diagnostic, fix: Fix, start: int, end: int) -> bool:
    """Whether a stretch meets a diagnostic or one of its edits; an empty one also at their ends."""
    spans = [diagnostic.span, *[span for span, _ in fix.edits]]
    return any([span.start <= end and start <= span.end for span in spans])
