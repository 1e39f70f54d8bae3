"""Loops that count, as C, Go, MATLAB, Julia, R, Rust, Swift and Ruby write them."""

from __future__ import annotations

from .rewriting import counted, ranged, spanned
from .rows import ITEM, NAME, START, Row

_DECLARED = r"(?:(?:int|let|var|size_t|auto|const|long|unsigned|float|double)\s+)?"
_NEXT = r"(?:(?P=i)\s*\+\+|\+\+\s*(?P=i)|(?P=i)\s*\+=\s*1|(?P=i)\s*=\s*(?P=i)\s*\+\s*1)"
_C = rf"{_DECLARED}(?P<i>{NAME})\s*:?=\s*(?P<a>{ITEM})\s*;\s*(?P=i)\s*(?P<o><=?)\s*(?P<b>{ITEM})\s*;\s*{_NEXT}"
_BOUND = r"(?:(?:length|len|numel|size|nrow|ncol)\([^()]*\)|[\w.]*\w)(?:\s*[-+]\s*\d+)?"
_OPEN, _CLOSE = r"for\s*(?P<edit>(?:\(\s*)?", r"(?:\s*\))?)"
_EACH = rf"(?P<i>{NAME})\s*(?:=|\bin\b)\s*"
_COUNTS = "`range(n)` counts from 0 up to n, without n"

LOOPS = [
    Row(
        START + _OPEN + _C + _CLOSE,
        "`for` goes over the elements of a value",
        _COUNTS,
        counted,
        is_safe=True,
        marked=False,
        needs="for",
    ),
    Row(
        START
        + _OPEN
        + rf"(?P<i>{NAME})\s*(?:=|:=|\bin\b|∈)\s*(?P<e>{_BOUND}(?:\s*:\s*{_BOUND}){{1,2}})"
        + _CLOSE
        + r"(?=\s*(?:\{|do\b|$|#|;|%))",
        "`:` makes no range here",
        "`range(a, b)` counts from a up to b, without b",
        ranged,
        is_safe=True,
        marked=False,
        block="braced",
        needs="for",
    ),
    Row(
        START + _OPEN + rf"{_EACH}(?P<a>{_BOUND})\s*(?P<at>\.\.=|\bto\b)\s*(?P<b>{_BOUND})" + _CLOSE,
        "`\\g<at>` makes no range",
        "`range(a, b)` counts from a up to b, without b",
        spanned,
        is_safe=True,
        marked=False,
        needs="for",
    ),
    Row(
        START + _OPEN + rf"{_EACH}(?P<a>{_BOUND}?)\s*(?P<at>\.\.<|\.\.\.?)\s*(?P<b>{_BOUND})" + _CLOSE,
        "`..` makes no range",
        "`range(a, b)` counts from a up to b, without b",
        "\\g<i> in range(\\g<a>, \\g<b>)",
        marked=False,
        needs="for",
    ),
    Row(
        START
        + rf"for\s+(?P<edit>(?P<i>{NAME})(?:\s*,\s*(?P<x>{NAME}))?\s*(?P<at>:=)\s*range\s+(?P<e>[^{{}}#;]+?))\s*\{{",
        "there is no `:=`",
        "write `for \\g<i> in range(\\g<e>) { … }`, or `for i, x in enumerate(xs) { … }`",
        lambda match: None if match["x"] else f"{match['i']} in range({match['e']})",
        marked=False,
    ),
    Row(
        START
        + rf"for\s*(?P<edit>(?P<at>‸\()\s*{_DECLARED}(?P<x>{NAME})\s*(?:\bof\b|\bin\b|:)\s*(?P<e>{ITEM})\s*\))"
        + r"(?=\s*\{)",
        "`for` takes no parentheses",
        "write `for \\g<x> in \\g<e> { … }`",
        "\\g<x> in \\g<e>",
        is_safe=True,
        needs="for",
    ),
    Row(
        START + r"(?P<at>foreach|forall)\s+‸(?=\w)",
        "there is no `\\g<at>`",
        "write `for x in xs { … }`",
        "for",
        is_safe=True,
    ),
    Row(
        START + r"for\s+(?P<edit>(?P<at>each)\s+)‸(?=\w)",
        "there is no `each`",
        "write `for x in xs { … }`",
        "",
        is_safe=True,
    ),
    Row(
        START + r"(?P<edit>(?P<at>repeat)\s+‸(?P<n>[\w.]+))\s*\{",
        "there is no `repeat`",
        "write `for i in range(\\g<n>) { … }`",
        "for i in range(\\g<n>)",
    ),
    Row(
        START + r"(?P<edit>(?P<n>\w+)\s*\.\s*(?P<at>times))\s*(?:‸\{|(?:‸do\b|do\s*‸))",
        "numbers have no `times`",
        "write `for i in range(\\g<n>) { … }`",
        "for i in range(\\g<n>)",
    ),
    Row(
        START + r"(?P<at>loop|repeat)\s*‸\{",
        "there is no `\\g<at>`",
        "write `while true { … }`",
        "while true",
        is_safe=True,
    ),
    Row(
        START + rf"(?P<edit>(?P<at>until)\s+‸(?P<c>{ITEM}))\s*(?=\{{)",
        "there is no `until`",
        "write `while not (\\g<c>) { … }`",
        "while not (\\g<c>)",
        is_safe=True,
        needs="until",
    ),
    Row(
        START + rf"(?P<edit>(?P<at>unless)\s+‸(?P<c>{ITEM}))\s*(?=\{{)",
        "there is no `unless`",
        "write `if not (\\g<c>) { … }`",
        "if not (\\g<c>)",
        is_safe=True,
        needs="unless",
    ),
    Row(
        START + r"(?P<at>do)\s*‸\{",
        "there is no `do`",
        "write `while true { … }`, with `if done { break }` at the end of its body",
    ),
]
