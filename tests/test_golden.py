"""Programs beside their expected values and codes: the golden files, the builtins' examples, the harness itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from expectations import Program, check, programs, same

from gradlang.language import builtins
from gradlang.language.values import Builtin

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"
FILES = sorted(GOLDEN.glob("*.grad"))
PROGRAMS = [p for file in FILES for p in programs(file.read_text(encoding="utf-8"), file.name)]

# What the examples that only do something speak of.
AROUND = """\
X, y = make_moons(8); model = mlp(2, [1]); loss = mse_loss(model(X)[:, 0], y); save(model, "model.safetensors")
"""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.id)
def test_golden(program: Program, tmp_path: Path) -> None:
    check(program, str(tmp_path))


def builtin(name: str) -> Builtin:
    found = builtins.lookup(name)
    assert isinstance(found, Builtin)
    return found


FUNCTIONS = [name for name in builtins.names() if isinstance(builtins.lookup(name), Builtin)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_every_builtin(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scripts" / "data", tmp_path / "data")
    example = builtin(name).example
    assert f"{name}(" in example
    text = example if "#>" in example else AROUND + example
    (program,) = programs(text, name)
    check(program, str(tmp_path))


# ── the harness must be able to fail ─────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2  #> 4",
        "x = 3  #> 3",
        'str(2.0)  #> "2.0"',
        "[1, 2]  #> [1, 2, 3]",
        "1 + 2  #! E0401",
        "y = x",
        "y = x  #! E0202",
        "\ny = x\n#! E0201",
        "y = 1 +\n3 #> 4\nz = q  #! E0201",
        'print("a")  #> b',
        "sum = 1",
        "if false {\n1  #> 1\n}",
    ],
)
def test_what_is_wrong_fails(text: str) -> None:
    (program,) = programs(text, "wrong.grad")
    with pytest.raises(AssertionError):
        check(program, ".")


def test_programs_keep_the_lines_of_the_file() -> None:
    first, second = programs("1  #> 1\n---\nx = [1,\n  2]\nx  #> [1, 2]\ny = z  #! E0201\n", "lines.grad")
    assert (first.id, second.id) == ("lines.grad:1", "lines.grad:3")
    assert [{n: x.text for n, x in p.values.items()} for p in (first, second)] == [{1: "1"}, {5: "[1, 2]"}]
    assert [(line, code.text) for line, code in second.codes] == [(6, "E0201")]


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ("0.69314718", "0.6931", True),
        ("0.69314718", "0.6932", False),
        ("[1, -2.5]", "[1,-2.5]", True),
        ("[1, -2.5]", "[1, 2.5]", False),
        ("[12]", "[1, 2]", False),
        ('"0.30001"', '"0.3"', False),
        ("x1", "x2", False),
        ("nan", "nan", True),
        ("inf", "-inf", False),
        ("1e6", "1000000", True),
        ("-1e-07", "0", True),
        ("true", "1", False),
    ],
)
def test_same(a: str, b: str, equal: bool) -> None:
    assert same(a, b) is equal
