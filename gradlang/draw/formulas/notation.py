"""Operations written as the language writes them, with no more parentheses than it needs.

Owns the precedence of what pictures and steps write. Knows operations only as
the text that `pictures.nodes.operation` gives them (`+`, `**2`, `sum dim=0`, `[:, 0]`).

Invariant: a formula reads as the operation it was made of, whatever its operands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ...engine.printing import show

ATTRIBUTE = re.compile(r" (?=\w+=)")  # between one attribute and the next

# How tightly things bind, loosest first. What `//` and `%` give is apart: a sign before it is not a sign inside it.
WORDS, OR, AND, COMPARISON, SUM, ROUNDED, PRODUCT, SIGN, POWER, ATOM = range(10)
LEVELS = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "//": PRODUCT, "%": PRODUCT, "@": PRODUCT, "**": POWER}
LEVELS |= {"or": OR, "and": AND, **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), COMPARISON)}


class Formula(NamedTuple):
    """A text, and how tightly its outermost operator binds."""

    text: str
    level: int = ATOM


def number(x: float) -> Formula:
    """A number, without zeros at its end; a negative one binds as a sign does."""
    text = show(x)
    if "." in text and "e" not in text:
        text = text.rstrip("0")
    return Formula(text, SIGN if text.startswith("-") else ATOM)


def inside(x: Formula, level: int) -> str:
    """An operand where operators of `level` are around it."""
    return x.text if x.level >= level else f"({x.text})"


def written(op: str, operands: Sequence[Formula]) -> Formula:
    """An operation with its operands put in."""
    if op.startswith("["):
        return Formula(inside(operands[0], ATOM) + op)
    if op in LEVELS and len(operands) == 2:
        return infix(op, *operands)
    if op in ("-", "not") and len(operands) == 1:
        sign = "-" if op == "-" else "not "
        return Formula(sign + inside(operands[0], PRODUCT), min(operands[0].level, SIGN))
    if op.startswith("**"):
        return Formula(f"{inside(operands[0], ATOM)}{op}", POWER)
    if op == "transpose":
        text = inside(operands[0], ATOM)
        return Formula(text[:-2] if text.endswith(".T") else f"{text}.T")
    return call(op, operands)


def infix(op: str, x: Formula, y: Formula) -> Formula:
    level = LEVELS[op]
    if op == "**":  # binds to the right, and more tightly than a sign on its left
        return Formula(f"{inside(x, ATOM)}**{inside(y, SIGN)}", level)
    bound = ROUNDED if op in ("//", "%") else level
    return Formula(f"{inside(x, level)} {op} {inside(y, level + 1)}", bound)


def call(op: str, operands: Sequence[Formula]) -> Formula:
    """`sum(x, dim=0)` from `sum dim=0`."""
    name, *attributes = ATTRIBUTE.split(op)
    name, _, subscript = name.partition(" ")
    given = [x.text for x in operands] + [subscript] * bool(subscript) + attributes
    return Formula(f"{name}({', '.join(given)})")
