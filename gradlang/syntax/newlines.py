"""Decides which line breaks end a statement.

A filter between lexer and parser. Owns the newline rules of the language and
knows tokens only, by the names that the grammar gives them. Invariant: it
keeps no state between parses, and yields the tokens it got, but for line breaks, and
before a bracket too many a `TOO_DEEP` token that no rule accepts.

It needs one token of look-ahead, so what a token is must not depend on the state
of the parser: the token after a held-back line break would be read in the wrong one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .tokens import Token, made
from .tree import NESTING_LIMIT

CLOSERS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
BRACKETS = frozenset({*CLOSERS, *CLOSERS.values()})
OPERATORS = frozenset({"PLUS", "MINUS", "MULOP", "POW", "CMPOP", "AND", "OR", "NOT"})
# A line that ends in one of these is unfinished; the next line continues it.
UNFINISHED = OPERATORS | {"EQUAL", "AUGOP", "COMMA", "DOT", "COLON", "ARROW", "LBRACE"}
UNFINISHED |= {"IN", "IF", "ELSE", "FOR", "WHILE", "PARAM", "IMPORT", "AS"}
# A line that starts with one of these continues the line above.
CONTINUES = frozenset({"DOT", "ELSE"})
TOO_DEEP = "TOO_DEEP"


def is_unfinished(before: str | None, last: str | None) -> bool:
    """Whether a line whose last two tokens have these types goes on below.

    Two operators in a row do not, so `i++` is an error and does not swallow
    the next line.
    """
    return last in UNFINISHED and not (last in ("PLUS", "MINUS") and before in OPERATORS)


def track(token: Token, opened: list[Token]) -> None:
    """Keep the stack of open brackets; a closer that does not match leaves it alone."""
    if token.type in CLOSERS:
        opened.append(token)
    elif opened and token.type == CLOSERS[opened[-1].type]:
        opened.pop()


def open_brackets(tokens: Iterable[Token]) -> list[Token]:
    """The brackets that these tokens open and do not close."""
    opened: list[Token] = []
    for token in tokens:
        track(token, opened)
    return opened


def sorted_out(stream: Iterator[Token]) -> Iterator[Token]:
    """The tokens with those line breaks that end a statement."""
    opened: list[Token] = []
    before: str | None = None
    last: str | None = None
    pending: Token | None = None  # a run of line breaks and `;`, held back until the next token is known
    for token in stream:
        kind = token.type
        if kind == "_NL":
            if pending is None or token == ";":
                pending = token
            continue
        if pending is not None:
            in_brackets = bool(opened) and opened[-1].type != "LBRACE"
            if pending == ";" or not (in_brackets or kind in CONTINUES or is_unfinished(before, last)):
                yield pending
            pending = None
        if kind in BRACKETS:
            track(token, opened)
            if len(opened) > NESTING_LIMIT and kind in CLOSERS:
                yield made(TOO_DEEP, token, token.start_pos, token.end_pos)
        before, last = last, kind
        yield token
    if pending == ";":  # line breaks at the very end separate nothing
        assert pending is not None
        yield pending
