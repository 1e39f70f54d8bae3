"""Less of what is too much to draw: the same shape in fewer points, the same picture in fewer cells."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ...shapes import shape_text


def thinned(x: Any, y: Any, most: int) -> tuple[Any, Any]:
    """The lowest and the highest of each of `most` stretches of a curve; a stretch of gaps stays one."""
    import numpy as np

    if len(y) <= 2 * most:
        return x, y
    finite = np.isfinite(y)
    kept: list[int] = []
    for start, stop in pairwise(np.linspace(0, len(y), most + 1).astype(int).tolist()):
        part = finite[start:stop]
        if not part.any():
            kept.append(start)
            continue
        low = start + int(np.where(part, y[start:stop], np.inf).argmin())
        high = start + int(np.where(part, y[start:stop], -np.inf).argmax())
        kept += sorted({low, high})
    return x[kept], y[kept]


def averaged(numbers: Any, rows: int, columns: int) -> Any:
    """A matrix of at most so many rows and columns, each the mean of some; what is nan does not count."""
    import numpy as np

    for axis, most in ((0, rows), (1, columns)):
        size = numbers.shape[axis]
        if size <= most:
            continue
        starts = np.linspace(0, size, most + 1).astype(int)[:-1]
        finite = np.isfinite(numbers)
        total = np.add.reduceat(np.where(finite, numbers, 0.0), starts, axis=axis)
        count = np.add.reduceat(finite.astype(float), starts, axis=axis)
        with np.errstate(all="ignore"):
            numbers = total / count
    return numbers


def averaged_down(whole: Any, drawn: Any) -> str:
    """What is said under a matrix that was."""
    return f"{shape_text(whole.shape)} averaged down to {shape_text(drawn.shape)}"
