"""From a token that could not stand where it stood to a diagnostic.

Owns the wording of syntax errors. Knows tokens and what the parser would have
accepted in their place, and no nodes. Invariant: every failure of the parser
gives exactly one diagnostic, whose place lies in the text that was parsed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from ..diagnostics import Diagnostic, Fix, Label
from ..source import Source, Span
from .builder import too_deep
from .foreign import LOOKALIKES, MARK, PARTNERS, QUOTES, ROWS, Row
from .foreign.rewriting import untyped
from .newlines import CLOSERS, TOO_DEEP, UNFINISHED, open_brackets

if TYPE_CHECKING:
    from .driver import Unexpected
    from .tokens import Token

NO_PART = "this line does not belong into it"
WINDOW = 300  # characters on either side of an error in which a row may match: patterns look back, lines can be endless
CLOSING = frozenset(CLOSERS.values())
SIGNS = {
    "LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]", "LBRACE": "{", "RBRACE": "}", "COMMA": ",", "COLON": ":",
    "EQUAL": "=", "IN": "in", "FOR": "for", "ELSE": "else", "AS": "as",
}  # fmt: skip
QUOTATION = frozenset("\"'")
KEYWORD = re.compile(r"param|for|in|while|if|else|return|break|continue|import|as|and|or|not|true|false|none")


class Failure(NamedTuple):
    """What is known about one unexpected token."""

    source: Source
    token: Any
    before: list[Token]  # the tokens of the statement up to it
    never_closed: list[Token]  # brackets that the statement leaves open to its end
    accepts: set[str]  # the terminals that could have stood here
    span: Span
    place: int  # where the mark stands
    hole: Span | None  # the part of an f-string that is being parsed
    end: int  # of what is read together; nothing behind it may be looked at

    @property
    def at_end(self) -> bool:
        return bool(self.token.type == "$END")

    def line(self, token: Token) -> int:
        return self.source.line_column(token.start_pos)[0]

    @property
    def opened(self) -> list[Token]:
        return open_brackets(self.before)


def diagnose(source: Source, error: Unexpected, tokens: list[Token], end: int, hole: Span | None = None) -> Diagnostic:
    """Say what is wrong with these tokens, given where the parser stopped."""
    failure = _failure(source, error, tokens, end, hole)
    for rule in (_too_deep, _unclosed_bracket, _foreign, _unclosed_string, _closer, _early_end, _keyword, _character):
        if diagnostic := rule(failure):
            return diagnostic
    return _unexpected(failure)


def _failure(source: Source, error: Unexpected, tokens: list[Token], end: int, hole: Span | None) -> Failure:
    token: Any = error.token
    at_end = token.type == "$END"
    before = [t for t in tokens if t.type != TOO_DEEP and (at_end or t.start_pos < token.start_pos)]
    ends_early = (at_end or token == "\n") and bool(before)
    shown: Any = before[-1] if ends_early else token
    return Failure(
        source,
        token,
        before,
        open_brackets(tokens),
        error.accepts(),
        Span(source, shown.start_pos, shown.end_pos),
        shown.end_pos if ends_early else shown.start_pos,
        hole,
        end,
    )


def _bracket(failure: Failure, token: Any) -> Span:
    return Span(failure.source, token.start_pos, token.end_pos)


# ── rules, in order: each gives a diagnostic or passes ───────────────────────


def _too_deep(failure: Failure) -> Diagnostic | None:
    return too_deep(failure.span) if failure.token.type == TOO_DEEP else None


def _unclosed_bracket(failure: Failure) -> Diagnostic | None:
    """A bracket is to blame where the text ends in it, or where a new line does not fit into it."""
    opened, token = failure.opened, failure.token
    if not opened:
        return None
    innermost = opened[-1]
    new_line = (
        innermost.type != "LBRACE"
        and any(innermost.start_pos == other.start_pos for other in failure.never_closed)
        and failure.line(token) > failure.line(failure.before[-1])
        and token.type not in CLOSING
    )
    if not (failure.at_end or new_line):
        return None
    found = unclosed(failure.source, innermost)
    if not failure.at_end:
        found.labels.append(Label(failure.span, NO_PART))
    return found


def unclosed(source: Source, opener: Token) -> Diagnostic:
    return Diagnostic(
        "E0102",
        f"`{opener}` is never closed",
        Span(source, opener.start_pos, opener.end_pos),
        label="opened here",
        help=[f"add `{_closing(opener)}` where it should end"],
    )


def _foreign(failure: Failure) -> Diagnostic | None:
    text = failure.source.text
    lower, upper = (failure.hole.start, failure.hole.end) if failure.hole else (0, len(text))
    lower, upper = max(lower, failure.place - WINDOW), min(upper, failure.place + WINDOW)
    start = text.rfind("\n", lower, failure.place) + 1 or lower
    end = text.find("\n", failure.place, upper)
    bare = text[start : end if end >= 0 else upper].rstrip("\r")
    place = failure.place - start
    marked = bare[:place] + MARK + bare[place:]
    for row in QUOTES if failure.token.type == "UNCLOSED_STRING" else ROWS:
        if row.needs not in bare or not _can_hold(failure, row):
            continue
        match = re.search(row.pattern, marked if row.marked else bare)
        if match and (row.marked or match.start() <= place <= match.end()):
            return _hint(failure, row, match, start)
    return None


def _can_hold(failure: Failure, row: Row) -> bool:
    """Whether a row may hold for such a token: what a character means that looks like another, `_character` says."""
    is_unknown = failure.token.type == "UNEXPECTED"
    if is_unknown and failure.token in LOOKALIKES:
        return row.code == "E0108"
    return not row.expects or (not is_unknown and row.expects in failure.accepts and "NUMBER" not in failure.accepts)


def _hint(failure: Failure, row: Row, match: re.Match[str], start: int) -> Diagnostic:
    groups = match.re.groupindex

    def expand(template: str) -> str:
        head = untyped(match["f"]).replace("\\", r"\\") if "f" in groups else ""
        return match.expand(template.replace(r"\g<f>", head)).replace(MARK, "")

    def span(group: str) -> Span:
        """Offsets behind the mark lie one too far to the right."""
        first, last = (start + at - (row.marked and start + at > failure.place) for at in match.span(group))
        return Span(failure.source, first, last)

    at = span("at") if "at" in groups else failure.span
    help = expand(row.help)
    fixes = [fix] if (fix := _below(failure, row, help)) else []
    text = row.fix(match) if callable(row.fix) else row.fix if row.fix is None else expand(row.fix)
    if text is not None and not fixes:
        edit = span("edit") if "edit" in groups else at
        fixes = [Fix(help, [(edit if text else _whole_line(edit), text.replace(MARK, ""))], row.is_safe)]
    return Diagnostic(row.code, expand(row.message), at, labels=_continued(failure), help=[help], fixes=fixes)


def _whole_line(span: Span) -> Span:
    """With the line break, where nothing else stands on the line: it goes with what is taken away."""
    text = span.source.text
    start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end)
    alone = end >= 0 and not (text[start : span.start] + text[span.end : end]).strip()
    return Span(span.source, start, end + 1) if alone else span


def _below(failure: Failure, row: Row, title: str) -> Fix | None:
    """What becomes of the lines below a head, where that can be told."""
    if not row.block or failure.hole:
        return None
    from .foreign.bodies import braced, freed

    found = (braced if row.block == "braced" else freed)(failure.source.text[: failure.end], failure.place)
    if found is None:
        return None
    edits, is_safe = found
    return Fix(title, [(Span(failure.source, first, last), text) for first, last, text in edits], is_safe)


def _unclosed_string(failure: Failure) -> Diagnostic | None:
    if failure.token.type != "UNCLOSED_STRING":
        return None
    text = failure.token.rstrip("\r")
    quote = text[1] if text[0] == "f" else text[0]
    span = Span(failure.source, failure.span.start, failure.span.start + len(text))
    help = f"end it with `{quote}` on the same line; `\\n` stands for a line break"
    return Diagnostic("E0104", "this string has no end", span, help=[help])


def _closer(failure: Failure) -> Diagnostic | None:
    token, opened = failure.token, failure.opened
    if token.type not in CLOSING:
        return None
    if not opened:
        return closes_nothing(failure.source, token)
    innermost = opened[-1]
    if CLOSERS[innermost.type] == token.type:
        return None
    return Diagnostic(
        "E0106",
        f"`{token}` does not match `{innermost}`",
        failure.span,
        labels=[Label(_bracket(failure, innermost), f"this `{innermost}` is still open")],
        help=[f"close it with `{_closing(innermost)}` first"],
    )


def closes_nothing(source: Source, closer: Token) -> Diagnostic:
    span = Span(source, closer.start_pos, closer.end_pos)
    return Diagnostic("E0106", f"`{closer}` closes nothing", span, help=[f"leave out the `{closer}`"])


def _early_end(failure: Failure) -> Diagnostic | None:
    """The text stops in the middle of something."""
    if not failure.at_end or not failure.before:
        return None
    last = failure.before[-1]
    if failure.hole:
        return Diagnostic("E0109", f"the hole ends after `{last}`; {_expected(failure)} should follow", failure.span)
    if last.type not in UNFINISHED:
        return None
    message = f"unfinished: {_expected(failure)} should follow `{last}`"
    return Diagnostic("E0102", message, failure.span)


def _keyword(failure: Failure) -> Diagnostic | None:
    word = str(failure.token)
    if "NAME" not in failure.accepts or not KEYWORD.fullmatch(word):
        return None
    if "NUMBER" in failure.accepts:
        message = f"expected {_expected(failure)}, but `{word}` is a keyword"
    else:
        message = f"`{word}` is a keyword and cannot be a name"
    return Diagnostic("E0101", message, failure.span, labels=_continued(failure))


def _character(failure: Failure) -> Diagnostic | None:
    if failure.token.type != "UNEXPECTED":
        return None
    character = str(failure.token)
    code = f"U+{ord(character):04X}"
    seen = f"`{character}`" if character.isprintable() and not character.isspace() else code
    if character.isascii():
        return Diagnostic("E0108", f"unexpected character {seen}", failure.span)
    message = f"unexpected character {seen} ({unicodedata.name(character, code).lower()})"
    if character not in LOOKALIKES:
        return Diagnostic("E0108", message, failure.span)
    meant = LOOKALIKES[character]
    help = f"write `{meant.strip()}`" if meant.strip() else "write an ordinary space" if meant else "leave it out"
    return Diagnostic("E0108", message, failure.span, help=[help], fixes=[_in_place(failure, character, meant, help)])


def _in_place(failure: Failure, character: str, meant: str, title: str) -> Fix:
    """What was meant instead of a character that looks like it; of quotation marks the closing one, too."""
    edits = [(failure.span, meant)]
    source, start = failure.source, failure.span.end
    if meant in QUOTATION:
        rest = source.text[start:].partition("\n")[0]
        partner = re.search(f"[{PARTNERS[character]}]", rest) if character in PARTNERS else None
        if partner:
            edits.append((Span(source, start + partner.start(), start + partner.end()), meant))
    elif meant.strip().isalpha():
        before, behind = source.text[failure.span.start - 1 : failure.span.start], source.text[start : start + 1]
        edits = [(failure.span, meant.lstrip() if before == " " else meant)]
        if behind == " ":
            edits = [(failure.span, edits[0][1].rstrip())]
    return Fix(title, edits, is_safe=meant not in QUOTATION or len(edits) == 2)


def _unexpected(failure: Failure) -> Diagnostic:
    message = f"expected {_expected(failure)}, found {_seen(failure)}"
    return Diagnostic("E0101", message, failure.span, labels=_continued(failure))


# ── wording ──────────────────────────────────────────────────────────────────


def _closing(bracket: Any) -> str:
    return SIGNS[CLOSERS[bracket.type]]


def _seen(failure: Failure) -> str:
    token = failure.token
    if token.type == "$END":
        return "the end of the input"
    if token == "\n":
        return "the end of the line"
    if token.type in ("STRING", "UNCLOSED_STRING"):
        return "a string"
    return f"`{token if len(token) <= 20 else token[:19] + '…'}`"


def _expected(failure: Failure) -> str:
    """What could have stood here, in a few words and the likeliest first."""
    accepts = failure.accepts
    if "NUMBER" in accepts:
        words = ["a value"] + [f"`{SIGNS[kind]}`" for kind in ("RPAR", "RSQB", "COLON") if kind in accepts]
        return _either(words)
    if "NAME" in accepts:
        return "a name"
    signs: tuple[str, ...] = ("LBRACE", "EQUAL", "AS", "COMMA", "RPAR", "RSQB", "RBRACE", "IN", "COLON")
    if "MULOP" in accepts:  # a value has just ended: `=` and `{` and `,` could go on, but rarely are what is missing
        inner = bool(failure.opened) and failure.opened[-1].type != "LBRACE"
        signs = ("COMMA", "RPAR", "RSQB", "LBRACE", "IN") if inner else ("LBRACE", "IN")
    words = [f"`{SIGNS[kind]}`" for kind in signs if kind in accepts]
    if "MULOP" in accepts:
        words.insert(0, "an operator")
    if "_NL" in accepts:
        words.append("the end of the statement")
    return _either(words)


def _either(words: list[str]) -> str:
    words = words[:4]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1] if words else "nothing more"


def _continued(failure: Failure) -> list[Label]:
    """Point at the end of the line above where that is why this line belongs to it."""
    line = failure.line(failure.token)
    above = [token for token in failure.before if failure.line(token) < line]
    if not above or failure.at_end or above[-1].type not in UNFINISHED or above[-1].type == "LBRACE":
        return []
    return [Label(_bracket(failure, above[-1]), "nothing has followed this, so the line goes on below")]
