"""W0501 and W0502: where a nan or an infinity began is said once, with its operands, whatever runs the loop."""

from __future__ import annotations

import pytest
from conftest import Run

import gradlang
from gradlang.diagnostics import Diagnostic


def warned(program: str, **options: object) -> list[Diagnostic]:
    return gradlang.run(program, output=lambda text: None, **options).warnings  # type: ignore[arg-type]


def only(program: str) -> Diagnostic:
    (found,) = warned(program)
    return found


@pytest.mark.parametrize(
    ("program", "place", "label"),
    [
        ("param w = 0.0\nbackward(log(w) + 1)", "log(w)", "log(0) = -inf"),
        ("param w = 0.0\ny = 3 / w\nbackward(y * 2)", "3 / w", "3 / 0 = inf"),
        ("param w = [4.0, -1.0]\nbackward(sqrt(w).sum())", "sqrt(w)", "sqrt(-1) = nan at index [1]"),
        ("param w = -8.0\nbackward(w**0.5)", "w**0.5", "-8 ** 0.5000 = nan"),
        ("param w = [[1.0, 1e3]]\nbackward((exp(w) / exp(w)).sum())", "exp(w)", "exp(1000) = inf at index [0, 1]"),
        ("param w = [1.0, 2.0]\nz = w - w\nbackward((w / z[0] - w).sum())", "w / z[0]", "1 / 0 = inf at index [0]"),
        ("param w = 1e200\nbackward([w, w] @ [w, w])", "[w, w] @ [w, w]", "of numbers up to 1.0000e+200"),
        ("param w = 1.0\nf(x) = log(x - x)\ng(x) = f(x) * 2\nbackward(g(w))", "log(x - x)", "log(0) = -inf"),
    ],
)  # fmt: skip
def test_the_first_operation_is_shown_with_its_operands(program: str, place: str, label: str) -> None:
    found = only(program)
    assert (found.code, found.span.text, found.label) == ("W0501", place, label)


def test_an_infinity_that_was_written_down_is_meant() -> None:
    scores = "param w = [1.0, 2.0]\nmasked = where([true, false], w, -inf)\n"
    assert warned(scores + "backward(-log_softmax(masked)[0])") == []
    found = only(scores + "backward((masked - masked).sum())")
    assert (found.span.text, found.label) == ("masked - masked", "-inf - (-inf) = nan at index [1]")


def test_what_made_nan_of_an_infinity_is_shown_beside_it() -> None:
    found = only("param w = [0.0, 1.0]\nt = [0, 1]\np = log(w)\nloss = (t * p).sum()\nbackward(loss)")
    assert (found.span.text, found.label) == ("log(w)", "log(0) = -inf at index [0]")
    assert [label.text for label in found.labels if label.span.line == 4] == [
        "and this made nan of it: 0 * (-inf) = nan at index [0]"
    ]


def test_data_that_hold_it_are_named() -> None:
    found = only("X = [1, nan, 3]\nparam w = 1.0\nbackward(mse_loss(w * X, [1, 2, 3]))")
    assert found.message == "`X` holds nan at index [1], and so what is differentiated is nan"
    assert found.labels[0].span.line == 1


def test_inside_of_a_builtin_the_call_is_shown() -> None:
    found = only("param w = 1e200\nbackward(mse_loss(w, 0))")
    assert found.span.text == "mse_loss(w, 0)" and "`**` inside `mse_loss`" in found.message


@pytest.mark.parametrize("backend", ["interp", "replay", "llvm", "auto"])
def test_the_pass_is_found_in_loops_of_any_speed(gradlang: Run, backend: str) -> None:
    program = """
param w = [1.0, 2.0]
for i in range(20000) {
  loss = log(10 - i / 1000 + w[0] * 0) + (w * w).sum()
  backward(loss)
  w -= 0.001 * w.grad
}
"""
    code, _, err = gradlang(program, "--backend", backend)
    assert code == 0 and err.count("warning[") == 1
    assert "log(0) = -inf" in err and "this is pass 10,001 of the loop on line 3" in err


