"""The contents of a text, its folds and selections, its colours for editors, and what can be done at a place."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import fmt_fuzz
import pytest
from scraps import damaged

from gradlang.analysis.help.symbols import Symbol, symbols
from gradlang.analysis.mistakes.actions import Action, actions, fix_all
from gradlang.analysis.mistakes.extraction import extraction
from gradlang.analysis.names.semantic import MODIFIERS, TYPES, semantic_tokens
from gradlang.analysis.text.folding import folds
from gradlang.analysis.text.selection import selections
from gradlang.diagnostics import Diagnostic, Fix, GradlangError
from gradlang.language import builtins
from gradlang.language.resolver import resolve
from gradlang.language.runtime import running
from gradlang.language.scopes import Scope
from gradlang.session import Session
from gradlang.source import Source, Span
from gradlang.syntax import tree
from gradlang.syntax.recovery import recovered

ROOT = Path(__file__).parent.parent
SCRIPTS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "scripts").glob("*.grad"))]


# ── symbols ──────────────────────────────────────────────────────────────────


def outlined(found: Sequence[Symbol], depth: int = 0) -> list[str]:
    lines = []
    for symbol in found:
        lines.append(f"{'  ' * depth}{symbol.kind} {symbol.name}: {symbol.detail}")
        lines += outlined(symbol.children, depth + 1)
    return lines


def test_symbols_are_what_a_program_binds_and_what_its_functions_define() -> None:
    text = """import utils
import data as d
param w = randn(3)
f(x, n=2) = {
  param b = zeros(3)
  y = x * n
  inner(z) = { z
    deep() = 1 }
  g = q -> { h(a) = a; h }
  y
}
square = x -> x**2
a, b = 1, 2
a = 4
for i in range(3) { loss = i }
"""
    assert outlined(symbols(text)) == [
        "module utils: ", "module d: data", "parameter w: randn(3)", "function f: f(x, n=2)",
        "  parameter b: zeros(3)", "  function inner: inner(z)", "    function deep: deep()",
        "  function g: q -> { h(a) = a; h }",
        "function square: x -> x**2", "variable a: ", "variable b: 1, 2", "variable i: ", "variable loss: i",
    ]  # fmt: skip


def test_symbols_reach_over_what_binds_them() -> None:
    text = "import m as n\nf(x) = {\n  x\n}  # end\nparam w = [\n  1,\n]; b = 2\n"
    spans = [text[slice(*symbol.span)] for symbol in symbols(text)]
    assert spans == ["import m as n", "f(x) = {\n  x\n}", "param w = [\n  1,\n]", "b = 2"]
    assert [text[slice(*symbol.name_span)] for symbol in symbols(text)] == ["n", "f", "w", "b"]


def test_symbols_of_a_text_that_is_being_typed() -> None:
    assert outlined(symbols("f(x = {\na = 1\ng(y) = ")) == ["variable a: 1", "function g: g(y)"]
    assert symbols("") == []


# ── folds ────────────────────────────────────────────────────────────────────


def test_folds() -> None:
    text = """# about
# this
import a
import b as c

