"""The losses of a run, for a curve of each loop that differentiates.

Owns `LossHistory`, which stands in RUN.history where somebody has asked for it
and is told what `backward` is given. Steps are uses of `backward`, counted for
each outermost loop from 0.

Invariant: a curve has at most `MOST` points and the last one, spread evenly
from the first step to the last, however many there are: one of every k steps
is kept, the first that is seen, and k doubles when there are too many. That
goes by counts, so two runs give the same curve.
"""

from __future__ import annotations

from typing import Any

from ..engine.value import Data

MOST = 500

Point = tuple[int, float]  # the step, and its loss


class Curve:
    """The losses of one loop.

    steps   how many there were
    every   one point is kept of so many
    points  those
    last    that of the last step
    """

    def __init__(self) -> None:
        self.steps = 0
        self.every = 1
        self.points: list[Point] = []
        self.last: Point | None = None

    @property
    def due(self) -> int:
        """The first step that is to be kept again."""
        return (self.points[-1][0] // self.every + 1) * self.every if self.points else 0

    def add(self, step: int, loss: float) -> None:
        self.last = (step, loss)
        if step >= self.due:
            self.points.append(self.last)
        if len(self.points) > MOST:
            self.every *= 2
            points, self.points = self.points, []
            for point in points:
                if point[0] >= self.due:
                    self.points.append(point)

    def over(self, steps: int) -> None:
        """So many steps more have happened, some of which were added; those after them have not."""
        self.steps += steps
        while self.points and self.points[-1][0] >= self.steps:
            self.points.pop()
        if self.last is not None and self.last[0] >= self.steps:
            self.last = self.points[-1] if self.points else None

    def samples(self) -> list[Point]:
        """The points in their order; the last step is always among them."""
        if self.last is None or self.points and self.points[-1][0] == self.last[0]:
            return [*self.points]
        return [*self.points, self.last]


class LossHistory:
    """The curve of every outermost loop that has differentiated, in the order in which they first did."""

    def __init__(self) -> None:
        self.curves: dict[Any, Curve] = {}

    def curve(self, loop: Any) -> Curve:
        found = self.curves.get(loop)
        if found is None:
            found = self.curves[loop] = Curve()
        return found

    def differentiated(self, loop: Any, loss: Data) -> None:
        """`backward` was given a number while some outermost loop was running."""
        curve = self.curve(loop)
        curve.add(curve.steps, single(loss))
        curve.steps += 1


def single(loss: Data) -> float:
    """The number of a loss, which may stand in a tensor."""
    return loss if loss.__class__ is float else float(loss.reshape(-1)[0])
