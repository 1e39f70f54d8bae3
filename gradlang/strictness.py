"""Which warnings of a run are heard, and which end it: `# allow W0508` in the program, `--allow` and `--strict`."""

from __future__ import annotations

from collections.abc import Callable, Collection

from .diagnostics import Diagnostic, GradlangError

Hear = Callable[[Diagnostic], None]


def judged(hear: Hear, is_strict: bool = False, allowed: Collection[str] = ()) -> Hear:
    """Hands on the warnings that nobody allows. If `is_strict`, the first of them is an error: raises GradlangError."""

    def judge(diagnostic: Diagnostic) -> None:
        from .analysis.mistakes.allowances import without_allowed

        if diagnostic.code in allowed or not without_allowed([diagnostic]):
            return
        if is_strict:
            diagnostic.severity = "error"
            raise GradlangError([diagnostic])
        hear(diagnostic)

    return judge
