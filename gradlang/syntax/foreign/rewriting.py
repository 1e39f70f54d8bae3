"""Fixes that take more than a template: what is counted, joined or turned around.

Each function gets the match of a row and gives the text that replaces its `edit`,
or none where it does not understand all of it. Knows text alone.
"""

from __future__ import annotations

import re

ELEMENT = re.compile(r"[-+]?(?:[\w.]+(?:\([^()]*\)|\[[^\[\]]*\])*|\([^()]*\))")
# Types of parameters: `x: T` and `x::T`, Go's `x int`, C's `int x`.
AFTER_COLON = re.compile(r"\s*::?\s*&?(?:mut\s+)?[\w.]+(?:\[[^\]]*\]|<[^>]*>)?(?:\s*\|\s*[\w.]+)*")
BEHIND = re.compile(r"(?<=\w)\s+(?:\[\]|\*)?(?:int|float|double|string|bool)\d*(?=\s*[,)])")
IN_FRONT = re.compile(r"(?:^|(?<=[,\s]))(?:const\s+)?[A-Za-z_]\w*[*&]?\s+[*&]?(?=[^\W\d])")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def untyped(head: str) -> str:
    """The head of a definition without the types of its parameters, whichever side they stand on."""
    name, bracket, parameters = head.partition("(")
    for types in (AFTER_COLON, BEHIND, IN_FRONT):
        parameters = types.sub("", parameters)
    return name + bracket + parameters


def above(bound: str) -> str:
    """The bound of a range that comes up to a number, and includes it."""
    bound = bound.strip()
    return str(int(bound) + 1) if bound.isdecimal() else f"{bound} + 1"


def counted(match: re.Match[str]) -> str:
    """`i in range(0, n)` for `(i = 0; i < n; i++)`."""
    end = above(match["b"]) if match["o"] == "<=" else match["b"].strip()
    return (
        f"{match['i']} in range({end})" if match["a"].strip() == "0" else f"{match['i']} in range({match['a']}, {end})"
    )


def ranged(match: re.Match[str]) -> str:
    """`i in range(1, n + 1)` for `i = 1:n`, with a step in the middle of `1:2:n`."""
    first, *step, last = match["e"].split(":")
    behind = f", {step[0].strip()}" if step else ""
    return f"{match['i']} in range({first.strip()}, {above(last)}{behind})"


def spanned(match: re.Match[str]) -> str:
    """`i in range(1, 4)` for `i in 1..=3` and `i = 1 to 3`, which include the end."""
    return f"{match['i']} in range({match['a'].strip()}, {above(match['b'])})"


def listed(match: re.Match[str]) -> str:
    """`arange(1, n + 1)` for `1:n`."""
    return f"arange({match['a']}, {above(match['b'])})"


def matrix(match: re.Match[str]) -> str | None:
    """`[[1, 2], [3, 4]]` for `[1 2; 3 4]`."""
    if ".." in match["r"]:
        return None
    rows = []
    for row in match["r"].replace("‸", "").split(";"):
        elements = ELEMENT.findall(row)
        if not elements or re.sub(r"[\s,]", "", ELEMENT.sub("", row)):
            return None
        rows.append("[" + ", ".join(elements) + "]")
    return rows[0] if len(rows) == 1 else "[" + ", ".join(rows) + "]"


def decimal(match: re.Match[str]) -> str | None:
    """`16` for `0x10`."""
    try:
        return str(int(match["n"], 0))
    except ValueError:
        return None


def lowered(match: re.Match[str]) -> str:
    """`**10` for `¹⁰`."""
    return "**" + match["n"].translate(RAISED)


def interpolated(match: re.Match[str]) -> str | None:
    """`f"{x}"` for a string in backticks with `${x}`."""
    text = match["t"]
    if '"' in text or "\\" in text:
        return None
    holes = re.sub(r"\$\{([^{}]*)\}", r"{\1}", text)
    return f'f"{holes}"' if holes != text else f'"{text}"'
