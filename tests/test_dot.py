"""Pictures: what the nodes say, tensors opened into numbers, and DOT that every reader accepts."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import graphviz
import numpy as np
import pytest
from table_cases import DIFFERENTIABLE, Case, cases_of, plain, random_of, sample
from table_cases import quiet as quiet

from gradlang.draw.forms.dot import dot_of, dot_text, summary
from gradlang.draw.pictures.nodes import Node, nodes_of
from gradlang.draw.pictures.picture import DETAILS, Detail, View, picture_of
from gradlang.draw.pictures.scalars import scalar_graph, scalar_nodes
from gradlang.engine import table
from gradlang.engine.autodiff import backward
from gradlang.engine.ops import TABLE
from gradlang.engine.table import Row, arrays, recorded
from gradlang.engine.value import STATE, Box, Value, apply, leaf
from gradlang.faults import Fault
from gradlang.language.runtime import running
from gradlang.session import Session, root_named
from gradlang.source import Source

COMPAT = (Path(__file__).parent.parent / "scripts" / "compat.grad").read_text()
NEURONS = "model = mlp(3, [4, 4, 1])\nx = [2.0, 3.0, -1.0]\ny = model(x)\nbackward(y)\n"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the dot program is not installed")


def session_of(program: str, folder: str = "") -> Session:
    with running(folder, lambda text: None):
        session = Session(keeps_calls=True)
        session.run(Source(program), lambda warning: None, keep_graph=True)
        session.define("the root", root_named(session, None))
    return session


def root_of(program: str, name: str = "the root") -> Value:
    root = root_named(session_of(program), name)
    assert root is not None
    return root


def opened_nodes(program: str) -> list[Node]:
    return scalar_nodes(root_of(program))


def dot_source(root: Value, detail: Detail = "tensor") -> str:
    return dot_of(picture_of(root, View(detail)))


# ── nodes ────────────────────────────────────────────────────────────────────


def test_compat_says_what_micrograd_says() -> None:
    nodes = nodes_of([root_of(COMPAT)])
    assert [(n.name, n.kind, n.data, round(n.grad, 4)) for n in nodes[:2]] == [
        ("a", "leaf", -4.0, 138.8338),
        ("b", "leaf", 2.0, 645.5773),
    ]
    last = nodes[-1]
    assert (last.name, last.op, round(last.data, 4), last.grad, last.line) == ("g", "+", 24.7041, 1.0, 12 + 2)
    assert Counter(n.op for n in nodes if n.op) == {
        "+": 13, "*": 3, "**3": 1, "**2": 1, "relu": 2, "-": 3, "/": 2,
    }  # fmt: skip
    source = dot_source(root_of(COMPAT))
    for fields in (
        "a | data\\ -4 | grad\\ 138.8338",
        "b | data\\ 2 | grad\\ 645.5773",
        "g | data\\ 24.7041 | grad\\ 1",
    ):
        assert f'label="{{ {fields} }}"' in source


def test_ids_are_topological_positions() -> None:
    nodes = nodes_of([root_of("a = 2.0\nb = a * a + 1\nc = b * a\nbackward(c)")])
    assert [n.id for n in nodes] == list(range(len(nodes)))
    assert all(x < n.id for n in nodes for x in n.inputs)
    assert [(n.op, n.inputs) for n in nodes] == [("", ()), ("*", (0, 0)), ("", ()), ("+", (1, 2)), ("*", (3, 0))]
    assert dot_text(nodes).count("\t0 -> op1\n") == 2  # a * a has two edges


def test_no_gradient_before_backward() -> None:
    program = "a = 2.0\nparam w = [1.0, 2.0]\ny = (a * w).sum()\n"
    assert all(n.grad is None for n in nodes_of([root_of(program)]))
    before, after = dot_source(root_of(program)), dot_source(root_of(program + "backward(y)"))
    assert before.count("—") == 4 and "grad\\ 0" not in before
    assert "—" not in after


def test_gradient_of_a_parameter_that_has_moved_on() -> None:
    """The picture of a step shows that step's numbers, not the box's present ones."""
    nodes = nodes_of([root_of("param w = 3.0\nloss = w * w\nbackward(loss)\nw -= 0.5 * w.grad\n")])
    assert [(n.kind, n.name, n.data, n.grad) for n in nodes][0] == ("parameter", "w", 3.0, 6.0)


def test_operations_say_their_attributes() -> None:
    program = """
