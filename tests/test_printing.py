"""Numbers and tensors as text: the rules of the language page, PyTorch's layout, exact round trips."""

from __future__ import annotations

import importlib
import math
import subprocess
import sys
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gradlang.engine.printing import exact, show

A = numpy.array


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (3.0, "3"),
        (-4.0, "-4"),
        (1e15, "1000000000000000"),
        (-1e15, "-1000000000000000"),
        (1e15 + 2, "1.0000e+15"),
        (1e300, "1.0000e+300"),
        (24.70408163265306, "24.7041"),
        (0.1, "0.1000"),
        (-0.5, "-0.5000"),
        (1e-4, "0.0001"),
        (5e-5, "5.0000e-05"),
        (-5e-5, "-5.0000e-05"),
        (5e-324, "4.9407e-324"),
        (999999.5, "999999.5000"),
        (1234567.5, "1.2346e+06"),
        (-1234567.5, "-1.2346e+06"),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (True, "true"),
        (False, "false"),
    ],
)
def test_show_number(number: Any, text: str) -> None:
    assert show(number) == text


def test_numbers_need_no_numpy() -> None:
    program = (
        "import sys; from gradlang.engine.printing import show, exact\n"
        "show(0.5); exact(0.5); show(True); sys.exit('numpy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (A([1.0, 2, 3]), "[1, 2, 3]"),
        (A([1.0, -20, 3]), "[  1, -20,   3]"),
        (A([0.0, -0.0]), "[0, 0]"),
        (A([1, 2.5]), "[1.0000, 2.5000]"),
        (A([-0.0, 2.5]), "[0.0000, 2.5000]"),
        (A([[1.0, 2], [3, 4]]), "[[1, 2],\n [3, 4]]"),
        (A([[[1.0], [2]], [[3], [4]]]), "[[[1],\n  [2]],\n\n [[3],\n  [4]]]"),
        (A([True, False]), "[ true, false]"),
        (A([math.nan, math.inf, -math.inf]), "[ nan,  inf, -inf]"),
        (A([math.nan, 1, 2]), "[nan,   1,   2]"),
        (A([math.inf, 0.5]), "[   inf, 0.5000]"),
        (A([0.001, 5.5]), "[1.0000e-03, 5.5000e+00]"),
        (A([5e-5, 6e-5]), "[5.0000e-05, 6.0000e-05]"),
        (A([1e6, 1e6 + 0.5]), "[1.0000e+06, 1.0000e+06]"),
        (A([1e15, 1.0]), "[1000000000000000,                1]"),
        (A([1e16, 1e15]), "[1.0000e+16, 1.0000e+15]"),
        (A([]), "[]"),
        (numpy.zeros((0, 3)), "[] (shape [0, 3])"),
        (A([0.1], numpy.float32), "[0.1000]"),
        (numpy.arange(1001.0), "[   0,    1,    2,  ...,  998,  999, 1000]"),
    ],
)
def test_show_tensor(data: Any, text: str) -> None:
    assert show(data) == text


def test_a_thousand_elements_are_shown_in_full() -> None:
    text = show(numpy.arange(1000.0))
    assert "..." not in text and text.count(",") == 999
    assert max(map(len, text.splitlines())) <= 80


def test_large_matrix_is_shortened_on_both_axes() -> None:
    lines = show(numpy.arange(10000.0).reshape(100, 100)).splitlines()
    assert len(lines) == 7
    assert lines[0] == "[[   0,    1,    2,  ...,   97,   98,   99],"
    assert lines[3] == " ...,"
    assert lines[6] == " [9900, 9901, 9902,  ..., 9997, 9998, 9999]]"


def test_the_format_follows_the_elements_shown() -> None:
    data = numpy.full(2000, 0.5)
    data[1000] = 1e9
    assert show(data).startswith("[0.5000, 0.5000, 0.5000,  ...")


@pytest.mark.parametrize(
    "shape",
    [
        (7,),
        (40,),
        (3, 4),
        (2, 25),
        (2, 3, 4),
        (1, 1, 1, 2),
        (1001,),
        (40, 40),
        (2, 600),
        (600, 2),
        (8, 9, 20),
        (7, 3, 80),
    ],
)
@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e9])
def test_layout_is_pytorchs(shape: tuple[int, ...], scale: float) -> None:
    torch = pytest.importorskip("torch")
    layout: Any = importlib.import_module("torch._tensor_str")
    data = (numpy.random.default_rng(0).uniform(0.5, 2, shape) - 0.25 * numpy.ones(shape)) * scale
    data *= numpy.random.default_rng(1).choice([-1, 1], shape)
    assert show(data) == layout._tensor_str(torch.tensor(data), 0)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (0.1, "0.1"),
        (3.0, "3"),
        (-0.0, "-0"),
        (1e16, "1e+16"),
        (1 / 3, "0.3333333333333333"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
        (True, "true"),
        (A([0.1, 2, -math.inf]), "[0.1, 2, -inf]"),
        (A([[1.0, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
        (A([[True], [False]]), "[[true], [false]]"),
        (A([]), "[]"),
        (numpy.zeros((2, 0)), "zeros(2, 0)"),
    ],
)
def test_exact(data: Any, text: str) -> None:
    assert exact(data) == text


def read(text: str) -> Any:
    """Reads what `exact` wrote, as the language would."""
    names = {"inf": math.inf, "nan": math.nan, "true": True, "false": False, "zeros": lambda *shape: numpy.zeros(shape)}
    return eval(text.replace("-0,", "-0.0,").replace("-0]", "-0.0]"), {"__builtins__": {}}, names)


@given(st.floats())
def test_exact_numbers_read_back(number: float) -> None:
    back = float(exact(number))
    assert back == number or math.isnan(number)
    assert math.copysign(1, back) == math.copysign(1, number) or math.isnan(number)


@given(arrays.arrays(st.sampled_from([numpy.float64, numpy.float32, numpy.bool_]), arrays.array_shapes(min_side=0)))
def test_exact_tensors_read_back(data: Any) -> None:
    back = A(read(exact(data)), float)
    assert back.shape == data.shape
    assert numpy.array_equal(back, data.astype(float), equal_nan=True)
    assert (numpy.signbit(back) == numpy.signbit(data.astype(float)))[~numpy.isnan(back)].all()


def test_exact_is_never_shortened() -> None:
    data = numpy.random.default_rng(0).normal(size=(50, 60))
    assert read(exact(data)) == data.tolist()


@given(arrays.arrays(numpy.float64, arrays.array_shapes(max_dims=3, max_side=12)))
def test_show_writes_every_tensor(data: Any) -> None:
    text = show(data)
    assert text.count("[") == text.count("]")
    assert "e" in text or "." in text or "n" in text or numpy.array_equal(A(read(text), float), data)
