"""What the user may have meant: near misses, and words of other languages.

Owns the distance between words and the lookup of foreign spellings. Knows no
scope: the caller brings the candidates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from os.path import commonprefix

from .foreign import LIBRARIES, OTHERWISE, RENAMED


@dataclass(slots=True)
class Hint:
    """How something is written here; `replacement` only where putting it in place is all there is to do."""

    replacement: str | None
    text: str


def closest(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidates nearest to a word, or none when all are too far to be a slip of the keys.

    About a third of the letters may be wrong, and no more than four; only capitals in a word of one letter.
    """
    best = 0 if len(word) == 1 else min(max(1, len(word) // 3), 4)
    low, own = word.lower(), letters(word)
    near: dict[str, int] = {}
    for c in candidates:
        if abs(len(c) - len(word)) <= best and (letters(c) ^ own).bit_count() <= 2 * best and c != word:
            d = distance(low, c.lower(), best)
            if d <= best:
                best = near[c] = d
    return sorted(c for c, d in near.items() if d == best)


def akin(word: str, few: Iterable[str]) -> list[str]:
    """Of a few candidates the closest, else those that are a longer or shorter form: `gradient` for `grad`."""
    few = sorted(set(few))
    forms = [c for c in few if min(len(c), len(word)) > 2 and (word.startswith(c) or c.startswith(word))]
    return closest(word, few) or forms


@lru_cache(maxsize=1 << 14)
def letters(word: str) -> int:
    """Which letters a word has, as bits: replacing one changes two of them at most."""
    bits = 0
    for letter in word.lower():
        bits |= 1 << (ord(letter) & 63)
    return bits


@lru_cache(maxsize=1 << 15)  # an editor asks about the same words with every edit
def distance(a: str, b: str, limit: int = 1_000) -> int:
    """Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).

    Counted up to a limit: where there are more, just a number above it.
    """
    start = len(commonprefix((a, b)))
    a, b = a[start:], b[start:]
    end = len(commonprefix((a[::-1], b[::-1])))
    a, b = a[: len(a) - end], b[: len(b) - end]
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i] + [limit + 1] * len(b)
        for j in range(max(1, i - limit), min(len(b), i + limit) + 1):
            y = b[j - 1]
            d = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                d = min(d, before[j - 2] + 1)
            row[j] = d
        if min(row) > limit and min(above) > limit:
            return limit + 1
        before, above = above, row
    return above[-1]


def foreign(name: str) -> Hint | None:
    """How a word of Python, NumPy, PyTorch, JAX or another language is written in gradlang."""
    if name in RENAMED:
        return Hint(RENAMED[name], f"`{name}` is written `{RENAMED[name]}` here")
    if name in LIBRARIES:
        return Hint(None, f"builtins belong to no library: write `exp(x)`, not `{name}.exp(x)`")
    text = OTHERWISE.get(name)
    return Hint(None, text) if text else None
