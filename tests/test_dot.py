"""Pictures as DOT: right numbers, safe labels, the same bytes, and accepted by the real program."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter

import pytest

import gradlang
from gradlang.draw.dot import dot_source, escaped
from gradlang.draw.graph import nodes_of
from gradlang.draw.scalars import scalar_graph
from gradlang.engine.value import Value
from gradlang.language.runtime import running
from gradlang.session import Session
from gradlang.source import Source

np = pytest.importorskip("numpy")


def values(source: str) -> dict[str, Value]:
    with running(""):
        session = Session()
        session.run(Source(source), lambda d: None, keep_graph=True)
        return dict(session.names())


MODEL = "model = mlp(3, [4, 4, 1], activation=tanh); x = [2, 3, -1]; "
PROGRAMS = {
    "mlp": MODEL + "loss = (model(x)[0] - 1)**2",
    "batch": "model = mlp(2, [3, 2]); X = randn(4, 2); y = [0, 1, 1, 0]; loss = cross_entropy(model(X), y)",
    "hinge": "m = mlp(2, [3, 1]); X = randn(4, 2); y = [1, -1, 1, -1]; loss = (1 - y * m(X)[:, 0]).relu().mean()",
    "max": "x = randn(3, 4); loss = max(x, dim=1).sum() + x.min()",
    "norm": "x = randn(3); loss = norm(x) + std(x) + var(x) + prod(x) + logsumexp(x)",
    "shapes": "x = randn(2, 3); loss = (cat([x.T, x.T * 2]).reshape(4, 3) * 2).flip().sum() + stack([x, x])[1, 0, 2]",
    "where": "x = randn(5); y = randn(5); loss = where(x > y, x * y, x - y).sum()",
    "broadcast": "x = randn(2, 1, 3); y = randn(1, 4, 1); loss = (x * y + 1).sum(0).mean()",
    "gather": "x = randn(5); i = [0, 2, 2]; loss = (x[i] * x[1:4]).sum()",
    "batched": "x = randn(2, 3, 4); y = randn(4, 2); loss = (x @ y).sum()",
    "softmax": "x = randn(4); loss = (softmax(x) * [1, 2, 3, 4]).sum() + log_softmax(x)[0] + softplus(x).sum()",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_opened_graph_equals_the_tensor_run(name: str) -> None:
    names = values(PROGRAMS[name] + "\nbackward(loss)")
    loss = names["loss"]
    root = scalar_graph(loss)
    assert root.data == pytest.approx(loss.data, rel=1e-12)
    opened = {n.name: n for n in nodes_of(root) if n.kind in ("leaf", "parameter")}
    checked = 0
    for node in nodes_of(loss):
        if node.kind not in ("leaf", "parameter") or node.grad is None:
            continue
        for at in np.ndindex(node.shape):
            label = f"{node.name}[{', '.join(map(str, at))}]" if at else node.name
            if label in opened:  # numbers that nothing reads are not drawn
                want = node.grad[at] if at else node.grad
                assert opened[label].grad == pytest.approx(want, rel=1e-9, abs=1e-12), label
                checked += 1
    assert checked > 0


def test_opening_leaves_the_program_alone() -> None:
    names = values(PROGRAMS["mlp"] + "\nbackward(loss)\nps = parameters(model)")
    before = [(b.value, b.grad, b.version) for b in names["ps"].items()]
    scalar_graph(names["loss"])
    assert [(b.value, b.grad, b.version) for b in names["ps"].items()] == before


def test_neurons_are_micrograds() -> None:
    """n multiplications, n additions and one activation a neuron; three neurons' worth of layers."""
    root = scalar_graph(values(MODEL + "y = model(x)[0]")["y"])
    count = Counter(n.op for n in nodes_of(root) if n.op)
    pairs = 3 * 4 + 4 * 4 + 4 * 1
    assert count == {"*": pairs, "+": pairs, "tanh": 8}
    assert Counter(n.kind for n in nodes_of(root))["parameter"] == 41


def test_numbers_of_compat() -> None:
    source = (
        "a = -4.0; b = 2.0; c = a + b; d = a * b + b**3; c += c + 1; c += 1 + c + (-a); d += d * 2 + (b + a).relu()\n"
        "d += 3 * d + (b - a).relu(); e = c - d; f = e**2; g = f / 2.0; g += 10.0 / f"
    )
    before = dot_source(values(source)["g"])
    assert "grad —" in before and "grad 0" not in before
    after = dot_source(values(source + "; backward(g)")["g"])
    for text in ("{a | data -4 | grad 138.8338}", "{b | data 2 | grad 645.5773}", "{g | data 24.7041 | grad 1}"):
        assert text in after
    assert after == dot_source(values(source + "; backward(g)")["g"])


def test_one_value_used_twice_has_two_edges() -> None:
    assert dot_source(values("a = 3; b = a * a")["b"]).count('0 -> "1op"') == 2


def test_too_large_to_open() -> None:
    loss = values("x = randn(200, 200); loss = (x @ x).sum()")["loss"]
    with pytest.raises(Exception, match="20,000") as caught:
        scalar_graph(loss)
    assert caught.value.code == "E0308"  # type: ignore[attr-defined]


STRANGE = ['a"b', "x{y}|<z>", "back\\slash", "<b>bold</b>", "line\nbreak", "&amp;", "θ", "\x00\x1b", "\\", '"']


@pytest.mark.skipif(shutil.which("dot") is None, reason="the dot program is not installed")
@pytest.mark.parametrize("detail", ["tensor", "scalar"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_dot_accepts_every_picture(name: str, detail: str) -> None:
    text = dot_source(values(PROGRAMS[name] + "\nbackward(loss)")["loss"], detail)
    run = subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True)
    assert run.returncode == 0 and run.stderr == b""


@pytest.mark.skipif(shutil.which("dot") is None, reason="the dot program is not installed")
@pytest.mark.parametrize("name", STRANGE)
def test_any_text_is_a_label(name: str) -> None:
    x = values("x = 3; y = x * 2")["y"]
    x.name = name
    run = subprocess.run(["dot", "-Tsvg"], input=dot_source(x).encode(), capture_output=True)
    assert run.returncode == 0 and run.stderr == b""
    assert escaped(name).isprintable()


def test_draw_dot_from_a_script(tmp_path: object) -> None:
    gradlang.run(
        f'a = 3; b = a * a; backward(b); draw_dot(b, "{tmp_path}/b.dot"); draw_dot(b, "{tmp_path}/s.dot", "scalar")'
    )
    with open(f"{tmp_path}/b.dot", encoding="utf-8") as file:
        assert "grad 6" in file.read()