x = [[1.0, 2.0], [3.0, 4.0]]
i = 1
y = x.sum(dim=0).mean() + x[0, 1:].sum() + x[:, i].max() + x[[0, 0], ::2].sum() + x.reshape(4).mean()
z = clamp(x, -1, 1).sum() + leaky_relu(x).sum() + leaky_relu(x, 0.5).sum() + maximum(x, 0.0).sum()
w = y + z + x.std(correction=0) + (x.T**2).sum(dim=[0, 1]) + (2**x).sum(dim=1, keepdim=true).sum()
"""
    ops = {n.op for n in nodes_of([root_of(program, "w")])} - {"", "+", "sum", "mean", "max"}
    assert ops == {
        "sum dim=0", "[0, 1:]", "[:, i]", "[…, ::2]", "reshape shape=[4]", "clamp min=-1 max=1", "leaky_relu",
        "leaky_relu slope=0.5000", "maximum y=0", "std correction=0", "transpose", "**2", "sum dim=[0, 1]", "**",
        "sum dim=1 keepdim=true",
    }  # fmt: skip


def test_a_literal_is_drawn_beside_each_use() -> None:
    nodes = nodes_of([root_of("x = 3.0\nfor i in range(3) { x = x * 0.5 }\nbackward(x)")])
    assert [n.inputs for n in nodes if n.op] == [(0, 1), (2, 3), (4, 5)]


def test_summaries() -> None:
    assert summary(2.5) == "2.5000"
    assert summary(True) == "true"
    assert summary(np.array([[1.0, 2.0], [3.0, 0.25]])) == "[[1, 2], [3, 0.2500]]"
    assert summary(np.arange(10.0)) == "mean 4.5000\n0 … 9"
    assert summary(np.zeros((0, 3))) == "empty"
    assert summary(np.arange(10) > 6) == "true in 3 of 10"
    assert summary(np.array([math.inf, -math.inf] * 4)) == "mean nan\n-inf … inf"


def test_a_long_chain_is_an_ordinary_graph() -> None:
    x: Any = leaf(1.0, True)
    for _ in range(100_000):
        x = recorded.sin(x)
    assert len(nodes_of([x])) == 100_001


# ── tensors opened ───────────────────────────────────────────────────────────

PROGRAMS = {
    "mlp": """
X = [[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]]
model = mlp(3, [4, 3], activation=tanh)
t = [[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]]
loss = ((model(X) - t)**2).mean() + 0.1 * (model([1.0, 2.0, 3.0])**2).sum()
""",
    "classifier": """
X = [[0.5, -1.0], [1.5, 0.3], [0.1, 0.2]]
model = mlp(2, [5, 3])
scores = model(X)
loss = cross_entropy(scores, [0, 2, 1]) + softmax(scores)[0, 1] + log_softmax(scores, dim=0)[1].sum()
""",
    "reductions": """
x = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]
loss = x.max() + x.min(dim=1).sum() + x.norm() * x.std() + x.var(dim=0).sum() + logsumexp(x) + prod(x, dim=1).sum()
""",
    "shapes": """
x = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]
y = stack([x[0], x[1] * 2, x[0]])
z = cat([x, x.T.reshape(2, 3), x[::-1]], dim=0)
rows = x[[0, 1, 0]]
chosen = x[x > 0]
loss = (y * y).sum() + (z**3).sum() + (rows * y).sum() + chosen.sum() + x[-1, 1] * unsqueeze(x, 0).squeeze().mean()
""",
    "choices": """
x = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]
row = [1.0, 2.0, 3.0]
column = [[0.5], [-0.5]]
y = where(x > 0.3, x * row, column / (1 + abs(x)))
loss = (y + column).sum() + (relu(x) + sigmoid(x) - gelu(x)).mean() + clamp(x, -0.5, 1.0).sum() + maximum(x, row).sum()
""",
    "vectors": """
param w = [1.0, -2.0]
param M = [[1.0, 2.0], [3.0, 4.0]]
loss = w @ M @ w + (M @ w).sum() + (M @ M.T)[0, 1] + (w * 3)[1]
""",
    "second order": """
f(x) = (x[0:2]**3).sum() * x.mean() + (x.reshape(3, 1) * x.reshape(1, 3)).sum()
df = grad(f)
x = [1.0, 2.0, -0.5]
loss = (df(x) * [1.0, 0.5, 2.0]).sum()
""",
}


def leaf_elements(nodes: list[Value]) -> dict[str, Any]:
    """Numbers of named tensors by the names that the scalar picture gives them."""
    found: dict[str, Any] = {}
    for v in nodes:
        if not v.inputs and hasattr(v, "grad"):
            for index in np.ndindex(v.shape):
                name = v.name + (f"[{', '.join(map(str, index))}]" if index else "")
                found[name] = (v.data[index] if index else v.data, v.grad[index] if index else v.grad)
    return found


def values_below(roots: list[Value]) -> list[Value]:
    """Every value there is under the roots, found by another walk than the picture's."""
    met: dict[Value, None] = {}
    stack = list(roots)
    while stack:
        v = stack.pop()
        if v not in met:
            met[v] = None
            stack += v.inputs
    return list(met)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_opened_graph_agrees_with_the_run(program: str) -> None:
    root = root_of(program + "backward(loss)\n")
    (opened,) = scalar_graph(root)
    below = values_below([opened])
    assert all(v.shape == () for v in below)
    assert opened.data == pytest.approx(root.data, rel=1e-12)
    shown = {v: getattr(v, "grad", None) for v in below}
    expected = leaf_elements(values_below([root]))
    names = [v.name for v in below if not v.inputs and v.needs]
    assert len(names) == len(set(names)) and set(names) <= set(expected)
    backward(opened)  # the engine's own, over numbers only
    for v in below:
        if v.needs and hasattr(v, "grad"):
            assert shown[v] == pytest.approx(v.grad, rel=1e-9, abs=1e-12), v.op
            if not v.inputs:
                assert (v.data, v.grad) == pytest.approx(expected[v.name], rel=1e-9, abs=1e-12), v.name


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_every_row_opens(name: str) -> None:
    """Data and gradients of the opened operation are the operation's, for every shape it is tested on."""
    row, rng, tested = TABLE[name], random_of(name), 0
    for c in cases_of(row)[::3]:
        inputs, root = weighted(row, c, rng)
        backward(root)
        (opened,) = scalar_graph(root)
        assert opened.data == pytest.approx(root.data, rel=1e-9, abs=1e-12, nan_ok=True), c
        leaves = {v.name: v for v in values_below([opened]) if not v.inputs and v.needs}
        assert all(v.shape == () for v in values_below([opened])), c
        if opened.needs:
            backward(opened)
        for x in inputs:
            for index in np.ndindex(x.shape):
                element = leaves.get(x.name + (f"[{', '.join(map(str, index))}]" if index else ""))
                if hasattr(x, "grad"):
                    slope = float(np.asarray(x.grad)[index])
                    assert getattr(element, "grad", 0.0) == pytest.approx(slope, rel=1e-9, abs=1e-12), (c, index)
                    tested += 1
    assert tested > 2


