"""A backward pass in steps: its sums are the engine's, its formulas compute what they say, nothing is touched."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from table_cases import DIFFERENTIABLE, Case, cases_of, plain, random_of, sample
from table_cases import quiet as quiet
from test_draw_terminal import COMPAT, MOONS, NEURON, columns, root_of, values_from

from gradlang.diagnostics import GradlangError
from gradlang.draw.formulas import notation
from gradlang.draw.formulas.derivatives import TERMS, Term, tried
from gradlang.draw.formulas.notation import Formula, written
from gradlang.draw.formulas.steps import BackwardSteps, Step, backward_steps, step_lines
from gradlang.draw.terminal import fragments
from gradlang.engine import table
from gradlang.engine.autodiff import backward
from gradlang.engine.ops import TABLE
from gradlang.engine.printing import exact
from gradlang.engine.table import Row, recorded
from gradlang.engine.value import STATE, Value, apply, leaf
from gradlang.faults import Fault
from gradlang.language.runtime import running
from gradlang.session import Session
from gradlang.source import Source
from gradlang.whole_file import no_writing

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.grad"))


def steps_of(program: str) -> BackwardSteps:
    return backward_steps(root_of(program))


def only_step(program: str) -> Step:
    """The first step of a program: its last operation."""
    return steps_of(program)[0]


def formulas(program: str) -> dict[str, str]:
    return {flow.input: flow.derivative or flow.rule for flow in only_step(program).flows}


# ── the numbers ──────────────────────────────────────────────────────────────


def roots_of(program: str) -> list[Value]:
    """What a program computed and used no further, until it ended or failed, each as one number."""
    made: list[Value] = []
    with running("", lambda text: None), suppress(GradlangError), no_writing():
        STATE.watchers = (lambda v, inputs: made.append(v),)
        Session().run(Source(program), lambda warning: None, keep_graph=True)
    used = {x for v in made for x in v.inputs}
    roots = [v for v in made if v.inputs and v not in used][:40]
    return [v if np.size(v.data) == 1 else recorded.sum(v) for v in roots]


def below(root: Value) -> list[Value]:
    met: dict[Value, None] = {}
    stack = [root]
    while stack:
        v = stack.pop()
        if v not in met:
            met[v] = None
            stack += v.inputs
    return list(met)


def check_against_engine(root: Value) -> None:
    """Totals bit for bit, each value's as the sum of what comes to it, and the graph left alone."""
    values = below(root)
    before = [(v.data, getattr(v, "grad", None), v.inputs, v.op) for v in values]
    steps = backward_steps(root)
    totals = dict(steps.gradients())
    seen = list(steps)
    assert len(seen) == len(steps)
    after = [(v.data, getattr(v, "grad", None), v.inputs, v.op) for v in values]
    assert all(a is b for x, y in zip(before, after, strict=True) for a, b in zip(x, y, strict=True))
    for v in values:
        if hasattr(v, "grad"):
            del v.grad
    backward(root)
    stored = {v: v.grad for v in values if hasattr(v, "grad")}
    assert totals.keys() == stored.keys()
    for v, g in stored.items():
        np.testing.assert_array_equal(totals[v], g)
        assert np.shape(totals[v]) == np.shape(g)
    running_total: dict[Value, Any] = {}
    for step in seen:
        np.testing.assert_array_equal(step.gradient, stored[step.value])
        for flow in step.flows:
            assert (flow.before is None) == (flow.value not in running_total)
            if flow.before is not None:
                np.testing.assert_array_equal(flow.before, running_total[flow.value])
            total = flow.contribution if flow.before is None else flow.before + flow.contribution
            np.testing.assert_array_equal(flow.after, total)
            running_total[flow.value] = flow.after
    for v, g in running_total.items():
        np.testing.assert_array_equal(g, stored[v])


@pytest.mark.parametrize("path", GOLDEN, ids=[p.stem for p in GOLDEN])
def test_sums_are_the_engines_for_golden_programs(path: Path) -> None:
    for program in path.read_text(encoding="utf-8").split("---\n"):
        for root in roots_of(program):
            check_against_engine(root)


def test_golden_programs_have_graphs() -> None:
    assert sum(len(roots_of(part)) for p in GOLDEN for part in p.read_text().split("---\n")) > 300


@pytest.mark.parametrize("program", [COMPAT, NEURON, MOONS], ids=["compat", "neuron", "moons"])
def test_sums_are_the_engines(program: str) -> None:
    check_against_engine(root_of(program))


