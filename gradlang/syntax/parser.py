"""Source to tree.

Owns the one builder of the process. Knows how to read a whole source; how to go
on after a mistake, `recovery` knows, which is imported when there is one.
Invariant: `parse` returns a tree without faults or raises all of them, in
order of place; whatever the text, it raises nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import RLock
from typing import Any, get_args

from ..diagnostics import Diagnostic, GradlangError
from ..source import Source, Span
from . import tree
from .builder import Builder
from .driver import Driver, Unexpected
from .newlines import is_unfinished, open_brackets, sorted_out
from .tokens import END, Token, lexed

lock = RLock()  # the builder serves one parse at a time; holes of f-strings parse within it
_reader: Reader | None = None


def parse(source: Source, nesting: int | None = None) -> tree.Module:
    """The tree of a source; raises GradlangError with every syntax error in it.

    `nesting` allows fewer levels than there may be in any program.
    """
    with lock:
        return tree.Module(source, reader().read(source, nesting))


def unfinished(text: str) -> bool:
    """Whether the text is the beginning of something that goes on in the next line.

    True with an open bracket, after an operator, and for a string without end.
    """
    with lock:
        return reader().wants_more(Source(text))


def tokens(text: str) -> list[Token]:
    """The tokens of a text, however broken it is, as the parser gets them.

    What is no part of the language is UNEXPECTED or UNCLOSED_STRING; comments lie between tokens.
    """
    return _tokens(text, 0, len(text))


def reader() -> Reader:
    """The one of the process; who calls it holds the lock."""
    global _reader
    if _reader is None:
        _reader = Reader()
    return _reader


def _tokens(text: str, start: int, end: int) -> list[Token]:
    return list(sorted_out(lexed(text, start, end)))


class Reader:
    """The builder and the driver that calls it."""

    def __init__(self) -> None:
        self.builder = Builder(self.hole)
        self.driver = Driver(self.builder)

    def piece(self, start: int, end: int) -> list[Any]:
        body: list[Any] = self.driver.parse(sorted_out(lexed(self.builder.source.text, start, end)))
        return body

    def tokens(self, start: int, end: int) -> list[Token]:
        return _tokens(self.builder.source.text, start, end)

    def read(self, source: Source, nesting: int | None) -> list[tree.Stmt]:
        self.builder.begin(source, nesting)
        try:
            body = self.piece(0, len(source.text))
        except Unexpected:
            from .recovery import recovered

            raise GradlangError(recovered(source).diagnostics) from None
        self.builder.heights = {}  # it would keep the tree alive
        if self.builder.errors:
            raise GradlangError(sorted(self.builder.errors, key=place))
        return body

    def statements(self, source: Source, tokens: Iterable[Token]) -> tuple[list[tree.Stmt], int]:
        """What these tokens are, and how deep that is; raises Unexpected, or GradlangError with all other mistakes."""
        self.builder.begin(source)
        body: list[Any] = self.driver.parse(iter(tokens))
        if self.builder.errors:
            raise GradlangError(sorted(self.builder.errors, key=place))
        return body, self.builder.highest(body)

    def hole(self, start: int, end: int) -> tree.Expr | None:
        """The expression of a hole in an f-string; a fault in it is reported and stops nothing else."""
        source = self.builder.source
        span = Span(source, start, end)
        try:
            body: list[Any] = self.piece(start, end)
        except Unexpected as error:
            from .mistakes import diagnose

            self.builder.report(diagnose(source, error, self.tokens(start, end), end, hole=span))
            return None
        if len(body) == 1 and isinstance(body[0], get_args(tree.Expr)):
            value: tree.Expr = body[0]
            return value
        message = "a hole in an f-string holds one expression" if body else "this hole is empty"
        self.builder.report(Diagnostic("E0109", message, Span(source, start - 1, end + 1), help=['write f"{x}"']))
        return None

    def wants_more(self, source: Source) -> bool:
        self.builder.begin(source)
        try:
            self.piece(0, len(source.text))
        except GradlangError:
            return False
        except Unexpected as error:
            tokens = self.tokens(0, len(source.text))
            kinds = [None, None, *(token.type for token in tokens)]
            token = error.token
            if token.type == "UNCLOSED_STRING":
                return token.end_pos == len(source.text)
            return token.type == END and (bool(open_brackets(tokens)) or is_unfinished(kinds[-2], kinds[-1]))
        return False


def place(error: Diagnostic) -> int:
    return error.span.start
