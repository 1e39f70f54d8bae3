"""gradlang inside somebody's Python: their process stays as it was, their threads and errors are their own."""

from __future__ import annotations

import contextlib
import sys
from threading import Thread
from typing import Any

import pytest

import gradlang
from gradlang.engine import draws
from gradlang.engine.value import STATE
from gradlang.language.runtime import RUN


def state() -> list[Any]:
    run = {name: getattr(RUN, name) for name in RUN.__slots__}
    ours = (STATE.dtype, STATE.watchers, STATE.budget, STATE.recorder, STATE.recording, sys.getrecursionlimit())
    return [run, ours, draws.GENERATOR.state()]


@pytest.mark.parametrize(
    ("program", "options"),
    [
        ("rand()", {"dtype": "float32", "limits": gradlang.SANDBOX}),
        ("f() = f()\nf()", {}),
        (
            "param w = 1.0\nfor i in range(300) { backward(w * w); w -= w.grad; x = zeros(-1 + (i < 200) * 2) }",
            {},
        ),
        ("while true { }", {"limits": gradlang.Limits(cost=1000)}),
    ],
)
def test_a_run_leaves_the_process_as_it_was(program: str, options: dict[str, Any]) -> None:
    before = state()
    with contextlib.suppress(gradlang.GradlangError):
        gradlang.run(program, **options)
    assert state() == before


def test_threads_take_turns() -> None:
    printed: dict[int, list[str]] = {i: [] for i in range(6)}

    def go(i: int) -> None:
        for _ in range(4):
            gradlang.run(
                f"for j in range(200) {{ x = j * {i} }}\nprint({i}, 1 / 3 * 3 == 1)",
                output=printed[i].append,
                limits=gradlang.SANDBOX if i % 2 else None,
                dtype="float32" if i % 3 == 0 else "float64",
            )

    before, threads = state(), [Thread(target=go, args=(i,)) for i in printed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state() == before
    assert all(texts == [f"{i} true\n"] * 4 for i, texts in printed.items())


def test_a_run_inside_of_a_run_is_one_of_its_own() -> None:
    inner: list[Any] = []

    def output(text: str) -> None:
        inner.append(gradlang.run("manual_seed(7)\nsum(rand(1000)) > 0").value)

    limits = gradlang.Limits(cost=50)
    assert gradlang.run("print(1)\nrand()", output=output, limits=limits).value == gradlang.run("rand()").value
    assert inner == [True]


def test_what_output_raises_comes_out() -> None:
    class OursError(Exception):
        pass

    def output(text: str) -> None:
        raise OursError(text)

    before = state()
    with pytest.raises(OursError, match="1"):
        gradlang.run("for i in range(1, 9) { print(i) }", output=output)
    assert state() == before


@pytest.mark.parametrize("options", [{"seed": -1}, {"seed": 1e300}, {"seed": 0.5}, {"dtype": "int8"}])
def test_options_that_are_none_are_the_callers_mistake(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="seed"):
        gradlang.run("1", **options)


@pytest.mark.parametrize("limits", [{"cost": -5}, {"cost": "a"}, {"memory": 0}, {"seconds": float("nan")}])
def test_limits_that_are_none_too(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(limits))):
        gradlang.Limits(**limits)