def test_sums_are_the_engines_on_random_graphs() -> None:
    for seed in range(40):
        check_against_engine(values_from(random.Random(seed), names=True))


def test_compat_ends_where_micrograd_does() -> None:
    steps = steps_of(COMPAT)
    last: dict[str, Any] = {}
    for step in steps:
        for flow in step.flows:
            last[flow.value.name if hasattr(flow.value, "name") else flow.input] = flow.after
    assert (round(last["a"], 4), round(last["b"], 4)) == (138.8338, 645.5773)
    assert (steps[0].name, steps[0].line, steps[0].gradient, len(steps)) == ("g", 14, 1.0, 25)


def test_an_index_gets_no_gradient() -> None:
    x = leaf(np.array([1.0, 2.0]), True)
    i: Any = leaf(0.0, True)
    root = apply(TABLE["getitem"], x, i * 1.0, attrs={"spec": (("at",),)})
    assert [len(step.flows) for step in backward_steps(root)] == [1]
    check_against_engine(root)


def test_faults_are_the_engines() -> None:
    x = leaf(np.array([1.0, 2.0]), True)
    for root, code in ((apply(TABLE["exp"], x), "E0502"), (leaf(1.0), "E0503"), (floor_of(2.0), "E0503")):
        with pytest.raises(Fault) as failure:
            backward_steps(root)
        assert failure.value.code == code
    assert len(backward_steps(leaf(1.0, True))) == 0


def floor_of(x: float) -> Value:
    return apply(TABLE["floor"], leaf(x, True))


# ── on demand ────────────────────────────────────────────────────────────────


def test_only_what_is_asked_for_is_computed() -> None:
    x: Any = leaf(1.0, True)
    for _ in range(100_000):
        x = recorded.sin(x)
    start = time.perf_counter()
    steps = backward_steps(x)
    first = steps[0]
    assert time.perf_counter() - start < 2
    assert (len(steps), len(steps.added)) == (100_000, 1)
    assert steps[1].gradient == first.flows[0].after
    assert steps[0] == first  # going back
    assert steps[-1].flows[0].after == steps[99_999].flows[0].after
    with pytest.raises(IndexError):
        steps[100_000]


def test_a_sequence() -> None:
    steps = steps_of("a = 2.0\nb = a * 3\nc = b + a")
    assert [s.name for s in steps] == [s.name for s in steps[:]] == ["c", "b"]
    assert [s.name for s in reversed(steps)] == ["b", "c"]


# ── the formulas ─────────────────────────────────────────────────────────────

LEAVES = "a = 0.6\nb = 1.7\nc = 0.2\nM = [[1.0, 2.0], [3.0, 5.0]]\nv = [1.0, 3.0]\nw = [0.5, -1.0]\n"
USUAL: list[tuple[str, dict[str, str]]] = [
    ("a + b", {"a": "1", "b": "1"}),
    ("a - b", {"a": "1", "b": "-1"}),
    ("a * b", {"a": "b", "b": "a"}),
    ("a / b", {"a": "1 / b", "b": "-y / b"}),
    ("a % b", {"a": "1", "b": "-(a // b)"}),
    ("a ** b", {"a": "b * a**(b - 1)", "b": "y * log(a)"}),
    ("b ** 3", {"b": "3 * b**2"}),
    ("b ** 2", {"b": "2 * b"}),
    ("b ** 1", {"b": "1"}),
    ("2 ** a", {"a": "y * 0.6931"}),
    ("b * 2", {"b": "2"}),
    ("10 / b", {"b": "-y / b"}),
    ("-b", {"b": "-1"}),
    ("a * a", {"a": "a"}),
    ("exp(a)", {"a": "y"}),
    ("log(a)", {"a": "1 / a"}),
    ("sqrt(a)", {"a": "1 / (2 * y)"}),
    ("sin(a)", {"a": "cos(a)"}),
    ("cos(a)", {"a": "-sin(a)"}),
    ("tan(a)", {"a": "1 + y**2"}),
    ("tanh(a)", {"a": "1 - y**2"}),
    ("sigmoid(a)", {"a": "y * (1 - y)"}),
    ("softplus(a)", {"a": "sigmoid(a)"}),
    ("abs(a)", {"a": "sign(a)"}),
    ("relu(a)", {"a": "1"}),
    ("relu(-a)", {"-a": "0"}),
    ("maximum(a, b)", {"a": "0", "b": "1"}),
    ("tanh(a * b + c)", {"a * b + c": "1 - y**2"}),
    ("(a + b) * c", {"a + b": "c", "c": "a + b"}),
    ("v @ w", {"v": "y.grad * w", "w": "v * y.grad"}),
    ("sum(v)", {"v": "y.grad spread over [2]"}),
    ("mean(M)", {"M": "y.grad / 4 spread over [2, 2]"}),
    ("v[1]", {"v": "y.grad at [1], 0 elsewhere"}),
    ("norm(v)", {"v": "y.grad / y * v"}),
    ("logsumexp(v)", {"v": "y.grad * exp(v - y)"}),
]


