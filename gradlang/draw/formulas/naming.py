"""What formulas call the values of one operation.

Owns the choice between a name, a number, the operation written out, and a
stand-in. Invariant: no two values of one operation are called alike, so that a
formula says which it means, even where the program gave one name to several;
no stand-in is a name that the program uses there.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from ...engine.value import Value
from ..pictures.nodes import is_literal, name_of, operation
from .notation import Formula, number, written

WORD = re.compile(r"\w+")
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SHORT = 32  # an unnamed input is written out if it takes no more than this
FEW = 4  # operations of more inputs are not written out
DEPTH = 3  # operations in operations that are written out


def called(v: Value, given: Mapping[Value, Formula] | None = None) -> tuple[list[Formula], list[int]]:
    """What the inputs of an operation are called: no two values alike, so that a formula says which it means.

    By name, as a number, written out if that is short, else as the row's parameter; the second list has the last.
    What is in `given` is called so, wherever it occurs.
    """
    row: Any = v.op
    spellings = {x: spelled(x, DEPTH, given or {}) for x in v.inputs}
    used = words([name_of(v), *[formula.text for formula in spellings.values() if formula is not None]])
    used |= words([x.span.text for x, formula in spellings.items() if formula is None and x.span is not None])
    formulas: dict[Value, Formula] = {}
    stand_ins: list[int] = []
    taken: set[str] = set()
    for i, x in enumerate(v.inputs):
        if x in formulas:
            continue
        formula = spellings[x]
        if formula is None:
            stand_ins.append(i)
            formula = Formula(unlike(used, row.signature.names[i] if i < row.inputs else f"input{i}"))
        if not is_literal(x):
            formula = Formula(unlike(taken, formula.text), formula.level)
            taken.add(formula.text)
        formulas[x] = formula
    return [formulas[x] for x in v.inputs], stand_ins


def words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in WORD.findall(text)}


def unlike(taken: Container[str], text: str) -> str:
    """The text, numbered if it is taken."""
    numbered, n = text, 2
    while numbered in taken:
        numbered, n = text + str(n).translate(SUBSCRIPT), n + 1
    return numbered


def spelled(x: Value, depth: int, given: Mapping[Value, Formula]) -> Formula | None:
    """A value by its name, as a number, or as the operation it is, if all that takes few characters."""
    if x in given:
        return given[x]
    if name_of(x):
        return Formula(name_of(x))
    if is_literal(x):
        return number(x.data)
    if not x.inputs or not depth or len(x.inputs) > FEW:
        return None
    op, inputs = operation(x)
    parts = [part for part in [spelled(y, depth - 1, given) for y in inputs] if part is not None]
    formula = written(op, parts) if len(parts) == len(inputs) else None
    return formula if formula is not None and len(formula.text) <= SHORT else None


def text_with(v: Value, formulas: Sequence[Formula]) -> str:
    """An operation with its inputs, or with their number where they are many."""
    op, inputs = operation(v)
    if len(inputs) > FEW:
        return f"{op} of {len(inputs)} values"
    names = dict(zip(v.inputs, formulas, strict=True))
    return written(op, [names[x] for x in inputs]).text
