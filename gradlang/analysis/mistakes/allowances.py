"""`# allow W0506`: warnings that the program's author has seen and means.

The comment stands on the line where the finding begins or ends, or alone on
the lines directly above. It names the codes, `# allow W0202 W0506`; what
follows them is for people. Errors cannot be allowed: such a program does not run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...diagnostics import Diagnostic
from ...source import Source, Span
from ..text.lexemes import comments, lexemes

ALLOWANCE = re.compile(r"#+\s*allow\b\s*:?((?:[\s,]*\bW\d{4}\b)+)", re.IGNORECASE)
CODE = re.compile(r"W\d{4}", re.IGNORECASE)


def without_allowed(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics that no comment of their source allows."""
    known: dict[int, dict[int, set[str]]] = {}
    return [d for d in diagnostics if d.severity == "error" or not is_allowed(d, known)]


def is_allowed(diagnostic: Diagnostic, known: dict[int, dict[int, set[str]]]) -> bool:
    span = diagnostic.span
    allowed = known.get(id(span.source))
    if allowed is None:
        allowed = known[id(span.source)] = allowances(span.source)
    return bool(allowed) and any(diagnostic.code in allowed.get(line, ()) for line in lines_of(span))


def lines_of(span: Span) -> tuple[int, int]:
    return span.line, span.source.line_column(max(span.end - 1, span.start))[0]


def allowances(source: Source) -> dict[int, set[str]]:
    """The codes that are allowed on each line."""
    text = source.text
    if not ALLOWANCE.search(text):
        return {}
    found: dict[int, set[str]] = {}
    above: set[str] = set()  # allowed by the comment lines directly above
    expected = 0
    for start, end in comments(text, lexemes(text)):
        line, column = source.line_column(start)
        match = ALLOWANCE.match(text, start, end)
        codes = {code.upper() for code in CODE.findall(match[1])} if match else set()
        if text[start - column + 1 : start].strip():
            found.setdefault(line, set()).update(codes)
            above = set()
            continue
        above = (above if line == expected else set()) | codes
        expected = line + 1
        found.setdefault(expected, set()).update(above)
    return found
