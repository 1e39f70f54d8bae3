"""Programs with three mistakes each, and where they are reported.

    .venv/bin/python tests/error_injection.py FIRST COUNT

puts three mistakes on three lines of a program, for each of these seeds: of scripts/ for even ones, of tests/golden
for odd ones. Counts which of them are reported on their own line, and what is reported elsewhere; prints the first
files in which either is not as it should be.

Whether a change is a mistake at all is decided by the program with this change alone: it must not be accepted. Where
it is to be reported is decided by the change: on its line; a bracket that lacks its partner also where that stands.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from gradlang.analysis.mistakes.findings import findings
from gradlang.analysis.text.outline import outline
from gradlang.diagnostics import GradlangError
from gradlang.language import builtins
from gradlang.language.resolver import resolve
from gradlang.language.scopes import Scope
from gradlang.source import Source
from gradlang.syntax.newlines import CLOSERS, OPERATORS
from gradlang.syntax.parser import parse, tokens
from gradlang.syntax.tokens import Token

ROOT = Path(__file__).parent.parent
OPERANDS = ("NAME", "NUMBER", "STRING", "RPAR", "RSQB")
WORDS = ("for", "in", "if", "while", "param", "import", "return", "not", "and")


class Mistake(NamedTuple):
    """`text[start:end]` becomes `new`; a report is right on one of the lines."""

    kind: str
    start: int
    end: int
    new: str
    lines: frozenset[int]


class Program:
    """A correct program, its tokens, and the lines on which they stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.source = Source(text)
        self.tokens = tokens(text)
        self.outline = outline(text)
        self.partner: dict[int, int] = {}
        opened: list[int] = []
        for i, token in enumerate(self.tokens):
            if token.type in CLOSERS:
                opened.append(i)
            elif token.type in CLOSERS.values():
                j = opened.pop()
                self.partner[i], self.partner[j] = j, i

    def line(self, offset: int) -> int:
        return self.source.line_column(offset)[0]

    def replace(self, kind: str, i: int, new: str, *also: int) -> Mistake:
        """A mistake at a token; reports are right there, and on the lines of the tokens `also`."""
        token = self.tokens[i]
        lines = frozenset(self.line(self.tokens[j].start_pos) for j in (i, *also))
        return Mistake(kind, token.start_pos, token.end_pos, new, lines)

    def insert(self, kind: str, i: int, new: str) -> Mistake:
        """A mistake in front of a token."""
        at = self.tokens[i].start_pos
        return Mistake(kind, at, at, new, frozenset({self.line(at)}))

    def first_in_line(self, i: int) -> bool:
        return i == 0 or self.line(self.tokens[i - 1].start_pos) < self.line(self.tokens[i].start_pos)

    def starts_statement(self, i: int) -> bool:
        is_first = i == 0 or self.tokens[i - 1].type in ("_NL", "LBRACE")
        return is_first and self.tokens[i].type not in CLOSERS.values()

    def indices(self, fits: Callable[[Token], bool]) -> list[int]:
        return [i for i, token in enumerate(self.tokens) if fits(token)]


# ── mistakes: each gives those of its kind that a program offers ─────────────


def missing_closer(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type in ("RPAR", "RSQB")):
        yield p.replace("missing " + p.tokens[i], i, "", p.partner[i])


def missing_block_end(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type == "RBRACE"):
        yield p.replace("missing }", i, "", p.partner[i])


def missing_opener(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type in ("LPAR", "LSQB")):
        yield p.replace("missing " + p.tokens[i], i, "", p.partner[i])


def missing_block_start(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type == "LBRACE"):
        yield p.replace("missing {", i, "")


def extra_closer(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type in OPERANDS):
        sign = r.choice(")]}")
        yield p.replace("extra " + sign, i, p.tokens[i] + sign)


def wrong_closer(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type in ("RPAR", "RSQB")):
        yield p.replace("wrong closer", i, "]" if p.tokens[i] == ")" else ")", p.partner[i])


def missing_operand(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type in ("NAME", "NUMBER", "STRING")):
        if i and p.tokens[i - 1].type in (*OPERATORS, "EQUAL", "AUGOP"):
            yield p.replace("missing operand", i, "")


def doubled_operator(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type in ("MULOP", "CMPOP", "POW", "AUGOP", "EQUAL")):
        yield p.replace("doubled operator", i, f"{p.tokens[i]} {p.tokens[i]}")


def foreign_operator(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type in ("MULOP", "PLUS", "MINUS", "CMPOP")):
        yield p.replace("foreign operator", i, r.choice(["&&", "||", "^", "===", "->>", "?", ":="]))


