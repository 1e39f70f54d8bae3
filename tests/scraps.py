"""Texts in the middle of typing: a piece of a program, or none, with scraps put in and letters taken out."""

from __future__ import annotations

import random
from collections.abc import Sequence

SCRAPS = [
    "(", ")", "[", "]", "{", "}", '"', "'", 'f"', 'f"{', "#", "\n", ";", ".", ",", "=", "->", ":", "\\", "\0", "²",
    " for ", " import ", " as ", " param ", " if ", " in ", "x", "f(x) = ", " n=", "import utils\n", "1", "é", "\u2028",
    "\r\n", "\ufeff", "𝔵",
]  # fmt: skip


def damaged(rng: random.Random, programs: Sequence[str], longest: int = 400) -> str:
    text = rng.choice(programs)
    start = rng.randrange(len(text))
    text = text[start : start + longest] if rng.random() < 0.7 else "".join(rng.choices(SCRAPS, k=longest // 10))
    for _ in range(rng.randint(0, 5)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(SCRAPS) + text[at + rng.choice([0, 0, 1, 5]) :]
    return text
