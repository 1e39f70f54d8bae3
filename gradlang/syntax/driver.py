"""Tokens to whatever a builder makes of them: the LALR automaton.

Owns the stacks and the walk through the tables that Lark has compiled from the
grammar; knows no rule by name. Invariant: it calls the builder's methods in the
order, and with the children, in which Lark's own parser would; where it stops, it
stops in the same state, so what it accepts there is the same (tests compare).
An interruption leaves nothing half done.

Why not Lark's parser: importing it takes longer than everything else a short
program needs, and it takes three steps of four to pass one value up the levels of
precedence. Here a whole way up is one look-up after the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .tables import END_STATE, RULES, START_STATE, STATES
from .tokens import END, Token, made

Row = dict[str, int]  # symbol → the state that follows, or ~rule for a rule that ends here


class Rule:
    """One alternative of the grammar."""

    __slots__ = ("landings", "lists", "make", "origin", "passes", "repeats", "size")

    def __init__(self, text: str, builder: object) -> None:
        """From `origin: symbol symbol -> method`. Origins in `__` are repetitions, which join the rule around them."""
        head, _, method = text.partition(" -> ")
        self.origin, _, body = head.partition(":")
        symbols = body.split()
        self.size = len(symbols)
        self.lists = [at for at in reversed(range(self.size)) if symbols[at].startswith("__")]
        self.repeats = self.origin.startswith("__")
        self.passes = not method and not self.repeats  # a level of precedence with nothing of its own
        self.make: Callable[[list[Any]], Any] = getattr(builder, method) if method else _only if self.passes else _all
        self.landings: dict[tuple[int, str], int] = {}  # (state below, next token) → the state after all that passes

    def joined(self, children: list[Any]) -> list[Any]:
        """The children with those of repetitions in their place: at the end of the first, to keep long lists linear."""
        if self.repeats:
            children[0] += children[1:]
            whole: list[Any] = children[0]
            return whole
        for at in self.lists:
            children[at : at + 1] = children[at]
        return children


def _only(children: list[Any]) -> Any:
    return children[0]


def _all(children: list[Any]) -> list[Any]:
    return children


class Unexpected(Exception):
    """A token that cannot stand where it stands; `accepts` tells what could have."""

    def __init__(self, token: Token, accepts: Callable[[], set[str]]) -> None:
        super().__init__(token)
        self.token = token
        self.accepts = accepts


class Driver:
    """The automaton, with the builder whose methods it calls."""

    def __init__(self, builder: object) -> None:
        self.rules = [Rule(text, builder) for text in RULES]
        self.rows: list[Row | None] = [None] * len(STATES)  # read when first needed: a short program visits few

    def parse(self, tokens: Iterator[Token]) -> Any:
        """What the builder's method for the first rule of the grammar gives. Raises Unexpected."""
        rows, rules = self.rows, self.rules
        states = [START_STATE]
        values: list[Any] = []
        for token in ended(tokens):
            kind = token.type
            while True:
                state = states[-1]
                action = (rows[state] or self.row(state)).get(kind)
                if action is None:
                    if state == END_STATE and kind == END:
                        return values[0]
                    raise Unexpected(token, lambda: self.accepted(states))
                if action >= 0:
                    states.append(action)
                    values.append(token)
                    break
                rule = rules[~action]
                size = rule.size
                first = len(values) - size
                children = values[first:]
                values[first:] = [rule.make(rule.joined(children) if rule.lists else children)]
                below = states[first], kind
                states[first + 1 :] = [rule.landings.get(below) or self.land(rule, *below)]
        raise AssertionError("the end is accepted or unexpected")

    def row(self, number: int) -> Row:
        row = self.rows[number]
        if row is None:
            row = {}
            for entry in STATES[number].split():
                symbols, sign, target = entry.partition(">" if ">" in entry else "<")
                for symbol in symbols.split(","):
                    row[symbol] = int(target) if sign == ">" else ~int(target)
            self.rows[number] = row  # at the end: Ctrl-C may come in between
        return row

    def land(self, rule: Rule, below: int, kind: str) -> int:
        """Where a rule leads from the state below it, past all rules after it that only pass its value on."""
        state = self.row(below)[rule.origin]
        while (action := self.row(state).get(kind, 0)) < 0 and self.rules[~action].passes:
            state = self.row(below)[self.rules[~action].origin]
        rule.landings[below, kind] = state
        return state

    def accepted(self, states: list[int]) -> set[str]:
        """The types of the tokens that could stand in the last of these states."""
        return {kind for kind in self.row(states[-1]) if kind.isupper() and self.is_accepted(states[:], kind)}

    def is_accepted(self, states: list[int], kind: str) -> bool:
        """Whether such a token can follow the rules that would end before it."""
        while (action := self.row(states[-1]).get(kind)) is not None and action < 0:
            rule = self.rules[~action]
            del states[len(states) - rule.size :]
            states.append(self.row(states[-1])[rule.origin])
        return action is not None or (kind == END and states[-1] == END_STATE)


def ended(tokens: Iterator[Token]) -> Iterator[Token]:
    """The tokens, and behind them the end, which stands where the last one stands."""
    token = made("", "", 0, 0)
    for token in tokens:
        yield token
    yield made(END, "", token.start_pos, token.end_pos)
