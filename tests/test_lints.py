"""Lints: what they find, what they offer, and above all what they leave alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from expectations import programs
from test_readme import PAIRS

import gradlang
from gradlang.analysis.mistakes.actions import edits_of
from gradlang.analysis.mistakes.findings import findings
from gradlang.diagnostics import Diagnostic
from gradlang.dryrun.worker import Worker
from gradlang.formatting import formatted
from gradlang.source import Source

TESTS = Path(__file__).parent
CLEAN = sorted((TESTS / "clean_programs").glob("*.grad"))
SCRIPTS = sorted((TESTS.parent / "scripts").glob("*.grad"))


def found(text: str) -> list[Diagnostic]:
    return findings(Source(text, "a.grad")).diagnostics


def codes(text: str) -> list[str]:
    return [d.code for d in found(text)]


def fixed(text: str, title: str = "") -> list[str]:
    """The text after each fix that is offered."""
    after = []
    for fix in [fix for d in found(text) for fix in d.fixes if title in fix.title]:
        mended = text
        for start, end, replacement in reversed(edits_of(fix)):
            mended = mended[:start] + replacement + mended[end:]
        after.append(mended)
    return after


# ── nothing is said of what is right ─────────────────────────────────────────


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


def test_there_are_fifty_clean_programs() -> None:
    assert len(CLEAN) >= 50


@pytest.mark.parametrize("path", CLEAN, ids=lambda path: path.stem)
def test_clean_programs(path: Path, worker: Worker) -> None:
    source = Source(path.read_text(encoding="utf-8"), str(path))
    assert formatted(source) == source.text
    assert [str(d.span) + d.code for d in findings(source).diagnostics] == []
    assert [str(d.span) + d.code for d in worker.run(source, str(path.parent)).diagnostics] == []
    assert not gradlang.run_file(str(path), output=lambda text: None).warnings


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts(path: Path, worker: Worker) -> None:
    source = Source(path.read_text(encoding="utf-8"), str(path))
    assert not findings(source).diagnostics
    assert not worker.run(source, str(path.parent)).diagnostics


@pytest.mark.parametrize("text", [text for kind, text, shown, _ in PAIRS if kind == "gradlang" and shown != "warning"])
def test_programs_of_the_readme(text: str) -> None:
    assert codes(text) == []


def test_programs_with_expectations() -> None:
    path = TESTS / "golden" / "given.grad"
    for program in programs(path.read_text(encoding="utf-8"), str(path)):
        assert not [d for d in findings(program.source).diagnostics if d.severity == "warning"]


# ── what is found ────────────────────────────────────────────────────────────

LOOP = "xs = [1, 2]\nparam w = 0.0\nfor i in range(9) {{\n  loss = mse_loss(w * xs, xs)\n  backward(loss)\n{0}\n}}\n{1}"
STEP = "  w -= 0.1 * w.grad"


def loop(body: str, after: str = "print(w)") -> str:
    return LOOP.format(body, after)


FINDS = {
    # W0101
    "a sign before a call": ("print(-3.abs())", ["W0101"]),
    "a sign before calls": ("print(-0.5.relu().sum() + 1)", ["W0101"]),
    "odd functions": ("print(-0.5.tanh(), -3.sin().sum())", []),
    "an odd function of another": ("print(-3.exp().sum())", ["W0101"]),
    "a sign before parentheses": ("print((-3).abs(), -(3.abs()))", []),
    "a sign before a name": ("x = 3\nprint(-x.abs(), -x**2, 2 - 3.abs())", []),
    # W0202
    "a parameter": ("f(x, n) = x\nprint(f(1, 2))", ["W0202"]),
    "a parameter with a default": ("f(x, n=2) = x\nprint(f(1))", ["W0202"]),
    "a parameter that is bound anew": ("f(x) = { x = 3; x }\nprint(f(1))", []),
    "a parameter of an inner function": ("f(x) = y -> x + y\nprint(f(1)(2))", []),
    "an underscore": ("f(x, _n) = x\nprint(f(1, 2))", []),
    "a function that is handed on": ("f(x) = 1\nprint(map(f, [1, 2]))", []),
    "a lambda": ("print(map(x -> 1, [1, 2]))", []),
    "a body still to be written": ("f(x) = { }\ng(x) = none\nf(1); g(1)", ["W0301", "W0301"]),
    "a parameter only updated": ("f(n) = { n += 1 }\nprint(f(1))", ["W0202"]),
    # W0203
    "a last line with a name": ("f(x) = { y = x }\nprint(f(1))", ["W0203"]),
    "a counter nobody asks": ("f(x) = { n = 0; n += 1; x }\nprint(f(1))", ["W0203"]),
    "a function nobody calls": ("f(x) = { g(y) = y; x }\nprint(f(1))", ["W0203"]),
    "a parameter that does nothing": ("f(x) = { param b = 1; x }\nprint(f(1))", ["W0203"]),
    "a name for an inner function": ("f(x) = { y = x; z -> y + z }\nprint(f(1)(2))", []),
    "names of an unpacking": ("f(x) = { a, b = x, 2; a }\nprint(f(1))", []),
    "a loop's name": ("f(x) = { for i in range(3) { x += 1 }; x }\nprint(f(1))", []),
    "a comprehension's name": ("print([1 for i in range(3)])", []),
    "names of a file": ("x = 3", []),
    "a parameter only moved": ("f() = { param w = 1; w -= 1 }\nf()", []),
    # W0301
    "a comparison": ("x = 2\nx == 3", ["W0301"]),
    "a comment in quotes": ('"what follows"\nprint(1)', ["W0301"]),
    "a name": ("x = 2\nx", ["W0301"]),
    "a builtin's value": ("x = [1]\nx.sum()\nlog(2)", ["W0301", "W0301"]),
    "a longer list": ("xs = []\nfor i in range(3) { xs.append(i) }\nprint(xs)", ["W0301"]),
    "a function without effects": ("f(x) = x + 1\ng(x) = f(x)\ng(2)", ["W0301"]),
    "a call that is none": ("param w = 1.0\nopt = sgd([w], lr=1)\nbackward(w * 1)\nopt.step", ["W0301"]),
    "a function that is thrown away": ("x -> x + 1", ["W0301"]),
    "a value in a loop": ("for i in range(3) { i * 2 }", ["W0301"]),
    "values in branches": ("x = 1\nif x > 0 { x * 2 } else { x * 3 }", ["W0301", "W0301"]),
    "a value in a function": ("f(x) = { x * 2; x }\nprint(f(1))", ["W0301"]),
    "two on a line": ("x = 1; x; x + 1", ["W0301", "W0301"]),
    "a function's last line": ("f(x) = { x * 2 }\nprint(f(1))", []),
    "a block's last line": ("x = { y = 2; y + 1 }\nprint(x)", []),
    "an if as a value": ("f(x) = if x > 0 { x } else { -x }\nprint(f(1))", []),
    "an if as a last line": ("f(x) = { if x > 0 { x } else { -x } }\nprint(f(1))", []),
    "calls that act": ("manual_seed(1)\nprint(1)\nrand(3)\nmap(print, [1])", []),
    "a function that acts": ("say(x) = { print(x); x }\nagain(x) = say(x)\nagain(1)", []),
    "a function that moves": ("param w = 1\nstep() = { w -= 1 }\nstep()\nprint(w)", []),
    "a function that was given": ("do(f) = { f(1); 2 }\nprint(do(print))", []),
    "a call that is timed": ("f(x) = x**2\nstart = time()\nf(3)\nprint(time() - start)", []),
    "a model": ("model = mlp(2, [1])\nmodel([1, 2])", []),
    "an expectation": ("1 + 2  #> 3\n[1] @ 2  #! E0401", []),
    "a word that nobody knows": ("while true { brek }", ["E0201"]),
    "nothing to do": ('x = 1\nif x > 0 { print("yes") } else { none }', []),
    "members of another file": ("import lib\nlib.f(1)", []),
    # W0506
    "no step": (loop("  print(loss)"), ["W0506"]),
    "a step": (loop(STEP), []),
    "a step in a function": ("step(w) = w - w.grad\n" + loop("  w.data = step(w)"), []),
    "a step behind the loop": (loop("", "w -= 0.1 * w.grad"), ["W0506"]),
    "an optimiser that waits": ("param v = 1.0\nopt = adam([v])\n" + loop("  print(i)", "opt.step()"), ["W0506"]),
    "a gradient that is shown": (loop("  print(w.grad)"), []),
    "a gradient that is shown at the end": (loop("", "print(w.grad)"), []),
    "gradients that add up": (loop("", "print(w)").replace("(loss)\n", "(loss, accumulate=true)\n"), []),
    "a function from outside": ("train(f, w) = { for i in range(3) { backward(w * i); f() } }\nprint(train)", []),
    "an inner loop": (
        "param w = 1.0\nfor i in range(3) {\n  for k in range(2) { backward(w**2) }\n  w -= w.grad\n}",
        [],
    ),
    # W0511
    "a value that is stepped": (
        "x = 5.0\nfor i in range(9) { y = (x - 3)**2; backward(y); x = x - 0.1 * x.grad }",
        ["W0511"],
    ),
    "a value that is updated": (
        "x = 5.0\nfor i in range(9) { y = (x - 3)**2; backward(y); x -= 0.1 * x.grad }",
        ["W0511"],
    ),
    "an argument": ("step(w) = { w -= 0.1 * w.grad; w }\nprint(step(1.0))", ["W0511"]),
    "a parameter that is stepped": (loop(STEP), []),
    "a step of an outer name": ("param w = 1.0\nmove() = { w = w - w.grad; w }\nprint(move())", []),
    "parameters in a loop": ("model = mlp(2, [1])\nfor p in parameters(model) { p -= 0.1 * p.grad }", []),
    "a step without history": ("x = 5.0\nbackward(x**2)\nx = detach(x - 0.1 * x.grad)\nprint(x)", []),
    "another value's gradient": ("x = 5.0\ny = 1.0\nbackward(x**2)\ny = y - x.grad\nprint(y)", []),
    # W0512
    "a sum of losses": ("total = 0\n" + loop(STEP + "\n  total += loss", "print(total)"), ["W0512"]),
    "a list of losses": ("all_ = []\n" + loop(STEP + "\n  all_ = append(all_, loss)", "print(all_)"), ["W0512"]),
    "a moving average": ("m = 0\n" + loop(STEP + "\n  m = 0.9 * m + 0.1 * loss", "print(m)"), ["W0512"]),
    "a sum of numbers": ("total = 0\n" + loop(STEP + "\n  total += loss.item()", "print(total)"), []),
    "a sum that is differentiated": (
        "param w = 1.0\ntotal = 0\nfor i in range(3) { loss = w * i; backward(loss); total += loss }\n"
        "backward(total)\nprint(w.grad)",
        [],
    ),
    "a sum that starts anew": (loop(STEP + "\n  both = 0\n  both += loss\n  print(both)"), []),
    "the least": ("best = inf\n" + loop(STEP + "\n  if loss < best { best = loss }", "print(best)"), []),
    # W0513
    "a loss from before": (
        "param w = 1.0\nloss = (w - 3)**2\nfor i in range(9) { backward(loss); w -= 0.1 * w.grad }",
        ["W0513"],
    ),
    "a loss that is a function": (
        "param w = 1.0\nloss() = (w - 3)**2\nfor i in range(9) { backward(loss()); w -= 0.1 * w.grad }",
        [],
    ),
    "a loss of an outer loop": (
        "param w = 1.0\nfor i in range(9) {\n  loss = w**2\n  for k in range(1) { backward(loss) }\n  w -= w.grad\n}",
        [],
    ),
    "a loss that is bound later, by the caller": (
        "train(n) = {\n  param w = 1.0\n  for i in range(n) { backward(loss); w -= w.grad }\n  loss_of(w)\n}\n"
        "loss_of(w) = w**2\nloss = train(3)\nprint(loss)",
        [],
    ),
    # W0514
    "probabilities": ("print(cross_entropy(softmax([[1, 2]]), [0]))", ["W0514"]),
    "probabilities as a method": ("x = [[1, 2]]\nprint(x.softmax().cross_entropy([0]))", ["W0514"]),
    "probabilities with a name": ("p = softmax([[1, 2]])\nprint(cross_entropy(p, [0]))", ["W0514"]),
    "a network that ends in softmax": (
        "net = mlp(2, [3], output=softmax)\nprint(cross_entropy(net([1, 2]), 0))",
        ["W0514"],
    ),
    "scores": ("net = mlp(2, [3])\nprint(cross_entropy(net([1, 2]), 0))", []),
    "logarithms of probabilities": ("print(cross_entropy(log_softmax([[1, 2]]), [0]))", []),
    # builtins that are hidden mean something else
    "a backward of its own": ("backward(x) = print(x)\nfor i in range(3) { backward(i) }", ["W0201"]),
}


@pytest.mark.parametrize("name", FINDS)
def test_findings(name: str) -> None:
    text, expected = FINDS[name]
    assert codes(text) == expected


def test_what_is_entered_shows_its_last_line() -> None:
    assert findings(Source("x = 1; x; x + 1", "<command line>")).diagnostics[0].span.start == 7
    assert len(findings(Source("x = 1; x; x + 1", "<command line>")).diagnostics) == 1


def test_the_tree_may_be_broken_and_names_unknown() -> None:
    assert "E0201" in codes("f(x) = unknown(x)\nunknown.step\nfor i in y { backward(z); q += 1 }\n")
    for end in range(len(loop(STEP))):
        found(loop(STEP)[:end])


def test_long_and_deep_programs() -> None:
    assert codes("x = " + " + ".join(["1"] * 20_000)) == []
    assert codes("print(" + "(" * 150 + "1" + ")" * 150 + ")") == []


# ── what is offered ──────────────────────────────────────────────────────────

FIXES = {
    "sign": ("print(-3.abs())", ["print((-3).abs())", "print(-(3.abs()))"]),
    "comparison": ("x = 2\nx == 3", ["x = 2\nx = 3"]),
    "list": ("xs = []\nappend(xs, 1)", ["xs = []\nxs = append(xs, 1)"]),
    "function": ("train() = print(1)\ntrain", ["train() = print(1)\ntrain()"]),
    "builtin": ("print\npi", ["print()\npi", "print\nprint(pi)"]),
    "value": ("x = 2\nx * 2", ["x = 2\nprint(x * 2)"]),
    "name": ("f(x) = { n = 0; n += 1; x }\nprint(f(1))", ["f(x) = { _n = 0; _n += 1; x }\nprint(f(1))"]),
    "step": (
        "x = 5.0\nfor i in range(9) { backward(x**2); x = x - 0.1 * x.grad }",
        ["param x = 5.0\nfor i in range(9) { backward(x**2); x -= 0.1 * x.grad }"],
    ),
    "update": (
        "x = 5.0\nfor i in range(9) { backward(x**2); x -= 0.1 * x.grad }",
        ["param x = 5.0\nfor i in range(9) { backward(x**2); x -= 0.1 * x.grad }"],
    ),
    "a value that is bound again": (
        "x = 5.0\nfor i in range(9) { backward(x**2); x = x - 0.1 * x.grad; x = abs(x) }",
        [],
    ),
    "sum": (
        "total = 0\n" + loop(STEP + "\n  total += loss / 2", "print(total)"),
        ["total = 0\n" + loop(STEP + "\n  total += loss.item() / 2", "print(total)")],
    ),
}


@pytest.mark.parametrize("name", FIXES)
def test_fixes(name: str) -> None:
    before, after = FIXES[name]
    assert fixed(before) == after


def test_only_a_fix_that_changes_no_number_is_safe() -> None:
    safe = {d.code for text, _ in [*FINDS.values(), *FIXES.values()] for d in found(text) for f in d.fixes if f.is_safe}
    assert safe == {"W0512"}


# ── what is allowed ──────────────────────────────────────────────────────────

ALLOWED = {
    "on its line": ("3  # allow W0301\n4", [2]),
    "among others": ("3  # allow W0101, W0301 W0202: to show it\n4", [2]),
    "above": ("# allow W0301\n3\n4", [3]),
    "above, with more": ("# allow W0301\n# because\n3\n4", [4]),
    "above, apart": ("# allow W0301\n\n3", [3]),
    "at the end": ("print(\n  1)\nabs(\n  3)  # allow W0301", []),
    "another code": ("3  # allow W0202", [1]),
    "small letters": ("3  # allow w0301", []),
    "without a code": ("3  # allow", [1]),
    "not a comment": ('x = "# allow W0301"; 3', [1]),
    "an error": ("y  # allow E0201", [1]),
    "behind another statement": ("x = 1  # allow W0301\n3", [2]),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_allowances(name: str) -> None:
    text, lines = ALLOWED[name]
    assert [d.span.line for d in found(text) if d.code[0] == "E" or "E0201" not in text] == lines
