"""What is said of training that goes wrong: each mistake once, at its place, whatever runs the loop, and no other.

What must stay silent is in `clean_programs`, which `test_lints` runs; the cases here are beside the mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest

from gradlang.diagnostics import Diagnostic, GradlangError
from gradlang.diagnostics.render import render_text
from gradlang.engine import recomputation
from gradlang.engine.autodiff import flow_back, propagate
from gradlang.engine.recomputation import recomputed
from gradlang.engine.value import leaf
from gradlang.language.runtime import RUN, running
from gradlang.session import Session
from gradlang.source import Source

BACKENDS = ["interp", "replay", "llvm", "auto"]


def warned(program: str, backend: str = "interp", folder: str = ".") -> list[Diagnostic]:
    """What a program is told."""
    told: list[Diagnostic] = []
    with running(folder, lambda text: None, told.append) as run, numpy.errstate(all="ignore"):
        run.backend = backend
        Session().run(Source(program, "train.grad"), told.append)
    return told


def places(program: str, backend: str = "interp") -> list[tuple[str, str]]:
    return [(d.code, d.span.text) for d in warned(program, backend)]


def fit(body: str, before: str = "param w = 0.0; param b = 0.5", after: str = "", passes: int = 100) -> str:
    """A straight line through three points."""
    return f"xs, ys = [1, 2, 3], [3, 5, 7]\n{before}\nfor step in range({passes}) {{\n{body}\n}}\n{after}\n"


STEP = "  w -= 0.05 * w.grad"
MOONS = "manual_seed(1)\nX, y = make_moons(60)\nnet = {0}\nfor step in range({1}) {{\n{2}\n}}\n"
TRAIN = "  loss = mse_loss(net(X)[:, 0], y)\n  backward(loss)\n  for p in parameters(net) { p -= 0.01 * p.grad }"
STALE = "param w = 0.0\nloss = (w - 3)**2\nfor step in range(60) {{\n  backward(loss)\n{0}\n}}"
CALL = "backward(loss)"

MISTAKES = {
    # W0503
    "nothing reads it": (fit(f"  loss = mse_loss(w * xs, ys); {CALL}\n{STEP}"), [("W0503", "b")]),
    "its number": (fit(f"  loss = mse_loss(w * xs + b.item(), ys); {CALL}\n{STEP}"), [("W0503", "b")]),
    "its data": (fit(f"  loss = mse_loss(w * xs + b.data, ys); {CALL}\n{STEP}"), [("W0503", "b")]),
    "rounded": (fit(f"  loss = mse_loss(w * xs + round(b), ys); {CALL}\n{STEP}"), [("W0503", "b")]),
    "a model that an optimiser waits for": (
        MOONS.format("mlp(2, [4, 1])\nother = mlp(2, [4, 1])\nsteps = adam(other)", 12, TRAIN),
        [("W0503", "other")],
    ),
    "a model that nothing reads": (
        MOONS.format("mlp(2, [4, 1]); other = linear(2, 1)", 12, TRAIN),
        [("W0503", "other")],
    ),
    "one of a list of layers": (
        "layer() = { param W = randn(2, 2); param c = zeros(2); x -> tanh(x @ W) + round(c) }\n"
        "layers = [layer() for i in range(2)]\nfor step in range(12) {\n  h = [1, 2]\n  for f in layers { h = f(h) }\n"
        "  backward(h.sum())\n}",
        [("W0503", "zeros(2)"), ("W0506", "backward(h.sum())")],
    ),
    # W0504
    "a loss from before": (STALE.format("  w -= 0.1 * w.grad"), [("W0504", CALL)]),
    "a step that is stored": (STALE.format("  w.data = w - 0.1 * w.grad"), [("W0504", CALL)]),
    "a stale step of an optimiser": (
        STALE.format("  opt.step()").replace("\n", "; opt = adam([w])\n", 1),
        [("W0504", CALL)],
    ),
    "an earlier value that is kept": (
        fit(f"  loss = (w - 3)**2 + (w - start)**2; {CALL}\n{STEP}", "param w = 2.0; start = w"),
        [("W0504", CALL)],
    ),
    "a state with its history": (
        fit(f"  h = tanh(w * h + 1); loss = (h - sin(step))**2; {CALL}\n{STEP}", "param w = 0.1; h = 0.5"),
        [("W0504", CALL)],
    ),
    # W0505
    "no backward in the loop": (
        "param w = 0.0\nloss = (w - 3)**2\nbackward(loss)\nfor step in range(60) { w -= 0.01 * w.grad }",
        [("W0505", "w -= 0.01 * w.grad")],
    ),
    "backward in every other pass": (
        fit(f"  loss = mse_loss(w * xs, ys)\n  if step % 2 == 0 {{ {CALL} }}\n{STEP}", "param w = 0.0"),
        [("W0505", STEP.strip())],
    ),
    "two steps": (
        fit(f"  loss = w**2; {CALL}; opt.step()\n  opt.step()", "param w = 1.0; opt = sgd([w], lr=0.1)"),
        [("W0505", "opt.step()")],
    ),
    "two optimisers": (
        fit(f"  loss = w**2 + b**2; {CALL}; one.step(); two.step()",
            "param w = 1.0; param b = 1.0; one = sgd([w, b], lr=0.1); two = adam([b])"),
        [("W0505", "two.step()")],
    ),
    "uphill twice": (fit(f"  loss = -w**2; {CALL}; w += 0.01 * w.grad\n  w += 0.01 * w.grad", "param w = 1.0"),
                     [("W0505", "w += 0.01 * w.grad")]),
    # W0511, which the text of a program does not show
    "a list of numbers": (
        fit(f"  loss = mse_loss(w * xs + b.sum(), ys)\n  {CALL}\n  for p in [w, b] {{ p -= 0.01 * p.grad }}",
            "param w = 0.0; param b = [0.0, 1.0]"),
        [("W0511", "p -= 0.01 * p.grad")],
    ),
    # W0508
    "dead by long steps": (
        MOONS.format("mlp(2, [16, 16, 1])\nopt = adam(net, lr=1)", 100,
                     f"  loss = mse_loss(net(X)[:, 0], y)\n  {CALL}\n  opt.step()"),
        [("W0508", "net")],
    ),
    "dead, row by row": (
        MOONS.format("mlp(2, [12, 1])\nfor p in parameters(net) { if p.ndim == 1 { p.data = p - 1.9 } }", 12,
                     "  loss = sum([(net(a)[0] - b)**2 for a, b in zip(X, y)]) / 60\n  backward(loss)\n"
                     "  for p in parameters(net) { p -= 0.001 * p.grad }"),
        [("W0508", "net")],
    ),
    "dead, written by hand": (
        fit(f"  h = relu(x @ W + c)\n  loss = mse_loss(h @ V, x**2 + 5); {CALL}\n"
            "  for p in parameters([W, c, V]) { p -= 1e-4 * p.grad }",
            "manual_seed(2)\nx = linspace(-1, 1, 30).reshape(30, 1)\nparam W = randn(1, 12)\n"
            "param c = -1.4 * ones(12); param V = randn(12, 1)", passes=12),
        [("W0508", "relu(x @ W + c)")],
    ),
    # W0509
    "steps that are too long": (
        fit(f"  loss = mse_loss(w * xs, ys)\n  {CALL}\n  w -= 2 * w.grad", "param w = 0.0", passes=999),
        [("W0509", CALL)],
    ),
    "steps that are too long, and few": (
        fit(f"  loss = mse_loss(w * xs, ys)\n  {CALL}\n  w -= 2 * w.grad", "param w = 0.0", passes=12),
        [("W0509", CALL)],
    ),
    "a loss without a name": (
        "param w = 0.0\nf() = (w - 3)**2\nfor step in range(2000) {\n  backward(f())\n  w -= 1.5 * w.grad\n}",
        [("W0509", "backward(f())")],
    ),
    "no slope": (fit(f"  loss = mse_loss(relu(w * xs - 9), ys)\n  {CALL}\n{STEP}", "param w = 0.0"), [("W0509", CALL)]),
    "no slope, saturated": (
        fit(f"  loss = mse_loss(sigmoid(1000 * w * xs), ys)\n  {CALL}\n{STEP}", "param w = 1.0"),
        [("W0509", CALL)],
    ),
    # W0510
    "many layers of sigmoid": (
        MOONS.format(f"mlp(2, [{'8, ' * 16}1], activation=sigmoid)", 12, TRAIN),
        [("W0510", CALL)],
    ),
    "chaos": (
        "manual_seed(0)\nparam W = 1.5 * randn(8, 8)\nstart = detach(randn(8))\nfor step in range(12) {\n  h = start\n"
        "  for t in range(25) { h = sin(3 * h @ W) }\n  loss = (h * h).mean()\n  backward(loss)\n"
        "  W -= 1e-30 * W.grad\n}",
        [("W0510", CALL)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", MISTAKES)
def test_each_is_told_once_whatever_runs_the_loop(name: str, backend: str) -> None:
    program, expected = MISTAKES[name]
    assert places(program, backend) == expected


RIGHT = {
    "asked for by grad": "param w = 1.0; param v = 2.0; f(x) = x**2\nbackward(f(w))\nprint(grad(f)(v))",
    "loaded or stored": "param w = 1.0; param v = 2.0\nv.data = 3\nbackward(w * v.item())",
    "nothing was to be trained": "param v = 2.0; x = 3.0\nbackward(x**2)\nprint(v, x.grad)",
    "a frozen body": MOONS.format("mlp(2, [4, 1])\nbody = mlp(2, [2])\nX = detach(body(X))", 12, TRAIN),
    "one to compare with": MOONS.format(
        "mlp(2, [4, 1])\nother = mlp(2, [4, 1])\nprint(mse_loss(other(X)[:, 0], y).item())", 12, TRAIN
    ),
    "an old loss that is looked at": "param w = 1.0\nloss = w**2\nbackward(loss)\nw -= 0.1 * w.grad\n"
    "print(loss)\nbackward(loss)",
    "the numbers came back": "param w = 1.0\nloss = w**2\nw -= 1; w += 1\nbackward(loss)\nprint(w.grad)",
    "what is detached": fit(
        f"  loss = (w - 3)**2 + (w - start)**2; {CALL}\n{STEP}", "param w = 2.0; start = detach(w)"
    ),
    "a step back": "param w = 1.0\nbackward(w**2)\nw -= 1 * w.grad\nw += 1 * w.grad\nw -= 0.5 * w.grad",
    "steps of several lengths": "param w = 1.0\nbackward(w**2)\nfor t in [0.1, 0.2] { w.data = 1; w -= t * w.grad }",
    "decay": "param w = 1.0\nbackward(w**2)\nw -= 0.1 * w.grad\nw -= 0.01 * w",
    "a gradient that was set to 0": "param w = 1.0\nbackward(w**2)\nw -= 0.1 * w.grad\nzero_grad(w)\nw -= 0.1 * w.grad",
    "gradients added up": fit(
        "  loss = w**2\n  backward(loss, accumulate=step % 3 != 0)\n  if step % 3 == 2 { w -= 0.1 * w.grad }",
        "param w = 1.0",
    ),
    "parameters apart": fit(
        "  loss = w**2 + b**2; backward(loss); one.step(); two.step()",
        "param w = 1.0; param b = 1.0; one = sgd([w], lr=0.1); two = adam([b])",
    ),
    "a hinge that is satisfied": fit(
        f"  loss = relu(1 - w * xs).mean() + relu(2 - w * [[9, 9, 9], [8, 8, 8]]).mean(); {CALL}\n{STEP}",
        "param w = 1.0",
    ),
    "a loss of 0": fit("  loss = relu(w * xs - 9).sum(); backward(loss)\n" + STEP, "param w = 1.0"),
    "a few dead units": MOONS.format("mlp(2, [16, 1])", 20, TRAIN),
    "a hinge of many numbers": fit(
        f"  loss = relu(x @ W - 3).sum() + (W * W).sum() + 5; {CALL}; W -= 1e-5 * W.grad",
        "x = linspace(-1, 1, 20).reshape(20, 1); param W = 0.1 * ones(1, 12)",
    ),
    "too few rows to say so": MISTAKES["dead, written by hand"][0].replace("30", "12"),
    "too few steps to say so": MISTAKES["steps that are too long, and few"][0].replace("range(12)", "range(6)"),
    "too few rows to know": "net = mlp(1, [8, 1])\nfor step in range(20) {\n"
    "  loss = mse_loss(net([[-0.1], [-0.2]]), [[5], [6]])\n  backward(loss)\n"
    "  for p in parameters(net) { p -= 0.001 * p.grad }\n}",
    "large numbers": fit(
        f"  loss = mse_loss(1e12 * w * xs, 1e12 * [3, 5, 7]); {CALL}; w -= 1e-26 * w.grad", "param w = 0.0"
    ),
    "few layers of sigmoid": MOONS.format("mlp(2, [8, 8, 8, 1], activation=sigmoid)", 12, TRAIN),
}  # fmt: skip


@pytest.mark.parametrize("backend", ["interp", "llvm"])
@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_said_of_what_is_right(name: str, backend: str) -> None:
    assert [render_text(d) for d in warned(RIGHT[name], backend)] == []


# ── what is said ─────────────────────────────────────────────────────────────


def only(name: str, backend: str = "interp") -> str:
    (found,) = warned(MISTAKES[name][0], backend)
    return render_text(found)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("nothing reads it", ["nothing reads it", "compute the loss with `b`"]),
        ("its number", ["`item` lets no gradient through", "b.item()"]),
        ("its data", ["it is read only without its history"]),
        ("rounded", ["`round`"]),
        ("a model that an optimiser waits for", ["though `steps` is to train it"]),
        ("a loss from before", ["when `w` was 0", "`w` is 0.6000 here, after 1 update", "pass 2 of the loop"]),
        ("an earlier value that is kept", ["when `w` was 2", "its gradient is that of both", "`before = detach(w)`"]),
        ("two optimisers", ["another optimiser moves `b`, too: sgd(2 parameters", "parameters of its own"]),
        ("dead by long steps", ["units of `layer", "of `net` never fire", "for each of 60 rows"]),
        ("dead, written by hand", ["of 12 units of the layer of `W`", "`W`, declared here"]),
        ("steps that are too long", ["it was 27.6667 at first", "inf", "smaller steps"]),
        ("steps that are too long, and few", ["from 27.6667 at first to ", "at the end of the run"]),
        ("no slope", ["has been 27.6667 from the first", "no gradient comes through `relu` of numbers from -9 to -9"]),
        ("many layers of sigmoid", ["the first of 17 layers", "`layer17.W`", "`layer1.W`"]),
        ("chaos", ["where the loss is 0.3983", "three times in a row"]),
    ],
)  # fmt: skip
def test_what_is_said(name: str, parts: list[str]) -> None:
    text = only(name)
    assert [part for part in parts if part not in text] == [], text


def test_the_optimisers_rate_and_large_data_are_named() -> None:
    program = "areas = [50, 800]\nparam w = 0.0\nopt = sgd([w], lr=0.5)\n"
    program += "for step in range(300) {\n  loss = mse_loss(w * areas, areas)\n  backward(loss)\n  opt.step()\n}"
    (found,) = warned(program)
    assert found.help[0] == "smaller steps: `lr` is 0.5 in `sgd`; a tenth of that, for instance"
    assert found.help[1].startswith("the data go up to 800: ")


# ── where gradients are kept ─────────────────────────────────────────────────


@pytest.fixture
def prompt() -> Iterator[tuple[Session, list[Diagnostic]]]:
    told: list[Diagnostic] = []
    with running(".", lambda text: None, told.append):
        yield Session(interactive=True), told


def test_an_entry_that_is_taken_back_has_used_no_gradient(prompt: tuple[Session, list[Diagnostic]]) -> None:
    session, told = prompt
    session.enter(Source("param w = 1.0; backward(w**2)"), told.append)
    for _ in range(3):
        session.enter(Source("w -= 0.1 * w.grad"), told.append)
        session.undo()
    assert told == []
    session.enter(Source("w -= 0.1 * w.grad"), told.append)
    session.enter(Source("w -= 0.1 * w.grad"), told.append)
    assert [d.code for d in told] == ["W0505"]


def test_the_end_of_an_entry_is_not_the_end_of_a_run(prompt: tuple[Session, list[Diagnostic]]) -> None:
    session, told = prompt
    session.enter(Source("param w = 1.0; param b = 1.0; backward(w**2)"), told.append)
    assert told == []


def test_a_saved_loop_knows_whether_a_gradient_was_used(tmp_path: Path) -> None:
    """A run that fails in its fourth pass is run again: that pass uses the gradient of the third."""
    program = Source(
        'param w = 1.0\nfor step in checkpointed(range(6), "run.ckpt", every=1) {\n  if step == failing { [0][9] }\n'
        "  if step != 3 { backward((w - 3)**2) }\n  w -= 0.1 * w.grad\n}",
        "train.grad",
    )
    told: list[Diagnostic] = []
    for failing in (3.0, -1.0):
        with running(str(tmp_path), lambda text: None, told.append):
            session = Session()
            session.define("failing", leaf(failing))
            if failing == 3:
                with pytest.raises(GradlangError):
                    session.run(program, told.append)
                assert told == []
            else:
                session.run(program, told.append)
    assert [d.code for d in told] == ["W0505"]


def test_passes_by_machine_code_leave_a_gradient_as_the_interpreter_does() -> None:
    """Two paths of one loop: one only adds gradients up, the other uses them."""
    body = (
        "  loss = (w - 3)**2\n  backward(loss, accumulate=step % 50 != 0)\n  if step % 50 == 49 { w -= 0.001 * w.grad }"
    )
    for backend in BACKENDS:
        assert warned(fit(body, "param w = 0.0", passes=2000), backend) == []
    body = "  if step % 50 < 49 { backward((w - 3)**2) } else { w -= 0.1 * w.grad; print(w) }"
    for backend in BACKENDS:
        assert warned(fit(body, "param w = 0.0", passes=2000), backend) == []


# ── the graph that is computed anew ──────────────────────────────────────────


def test_a_graph_is_computed_with_the_parameters_of_now() -> None:
    with running("."):
        session = Session()
        session.run(
            Source("param w = [1.0, 2.0]\ny = (w * w).sum() * exp(w[0])\nbackward(y)\nw.data = [2.0, 0.5]"),
            lambda d: None,
        )
        root, box = RUN.last_root, session.names()["w"]
        assert root is not None
        before = root.data, box.grad.tolist()
        order = recomputed(root)
        assert order[-1].data == pytest.approx(4.25 * numpy.exp(2))
        flow_back(order, propagate)
        (leaf,) = [v for v in order if v.op is box]
        assert leaf.grad.tolist() == pytest.approx([8.25 * numpy.exp(2), numpy.exp(2)])
        assert (root.data, box.grad.tolist()) == before


def test_a_large_graph_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    program = MISTAKES["steps that are too long, and few"][0]
    for name in ("MOST_VALUES", "MOST_NUMBERS"):
        with monkeypatch.context() as patch:
            patch.setattr(recomputation, name, 3)
            assert warned(program) == []
    assert len(warned(program)) == 1


def test_a_chain_of_many_operations_is_no_deep_recursion() -> None:
    program = (
        "param w = 1.0\nfor step in range(11) {\n  y = w\n  for i in range(3000) { y = y + 0.001 }\n  backward(y)\n"
    )
    assert warned(program + "  w -= 0.1 * w.grad\n}") == []
