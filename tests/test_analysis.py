"""Colours, scopes and open brackets of texts that need not parse; and that no text whatever makes analysis fail."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gradlang.analysis.help.completion import completions
from gradlang.analysis.help.hover import hover_at
from gradlang.analysis.help.signatures import signature_at
from gradlang.analysis.text.lexemes import closed, keywords, lexemes
from gradlang.analysis.text.outline import outline
from gradlang.analysis.text.tokens import tokens
from gradlang.diagnostics import Diagnostic, GradlangError
from gradlang.language import builtins
from gradlang.language.resolver import resolve
from gradlang.language.runtime import running
from gradlang.language.scopes import Scope
from gradlang.session import Session
from gradlang.source import Source
from gradlang.syntax import parser

ROOT = Path(__file__).parent.parent
PROGRAMS = [
    path.read_text(encoding="utf-8")
    for path in [*sorted((ROOT / "scripts").glob("*.grad")), *sorted((ROOT / "tests" / "golden").glob("*.grad"))]
]


def ignore(diagnostic: Diagnostic) -> None:
    pass


def names_of(program: str, folder: str = "", name: str = "train.grad") -> Mapping[str, Any]:
    """What a program's names stand for when it has run."""
    with running(folder):
        session = Session()
        session.run(Source(program, name), ignore, keep_graph=True)
        return session.names()


def at_bar(text: str) -> tuple[str, int]:
    """A text without its `|`, and where that was."""
    before, bar, after = text.partition("|")
    assert bar
    return before + after, len(before)


# ── colours ──────────────────────────────────────────────────────────────────


def painted(text: str, names: Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
    return [(text[t.start : t.end], t.role) for t in tokens(text, names or {}) if t.role != "punctuation"]


def test_every_kind_of_piece_has_its_role() -> None:
    assert painted('x = sin(2) + y ** 3  # why\nif true { print("a") }') == [
        ("x", "variable"), ("=", "operator"), ("sin", "builtin"), ("2", "number"), ("+", "operator"),
        ("y", "unknown"), ("**", "operator"), ("3", "number"), ("# why", "comment"),
        ("if", "keyword"), ("true", "keyword"), ("print", "builtin"), ('"a"', "string"),
    ]  # fmt: skip


def test_punctuation_is_what_separates_and_encloses() -> None:
    text = "f(a[1:2], {b.c; d})"
    assert "".join(text[t.start : t.end] for t in tokens(text, {}) if t.role == "punctuation") == "([:],{.;})"


def test_what_the_text_binds_has_the_role_of_its_binding() -> None:
    assert painted("param w = 1\nf(x, n=2) = x * w\ng = x -> x\nf(w, n=3)") == [
        ("param", "keyword"), ("w", "parameter"), ("=", "operator"), ("1", "number"),
        ("f", "function"), ("x", "variable"), ("n", "variable"), ("=", "operator"), ("2", "number"), ("=", "operator"),
        ("x", "variable"), ("*", "operator"), ("w", "parameter"),
        ("g", "function"), ("=", "operator"), ("x", "variable"), ("->", "operator"), ("x", "variable"),
        ("f", "function"), ("w", "parameter"), ("n", "argument"), ("=", "operator"), ("3", "number"),
    ]  # fmt: skip


def test_the_session_says_what_other_names_are() -> None:
    names = names_of("param w = 1\nf(x) = x\nm = mlp(2, [1])\nsin = 3\n")
    assert painted("w + f + m + sin + cos + q", names)[::2] == [
        ("w", "parameter"), ("f", "function"), ("m", "function"), ("sin", "variable"), ("cos", "builtin"),
        ("q", "unknown"),
    ]  # fmt: skip


def test_members_and_methods() -> None:
    assert painted("f(x) = x\ny.data.mean().f().lr")[4:] == [
        ("y", "unknown"), ("data", "member"), ("mean", "builtin"), ("f", "function"), ("lr", "member"),
    ]  # fmt: skip


def test_the_holes_of_strings_are_code() -> None:
    assert painted('x = 1\nf"a {x:.3f} b"')[3:] == [
        ('f"a ', "string"), ("x", "variable"), (":.3f", "string"), (' b"', "string"),
    ]  # fmt: skip


def test_a_string_that_may_yet_end_is_no_error() -> None:
    assert painted('"ab') == [('"', "string"), ("ab", "string")]
    assert painted('"ab\nx')[:2] == [('"', "error"), ("ab", "string")]
    assert painted("a ! b")[1] == ("!", "error")


def test_keywords_are_the_grammars() -> None:
    words = "and as break continue else false for if import in none not or param return true while"
    assert " ".join(sorted(keywords())) == words


# ── scopes ───────────────────────────────────────────────────────────────────


def seen_at_bar(text: str) -> list[str]:
    text, offset = at_bar(text)
    return sorted(outline(text).scope_at(offset).visible(offset))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = 1\n|", ["a"]),
        ("a = |", []),  # not before its statement ends
        ("a, b = 1, 2\n|", ["a", "b"]),
        ("|\na = 1", []),
        ("param w = 1; |", ["w"]),
        ("import m\nimport n as o\n|", ["m", "o"]),
        ("f(x, n=2) = |", ["f", "n", "x"]),
        ("f(x) = x\n|", ["f"]),
        ("f(x) = { y = x\n|", ["f", "x", "y"]),
        ("f(x) = { y = x }\n|", ["f"]),
        ("f(x) = | + a\na = 1\n", ["a", "f", "x"]),  # functions run later
        ("for i in range(3) { |", ["i"]),
        ("for i in range(3) { | \n z = i }", ["i", "z"]),  # the second pass sees it
        ("for i, j in p { z = i }\n|", ["i", "j", "z"]),
        ("x -> |", ["x"]),
        ("(x, y) -> |", ["x", "y"]),
        ("g(x -> x, |", []),
        ("map(x -> y -> |", ["x", "y"]),
        ("[| for q in s]", ["q"]),
        ("[q for q in s]\n|", []),
        ("[[q + r for q in s] for r in |]", ["r"]),
        ('f"{x -> |}"', ["x"]),
        ('f"{x -> x}|"', []),
        ("if c { a = 1 } else { b = 2 }\n|", ["a", "b"]),
    ],
)
def test_names_that_can_be_read(text: str, names: list[str]) -> None:
    assert seen_at_bar(text) == names


