"""The table of operations, row by row: gradients against differences, shape rules against results, types."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differences import STEPS, Weighted, along, close, differentiated, flat, unit_directions
from table_cases import DIFFERENTIABLE, ELEMENTWISE, Case, case, cases_of, plain, random_of, reduction_cases, sample
from table_cases import quiet as quiet

from gradlang.engine.autodiff import backward, gradient
from gradlang.engine.ops import TABLE
from gradlang.engine.value import STATE, apply, leaf


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_first_order_against_differences(name: str) -> None:
    row, rng, tested = TABLE[name], random_of(name), 0
    for c in cases_of(row):
        f = Weighted(row, c, rng)
        slopes = f.slopes(f.point)
        for s, x in zip(slopes, f.point, strict=True):
            assert s.shape == x.shape, c
        for i, at, direction in unit_directions(f.point):
            close(slopes[i][at], along(f.number, f.point, direction, STEPS.get(name, 1e-3)), 1e-7, (name, c, i, at))
            tested += 1
    assert tested > 5


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_second_order_against_differences(name: str) -> None:
    row, rng = TABLE[name], random_of(name + " again")
    for c in cases_of(row):
        f = Weighted(row, c, rng)
        direction = [rng.uniform(-1, 1, x.shape) for x in f.point]
        expected = along(f.flat_slopes, f.point, direction, STEPS.get(name, 1e-3))
        close(flat(f.curvature(direction)), expected, 1e-5, (name, c))


# Where differences say nothing: a row, its inputs, and their gradients.
EDGES: list[tuple[str, list[Any], list[Any]]] = [
    ("pow", [0.0, 2.0], [0.0, 0.0]),
    ("pow", [0.0, 1.0], [1.0, 0.0]),
    ("pow", [0.0, 0.0], [0.0, 0.0]),
    ("pow", [2.0, 0.0], [0.0, math.log(2.0)]),
    ("pow", [2.0, 2.0], [4.0, 4.0 * math.log(2.0)]),
    ("logsumexp", [[-math.inf, -math.inf]], [[0.0, 0.0]]),
    ("logsumexp", [[-math.inf, 3.0]], [[0.0, 1.0]]),
]


@pytest.mark.parametrize(("name", "inputs", "expected"), EDGES)
def test_gradients_at_the_edges(name: str, inputs: list[Any], expected: list[Any]) -> None:
    values = [leaf(x if isinstance(x, float) else np.array(x), needs=True) for x in inputs]
    for v, slope in zip(values, expected, strict=True):
        y: Any = apply(TABLE[name], *values)
        backward(y)
        assert np.array_equal(v.grad, slope), (name, inputs, v.grad)


def test_second_derivatives_of_powers_at_the_edges() -> None:
    for x, y, expected in ((2.0, 0.0, 0.5), (2.0, 1.0, 1.0 + math.log(2.0)), (1.0, -1.0, 1.0)):
        base, exponent = leaf(x, needs=True), leaf(y, needs=True)
        slope: Any = gradient(apply(TABLE["pow"], base, exponent), [base])[0]
        mixed: Any = gradient(slope, [exponent])[0]
        assert mixed is not None and math.isclose(mixed.data, expected), (x, y)


@pytest.mark.parametrize("name", [n for n in DIFFERENTIABLE if TABLE[n].elementwise and TABLE[n].inputs == 1])
def test_third_order_against_differences(name: str) -> None:
    row = TABLE[name]

    def derivative(x: float, order: int) -> float:
        v = leaf(x, needs=True)
        y: Any = apply(row, v)
        for _ in range(order):
            y = gradient(y, [v])[0] if y is not None else None
        return 0.0 if y is None else float(y.data)

    for x in sample(row, ((4,),), random_of(name))[0].tolist():
        expected = along(lambda p: derivative(p[0], 2), [x], [1.0])
        close(derivative(x, 3), expected, 1e-6, (name, x))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_recorded_gradients_are_those_of_backward(name: str) -> None:
    row, rng = TABLE[name], random_of(name)
    for c in cases_of(row):
        f = Weighted(row, c, rng)
        leaves = f.leaves(f.point)
        wrt = [leaves[i] for i in f.free]
        for recorded, raw, x in zip(gradient(f.root(leaves), wrt), f.slopes(f.point), f.point, strict=True):
            assert recorded is not None
            assert recorded.shape == x.shape
            np.testing.assert_allclose(recorded.data, raw, rtol=1e-14, atol=1e-15, err_msg=str((name, c)))


# Shapes, scalars, number types -------------------------------------------------------------------------------

VALUES_ONLY: dict[str, Callable[[], list[Case]]] = {
    "argmax": lambda: reduction_cases(1, several=False),
    "argmin": lambda: reduction_cases(1, several=False),
    "all": reduction_cases,
    "any": reduction_cases,
    "one_hot": lambda: [case(s, n=4) for s in [(), (3,), (0,), (2, 3)]],
    "nonzero": lambda: [],  # how many are true is no matter of shapes
}


@pytest.mark.parametrize("name", TABLE)
def test_shape_rule_agrees_with_the_result(name: str) -> None:
    row, rng = TABLE[name], random_of(name)
    for c in VALUES_ONLY[name]() if name in VALUES_ONLY else cases_of(row):
        data = [plain(x) for x in sample(row, c.shapes, rng)]
        if name in ("and", "or", "not", "all", "any"):
            data = [plain(np.asarray(x) > 0) for x in data]
        if name == "one_hot":
            data = [plain(np.floor(np.abs(x))) for x in map(np.asarray, data)]
        out = row.evaluate([*data, *c.indices], c.attrs)
        assert np.shape(out) == row.shape(*c.shapes, *map(np.shape, c.indices), **c.attrs), c
        assert isinstance(out, bool | float) if np.shape(out) == () else out.dtype in (float, bool)


SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -1.5,
    2.5,
    3.0,
    1e3,
    -1e3,
    1e-300,
    -1e-300,
    1e300,
    -1e300,
    math.inf,
    -math.inf,
    math.nan,
]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_scalars_agree_with_arrays(name: str) -> None:
    row = TABLE[name]
    boolean = name in ("and", "or", "not")
    pool: list[Any] = [True, False] if boolean else SPECIAL
    columns = [[True, False] if (name, i) == ("where", 0) else pool for i in range(row.inputs)]
    points = list(itertools.product(*columns))
    points = [points[i] for i in random_of(name).permutation(len(points))[:1500]]
    together = row.evaluate([np.array(column) for column in zip(*points, strict=True)], None)
    single = [row.evaluate(list(point), None) for point in points]
    assert {type(x) for x in single} <= {bool, float}
    np.testing.assert_allclose(np.array(single, float), together.astype(float), rtol=1e-15, atol=0)


@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if TABLE[n].numeric])
def test_truth_counts_as_one_and_nought(name: str) -> None:
    row = TABLE[name]
    for point in itertools.product((True, False), repeat=row.inputs):
        expected = row.evaluate([float(x) for x in point], None)
        np.testing.assert_array_equal(row.evaluate(list(point), None), expected)
        np.testing.assert_array_equal(row.evaluate([np.array([x]) for x in point], None), np.array([expected]))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_float32_stays_float32(name: str) -> None:
    row, rng = TABLE[name], random_of(name)
    STATE.dtype = "float32"
    try:
        for c in cases_of(row):
            data = [plain(x if x.dtype == bool else x.astype("float32")) for x in sample(row, c.shapes, rng)]
            free = differentiated(row, data)
            leaves = [leaf(x, needs=i in free) for i, x in enumerate(data)]
            out = apply(row, *leaves, *map(leaf, c.indices), attrs=c.attrs or None)
            total = apply(TABLE["sum"], out)
            backward(total)
            recorded = gradient(total, [leaves[i] for i in free])
            for x in [out.data, *[leaves[i].grad for i in free], *[g.data for g in recorded if g is not None]]:
                assert isinstance(x, float | bool) or x.dtype in ("float32", bool), c
    finally:
        STATE.dtype = "float64"


# The reference -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n, row in TABLE.items() if row.group != "internal"])
def test_public_rows_are_documented(name: str) -> None:
    row = TABLE[name]
    assert row.doc.endswith(".")
    assert "\n" not in row.doc
    assert "#>" in row.example


def test_the_language_has_its_operations() -> None:
    names = """exp log sqrt sin cos tan tanh sigmoid relu leaky_relu gelu softplus abs sign floor round where clamp
    minimum maximum sum mean std var max min argmax argmin prod norm all any logsumexp reshape transpose stack cat
    squeeze unsqueeze flip one_hot softmax log_softmax"""
    assert [n for n in names.split() if n not in TABLE or TABLE[n].group == "internal"] == []
