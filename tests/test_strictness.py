"""Warnings of a run: comments and options that allow them, and `--strict`, which makes them errors."""

from __future__ import annotations

import pytest
from conftest import Run

import gradlang
from gradlang.diagnostics import GradlangError

LOST = "param w = 0.0\nbackward(log(w)){comment}\nprint(1)"


def test_a_warning_does_not_end_a_run(gradlang: Run) -> None:
    code, out, err = gradlang(LOST.format(comment=""))
    assert (code, out) == (0, "1\n") and "warning[W0501]" in err


@pytest.mark.parametrize("comment", ["  # allow W0501", "  # allow W0502 W0501: a test"])
def test_a_comment_allows_it(gradlang: Run, comment: str) -> None:
    assert gradlang(LOST.format(comment=comment)) == (0, "1\n", "")


def test_a_comment_allows_nothing_else(gradlang: Run) -> None:
    assert "W0501" in gradlang(LOST.format(comment="  # allow W0502"))[2]


def test_an_option_allows_it(gradlang: Run) -> None:
    assert gradlang(LOST.format(comment=""), "--allow", "W0501") == (0, "1\n", "")


def test_strict_makes_it_an_error_there(gradlang: Run) -> None:
    code, out, err = gradlang(LOST.format(comment=""), "--strict")
    assert (code, out) == (1, "") and err.count("error[W0501]") == 1
    assert gradlang(LOST.format(comment="  # allow W0501"), "--strict") == (0, "1\n", "")
    assert gradlang(LOST.format(comment=""), "--strict", "--allow", "W0501") == (0, "1\n", "")


def test_strict_in_python() -> None:
    with pytest.raises(GradlangError) as raised:
        gradlang.run(LOST.format(comment=""), strict=True)
    assert [d.code for d in raised.value.diagnostics] == ["W0501"]
    assert [d.code for d in gradlang.run(LOST.format(comment="")).warnings] == ["W0501"]
