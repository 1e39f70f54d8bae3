"""Ctrl-C while a program runs.

A first one asks the run to stop where everything is whole; a second one stops
it at once, wherever it is.
"""

from __future__ import annotations

import signal
from threading import Timer
from typing import Any

from .language.runtime import NOW, OUTSIDE, RUN, SOON, is_asked, unasked

PATIENCE, LAST_PATIENCE = 0.03, 0.06  # seconds after which a run that is asked gently is asked less so


class StopAtSignal:
    """While it is entered, Ctrl-C stops the run: after any statement or, if `gently`, rather at the end of a pass.

    A run that is not stopped inside of a function can be written down as a script (`transcript`).
    """

    def __init__(self, gently: bool = False) -> None:
        self.gently = gently
        self.timers: list[Timer] = []

    def __enter__(self) -> None:
        unasked()  # what was asked of a run that had just ended
        self.before = signal.getsignal(signal.SIGINT)
        try:
            signal.signal(signal.SIGINT, self.ask)
        except ValueError:  # not in the main thread: whoever runs us has Ctrl-C
            self.before = None

    def __exit__(self, *_: object) -> None:
        for timer in self.timers:
            timer.cancel()
        unasked()
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)

    def ask(self, number: int, frame: Any) -> None:
        if is_asked() or not RUN.is_running:  # asked before, or while a program is read
            RUN.is_leaving = True
            RUN.stop = NOW  # where Python drops what is raised here, as it does in a few places, the run is stopped
            raise KeyboardInterrupt
        RUN.stop = SOON if self.gently else NOW
        if self.gently:
            self.timers = [Timer(PATIENCE, insist, [OUTSIDE]), Timer(LAST_PATIENCE, insist, [NOW])]
            for timer in self.timers:
                timer.daemon = True
                timer.start()


def insist(stop: int) -> None:
    """Asks less gently, if the run has not stopped yet."""
    if is_asked():
        RUN.stop = stop