def test_nothing_else_changes_where_a_native_loop_goes_wrong(gradlang: Run) -> None:
    program = """
param w = 1.0
for i in range(5000) { loss = log(4 - i / 1000 * w); backward(loss); w += 1e-9 * w.grad }
print(w, i, loss)
"""
    seen = {gradlang(program, "--backend", backend)[:2] for backend in ("interp", "llvm")}
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("program", "place", "label"),
    [
        ("x = [0.0, 4.0]\nbackward(where(x > 0, sqrt(x), 0).sum())", "sqrt(x)", "its slope has no bound at 0"),
        ("x = 0.0\nbackward(where(x > 0, 1 / x, x))", "1 / x", "its slope has no bound at 1 / 0"),
        ("x = 0.0\nbackward(sqrt(x))", "sqrt(x)", "its slope has no bound at 0"),
    ],
)
def test_a_gradient_that_alone_goes_wrong(program: str, place: str, label: str) -> None:
    found = only("param " + program)
    assert (found.code, found.span.text, found.label) == ("W0502", place, label)


def test_the_double_where_is_the_cure() -> None:
    found = only("param x = 0.0\nbackward(where(x > 0, sqrt(x), 0))")
    assert found.notes == ["`where` leaves the number out, but not its slope: 0 * inf is nan"]
    assert "where(c, x, 1)" in found.help[0]
    assert warned("param x = 0.0\nsafe = where(x > 0, x, 1)\nbackward(where(x > 0, sqrt(safe), 0))") == []


def test_grad_is_watched_too() -> None:
    assert only("f(x) = where(x > 0, sqrt(x), 0)\ngrad(f)(0)").code == "W0502"
    assert only("f(x) = log(x)\nvalue_and_grad(f)(-1)").label == "log(-1) = nan"
    assert warned("grad(sqrt)(0)") == [], "an infinite slope is an answer"


def test_each_place_is_told_once() -> None:
    loop = "param w = 0.0\nfor i in range(10) { loss = log(w); backward(loss); w -= w.grad }\n"
    found = warned(loop + "param u = 1\nbackward(1 / (u - u))")
    assert [d.span.text for d in found] == ["log(w)", "1 / (u - u)"]


def test_a_number_that_is_no_parameter_is_told_when_its_gradient_is_read() -> None:
    program = "x = 0.0\ny = where(x > 0, sqrt(x), 0)\nbackward(y)\n"
    assert warned(program) == []
    assert only(program + "g = x.grad").code == "W0502"


def test_no_remark_stands_in_a_builtin() -> None:
    found = only("p = [1e400]\nf = grad(q -> q * mse_loss(p, p))\nf(1.0)")
    assert {label.span.source.name for label in found.labels} == {found.span.source.name} == {"<gradlang>"}
    assert "f(1.0)" in [label.span.text for label in found.labels]


@pytest.mark.parametrize("backend", ["interp", "replay", "llvm", "auto"])
@pytest.mark.parametrize("step", [0.117, 0.2, 3])
def test_the_pass_in_which_a_loss_overflows_is_found_too(gradlang: Run, backend: str, step: float) -> None:
    program = f"param w = 1.0\nfor i in range(9000) {{ y = (w * 3 - 2)**2; backward(y); w -= {step} * w.grad }}"
    wanted = {0.117: "3,524", 0.2: "373", 3: "91"}[step]
    err = gradlang(program, "--backend", backend)[2]
    assert err.count("warning[") == 1 and "W0509" in err and f"this is pass {wanted} of the loop on line 2" in err


def test_an_infinite_number_with_a_nan_gradient_is_not_called_finite() -> None:
    assert only("p = [0.0, 1.0]\ny = log(p * p).sum()\ngrad(y, p)").code == "W0501"


def test_what_a_lost_gradient_leads_to_is_not_told() -> None:
    loop = "param x = 0.0\nfor i in range(9) { backward(where(x > 0, sqrt(x), 0) + x); x -= 0.1 * x.grad }"
    assert only(loop).code == "W0502"
