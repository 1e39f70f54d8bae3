"""Diagnostics for the machines that check programs: lines for GitHub's log, and SARIF 2.1.0.

JSON of our own is in `render`. Knows diagnostics, sources and the pages of the
codes. Lines and columns count from 1, in code points; ends are exclusive. What
a program writes here is read by others, so nothing is left out for its length.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .codes import CODES, page

if TYPE_CHECKING:
    from ..source import Span
    from . import Diagnostic, Fix

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def told(d: Diagnostic) -> str:
    """The message with what is said below it."""
    labels = [f"line {x.span.line}: {x.text}" for x in d.labels if x.text]
    return "\n".join([d.message, *labels, *d.notes, *(f"help: {text}" for text in d.help)])


# ── GitHub ───────────────────────────────────────────────────────────────────


def github_line(d: Diagnostic) -> str:
    """A workflow command, which GitHub shows beside the line."""
    line, column = d.span.source.line_column(d.span.start)
    end_line, end_column = d.span.source.line_column(d.span.end)
    properties = {
        "file": d.span.source.name,
        "line": line,
        "endLine": end_line,
        "col": column,
        "endColumn": end_column,
        "title": d.code,
    }
    listed = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in properties.items())
    return f"::{d.severity} {listed}::{_escaped(told(d))}"


def _escaped(text: str, more: str = "") -> str:
    """Line breaks, and in a property what would end it, in the way of URLs; `%` first, as it stands for itself."""
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


# ── SARIF ────────────────────────────────────────────────────────────────────


def render_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """One document of one run; the rules are those of the codes that were found."""
    import json

    from .. import __version__

    codes = sorted({d.code for d in diagnostics})
    driver = {"name": "gradlang", "version": __version__, "rules": [_rule(code) for code in codes]}
    results = [_result(d, codes.index(d.code)) for d in diagnostics]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> dict[str, Any]:
    text = page(code) or CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": CODES[code]},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "warning" if code.startswith("W") else "error"},
    }


def _result(d: Diagnostic, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": d.code,
        "ruleIndex": rule,
        "level": d.severity,
        "message": {"text": told(d)},
        "locations": [{"physicalLocation": _location(d.span)}],
    }
    if d.labels:
        result["relatedLocations"] = [
            {"id": i, "physicalLocation": _location(x.span), "message": {"text": x.text}}
            for i, x in enumerate(d.labels, 1)
        ]
    if d.fixes:
        result["fixes"] = [_fix(fix) for fix in d.fixes]
    return result


def _fix(fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[Any]] = {}
    for span, text in fix.edits:
        replacement = {"deletedRegion": _region(span), "insertedContent": {"text": text}}
        changes.setdefault(_uri(span.source.name), []).append(replacement)
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {"artifactLocation": {"uri": uri}, "replacements": replacements} for uri, replacements in changes.items()
        ],
    }


def _location(span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(span.source.name)}, "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.line_column(span.start)
    end_line, end_column = span.source.line_column(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _uri(name: str) -> str:
    """A file's name as a URI: relative where the name is."""
    from urllib.parse import quote

    path = quote(name.replace(os.sep, "/"))
    return f"file://{'' if path.startswith('/') else '/'}{path}" if os.path.isabs(name) else path