# alone
f(x) = {
  # first
  # second
  g(
    3
  )
  # last
}
h({
  1
})
one = (1)
two = 2  # no line
# of its own
"""
    assert [(fold.kind, text[fold.start : fold.end]) for fold in folds(text)] == [
        ("comment", "# about\n# this"),
        ("imports", "import a\nimport b as c"),
        ("region", "{\n  # first\n  # second\n  g(\n    3\n  )\n  # last"),
        ("comment", "# first\n  # second"),
        ("region", "(\n    3"),
        ("region", "({\n  1\n}"),
    ]


# ── selections ───────────────────────────────────────────────────────────────


def grown(text: str) -> list[str]:
    before, _, after = text.partition("|")
    return [(before + after)[start:end] for start, end in selections(before + after, len(before))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a, b = x.me|an(dim=0) * -3 + y**2, 4",
            ["mean", "x.mean", "x.mean(dim=0)", "x.mean(dim=0) * -3", "x.mean(dim=0) * -3 + y**2",
             "x.mean(dim=0) * -3 + y**2, 4", "a, b = x.mean(dim=0) * -3 + y**2, 4"],
        ),
        ("f(x, n=|2)\ng", ["2", "n=2", "x, n=2", "(x, n=2)", "f(x, n=2)", "f(x, n=2)\ng"]),
        ("{ a; b|.f }", ["b", "b.f", "a; b.f", "{ a; b.f }"]),
        ("if c { a| } else { b }", ["a", "{ a }", "if c { a } else { b }"]),
        ("[x*|x for x, y in q if x]", ["x", "x*x", "x*x for x, y in q if x", "[x*x for x, y in q if x]"]),
        ("[x for x, y| in q if x]", ["y", "x, y", "x for x, y in q if x", "[x for x, y in q if x]"]),
        ('f"a {x+|y:.3f} b"', ["y", "x+y", "{x+y:.3f}", 'f"a {x+y:.3f} b"']),
        ("# a com|ment\nx", ["# a comment", "# a comment\nx"]),
        ("not a == b and |c or d", ["c", "not a == b and c", "not a == b and c or d"]),
        ("not a| == b and c", ["a", "a == b", "not a == b", "not a == b and c"]),
        ("a *| b + c", ["*", "a * b", "a * b + c"]),
        ("x|[1:2].y", ["x", "x[1:2]", "x[1:2].y"]),
        ("f(x) = {\n  y|\n}\n", ["y", "{\n  y\n}", "f(x) = {\n  y\n}", "f(x) = {\n  y\n}\n"]),
        ("f(a, (b|", ["b", "(b", "f(a, (b"]),
        ("|", [""]),
    ],
)  # fmt: skip
def test_selections_grow(text: str, expected: list[str]) -> None:
    assert grown(text) == expected


# ── colours ──────────────────────────────────────────────────────────────────


def coloured(text: str) -> list[str]:
    shown = []
    for token in semantic_tokens(text):
        if token.type not in ("operator", "keyword", "number"):
            shown.append(" ".join([text[token.start : token.end], token.type, *token.modifiers]))
    return shown


def test_semantic_tokens() -> None:
    text = "import utils as u\nparam w = pi\nf(x, n=2) = { w -= x.grad; x.exp(dim=0).f(n=3) }\nu.f(q) # c"
    assert coloured(text) == [
        "utils namespace", "u namespace declaration", "w variable declaration trained",
        "pi variable readonly defaultLibrary", "f function declaration", "x parameter declaration",
        "n parameter declaration", "w variable modification trained", "x parameter", "grad property", "x parameter",
        "exp function defaultLibrary", "dim parameter", "f function", "n parameter", "u namespace", "f function",
        "q variable", "# c comment",
    ]  # fmt: skip
    assert coloured("g = x -> x\na = 1\na = 2\na += 3\nprint(model(a))") == [
        "g function declaration", "x parameter declaration", "x parameter", "a variable declaration",
        "a variable modification", "a variable modification", "print function defaultLibrary", "model function",
        "a variable",
    ]  # fmt: skip


# ── actions ──────────────────────────────────────────────────────────────────


def applied(text: str, action: Action) -> str:
    for start, end, new in reversed(action.edits):
        text = text[:start] + new + text[end:]
    return text


def found_at(text: str, start: int, end: int) -> list[Action]:
    source = Source(text)
    read = recovered(source)
    diagnostics = (
        read.diagnostics or resolve(read.module, Scope("module"), builtins.is_builtin, builtins.names).diagnostics
    )
    return actions(source, diagnostics, start, end)


def test_fixes_are_offered_where_they_mend_something() -> None:
    text = "lr = 1\nprint(rl)\nprint(zeroes(3))"
    at = text.index("zeroes")
    (found,) = found_at(text, at + 2, at + 2)
    assert found.title == "write `zeros`" and found.kind == "quickfix" and found.diagnostic is not None
    assert applied(text, found) == "lr = 1\nprint(rl)\nprint(zeros(3))"
    assert [action.title for action in found_at(text, 0, len(text))] == ["write `lr`", "write `zeros`"]
    assert found_at(text, 0, 0) == []


def diagnostic(source: Source, *fixes: Fix) -> Diagnostic:
    return Diagnostic("E0101", "wrong", Span(source, 0, 1), fixes=fixes)


def test_all_safe_problems_can_be_mended_at_once() -> None:
    source = Source("abcdef")
    first = diagnostic(source, Fix("1", [(Span(source, 4, 5), "E"), (Span(source, 0, 1), "A")], is_safe=True))
    meets = diagnostic(source, Fix("2", [(Span(source, 0, 2), "_")], is_safe=True))
    unsafe = diagnostic(source, Fix("3", [(Span(source, 2, 3), "_")]))
    same = diagnostic(source, Fix("4", [(Span(source, 0, 1), "A")], is_safe=True))
    found = fix_all([first, meets, unsafe, same])
    assert found is not None and applied("abcdef", found) == "AbcdEf"
    assert found.is_safe and found.kind == "source.fixAll"
    assert fix_all([unsafe]) is None
    overlapping = diagnostic(source, Fix("5", [(Span(source, 0, 3), ""), (Span(source, 2, 4), "")]))
    assert actions(source, [overlapping], 0, 0) == []


def extracted(text: str) -> str | None:
    """The text after what stands in `«»` has got a name."""
    start = text.index("«")
    end = text.index("»") - 1
    text = text.replace("«", "").replace("»", "")
    found = [action for action in found_at(text, start, end) if action.kind == "refactor.extract"]
    return applied(text, found[0]) if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1 + «2 * 3»", "value = 2 * 3\nx = 1 + value"),
        ("x = 1 +« (2 * 3) »", "value = (2 * 3)\nx = 1 + value "[:-1] + " "),
        ("f(x) = {\n  print(«x.sum()»)\n}", "f(x) = {\n  value = x.sum()\n  print(value)\n}"),
        ("if c { print(«x + 1») }", "if c { value = x + 1; print(value) }"),
        ("value = 3\nprint(«x + 1»)", "value = 3\nvalue2 = x + 1\nprint(value2)"),
        ("print((1,\n  «2 + (\n 3)»))", "value = (2 + (\n 3))\nprint((1,\n  value))"),
        ('print(f"a {«x + 1»:.2f}")', 'value = x + 1\nprint(f"a {value:.2f}")'),
        ("for p in «parameters(m)» { p }", "value = parameters(m)\nfor p in value { p }"),
        ("y = [x for x in «f(3)»]", "value = f(3)\ny = [x for x in value]"),
        ("if «f(3) > 2» { 1 }", "value = f(3) > 2\nif value { 1 }"),
        ("y = «f(3)» and g(3)", "value = f(3)\ny = value and g(3)"),
        ("y = exp(a) + «exp(b)»", "value = exp(b)\ny = exp(a) + value"),
        ("y = 2 * «f(b)»", "value = f(b)\ny = 2 * value"),
        ("w -= «lr * w.grad»", "value = lr * w.grad\nw -= value"),
        ("map(x -> { y = «x * 2» + 1; y }, xs)", "map(x -> { value = x * 2; y = value + 1; y }, xs)"),
        ("print(«x -> x * 2»)", "value = x -> x * 2\nprint(value)"),
    ],
)
def test_an_expression_gets_a_name(text: str, expected: str) -> None:
    assert extracted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "x = «1 + 2»",  # has one
        "x = «a» + 1",
        "x = 1 «+ 2»",
        "x = «1 + 2» * 3",  # no expression of this program
        "f(x) = «x + 1» + 2",
        "f(x, n=«1 + 2») = x",
        "map(x -> «x + 1» + 2, xs)",
        "y = [«x + 1» for x in xs]",
        "y = [x for x in xs if «x > 1»]",
        "while «f(3)» > 2 { 1 }",
        "y = a and «f(3)»",
        "y = 0 < a < «f(3)»",
        "if a { 1 } else if «f(3)» { 2 }",
        "y = g(1) + «f(2)»",  # the order
        "y = w * «f(2)»",  # f may change w
        "w.data -= «f(2)»",
        "y = f(n=«g(1)», h(2))",  # what has a name comes last
        "y = f(«{ a = 1; a }»)",
        "y = «x.f»(2)",
        "y = x[«1:2»]",
        "y = f(n«=2»)",
        "y = +* «f(3)»",
        "«»",
    ],
)
def test_what_has_to_stay_where_it_is(text: str) -> None:
    assert extracted(text) is None


def output(text: str) -> str:
    """What a program prints, and how it fails if it does."""
    out = StringIO()
    with redirect_stdout(out), running(""):
        try:
            Session().run(Source(text), lambda d: None, keep_graph=True)
        except GradlangError as error:
            print(error.diagnostics[0].code)
    return out.getvalue()


def spans(x: Any) -> Iterator[tuple[int, int]]:
    """Where the nodes of a tree stand."""
    if isinstance(x, tree.Node):
        if not isinstance(x, tree.Module):
            yield x.span.start, x.span.end  # type: ignore[attr-defined]
        for field in x._fields:
            if field not in ("source", "span", "scope"):
                yield from spans(getattr(x, field))
    elif isinstance(x, list | tuple):
        for item in x:
            yield from spans(item)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_programs_print_the_same_when_their_expressions_have_names() -> None:
    programs = [fmt_fuzz.program(seed) for seed in range(120) if seed % 6 < 2]  # those that compute
    programs += [(ROOT / "scripts" / f"{name}.grad").read_text(encoding="utf-8") for name in ("compat", "newton")]
    done = 0
    for seed, text in enumerate(programs):
        source = Source(text)
        module = recovered(source).module
        places = sorted(set(spans(module)))
        found = [
            extraction(source, module, *place) for place in random.Random(seed).sample(places, min(4, len(places)))
        ]
        expected = output(text) if any(found) else ""
        for made in found:
            if made is not None:
                assert output(applied(text, Action("", made.edits, None, True))) == expected, (text, made)
                done += 1
    assert done > 20


# ── whatever the text ────────────────────────────────────────────────────────


def assert_nested(found: Sequence[Symbol], start: int, end: int) -> None:
    assert [symbol.name_span for symbol in found] == sorted([symbol.name_span for symbol in found])
    for symbol in found:
        assert start <= symbol.span[0] <= symbol.name_span[0] < symbol.name_span[1] <= symbol.span[1] <= end, symbol
        assert_nested(symbol.children, *symbol.span)


@pytest.mark.parametrize("seed", range(3))
def test_no_text_makes_it_fail(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        text = damaged(rng, SCRIPTS)
        check(text, rng)


def check(text: str, rng: random.Random) -> None:
    assert_nested(symbols(text), 0, len(text))
    for fold in folds(text):
        assert 0 <= fold.start < fold.end <= len(text) and "\n" in text[fold.start : fold.end], text
    colours = semantic_tokens(text)
    assert all(a.end <= b.start for a, b in zip(colours, colours[1:], strict=False)), text
    for token in colours:
        assert 0 <= token.start < token.end <= len(text) and "\n" not in text[token.start : token.end], text
        assert token.type in TYPES and set(token.modifiers) <= set(MODIFIERS)
    for offset in range(0, len(text) + 1, rng.randint(2, 9)):
        found = selections(text, offset)
        assert found[-1] == (0, len(text)) and found[0][0] <= offset <= found[0][1], (text, offset)
        for (a, b), (c, d) in zip(found, found[1:], strict=False):
            assert c <= a <= b <= d and (a, b) != (c, d), (text, offset)
    for _ in range(3):
        ends = [rng.randrange(len(text) + 1) for _ in range(2)]
        for action in found_at(text, *ends):
            assert action.edits == sorted(action.edits)
            assert all(0 <= start <= end <= len(text) for start, end, _ in action.edits), (text, action)


@pytest.mark.parametrize("text", ["for x ->", "[n for n -> n]", "f(x ->) = x"])
def test_what_binds_a_name_twice_binds_it_once(text: str) -> None:
    check(text, random.Random(0))


def test_long_texts_take_no_recursion() -> None:
    many = 20_000
    for text in [
        "a." * many,
        "(" * many,
        "a + " * many,
        "{ a = (" * many,
        "x -> " * 500,
        'f"{' * 500,
        "[a for a in " * 500,
    ]:
        check(text[:200], random.Random(0))
        symbols(text)
        folds(text)
        semantic_tokens(text)
        selections(text, len(text))
        actions(Source(text), [], 0, len(text))