@pytest.mark.parametrize(("expression", "expected"), USUAL, ids=[e for e, _ in USUAL])
def test_formulas(expression: str, expected: dict[str, str]) -> None:
    assert formulas(f"{LEAVES}y = {expression}") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("M @ M.T", {"M": "y.grad @ M", "M.T": "M.T @ y.grad"}),
        ("M @ v", {"M": "y.grad @ v.T", "v": "M.T @ y.grad"}),
        ("M * a", {"M": "a", "a": "M"}),
        ("relu(M - 2)", {"M - 2": "where(M - 2 > 0, 1, 0)"}),
        ("tanh(M)", {"M": "1 - y**2"}),
        ("softmax(v)", {"v": "y.grad * y - y * sum(y.grad * y, dim=-1, keepdim=true)"}),
        ("[a, b, c]", {"a": "y.grad[0]", "b": "y.grad[1]", "c": "y.grad[2]"}),
        ("M.reshape(4)", {"M": "reshape(y.grad, shape=[2, 2])"}),
        ("M[:, 0]", {"M": "y.grad at [:, 0], 0 elsewhere"}),
    ],
)
def test_formulas_of_tensors(expression: str, expected: dict[str, str]) -> None:
    step = steps_of(f"{LEAVES}y = {expression}\nz = sum(y * y)")[2]
    assert step.name == "y"
    assert {flow.input: flow.derivative or flow.rule for flow in step.flows} == expected


def test_contributions_as_formulas() -> None:
    step = steps_of(f"{LEAVES}y = tanh(M) * a\nz = sum(y)")[1]
    assert [flow.rule for flow in step.flows] == ["a * y.grad", "tanh(M) * y.grad summed to a number"]
    step = steps_of(f"{LEAVES}y = M - v * 2\nz = sum(y)")[1]
    assert [flow.rule for flow in step.flows] == ["y.grad", "-y.grad summed to [2]"]
    assert [flow.rule for flow in only_step(f"{LEAVES}y = tanh(a)").flows] == ["(1 - y**2) * y.grad"]


def test_reasons() -> None:
    def since(expression: str) -> list[tuple[str, ...]]:
        return [flow.since for flow in only_step(f"{LEAVES}{expression}").flows]

    assert since("y = relu(a)") == [("a > 0",)]
    assert since("y = relu(-a)") == [("-a <= 0",)]
    assert since("y = maximum(a, b)") == [("a <= b",), ("b > a",)]
    assert since("y = maximum(a, a + 0)") == [("a <= a + 0", "a == a + 0"), ("a + 0 <= a", "a == a + 0")]
    assert since("y = clamp(a, 0, 1)") == [("a >= 0", "a <= 1")]
    assert since("y = a**b") == [(), ()]
    assert since("y = relu(a * (0 * log(-1)))") == [()]  # not a number is neither above 0 nor not


def test_two_values_of_one_name_are_told_apart() -> None:
    step = only_step("f(c) = { d = c; c = d * 2; c * d }\nc = 3.0\nd = exp(c)\nc = c * 2\ny = c * exp(c)")
    assert step.expression == "c * exp(c)"
    old: Any = leaf(2.0, True)
    new: Any = leaf(5.0, True)
    old.name = new.name = "c"
    assert {f.input: f.derivative for f in backward_steps(old * new)[0].flows} == {"c": "c₂", "c₂": "c"}


def test_a_result_called_like_its_input() -> None:
    step = only_step("x = 0.5\nx = exp(x)")
    assert (step.name, step.result, step.flows[0].derivative) == ("x", "out", "out")


