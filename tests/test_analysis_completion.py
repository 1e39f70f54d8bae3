"""What is offered at the cursor, which stands at `|`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from test_analysis import at_bar, names_of

from gradlang.analysis.help.completion import Completion, completions
from gradlang.analysis.help.descriptions import MEMBERS
from gradlang.analysis.help.meaning import FIRST_PARAMETER, methods
from gradlang.language import builtins
from gradlang.language.members import VALUE_MEMBERS
from gradlang.language.values import Batches, Builtin, Model

PROGRAM = """
import helpers
X = rand(3, 4)
loss = 2.5
param W = randn(4, 2)
# Affine.
# And more.
layer(x, scale=1.0) = x @ W * scale
zero() = 0
model = mlp(2, [1])
opt = sgd(model, lr=0.1)
s = "text"
items = [1, "a"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("beside")
    (folder / "helpers.grad").write_text(
        "# Doubles.\ntwice(x, n=2) = x * n\nparam w = 3\nif false { never = 1 }\n", encoding="utf-8"
    )
    (folder / "not a name.grad").write_text("")
    (folder / "data").mkdir()
    for name in ("data/a.csv", "data/B.csv", "data/.hidden", 'data/quo"te.csv'):
        (folder / name).write_text("")
    return folder


@pytest.fixture(scope="module")
def names(folder: Path) -> Mapping[str, Any]:
    return names_of(PROGRAM, str(folder))


Offer = Any  # a function of a text with a bar, see below


@pytest.fixture
def found(names: Mapping[str, Any], folder: Path) -> Offer:
    def offered(text: str, explicit: bool = False) -> list[Completion]:
        text, offset = at_bar(text)
        return completions(text, offset, names, str(folder), explicit)

    return offered


def texts(completions: list[Completion]) -> list[str]:
    return [c.text for c in completions]


# ── names ────────────────────────────────────────────────────────────────────


def test_a_name_comes_with_what_it_is(found: Offer) -> None:
    assert found("x = lo|") == [
        Completion(4, "loss", "loss", "variable", "2.5000"),
        Completion(4, "load", "load", "builtin", builtin_detail("load")),
        Completion(4, "load_csv", "load_csv", "builtin", builtin_detail("load_csv")),
        Completion(4, "log", "log", "builtin", builtin_detail("log")),
        Completion(4, "log_softmax", "log_softmax", "builtin", builtin_detail("log_softmax")),
        Completion(4, "logsumexp", "logsumexp", "builtin", builtin_detail("logsumexp")),
    ]
    assert found("la|")[0] == Completion(0, "layer", "layer", "function", "layer(x, scale=1.0)  Affine.")
    assert found("W|")[:1] == [Completion(0, "W", "W", "parameter", "parameter [4, 2]")]
    assert found("X|")[:1] == [Completion(0, "X", "X", "variable", "tensor [3, 4]")]


def builtin_detail(name: str) -> str:
    x = builtins.lookup(name)
    return f"{name}({x.signature.text})  {x.doc}"


def test_the_nearest_come_first(found: Offer) -> None:
    assert texts(found("lovely = 1\nlo|"))[:3] == ["lovely", "loss", "load"]
    assert texts(found("layer(X, s|"))[:3] == ["scale=", "s", "save"]
    assert texts(found("f(loss, logit) = lo|"))[:3] == ["logit", "loss", "load"]
    assert texts(found("wh|")) == ["where", "while"]  # keywords come last


def test_the_text_hides_the_session(found: Offer) -> None:
    assert [c for c in found("loss(a, b=2) = a\nlos|") if c.text == "loss"] == [
        Completion(17, "loss", "loss", "function", "loss(a, b=2)")
    ]
    assert [c.kind for c in found("exp = 1\nex|")] == ["variable"]


def test_letters_in_order(found: Offer) -> None:
    assert texts(found("mkmoo|")) == ["make_moons"]
    assert texts(found("moons|")) == ["make_moons"]
    assert texts(found("akemoons|")) == []  # the first letter starts a word
    assert texts(found("q|")) == []


def test_capitals_matter_only_for_the_order(found: Offer) -> None:
    assert texts(found("x|"))[:1] == ["X"]
    assert texts(found("xavier = 1\nXa|")) == ["xavier"]


@pytest.mark.parametrize(
    "text", ["# lo|", "x = 1 # lo|", '"lo|', 'f"lo|', "1|", "1.5|", "x lo|", "for lo|", "param lo|", "import m as lo|"]
)
def test_nothing_is_offered_where_no_name_is_wanted(found: Offer, text: str) -> None:
    assert found(text, explicit=True) == []


def test_without_a_word_only_when_asked(found: Offer) -> None:
    assert found("x = |") == []
    assert {"loss", "sum", "if", "W"} <= set(texts(found("x = |", explicit=True)))


def test_behind_an_operand_stand_keywords(found: Offer) -> None:
    assert texts(found("[x fo|")) == ["for"]
    assert texts(found("if c { } el|")) == ["else"]
    assert "loss" in texts(found("x\nlo|"))


def test_the_holes_of_strings_are_code(found: Offer) -> None:
    assert found('f"{los|}"')[0] == Completion(3, "loss", "loss", "variable", "2.5000")


# ── behind a dot ─────────────────────────────────────────────────────────────


def test_members_come_first_then_functions(found: Offer) -> None:
    assert [(c.text, c.kind, c.detail) for c in found("X.|")[:7]] == [
        ("T", "member", "the last two axes swapped"),
        ("data", "member", "the numbers, without history"),
        ("grad", "member", "the gradient that the last backward left here"),
        ("ndim", "member", "the number of axes"),
        ("shape", "member", "[3, 4]"),
        ("layer", "function", "layer(x, scale=1.0)  Affine."),
        ("abs", "builtin", "abs(x)  Absolute value."),
    ]
    assert texts(found("X.me|")) == ["mean", "mse_loss"]
    assert texts(found("W.sh|")) == ["shape", "show"]


def test_functions_without_a_parameter_stand_behind_no_dot(found: Offer) -> None:
    assert not {"zero", "zeros", "range", "pi", "mlp", "helpers"} & set(texts(found("X.|")))
    assert "other" in texts(found("other(a) = a\nX.|"))


def test_an_optimiser_has_settings_and_a_step(found: Offer) -> None:
    assert [(c.text, c.detail) for c in found("opt.|")[:4]] == [
        ("lr", "0.1000"),
        ("momentum", "0"),
        ("step", "step()  Gradient descent: `.step()` moves the parameters."),
        ("weight_decay", "0"),
    ]
    assert "zero_grad" in texts(found("opt.z|"))


def test_a_module_has_its_names_and_nothing_else(found: Offer) -> None:
    assert found("helpers.|") == [
        Completion(8, "twice", "twice", "function", "twice(x, n=2)  Doubles."),
        Completion(8, "w", "w", "variable", "3"),
    ]


def test_the_kind_of_the_owner_decides(found: Offer) -> None:
    assert texts(found("s.e|")) == texts(found('"a".e|')) == ["encode", "enumerate"]
    assert texts(found("model.par|")) == ["parameters", "num_parameters", "plot_boundary"]
    assert texts(found("items.ap|")) == ["append"]
    assert texts(found("layer.gr|")) == ["grad", "gradcheck", "value_and_grad", "zero_grad"]
    assert texts(found("f(x) = x\nf.gradc|")) == texts(found("sin.gradc|")) == ["gradcheck"]


def test_what_nobody_knows_may_be_numbers(found: Offer) -> None:
    for owner in ("g(1)", "[1, 2]", "unknown", "2", "X[0]", "X.T"):
        assert texts(found(f"{owner}.relu|")) == ["relu", "leaky_relu"], owner
    assert texts(found("x = 1\nx.sha|"))[0] == "shape"
    assert found(".|") == []


def test_every_first_parameter_is_known() -> None:
    """A builtin either follows a dot, or its first parameter is one of those that say it makes something."""
    makes = {"sizes", "shape", "n", "n_in", "start", "seed", "low", "path", "name", "values", "steps"}
    first = {n for names in FIRST_PARAMETER.values() for n in names}
    assert not makes & first
    for name in builtins.names():
        x = builtins.lookup(name)
        if isinstance(x, Builtin) and x.signature.names:
            assert x.signature.names[0] in first | makes, f"{name} takes {x.signature.names[0]} first: what is that?"
    models = {"parameters", "num_parameters", "zero_grad", "save", "load", "sgd", "adam", "plot_boundary"}
    assert set(methods(Model)) == models
    assert set(methods(Batches)) == {"enumerate", "len", "repr", "sorted", "str", "zip"}
    assert set(MEMBERS) == set(VALUE_MEMBERS)


# ── arguments ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(|", ["dim=", "keepdim="]),
        ("sum(X, |", ["dim=", "keepdim="]),
        ("X.sum(|", ["dim=", "keepdim="]),
        ("sum(X, 0, |", ["keepdim="]),
        ("sum(X, dim=0, |", ["keepdim="]),
        ("sum(X, |, keepdim=true)", ["dim="]),
        ("max(X, |", ["dim=", "keepdim="]),
        ("cat(X, X, |", ["dim="]),
        ("sgd(model, |", ["lr=", "momentum=", "weight_decay="]),
        ("make_moons(|", ["n=", "noise="]),
        ("layer(X, |", ["scale="]),
        ("helpers.twice(2, |", ["n="]),
        ("f(a, b=[1, 2]) = a\nf(1, |", ["b="]),
        ("sum(X + |", []),
        ("sum([|", []),
        ("sum(X, dim=|", []),
        ("X[|", []),
        ("f(a, |) = 1", []),
    ],
)
def test_arguments_by_name(found: Offer, text: str, expected: list[str]) -> None:
    assert [c.text for c in found(text, explicit=True) if c.kind == "argument"] == expected


