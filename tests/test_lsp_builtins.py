"""What the pointer shows over builtins: formulas that nobody wrote down."""

from __future__ import annotations

import re

import pytest

from gradlang.engine.ops import TABLE
from gradlang.language import builtins
from gradlang.language.values import Builtin
from gradlang.lsp.builtin_page import formulas

OPERATIONS = {name: x for name in builtins.names() if isinstance(x := builtins.lookup(name), Builtin)}
SMOOTH = [name for name, x in OPERATIONS.items() if x.row is not None and x.row.elementwise and x.row.vjp is not None]


@pytest.mark.parametrize("name", SMOOTH)
def test_every_elementwise_builtin_says_its_derivative(name: str) -> None:
    if name == "where":  # its first input is a condition, which has none
        assert formulas(name) == []
        return
    assert "d/dx" in dict(formulas(name))


@pytest.mark.parametrize("name", OPERATIONS)
def test_formulas_speak_of_what_there_is(name: str) -> None:
    """Of parameters, of the result, and of operations; not of the samples that they were found with."""
    known = {*OPERATIONS[name].signature.names, "out", "grad", "where", "and", "or", "true", "false", "n", *TABLE}
    for _, formula in formulas(name):
        assert not re.search(r"\b4[01]\b", formula)
        assert set(re.findall(r"[a-zA-Z_]\w*", formula)) - {"dim", "keepdim"} <= known


def test_formulas_by_name() -> None:
    assert formulas("tanh") == [("d/dx", "1 - out**2")]
    assert formulas("relu") == [
        ("formula", "maximum(x, 0)"),
        ("d/dx", "0 where x <= 0"),
        ("d/dx", "1 where x > 0"),
    ]
    assert formulas("mean") == [("formula", "sum(x) / n"), ("x.grad", "out.grad / n")]
    assert formulas("cross_entropy") == [("formula", "-mean(sum(target * log_softmax(logits), dim=-1))")]
    assert formulas("print") == formulas("pi") == formulas("no_such_name") == []
