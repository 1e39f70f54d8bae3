"""Broken texts: what is read of them, what is said of them, and that nothing breaks on any."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import edit_fuzz
import error_injection
import fmt_fuzz
import pytest

from gradlang.analysis.mistakes.findings import findings
from gradlang.diagnostics import GradlangError
from gradlang.source import Source
from gradlang.syntax import tree
from gradlang.syntax.driver import Driver
from gradlang.syntax.parser import parse
from gradlang.syntax.recovery import MOST_ERRORS, Recovered, recovered
from gradlang.syntax.tokens import Token

ROOT = Path(__file__).parent.parent
# `~` stands for a line break.


def lines(text: str) -> str:
    return text.replace("~", "\n")


def read(text: str) -> Recovered:
    return recovered(Source(lines(text)))


def places(text: str) -> str:
    """Lines and codes of all that is said."""
    return " ".join(f"{d.span.line}:{d.code}" for d in findings(Source(lines(text))).diagnostics)


# ── correct programs ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_correct_programs_give_the_tree_of_the_parser(first: int) -> None:
    for seed in range(first, first + 100):
        text = fmt_fuzz.scrambled(fmt_fuzz.program(seed), random.Random(seed))
        found, module = recovered(Source(text)), parse(Source(text))
        assert found.diagnostics == found.gaps == []
        assert edit_fuzz.plain(found.module.body, text) == edit_fuzz.plain(module.body, text)


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.grad")), ids=lambda path: path.stem)
def test_nothing_is_said_of_the_scripts(path: Path) -> None:
    assert findings(Source(path.read_text(encoding="utf-8"))).diagnostics == []


@pytest.mark.parametrize(
    "text",
    [
        "f(x) = {~y = x~y~}~f(1)",
        "x = [1,~2~]~x",
        "x = 1 +~2",
        "#!x~y = 1~#!z~w = 1",
        "if a {}~~# c~else {}",
        "x~\ufeff.y",
    ],
)
def test_lines_that_are_not_indented(text: str) -> None:
    found, module = read(text), parse(Source(lines(text)))
    assert found.gaps == []
    assert edit_fuzz.plain(found.module.body, lines(text)) == edit_fuzz.plain(module.body, lines(text))


# ── what is left of broken ones ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "statements", "gaps"),
    [
        ("x = 1~y = = 2~z = 3", "x = 1|z = 3", "y = = 2"),
        ("for i in r {~  x = 1~  y = (2~  z = 3~}~w = 4", "for i in r {~  x = 1~  y = (2~  z = 3~}|w = 4", "y = (2"),
        ("for i in r {~  x = 1~y = 2", "for i in r {~  x = 1|y = 2", ""),
        ("for i in r~  x = 1~}~y = 2", "for i in r~  x = 1~}|y = 2", ""),
        ("for i on r {~  x = 1~}~y = 2", "{~  x = 1~}|y = 2", "for i on r"),
        ("x = f(1,~  2 2,~  3 3)~y = 2", "y = 2", "x = f(1,~  2 2,~  3 3)"),
        ("x = map(y -> {~  z = = 1~  y~}, x)", "x = map(y -> {~  z = = 1~  y~}, x)", "z = = 1"),
        ("x = 1 +~y = 2", "y = 2", "x = 1 +"),
        ("f(x) = {~  y = 1 }~  y~}~z = 1", "f(x) = {~  y = 1 }~  y~}|z = 1", "y = 1 }"),
        ('/* a~b = 1~*/~c = 1', "c = 1", "/* a~b = 1~*/"),
    ],
)  # fmt: skip
def test_what_can_be_read_is_read(text: str, statements: str, gaps: str) -> None:
    found = read(text)
    assert "|".join(node.span.text for node in found.module.body) == lines(statements)
    assert "|".join(gap.text for gap in found.gaps) == lines(gaps)
    assert found.diagnostics


def test_a_broken_line_costs_itself_only() -> None:
    (loop, last) = read("for i in r {~  x = 1~  if x {~    y = = 2~    z = 3~  }~}~w = 4").module.body
    assert isinstance(loop, tree.For) and last.span.text == "w = 4"
    first, branches = loop.body.body
    assert isinstance(branches, tree.If) and first.span.text == "x = 1"
    assert [node.span.text for node in branches.branches[0][1].body] == ["z = 3"]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("x = f(1~y = x + 1", "1:E0102"),  # what a gap binds is known
        ("for in in [1] {~  print(i)~  i~}", "1:E0107"),
        ("def f(x):~  return x~}~f(1)", "1:E0107"),  # a body without head is no place to complain about
        ("3 = [1, 2]~print(xs)~print(xs)", "1:E0105"),
        ("3 = [1, 2]~x = 1~prnt(x)", "1:E0105 3:E0201"),
        ("print(q)~print(q)", "1:E0201"),  # once is enough
        ("f(x) = {~  y = x * 2~  1~}~z = = f(1)", "5:E0107"),  # that `y` is never read may yet change
        ("x = 1 +~  y = 2", "2:E0101"),
        ("f(x) = {~  g(y) = {~    y + 1~  g(x)~}~print(f(1))", "2:E0102"),
        ("for i in [1] {~  if i > 0 { print(i)~}", "2:E0102"),
        ('print("a, 1)~print(2)', "1:E0104"),
        ("if 1 > 2 {~  print(1)~} else~  print(2)~}", "3:E0107"),
        ("if 1 > 2 {~  print(1)~elif 2 > 1 {~  print(2)~}", "1:E0102 3:E0107"),
        ("x = [~  1 1,~  2,~  3 3,~]", "2:E0101 4:E0101"),
        ("print((1)~print(2)~print(3))", "1:E0102 3:E0106"),
        ("for ~  y = i~}~print(i, i)", "2:E0101 3:E0106"),  # any name may have been meant
        ("param ~print(b, b)", "1:E0102"),
        ("for i in range(3) { s = i +~}~print(s)", "1:E0102"),
        ("f(x) = {~  for i in x~    print(i)~  }~}~f([1])", "2:E0107"),  # the call may do something
    ],
)
def test_one_mistake_gives_one_report(text: str, want: str) -> None:
    assert places(text) == want


def test_mistakes_are_reported_on_their_lines() -> None:
    tally = error_injection.Tally()
    for seed in range(60):
        tally.add(error_injection.outcome(seed))
    assert tally.reported >= 0.97, tally
    assert tally.beside <= 0.05, tally


# ── chunks ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(10))
def test_what_was_read_before_changes_nothing(seed: int) -> None:
    assert list(edit_fuzz.faults(seed)) == []


def test_comments_belong_to_what_is_below() -> None:
    docs = [
        read(text).module.body[-1].doc for text in ("x = 1~  # a~f(y) = y", "x = 1~~f(y) = y", "x = 1~# b~f(y) = y")
    ]  # type: ignore[union-attr]
    assert docs == ["a", "", "b"]


def test_trees_are_used_again() -> None:
    first = read("x = 1~y = 2")
    ours = set(map(id, first.module.body))
    second = read("~x = 1~y = 2")
    assert not ours & set(map(id, second.module.body))  # the first module may still be asked
    del first
    third = read("~~x = 1~y = 2")
    assert len(third.module.body) == 2 and ours & set(map(id, third.module.body))
    assert [node.span.line for node in third.module.body] == [3, 4]


# ── any text ─────────────────────────────────────────────────────────────────

ANY = [
    "(" * 20000, "()" * 10000, "}{" * 5000, "{\n" * 5000, "}\n" * 3000, "x = (1\n" * 2000, "x = 1 +\n" * 2000,
    "for i in r {\n  x = 1\n" * 2000, "for i in r {\n" + "  x = = (1\n" * 3000 + "}\n", '"' + ")" * 20000 + "\n",
    '"""\n' * 3001, "/*\n" * 3000, "x = [\n" + "  1 1,\n" * 3000 + "]", " else {\n" * 3000, ";" * 20000 + "(",
    "x = " + "-" * 150 + "{\n  y = = 1\n  z = " + "-" * 150 + "{\n 1 1\n}\n}\n", "  x = 1 +\n" * 3000, 'f"{(}" ' * 3000,
    "".join("  " * i + "if a {\n" + "  " * i + "  x = = 1\n" for i in range(190)),
    "".join("  " * i + "if a {\n" + "  " * i + "  x = = 1\n" for i in range(300)),
    "".join(random.Random(1).choices("()[]{}\n", k=20000)), "".join(random.Random(2).choices("()[]{}x=,  \n", k=20000)),
]  # fmt: skip
SOUP = """x 1 "a" f"{x}" f"{x ' ( ) [ ] { } + - * ** / // = == += -> . , : ; ~ # | & ! ? @ ^ $ if else for in while
param return import not and true def print lambda : ++ 2x \\ /* */ \"\"\" elif ~ ~ ~ \ufeff é 😀 \x00 \r""".split(" ")  # noqa: SIM905


