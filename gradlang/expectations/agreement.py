"""Whether two texts say the same.

Numbers are compared as numbers, all else piece by piece; blanks outside of
quotes count for nothing. Invariant: what `print` writes of a number agrees with
the number, and so does what `repr` writes.

Why no fewer digits are taken than are printed: `0.7` for 0.6931 is more often a
mistake than a short form. Who means it writes `0.69...`: off by one at most in the last
digit that is written. A `...` of its own stands for any text, none included. Both
may be written with the one character `…`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

TOLERANCE = 5.1e-5  # four digits behind the point
SMALL = 1e-4  # numbers below are printed with a power of ten, and four digits behind that point
ANYTHING = "..."

PIECES = re.compile(
    r'(?P<text>"(?:\\.|[^"\\])*")'
    r"|(?P<number>(?<![\w.])[-+]?(?:\d+(?:\.(?!\.)(?P<digits>\d*))?|\.(?P<bare>\d+))(?:[eE](?P<power>[-+]?\d+))?)"
    r"(?P<rough>…|\.\.\.)?"
    r"|(?P<anything>…|\.\.\.)|(?P<blank>\s+)|(?P<other>\w+|.)",
    re.DOTALL,
)


class Number(NamedTuple):
    value: float
    tolerance: float  # how far off a number may be that is said to be this one


Piece = Number | str


def same(seen: str, wanted: str) -> bool:
    """Whether a text is what was wanted."""
    ours = [piece for _, piece in pieces(seen)]
    reached = [0]  # how many of our pieces the pieces that are wanted so far may be
    for _, piece in pieces(wanted):
        if piece == ANYTHING:
            reached = list(range(reached[0], len(ours) + 1)) if reached else []
        else:
            reached = [i + 1 for i in reached if i < len(ours) and same_piece(ours[i], piece)]
    return len(ours) in reached


def same_piece(seen: Piece, wanted: Piece) -> bool:
    if isinstance(seen, Number) and isinstance(wanted, Number):
        return seen.value == wanted.value or abs(seen.value - wanted.value) <= wanted.tolerance
    return seen == wanted


def first_difference(seen: str, wanted: str) -> tuple[int, int]:
    """Where in two texts the first pieces begin that are not the same."""
    for (ours, one), (theirs, other) in zip(pieces(seen), pieces(wanted), strict=False):
        if not same_piece(one, other):
            return ours, theirs
    return min(len(seen), len(wanted)), min(len(seen), len(wanted))


def pieces(text: str) -> list[tuple[int, Piece]]:
    """The pieces of a text and where they begin."""
    return [
        (match.start(), _number(match) if match["number"] else ANYTHING if match["anything"] else match[0])
        for match in PIECES.finditer(text)
        if not match["blank"]
    ]


def _number(match: re.Match[str]) -> Number:
    value = float(match["number"])
    if match["rough"]:
        last = int(match["power"] or 0) - len(match["digits"] or match["bare"] or "")
        return Number(value, 1.0001 * 10.0**last)
    size = abs(value)
    return Number(value, TOLERANCE * (size if 0 < size < SMALL else max(1.0, size)))
