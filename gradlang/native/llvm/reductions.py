"""Loops that make one number of many.

Two ways: where the last dimension is reduced, lanes run along it and are
combined at the end, in a fixed order; else lanes are results side by side. The
order of a sum is ours and not NumPy's, so results agree to rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from ... import shapes
from ...shapes import Shape
from ..tape import Instruction
from .body import Body, along
from .elementwise import is_flat
from .lanes import Lanes, chosen, is_nan, lanes_of
from .text import Whole, vector

STARTS: dict[str, float | bool] = {
    "sum": 0.0, "sum_to": 0.0, "prod": 1.0, "max": -math.inf, "min": math.inf, "all": True, "any": False,
}  # fmt: skip
CHAINS = 8  # sums kept apart, so that one addition need not wait for another


class Reduction(NamedTuple):
    """What a row reduces.

    shape  of its input
    gone   the dimensions that are reduced
    kept   for each dimension of the result, that of the input, or -1
    """

    row: str
    shape: Shape
    gone: tuple[int, ...]
    kept: tuple[int, ...]

    def index_of_result(self, indices: dict[int, Whole]) -> list[Whole]:
        return [indices.get(d, 0) for d in self.kept]


def reduction_of(body: Body, step: Instruction) -> Reduction:
    shape, attrs = body.shape(step.inputs[0]), dict(step.attrs)
    rank = len(shape)
    if step.row == "sum_to":
        to = body.shape(step.out)
        extra = rank - len(to)
        same = [d for d in range(extra, rank) if to[d - extra] == shape[d]]
        gone = tuple(d for d in range(rank) if d not in same)
        return Reduction(step.row, shape, gone, tuple(d if d in same else -1 for d in range(extra, rank)))
    gone = shapes.axes(attrs.get("dim"), shape)
    kept = [-1 if d in gone else d for d in range(rank) if d not in gone or attrs.get("keepdim")]
    return Reduction(step.row, shape, gone, tuple(kept))


def reduced(body: Body, root: int, core: int) -> None:
    """Stores the root, which follows elementwise from the reduction `core`."""
    step = body.plan.made[core]
    r = flattened(body, step, reduction_of(body, step))
    last = max((d for d, n in enumerate(r.shape) if n != 1), default=-1)
    if last < 0 or last in r.gone:
        along_lanes(body, root, core, r, last)
    else:
        across_lanes(body, root, core, r, last)
    body.flat = None


def flattened(body: Body, step: Instruction, r: Reduction) -> Reduction:
    """A reduction to one number, as one of a row where dimensions do not matter; `body.flat` is set then."""
    x, plan = step.inputs[0], body.plan
    if len(r.gone) == len(r.shape) > 1 and (x in plan.stored or plan.is_expression(x) and is_flat(plan, x)):
        body.flat = plan.size(x)
        return Reduction(r.row, (body.flat,), (0,), (-1,) * len(r.kept))
    return r


def combined(body: Body, row: str, a: Lanes, b: Lanes) -> Lanes:
    """Two partial results as one; nan wins in max and min."""
    if row in ("sum", "sum_to"):
        return a + b
    if row == "prod":
        return a * b
    if row == "all":
        return a & b
    if row == "any":
        return a | b
    order = "ogt" if row == "max" else "olt"
    return chosen(a.joined(b, f"fcmp {order}", True) | is_nan(a), a, b)


def horizontally(body: Body, row: str, x: Lanes) -> Lanes:
    """The lanes of a vector combined, halves with halves."""
    width, text, writer = x.width, x.text, body.writer
    while width > 1:
        half = width // 2
        parts = []
        for start in (0, half):
            part = writer.shuffled(x.scalar, text, "poison", width, range(start, start + half))
            if half == 1:
                part = writer.value(f"extractelement <1 x {x.scalar}> {part}, i64 0")
            parts.append(Lanes(writer, part, half, x.truth))
        text, width = combined(body, row, *parts).text, half
    return Lanes(writer, text, 1, x.truth)


def element(body: Body, r: Reduction, core: int, indices: dict[int, Whole], dim: int | None, width: int) -> Lanes:
    """An element of what is reduced, with all its lanes."""
    index = along([indices.get(d, 0) for d in range(len(r.shape))], dim)
    source = body.plan.made[core].inputs[0]
    x = body.at(source, index if body.shape(source) else (), width)
    if r.row not in ("all", "any"):
        x = x.number()
    return Lanes(body.writer, x.wide(width), width, x.truth)


def start_of(body: Body, r: Reduction, width: int) -> tuple[str, str]:
    x = lanes_of(body.writer, STARTS[r.row])
    return vector(x.scalar, width), x.wide(width)


def over(
    body: Body,
    sizes: dict[int, int],
    carried: list[tuple[str, str]],
    turn: Callable[[dict[int, Whole], list[str]], list[str]],
) -> list[str]:
    """`turn(indices, carried)` for all indices into some dimensions."""

    def level(dims: list[int], indices: dict[int, Whole], values: list[str]) -> list[str]:
        if not dims:
            return turn(indices, values)
        given = [(kind, x) for (kind, _), x in zip(carried, values, strict=True)]
        return body.writer.loop(
            0, sizes[dims[0]], 1, given, lambda i, now: level(dims[1:], {**indices, dims[0]: i}, now)
        )

    return level(list(sizes), {}, [x for _, x in carried])


def kept_sizes(r: Reduction, but: int = -1) -> dict[int, int]:
    return {d: n for d, n in enumerate(r.shape) if d not in r.gone and n != 1 and d != but}


def along_lanes(body: Body, root: int, core: int, r: Reduction, last: int) -> None:
    """Lanes run along the last dimension, which is reduced."""
    length = r.shape[last] if last >= 0 else math.prod(r.shape)
    writer, lanes = body.writer, body.unit.lanes
    outer = {d: r.shape[d] for d in r.gone if d != last and r.shape[d] != 1}
    unroll = min(max(length // lanes, 1), CHAINS if length >= 16 * lanes else 4)
    whole = length // (unroll * lanes) * unroll * lanes
    rest = writer.pieces(length - whole)
    chains = unroll if whole else 0
    starts = [start_of(body, r, lanes)] * chains + [start_of(body, r, w) for _, w in rest]

    def result(indices: dict[int, Whole], _: list[str]) -> list[str]:
        def row(gone: dict[int, Whole], sums: list[str]) -> list[str]:
            def add(total: str, i: Whole, width: int) -> str:
                x = element(body, r, core, {**indices, **gone, last: i}, last, width)
                return combined(body, r.row, Lanes(writer, total, width, x.truth), x).text

            def turn(i: Whole, now: list[str]) -> list[str]:
                return [add(total, writer.plus(i, u * lanes), lanes) for u, total in enumerate(now)]

            main = writer.loop(
                0, whole, unroll * lanes, list(zip([k for k, _ in starts], sums[:chains], strict=False)), turn
            )
            return main + [add(total, whole + at, w) for total, (at, w) in zip(sums[chains:], rest, strict=True)]

        sums = over(body, outer, starts, row)
        truth = r.row in ("all", "any")
        main = [Lanes(writer, x, lanes, truth) for x in sums[:chains]]
        while len(main) > 1:
            pairs = zip(main[::2], main[1::2], strict=False)
            main = [combined(body, r.row, a, b) for a, b in pairs] + (main[-1:] if len(main) % 2 else [])
        parts = main + [Lanes(writer, x, w, truth) for x, (_, w) in zip(sums[chains:], rest, strict=True)]
        total: Lanes | None = None
        for part in parts:
            one = horizontally(body, r.row, part)
            total = one if total is None else combined(body, r.row, total, one)
        total = total or lanes_of(writer, STARTS[r.row])
        store(body, root, core, r, indices, None, total, 1)
        return []

    over(body, kept_sizes(r), [], result)


def across_lanes(body: Body, root: int, core: int, r: Reduction, last: int) -> None:
    """Lanes are results side by side along the last dimension, which is kept."""
    writer, lanes = body.writer, body.unit.lanes
    outer = {d: r.shape[d] for d in r.gone if r.shape[d] != 1}
    turns = 4 * lanes

    def block(indices: dict[int, Whole], at: Whole, pieces: list[tuple[int, int]]) -> None:
        """Results that are summed in the same loop."""
        innermost = list(outer)[-1] if outer else -1
        apart = 1
        while innermost >= 0 and apart * len(pieces) < CHAINS and outer[innermost] % (2 * apart) == 0:
            apart *= 2
        starts = [start_of(body, r, w) for _ in range(apart) for _, w in pieces]

        def add(gone: dict[int, Whole], sums: list[str]) -> list[str]:
            out = []
            for n, total in enumerate(sums):
                start, width = pieces[n % len(pieces)]
                inner = {innermost: writer.plus(gone[innermost], n // len(pieces))} if innermost >= 0 else {}
                x = element(body, r, core, {**indices, **gone, **inner, last: writer.plus(at, start)}, last, width)
                out.append(combined(body, r.row, Lanes(writer, total, width, x.truth), x).text)
            return out

        sums = stepped(body, outer, apart, starts, add)
        truth = r.row in ("all", "any")
        for n, (start, width) in enumerate(pieces):
            total = Lanes(writer, sums[n], width, truth)
            for other in sums[n + len(pieces) :: len(pieces)]:
                total = combined(body, r.row, total, Lanes(writer, other, width, truth))
            store(body, root, core, r, {**indices, last: writer.plus(at, start)}, last, total, width)

    def result(indices: dict[int, Whole], _: list[str]) -> list[str]:
        n = r.shape[last]
        whole = n // turns * turns

        writer.each(0, whole, turns, lambda i: block(indices, i, [(u * lanes, lanes) for u in range(4)]))
        if n > whole:
            writer.scoped(lambda: block(indices, whole, writer.pieces(n - whole)))
        return []

    over(body, kept_sizes(r, last), [], result)


def stepped(
    body: Body, sizes: dict[int, int], step: int, carried: list[tuple[str, str]],
    turn: Callable[[dict[int, Whole], list[str]], list[str]],
) -> list[str]:  # fmt: skip
    """As `over`, the innermost dimension in steps."""
    if not sizes:
        return turn({}, [x for _, x in carried])
    *outer, last = sizes

    def inner(indices: dict[int, Whole], values: list[str]) -> list[str]:
        given = [(kind, x) for (kind, _), x in zip(carried, values, strict=True)]
        return body.writer.loop(0, sizes[last], step, given, lambda i, now: turn({**indices, last: i}, now))

    return over(body, {d: sizes[d] for d in outer}, carried, inner)


def store(
    body: Body, root: int, core: int, r: Reduction, indices: dict[int, Whole], dim: int | None, x: Lanes, width: int
) -> None:
    """Hands a result to what follows."""
    index = r.index_of_result(indices)
    place = r.kept.index(dim) if dim is not None else None
    flat, body.flat = body.flat, None
    body.finish(root, core, along(index, place), x, width)
    body.flat = flat
