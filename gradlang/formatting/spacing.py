"""Where blanks stand between the tokens of a line, and where a line may end.

Owns the table; the first row that fits a pair of neighbours decides.
"""

from __future__ import annotations

from ..syntax.tokens import END
from .pieces import APPLIED, CLOSING, GIVEN, OPENERS, SIGN, Piece

Kinds = frozenset[str] | None  # None is any

TIGHT = frozenset({"DOT", "POW", "COLON", GIVEN})
# The kind before, the kind behind, whether there is a blank between.
TABLE: tuple[tuple[Kinds, Kinds, bool], ...] = (
    (frozenset({"LBRACE"}), None, True),  # { x }
    (OPENERS, None, False),  # (x)  [x]
    (None, frozenset({"RBRACE"}), True),
    (None, CLOSING, False),
    (None, frozenset({"COMMA"}), False),  # x, y
    (frozenset({"COMMA"}), None, True),
    (None, frozenset(APPLIED.values()), False),  # f(x)  x[i]
    (TIGHT, None, False),  # x.f  x**2  x[1:2]  f(n=2)
    (None, TIGHT, False),
    (frozenset({SIGN}), None, False),  # -x
    (None, None, True),  # x + y  x = y  x -> y  not x  for x in y { }
)


def spaced(before: Piece, behind: Piece) -> bool:
    """Whether a blank stands between two neighbours on one line."""
    if before.kind == SIGN and behind.text == before.text:
        return True  # `- -x`: `--` looks like another operator
    if before.kind == "NUMBER" and behind.kind == "DOT":
        return behind.after > 0  # `1. .relu()` and `1 .e5` need it
    return _by_table(before.kind, behind.kind)


_known: dict[tuple[str, str], bool] = {}


def _by_table(before: str, behind: str) -> bool:
    found = _known.get((before, behind))
    if found is None:
        found = next(blank for a, b, blank in TABLE if (a is None or before in a) and (b is None or behind in b))
        _known[before, behind] = found
    return found


def may_break(before: Piece, behind: Piece) -> bool:
    """Whether a line break that the user has put between two tokens stays.

    Not where even a blank would not stay, and `{` goes up to what it belongs to, as does `if` to its `else`.
    """
    if behind.separated or behind.kind == END:
        return True
    if before.kind in OPENERS:
        return behind.kind not in CLOSING
    if behind.kind in CLOSING:
        return True
    if before.kind == "ELSE" or (behind.kind == "LBRACE" and before.kind != "COMMA"):
        return False
    return behind.kind == "DOT" or spaced(before, behind)
