"""What is kept of a run while it goes on, so that a page can tell of it afterwards.

Owns copies of what the program prints and of the charts that it draws, in their
order, and the history of its losses. Invariant: the run is the same with it and
without.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from ..language.loss_history import LossHistory
from ..language.runtime import RUN

if TYPE_CHECKING:
    from ..draw.charts.figures import Figure

MOST_PRINTED = 200_000  # characters that are kept of what is printed


class Chart(NamedTuple):
    figure: Figure
    name: str


class Recording:
    """Of one run.

    shown    what it printed, in pieces, and the charts it drew
    is_cut   whether it printed more than is kept
    history  of its losses
    seconds  it took, once it is over
    """

    def __init__(self) -> None:
        self.shown: list[str | Chart] = []
        self.length = 0
        self.is_cut = False
        self.history = LossHistory()
        self.started = perf_counter()
        self.seconds = 0.0

    def begin(self) -> None:
        """From now on the current run is listened to."""
        RUN.history, RUN.drew, RUN.write = self.history, self.drew, self.copying(RUN.write)
        self.started = perf_counter()

    def end(self) -> None:
        self.seconds = perf_counter() - self.started

    def copying(self, write: Callable[[str], Any]) -> Callable[[str], Any]:
        def both(text: str) -> Any:
            self.is_cut |= self.length + len(text) > MOST_PRINTED
            if not self.is_cut:
                self.shown.append(text)
                self.length += len(text)
            return write(text)

        return both

    def drew(self, figure: Figure, name: str, text: str) -> None:
        """A chart takes the place of the text that was printed for it; there is none if it went to a file."""
        if text and self.shown and self.shown[-1] == text:
            self.shown.pop()
        self.shown.append(Chart(figure, name))
