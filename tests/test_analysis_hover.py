"""Signature help, and what a name is said to mean; the cursor stands at `|`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from test_analysis import at_bar, names_of

from gradlang.analysis.help.hover import Hover, about, hover_at
from gradlang.analysis.help.signatures import SignatureHelp, signature_at
from gradlang.language import builtins

PROGRAM = """import helpers
a = -4.0
b = 2.0
c = a * b + b**3
param W = randn(2, 3)
# Affine.
# And more.
layer(x, scale=1.0) = x @ W * scale
square = x -> x**2
model = mlp(2, [16, 1])
opt = sgd(model, lr=0.1)
items = [1, "a", [1, 2, 3]]
s = "one"
act = tanh
df = grad(square)
counts = range(3, 9)
nothing = none
yes = true
long = rand(300)
mask = long > 2
v = W
y = mse_loss(c, 1)
backward(y)
W -= 1
again(x) = layer(x)
pair = (1, W)
"""


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    folder = tmp_path_factory.mktemp("beside")
    (folder / "helpers.grad").write_text("# Doubles.\ntwice(x) = x * 2\nk = 3\nif false { never = 1 }\n")
    return names_of(PROGRAM, str(folder))


# ── signatures ───────────────────────────────────────────────────────────────

SUM = ("x", "dim=none", "keepdim=false")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(|", SignatureHelp("sum", SUM, 0, "Sum.")),
        ("sum(a, |", SignatureHelp("sum", SUM, 1, "Sum.")),
        ("sum(a, b, keepdim=|", SignatureHelp("sum", SUM, 2, "Sum.")),
        ("sum([a, |", SignatureHelp("sum", SUM, 0, "Sum.")),
        ("sum(f(|), 1)", None),  # nothing is known of the innermost call
        ("a.sum(|", SignatureHelp("sum", SUM, 1, "Sum.")),
        ("max(a, |", SignatureHelp("max", SUM, None, "The largest.")),
        ("cat(a, b, |", SignatureHelp("cat", ("*tensors", "dim=0"), 0, "End to end, along a dimension that is there.")),
        ("layer(a, |", SignatureHelp("layer", ("x", "scale=1.0"), 1, "Affine.")),
        ("model(|", SignatureHelp("model", ("x",), 0, "mlp(2, [16, 1], activation=relu, output=none)")),
        ("helpers.twice(|", SignatureHelp("twice", ("x",), 0, "Doubles.")),
        ("opt.step(|", SignatureHelp("step", (), None, "Gradient descent: `.step()` moves the parameters.")),
        ("# New.\nf(u, v=2) = u\nf(1, |", SignatureHelp("f", ("u", "v=2"), 1, "New.")),
        ("sum = x -> x\nsum(|", None),
        ("f(u, |) = u", None),
        ("(a, |", None),
        ("sum(a)|", None),
        ("a(|", None),
        ("|", None),
    ],
)
def test_signature_help(names: Mapping[str, Any], text: str, expected: SignatureHelp | None) -> None:
    text, offset = at_bar(text)
    assert signature_at(text, offset, names) == expected


# ── values ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", "a: a number\n-4\ngrad -4\nmade on line 2 of train.grad"),
        (
            "c",
            "c: a number\n0\ngrad -2\nmade on line 4 of train.grad by a * b + b**3\ncomputed in 3 operations from a, b",
        ),
        (
            "y",
            "y: a number\n1\ngrad 1\n"
            "made on line 22 of train.grad by mse_loss(c, 1)\ncomputed in 6 operations from a, b",
        ),
        ("yes", "yes: true/false\ntrue"),
        ("items", 'items: list of 3\n1, "a", tensor [3]'),
        ("pair", "pair: tuple of 2\n1, tensor [2, 3]"),
        ("s", 's: text of 3 characters\n"one"'),
        ("counts", "counts: range(3, 9)"),
        ("nothing", "nothing: none"),
        ("df", "df: grad(*arguments)"),
        ("square", "square: x -> x**2\ndefined on line 9 of train.grad"),
        (
            "layer",
            "layer(x, scale=1.0)\nAffine.\nAnd more.\ndefined on line 8 of train.grad\n"
            "6 numbers in 1 parameter: W [2, 3]",
        ),
        ("again", "again(x)\ndefined on line 25 of train.grad\n6 numbers in 1 parameter: W [2, 3]"),
        (
            "model",
            "model: mlp(2, [16, 1], activation=relu, output=none)\n"
            "65 numbers in 4 parameters: layer1.W [2, 16], layer1.b [16], layer2.W [16, 1], layer2.b [1]",
        ),
        (
            "opt",
            "opt: sgd(4 parameters, lr=0.1, momentum=0, weight_decay=0)\n"
            "Gradient descent: `.step()` moves the parameters.\n`opt.lr = …` changes a setting",
        ),
        ("helpers", "helpers: the imported file `helpers`\ntwice(x)  Doubles.\nk  3"),
        ("mask", "mask: a tensor of shape [300]\ntrue in 0 of 300\nmade on line 20 of train.grad by long > 2"),
    ],
)
def test_about_names(names: Mapping[str, Any], name: str, expected: str) -> None:
    assert about(name, names[name]) == expected


def test_about_parameters(names: Mapping[str, Any]) -> None:
    lines = about("W", names["W"]).splitlines()
    assert lines[0] == "W: a parameter of shape [2, 3]"
    assert lines[-1] == "made on line 5 of train.grad by randn(2, 3), updated 1 time"
    assert about("v", names["v"]).splitlines()[-2:] == [
        "an earlier value of the parameter `W`",
        "made on line 5 of train.grad by randn(2, 3)",
    ]


def test_gradients_stand_below_each_other() -> None:
    w = names_of("param w = [[1, 2], [3, 4]]\nbackward((w * w).sum())")["w"]
    assert about("w", w).splitlines()[1:5] == ["[[1, 2],", " [3, 4]]", "grad [[2, 4],", "      [6, 8]]"]


def test_large_tensors_are_summed_up() -> None:
    found = names_of("x = arange(0, 300)\ny = x.reshape(100, 3)")
    assert about("y", found["y"]).splitlines()[1] == "300 numbers from 0 to 299"
    assert (
        about("x", names_of("x = arange(0, 3000)")["x"]).splitlines()[1] == "[   0,    1,    2,  ..., 2997, 2998, 2999]"
    )


def test_where_something_was_made_is_told_as_far_as_it_helps() -> None:
    one = names_of("x = 2.0; y = exp(x)", name="<entry>")
    assert about("y", one["y"]).splitlines()[2:] == ["made by exp(x)", "computed in 1 operation from x"]
    assert about("x", one["x"]) == "x: a number\n2"
    named = names_of("x = 2.0; y = exp(x)", name="entry 3")
    assert about("y", named["y"]).splitlines()[2] == "made in entry 3 by exp(x)"
    two = names_of("x = 2.0\ny = exp(x)", name="<entry>")
    assert about("y", two["y"]).splitlines()[2] == "made on line 2 by exp(x)"


def test_about_builtins() -> None:
    assert about("sum", builtins.lookup("sum")) == (
        "sum(x, dim=none, keepdim=false)\n    Sum.\n    sum([[1, 2], [3, 4]], dim=0)  #> [4, 6]"
    )
    assert about("act", builtins.lookup("tanh")).splitlines()[0] == "act: tanh(x)"
    assert about("pi", builtins.lookup("pi")) == "pi: a number\n3.1416"


def test_every_builtin_has_something_to_say_and_no_word_of_python() -> None:
    for name in builtins.names():
        text = about(name, builtins.lookup(name))
        assert text.startswith(name)
        assert not {"None", "True", "False", "ndarray", "object"} & set(text.replace(",", " ").split())


def test_a_million_operations_are_not_walked_through() -> None:
    y = names_of("x = 1.0\ny = x\nfor i in range(300000) { y = y + x }")["y"]
    start = time.perf_counter()
    assert about("y", y).splitlines()[-1] == "computed in more than 100,000 operations"
    assert time.perf_counter() - start < 2


# ── in a text ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("su|m(x)", 0, "sum(x, dim=none, keepdim=false)\n    Sum.\n    sum([[1, 2], [3, 4]], dim=0)  #> [4, 6]"),
        ("1 + a|", 4, "a: a number\n-4\ngrad -4\nmade on line 2 of train.grad"),
        ("square|(a)", 0, "square: x -> x**2\ndefined on line 9 of train.grad"),
        ("a.squ|are()", 2, "square: x -> x**2\ndefined on line 9 of train.grad"),
        ("sum(a, di|m=0)", 7, "dim=none: an argument of sum(x, dim=none, keepdim=false)"),
        ("W.sha|pe", 2, ".shape: the size of each axis\n[2, 3]"),
        ("a.gr|ad", 2, ".grad: the gradient that the last backward left here\n-4"),
        ("q.T|", 2, ".T: the last two axes swapped"),
        ("opt.l|r", 4, ".lr: 0.1000"),
        ("helpers.k|", 8, "k: a number\n3\nmade on line 3 of {folder}helpers.grad"),
        ("# New.\nf(u, v=2) = u\nf|(1)", 21, "f(u, v=2)\nNew.\ndefined on line 2"),
        ("f(u, v=2) = u| + 1", 12, "u: f(u, v=2) = u + 1\nbound on line 1"),
        ("a = 1\na| + 1", 6, "a: a = 1\nbound on line 1"),
        ("a| = 1", 0, "a: a = 1\nbound on line 1"),
        ('f"{s|}"', 3, 's: text of 3 characters\n"one"'),
    ],
)
def test_hover(names: Mapping[str, Any], text: str, start: int, expected: str) -> None:
    text, offset = at_bar(text)
    found = hover_at(text, offset, names)
    assert found is not None
    folder = str(Path(names["helpers"].scope.variables["k"].span.source.name).parent) + "/"
    assert found == Hover(start, found.end, expected.replace("{folder}", folder))
    assert text[start : found.end].isidentifier()


@pytest.mark.parametrize(
    "text", ["|", "fo|r", "1|2", '"su|m"', "# su|m", "unknown|", "f(z|=1)", "helpers.nothing|", "a.s|", "c = 1\na.c|"]
)
def test_nothing_is_said_of_what_nobody_knows(names: Mapping[str, Any], text: str) -> None:
    text, offset = at_bar(text)
    assert hover_at(text, offset, names) is None
