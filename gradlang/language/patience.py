"""Whether a loop has cost enough to be looked at: what `--backend auto` asks while the interpreter runs it.

Owns the clock of plain passes. They are run some at once, about `CHUNK`
seconds, and only between those is anything asked, so that a loop that stays
with the interpreter costs what it always did.

Invariant: nothing of `native` is imported before a loop is worth it.

Why estimates: what is left of a `range` is known. For others it is taken that
what has lasted lasts as long again, which is never wrong by more than half of
the best choice.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..native.loops import Loop

CHUNK = 0.002  # seconds
LONG_ENOUGH = 0.01  # seconds to have seen of it; the first passes are slower than those to come
ENTERING, OFTEN = 0.0005, 16  # seconds of a time through an inner loop; times
FOLLOWING = 0.15  # seconds of interpreted passes that following one and checking it must be worth
ARRAYS = 0.12  # the same for loading NumPy, where the program has not


class Heat:
    """What plain passes of one loop have cost."""

    __slots__ = ("chunks", "entries", "is_inner", "is_settled", "loop", "pace", "passes", "seconds")

    def __init__(self) -> None:
        self.loop: Loop | None = None  # what is known of it, once it was worth a look
        self.is_inner = False  # whether it was left to the loop around it
        self.is_settled = False  # whether it is run plainly from now on
        self.passes = 0
        self.chunks = self.entries = 0
        self.seconds = 0.0
        self.pace = 0.0  # seconds a pass, of those last seen

    @property
    def is_refused(self) -> bool:
        return self.loop is not None and bool(self.loop.refused)

    @property
    def has_tapes(self) -> bool:
        return self.loop is not None and bool(self.loop.tapes)

    @property
    def is_brief(self) -> bool:
        """Whether one time through it is shorter than what it costs to begin by tape."""
        return self.seconds < ENTERING * self.entries

    @property
    def is_short(self) -> bool:
        """Whether it was brief so often that it need not be watched any more."""
        return self.entries > OFTEN and self.is_brief and not self.has_tapes

    def spent(self, passes: int, seconds: float) -> None:
        """Some passes were run. The first of all may have loaded what the others need, so its time counts for none."""
        self.passes += passes
        self.chunks += 1
        if self.chunks > 1:
            self.seconds += seconds
            pace = seconds / max(1, passes)
            self.pace = (self.pace + pace) / 2 if self.pace else pace

    def few(self) -> int:
        """How many passes to run before the clock is looked at again."""
        return 1 if not self.pace else max(1, min(2 * self.passes, int(CHUNK / self.pace)))

    def left(self, passes: int | None) -> float:
        """Seconds that the interpreter would still need: for so many passes, and as much as it took before."""
        known = 0.0 if passes is None else passes * self.pace
        return known + self.seconds

    def is_hot(self, passes: int | None) -> bool:
        """Whether what is left clearly outweighs following a pass, checking it, and going by tape."""
        worth = FOLLOWING if "numpy" in sys.modules else FOLLOWING + ARRAYS
        return self.seconds > LONG_ENOUGH and self.left(passes) > worth
