"""The clock of a run: when its time is up, it is stopped at the statement where it is (E0908).

Invariant: a run is asked, never cut off: what is stopped is seen between
statements, passes and slices of native loops. One long step in the engine (a
large product, a sort) is not interrupted; whoever must be sure of the time runs
the program in a process of its own, as the command line does (`worker`).
"""

from __future__ import annotations

from threading import Timer
from time import monotonic

from .runtime import NOW, RUN, unasked


class Deadline:
    """While it is entered, the current run may go on for so many seconds, counted from `since` or from now."""

    def __init__(self, seconds: float | None, since: float | None = None) -> None:
        self.seconds = seconds
        self.since = since
        self.timer: Timer | None = None

    def __enter__(self) -> None:
        if self.seconds is not None:
            gone = 0.0 if self.since is None else monotonic() - self.since
            self.timer = Timer(max(self.seconds - gone, 0.0), self.ring)
            self.timer.daemon = True
            self.timer.start()

    def __exit__(self, *_: object) -> None:
        if self.timer is not None:
            self.timer.cancel()
            RUN.overtime = None
            unasked()

    def ring(self) -> None:
        RUN.overtime, RUN.stop = self.seconds, NOW
