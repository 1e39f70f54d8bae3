"""Arrays made into figures: what is left out and said, which ranges bars have, which class a model's answer is.

Raises Fault where there is nothing to draw. Knows arrays of floats, nothing of
the language's values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...faults import Fault
from .figures import Bars, Curve, Curves, HeatMap, Regions
from .scales import LARGEST, round_step, widened

MOST_BINS = 1000
FEWEST_RANGES, MOST_RANGES = 5, 20
LARGEST_WHOLE = 1e15  # halves can be told from these
MOST_CLASSES = 12
BORDER = 0.08  # of a picture, around its points

Answers = Callable[[Any], Any]  # what a model says to points [n, 2]: [n, outputs]


def floats(data: Any) -> Any:
    import numpy as np

    return np.asarray(data, dtype=float)


def curves(names: Sequence[str], series: Sequence[Any], x: Any = None, is_log: bool = False) -> Curves:
    """Numbers in rows, over their index or over x."""
    import numpy as np

    figure = Curves([], is_log=is_log, is_indexed=x is None)
    if x is not None and not np.isfinite(x).all():
        figure.remarks.append(left_out(~np.isfinite(x), "nan or inf", "x"))
    for i, (name, y) in enumerate(zip(names, series, strict=True)):
        called = f"`{name}`" if name else "the curve"
        if not y.size:
            raise Fault("E0410", f"there is nothing to draw: {called} is empty", at=i)
        if x is not None and len(x) != len(y):
            raise Fault("E0409", f"{called} has {len(y)} numbers, and x has {len(x)}", "one x for each number")
        gaps, low = ~np.isfinite(y), y <= 0
        if gaps.any():
            figure.remarks.append(left_out(gaps, "nan or inf", name))
        if is_log and (low & ~gaps).any():
            figure.remarks.append(left_out(low & ~gaps, "not above 0", name))
            gaps = gaps | low
        figure.curves.append(Curve(name, np.arange(float(len(y))) if x is None else x, np.where(gaps, np.nan, y)))
    return figure


def is_counting(x: Any, y: Any) -> bool:
    """Whether some numbers rise evenly, one for each of others: they may be meant as the places of those."""
    import numpy as np

    with np.errstate(all="ignore"):
        steps = np.diff(x) if len(x) == len(y) > 2 else np.zeros(1)
        return bool(steps.min() > 0 and np.ptp(steps) <= 1e-6 * steps.max())


def left_out(which: Any, why: str, name: str = "") -> str:
    count = int(which.sum())
    of = f" of `{name}`" if name else ""
    return f"{count:,} of {which.size:,} numbers{of} {'is' if count == 1 else 'are'} {why}: left out"


def bars(data: Any, count: int | None = None) -> Bars:
    """Equal ranges from the lowest number to the highest, or round ones, about as many as suit the data.

    A few whole numbers have a bar each.
    """
    import numpy as np

    flat = data.reshape(-1)
    gaps = ~np.isfinite(flat)
    finite = np.clip(flat[~gaps], -LARGEST, LARGEST)
    if not finite.size:
        raise Fault("E0410", "there is nothing to draw: " + ("no number is finite" if flat.size else "it is empty"))
    if count is not None and not 1 <= count <= MOST_BINS:
        raise Fault("E0308", f"bins is a number from 1 to {MOST_BINS}, and this is {count}", at=1)
    low, high = float(finite.min()), float(finite.max())
    is_whole = count is None and high - low < MOST_RANGES and bool((finite == np.round(finite)).all())
    is_whole &= max(-low, high) < LARGEST_WHOLE
    if is_whole:
        edges = np.arange(low - 0.5, high + 1.0)
    elif low == high:
        edges = np.linspace(*widened(low), (count or 1) + 1)
    elif count is not None:
        edges = np.linspace(low, high, count + 1)
    else:
        edges = np.array(round_edges(low, high, round(2 * finite.size ** (1 / 3))))
        if not (np.diff(edges) > 0).all():  # no round numbers lie between
            edges = np.linspace(low, high, FEWEST_RANGES + 1)
    counts, _ = np.histogram(finite, edges)
    remarks = [left_out(gaps, "nan or inf")] if gaps.any() else []
    return Bars(edges.tolist(), counts.tolist(), is_whole=is_whole, remarks=remarks)


def round_edges(low: float, high: float, wanted: int) -> list[float]:
    """Multiples of a round number around all that lies between two."""
    from math import ceil, floor

    step = round_step((high - low) / max(FEWEST_RANGES, min(MOST_RANGES, wanted)))
    edges = [float(f"{k * step:.15g}") for k in range(floor(low / step + 1e-9), ceil(high / step - 1e-9) + 1)]
    return [min(edges[0], low), *edges[1:-1], max(edges[-1], high)]


def heat_map(data: Any) -> HeatMap:
    """A matrix, also with sizes of 1 around it; a row of numbers is one."""
    import numpy as np

    if not data.size:
        raise Fault("E0410", "there is nothing to draw: it is empty", at=0)
    kept = [size for size in data.shape if size != 1]
    data = data if data.ndim == 2 else data.reshape(kept if len(kept) == 2 else (1, -1))
    gaps = ~np.isfinite(data)
    remarks = [left_out(gaps, "nan or inf")] if gaps.any() else []
    return HeatMap(np.where(gaps, np.nan, data), remarks=remarks)


# ── regions ──────────────────────────────────────────────────────────────────


def regions(points: Any, labels: Any, side: int, ask: Answers) -> Regions:
    """Which class a model gives at the points of a grid around some points, `side` each way."""
    import numpy as np

    finite = points[np.isfinite(points).all(axis=1)]
    if not finite.size:
        raise Fault("E0410", "there is nothing to draw: no point has finite numbers", at=1)
    classes = sorted(set(labels[np.isfinite(labels)].tolist()))
    if not classes:
        raise Fault("E0410", "there is nothing to draw: no label is finite", at=2)
    if len(classes) > MOST_CLASSES:
        few = f"labels are at most {MOST_CLASSES} different numbers, and these are {len(classes)}"
        raise Fault("E0308", few, "a class for each point, such as 0 and 1", at=2)
    low, high = finite.min(axis=0), finite.max(axis=0)
    border = np.where(high > low, BORDER * (high - low), 1.0)
    low, high = low - border, high + border
    across, up = (np.linspace(low[i], high[i], side) for i in (0, 1))
    answers = ask(np.stack([np.tile(across, side), np.repeat(up, side)], axis=1))
    chosen, names = decided(answers, classes)
    number = {name: k for k, name in enumerate(names)}
    shown = np.isfinite(labels)
    remarks = [] if shown.all() else [left_out(~shown, "nan or inf", "y")]
    if (chosen < 0).any():
        remarks.append(f"the model gives nan at {int((chosen < 0).sum()):,} of {chosen.size:,} places: no class there")
    return Regions(
        chosen.reshape(side, side), (float(low[0]), float(high[0])), (float(low[1]), float(high[1])),
        points[shown], [number[label_text(k)] for k in labels[shown].tolist()], names,
        remarks=remarks,
    )  # fmt: skip


def decided(answers: Any, classes: list[float]) -> tuple[Any, list[str]]:
    """The number of the class in each row of answers, and what the classes are called.

    Of several outputs, the highest, which are scores of the classes 0, 1, …; of
    one, the label that is nearest: of two labels it is halfway where they meet.
    Where all a model says is nan, it is -1.
    """
    import numpy as np

    outputs, is_lost = answers.shape[1], np.isnan(answers).all(axis=1)
    if outputs == 1:
        nearest = np.abs(np.nan_to_num(answers) - np.array(classes)).argmin(axis=1)
        return np.where(is_lost, -1, nearest), [label_text(k) for k in classes]
    labels = sorted({*classes, *map(float, range(outputs))})
    places = np.array([labels.index(float(k)) for k in range(outputs)])
    highest = places[np.nan_to_num(answers, nan=-np.inf).argmax(axis=1)]
    return np.where(is_lost, -1, highest), [label_text(k) for k in labels]


def label_text(x: float) -> str:
    return f"{x:g}"