def foreign_block(p: Program, r: random.Random) -> Iterator[Mistake]:
    """`for x in xs:` and the like, as in Python; the closing brace stays where it was."""
    for i in p.indices(lambda t: t.type == "LBRACE"):
        if p.first_in_line(i + 1) and p.tokens[i - 1].type != "EQUAL":
            yield p.replace("`:` for a block", i, ":")


def foreign_definition(p: Program, r: random.Random) -> Iterator[Mistake]:
    """`def f(x):` in the place of `f(x) = {`, `def f(x):` of `f(x) =`."""
    for i in p.indices(lambda t: t.type == "EQUAL"):
        if p.tokens[i - 1].type == "RPAR":
            line = p.line(p.tokens[i].start_pos)
            start = p.text.rindex("\n", 0, p.tokens[i].start_pos) + 1 if line > 1 else 0
            head = p.text[start : p.tokens[i].start_pos].rstrip()
            end = p.tokens[i + 1].end_pos if p.tokens[i + 1] == "{" else p.tokens[i].end_pos
            indent = head[: len(head) - len(head.lstrip())]
            yield Mistake("def", start, end, f"{indent}def {head.strip()}:", frozenset({line}))


def foreign_line(p: Program, r: random.Random) -> Iterator[Mistake]:
    """A line of another language in front of a line of the program."""
    lines = [
        "i++", "let x = 1", "def f(x):", "x := 3", "print 'a'", "lambda x: x", "/* note */", "switch x { }",
        "x = y ? 1 : 2", "elif x > 1 {", "import numpy as np, torch", "for (i = 0; i < 3; i++) { }", "else if x",
        "const y = 3", "x **= 2", "x: int = 3", "from math import exp", "assert x > 1", "return", "break", "var z",
        "print(x", "3 = x", "x + 1 = 2", "w[0] = 1", "f(x) += 1", "param p", "x = [1 2 3]", "x = 1 2", "param 3 = 1",
        "x =", "if x = 1 { }", "while x { } }",
    ]  # fmt: skip
    for i in range(len(p.tokens)):
        if p.first_in_line(i) and p.starts_statement(i):
            at = p.tokens[i].start_pos
            indent = at - p.text.rfind("\n", 0, at) - 1
            yield Mistake("foreign line", at, at, r.choice(lines) + "\n" + " " * indent, frozenset({p.line(at)}))


def unclosed_string(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type == "STRING"):
        yield p.replace("unclosed string", i, p.tokens[i][:-1])


def bad_hole(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type == "STRING" and t[0] == "f" and "{" in t and "{{" not in t):
        yield p.replace("bad hole", i, p.tokens[i].replace("{", r.choice(["{{", "{1 ", "{(", "{ }"]), 1))


def unknown_name(p: Program, r: random.Random) -> Iterator[Mistake]:
    """A name that is misspelt where it is read."""
    bound = {p.outline.lexemes[k].start for k in p.outline.targets}
    for i in p.indices(lambda t: t.type == "NAME" and t.start_pos not in bound):
        name = p.tokens[i]
        if p.tokens[i + 1 : i + 2] and p.tokens[i + 1].type != "EQUAL" and (i == 0 or p.tokens[i - 1].type != "DOT"):
            wrong = r.choice([name + "x", name + name[-1], "un" + name, name[:-1] + "q", f"q{name}z"])
            yield p.replace("unknown name", i, wrong)


def assignment_in_condition(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type == "CMPOP"):
        yield p.replace("= in a condition", i, "=")


def keyword_as_name(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type == "NAME"):
        yield p.replace("keyword as a name", i, r.choice(WORDS))


def stray_character(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type in OPERANDS):
        yield p.replace("stray character", i, p.tokens[i] + r.choice(["$", "`", "\\", "¤", " §", "!"]))


def number_assigned(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type == "NAME"):
        if p.first_in_line(i) and p.tokens[i + 1 : i + 2] and p.tokens[i + 1].type in ("EQUAL", "AUGOP"):
            yield p.replace("number assigned", i, "3")


def missing_comma(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type == "COMMA"):
        yield p.replace("missing comma", i, " ")


def missing_equal(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type == "EQUAL"):
        yield p.replace("missing =", i, "")


def doubled_comma(p: Program, r: random.Random) -> Iterator[Mistake]:
    for i in p.indices(lambda t: t.type == "COMMA"):
        yield p.replace("doubled comma", i, ",,")


KINDS = [
    missing_closer, missing_block_end, missing_opener, missing_block_start, extra_closer, wrong_closer, missing_operand,
    doubled_operator, foreign_operator, foreign_block, foreign_definition, foreign_line, unclosed_string, bad_hole,
    unknown_name, assignment_in_condition, keyword_as_name, stray_character, number_assigned, missing_comma,
    missing_equal, doubled_comma,
]  # fmt: skip


