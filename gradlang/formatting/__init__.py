"""Programs in one style.

`formatted` rewrites a source. Owns the style and nothing else: it works on the
tokens and what stands between them, not by printing the tree anew, so that
comments and the user's line breaks have a place of their own and nothing can be
lost. `pieces` reads, `spacing` is the table of blanks, `breaks` settles where
lines end, `rows` lays them out, `alignment` keeps columns.

Invariants: the formatted text has the same tokens and comments in the same
order, hence the same tree, which is checked on every text; formatting it again
changes nothing.
"""

from __future__ import annotations

from ..source import Source
from ..syntax.parser import parse
from .alignment import align
from .breaks import settle
from .pieces import Piece, read
from .rows import text_of


def formatted(source: Source) -> str:
    """The text of a source in the one style. Raises GradlangError with all its syntax errors."""
    module = parse(source)
    pieces = read(source.text, module)
    text = text_of(align(pieces, settle(pieces), source.text))
    if text != source.text:
        again = Source(text, source.name)
        if essence(read(text, parse(again))) != essence(pieces):
            raise AssertionError("formatting changed the program")
    return text


def essence(pieces: list[Piece]) -> list[tuple[str, bool, list[str]]]:
    """What formatting must not change: the tokens, where statements begin, and the comments."""
    return [(p.text, p.separated, [comment.text for comment in p.comments]) for p in pieces]
