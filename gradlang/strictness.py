"""Which warnings of a run are heard, and which end it: `# allow W0508` in the program, `--allow` and `--strict`.

Invariant: the same is said once, however often a run comes to it, and what is heard counts as output.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from .diagnostics import Diagnostic, GradlangError, placed
from .engine.value import STATE
from .faults import Fault

Hear = Callable[[Diagnostic], None]


def judged(hear: Hear, is_strict: bool = False, allowed: Collection[str] = ()) -> Hear:
    """Hands on the warnings that nobody allows, each once.

    Raises GradlangError for the first of them if `is_strict`, and for what is more than the run may still write.
    """
    heard: set[Any] = set()

    def judge(diagnostic: Diagnostic) -> None:
        from .analysis.mistakes.allowances import without_allowed

        span = diagnostic.span
        what = diagnostic.code, diagnostic.message, span.source, span.start, span.end
        if what in heard or diagnostic.code in allowed or not without_allowed([diagnostic]):
            return
        if is_strict:
            diagnostic.severity = "error"
            raise GradlangError([diagnostic])
        count(diagnostic)
        heard.add(what)
        hear(diagnostic)

    return judge


def count(warning: Diagnostic) -> None:
    """Takes a warning, as it will be shown, off what the run may write. Raises GradlangError."""
    if STATE.budget is None:
        return
    from .diagnostics.render import render_text

    try:
        STATE.budget.output(len(render_text(warning)))
    except Fault as fault:
        raise GradlangError([placed(fault, warning.span)]) from None