def test_long_inputs_are_called_by_the_row_and_explained() -> None:
    step = only_step("value = 2.0\ny = exp(sin(value * value) * cos(value + 1) * tanh(value))")
    assert (step.expression, step.meanings) == ("exp(x)", [("x", "sin(value * value) * cos(value + 1) * tanh(value)")])


def scope_of(names: dict[str, Any]) -> str:
    return "".join(f"{name} = {exact(x)}\n" for name, x in names.items())


@pytest.mark.parametrize("name", [n for n in DIFFERENTIABLE if TABLE[n].elementwise and n != "normal_cdf"])
def test_formulas_compute_what_they_say(name: str) -> None:
    """Each derivative, read by the language itself with the inputs' numbers, is the slope and what the engine adds."""
    row, rng = TABLE[name], random_of(name)
    if name == "gelu":
        return  # its formula has a function that programs cannot call
    for _ in range(5):
        inputs = [leaf(plain(x), True) for x in sample(row, ((),) * row.inputs, rng)]
        for letter, v in zip("abc", inputs, strict=False):
            v.name = letter
        root = apply(row, *inputs)
        (step,) = backward_steps(root)
        scope = scope_of({**{v.name: v.data for v in inputs}, "out": root.data})
        for flow in step.flows:
            with running("", lambda text: None):
                value = Session().run(Source(f"{scope}({flow.derivative}) * 1.0"), lambda warning: None)
            assert value.data == pytest.approx(flow.slope, rel=1e-3)  # formulas show four digits
            assert flow.slope == pytest.approx(flow.contribution, rel=1e-12)


# ── every row of the table ───────────────────────────────────────────────────


def weighted(row: Row, c: Case) -> Value:
    rng = random_of(row.name)
    inputs = [leaf(plain(x), True) for x in sample(row, c.shapes, rng)]
    for letter, v in zip("abcdefgh", inputs, strict=False):
        v.name = letter
    y: Any = apply(row, *inputs, *[leaf(i) for i in c.indices], attrs=c.attrs or None)
    total: Value = recorded.sum(y * leaf(plain(rng.uniform(0.5, 2.0, y.shape))))
    return total


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_every_row(name: str) -> None:
    row = TABLE[name]
    told = 0
    for c in cases_of(row):
        root = weighted(row, c)
        check_against_engine(root)
        steps = backward_steps(root)
        for at, step in enumerate(steps):
            for width in (30, 100):
                text = fragments.plain(step_lines(step, at + 1, len(steps), width))
                assert all(columns(line) <= width for line in text.splitlines()), (c, text)
            told += sum(not flow.rule.startswith("by the rule") for flow in step.flows if step.value.op is row)
    assert told, "no case has a formula"


def test_what_has_no_gradient_has_no_steps() -> None:
    for row in TABLE.values():
        if row.vjp is None and row.elementwise and row.numeric:
            with pytest.raises(Fault):
                backward_steps(apply(row, *[leaf(1.0, True)] * row.inputs))


def test_a_rule_that_cannot_be_followed() -> None:
    for rule in (
        lambda xp, g, out, x: g * float(x),  # wants data
        lambda xp, g, out, x: g * sum([x * float(i) for i in range(2, 99)], 0.0),  # too long to read
    ):
        row = Row("strange", "x", lambda xp, x: x, (rule,), shape=lambda x: x, group="internal", doc="", example="",
                  elementwise=True)  # fmt: skip
        try:
            x = leaf(2.0, True)
            (step,) = backward_steps(apply(row, x))
            assert [(f.derivative, f.rule) for f in step.flows] == [("", "by the rule of strange")]
            assert "by the rule of strange = " in fragments.plain(step_lines(step, 1, 1, 80))
        finally:
            del table.TABLE["strange"]


def test_a_very_long_name() -> None:
    name = "n" * 300
    step = only_step(f"{name} = 2.0\ny = {name} * {name}")
    assert [flow.rule for flow in step.flows] == ["by the rule of mul"] * 2
    text = fragments.plain(step_lines(step, 1, 1, 40))
    assert all(len(line) <= 40 for line in text.splitlines())


def test_terms_never_raise_through() -> None:
    x: Any = Term(2.0, Formula("x"))
    assert tried(lambda: TERMS.nothing_of_this_name(x)) is None
    assert tried(lambda: x + x).text == "2 * x"


# ── notation ─────────────────────────────────────────────────────────────────