@pytest.mark.parametrize("number", range(len(ANY)))
def test_any_text_gives_a_result(number: int) -> None:
    sound(ANY[number])


@pytest.mark.parametrize("seed", range(10))
def test_any_soup_gives_a_result(seed: int) -> None:
    r = random.Random(seed)
    for _ in range(50):
        sound(lines(r.choice([" ", ""]).join(r.choices(SOUP, k=r.randrange(1, 100)))))


def sound(text: str) -> None:
    """All places lie in the text; there are gaps where the parser finds a mistake, and only there."""
    found = findings(Source(text))
    for d in found.diagnostics:
        edits = [span for fix in d.fixes for span, _ in fix.edits]
        for span in [d.span, *[label.span for label in d.labels], *edits]:
            assert 0 <= span.start <= span.end <= len(text)
    assert all(0 <= gap.start <= gap.end <= len(text) for gap in found.gaps)
    assert len(recovered(Source(text)).diagnostics) <= MOST_ERRORS + 50
    try:
        parse(Source(text))
    except GradlangError as error:
        assert found.gaps and error.diagnostics
    else:
        assert not found.gaps


@pytest.mark.parametrize("text", ["x = [~" + "1,~" * 400, "x = 1 +~" * 400, "(]" * 400, "x = {~" * 400])
def test_what_goes_on_below_is_not_read_again_from_each_line(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read_at_all = 0
    parse = Driver.parse

    def counted(self: Driver, tokens: Iterator[Token]) -> Any:
        def passed() -> Iterator[Token]:
            nonlocal read_at_all
            for token in tokens:
                read_at_all += 1
                yield token

        return parse(self, passed())

    monkeypatch.setattr(Driver, "parse", counted)
    recovered(Source(lines(text)))
    assert read_at_all < 20 * len(text)


def test_a_correct_program_needs_no_recovery() -> None:
    code = "import sys, gradlang; gradlang.run('x = 1'); sys.exit('gradlang.syntax.recovery' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
