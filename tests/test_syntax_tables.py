"""The tables are the grammar's, and the driver reads them as Lark's own parser would: trees, places, diagnostics."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradlang.diagnostics import GradlangError
from gradlang.diagnostics.render import render_text
from gradlang.source import Source, Span
from gradlang.syntax import builder, grammar, parser, tree
from gradlang.syntax.driver import Unexpected

lark = pytest.importorskip("lark")
ROOT = Path(__file__).parent.parent
FILES = [*sorted((ROOT / "scripts").rglob("*.grad")), *sorted((ROOT / "tests" / "golden").rglob("*.grad"))]
FENCES = re.findall(r"^```\w*\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
PROGRAMS = [p for path in FILES for p in path.read_text(encoding="utf-8").split("---\n")] + FENCES
PIECES = re.compile(r"\w+|\*\*|[-+*/]=|->|\s+|.")
SIGNS = [
    *"()[]{}+-*/%@.,:;=<>!&|^?`\"'#\\²\ufeff\r\n\f", "**", "//", "->", "+=", "==", "\n\n", " ", "f'{", "}'", "é",
    "1e-3", ".5", "1.", "if", "else", "for", "in", "while", "not", "and", "or", "param", "import", "as", "return",
    "true", "x", "f(x) = ", "x.f(",
]  # fmt: skip


class LarkReader(parser.Reader):
    """Reads as the parser does, but with Lark's lexer and automaton."""

    def __init__(self) -> None:
        super().__init__()
        self.lark = grammar.build(grammar.grammar_text(), self.builder)

    def slice(self, start: int, end: int) -> Any:
        return lark.utils.TextSlice(self.builder.source.text, start, end)

    def piece(self, start: int, end: int) -> Any:
        try:
            return self.lark.parse(self.slice(start, end))
        except lark.UnexpectedToken as error:
            raise Unexpected(error.token, error.interactive_parser.accepts) from None

    def tokens(self, start: int, end: int) -> Any:
        thread = lark.lexer.LexerThread.from_text(self.lark.parser.lexer, self.slice(start, end))
        return list(thread.lex(None))


@pytest.fixture(scope="module")
def other() -> LarkReader:
    return LarkReader()


def whole(node: Any) -> Any:
    """A tree as nested tuples, with its places."""
    if isinstance(node, (list, tuple)):
        return [whole(item) for item in node]
    if isinstance(node, Span):
        return node.start, node.end
    if isinstance(node, tree.Node):
        return (type(node).__name__, *(whole(getattr(node, field)) for field in node._fields))
    return type(node).__name__, node


def outcome(reader: parser.Reader, text: str) -> Any:
    """The tree, or where reading stops and what could have stood there; what is said; and whether it would go on."""
    reader.builder.begin(Source(text))
    try:
        found = whole(reader.piece(0, len(text)))
    except Unexpected as error:
        found = *placed([error.token]), sorted(error.accepts())
    except GradlangError as error:  # too deep
        found = [render_text(d) for d in error.diagnostics]
    said = [(d.code, d.span.start, d.span.end, render_text(d)) for d in reader.builder.errors]
    return found, said, reader.wants_more(Source(text))


def placed(tokens: list[Any]) -> list[tuple[str, str, int, int]]:
    return [(token.type, str(token), token.start_pos, token.end_pos) for token in tokens]


@pytest.fixture
def compare(other: LarkReader, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Asserts that both ways a text is read give the same."""
    ours = parser.Reader()

    def both(text: str) -> None:
        found = outcome(ours, text)
        with monkeypatch.context() as patch:
            patch.setattr(builder, "Token", lark.Token)
            assert outcome(other, text) == found, text
            other.builder.begin(Source(text))
            assert placed(other.tokens(0, len(text))) == placed(parser.tokens(text)), text

    return both


def mutated(rng: random.Random) -> str:
    """Some lines of a program, with pieces taken out, doubled, swapped or replaced."""
    lines = rng.choice(PROGRAMS).splitlines(keepends=True) or ["x"]
    first = rng.randrange(len(lines))
    pieces = PIECES.findall("".join(lines[first : first + rng.randint(1, 12)])) or ["x"]
    for _ in range(rng.randint(0, 3)):
        at = rng.randrange(len(pieces))
        pieces[at : at + rng.randint(0, 2)] = rng.choices([*SIGNS, *pieces[:20]], k=rng.randint(0, 2))
        pieces = pieces or ["x"]
    return "".join(pieces)


def test_the_tables_are_those_of_the_grammar() -> None:
    with open(grammar.TABLES, encoding="utf-8") as file:
        now = file.read()
    assert now == grammar.tables(grammar.grammar_text()), "stale: run `python -m gradlang.syntax.grammar`"


def test_the_tables_are_the_same_in_every_process() -> None:
    code = "from gradlang.syntax.grammar import *; print(hash('') * 0, tables(grammar_text()))"
    made = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed})
        for seed in "12"
    ]
    assert made[0].stdout == made[1].stdout != b""


def test_programs_are_read_as_lark_reads_them(compare: Callable[[str], None]) -> None:
    assert len(PROGRAMS) > 100
    for text in PROGRAMS:
        compare(text)


@pytest.mark.parametrize("seed", range(4))
def test_broken_programs_are_read_as_lark_reads_them(seed: int, compare: Callable[[str], None]) -> None:
    rng = random.Random(seed)
    for _ in range(1000):
        compare(mutated(rng))


@pytest.mark.parametrize(
    "text",
    ["", "\n", ";", "  ", "# c", "\ufeff", "x  ", "x \t\f# c", "(" * 201, "(" * 201 + ")" * 201, "[" * 300, "f'{(}'",
     "f'{}{1 +}'", "x = f'{f(1, }' + (", "\r\n1\r\n", "1 +\n", "é² = 1", "-" * 250 + "1", "a." * 300, "'abc", "f'{x",
     "1e", "٣ + 1"],
)  # fmt: skip
def test_edges_are_read_as_lark_reads_them(text: str, compare: Callable[[str], None]) -> None:
    compare(text)


def test_long_programs_take_no_recursion() -> None:
    many = 30_000
    for text in ["+".join(["1"] * many), "1;" * many, f"[{'1,' * many}]", f"f({'1,' * many})", f"a{'[0]' * 190}"]:
        assert parser.parse(Source(text)).body
