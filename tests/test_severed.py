"""E0503, E0501 and W0503 tell the way from what is differentiated to the operation that cut a parameter off."""

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


CUT = """
param a = 1.0
param b = 0.5
for step in range(20) {
  shift = round(b * 2)
  loss = (a + shift)**2
  backward(loss)
  a -= 0.1 * a.grad
  READ
}
"""
WAY = "the way back: `loss` (line 6) ← `shift` (line 5) ← `round(b * 2)`"


def test_a_parameter_that_is_not_reached_is_told_what_cuts_it_off() -> None:
    (found,) = gradlang.run(CUT.replace("READ", "")).warnings
    assert found.code == "W0503" and WAY in found.notes
    assert found.labels[-1].span.text == "round(b * 2)"


def test_so_is_a_gradient_that_is_missing() -> None:
    with pytest.raises(GradlangError) as raised:
        gradlang.run(CUT.replace("READ", "b -= 0.1 * b.grad"))
    (found,) = raised.value.diagnostics
    assert found.code == "E0501" and found.notes == [WAY]
    assert "this `backward` did not come to it" in [label.text for label in found.labels]
    assert not any("call `backward" in help for help in found.help), "it was called"


def test_what_was_reached_is_not_cut_off() -> None:
    with pytest.raises(GradlangError) as raised:
        gradlang.run("param a = 1.0\nparam b = 1.0\nbackward(a * round(3.5))\nb.grad")
    (found,) = raised.value.diagnostics
    assert found.notes == [] and found.help


def test_a_loss_that_is_cut_off_as_a_whole_is_told() -> None:
    program = "a = mlp(2, [3])\nloss = (argmax(a([[1, 2]]), dim=1) != 0).mean()\nbackward(loss)"
    (found,) = gradlang.run(program).warnings
    assert found.code == "W0503" and "`loss` leads to no parameter" in found.message
    assert gradlang.run("x = 2.0\nbackward(x)").warnings == [], "nothing else was meant, maybe"