def weighted(row: Row, c: Case, rng: Any) -> tuple[list[Value], Value]:
    """A row applied to named leaves, and a weighted sum of what comes out."""
    inputs = [leaf(plain(x), True) for x in sample(row, c.shapes, rng)]
    for i, v in enumerate(inputs):
        v.name = f"input{i}"
    y: Any = apply(row, *inputs, *[leaf(i) for i in c.indices], attrs=c.attrs or None)
    return inputs, recorded.sum(y * leaf(plain(rng.uniform(0.5, 2.0, y.shape))))


def test_special_points_show_the_rows_gradients() -> None:
    """The square root of 0 has slope inf; `norm` and ties of `max` know better, and the picture shows that."""
    nodes = opened_nodes("x = [0.0, 0.0]\nt = [2.0, 2.0, 2.0]\ny = x.norm() + t.max()\nbackward(y)")
    assert {n.name: n.grad for n in nodes if n.kind == "leaf"} == {
        **dict.fromkeys(("x[0]", "x[1]"), 0.0),
        **dict.fromkeys(("t[0]", "t[1]", "t[2]"), pytest.approx(1 / 3)),
    }


def test_part_of_a_graph_keeps_the_gradients_of_all() -> None:
    program = "param W = [1.0, 2.0]\nh = W * 3\nloss = h.sum() + (W * W).sum()\nbackward(loss)\n"
    nodes = scalar_nodes(root_of(program, "h"))
    assert [n.grad for n in nodes if n.kind == "parameter"] == [5.0, 7.0]
    assert [n.grad for n in nodes if n.op] == [1.0, 1.0]


def test_before_backward_nothing_has_a_gradient() -> None:
    nodes = opened_nodes("param W = [1.0, 2.0]\ny = tanh(W * 3).sum()\n")
    assert len(nodes) > 6 and all(n.grad is None for n in nodes)


def test_neurons_are_micrograds() -> None:
    nn = pytest.importorskip("micrograd.nn")
    session = session_of(NEURONS)
    nodes = scalar_nodes(root_named(session, "the root"))  # type: ignore[arg-type]
    theirs = nn.MLP(3, [4, 4, 1])
    ours = {n.name: n for n in nodes if n.name}
    for number, layer in enumerate(theirs.layers, 1):
        for j, neuron in enumerate(layer.neurons):
            for i, w in enumerate(neuron.w):
                w.data = ours[f"layer{number}.W[{i}, {j}]"].data
    y = theirs([2.0, 3.0, -1.0])
    y.backward()
    met, stack, operations = {y}, [y], Counter[str]()
    while stack:
        v = stack.pop()
        operations[v._op.lower()] += 1
        stack += v._prev - met
        met |= v._prev
    assert Counter(n.op for n in nodes if n.op) == {op: operations[op] for op in ("*", "+", "relu")}
    assert operations["*"] == operations["+"] == 3 * 4 + 4 * 4 + 4 and operations["relu"] == 8
    assert ours["layer3[0]"].data == pytest.approx(y.data)
    for number, layer in enumerate(theirs.layers, 1):
        for j, neuron in enumerate(layer.neurons):
            assert ours[f"layer{number}.b[{j}]"].grad == pytest.approx(neuron.b.grad)
            assert ours[f"layer{number}[{j}]"].kind == "operation"
            for i, w in enumerate(neuron.w):
                parameter = ours[f"layer{number}.W[{i}, {j}]"]
                assert (parameter.kind, parameter.grad) == ("parameter", pytest.approx(w.grad))


def test_opening_leaves_the_program_alone() -> None:
    root = root_of(PROGRAMS["mlp"] + "backward(loss)\n")
    seen: list[Value] = []
    before = [(v, v.inputs, v.grad if hasattr(v, "grad") else None, v.span) for v in values_below([root])]
    boxes = [(v.op, v.op.version, v.op.grad, v.op.value) for v in values_below([root]) if isinstance(v.op, Box)]
    STATE.recording = False
    STATE.watchers = (lambda v, inputs: seen.append(v),)
    try:
        assert len(scalar_graph(root)[0].inputs) == 2
    finally:
        watchers, STATE.watchers = STATE.watchers, ()
    assert not seen and len(watchers) == 1 and STATE.recording is False
    after = [(v, v.inputs, v.grad if hasattr(v, "grad") else None, v.span) for v in values_below([root])]
    assert all(a is b for x, y in zip(before, after, strict=True) for a, b in zip(x, y, strict=True))
    assert all((b.version, b.grad, b.value) == (version, grad, value) for b, version, grad, value in boxes)


