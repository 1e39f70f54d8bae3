"""What is shown about a builtin: how it is called, what it does, its formula, its derivative, an example.

Formulas are written nowhere: the rules of the table are run on named samples,
as pictures do it, and say themselves what they compute. Where a rule decides by
its input, each branch is told with its condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from ..draw.formulas.derivatives import TERMS, Explanation, Term, explained, tried
from ..draw.formulas.notation import Formula, number, written
from ..draw.pictures.nodes import is_literal, name_of, operation
from ..engine.table import Row, arrays
from ..engine.value import STATE, Data, Value, apply, leaf
from ..language.builtins import is_builtin, lookup
from ..language.values import Builtin
from ..signature import REQUIRED

PLACES = (0.137, 0.637, 0.911)  # of a domain, where rules are tried
MANY = 41  # numbers in a sample; a formula in which this number stands, means how many there are


@cache
def formulas(name: str) -> list[tuple[str, str]]:
    """Lines about a builtin, each with what it is: `formula`, `d/dx` …; none where there is nothing to say."""
    x = lookup(name)
    if not isinstance(x, Builtin):
        return []
    recording, STATE.recording = STATE.recording, True
    try:
        if x.row is not None:
            return list(dict.fromkeys(of_row(x.row)))
        return list(of_function(x)) if x.is_recorded else []
    except Exception:  # an operation that cannot be shown by samples
        return []
    finally:
        STATE.recording = recording


def of_row(row: Row) -> Iterator[tuple[str, str]]:
    if row.vjp is None or row.inputs < 0:
        return
    for shift in range(len(PLACES)) if row.elementwise else [0]:
        inputs = [sample(row, i, shift) for i in range(row.inputs)]
        defaults = row.signature.defaults[row.inputs :]
        out = apply(row, *inputs, attrs=dict(zip(row.attribute_names, defaults, strict=True)) or None)
        said = explained(out, out.data)
        terms = [Term(x.data, Formula(x.name)) for x in inputs]
        made = tried(row.eval, TERMS, *terms, **(out.attrs or {}))
        if isinstance(made, Term) and not made.since and says_more(made.text, said.text, row.signature.names):
            yield "formula", general(made.text)
        yield from derivatives(row, said)


def derivatives(row: Row, said: Explanation) -> Iterator[tuple[str, str]]:
    for name, local, whole in zip(row.signature.names, said.local, said.whole, strict=False):
        term = local if row.elementwise else whole
        if term is not None:
            where = f" where {' and '.join(term.since)}" if term.since else ""
            yield (f"d/d{name}" if row.elementwise else f"{name}.grad"), general(term.text) + where


def of_function(x: Builtin) -> Iterator[tuple[str, str]]:
    """What a function composed of operations computes."""
    given: list[Any] = [
        named(name, arrays.array([0.2, 0.5, 0.3])) for name in x.signature.names[: x.signature.required]
    ]
    out = x.function(*given, *[d for d in x.signature.defaults if d is not REQUIRED])
    formula = computed(out).text if isinstance(out, Value) and out.inputs else ""
    if formula and says_more(formula, "", x.signature.names):
        yield "formula", formula


def computed(x: Value) -> Formula:
    """How a value was computed from named ones."""
    if name_of(x):
        return Formula(name_of(x))
    if is_literal(x):
        return number(x.data)
    op, inputs = operation(x)
    return written(op, [computed(y) for y in inputs])


def sample(row: Row, i: int, shift: int) -> Value:
    low, high = row.domain[i]
    if row.elementwise:
        return named(row.signature.names[i], low + (high - low) * PLACES[(i + shift) % len(PLACES)])
    step = (high - low) / MANY
    return named(row.signature.names[i], arrays.array([low + step * k for k in range(MANY)]))


def named(name: str, data: Data) -> Value:
    x = leaf(data, True)
    x.name = name
    return x


def says_more(formula: str, call: str, names: tuple[str, ...]) -> bool:
    """Whether a formula explains the call, and speaks only of builtins and of the parameters."""
    if formula == call or formula in names:
        return False
    words = set(re.findall(r"\b[a-zA-Z_]\w*\b(?!=)", formula))
    return all(word in names or word in ("true", "false") or is_builtin(word) for word in words)


def general(formula: str) -> str:
    """A formula of samples, as one of any number of numbers."""
    formula = re.sub(rf" spread over \[{MANY}\]", "", formula)
    return re.sub(rf"\b{MANY}\b", "n", re.sub(rf"\b{MANY - 1}\b", "(n - 1)", formula))
