"""Quotation marks: strings of other kinds, transposes and derivatives."""

from __future__ import annotations

from .rewriting import interpolated
from .rows import Row

QUOTES = [
    Row(
        r"^\s*(?P<edit>(?P<at>(?P<q>\"\"\"|'''))[ \t]*(?P<c>[^\"'\\]*?)[ \t]*(?P=q))\s*$",
        "a string stands on one line",
        "a comment block of `#` lines directly above a definition documents it",
        "# \\g<c>",
        is_safe=True,
        marked=False,
    ),
    Row(
        r"(?P<edit>(?P<at>(?P<q>\"\"\"|'''))(?P<c>[^\"'\\]*)(?P=q))",
        "a string has one quotation mark at each end",
        'write `"\\g<c>"`',
        '"\\g<c>"',
        is_safe=True,
        marked=False,
    ),
    Row(
        r"(?P<at>\"\"‸\"|''‸')",
        "a string stands on one line",
        "a comment block of `#` lines directly above a definition documents it",
    ),
    Row(r"(?P<at>‸f')\(", "there is no `f'`", "`grad(f)` is the derivative of f", "grad(f)", is_safe=True),
    Row(
        r"\b(?P<edit>(?P<g>[^\W\d]\w*)(?P<at>‸'))\(",
        "there is no `\\g<g>'`",
        "`grad(\\g<g>)` is the derivative of \\g<g>",
        "grad(\\g<g>)",
        is_safe=True,
    ),
    Row(r"[\w)\]](?P<at>\s*\.‸')", "`.'` does not transpose", "`x.T` is the transpose of x", ".T"),
    Row(r"[\w)\]](?P<at>‸')", "`'` does not transpose", "`x.T` is the transpose of x", ".T"),
    Row(r"\b(?P<at>F)‸(?=[\"'])", "only a small `f` makes an f-string", 'write `f"…{x}…"`', "f", is_safe=True),
    Row(
        r"\b(?P<at>[bBuU]|[rR](?=‸(?:\"[^\"\\]*\"|'[^'\\]*')))‸(?=[\"'])",
        "only f-strings have a letter in front",
        "leave out the `\\g<at>`",
        "",
        is_safe=True,
    ),
    Row(r"\b(?P<at>[a-zA-Z]{1,2})‸[\"']", "only f-strings have a letter in front", 'write `"…"` or `f"…{x}…"`'),
    Row(
        r"(?P<edit>(?P<at>‸`)(?P<t>[^`]*)`)",
        "a string stands in `\"` or `'`",
        'write `"…"`, or `f"…{x}…"` with values in it',
        interpolated,
        is_safe=True,
    ),
    Row(
        r"[\"'](?P<at>\s*\.\s*)‸(?=[\"'])",
        "`.` joins no strings",
        '`+` does, and `f"…{x}…"` holds values',
        " + ",
        is_safe=True,
    ),
    Row(
        r"(?:\"[^\"‸]*\"|'[^'‸]*')(?P<edit>\s*)‸(?=[\"'])",
        "two strings stand side by side",
        "`+` joins strings, and `,` separates values",
        " + ",
    ),
]
