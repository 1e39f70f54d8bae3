"""Bodies that stand below their head, by indentation or up to an `end`: how they would stand in braces.

Owns the edits for a whole stretch of lines, with all that is nested in it, because
half of them would leave less that can be read than before. Knows tokens and lines,
and what the heads of other languages look like; where a line is none that it
knows, there are no edits. Invariant: edits do not meet, and lie between the head
and the first line that is no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from ..newlines import CLOSERS
from ..tokens import Token, lexed
from .loops import LOOPS
from .rewriting import untyped
from .rows import DEFINE, HEAD, NAME

MOST_LINES = 300
Edit = tuple[int, int, str]
CLOSED = frozenset(CLOSERS.values())
FUNCTION = re.compile(
    rf"{DEFINE}\s+(?:(?P<y>{NAME})\s*=\s*)?(?P<f>{HEAD})\s*(?:->\s*[\w.\[\], ]+?)?\s*(?P<colon>:?)"
    r"\s*(?P<body>return\b.*|)$"
)
CHOICE = re.compile(r"(?P<word>if|while|for|elif|elsif|elseif|else\s+if|else)\b")
CLOSE = re.compile(r"end(?:if|for|while|function)?\s*;?$")
UNKNOWN = re.compile(
    r"(?:def\s+\w+\s*\(\s*self\b|(?:class|try|except|finally|with|match|case|switch|yield|global|nonlocal|async|raise|del)\b)"
)
DOCUMENTATION = re.compile(r"(\"\"\"|''')[ \t]*(?P<text>[^\"'\n]*?)[ \t]*\1$")
WORDS = ("then", "do", "begin")


class Line(NamedTuple):
    """A line with code on it: its indentation, its tokens, and where it ends."""

    indent: int
    start: int
    tokens: list[Token]
    end: int

    def code(self, text: str) -> str:
        return text[self.tokens[0].start_pos : self.tokens[-1].end_pos]


class _Open(NamedTuple):
    """A body that has begun: how far its head is indented, by what, and what a function gives at its end."""

    indent: int
    blanks: str
    word: str
    gives: str
    is_told: bool  # whether a `:` or a word has begun it


def braced(text: str, place: int) -> tuple[list[Edit], bool] | None:
    """The edits that put the body of the head on the line of `place` in braces, and whether they are safe."""
    return _Bodies(text).edited(text.rfind("\n", 0, place) + 1)


def freed(text: str, place: int) -> tuple[list[Edit], bool] | None:
    """The edits that take the head on the line of `place` away, and its body out of its indentation."""
    start = text.rfind("\n", 0, place) + 1
    lines = list(_lines(text, start))
    head, body = lines[0], []
    for line in lines[1:]:
        if line.indent <= head.indent:
            break
        body.append(line)
    if not body or head.tokens[-1] != ":":
        return None
    step = body[0].indent - head.indent
    edits = [(start, head.end + 1, "")]
    at = head.end + 1
    for row in text[at : body[-1].end].split("\n"):
        blanks = len(row) - len(row.lstrip(" \t"))
        if row and blanks:
            edits.append((at, at + min(step, blanks), ""))
        at += len(row) + 1
    return edits, True


def _lines(text: str, start: int) -> list[Line]:
    """The lines from one on that have code on them; those within brackets belong to the line that opens them."""
    found: list[Line] = []
    depth = 0
    for _ in range(MOST_LINES):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        tokens = [token for token in lexed(text, start, end) if token.type != "_NL" or token == ";"]
        if tokens and depth:
            found[-1] = Line(found[-1].indent, found[-1].start, found[-1].tokens + tokens, end)
        elif tokens:
            found.append(Line(tokens[0].start_pos - start, start, tokens, end))
        for token in tokens:
            depth = max(0, depth + (token.type in CLOSERS) - (token.type in CLOSED))
        start = end + 1
        if start > len(text):
            break
    return found


def _joined(edits: list[Edit]) -> Iterator[Edit]:
    """The edits in order of place; those that begin at the same one are one."""
    for start, group in groupby(sorted(edits, key=lambda edit: edit[0]), lambda edit: edit[0]):
        same = list(group)
        yield start, max(end for _, end, _ in same), "".join(text for *_, text in same)


class _Bodies:
    """One pass over the lines below a head."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.edits: list[Edit] = []
        self.opened: list[_Open] = []
        self.single = -1  # how far the last head is indented whose body stands on its own line
        self.last = 0  # where the last line ends that is part of a body
        self.is_safe = True

    def edited(self, start: int) -> tuple[list[Edit], bool] | None:
        lines = _lines(self.text, start)
        if not lines or UNKNOWN.match(lines[0].code(self.text)) or not self.head(lines[0], False):
            return None
        if len(lines) > 1 and lines[1].tokens[0] == "{" and self.opened:
            between = lines[0].tokens[-1].end_pos, lines[1].tokens[0].start_pos
            return None if self.text[slice(*between)].strip() else ([(*between, " ")], True)
        self.last = lines[0].end
        for line in lines[1:]:
            goes_on = self.leave(line)
            if goes_on is None:
                self.last = line.end
                if not self.opened:
                    break
                continue
            if not self.opened and not goes_on:
                break
            if not self.inside(line, goes_on):
                return None
            if not self.opened and self.single < 0:
                break
        if len(lines) == 1 and self.opened:
            return None
        self.close(0)
        return (list(_joined(self.edits)), self.is_safe) if self.edits else None

    def inside(self, line: Line, goes_on: bool) -> bool:
        """Takes a line into the body; whether it is one that can be."""
        code = line.code(self.text)
        start, end = line.tokens[0].start_pos, line.tokens[-1].end_pos
        if documentation := DOCUMENTATION.match(code):
            self.edits.append((start, end, f"# {documentation['text']}"))
        elif UNKNOWN.match(code) or '"""' in code or "'''" in code:
            return False
        elif code in ("pass", "pass;"):
            self.edits.append((line.start - 1, line.end, ""))
            return True
        elif not self.head(line, goes_on):
            self.single = -1
        self.last = line.end
        return True

    def leave(self, line: Line) -> bool | None:
        """Ends the bodies that a line is no part of; whether it goes on with one, None where it is but an `end`."""
        code = line.code(self.text)
        other = CHOICE.match(code)
        is_other = other is not None and other["word"].startswith("el")
        while self.opened and line.indent <= self.opened[-1].indent:
            top = self.opened[-1]
            if line.indent == top.indent:
                if CLOSE.match(code):
                    self.opened.pop()
                    self.edits.append((line.tokens[0].start_pos, line.tokens[-1].end_pos, self.closing(top)))
                    return None
                if is_other and top.word != "function":
                    return True
            self.is_safe &= top.is_told
            self.close(len(self.opened) - 1)
        return is_other and line.indent == self.single

    def close(self, depth: int) -> None:
        """Closes bodies that nothing closes, behind the last line."""
        added = ""
        while len(self.opened) > depth:
            top = self.opened.pop()
            self.is_safe &= top.is_told
            added += "\n" + top.blanks + self.closing(top)
        if added:
            self.edits.append((self.last, self.last, added))

    def closing(self, opened: _Open) -> str:
        return f"  {opened.gives}\n{opened.blanks}}}" if opened.gives else "}"

    # ── heads ──

    def head(self, line: Line, goes_on: bool) -> bool:
        """Rewrites a head; whether the line is one."""
        code = line.code(self.text)
        if function := FUNCTION.match(code):
            self.function(line, function)
            return True
        choice = CHOICE.match(code)
        if choice is None:
            return False
        word = re.sub(r"el(?:se\s+|s(?:e)?)?if", "else if", choice["word"])
        if word.startswith("else"):
            closes = goes_on and bool(self.opened) and self.opened[-1].indent == line.indent
            if not closes and not (goes_on or self.single == line.indent) and self.edits:
                return False
            if closes:
                self.opened.pop()
                word = "} " + word
            if word != choice["word"]:
                start = line.tokens[0].start_pos
                self.edits.append((start, start + len(choice["word"]), word))
        self.single = line.indent
        if all(token.type != "LBRACE" for token in line.tokens):
            self.body(line, choice["word"])
        return True

    def body(self, line: Line, word: str) -> None:
        """Where the body of a head begins: behind a colon or a word, or below."""
        last = line.tokens[-2] if line.tokens[-1] == ";" else line.tokens[-1]
        end = line.tokens[-1].end_pos
        if word == "for" and (loop := self.loop(line)):
            self.edits.append(loop)
            colon = last if last == ":" else None
        else:
            colon = self.colon(line)
        if colon is not None and colon is not last:
            body = self.text[colon.end_pos : end].strip()
            body = "" if body == "pass" else f" {body}"
            self.edits.append((self.behind_code(colon), end, f" {{{body} }}"))
            return
        self.single = -1
        is_told = last == ":" or last in WORDS
        start = self.behind_code(last) if is_told else last.end_pos
        self.edits.append((start, end, " {"))
        self.opened.append(_Open(line.indent, self.blanks(line), word, "", is_told))

    def blanks(self, line: Line) -> str:
        return self.text[line.start : line.tokens[0].start_pos]

    def behind_code(self, token: Token) -> int:
        """Where the text in front of a token ends."""
        return len(self.text[: token.start_pos].rstrip(" \t"))

    def colon(self, line: Line) -> Token | None:
        """The first that stands in no bracket."""
        depth = 0
        for token in line.tokens:
            depth += (token.type in CLOSERS) - (token.type in CLOSED)
            if token == ":" and depth == 0:
                return token
        return None

    def loop(self, line: Line) -> Edit | None:
        """How a loop is written that counts."""
        code, start = line.code(self.text), line.tokens[0].start_pos
        for row in LOOPS:
            match = None if row.marked or not callable(row.fix) else re.match(row.pattern, code)
            if match and callable(row.fix) and (text := row.fix(match)):
                return start + match.start("edit"), start + match.end("edit"), text
        return None

    def function(self, line: Line, head: re.Match[str]) -> None:
        start, end = line.tokens[0].start_pos, line.tokens[-1].end_pos
        name = untyped(head["f"])
        self.single = -1
        if body := head["body"].rstrip("; "):
            value = re.sub(r"^return\s*|\s*;?\s*end$", "", body)
            self.edits.append((start, end, f"{name} = {value}"))
            return
        self.edits.append((start, end, f"{name} = {{"))
        self.opened.append(_Open(line.indent, self.blanks(line), "function", head["y"] or "", bool(head["colon"])))
