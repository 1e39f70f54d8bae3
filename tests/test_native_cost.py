"""What kernels are expected to cost: the same for equal kernels, more for more, read off without llvmlite."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from table_cases import quiet  # noqa: F401  quiet is for every test here
from test_native_llvm import Tape, layers, random_tape, training_step

from gradlang.engine.table import use_dtype
from gradlang.native.cost import compile_seconds, pass_seconds
from gradlang.native.tape import Kernel


@pytest.fixture(autouse=True)
def double() -> None:
    use_dtype("float64")


def test_equal_kernels_cost_the_same() -> None:
    for seed in range(30):
        one, other = (random_tape(seed, 2)[0].kernel() for _ in range(2))
        assert compile_seconds(one) == compile_seconds(other) > 0
        assert pass_seconds(one) == pass_seconds(other) > 0


def nothing() -> Kernel:
    tape = Tape()
    tape.carry(1.0)
    return tape.kernel()


def test_more_costs_more() -> None:
    small, large = (training_step(sizes, 32, True).kernel() for sizes in ((8, 16, 4), (64, 128, 4)))
    assert pass_seconds(nothing()) < pass_seconds(small) < pass_seconds(large)
    assert compile_seconds(nothing()) < compile_seconds(small)


def test_a_layer_that_is_like_others_costs_little_to_compile_and_as_much_to_run() -> None:
    kernels = [layers(count, 19).kernel() for count in (0, 1, 2, 10, 11)]
    compiled, run = ([cost(k) for k in kernels] for cost in (compile_seconds, pass_seconds))
    assert compiled[4] - compiled[3] < (compiled[1] - compiled[0]) / 3
    assert run[4] - run[3] == pytest.approx(run[2] - run[1])


def test_a_large_product_is_fast_to_compile() -> None:
    def product(n: int) -> Kernel:
        tape = Tape()
        x = tape.enter(np.ones((n, n)))
        tape.kept = [tape.apply("matmul", x, x)]
        return tape.kernel()

    assert compile_seconds(product(200)) < compile_seconds(product(50))
    assert pass_seconds(product(200)) > pass_seconds(product(50))


def test_nothing_at_all_has_a_cost_too() -> None:
    tape = Tape()
    x, y = tape.enter(np.ones((0, 3))), tape.enter(np.ones((3, 0)))
    tape.kept = [tape.apply("matmul", x, y), tape.apply("matmul", y, x), tape.apply("sum", tape.apply("exp", x))]
    assert 0 < pass_seconds(tape.kernel()) < compile_seconds(tape.kernel())


def test_llvmlite_is_not_needed() -> None:
    code = "import sys, gradlang.native.cost; sys.exit('llvmlite' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
