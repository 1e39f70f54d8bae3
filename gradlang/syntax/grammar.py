"""The grammar, and what Lark makes of it: the tables that the driver runs.

Owns where the grammar lies and how `tables.py` is made from it; run
`python -m gradlang.syntax.grammar` after a change of the grammar (a test says so).
Invariant: the same grammar gives the same file, to the byte: states are numbered
in the order in which they are reached, symbols in that of the alphabet.

Why a file in the package: making the tables takes longer than a short program,
and a cache must be found, trusted and renewed on every machine. Lark is needed
where the grammar changes, and by the tests, which compare its parser with ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLES = os.path.join(PACKAGE, "syntax", "tables.py")
HEADER = '''"""The tables of the grammar, compiled by Lark. Made by `python -m gradlang.syntax.grammar`; do not edit.

A rule is `origin: symbols -> method of the builder`. A state lists, by symbol, the
state that follows it (`NAME>7`) or the rule that ends before it (`NAME,COMMA<12`).
"""

# fmt: off
# ruff: noqa: E501
'''


def grammar_text() -> str:
    """The grammar: inside the package in a wheel, beside it in the source tree."""
    for folder in (PACKAGE, os.path.dirname(PACKAGE)):
        path = os.path.join(folder, "grammars", "gradlang.lark")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return file.read()
    raise FileNotFoundError("the installation is incomplete: grammars/gradlang.lark is missing")


class Filter:
    """The newline rules, in the form that Lark asks for."""

    # Lark drops terminals that no rule uses unless they are named here.
    always_accept = ("_NL", "UNCLOSED_STRING", "UNEXPECTED")

    def process(self, stream: Iterator[Any]) -> Iterator[Any]:
        from .newlines import sorted_out

        return sorted_out(stream)


def build(grammar: str, builder: Any = None, strict: bool = False) -> Lark:
    """Lark's own parser, which calls the methods of `builder` as it recognises their rules."""
    import lark

    return lark.Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        strict=strict,
        postlex=Filter(),
        maybe_placeholders=False,
        keep_all_tokens=True,
        transformer=builder,
    )


def tables(grammar: str) -> str:
    """The text of `tables.py` for a grammar."""
    parser = build(grammar)
    lexer: Any = parser.parser.lexer.lexer
    scanner = lexer.scanner  # finds out, too, which words are keywords
    (pattern,) = [compiled.pattern for compiled in scanner._mres]
    (blanks,) = [each.pattern.to_regexp() for each in lexer.terminals if each.name == "__IGNORE_0"]
    assert set(lexer.callback) == {"NAME"}, "words are told from names, and from nothing else"
    words = sorted(lexer.callback["NAME"].scanner.terminals, key=lambda terminal: str(terminal.name))
    automaton: Any = parser.parser.parser._parse_table
    numbers, rows = _states(automaton)
    rules = {rule: number for number, rule in enumerate(parser.rules)}
    return HEADER + "".join(
        [
            f"\nPATTERN = {ascii(f'(?:{blanks})?(?:{pattern})')}  # with the blanks before: half as many matches\n",
            f"IGNORED = {sorted(lexer.ignore_types)!r}\n",
            f"KEYWORDS = {{{', '.join(f'{word.pattern.value!r}: {word.name!r}' for word in words)}}}\n",
            f"START_STATE = {numbers[automaton.start_states['start']]}\n",
            f"END_STATE = {numbers[automaton.end_states['start']]}\n",
            *_listed("RULES", [_described(rule) for rule in rules]),
            *_listed("STATES", [_entries(row, numbers, rules) for row in rows]),
        ]
    )


def _listed(name: str, lines: list[str]) -> list[str]:
    return [f"{name} = [\n", *(f'    "{line}",\n' for line in lines), "]\n"]


def _described(rule: Any) -> str:
    """A rule as `Rule` of the driver reads it."""
    origin = str(rule.origin.name)
    method = rule.alias or ("" if origin.startswith("__") or _passes(rule) else origin)
    head = " ".join([f"{origin}:", *(str(symbol.name) for symbol in rule.expansion)])
    return f"{head} -> {method}" if method else head


def _passes(rule: Any) -> bool:
    """Whether a rule is written with `?` and has nothing to add to its one part."""
    return bool(rule.options.expand1) and len(rule.expansion) == 1


def _states(automaton: Any) -> tuple[dict[int, int], list[dict[str, Any]]]:
    """The new numbers of Lark's states, and their rows in that order."""
    numbers: dict[int, int] = {automaton.start_states["start"]: 0}
    order = list(numbers)
    for state in order:  # which grows
        for _, (action, target) in sorted(automaton.states[state].items()):
            if str(action) == "Shift" and target not in numbers:
                numbers[target] = len(order)
                order.append(target)
    return numbers, [automaton.states[state] for state in order]


def _entries(row: dict[str, Any], numbers: dict[int, int], rules: dict[Any, int]) -> str:
    follows: list[str] = []
    ends: dict[int, list[str]] = {}
    for symbol, (action, target) in sorted(row.items()):
        if str(action) == "Shift":
            follows.append(f"{symbol}>{numbers[target]}")
        else:
            ends.setdefault(rules[target], []).append(symbol)
    return " ".join(follows + [f"{','.join(symbols)}<{rule}" for rule, symbols in sorted(ends.items())])


if __name__ == "__main__":
    with open(TABLES, "w", encoding="utf-8") as made:
        made.write(tables(grammar_text()))