# ── files ────────────────────────────────────────────────────────────────────


@cache
def programs() -> tuple[list[Program], list[Program]]:
    """The scripts, and the longer golden programs in which nothing is wrong."""
    scripts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "scripts").glob("*.grad"))]
    golden = [
        text
        for path in sorted((ROOT / "tests" / "golden").glob("*.grad"))
        for text in path.read_text(encoding="utf-8").split("---\n")
        if text.count("\n") >= 10 and not findings(Source(text)).diagnostics
    ]
    return [Program(text) for text in scripts], [Program(text) for text in golden]


def is_accepted(text: str) -> bool:
    """Whether a program can be run, as far as can be seen without running it."""
    try:
        module = parse(Source(text))
    except GradlangError:
        return False
    found = resolve(module, Scope("module"), builtins.is_builtin, builtins.names).diagnostics
    return not any(d.severity == "error" for d in found)


def mistake(program: Program, r: random.Random) -> Mistake:
    """Something that makes a program wrong."""
    while True:
        offered = list(r.choice(KINDS)(program, r))
        if not offered:
            continue
        found = r.choice(offered)
        if not is_accepted(applied(program.text, [found])):
            return found


def applied(text: str, mistakes: list[Mistake]) -> str:
    for found in sorted(mistakes, reverse=True, key=lambda m: m.start):
        text = text[: found.start] + found.new + text[found.end :]
    return text


class File(NamedTuple):
    """A program with mistakes, and the lines on which each may be reported."""

    text: str
    mistakes: list[tuple[str, set[int]]]


def broken(seed: int, count: int = 3) -> File:
    r = random.Random(seed)
    program = programs()[seed % 2][seed // 2 % len(programs()[seed % 2])]
    found: list[Mistake] = []
    taken: set[int] = set()
    while len(found) < count:
        candidate = mistake(program, r)
        if not taken & candidate.lines:
            found.append(candidate)
            taken |= candidate.lines
    added = [min(m.lines) for m in found if m.kind == "foreign line"]  # the others keep their lines

    def moved(line: int) -> int:
        return line + sum(before < line for before in added)

    return File(applied(program.text, found), [(m.kind, {moved(line) for line in m.lines}) for m in found])


class Outcome(NamedTuple):
    missed: list[str]
    extra: list[str]
    shown: str


def outcome(seed: int) -> Outcome:
    """Which mistakes of a file are not reported on their lines, and which reports are on no such line."""
    file = broken(seed)
    reports = [(d.span.line, f"{d.code} {d.message}") for d in findings(Source(file.text)).diagnostics]
    lines = {line for line, _ in reports}
    expected = set().union(*(own for _, own in file.mistakes))
    missed = [kind for kind, own in file.mistakes if not own & lines]
    extra = [message for line, message in reports if line not in expected]
    return Outcome(missed, extra, shown(file, reports))


def shown(file: File, reports: list[tuple[int, str]]) -> str:
    found = []
    for number, text in enumerate(file.text.split("\n"), 1):
        kinds = [kind for kind, own in file.mistakes if number in own]
        found.append(f"{number:3} {text}" + f"      ◀ {', '.join(kinds)}" * bool(kinds))
        found += [f"        ▲ {message}" for line, message in reports if line == number]
    return "\n".join(found)


class Tally:
    """What was found out about some files."""

    def __init__(self) -> None:
        self.injected = 0
        self.missed: Counter[str] = Counter()
        self.extra: Counter[str] = Counter()

    def add(self, found: Outcome) -> None:
        self.injected += 3
        self.missed.update(found.missed)
        self.extra.update(message[:5] for message in found.extra)

    @property
    def reported(self) -> float:
        """The share of the mistakes that is reported on its own line."""
        return 1 - self.missed.total() / self.injected

    @property
    def beside(self) -> float:
        """How many reports there are on other lines, for each mistake."""
        return self.extra.total() / self.injected

    def __str__(self) -> str:
        missed, extra = dict(self.missed.most_common()), dict(self.extra.most_common())
        return f"{self.reported:.1%} of {self.injected} reported, not {missed}; {self.beside:.1%} extra, {extra}"


def main(first: int, count: int) -> None:
    tallies = Tally(), Tally()
    printed = 0
    for seed in range(first, first + count):
        found = outcome(seed)
        tallies[seed % 2].add(found)
        if (found.missed or found.extra) and printed < 10:
            printed += 1
            print(f"── seed {seed}: missed {found.missed}, extra {found.extra}\n{found.shown}\n")
    print(f"scripts: {tallies[0]}\ngolden programs: {tallies[1]}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
