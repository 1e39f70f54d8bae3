"""The grammars of editors say what the lexer says, on every program there is here; and none of them is stale."""

from __future__ import annotations

import importlib.util
import json
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Error

from gradlang.analysis.text.tokens import tokens
from gradlang.pygments_lexer import ROLES, GradlangLexer

ROOT = Path(__file__).parent.parent
EXTENSION = ROOT / "grammars" / "vscode"
FILES = [*sorted((ROOT / "scripts").rglob("*.grad")), *sorted((ROOT / "tests" / "golden").rglob("*.grad"))]
Rule = dict[str, Any]
CASES = sorted((EXTENSION / "tests").glob("*.grad"))
PROGRAMS = {path.name: path.read_text(encoding="utf-8") for path in [*FILES, *CASES]}
NAMES = ("variable", "entity.name", "support")
# What a rule of the TextMate grammar may call a piece that the lexer gives this role.
SCOPES = {
    "keyword": ("keyword", "storage.type.param", "constant.language"),
    "number": ("constant.numeric",),
    "comment": ("comment", "punctuation.definition.comment"),
    "operator": ("keyword.operator",),
    "punctuation": ("punctuation",),
    "builtin": ("support", "entity.name.function", "variable.parameter"),
    "argument": ("variable.parameter",),
    "member": ("support", "variable.other.member", "entity.name.function"),
    "error": ("invalid", "punctuation.definition.string", "storage.type.string"),
    **dict.fromkeys(["parameter", "function", "variable", "unknown"], NAMES),
    "string": ("string", "constant.character.escape", "constant.other.format", "punctuation", "storage", "invalid"),
}


class TextMate:
    """Enough of an editor's tokeniser to run the grammar with Python's expressions."""

    def __init__(self, grammar: Rule) -> None:
        self.grammar = grammar
        self.rules: dict[int, list[tuple[re.Pattern[str], Rule]]] = {}

    def scopes(self, text: str) -> list[str]:
        """The innermost scope of each character."""
        found: list[str] = []
        stack = [self.grammar]
        for line in re.findall(r"[^\n]*\n|[^\n]+$", text):
            found += self._line(line.removesuffix("\n") + "\n", stack)[: len(line)]
        return found

    def _line(self, line: str, stack: list[Rule]) -> list[str]:
        found: list[str] = []
        while len(found) < len(line):
            at = len(found)
            match, rule = self._next(line, at, stack[-1])
            outside = stack[-1].get("contentName", stack[-1].get("name", ""))
            found += [outside] * ((match.start() if match else len(line)) - at)
            if match is None:
                break
            inside = rule or stack[-1]
            found += [inside.get("name", outside)] * len(match[0])
            groups = inside.get("captures") or inside.get("beginCaptures" if rule else "endCaptures", {})
            for group, scope in groups.items():
                start, end = match.span(int(group))
                found[start:end] = [scope["name"]] * (end - start)
            if rule is None:
                stack.pop()
            elif "begin" in rule:
                stack.append(rule)
        return found

    def _next(self, line: str, at: int, state: Rule) -> tuple[re.Match[str] | None, Rule | None]:
        """The first match from here on, and its rule; none, if it is the end of what is open."""
        best = re.compile(state["end"]).search(line, at) if "end" in state else None
        chosen = None
        if id(state) not in self.rules:
            self.rules[id(state)] = [
                (re.compile(rule.get("match") or rule["begin"]), rule) for rule in self._flat(state["patterns"])
            ]
        for regex, rule in self.rules[id(state)]:
            match = regex.search(line, at)
            if match is not None and (best is None or match.start() < best.start()):
                best, chosen = match, rule
        return best, chosen

    def _flat(self, patterns: list[Rule]) -> Iterator[Rule]:
        for rule in patterns:
            if "include" in rule:
                yield from self._flat([self.grammar["repository"][rule["include"][1:]]])
            elif "match" in rule or "begin" in rule:
                yield rule
            else:
                yield from self._flat(rule["patterns"])


def mutated(rng: random.Random) -> str:
    """Some lines of a program, with a few characters lost or new."""
    lines = rng.choice(list(PROGRAMS.values())).splitlines(keepends=True)
    first = rng.randrange(len(lines))
    found = list("".join(lines[first : first + rng.randint(1, 8)]))
    for _ in range(rng.randint(0, 3)):
        at = rng.randrange(len(found) + 1)
        found[at : at + rng.randint(0, 2)] = rng.choices("()[]{}+-*/=.,:;\"'f#\\ \n²é\ufeff\r1x", k=rng.randint(0, 2))
    return "".join(found)


