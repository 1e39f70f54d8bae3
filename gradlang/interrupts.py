"""Ctrl-C while a program runs.

A first one asks the run to stop where everything is whole; a second one stops
it at once, wherever it is.
"""

from __future__ import annotations

import signal
from threading import Timer
from typing import Any

from .language.runtime import NOW, RUN, SOON

GRACE = 0.05  # seconds for the pass of a loop to come to its end


class StopAtSignal:
    """While it is entered, Ctrl-C stops the run: after any statement or, if `gently`, first after a pass.

    A pass that takes longer than GRACE is not waited for.
    """

    def __init__(self, gently: bool = False) -> None:
        self.gently = gently
        self.timer: Timer | None = None

    def __enter__(self) -> None:
        self.before = signal.getsignal(signal.SIGINT)
        try:
            signal.signal(signal.SIGINT, self.ask)
        except ValueError:  # not in the main thread: whoever runs us has Ctrl-C
            self.before = None

    def __exit__(self, *_: object) -> None:
        if self.timer is not None:
            self.timer.cancel()
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)

    def ask(self, number: int, frame: Any) -> None:
        if RUN.stop:
            raise KeyboardInterrupt
        RUN.stop = SOON if self.gently else NOW
        if self.gently:
            self.timer = Timer(GRACE, insist)
            self.timer.daemon = True
            self.timer.start()


def insist() -> None:
    if RUN.stop == SOON:
        RUN.stop = NOW
