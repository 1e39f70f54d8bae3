"""What the user may have meant: near misses, and words of other languages.

Owns the distance between words and the lookup of foreign spellings. Knows no
scope: the caller brings the candidates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .foreign import LIBRARIES, OTHERWISE, RENAMED


@dataclass(slots=True)
class Hint:
    """How something is written here; `replacement` only where putting it in place is all there is to do."""

    replacement: str | None
    text: str


def closest(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidates nearest to a word, or none when all are too far to be a slip of the keys.

    About a third of the letters may be wrong; only capitals in a word of one letter.
    """
    limit = 0 if len(word) == 1 else max(1, len(word) // 3)
    near = {c: distance(word.lower(), c.lower()) for c in candidates if c != word and abs(len(c) - len(word)) <= limit}
    best = min(near.values(), default=limit + 1)
    return sorted(c for c, d in near.items() if d == best <= limit)


def akin(word: str, few: Iterable[str]) -> list[str]:
    """Of a few candidates the closest, else those that are a longer or shorter form: `gradient` for `grad`."""
    few = sorted(set(few))
    forms = [c for c in few if min(len(c), len(word)) > 2 and (word.startswith(c) or c.startswith(word))]
    return closest(word, few) or forms


@lru_cache(maxsize=1 << 15)  # an editor asks about the same words with every edit
def distance(a: str, b: str) -> int:
    """Letters to insert, delete, replace or swap with their neighbour (optimal string alignment)."""
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            d = min(above[j] + 1, row[-1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                d = min(d, before[j - 2] + 1)
            row.append(d)
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
