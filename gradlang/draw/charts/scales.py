"""Axes: where a number stands between two others, and which round numbers are written beside.

Ticks are multiples of 1, 2 or 5 times a power of ten, on a logarithmic axis
powers of ten (few of them: with 2 and 5 times those).
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil, floor, isfinite, log10
from typing import Any

from .figures import Bars

LARGEST = 1e300  # so that no difference overflows
MOST_DIGITS = 8  # after the point
WRITTEN_OUT = 1e6  # numbers from here on are written as 1e+06, and where all are below 1e-3


class Scale:
    """An axis from `low` to `high`; on that of an index there are only whole numbers, and none outside."""

    def __init__(self, low: float, high: float, is_log: bool = False, is_index: bool = False) -> None:
        low, high = (max(1 / LARGEST if is_log else -LARGEST, min(LARGEST, x)) for x in (low, high))
        self.first, self.last = low, high
        if low == high:  # a line in the middle
            low, high = (low / 2, high * 2) if is_log else widened(low)
        self.low, self.high, self.is_log, self.is_index = low, high, is_log, is_index

    def share(self, x: Any) -> Any:
        """Where numbers stand: 0 at the low end, 1 at the high one. nan stays."""
        import numpy as np

        with np.errstate(all="ignore"):
            if self.is_log:
                share = (np.log10(x) - log10(self.low)) / (log10(self.high) - log10(self.low))
            else:
                share = (x - self.low) / (self.high - self.low)
        return np.clip(share, 0.0, 1.0)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """At most so many round numbers (but two, where there are two): where they stand, and their texts."""
        numbers = log_ticks(self.low, self.high, most) if self.is_log else ticks(self.low, self.high, most)
        if self.is_index:
            numbers = [x for x in numbers if x == int(x) and self.first <= x <= self.last]
        texts = [brief(x) for x in numbers] if self.is_log else texts_of(numbers)
        return [(float(self.share(x)), text) for x, text in zip(numbers, texts, strict=True)]


def scale_of(numbers: Any, is_log: bool = False, is_index: bool = False) -> Scale:
    """The axis that finite numbers need; from 0 to 1 where there are none."""
    import numpy as np

    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return Scale(1.0, 10.0, True) if is_log else Scale(0.0, 1.0)
    return Scale(float(finite.min()), float(finite.max()), is_log, is_index)


def widened(x: float) -> tuple[float, float]:
    by = abs(x) / 2 or 1.0
    return x - by, x + by


def ticks(low: float, high: float, most: int) -> list[float]:
    step = round_step((high - low) / most)
    while floor(high / step + 1e-9) - ceil(low / step - 1e-9) >= most:
        step = round_step(step * 1.01)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [0.0 if k == 0 else float(f"{k * step:.15g}") for k in range(first, last + 1)]


def round_step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below."""
    if not least or not isfinite(least):
        return 1.0
    power = floor(log10(least))
    for digit, up in ((1, 0), (2, 0), (5, 0), (1, 1)):
        step = float(f"{digit}e{power + up}")
        if step >= least * (1 - 1e-9):
            return step
    return float(f"1e{power + 1}")


def log_ticks(low: float, high: float, most: int) -> list[float]:
    first, last = ceil(log10(low) - 1e-9), floor(log10(high) + 1e-9)
    if last - first >= 1:
        every = max(1, ceil((last - first + 1) / max(most, 2)))
        return [float(f"1e{k}") for k in range(first, last + 1) if k % every == 0]
    fine = [float(f"{d}e{k}") for k in range(first - 1, last + 2) for d in (1, 2, 5)]
    inside = [x for x in fine if low * (1 - 1e-9) <= x <= high * (1 + 1e-9)]
    return inside if len(inside) > 1 else [low, high]


def texts_of(numbers: list[float]) -> list[str]:
    """Texts of evenly spaced numbers, all with as many digits after the point: enough to tell them apart."""
    largest = max(map(abs, numbers), default=0.0)
    step = min([b - a for a, b in pairwise(numbers)], default=largest) or 1.0
    if largest >= WRITTEN_OUT or 0 < largest < 1e-3 or step < 10**-MOST_DIGITS:
        digits = max(4, floor(log10(max(largest / step, 1.0))) + 2)
        return [f"{x:.{digits}g}" for x in numbers]
    digits = max(0, -floor(log10(step) + 1e-9))
    while digits < MOST_DIGITS and any(abs(round(x, digits) - x) > step / 200 for x in numbers):
        digits += 1
    return [f"{x:,.{digits}f}" if abs(x) >= 10_000 else f"{x:.{digits}f}" for x in numbers]


def ranges(figure: Bars) -> list[str]:
    """What the numbers under each bar are."""
    if figure.is_whole:
        return texts_of([edge + 0.5 for edge in figure.edges[:-1]])
    edges = texts_of(figure.edges)
    return [f"{low} … {high}" for low, high in pairwise(edges)]


def brief(x: float) -> str:
    """A number in four digits; powers of ten that are not too large are written out."""
    return f"{x:,.0f}" if 1e4 <= x < WRITTEN_OUT and x == float(f"{x:.4g}") else f"{x:.4g}"