def test_too_many_numbers_are_refused() -> None:
    for program in (
        "x = zeros(100, 100)\nloss = (x * x).sum()\nbackward(loss)",  # too many nodes
        "x = zeros(1000, 1000)\nloss = x[0, 0] * 2\nbackward(loss)",  # too much work before they are known
        "x = zeros(90, 90)\nloss = (x @ x).sum()\nbackward(loss)",
    ):
        with pytest.raises(Fault, match="more than 20,000 nodes") as failure:
            opened_nodes(program)
        assert failure.value.code == "E0308" and "--root" in failure.value.help[0]
    assert not STATE.watchers
    assert len(opened_nodes("x = zeros(100, 100)\nloss = x[3, 4] * 2\nbackward(loss)")) == 3


def test_an_operation_unknown_here_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "running_total", np.cumsum, raising=False)
    row = Row(
        "running_total", "x", lambda xp, x: xp.running_total(x),
        (lambda xp, g, out, x: xp.flip(xp.running_total(xp.flip(g))),),
        shape=lambda x: x, group="internal", doc="", example="",
    )  # fmt: skip
    try:
        x: Any = leaf(np.array([1.0, 2.0, 3.0]), True)
        x.name = "x"
        root = recorded.sum(apply(row, x) ** 2.0)
        backward(root)
        nodes = scalar_nodes(root)
        assert [n.shape for n in nodes if n.op == "running_total"] == [(3,)]
        assert [n.grad for n in nodes if n.kind == "leaf"] == x.grad.tolist() == [20.0, 18.0, 12.0]
        assert nodes[-1].data == root.data
    finally:
        del table.TABLE["running_total"]


# ── DOT ──────────────────────────────────────────────────────────────────────

NASTY = [
    "plain", "größe λ 变量", 'quotes " and \\" and \\\\"', "back\\slash \\n \\N \\l end\\", "{braces} | bars {",
    "<b>bold</b>", "<f0> port", "a &lt; b &amp; c &#65; &", "two\nlines", "  spaces   kept ", "\x00 \x1b[31m \x7f",
    "\ud800 \ufffe", "<", ">", "->", "digraph", "", "'", "%d %s", "\t tab", "\u202e reversed", "strict graph { }", "5",
    "-.5", "<<", "\\G \\E \\T \\L",
]  # fmt: skip


