"""Where the largest or smallest number stands: the first of them, or the first nan.

Where the last dimension is searched and is long enough, every lane keeps the
best of its own and where it stood; of equals in several lanes the first wins.
"""

from __future__ import annotations

from .body import Body
from .lanes import Lanes, chosen, is_nan
from .reductions import Reduction, element, flattened, kept_sizes, over, reduction_of, store
from .text import Whole, vector

ORDERS = {"argmax": "fcmp ogt", "argmin": "fcmp olt"}


class Best:
    """The best numbers so far, by lane, and their places, which are whole numbers as wide as the numbers are."""

    def __init__(self, x: Lanes, places: str) -> None:
        self.x = x
        self.places = places

    def against(self, other: Best, order: str, whole: str, is_later: bool) -> Best:
        """The better of two; `is_later` where the other's places are all after these."""
        a, b, writer = self.x, other.x, self.x.writer
        better = b.joined(a, order, True) | (is_nan(b) & (is_nan(a) ^ True))
        kind, test = vector(whole, a.width), vector("i1", a.width)
        if not is_later:
            before = Lanes(writer, writer.value(f"icmp slt {kind} {other.places}, {self.places}"), a.width, True)
            better = better | (((b == a) | (is_nan(b) & is_nan(a))) & before)
        text = f"select {test} {better.text}, {kind} {other.places}, {kind} {self.places}"
        return Best(chosen(better, b, a), writer.value(text))


def found(body: Body, root: int, core: int) -> None:
    """Stores the root, which follows elementwise from the `argmax` or `argmin` that `core` is."""
    step = body.plan.made[core]
    r = flattened(body, step, reduction_of(body, step))
    searched = [d for d in r.gone if r.shape[d] != 1]
    last = max((d for d, n in enumerate(r.shape) if n != 1), default=-1)

    def result(indices: dict[int, Whole], _: list[str]) -> list[str]:
        if searched == [last] and r.shape[last] >= 2 * body.unit.lanes > 2:
            place = by_lanes(body, r, core, indices, last)
        else:
            place = one_by_one(body, r, core, indices)
        text = body.writer.value(f"sitofp {whole_of(body)} {place} to {body.unit.real}")
        store(body, root, core, r, indices, None, Lanes(body.writer, text, 1, False), 1)
        return []

    over(body, kept_sizes(r), [], result)
    body.flat = None


def whole_of(body: Body) -> str:
    return "i64" if body.unit.real == "double" else "i32"


def one_by_one(body: Body, r: Reduction, core: int, indices: dict[int, Whole]) -> str:
    writer, whole = body.writer, whole_of(body)
    sizes = {d: r.shape[d] for d in r.gone if r.shape[d] != 1}

    def turn(gone: dict[int, Whole], best: list[str]) -> list[str]:
        here: Whole = 0
        for d, n in sizes.items():
            here = writer.plus(writer.times(here, n), gone[d])
        so_far = Best(Lanes(writer, best[0], 1, False), best[1])
        x = element(body, r, core, {**indices, **gone}, None, 1)
        now = so_far.against(Best(x, placed(body, here, 1)), ORDERS[r.row], whole, True)
        return [now.x.text, now.places]

    first = element(body, r, core, indices, None, 1)
    return over(body, sizes, [(body.unit.real, first.text), (whole, "0")], turn)[1]


def by_lanes(body: Body, r: Reduction, core: int, indices: dict[int, Whole], last: int) -> str:
    """The place in one row."""
    writer, whole, lanes, order = body.writer, whole_of(body), body.unit.lanes, ORDERS[r.row]

    def at(i: Whole, width: int) -> Best:
        return Best(element(body, r, core, {**indices, last: i}, last, width), placed(body, i, width))

    def turn(i: Whole, best: list[str]) -> list[str]:
        now = Best(Lanes(writer, best[0], lanes, False), best[1]).against(at(i, lanes), order, whole, True)
        return [now.x.text, now.places]

    n = r.shape[last]
    end = n // lanes * lanes
    first = at(0, lanes)
    kinds = vector(body.unit.real, lanes), vector(whole, lanes)
    out = writer.loop(lanes, end, lanes, list(zip(kinds, (first.x.text, first.places), strict=True)), turn)
    best = narrowed(Best(Lanes(writer, out[0], lanes, False), out[1]), order, whole)
    for start, width in writer.pieces(n - end):
        rest = narrowed(at(end + start, width), order, whole)
        best = best.against(rest, order, whole, True)
    return best.places


def placed(body: Body, i: Whole, width: int) -> str:
    """The places i, i + 1, …"""
    writer, whole = body.writer, whole_of(body)
    kind = vector(whole, width)
    if isinstance(i, int):
        return str(i) if width == 1 else f"<{', '.join(f'{whole} {i + lane}' for lane in range(width))}>"
    base = i if whole == "i64" else writer.value(f"trunc i64 {i} to i32")
    if width == 1:
        return base
    lanes = ", ".join(f"{whole} {lane}" for lane in range(width))
    return writer.value(f"add {kind} {writer.splat(whole, base, width)}, <{lanes}>")


def narrowed(best: Best, order: str, whole: str) -> Best:
    """The best of all lanes, halves against halves."""
    writer = best.x.writer
    while (width := best.x.width) > 1:
        half = width // 2
        parts = []
        for start in (0, half):
            if half == 1:
                x = writer.lane(best.x.scalar, best.x.text, width, start)
                places = writer.lane(whole, best.places, width, start)
            else:
                lanes = range(start, start + half)
                x = writer.shuffled(best.x.scalar, best.x.text, "poison", width, lanes)
                places = writer.shuffled(whole, best.places, "poison", width, lanes)
            parts.append(Best(Lanes(writer, x, half, False), places))
        best = parts[0].against(parts[1], order, whole, False)
    return best
