"""The TextMate grammar of gradlang, made from the tables of its parser and the names of its builtins.

Owns the scopes. Run `python grammars/textmate.py` after a change of the grammar or
of the builtins (a test says so). Invariants: every terminal and every keyword has a
scope here; the expressions mean the same to Oniguruma and to Python, so that the
tests can run them.

A rule sees one line and what is open around it. What a name stands for elsewhere
in the program, the semantic tokens of the language server know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gradlang.language import builtins
from gradlang.language.members import VALUE_MEMBERS
from gradlang.language.values import Builtin
from gradlang.syntax.strings import ESCAPES
from gradlang.syntax.tables import KEYWORDS, PATTERN

Rule = dict[str, Any]
GRAMMAR = Path(__file__).with_name("gradlang.tmLanguage.json")
KEYWORD_SCOPES = {
    "keyword.control.conditional": ["IF", "ELSE"],
    "keyword.control.loop": ["FOR", "WHILE", "IN"],
    "keyword.control.flow": ["BREAK", "CONTINUE", "RETURN"],
    "keyword.control.import": ["IMPORT", "AS"],
    "keyword.operator.logical": ["AND", "OR", "NOT"],
    "storage.type.param": ["PARAM"],
    "constant.language.boolean": ["TRUE", "FALSE"],
    "constant.language.none": ["NONE"],
}
SCOPES = {
    "AUGOP": "keyword.operator.assignment.compound",
    "ARROW": "keyword.operator.arrow",
    "POW": "keyword.operator.arithmetic",
    "NUMBER": "constant.numeric",
    "CMPOP": "keyword.operator.comparison",
    "MULOP": "keyword.operator.arithmetic",
    "_NL": "punctuation.terminator.statement",
    "COLON": "punctuation.separator.slice",
    "COMMA": "punctuation.separator.comma",
    "DOT": "punctuation.accessor",
    "EQUAL": "keyword.operator.assignment",
    "MINUS": "keyword.operator.arithmetic",
    "PLUS": "keyword.operator.arithmetic",
    "RBRACE": "punctuation.section.block.end",
    "RPAR": "punctuation.section.parens.end",
    "RSQB": "punctuation.section.brackets.end",
    "UNEXPECTED": "invalid.illegal.character",
}
IN_RULES_OF_THEIR_OWN = {"STRING", "UNCLOSED_STRING", "COMMENT", "NAME", "LBRACE", "LPAR", "LSQB"}
# Code in a hole of an f-string knows the quotes around it: no bracket and no string reaches over them.
CONTEXTS = {"": "", '"': "-in-double", "'": "-in-single", "\"'": "-in-both"}
BALANCED = r"(?:[^()\n]|\((?:[^()\n]|\([^()\n]*\))*\))*"


def terminals() -> dict[str, str]:
    """The expression of each terminal, in the order in which the lexer tries them."""
    _, *parts = re.split(r"\(\?P<(\w+)>", PATTERN)
    found = {name: regex[:-2] for name, regex in zip(parts[::2], parts[1::2], strict=True)}
    blanks = found.pop("__IGNORE_0").removesuffix("+")
    assert found.keys() == SCOPES.keys() | IN_RULES_OF_THEIR_OWN, "each terminal has a scope"
    assert KEYWORDS.keys() == {word for words in KEYWORD_SCOPES.values() for word in spelled(words)}
    return {**found, "_NL": ";", "UNEXPECTED": f"(?!{blanks})[^\\n]"}


def spelled(keywords: Iterable[str]) -> list[str]:
    return [word for word, kind in KEYWORDS.items() if kind in keywords]


def words(spellings: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(spellings))}){END}"


TERMINALS = terminals()
END = "(?!{})".format(TERMINALS["NAME"][TERMINALS["NAME"].rindex("[") : -1])  # of a word
NAME = f"(?!{words(KEYWORDS)}){TERMINALS['NAME']}"


def grammar() -> Rule:
    repository: dict[str, Rule] = {"names": {"patterns": list(names())}, "signs": {"patterns": list(signs())}}
    for outer, suffix in CONTEXTS.items():
        repository.update({name + suffix: rule for name, rule in context(outer, suffix).items()})
    return {
        "name": "gradlang",
        "comment": "Made by `python grammars/textmate.py`; do not edit.",
        "scopeName": "source.gradlang",
        "fileTypes": ["grad"],
        "firstLineMatch": r"^#!.*\bgradlang\b",
        "patterns": [include("statements")],
        "repository": repository,
    }


def include(name: str) -> Rule:
    return {"include": f"#{name}"}


def match(scope: str, regex: str) -> Rule:
    return {"name": f"{scope}.gradlang", "match": regex}


def captures(*scopes: str) -> Rule:
    """What the groups of an expression are; those with no scope are not named."""
    return {str(i): {"name": f"{scope}.gradlang"} for i, scope in enumerate(scopes, 1) if scope}


def signs() -> Iterator[Rule]:
    """What is one terminal each: numbers, operators, separators; and last what is no part of the language."""
    for name, regex in TERMINALS.items():
        if name in SCOPES:
            yield match(SCOPES[name], regex)


def names() -> Iterator[Rule]:
    """Keywords, members, builtins, calls, and all other names."""
    callables = [name for name in builtins.names() if isinstance(builtins.lookup(name), Builtin)]
    functions = words(callables)
    for scope, kinds in KEYWORD_SCOPES.items():
        yield match(scope, words(spelled(kinds)))
    for regex, scope in [
        (words(VALUE_MEMBERS), "support.variable.property"),
        (functions, "support.function"),
        (rf"{NAME}{END}(?!\s*\()", "variable.other.member"),
    ]:
        yield {"match": rf"(\.)\s*({regex})", "captures": captures(SCOPES["DOT"], scope)}
    yield match("variable.parameter", rf"{NAME}(?=\s*->)")
    yield match("support.function", functions)
    yield match("support.constant", words(set(builtins.names()) - set(callables)))
    yield match("entity.name.function.call", rf"{NAME}{END}(?=\s*\()")
    yield match("variable.other", NAME)


def context(outer: str, suffix: str) -> dict[str, Rule]:
    """The rules for code inside these quotes."""
    edge = rf"(?=[{outer}\n])" if outer else r"(?!)"  # where code ends at the latest
    comment = rf"(#)[^{outer}}}\n]*" if outer else f"(#){TERMINALS['COMMENT'][1:]}"
    code = include(f"code{suffix}")
    return {
        "comment": {
            **match("comment.line.number-sign", comment),
            "captures": captures("punctuation.definition.comment"),
        },
        "strings": {"patterns": [rule for quote in "\"'" if quote not in outer for rule in strings(quote, outer)]},
        "code": {
            "patterns": [
                include(name + suffix) for name in ("comment", "strings", "lambda", "parens", "brackets", "block")
            ]
            + [include("names"), include("signs")]
        },
        "statements": {"patterns": [*declarations(), include(f"definition{suffix}"), code]},
        "definition": {
            "name": "meta.function.definition.gradlang",
            "begin": rf"({NAME})\s*(\()(?={BALANCED}\)\s*=(?!=))",
            "beginCaptures": captures("entity.name.function", "punctuation.definition.parameters.begin"),
            **parameters(edge, code),
        },
        "lambda": {
            "name": "meta.function.lambda.gradlang",
            "begin": rf"(\()(?={BALANCED}\)\s*->)",
            "beginCaptures": captures("punctuation.definition.parameters.begin"),
            **parameters(edge, code),
        },
        "parens": bracket("parens", "(", ")", rf"(?=\}})|{edge}", [argument(), code]),
        "brackets": bracket("brackets", "[", "]", rf"(?=\}})|{edge}", [code]),
        "block": bracket("block", "{", "}", edge, [include(f"statements{suffix}")]),
    }


def declarations() -> Iterator[Rule]:
    """`param` and `import`, with the names that they declare."""
    yield {"match": rf"(param)\s+({NAME})", "captures": captures("storage.type.param", "variable.other.param")}
    yield {
        "match": rf"(import)\s+({NAME})(?:\s+(as)\s+({NAME}))?",
        "captures": captures(*["keyword.control.import", "entity.name.namespace"] * 2),
    }


def parameters(edge: str, code: Rule) -> Rule:
    """The end of a head, and what is in it: names, with defaults."""
    parameter = {"match": rf"(?<=[(,])\s*({NAME})", "captures": captures("variable.parameter")}
    return {
        "end": rf"(\))|{edge}",
        "endCaptures": captures("punctuation.definition.parameters.end"),
        "patterns": [parameter, code],
    }


def argument() -> Rule:
    return match("variable.parameter.argument", rf"{NAME}{END}(?=\s*=(?!=))")


def bracket(kind: str, opener: str, closer: str, edge: str, patterns: list[Rule]) -> Rule:
    """A bracket that is never closed ends with the block or the hole around it."""
    return {
        "begin": f"(\\{opener})",
        "beginCaptures": captures(f"punctuation.section.{kind}.begin"),
        "end": rf"(\{closer})|{edge}",
        "endCaptures": captures(f"punctuation.section.{kind}.end"),
        "patterns": patterns,
    }


def strings(quote: str, outer: str) -> Iterator[Rule]:
    """A plain string and an f-string; one without end stops with its line, or where the string around it does."""
    scope = f"string.quoted.{'double' if quote == chr(34) else 'single'}"
    end = rf"({quote})|(\n)" + (f"|(?=[{outer}])" if outer else "")
    for prefix, scopes, holes in [("f", f"{scope}.interpolated", hole(quote, outer)), ("", scope, [])]:
        yield {
            "name": f"{scopes}.gradlang",
            "begin": f"(f)({quote})" if prefix else f"({quote})",
            "beginCaptures": captures(*["storage.type.string"] * len(prefix), "punctuation.definition.string.begin"),
            "end": end,
            "endCaptures": captures("punctuation.definition.string.end", "invalid.illegal.newline"),
            "patterns": [*escapes(), *holes],
        }


def escapes() -> Iterator[Rule]:
    known = re.escape("".join(ESCAPES))
    yield match("constant.character.escape", rf"\\(?:[{known}]|u\{{[0-9a-fA-F]{{1,6}}\}})")
    yield match("invalid.illegal.escape", r"\\[^\n]")


def hole(quote: str, outer: str) -> list[Rule]:
    """Code in braces, a format behind its colon, and braces that are doubled to stand for themselves."""
    around = outer + quote if outer != "'" else "\"'"
    inside = rf"[{around}\n]"
    form = {"name": "constant.other.format.gradlang", "match": rf"(:)[^}}{around}\n]*"}
    return [
        match("constant.character.escape", r"\{\{|\}\}"),
        {
            "name": "meta.interpolation.gradlang",
            "contentName": "meta.embedded.expression.gradlang",
            "begin": r"(\{)",
            "beginCaptures": captures("punctuation.section.interpolation.begin"),
            "end": rf"(\}})|(?={inside})",
            "endCaptures": captures("punctuation.section.interpolation.end"),
            "patterns": [
                {**form, "captures": captures("punctuation.separator.format")},
                include(f"code{CONTEXTS[around]}"),
            ],
        },
        match("invalid.illegal.brace", r"\}"),
    ]


def text() -> str:
    return json.dumps(grammar(), indent=1) + "\n"


if __name__ == "__main__":
    GRAMMAR.write_text(text(), encoding="utf-8")