def shown(text: str) -> str:
    """What is to be read in the picture: what cannot be seen is spelt out."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{{{ord(c):x}}}" for c in text)


def nodes_called(names: list[str]) -> list[Node]:
    nodes = []
    for i, name in enumerate(names):
        nodes.append(Node(2 * i, "leaf", "", name, 1.0, None, (), None))
        nodes.append(Node(2 * i + 1, "operation", name, name, np.ones((2, 2)), np.ones((2, 2)), (2 * i,), None))
    return nodes


@needs_dot
def test_labels_of_any_text_are_read_as_they_are() -> None:
    nodes = nodes_called(NASTY)
    svg = graphviz_output(dot_text(nodes), "svg").decode()
    texts = svg_texts(svg)
    for node in nodes:
        lines = [line for text in (node.name, node.op) if text for line in shown(text).split("\n")]
        fields = texts[str(node.id)] + texts.get(f"op{node.id}", [])
        for line in lines:
            known = [t.strip().removesuffix(" [2, 2]") for t in fields]
            assert line.strip() in known, (node.name, fields)


def svg_texts(svg: str) -> dict[str, list[str]]:
    import xml.etree.ElementTree as xml

    space = "{http://www.w3.org/2000/svg}"
    found: dict[str, list[str]] = {}
    for group in xml.fromstring(svg).iter(f"{space}g"):
        if group.get("class") == "node":
            title = group.findtext(f"{space}title") or ""
            found[title] = [(t.text or "").replace("\u00a0", " ") for t in group.iter(f"{space}text")]
    return found


def graphviz_output(source: str, form: str) -> bytes:
    done = subprocess.run(["dot", f"-T{form}"], input=source.encode(), capture_output=True, timeout=300)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    return done.stdout


def test_escapes_without_dot() -> None:
    source = dot_text(nodes_called(NASTY))
    source.encode()  # no half of a surrogate pair is left
    assert not re.search(r"[^\n\t\x20-\uffff]", source)
    for line in source.splitlines():
        for label in re.findall(r'label="((?:[^"\\]|\\.)*)"', line):
            assert not re.search(r'[<>"]|&(?!(lt|gt|quot|amp);)', label)
            bare = re.sub(r"\\.", "", label)
            if not line.startswith("\top"):
                assert bare.count("{") == bare.count("}") <= 1 and bare.count("|") <= 2


CALLS = """
f(x) = { y = sin(x)
  y * 0.5 }
