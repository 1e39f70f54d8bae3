"""E0503 tells the way from what is differentiated to the operation that cut it off."""

from __future__ import annotations

import pytest

import gradlang
from gradlang.diagnostics import Diagnostic, GradlangError


def failed(program: str) -> Diagnostic:
    with pytest.raises(GradlangError) as raised:
        gradlang.run(program, output=lambda text: None)
    (found,) = raised.value.diagnostics
    assert found.code == "E0503"
    return found


@pytest.mark.parametrize(
    ("program", "place", "way"),
    [
        ("param w = 2.0\nf(x) = detach(x) * 3\nbackward(f(w) + 1)", "detach(x)", "`f` (line 2) ← `detach(x)`"),
        ("param w = 2.0\nx = w.data * 3\ng = grad(x, w)", "w.data", "`x` (line 2) ← `w.data`"),
        (
            "param w = 2.0\na = [1, 2]\ng(x) = {\n  return x // 3 * 2\n}\nbackward(g(w) + a.shape[0])",
            "x // 3 * 2", "`g` (line 3) ← `x // 3 * 2`",
        ),
        ("param w = 2.0\nh = x -> floor(x)\nbackward(1 + h(w))", "floor(x)", "`h` (line 2) ← `floor(x)`"),
    ],
)  # fmt: skip
def test_the_cut_has_a_label_and_the_way_a_note(program: str, place: str, way: str) -> None:
    found = failed(program)
    assert place in [label.span.text for label in found.labels]
    assert found.notes == [f"the way back: {way}"]


def test_what_a_parameter_stands_behind_comes_first() -> None:
    found = failed("param w = 2.0\nX = [3.0, 4.0]\nf() = (X > 3).sum() * round(w)\nbackward(f())")
    assert "`round` has no gradient" in found.labels[-1].text


def test_inside_of_the_call_it_is_a_note() -> None:
    found = failed("param w = 2.0\nbackward(1 - (w > 1))")
    assert found.notes == ["in `w > 1`, a comparison has no gradient: nothing before it is reached"]
    assert "cross_entropy" in found.help[-1]


def test_where_nothing_was_cut_nothing_is_said() -> None:
    assert failed("backward(3 * 4)").notes == []
