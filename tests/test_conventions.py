"""Gradients where mathematics leaves a choice, and values and gradients far out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from table_cases import Array
from table_cases import quiet as quiet

from gradlang.engine.autodiff import backward, gradient
from gradlang.engine.ops import TABLE
from gradlang.engine.ops.indexing import subscript
from gradlang.engine.table import Row
from gradlang.engine.value import apply, leaf

INF, NAN = math.inf, math.nan
CONVENTIONS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[Any, ...]]] = [
    ("relu", (0.0,), {}, (0.0,)),
    ("relu", ([-1.0, 0.0, 2.0],), {}, ([0.0, 0.0, 1.0],)),
    ("leaky_relu", (0.0, 0.25), {}, (0.25, 0.0)),
    ("abs", (0.0,), {}, (0.0,)),
    ("sqrt", (0.0,), {}, (INF,)),
    ("max", ([1.0, 3.0, 3.0],), {}, ([0.0, 0.5, 0.5],)),
    ("min", ([2.0, 2.0, 2.0, 5.0],), {}, ([1 / 3, 1 / 3, 1 / 3, 0.0],)),
    ("maximum", (2.0, 2.0), {}, (0.5, 0.5)),
    ("minimum", ([1.0, 2.0], [1.0, 3.0]), {}, ([0.5, 1.0], [0.5, 0.0])),
    ("clamp", ([-1.0, 1.0, 2.0], -1.0, 1.0), {}, ([1.0, 1.0, 0.0], 0.0, 1.0)),
    ("pow", (0.0, 0.0), {}, (0.0, 0.0)),
    ("pow", (3.0, 0.0), {}, (0.0, math.log(3.0))),
    ("pow", (0.0, 2.0), {}, (0.0, 0.0)),
    ("pow", (0.0, -1.0), {}, (-INF, 0.0)),
    ("pow", ([0.0, 0.0, -2.0], [0.0, 2.0, 0.0]), {}, ([0.0, 0.0, -0.0], [0.0, 0.0, NAN])),
    ("norm", ([0.0, 0.0],), {}, ([0.0, 0.0],)),
    ("norm", ([[0.0, 0.0], [3.0, 4.0]],), {"dim": 1}, ([[0.0, 0.0], [0.6, 0.8]],)),
    ("std", ([2.0, 2.0, 2.0],), {}, ([0.0, 0.0, 0.0],)),
    ("prod", ([0.0, 2.0, 3.0],), {}, ([6.0, 0.0, 0.0],)),
    ("prod", ([0.0, 0.0, 3.0],), {}, ([0.0, 0.0, 0.0],)),
    ("log", (0.0,), {}, (INF,)),
    ("softplus", ([-INF, -1e3, 1e3, INF],), {}, ([0.0, 0.0, 1.0, 1.0],)),
    ("sigmoid", ([-INF, -1e3, 1e3, INF],), {}, ([0.0, 0.0, 0.0, 0.0],)),
    ("tanh", ([-INF, -1e3, 1e3, INF],), {}, ([0.0, 0.0, 0.0, 0.0],)),
    ("gelu", ([-INF, -1e3, 1e3, INF],), {}, ([0.0, 0.0, 1.0, 1.0],)),
    ("gelu", (-INF,), {}, (0.0,)),
    ("logsumexp", ([-INF, 0.0, -INF],), {}, ([0.0, 1.0, 0.0],)),
    ("logsumexp", ([-INF, -INF],), {}, ([0.0, 0.0],)),
    ("logsumexp", ([1e3, 1e3],), {}, ([0.5, 0.5],)),
    ("where", (True, 2.0, 3.0), {}, (None, 1.0, 0.0)),
]


def data_of(x: Any) -> Any:
    return np.array(x) if isinstance(x, list) else x


@pytest.mark.parametrize(("name", "inputs", "attrs", "expected"), CONVENTIONS)
def test_conventions_at_kinks(
    name: str, inputs: tuple[Any, ...], attrs: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    leaves = [leaf(data_of(x), needs=e is not None) for x, e in zip(inputs, expected, strict=True)]
    out = apply(TABLE[name], *leaves, attrs=attrs or None)
    total = apply(TABLE["sum"], out) if out.shape else out
    backward(total)
    for v, recorded, e in zip(leaves, gradient(total, leaves), expected, strict=True):
        if e is not None:
            assert recorded is not None
            np.testing.assert_allclose(v.grad, e, rtol=1e-13, atol=0)
            np.testing.assert_allclose(recorded.data, e, rtol=1e-13, atol=0)


FAR: list[tuple[str, list[float], list[float]]] = [
    ("sigmoid", [-INF, -1e3, -40.0, 1e3, INF], [0.0, 0.0, 4.248354255291589e-18, 1.0, 1.0]),
    ("softplus", [-INF, -1e3, -40.0, 1e3, INF], [0.0, 0.0, 4.248354255291589e-18, 1e3, INF]),
    ("gelu", [-INF, -1e3, -10.0, 1e3, INF], [0.0, 0.0, -7.619853024160526e-23, 1e3, INF]),
    ("relu", [-INF, INF, NAN], [0.0, INF, NAN]),
]


@pytest.mark.parametrize(("name", "x", "expected"), FAR)
def test_functions_are_right_far_out(name: str, x: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(TABLE[name].evaluate([np.array(x)], None), expected, rtol=1e-13)
    np.testing.assert_allclose([TABLE[name].evaluate([v], None) for v in x], expected, rtol=1e-13)


def test_logsumexp_and_log_softmax_far_out() -> None:
    rows = np.array([[1e3, 1e3, -1e3], [-1e3, -1e3, -1e3], [-INF, 0.0, -INF]])
    logs = math.log(2.0), math.log(3.0)
    out = TABLE["logsumexp"].evaluate([rows], {"dim": 1})
    np.testing.assert_allclose(out, [1e3 + logs[0], -1e3 + logs[1], 0.0], rtol=1e-15)
    out = TABLE["log_softmax"].evaluate([rows], {"dim": 1})
    np.testing.assert_allclose(out[0], [-logs[0], -logs[0], -2e3 - logs[0]], rtol=1e-12)
    np.testing.assert_array_equal(out[2], [-INF, 0.0, -INF])


def hessian(row: Row, x: Array) -> Array:
    columns = []
    for i in range(x.size):
        v = leaf(x, needs=True)
        (first,) = gradient(apply(row, v), [v])
        assert first is not None
        (second,) = gradient(subscript(first, [leaf(float(i))]), [v])
        columns.append(np.zeros(x.shape) if second is None else second.data)
    return np.array(columns)


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_second_derivatives_of_a_product_with_zeros(zeros: int) -> None:
    x = np.array([2.0, 3.0, -1.5, 0.5, 4.0])
    x[:zeros] = 0.0
    expected = [[0.0 if i == j else np.prod(np.delete(x, [i, j])) for j in range(5)] for i in range(5)]
    np.testing.assert_allclose(hessian(TABLE["prod"], x), expected, rtol=1e-14)


def test_second_derivatives_at_kinks_are_finite() -> None:
    for name in ("norm", "std", "max"):
        assert np.isfinite(hessian(TABLE[name], np.zeros(3))).all(), name
    v = leaf(0.0, needs=True)
    (slope,) = gradient(apply(TABLE["pow"], v, leaf(2.0)), [v])
    assert slope is not None
    (curve,) = gradient(slope, [v])
    assert curve is not None
    assert curve.data == 2.0


def test_a_constant_exponent_poisons_nothing() -> None:
    x = leaf(np.array([-2.0, 0.0, 3.0]), needs=True)
    backward(apply(TABLE["sum"], apply(TABLE["pow"], x, leaf(3.0))))
    np.testing.assert_array_equal(x.grad, [12.0, 0.0, 27.0])