def test_the_resolver_finds_the_same_names_in_finished_programs() -> None:
    compared = 0
    for text in [program for file in PROGRAMS for program in file.split("---\n")]:
        scope = Scope("module")
        try:
            resolve(parser.parse(Source(text)), scope, builtins.is_builtin, builtins.names)
        except GradlangError:
            continue
        assert set(outline(text).scopes[0].bindings) == set(scope.variables), text
        compared += 1
    assert compared > 200


# ── what is open ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "closers"),
    [
        ("", ""),
        ("sin(x)", ""),
        ("sin(x", ")"),
        ("f(x) = {\n  y = [1, (2", ")]}"),
        ('"abc', '"'),
        ("f('a", "')"),
        ('f"{sin(x', ')}"'),
        ('f"{x:.3', '}"'),
        ('f"{x}', '"'),
        ("f\"a {d['k", "']}\""),
        ("sin(x # note", "\n)"),
        ("# note (", ""),
        ('x[\nf"{a # b', '}"]'),
        ('x = "abc\nf(', ")"),
        ('x = f"{(a\nf(', ")"),
        ('f"{\'a}" + (1\n[', "])"),
        ('"ab\\', '\\"'),
        ('"ab\\\\', '"'),
        ('f"{+" } (', ")"),
        ("f(x))", ""),
        ("f(x]", ")"),
    ],
)
def test_closed(text: str, closers: str) -> None:
    assert closed(text) == text + closers
    assert closed(text + closers) == text + closers


def test_what_is_closed_can_be_read() -> None:
    for text in ["sin(x", "f(x) = { y = [1, (2", 'print("a", f"{x:.2', "sum([1, 2 # two", "g(f(x).data[1:"]:
        parser.parse(Source(closed(text)))


# ── whatever the text ────────────────────────────────────────────────────────

