"""The equations of `identities`, each a few times; the command does it a thousand times."""

from __future__ import annotations

import pytest
from identities import IDENTITIES, difference, failures

TIMES = 8


@pytest.mark.parametrize("name", IDENTITIES)
def test_equations_hold(name: str) -> None:
    assert list(failures(IDENTITIES[name], TIMES)) == []


def test_an_equation_that_does_not_hold_is_told_once_and_keeps_no_other() -> None:
    wrong = [("grad(f)(a)", "grad(g)(a)"), ("x", "x"), ("A.T", "A.reshape(m, n)"), ("softmax(A, dim=0)", "softmax(A)")]
    told = [failure.partition(",")[0] for failure in failures(wrong, TIMES)]
    assert sorted(told) == ["A.T = A.reshape(m", "grad(f)(a) = grad(g)(a)", "softmax(A"]


def test_an_equation_that_fails_is_told_with_its_place() -> None:
    (told,) = failures([("A @ A.T @ B", "A")], 1)
    assert "E0401" in told and "A @ A.T @ B" in told


def test_other_shapes_are_never_equal() -> None:
    assert difference([1.0, 2.0], [[1.0, 2.0]]) == float("inf")
    assert difference([1.0, float("nan")], [1.0, 2.0]) != difference([1.0, 2.0], [1.0, 2.0]) == 0
