"""What an interpreted pass of a loop is expected to cost, and whether that is worth looking at the loop.

Owns what `--backend auto` decides by: estimates made by counting, never a
clock. Two runs of a program so go the same way, pass by pass, and come to the
same numbers to the last digit, on a busy machine, too.

Invariant: nothing of `native` is imported before a loop is worth it.

Why estimates may be rough: what is gained is a hundredfold or nothing, and a
wrong guess costs no more than once what it was about. What is left of a `range`
is known; of others it is taken that what has lasted lasts as long again, which
is never wrong by more than half of the best choice.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from ..engine.value import STATE, Value

if TYPE_CHECKING:
    from ..native.loops import Loop

# Seconds, fitted to fourteen programs from a single sum to a network of 600,000 parameters: within 0.65 and 1.3 of all.
PASS = 0.1e-6
OPERATION, WITH_GRADIENT, ARRAY = 0.75e-6, 4.3e-6, 5.7e-6  # each, and as much more
ELEMENT, FLOP = 0.3e-9, 2e-11
BACKWARD = 3  # times the work of an operation that gradients flow through, forward and backward

WORTH = 0.2  # seconds of interpreted passes to be saved, for a loop to be recorded
ENTERING, RECORDING = 0.001, 0.02  # seconds of passes that must be left in this time through the loop
BRIEF, OFTEN = 0.0005, 16  # seconds of a time through an inner loop; times
FEWEST = 4  # passes that must be left, for one of them to be weighed
UNROLLED = 4000  # operations of a pass; one that is longer, for the loops in it, is left to these
MOST = 150_000  # operations of a pass; with its gradients a longer one makes too long a tape


class Heat:
    """What is known of one loop by what interpreted passes of it were."""

    __slots__ = (
        "entries", "inside", "is_inner", "loop", "operations", "pace", "passes", "seconds", "timed", "weighed",
        "weight",
    )  # fmt: skip

    def __init__(self) -> None:
        self.loop: Loop | None = None  # what is known of its tapes, once it was worth a look
        self.is_inner = False  # whether it was left to the loop around it
        self.passes = self.entries = 0
        self.weight = 0.0  # seconds that a pass is expected to take; 0 before one was weighed
        self.weighed = 0  # passes when it was
        self.operations = 0  # of the pass that was,
        self.inside = 0  # and of those, in loops in it
        self.pace = 0.0  # seconds that passes were seen to take: to be told, and where nothing hangs on it;
        self.seconds, self.timed = 0.0, 0  # of so many passes

    @property
    def is_refused(self) -> bool:
        return self.loop is not None and bool(self.loop.refused)

    def took(self, passes: int, seconds: float) -> None:
        """Some passes were interpreted; 0 seconds where the time says nothing."""
        self.passes += passes
        if seconds and not self.pace:  # the first of all may have loaded what the others need: it counts for none
            self.pace = seconds / passes
        elif seconds:
            self.seconds += seconds
            self.timed += passes
            self.pace = self.seconds / self.timed

    def weigh(self, scale: Scale) -> None:
        """Takes in what a pass weighed."""
        self.weight, self.operations, self.weighed = scale.seconds + PASS, scale.operations, self.passes

    def add(self, before: Heat) -> None:
        """Counts passes of an earlier time as well."""
        self.passes += before.passes
        if self.loop is None:
            self.loop = before.loop
        elif before.loop is not None:
            self.loop.add(before.loop)

    # ── what to do next ──

    def too_long(self) -> str:
        """Why a pass is not to be recorded for its length; "" if it may be."""
        if self.operations > UNROLLED and self.inside > self.operations / 2:
            return "a pass is too long, for the loops in it"
        return "a pass is too long" if self.operations > MOST else ""

    def is_to_be_weighed(self, left: int | None) -> bool:
        """The first pass is none like the others; later the weight is checked ever less often."""
        return self.passes >= 8 * self.weighed and (left is None or left >= FEWEST)

    def expected(self, left: int | None) -> int:
        """How many passes there will be."""
        return self.passes + (0 if left is None else left)

    def is_brief(self, length: int | None, is_kept: bool) -> bool:
        """Whether a time through it is too short to be watched; of unknown length, whether the last ones were."""
        if length is not None:
            return length < FEWEST or self.weight > 0 and not self.is_enough(length, is_kept)
        return self.entries > OFTEN and self.passes * self.weight < BRIEF * self.entries

    def is_enough(self, left: int | None, is_kept: bool) -> bool:
        """Whether so many passes can be worth a tape; one that is kept can serve the next time, too."""
        return left is None or left * self.weight > (ENTERING if is_kept else RECORDING)

    def until_worth(self, left: int | None, is_kept: bool) -> int | None:
        """How many passes to run before one is worth recording; None for all that are left."""
        if not self.is_enough(left, is_kept):
            return None
        passes = ceil(WORTH / self.weight)
        if self.expected(left) >= passes:
            return 0
        return None if left is not None else max(1, min(passes, 8 * self.weighed) - self.passes)


class Scale:
    """Weighs a pass while it runs: counts what passes through `apply`."""

    def __init__(self) -> None:
        self.operations = 0
        self.seconds = 0.0

    def __enter__(self) -> Scale:
        STATE.watchers = (*STATE.watchers, self.operation)
        return self

    def __exit__(self, *error: object) -> None:
        STATE.watchers = tuple([watch for watch in STATE.watchers if watch != self.operation])

    def operation(self, v: Value, inputs: tuple[Value, ...]) -> None:
        self.operations += 1
        seconds, times = OPERATION, 1
        if v.needs:
            seconds, times = OPERATION + WITH_GRADIENT, BACKWARD
        out: Any = v.data
        size = 0 if out.__class__ is float or out.__class__ is bool else out.size
        first = inputs[0].shape if inputs else ()
        if size or first:
            seconds += ARRAY
            if v.op.name == "matmul":  # type: ignore[union-attr]
                seconds += 2 * times * size * first[-1] * FLOP
            else:
                seconds += times * max(size, inputs[0].data.size if first else 0) * ELEMENT
        self.seconds += seconds