SCRAPS = [
    "(", ")", "[", "]", "{", "}", '"', "'", 'f"', 'f"{', "#", "\n", ";", ".", ",", "=", "->", ":", "\\", "\0", "²",
    " for ", " import ", " param ", "x", "1", "é", "\u2028", "\r\n", "\ufeff", "𝔵", "℘",
]  # fmt: skip


def mutated(rng: random.Random) -> str:
    """A program with a few pieces missing, doubled or put in, often cut off at the end."""
    text = rng.choice(PROGRAMS)
    start = rng.randrange(max(1, len(text)))
    text = text[start : start + 1500]
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(text) + 1)
        taken = rng.choice([0, 0, 1, 5])
        text = text[:at] + rng.choice([*SCRAPS, text[at : at + 9]]) + text[at + taken :]
    return text[: rng.randrange(len(text) + 1)] if rng.random() < 0.5 else text


@pytest.fixture(scope="module")
def some_names(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    folder = tmp_path_factory.mktemp("beside")
    (folder / "m.grad").write_text("f(x) = x\nparam w = 2\nif false { never = 1 }\n")
    return names_of(
        "import m\nparam w = randn(2)\nx = 1.0\ny = (w * x).sum()\nbackward(y)\nf(a, n=[1, 2]) = a\n"
        'model = mlp(2, [1])\nopt = sgd(model, lr=0.1)\nX = rand(200, 3)\nlosses = []\ns = "a"\nt = (1, s)\nn = none\n'
        "r = range(3)\nb = batches(X, X)\ng = grad(f)\n",
        str(folder),
    )


@pytest.mark.parametrize("seed", range(4))
def test_no_text_makes_it_fail(seed: int, some_names: Mapping[str, Any], tmp_path: Path) -> None:
    rng = random.Random(seed)
    for _ in range(250):
        text = mutated(rng)
        found = tokens(text, some_names)
        assert found == sorted(found)
        assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False)), text
        assert all(0 <= t.start < t.end <= len(text) for t in found), text
        between = text
        for t in reversed(found):
            between = between[: t.start] + between[t.end :]
        assert not between.strip(" \t\r\n\f\ufeff;"), text
        assert closed(closed(text)) == closed(text), text
        for offset in {0, len(text), *[rng.randrange(len(text) + 1) for _ in range(6)]}:
            signature_at(text, offset, some_names)
            for c in completions(text, offset, some_names, str(tmp_path), explicit=True):
                assert 0 <= c.start <= offset, text
            hover = hover_at(text, offset, some_names)
            assert hover is None or hover.start <= offset <= hover.end and hover.text, text


def test_offsets_outside_of_the_text_are_taken_for_its_ends(some_names: Mapping[str, Any]) -> None:
    assert completions("X.me", 99, some_names, "") == completions("X.me", 4, some_names, "")
    assert signature_at("f(", 99, some_names) == signature_at("f(", 2, some_names)
    assert hover_at("f(", -5, some_names) == hover_at("f(", 0, some_names)


def test_long_texts_take_no_recursion() -> None:
    many = 20_000
    for text in ["a." * many, "(" * many, "a + " * many, "x -> " * 500, 'f"{' * 500, "[a for a in " * 500]:
        offset = len(text)
        tokens(text, {})
        completions(text, offset, {}, "", explicit=True)
        signature_at(text, offset, {})
        hover_at(text, offset, {})
        closed(text)


def test_lexemes_do_not_overlap_and_keep_the_text() -> None:
    for text in PROGRAMS:
        at = 0
        for lexeme in lexemes(text):
            assert lexeme.start >= at
            assert text[lexeme.start : lexeme.end] == lexeme.text
            at = lexeme.end


def test_nothing_heavy_is_imported_before_a_text_is_read() -> None:
    code = (
        "import sys, gradlang.analysis.help.completion, gradlang.analysis.help.hover, gradlang.analysis.text.tokens\n"
        "print(*{m.split('.')[0] for m in sys.modules} & {'numpy', 'lark', 'prompt_toolkit', 'json', 'argparse'})"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert seen.split() == []
