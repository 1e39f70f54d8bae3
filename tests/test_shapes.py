"""What shapes fit, what is said when they do not, and indexing."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from table_cases import ALL, AT, INDEXINGS, RANK_0_TO_2, RANK_3, Shape, cut, fits, index_key, position
from table_cases import quiet as quiet

from gradlang.engine.autodiff import backward
from gradlang.engine.ops import TABLE
from gradlang.engine.ops.indexing import subscript
from gradlang.engine.value import apply, leaf
from gradlang.faults import Fault

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(("shape", "spec", "indices"), INDEXINGS)
def test_indexing_is_numpys(shape: Shape, spec: tuple[Any, ...], indices: tuple[Any, ...]) -> None:
    x = np.arange(math.prod(shape), dtype=float).reshape(shape)
    np.testing.assert_array_equal(TABLE["getitem"].evaluate([x, *indices], {"spec": spec}), x[index_key(spec, indices)])


def test_masks() -> None:
    x = leaf(np.arange(12.0).reshape(3, 4), needs=True)
    big = apply(TABLE["gt"], x, leaf(5.0))
    chosen = subscript(x, [big])
    np.testing.assert_array_equal(chosen.data, np.arange(6.0, 12.0))
    backward(apply(TABLE["sum"], chosen))
    np.testing.assert_array_equal(x.grad, big.data.astype(float))
    rows = leaf(np.array([True, False, True]))
    np.testing.assert_array_equal(subscript(x, [rows, slice(1, 3)]).data, x.data[[0, 2], 1:3])
    np.testing.assert_array_equal(subscript(x, [rows, leaf(1.0)]).data, x.data[[0, 2], 1])
    assert subscript(x, [leaf(np.zeros(3, bool))]).shape == (0, 4)
    flags = subscript(big, [leaf(1.0)])
    assert flags.data.dtype == bool
    with pytest.raises(Fault) as caught:
        subscript(x, [leaf(np.array([True, False]))])
    assert caught.value.code == "E0402"


def zeros(*shape: int) -> Any:
    return np.zeros(shape) if shape else 0.0


MISFITS: list[tuple[str, str, list[Any], dict[str, Any]]] = [
    ("E0402", "add", [zeros(2, 3), zeros(4)], {}),
    ("E0402", "mul", [zeros(2, 3), zeros(2)], {}),
    ("E0402", "where", [np.zeros(3, bool), zeros(2), 0.0], {}),
    ("E0404", "sub", [zeros(100, 1), zeros(100)], {}),
    ("E0404", "sub", [zeros(100), zeros(100, 1)], {}),
    ("E0404", "add", [zeros(3, 1), zeros(4)], {}),
    ("E0404", "add", [zeros(5, 3, 1), zeros(1, 4)], {}),
    ("E0401", "matmul", [zeros(3), zeros(2, 4)], {}),
    ("E0401", "matmul", [zeros(5, 3), zeros(4, 3)], {}),
    ("E0401", "matmul", [2.0, zeros(2, 4)], {}),
    ("E0402", "matmul", [zeros(2, 3, 4), zeros(5, 4, 1)], {}),
    ("E0405", "sum", [zeros(2, 3)], {"dim": 2}),
    ("E0405", "sum", [zeros(2, 3)], {"dim": (0, -2)}),
    ("E0405", "sum", [1.0], {"dim": 0}),
    ("E0405", "softmax", [1.0], {}),
    ("E0405", "transpose", [zeros(3)], {}),
    ("E0405", "unsqueeze", [zeros(3)], {"dim": 2}),
    ("E0308", "sum", [zeros(2, 3)], {"dim": 0.5}),
    ("E0408", "reshape", [zeros(6)], {"shape": (4, 2)}),
    ("E0408", "reshape", [zeros(6)], {"shape": (4, -1)}),
    ("E0408", "reshape", [zeros(6)], {"shape": (-1, -1)}),
    ("E0408", "squeeze", [zeros(2, 3)], {"dim": 0}),
    ("E0409", "stack", [zeros(2), zeros(3)], {}),
    ("E0409", "cat", [zeros(2, 2), zeros(3, 3)], {"dim": 0}),
    ("E0409", "cat", [1.0, 2.0], {}),
    ("E0410", "max", [zeros(0)], {}),
    ("E0410", "argmin", [zeros(2, 0)], {"dim": 1}),
    ("E0406", "getitem", [zeros(3), 3.0], {"spec": (AT,)}),
    ("E0406", "getitem", [zeros(3), -4.0], {"spec": (AT,)}),
    ("E0406", "getitem", [zeros(2, 3), position(0, 3)], {"spec": (ALL, AT)}),
    ("E0407", "getitem", [zeros(3), 0.5], {"spec": (AT,)}),
    ("E0407", "getitem", [zeros(3), NAN], {"spec": (AT,)}),
    ("E0407", "getitem", [zeros(3), position(0, 0.5)], {"spec": (AT,)}),
    ("E0407", "getitem", [zeros(3), position(INF)], {"spec": (AT,)}),
    ("E0405", "getitem", [zeros(3), 0.0, 0.0], {"spec": (AT, AT)}),
    ("E0405", "getitem", [1.0, 0.0], {"spec": (AT,)}),
    ("E0301", "getitem", [zeros(3), True], {"spec": (AT,)}),
    ("E0308", "getitem", [zeros(3)], {"spec": (cut(None, None, 0),)}),
    ("E0406", "one_hot", [position(0, 3)], {"n": 3}),
    ("E0406", "one_hot", [position(-1)], {"n": 3}),
    ("E0301", "and", [True, 1.0], {}),
    ("E0301", "where", [1.0, 1.0, 2.0], {}),
    ("E0301", "any", [zeros(3)], {}),
]


@pytest.mark.parametrize(("code", "name", "data", "attrs"), MISFITS)
def test_misfits_are_faults(code: str, name: str, data: list[Any], attrs: dict[str, Any]) -> None:
    with pytest.raises(Fault) as caught:
        apply(TABLE[name], *map(leaf, data), attrs=attrs or None)
    assert caught.value.code == code
    words = " ".join((caught.value.message, *caught.value.help))
    assert not any(word in words for word in ("ndarray", "dtype", "axis", "NoneType", "tuple", "0-d"))


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ((3,), (2, 4), "[3, 4] on the right would fit"),
        ((5, 3), (4, 3), "the right one transposed, [3, 4]"),
        ((3, 5), (3, 4), "the left one transposed, [5, 3]"),
        ((2, 3), (4,), "[3] on the right would fit"),
    ],
)
def test_matmul_says_what_would_fit(x: Shape, y: Shape, said: str) -> None:
    with pytest.raises(Fault) as caught:
        TABLE["matmul"].shape(x, y)
    assert said in " ".join(caught.value.help)


@pytest.mark.parametrize("shapes", list(itertools.product(RANK_0_TO_2 + RANK_3, repeat=2)))
def test_broadcasting_is_numpys_less_double_stretching(shapes: tuple[Shape, Shape]) -> None:
    rule = TABLE["add"].shape
    if fits(*shapes):
        assert rule(*shapes) == np.broadcast_shapes(*shapes)
    else:
        with pytest.raises(Fault):
            rule(*shapes)
