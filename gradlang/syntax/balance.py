"""Makes the brackets of a broken text fit, so that its statements can be told apart.

Owns two guesses. Where a string without end was meant to end: before the brackets
that end its line. And where a bracket was meant to be that is missing, or whether
one is too many: indentation says it. Knows tokens and offsets, no rule of the
grammar. Invariants: the tokens given are the text's own, in order; what is put
in is empty (it starts where it ends); a bracket too many is a STRAY, which no
rule accepts; all others fit.

Only what could not be parsed is read like this: in a correct program indentation
means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .mistakes import SIGNS
from .newlines import CLOSERS, CONTINUES, UNFINISHED
from .tokens import Token, lexed, made
from .tree import NESTING_LIMIT

STRAY = "STRAY"
OPENERS = {closer: opener for opener, closer in CLOSERS.items()}
HEAD_ENDS = ("ELSE", "COLON", "EQUAL", "ARROW")  # what may stand at the end of a line that lacks its `{`
MISSING = "MISSING"  # in the place of an opener: the body of a head that lacks its `{`
BRACES = ("LBRACE", MISSING)
FOREIGN = {'"""': '"""', "'''": "'''", "/*": "*/"}
STATEMENT = frozenset({"FOR", "WHILE", "RETURN", "PARAM", "IMPORT", "BREAK", "CONTINUE"})


# ── tokens ───────────────────────────────────────────────────────────────────


def mended(text: str, start: int, end: int) -> list[Token]:
    """The tokens, with strings that end where they should, and foreign comments of several lines as their beginning.

    The last may reach beyond `end`: a foreign comment does.
    """
    found: list[Token] = []
    skipped = start
    for token in lexed(text, start, end):
        if token.start_pos < skipped:
            continue
        beyond = _foreign_end(text, found[-1], token) if found else None
        if beyond is not None:
            skipped = beyond
            found.append(made(token.type, token, token.start_pos, beyond))
        elif token.type == "UNCLOSED_STRING":
            at = token.start_pos + _text_end(token)
            found.append(made(token.type, text[token.start_pos : at], token.start_pos, at))
            found += lexed(text, at, token.end_pos)
        else:
            found.append(token)
    return found


def _text_end(string: str) -> int:
    """Where a string without end was meant to end: before the brackets at the end of its line, or before a comment."""
    quote = 2 if string[0] == "f" else 1
    code = string.rpartition("#")[0].rstrip() or string
    if code[-1] not in ")]}{":
        code = string.rstrip()
    text = code.rstrip(")]}{,; \t")
    return max(len(text), quote) if code[-1] in ")]}{" else len(string)


def _foreign_end(text: str, before: Token, token: Token) -> int | None:
    """Where a foreign comment or string of several lines ends that begins with these two tokens."""
    if before.end_pos != token.start_pos:
        return None
    sign = FOREIGN.get((before + token[:1])[:3])
    at = -1 if sign is None else text.find(sign, before.start_pos + len(sign))
    return at + len(sign) if sign is not None and at >= token.end_pos else None


# ── brackets ─────────────────────────────────────────────────────────────────


class _Open:
    """A bracket that is open: the row it stands on, how far that is indented, and where its inside is.

    checked  whether indentation tells where it ends: not where what it holds is not indented
    """

    __slots__ = ("checked", "indent", "inner", "kind", "place", "row")

    def __init__(self, kind: str, row: int, indent: int, checked: bool, place: int = 0) -> None:
        self.kind = kind
        self.row = row
        self.indent = indent
        self.inner: int | None = None
        self.checked = checked
        self.place = place  # where a missing one would stand among the tokens


def balanced(text: str, tokens: Iterable[Token]) -> list[Token] | None:
    """The tokens with brackets that fit; None where they are nested too deeply for that."""
    return _Balance(text, tokens).result()


class _Balance:
    def __init__(self, text: str, tokens: Iterable[Token]) -> None:
        self.rows = list(_rows(tokens))
        self.indents = [row[0].start_pos - text.rfind("\n", 0, row[0].start_pos) - 1 for row in self.rows]
        self.out: list[Token] = []
        self.stack: list[_Open] = []
        self.missing: list[tuple[int, Token]] = []  # braces to put in, and before which token
        self.inner: int | None = None  # how far the outermost statements are indented

    def result(self) -> list[Token] | None:
        for number, row in enumerate(self.rows):
            self.begin_row(number, row)
            for token in row:
                if token.type in CLOSERS:
                    self.open(number, row, token)
                    if len(self.stack) > NESTING_LIMIT:
                        return None
                elif token.type in OPENERS:
                    self.close(number, row, token)
                else:
                    self.out.append(token)
            end = row[-1].end_pos
            self.out.append(made("_NL", "\n", end, end))
        while self.stack:
            self.leave()
        return self.out if not self.missing else list(self.completed())

    def completed(self) -> Iterator[Token]:
        braces = dict(self.missing)
        for place, token in enumerate(self.out):
            if place in braces:
                yield braces[place]
            yield token

    # ── what indentation says ──

    def begin_row(self, number: int, row: list[Token]) -> None:
        """A row that is indented no further than a bracket's own ends it; one that is for no reason lacks a `{`."""
        indent, first = self.indents[number], row[0]
        while self.stack and first.type not in OPENERS and self.ends(self.stack[-1], number, row):
            self.leave()
        top = self.stack[-1] if self.stack else None
        if top is not None and top.kind not in BRACES or first.type in OPENERS or first.type in CONTINUES:
            return
        inner = self.inner if top is None else top.inner
        if inner is None:
            if top is None:
                self.inner = indent
            else:
                top.inner = indent
        elif indent > inner and number and self.lacks_brace(self.rows[number - 1]):
            self.stack.append(_Open(MISSING, number, self.indents[number - 1], True, self.last()))
            self.stack[-1].inner = indent

    def ends(self, opened: _Open, number: int, row: list[Token]) -> bool:
        if not opened.checked or self.indents[number] > opened.indent:
            return False
        if opened.kind in BRACES:
            return True
        before = self.rows[number - 1][-1].type
        kinds = [token.type for token in row]
        closes = kinds.count(CLOSERS[opened.kind]) > kinds.count(opened.kind)
        return _is_statement(row) or not closes and before not in UNFINISHED and before not in CLOSERS

    def lacks_brace(self, row: list[Token]) -> bool:
        return row[-1].type not in UNFINISHED or row[-1].type in HEAD_ENDS

    def goes_on(self, opened: _Open, number: int) -> bool:
        """Whether the rows below still belong into a bracket."""
        if number + 1 == len(self.rows) or not opened.checked:
            return False
        indent = self.indents[number + 1]
        closes = self.rows[number + 1][0].type == CLOSERS.get(opened.kind, "RBRACE")
        return indent > opened.indent or (indent == opened.indent and closes)

    # ── brackets ──

    def open(self, number: int, row: list[Token], token: Token) -> None:
        indent = self.indents[number]
        below = number + 1 < len(self.rows) and self.indents[number + 1] <= indent
        self.stack.append(_Open(token.type, number, indent, not (token is row[-1] and below)))
        self.out.append(token)

    def close(self, number: int, row: list[Token], token: Token) -> None:
        fits = self.close_brace(number, row, token) if token.type == "RBRACE" else self.close_round(token)
        self.out.append(token if fits else made(STRAY, token, token.start_pos, token.end_pos))

    def close_round(self, token: Token) -> bool:
        """`)` and `]` reach down to the next brace."""
        for depth, opened in enumerate(reversed(self.stack)):
            if opened.kind in BRACES:
                return False
            if opened.kind == OPENERS[token.type]:
                for _ in range(depth):
                    self.leave()
                self.stack.pop()
                return True
        return False

    def close_brace(self, number: int, row: list[Token], token: Token) -> bool:
        first, indent = token is row[0], self.indents[number]
        while self.stack:
            top = self.stack[-1]
            below = next((o for o in reversed(self.stack[:-1]) if o.kind in BRACES), None)
            if top.kind == MISSING:
                fits = indent == top.indent if first else below is None or self.goes_on(below, number)
                if self.goes_on(top, number) and not (first and fits):
                    return False
                opened = self.stack.pop()
                if fits:
                    self.add_missing(opened)
                    return True
            elif top.kind != "LBRACE":
                if below is None or (top.row == number and below.row != number and self.goes_on(below, number)):
                    return False
                self.leave()
            elif top.row == number:
                self.stack.pop()
                return True
            elif first and indent < top.indent and below is not None:
                self.leave()
            elif self.goes_on(top, number) and not (first and indent == top.indent):
                return False
            else:
                self.stack.pop()
                return True
        return False

    def leave(self) -> None:
        """Closes what nobody has closed, behind the last token."""
        opened = self.stack.pop()
        if opened.kind != MISSING:
            at = self.out[self.last() - 1].end_pos
            self.out.insert(self.last(), made(CLOSERS[opened.kind], SIGNS[CLOSERS[opened.kind]], at, at))

    def add_missing(self, opened: _Open) -> None:
        at = self.out[opened.place - 1].end_pos
        self.missing.append((opened.place, made("LBRACE", SIGNS["LBRACE"], at, at)))

    def last(self) -> int:
        """Behind the last token that is no line break."""
        place = len(self.out)
        while place and self.out[place - 1] == "\n":
            place -= 1
        return place


def _rows(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    """The tokens, line by line, without line breaks and empty lines."""
    row: list[Token] = []
    for token in tokens:
        if token != "\n":
            row.append(token)
        elif row:
            yield row
            row = []
    if row:
        yield row


def _is_statement(row: list[Token]) -> bool:
    return row[0].type in STATEMENT or (len(row) > 1 and row[1].type in ("EQUAL", "AUGOP"))
