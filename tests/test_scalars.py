"""IEEE arithmetic on Python floats against NumPy, over the numbers where they could part."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from gradlang import scalars

NUMBERS = [
    *[s * x for x in (0.0, 1.0, math.inf, 5e-324, 1e-308, 1.7e308, 0.5, 1.5, 2.5, 3.0, 7.25, 1e16) for s in (1, -1)],
    math.nan,
]  # fmt: skip

EXACT: dict[str, Any] = {
    "div": np.divide, "floordiv": np.floor_divide, "mod": np.remainder, "abs": np.absolute, "sqrt": np.sqrt,
    "sign": np.sign, "floor": np.floor, "round": np.rint,
}  # fmt: skip
ORDER: dict[str, Any] = {"minimum": np.minimum, "maximum": np.maximum}  # of two zeros NumPy takes either
ROUNDED: dict[str, Any] = {
    "exp": np.exp, "log": np.log, "log1p": np.log1p, "sin": np.sin, "cos": np.cos, "tan": np.tan, "tanh": np.tanh,
    "pow": np.power,
}  # fmt: skip


def points(name: str) -> list[tuple[float, ...]]:
    two = name in ("div", "floordiv", "mod", "pow", "minimum", "maximum")
    return list(itertools.product(NUMBERS, repeat=2 if two else 1))


def bits(x: Any) -> bytes:
    return b"nan" if x != x else np.float64(x).tobytes()


@pytest.mark.parametrize("name", EXACT)
def test_to_the_last_bit(name: str) -> None:
    with np.errstate(all="ignore"):
        for point in points(name):
            found = getattr(scalars, name)(*point)
            assert type(found) is float
            assert bits(found) == bits(EXACT[name](*point)), point


@pytest.mark.parametrize("name", ORDER | ROUNDED)
def test_to_the_last_digits(name: str) -> None:
    function = (ORDER | ROUNDED)[name]
    with np.errstate(all="ignore"):
        for point in points(name):
            found, expected = getattr(scalars, name)(*point), function(*point)
            assert type(found) is float
            if name == "pow" and point in ((-0.0, 0.5), (-math.inf, 0.5)):
                continue  # NumPy takes the square root: -0 and nan; IEEE says 0 and inf
            np.testing.assert_allclose(found, expected, rtol=5e-16, atol=0, err_msg=str(point))
            if name in ROUNDED and (expected == 0.0 or math.isinf(expected)):
                assert bits(found) == bits(expected), point


def test_whole_numbers_round_to_even() -> None:
    assert [scalars.round(x) for x in (0.5, 1.5, 2.5, -0.5, -1.5)] == [0.0, 2.0, 2.0, -0.0, -2.0]


def test_where_of_a_truth_and_a_number_is_a_number() -> None:
    assert type(scalars.where(True, True, 2.0)) is float
    assert scalars.where(True, True, False) is True
