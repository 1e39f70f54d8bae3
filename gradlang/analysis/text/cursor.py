"""What stands around the cursor: the word being typed, the brackets that are open there, the arguments of a call.

Knows lexemes and brackets only; what names mean is asked elsewhere.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Literal, NamedTuple

from .lexemes import OPENERS
from .outline import BLOCKS, OPERAND_ENDS, Outline


class Cursor(NamedTuple):
    """Where the cursor is.

    place   in code, in a plain string, or in what nobody completes: a comment, a number, the text of an f-string
    start   where the word begins that is being typed, or the inside of the string; `word` goes from there to the cursor
    before  index of the last lexeme in front of that, or -1
    opened  the brackets that are open there, the innermost last
    """

    place: Literal["code", "string", "quiet"]
    start: int
    word: str
    before: int
    opened: list[int]


class Arguments(NamedTuple):
    """The arguments of a call, seen from the cursor.

    position  the place of the cursor's argument, from 0
    current   the name of the cursor's argument, if it is given by name
    given     the names of the others that are
    unnamed   how many in front of the cursor are not
    """

    position: int
    current: str | None
    given: frozenset[str]
    unnamed: int


def cursor(seen: Outline, offset: int) -> Cursor:
    """What stands around an offset; one outside of the text means its start or end."""
    offset = max(0, min(offset, len(seen.text)))
    pieces = seen.lexemes
    i = bisect_left(pieces, offset, key=lambda lexeme: lexeme.start) - 1  # the last that starts before the cursor
    if i < 0:
        return _at(seen, "quiet" if "#" in seen.text[:offset].rpartition("\n")[2] else "code", offset, offset, i)
    kind, text, start, end = pieces[i]
    quote = i if kind == "QUOTE" else i - 1 if kind == "UNCLOSED_STRING" and i else -1
    if offset <= end and quote >= 0 and pieces[quote].kind == "QUOTE":
        plain = pieces[quote].text[0] != "f"
        return _at(seen, "string" if plain else "quiet", pieces[quote].end, offset, quote - 1)
    if kind == "STRING" and offset < end:
        behind_hole = i > 0 and pieces[i - 1].kind == "RHOLE" and pieces[i - 1].end == start
        plain = text[0] in "\"'" and not behind_hole
        return _at(seen, "string" if plain else "quiet", start + 1, offset, i - 1)
    if offset > end or not (kind == "NUMBER" or kind == "UNCLOSED_STRING" or text.isidentifier()):
        comment = "#" in seen.text[end:offset].rpartition("\n")[2]
        return _at(seen, "quiet" if comment else "code", offset, offset, i)
    return _at(seen, "code" if kind == "NAME" or pieces[i].is_keyword else "quiet", start, offset, i - 1)


def _at(seen: Outline, place: Literal["code", "string", "quiet"], start: int, offset: int, before: int) -> Cursor:
    still_open = [
        i
        for i in range(before + 1)
        if seen.lexemes[i].kind in OPENERS and seen.partner.get(i, len(seen.lexemes)) > before
    ]
    return Cursor(place, start, seen.text[start:offset], before, still_open)


def follows_operand(seen: Outline, at: Cursor) -> bool:
    """Whether an expression ends right in front of the word, on the same line."""
    if at.before < 0 or seen.lexemes[at.before].kind not in OPERAND_ENDS:
        return False
    inner = seen.lexemes[at.opened[-1]].kind if at.opened else ""
    return inner not in BLOCKS or "\n" not in seen.text[seen.lexemes[at.before].end : at.start]


def is_call(seen: Outline, opener: int) -> bool:
    """Whether a bracket holds the arguments of a call."""
    pieces = seen.lexemes
    return pieces[opener].kind == "LPAR" and opener > 0 and pieces[opener - 1].kind in ("NAME", "RPAR", "RSQB")


def arguments(seen: Outline, opener: int, at: Cursor) -> Arguments:
    """What is given to the call that opens here."""
    found = list(parts(seen, opener))
    position = sum([end <= at.before for _, end in found[:-1]])  # the commas in front of the cursor
    names = [argument_name(seen, start, end) for start, end in found]
    others = [name for i, name in enumerate(names) if i != position and name is not None]
    return Arguments(position, names[position], frozenset(others), names[:position].count(None))


def parts(seen: Outline, opener: int) -> Iterator[tuple[int, int]]:
    """The stretches of lexemes between the commas of a bracket; where nobody closes it, to the end of the text."""
    count = len(seen.lexemes)
    close = seen.partner.get(opener, count)
    start = i = opener + 1
    while i < close:
        kind = seen.lexemes[i].kind
        if kind == "COMMA":
            yield start, i
            start = i + 1
        i = (seen.partner.get(i, count) if kind in OPENERS else i) + 1
    yield start, close


def argument_name(seen: Outline, start: int, end: int) -> str | None:
    named = start + 1 < end and seen.lexemes[start].kind == "NAME" and seen.lexemes[start + 1].kind == "EQUAL"
    return seen.lexemes[start].text if named else None