g(x) = f(f(x)) + 1
param w = [1.0, 2.0]
loss = (g(w) * w).sum()
for i in range(5) { loss = f(loss) * 2 }
backward(loss)
"""


def clusters(source: str) -> dict[str, set[str]]:
    """By label, the ids in each subgraph, those in subgraphs of it left out."""
    found: dict[str, set[str]] = {}
    stack: list[str] = []
    for line in map(str.strip, source.splitlines()):
        if line.startswith("subgraph"):
            stack.append("")
        elif line == "}" and stack:
            stack.pop()
        elif stack and (match := re.search(r'label="?([^" ]*)', line)):
            stack[-1] = match[1]
        elif stack:
            found.setdefault(stack[-1], set()).add(line)
    return found


def test_calls_are_boxes_and_what_is_around_them_clusters() -> None:
    picture = picture_of(root_of(CALLS), View("module"))
    source = dot_of(picture)
    modules = {str(n.id): n.op for n in picture.nodes if n.kind == "module"}
    inside = {label: {modules[id] for id in ids & modules.keys()} for label, ids in clusters(source).items()}
    assert inside == {"g": {"f"}, "×5": {"f"}}
    assert source.count("peripheries=2") == len(modules) == 3
    assert 'style="rounded,dashed"' in source and '[label="{ f | data' in source.replace("\\ ", " ")
    assert len(clusters(source)["×5"]) == 4  # the call, the constant, the product and its ellipse


def test_inputs_that_are_left_out_are_said() -> None:
    source = dot_of(picture_of(root_of(CALLS), View("tensor", depth=1)))
    assert source.count('label="+2\\ more"') == 1 and source.count("style=dashed") == 1
    without = dot_of(picture_of(root_of(CALLS), View("tensor", hide_constants=True)))
    assert "cut" not in without and "#f2f2f2" not in without


@needs_dot
@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("program", [COMPAT, *PROGRAMS.values(), NEURONS], ids=["compat", *PROGRAMS, "neurons"])
def test_dot_accepts(program: str, detail: Detail) -> None:
    root = root_of(program)
    texts = svg_texts(graphviz_output(dot_source(root, detail), "svg").decode())
    nodes = picture_of(root, View(detail)).nodes
    assert set(texts) == {str(n.id) for n in nodes} | {f"op{n.id}" for n in nodes if n.kind == "operation"}


def test_nothing_is_run_and_nothing_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setattr(graphviz.backend, "execute", None)
    monkeypatch.setenv("PATH", "")
    assert dot_source(root_of(COMPAT)).startswith("digraph {\n")
    assert not list(tmp_path.iterdir())


def test_same_bytes_in_every_run(tmp_path: Path) -> None:
    """Whatever the hash seed, for numbers, tensors and opened tensors."""
    program = tmp_path / "program.grad"
    program.write_text(PROGRAMS["classifier"] + "backward(loss)\n")
    for detail in ("tensor", "scalar"):
        outputs = set()
        for seed in ("0", "1", "12345"):
            done = subprocess.run(
                [sys.executable, "-m", "gradlang", str(program), "--dot", "-", "--detail", detail],
                capture_output=True,
                check=True,
                env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent.parent)},
            )
            outputs.add(done.stdout)
        assert len(outputs) == 1 and next(iter(outputs)).startswith(b"digraph {")


# ── from the command line and from programs ──────────────────────────────────


def test_dot_option(gradlang: Any, tmp_path: Path) -> None:
    program = "param w = [1.0, 2.0]\nh = w * 3\nloss = h.sum()\nbackward(loss)"
    code, out, err = gradlang(program, "--dot", "-")
    assert (code, err) == (0, "") and out.startswith("digraph {") and "loss" in out
    assert gradlang(program, "--dot", "out.dot") == (0, "", "")
    assert (tmp_path / "out.dot").read_text() == out
    _, part, _ = gradlang(program, "--dot", "-", "--root", "h")
    assert "loss" not in part and "w\\ [2]" in part and "—" not in part
    _, opened, _ = gradlang(program, "--dot", "-", "--detail", "scalar")
    assert "w[0]" in opened and "w[1]" in opened and "grad\\ 3" in opened


def test_without_backward_the_last_value_is_drawn(gradlang: Any) -> None:
    code, out, _ = gradlang("a = 2.0\nb = a * 3\nc = b + 1", "--dot", "-")
    assert code == 0 and "{ c |" in out and out.count("—") == 3


def test_a_root_that_is_not_there(gradlang: Any, tmp_path: Path) -> None:
    for arguments in (["--root", "nothing"], ["--root", "f"]):
        code, out, err = gradlang("f(x) = x\na = 2.0 * f(1)", "--dot", "x.dot", *arguments)
        assert code == 1 and "E0503" in err and arguments[1] in err and not out
    assert not list(tmp_path.iterdir())


def test_target_that_cannot_be_written(gradlang: Any, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for target in ("missing/out.dot", "folder"):
        code, _, err = gradlang("a = 2.0\nb = a * a\nbackward(b)", "--dot", target)
        assert code == 1 and "E0603" in err
    assert [p.name for p in tmp_path.rglob("*")] == ["folder"]


def test_too_many_at_the_command_line(gradlang: Any, tmp_path: Path) -> None:
    program = "x = zeros(200, 200)\ny = (x * x).sum()\nbackward(y)"
    code, _, err = gradlang(program, "--dot", "out.dot", "--detail", "scalar")
    assert code == 0 and err.startswith("note: number by number the picture would have more than 20,000 nodes")
    assert (tmp_path / "out.dot").read_text().count("[200,\\ 200]") == 2


def test_draw_dot(gradlang: Any, tmp_path: Path) -> None:
    program = "W = [[1.0, 2.0]]\ng = tanh(W).sum()\nbackward(g)\n"
    _, expected, _ = gradlang(program, "--dot", "-")
    code, _, err = gradlang(program + 'draw_dot(g, "out.dot")\ndraw_dot(g, "scalar.dot", detail="scalar")')
    assert (code, err) == (0, "")
    assert (tmp_path / "out.dot").read_text() == expected
    assert "W[0,\\ 1]" in (tmp_path / "scalar.dot").read_text()
    code, _, err = gradlang(program + 'draw_dot(g, "nowhere/out.dot")')
    assert code == 1 and "E0603" in err
    code, _, err = gradlang(program + 'draw_dot(g, "out.dot", "atoms")')
    assert code == 1 and "E0308" in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.dot", "scalar.dot"]
