"""Source to tree.

Owns the one builder of the process. Knows how to read a whole source,
and how to go on after a mistake so that every broken statement is reported
once. Invariant: `parse` returns a tree without faults or raises all of them,
in order of place; whatever the text, it raises nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from threading import RLock
from typing import Any, get_args

from ..diagnostics import Diagnostic, GradlangError
from ..source import Source, Span
from . import tree
from .builder import Builder
from .driver import Driver, Unexpected
from .newlines import CLOSERS, TOO_DEEP, is_unfinished, open_brackets, sorted_out, track
from .tokens import END, Token, lexed

MOST_ERRORS = 50  # nobody reads more, and looking for them costs time
# A line that can start a statement: not indented, and not the rest of something above.
FRESH_LINE = re.compile(r"^(?![\s)\]}#.]|else\b)", re.MULTILINE)

_lock = RLock()  # the builder serves one parse at a time; holes of f-strings parse within it
_reader: _Reader | None = None


def parse(source: Source) -> tree.Module:
    """The tree of a source; raises GradlangError with every syntax error in it."""
    with _lock:
        return tree.Module(source, _loaded().read(source))


def unfinished(text: str) -> bool:
    """Whether the text is the beginning of something that goes on in the next line.

    True with an open bracket, after an operator, and for a string without end.
    """
    with _lock:
        return _loaded().wants_more(Source(text))


def tokens(text: str) -> list[Token]:
    """The tokens of a text, however broken it is, as the parser gets them.

    What is no part of the language is UNEXPECTED or UNCLOSED_STRING; comments lie between tokens.
    """
    return _tokens(text, 0, len(text))


def _loaded() -> _Reader:
    global _reader
    if _reader is None:
        _reader = _Reader()
    return _reader


def _tokens(text: str, start: int, end: int) -> list[Token]:
    return list(sorted_out(lexed(text, start, end)))


class _Reader:
    """The builder and the driver that calls it."""

    def __init__(self) -> None:
        self.builder = Builder(self.hole)
        self.driver = Driver(self.builder)

    def piece(self, start: int, end: int) -> list[Any]:
        body: list[Any] = self.driver.parse(sorted_out(lexed(self.builder.source.text, start, end)))
        return body

    def tokens(self, start: int, end: int) -> list[Token]:
        return _tokens(self.builder.source.text, start, end)

    def read(self, source: Source) -> list[tree.Stmt]:
        self.builder.begin(source)
        try:
            body = self.piece(0, len(source.text))
        except Unexpected as error:
            raise GradlangError(self._all_errors(source, error)) from None
        self.builder.heights = {}  # it would keep the tree alive
        if self.builder.errors:
            raise GradlangError(sorted(self.builder.errors, key=_place))
        return body

    def hole(self, start: int, end: int) -> tree.Expr | None:
        """The expression of a hole in an f-string; a fault in it is reported and stops nothing else."""
        source = self.builder.source
        span = Span(source, start, end)
        try:
            body: list[Any] = self.piece(start, end)
        except Unexpected as error:
            from .mistakes import diagnose

            self.builder.report(diagnose(source, error, self.tokens(start, end), hole=span))
            return None
        if len(body) == 1 and isinstance(body[0], get_args(tree.Expr)):
            value: tree.Expr = body[0]
            return value
        message = "a hole in an f-string holds one expression" if body else "this hole is empty"
        self.builder.report(Diagnostic("E0109", message, Span(source, start - 1, end + 1), help=['write f"{x}"']))
        return None

    # ── after a mistake ──────────────────────────────────────────────────────

    def _all_errors(self, source: Source, first: Unexpected) -> list[Diagnostic]:
        """Read the top-level statements one by one; what is broken gives one error each.

        But where something is nested too deeply that is all: it was made by a
        program, and is long.
        """
        from .mistakes import diagnose

        if first.token.type == TOO_DEEP:
            return [diagnose(source, first, [])]
        errors: list[Diagnostic] = []
        at: int | None = 0
        while at is not None:
            at = self._errors_from(at, errors)
        return errors

    def _errors_from(self, at: int, errors: list[Diagnostic]) -> int | None:
        """Collect errors from an offset on. Another offset is given where a mistake has
        swallowed what follows it, so that the rest must be cut into statements anew."""
        for statement in _statements(self.tokens(at, len(self.builder.source.text))):
            while errors and statement and statement[0].type in CLOSERS.values():
                statement.pop(0)  # the end of something broken
            resume = self._errors_of(statement, errors) if statement else None
            if len(errors) >= MOST_ERRORS:
                return None
            if resume is not None:
                return resume
        return None

    def _errors_of(self, tokens: list[Token], errors: list[Diagnostic]) -> int | None:
        from .mistakes import diagnose, text_end

        source = self.builder.source
        self.builder.begin(source)
        try:
            self.piece(tokens[0].start_pos, tokens[-1].end_pos)
        except GradlangError as error:
            errors += error.diagnostics
        except Unexpected as error:
            errors.append(diagnose(source, error, tokens))
            return text_end(errors[-1]) or _fresh_line(source, tokens, error.token)
        else:
            errors += sorted(self.builder.errors, key=_place)
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


def _statements(tokens: list[Token]) -> Iterator[list[Token]]:
    """The tokens, cut at the line breaks that stand in no bracket."""
    opened: list[Token] = []
    statement: list[Token] = []
    for token in tokens:
        track(token, opened)
        if token.type != "_NL" or opened:
            statement.append(token)
        elif statement:
            yield statement
            statement = []
    if statement:
        yield statement


def _fresh_line(source: Source, tokens: list[Token], failed: Token) -> int | None:
    """Where to go on after a statement that leaves a bracket open: at the next line that looks like a start."""
    opened = open_brackets(tokens)
    if not opened:
        return None
    place = (opened[0] if failed.type == END else failed).start_pos
    fresh = FRESH_LINE.search(source.text, max(place, tokens[0].start_pos + 1))
    return fresh.start() if fresh and fresh.start() < len(source.text) else None


def _place(error: Diagnostic) -> int:
    return error.span.start
