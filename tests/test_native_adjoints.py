"""What is written down of `backward` against what it does: every row, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from table_cases import DIFFERENTIABLE, cases_of, quiet, random_of, sample  # noqa: F401  quiet is for every test here

from gradlang.engine import autodiff
from gradlang.engine.ops import TABLE
from gradlang.engine.table import plain
from gradlang.engine.value import Box, Value, apply, leaf
from gradlang.native.adjoints import adjoint, adjoint_of
from gradlang.native.tape import register_of


def evaluated(v: Value) -> dict[int, Any]:
    """The gradients of the inputs of an operation, by position, from what is written down of it."""
    rule = adjoint_of(v)
    cells: list[Any] = [v.grad, *[None] * (1 + len(v.inputs)), *rule.numbers]
    for cell in rule.reads:
        cells[cell] = v.data if cell == 1 else v.inputs[cell - 2].data
    for row, read, attrs, form, _ in rule.steps:
        cells.append(TABLE[row].evaluate([cells[i] for i in read], dict(attrs) or None))
        assert register_of(cells[-1]) == form
    return {i: cells[cell] for i, cell in rule.given}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_every_rule_is_written_as_it_is_run(name: str) -> None:
    row, rng = TABLE[name], random_of(name)
    for case in cases_of(row):
        inputs = [leaf(plain(np.asarray(x)), True) for x in sample(row, case.shapes, rng)]
        out = apply(row, *inputs, *[leaf(plain(np.asarray(i))) for i in case.indices], attrs=case.attrs or None)
        if not out.inputs:
            continue
        weights = leaf(plain(np.asarray(rng.normal(size=out.shape))))
        total = apply(TABLE["mul"], out, weights)
        autodiff.backward(apply(TABLE["sum"], total) if out.shape else total)
        found = evaluated(out)
        for i, x in enumerate(out.inputs):
            assert (i in found) == (x.needs and hasattr(x, "grad"))
            if i in found:
                np.testing.assert_array_equal(np.asarray(found[i]), np.asarray(x.grad))


def test_equal_operations_share_what_is_written() -> None:
    x, y = (Box(np.array([1.0, 2.0]), name).value for name in "xy")
    one, other = (apply(TABLE["mul"], x, y) for _ in range(2))
    adjoint.cache_clear()
    assert adjoint_of(one) is adjoint_of(other)
    assert [row for row, *_ in adjoint_of(one).steps] == ["mul", "mul"]
    assert adjoint_of(apply(TABLE["mul"], x, leaf(2.0))).given == ((0, 4),)