def test_parentheses_are_there_where_needed() -> None:
    a, b, c = Formula("a"), Formula("b"), Formula("c")
    two = notation.number(-2.0)

    def text(op: str, *operands: Formula) -> str:
        return written(op, operands).text

    total, product, power, sign = written("+", [a, b]), written("*", [a, b]), written("**", [a, b]), written("-", [a])
    assert text("*", total, c) == "(a + b) * c" and text("+", product, c) == "a * b + c"
    assert text("-", c, total) == "c - (a + b)" and text("-", total, c) == "a + b - c"
    assert text("/", c, product) == "c / (a * b)" and text("*", product, c) == "a * b * c"
    assert text("**", power, c) == "(a**b)**c" and text("**", c, power) == "c**a**b"
    assert text("**", sign, c) == "(-a)**c" and text("**", c, sign) == "c**-a" and text("**2", total) == "(a + b)**2"
    assert text("**", two, a) == "(-2)**a" and text("*", a, two) == "a * -2"
    assert text("-", total) == "-(a + b)" and text("-", product) == "-a * b" and text("-", power) == "-a**b"
    assert text("-", written("//", [a, b])) == "-(a // b)" and text("*", written("//", [a, b]), c) == "(a // b) * c"
    assert text("[:, 0]", total) == "(a + b)[:, 0]" and text("[1]", a) == "a[1]"
    assert text("sum dim=[0, 1] keepdim=true", a) == "sum(a, dim=[0, 1], keepdim=true)"
    assert text("relu", total) == "relu(a + b)" and text(">", total, c) == "a + b > c"
    assert [notation.number(x).text for x in (0.5, -1.0, 1e-7, 100.0)] == ["0.5", "-1", "1.0000e-07", "100"]


# ── in a terminal ────────────────────────────────────────────────────────────


def shown(program: str, at: int, width: int) -> str:
    steps = steps_of(program)
    return fragments.plain(step_lines(steps[at], at + 1, len(steps), width))


def test_a_step() -> None:
    assert (
        shown(COMPAT, 4, 80)
        == """\
step 5 of 25                                                             line 11
  e = c - d = -7   gradient -6.9417
    c   ∂e/∂c = 1    1 × -6.9417 = -6.9417   grad 0 - 6.9417 = -6.9417
    d   ∂e/∂d = -1   -1 × -6.9417 = 6.9417   grad 0 + 6.9417 = 6.9417
"""
    )


def test_a_step_adds_to_what_is_there() -> None:
    assert shown(COMPAT, 20, 100).splitlines()[1:] == [
        "  b**3 = 8   gradient 83.3003",
        "    b   ∂/∂b = 3 * b**2 = 12   12 × 83.3003 = 999.6035   grad -360.9679 + 999.6035 = 638.6356",
    ]


def test_a_step_in_forty_columns() -> None:
    assert (
        shown(COMPAT, 21, 40)
        == """\
step 22 of 25                     line 9
  relu(b + a) = 0   gradient 27.7668
  b + a
    ∂/∂(b + a) = 0 since b + a <= 0
    0 × 27.7668 = 0
    grad 0 + 0 = 0
"""
    )


def test_a_step_of_tensors() -> None:
    program = "param W = [[1.0, 2.0], [3.0, 4.0]]\nx = [1.0, -1.0]\nh = x @ W\ny = h.sum()"
    assert shown(program, 1, 90).splitlines()[1:] == [
        "  h = x @ W = [-2, -2]   gradient [1, 1]",
        "    x   h.grad @ W.T = [3, 7]               mean grad 0 + 5 = 5",
        "    W   x.T @ h.grad = [[1, 1], [-1, -1]]   mean grad 0 + 0 = 0",
    ]


def test_roles() -> None:
    pieces = set(step_lines(steps_of(COMPAT)[4], 5, 25, 80))
    assert {("heading", "step 5 of 25"), ("name", "c"), ("operator", "c - d"), ("number", "-7")} <= pieces
    assert {("gradient", "-6.9417"), ("muted", "line 11"), ("muted", "∂e/∂c = "), ("operator", "1")} <= pieces


def test_no_line_is_too_wide() -> None:
    for seed in range(30):
        steps = backward_steps(values_from(random.Random(seed), names=True))
        for at, step in enumerate(steps):
            for width in (20, 40, 80, 120):
                text = fragments.plain(step_lines(step, at + 1, len(steps), width))
                assert all(columns(line) <= width for line in text.splitlines()), (seed, width, text)
