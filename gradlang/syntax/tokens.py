"""Text to tokens: the words and signs of the grammar, whatever the text.

Owns the token. Which patterns there are and which words are keywords, the
grammar says, through `tables`. Invariant: every character lies in a token or
between two, in blanks or a comment; none is refused, for what is no part of the
language is a token too, which no rule accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .tables import IGNORED, KEYWORDS, PATTERN

END = "$END"  # the type of the token behind the last
_match = re.compile(PATTERN).finditer


class Token(str):
    """A piece of the source, with its type in the grammar and its offsets."""

    __slots__ = ("end_pos", "start_pos", "type")
    type: str
    start_pos: int
    end_pos: int


def made(kind: str, text: str, start: int, end: int) -> Token:
    """A token. (A constructor of the class would make it three times as slow.)"""
    token = Token(text)
    token.type = kind
    token.start_pos = start
    token.end_pos = end
    return token


def lexed(text: str, start: int, end: int) -> Iterator[Token]:
    """The tokens of `text[start:end]`; line breaks are not yet sorted out."""
    keyword = KEYWORDS.get
    for match in _match(text, start, end):
        kind = match.lastgroup
        if kind in IGNORED:
            continue
        assert kind is not None
        token = Token(match[kind])
        token.type = keyword(token, kind) if kind == "NAME" else kind
        token.start_pos, token.end_pos = match.span(kind)
        yield token