def test_an_argument_shows_its_default(found: Offer) -> None:
    assert found("sum(X, dim|")[0] == Completion(7, "dim=", "dim=", "argument", "dim=none")


# ── files ────────────────────────────────────────────────────────────────────


def test_modules_beside_the_program(found: Offer) -> None:
    assert found("import |", explicit=True) == [Completion(7, "helpers", "helpers", "module", "helpers.grad")]


def test_file_names(found: Offer, folder: Path) -> None:
    assert found('load_csv("d|') == [Completion(10, "data/", "data/", "folder", "")]
    assert found('load_csv("data/b|"') == [Completion(15, "B.csv", "B.csv", "file", "")]
    assert texts(found('load_csv("data/|')) == ["B.csv", "a.csv"]
    assert texts(found('load_csv("data/.|')) == [".hidden"]
    assert texts(found("save(model, 'data/a|")) == ["a.csv"]
    assert texts(found('load_csv(columns=1, path="data/a|')) == ["a.csv"]
    assert texts(found(f'draw_dot(loss, "{folder}/dat|')) == ["data/"]
    assert texts(found('loss.draw_dot("dat|')) == ["data/"]
    assert found('load_csv("|') == []
    assert not {"file", "folder"} & {c.kind for c in found('load_csv("d\n|', explicit=True)}  # it ended with its line
    assert texts(found('load_csv("|', explicit=True)) == ["data/", "helpers.grad", "not a name.grad"]


def test_the_home_folder_is_written_out(found: Offer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert found('load_csv("~/da|') == [Completion(10, f"{folder}/data/", "data/", "folder", "")]
    assert texts(found('load_csv("~|')) == [f"{folder}/data/", f"{folder}/helpers.grad", f"{folder}/not a name.grad"]


@pytest.mark.parametrize(
    "text",
    ['print("d|', 'load_csv("a" + "d|', 'load_csv(["d|', 'x = "d|', 'load_csv("x", "d|', 'load_csv(f"d|',
     'load_csv(f"{1}\'d|{2}"', 'load_csv("nowhere/d|', 'load_csv("\0|'],
)  # fmt: skip
def test_other_strings_are_no_files(found: Offer, text: str) -> None:
    assert found(text, explicit=True) == []
