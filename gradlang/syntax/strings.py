"""Reads what stands between the quotes: escapes, and the holes of f-strings.

Knows text and offsets, not the grammar. Invariant: every offset is one of the
source, so that a fault inside a string points at its own place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..diagnostics import Diagnostic, Fix
from ..source import Source, Span

Report = Callable[[Diagnostic], None]

ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "'": "'"}
# In an f-string the braces of \u{…} are no hole, so escapes come first.
PIECE = re.compile(r"\\u\{[^}]*\}|\\.|\{\{|\}\}|[{}]")
HOLE = re.compile(r"\"(?:\\.|[^\"])*\"|'(?:\\.|[^'])*'|[()\[\]{}:]")


class HoleText(NamedTuple):
    """Where a hole stands: its braces, its expression and its format."""

    span: Span
    start: int
    end: int
    format: str


def unescape(source: Source, start: int, end: int, report: Report) -> str:
    """The text that `source[start:end]`, the inside of a plain string, stands for."""
    parts: list[str] = []
    at = start
    for match in PIECE.finditer(source.text, start, end):
        if match[0][0] == "\\":
            parts += source.text[at : match.start()], _escape(source, match, report)
            at = match.end()
    return "".join(parts) + source.text[at:end]


def interpolation(source: Source, start: int, end: int, report: Report) -> Iterator[str | HoleText]:
    """The literal texts and the holes of the inside of an f-string, in order."""
    literal: list[str] = []
    at = start
    while match := PIECE.search(source.text, at, end):
        literal.append(source.text[at : match.start()])
        at = match.end()
        piece = match[0]
        if piece[0] == "\\":
            literal.append(_escape(source, match, report))
        elif piece in ("{{", "}}"):
            literal.append(piece[0])
        elif piece == "}":
            report(_stray_brace(Span(source, match.start(), match.end())))
        else:
            hole = _hole(source, match, end, report)
            if hole is None:
                return
            if any(literal):
                yield "".join(literal)
            literal = []
            yield hole
            at = hole.span.end
    literal.append(source.text[at:end])
    if any(literal):
        yield "".join(literal)


def _hole(source: Source, opening: re.Match[str], end: int, report: Report) -> HoleText | None:
    """The hole that opens here; the format starts at the first `:` outside of brackets."""
    opened = 0  # braces only: the parser has more to say about other brackets
    inner = 0
    colon: int | None = None
    for match in HOLE.finditer(source.text, opening.end(), end):
        mark = match[0]
        if mark == "}" and opened == 0:
            value_end = match.start() if colon is None else colon
            return HoleText(
                Span(source, opening.start(), match.end()),
                opening.end(),
                value_end,
                "" if colon is None else source.text[colon + 1 : match.start()],
            )
        if mark == ":" and opened + inner == 0 and colon is None:
            colon = match.start()
        elif mark in "{}":
            opened += 1 if mark == "{" else -1
        elif mark in "([)]":
            inner = max(0, inner + (1 if mark in "([" else -1))
    span = Span(source, opening.start(), opening.end())
    help = ["close it with `}`, before the string ends; a brace itself is written `{{`"]
    report(Diagnostic("E0109", "this `{` is never closed", span, help=help))
    return None


def _stray_brace(span: Span) -> Diagnostic:
    help = "in an f-string a brace itself is written `}}`"
    fix = Fix("double the brace", [(span, "}}")])
    return Diagnostic("E0109", "this `}` closes nothing", span, help=[help], fixes=[fix])


def _escape(source: Source, match: re.Match[str], report: Report) -> str:
    escape = match[0]
    if escape[1] in ESCAPES:
        return ESCAPES[escape[1]]
    span = Span(source, match.start(), match.end())
    if escape[1] == "u":
        return _code_point(escape, span, report)
    fix = Fix("write a backslash", [(span, "\\" + escape)], is_safe=True)
    known = "known are `\\n` `\\t` `\\\\` `\\\"` `\\'` and `\\u{…}`; a backslash itself is `\\\\`"
    report(Diagnostic("E0104", f"unknown escape `{escape}`", span, help=[known], fixes=[fix]))
    return ""


def _code_point(escape: str, span: Span, report: Report) -> str:
    digits = escape[3:-1] if escape.endswith("}") else ""
    if re.fullmatch(r"[0-9a-fA-F]{1,6}", digits):
        code = int(digits, 16)
        if code < 0x110000 and not 0xD800 <= code < 0xE000:
            return chr(code)
    message = f"`{escape}` names no character"
    report(Diagnostic("E0104", message, span, help=["write the code point in hexadecimal, as in `\\u{3b1}` for α"]))
    return ""