@cache
def textmate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("textmate", ROOT / "grammars" / "textmate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def tokeniser() -> TextMate:
    return TextMate(json.loads(textmate().GRAMMAR.read_text(encoding="utf-8")))


def disagreements(text: str) -> list[str]:
    """Pieces that the grammar of editors takes for something else than the lexer does."""
    scopes = tokeniser().scopes(text)
    return [
        f"{text[start:end]!r} is {role}, not {scopes[i] or 'plain'}: line {text.count(chr(10), 0, i) + 1}"
        for start, end, role in tokens(text, {})
        for i in range(start, end)
        if text[i] != "\n" and not scopes[i].startswith(SCOPES[role])
    ]


def test_the_textmate_grammar_is_current() -> None:
    module = textmate()
    assert module.GRAMMAR.read_text(encoding="utf-8") == module.text(), "stale: run `python grammars/textmate.py`"


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_textmate_grammar_agrees_with_the_lexer(name: str) -> None:
    assert disagreements(PROGRAMS[name]) == []


def test_broken_programs_rarely_part_them() -> None:
    """A rule sees no further than its line, so that some mistakes look otherwise in an editor; but not many."""
    rng = random.Random(5)
    assert sum(bool(disagreements(mutated(rng))) for _ in range(300)) <= 6


def test_the_textmate_grammar_covers_each_word() -> None:
    module = textmate()
    found = tokeniser()
    for word in [*module.KEYWORDS, *module.builtins.names()]:
        assert found.scopes(f"{word} ")[0].startswith(("keyword", "storage", "constant.language", "support")), word
        assert found.scopes(f"{word}y ")[0] == "variable.other.gradlang", word


@pytest.mark.skipif(not (EXTENSION / "node_modules").exists() or shutil.which("npm") is None, reason="no npm install")
def test_the_textmate_grammar_in_the_tokeniser_of_vs_code() -> None:
    done = subprocess.run(["npm", "test"], cwd=EXTENSION, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_extension_contributes_what_is_there() -> None:
    manifest = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))
    contributed = manifest["contributes"]
    program = (EXTENSION / "src" / "extension.js").read_text(encoding="utf-8")
    configuration = json.loads((EXTENSION / "language-configuration.json").read_text(encoding="utf-8"))
    indentation = configuration["indentationRules"]
    for regex in [*indentation.values(), *configuration["folding"]["markers"].values()]:
        re.compile(regex)
    for line, indents in [("f(x) = {", 1), ("y = [  # rows", 1), ('print("{")', 0), ("} else {", 1), ("# {", 0)]:
        assert bool(re.search(indentation["increaseIndentPattern"], line)) == bool(indents), line
    assert contributed["grammars"][0]["scopeName"] == tokeniser().grammar["scopeName"]
    for command in contributed["commands"]:
        assert f'"{command["command"]}"' in program
    lock = json.loads((EXTENSION / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"][""]["devDependencies"] == manifest["devDependencies"], "run `npm install`"


def test_pygments_finds_the_lexer() -> None:
    assert type(get_lexer_by_name("gradlang")) is type(get_lexer_for_filename("moons.grad")) is GradlangLexer


def pieces(text: str) -> list[tuple[int, Any, str]]:
    return list(GradlangLexer().get_tokens_unprocessed(text))


@pytest.mark.parametrize("name", PROGRAMS)
def test_pygments_colours_every_program(name: str) -> None:
    text = PROGRAMS[name]
    found = pieces(text)
    assert "".join([value for _, _, value in found]) == text
    wanted = {(start, ROLES[role]) for start, _, role in tokens(text, {})}
    assert wanted <= {(start, kind) for start, kind, _ in found}


def test_pygments_loses_nothing() -> None:
    rng = random.Random(6)
    texts = ["", "\n", " ", "\ufeff\r\n", "(" * 1000, "f'{" * 50, "x = 'a", "\x00é𝛿\u0301²"]
    for text in [*texts, *[mutated(rng) for _ in range(300)]]:
        at = 0
        for start, _, value in pieces(text):
            assert start == at and value, text
            at += len(value)
        assert at == len(text), text


def test_pygments_marks_what_is_no_program() -> None:
    assert [value for _, kind, value in pieces("x = 3 $ 4") if kind is Error] == ["$"]
