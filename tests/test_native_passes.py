"""Rewriting passes: what they leave out, and that what is left computes the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from table_cases import quiet  # noqa: F401  quiet is for every test here
from test_native_llvm import Tape, close, outcome, random_tape, training_step

from gradlang.engine.table import use_dtype
from gradlang.native import passes, replay
from gradlang.native.tape import Instruction, Kernel

PASSES: list[Callable[[Kernel], Kernel]] = [
    passes.without_dead, passes.expanded, passes.folded, passes.simplified, passes.without_duplicates, passes.prepared,
]  # fmt: skip


@pytest.fixture(autouse=True)
def double() -> None:
    use_dtype("float64")


def rows_of(kernel: Kernel) -> list[str]:
    return [step.row for step in kernel.code if isinstance(step, Instruction)]


def prepared_rows(tape: Tape, *kept: int) -> list[str]:
    tape.kept = list(kept)
    return rows_of(passes.prepared(tape.kernel()))


@pytest.mark.parametrize("rewrite", PASSES, ids=lambda f: f.__name__)
def test_a_pass_changes_no_result(rewrite: Callable[[Kernel], Kernel]) -> None:
    for seed in range(60):
        tape, stream = random_tape(seed, 3)
        kernel = tape.kernel()
        results = [outcome(replay.Program(k), tape, stream, 3) for k in (kernel, rewrite(kernel))]
        assert results[0][0] == results[1][0]
        done = results[0][0]
        before, after = ([*state, *[rows[:done] for rows in kept]] for _, state, kept in results)
        for a, b in zip(before, after, strict=True):
            close(a, b)


@pytest.mark.parametrize("classes", [False, True])
def test_preparing_twice_is_preparing_once(classes: bool) -> None:
    once = passes.prepared(training_step((3, 4, 2), 5, classes).kernel())
    assert len(passes.prepared(once).code) == len(once.code)


def test_a_row_is_replaced_by_what_its_rule_says() -> None:
    tape = Tape()
    x = tape.enter(np.ones((2, 3)))
    assert prepared_rows(tape, tape.apply("mean", x)) == ["sum", "div"]
    tape = Tape()
    x = tape.enter(np.ones((2, 3)))
    rows = prepared_rows(tape, tape.apply("log_softmax", x, dim=1))
    assert "log_softmax" not in rows and "logsumexp" not in rows and {"max", "exp", "sum", "log", "sub"} <= set(rows)


def test_what_is_known_is_computed_now() -> None:
    tape = Tape()
    x = tape.enter(np.ones(3))
    two = tape.apply("add", tape.constant(1.0), tape.constant(1.0))
    assert prepared_rows(tape, tape.apply("mul", x, two)) == ["mul"]


def test_each_thing_is_computed_once_and_nothing_for_nobody() -> None:
    tape = Tape()
    x = tape.enter(np.ones(3))
    a, b = tape.apply("exp", x), tape.apply("exp", x)
    tape.apply("sin", x)
    assert prepared_rows(tape, tape.apply("add", a, b)) == ["exp", "add"]


def test_zero_and_minus_zero_are_two_constants() -> None:
    tape = Tape()
    x = tape.enter(np.ones(3))
    plus, minus = (tape.apply("div", x, tape.constant(zero)) for zero in (0.0, -0.0))
    assert prepared_rows(tape, plus, minus) == ["div", "div"]


def test_moves_that_move_nothing_go() -> None:
    tape = Tape()
    x = tape.enter(np.ones((3, 1)))
    flat = tape.apply("getitem", x, spec=(("all",), ("index", 0)))
    back = tape.apply("scatter", flat, spec=(("all",), ("index", 0)), shape=(3, 1))
    same = tape.apply("mul", tape.apply("reshape", back, shape=(3, 1)), tape.constant(1.0))
    assert prepared_rows(tape, tape.apply("exp", same)) == ["exp"]


def test_the_mask_of_a_relu_is_read_from_its_result() -> None:
    tape = Tape()
    x = tape.enter(np.array([-1.0, 0.0, 2.0, np.nan]))
    z = tape.apply("exp", x)
    h, mask = tape.apply("relu", z), tape.apply("gt", z, tape.constant(0.0))
    tape.kept = [h, mask]
    kernel = passes.prepared(tape.kernel())
    (relu,) = [s for s in kernel.code if isinstance(s, Instruction) and s.row == "relu"]
    (test,) = [s for s in kernel.code if isinstance(s, Instruction) and s.row == "gt"]
    assert test.inputs[0] == relu.out


@pytest.mark.parametrize("shape", [(), (3,)])
def test_the_gradient_of_a_square_asks_nothing(shape: tuple[int, ...]) -> None:
    tape = Tape()
    x = tape.enter(np.ones(shape) * 3 if shape else 3.0)
    zero, one, two = (tape.constant(c) for c in (0.0, 1.0, 2.0))
    never = tape.apply("eq", tape.apply("add", tape.apply("abs", x), one), zero)
    slope = tape.apply("mul", two, tape.apply("where", never, one, x))
    assert prepared_rows(tape, slope) == ["mul"]
    perhaps = tape.apply("eq", tape.apply("add", tape.apply("abs", x), tape.constant(-1.0)), zero)
    assert prepared_rows(tape, tape.apply("where", perhaps, one, x)) == ["abs", "add", "eq", "where"]
