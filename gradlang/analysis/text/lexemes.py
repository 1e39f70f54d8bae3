"""The pieces of a text, with the code in the holes of f-strings as pieces of its own.

Owns the step from the parser's tokens to pieces. Kinds are the names of the
grammar's terminals, and a few for what the parser sees as one token:

QUOTE          the opening quote of a string without end; what follows it is UNCLOSED_STRING
LHOLE, RHOLE   the braces of a hole in an f-string; an RHOLE that nobody wrote is empty
STRING         also the pieces of an f-string between its holes

Invariant: lexemes stand in order and do not overlap; what lies between two of
them is blank, a comment, or a line break or `;` that separates nothing more.

Lark and what uses it are imported when the first text is read, as by the parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from ...diagnostics import Diagnostic
from ...source import Source
from ...syntax import parser
from ...syntax.strings import interpolation

COMMENT = re.compile(r"#.*")
OPENERS = ("LPAR", "LSQB", "LBRACE", "LHOLE")
CLOSING = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"}


class Lexeme(NamedTuple):
    kind: str
    text: str
    start: int
    end: int

    @property
    def is_keyword(self) -> bool:
        """A word that is not a name: the grammar has a terminal of its own for it."""
        return self.kind not in ("NAME", "STRING", "UNCLOSED_STRING", "UNEXPECTED") and self.text.isidentifier()


@cache
def keywords() -> tuple[str, ...]:
    """The words that the lexer does not take for names, out of all words in quotes in the grammar."""
    from ...syntax.grammar import grammar_text

    words = " ".join(sorted(set(re.findall(r'"([a-z]+)"', grammar_text()))))
    return tuple([lexeme.text for lexeme in lexemes(words) if lexeme.is_keyword])


@lru_cache(maxsize=8)
def lexemes(text: str) -> Sequence[Lexeme]:
    """The lexemes of a text. Kept for the last few texts, because each is asked about several times."""
    return list(_pieces(text, 0, len(text)))


def comments(text: str, pieces: Sequence[Lexeme]) -> Iterator[tuple[int, int]]:
    """Where the comments between these lexemes stand."""
    ends = [0, *[lexeme.end for lexeme in pieces]]
    starts = [*[lexeme.start for lexeme in pieces], len(text)]
    for end, start in zip(ends, starts, strict=True):
        if start > end:
            for match in COMMENT.finditer(text, end, start):
                yield match.span()


def closer_kinds() -> dict[str, str]:
    """Which kind of bracket closes which."""
    from ...syntax.newlines import CLOSERS

    return {**CLOSERS, "LHOLE": "RHOLE"}


def partners(pieces: Sequence[Lexeme]) -> dict[int, int]:
    """Which bracket closes which, by index; a closer that does not match counts for nothing, as for the parser."""
    closers = closer_kinds()
    found: dict[int, int] = {}
    opened: list[int] = []
    for i, lexeme in enumerate(pieces):
        if lexeme.kind in closers:
            opened.append(i)
        elif lexeme.kind == "RHOLE":  # no bracket reaches out of its hole
            while pieces[opened[-1]].kind != "LHOLE":
                opened.pop()
            found[opened.pop()] = i
        elif opened and lexeme.kind == closers[pieces[opened[-1]].kind]:
            found[opened.pop()] = i
    return found


def closed(text: str) -> str:
    """The text with everything closed that is open at its end: `f(x` becomes `f(x)`.

    A string without end in an earlier line is a mistake and stays one.
    """
    opened = _opened(text)
    if not opened:
        return text
    before = ""
    if opened[-1].kind == "QUOTE":
        before = "\\" * (len(text) - len(text.rstrip("\\")) & 1)  # a lone backslash would escape the quote
    elif all(lexeme.kind != "QUOTE" for lexeme in opened):
        before = "\n" * any(end == len(text) for _, end in comments(text, lexemes(text)))
    return text + before + "".join([CLOSING[lexeme.text[-1]] for lexeme in reversed(opened)])


def _opened(text: str) -> list[Lexeme]:
    """The brackets and quotes that are open at the end of a text, the outermost first."""
    closers = closer_kinds()
    opened: list[Lexeme] = []
    broken = 0  # up to here reaches a string that ends with its line
    for lexeme in lexemes(text):
        kind = lexeme.kind
        if lexeme.end <= broken:
            continue
        if kind == "QUOTE" and "LHOLE" not in [o.kind for o in opened]:
            broken = text.find("\n", lexeme.start)
        if kind in closers or kind == "QUOTE" and broken <= lexeme.start:
            opened.append(lexeme)
        elif kind == "RHOLE":  # one that nobody wrote is still to come where the text ends, and else never
            while (lexeme.text or lexeme.end < len(text)) and opened.pop().kind != "LHOLE":
                pass
        elif opened and kind == closers.get(opened[-1].kind):
            opened.pop()
    return opened


def _pieces(text: str, start: int, end: int) -> Iterator[Lexeme]:
    from ...syntax.newlines import TOO_DEEP

    for token in parser.tokens(text[start:end]):
        if token.type == TOO_DEEP:
            continue
        assert token.start_pos is not None and token.end_pos is not None
        lexeme = Lexeme(token.type, str(token), start + token.start_pos, start + token.end_pos)
        if lexeme.kind in ("STRING", "UNCLOSED_STRING"):
            yield from _string(text, lexeme)
        else:
            yield lexeme


def _string(text: str, string: Lexeme) -> Iterator[Lexeme]:
    """A string, cut at its holes."""
    kind, _, at, end = string
    quote = at + (2 if string.text[0] == "f" else 1)
    if kind == "UNCLOSED_STRING":
        yield Lexeme("QUOTE", text[at:quote], at, quote)
        at = quote
    if string.text[0] == "f":
        for hole in _holes(text, quote, end if kind == "UNCLOSED_STRING" else end - 1):
            opening, value_end, hole_end = hole
            if at < opening:
                yield Lexeme(kind, text[at:opening], at, opening)
            yield Lexeme("LHOLE", "{", opening, opening + 1)
            yield from _pieces(text, opening + 1, value_end)
            closing = max(value_end, hole_end - 1)
            if value_end < closing:
                yield Lexeme("STRING", text[value_end:closing], value_end, closing)
            yield Lexeme("RHOLE", text[closing:hole_end], closing, hole_end)
            at = hole_end
    if at < end:
        yield Lexeme(kind, text[at:end], at, end)


def _holes(text: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Of each hole in the inside of an f-string: where it opens, where its expression ends, and where it ends.

    The last may lack its `}`; then it ends with the string.
    """
    faults: list[Diagnostic] = []
    for piece in interpolation(Source(text), start, end, faults.append):
        if not isinstance(piece, str):
            yield piece.span.start, piece.end, piece.span.end
    for fault in faults:
        if fault.span.text == "{":
            yield fault.span.start, end, end
