"""Loops that compute a register element by element, and those that store it piece by piece."""

from __future__ import annotations

from ...engine.ops import TABLE
from ..cost import is_function
from ..tape import Instruction
from . import moves
from .body import Body, along
from .lanes import Lanes, lanes_of
from .layout import Layout
from .moves import Coordinate
from .text import Whole, Writer

UNROLLED = 4


def pointwise(body: Body, root: int) -> None:
    """Stores an expression or a move."""
    if is_flat(body.plan, root):
        body.flat = body.plan.size(root)
        body.writer.across(body.flat, unrolled(body.plan, root), lambda i, w: computed(body, root, [i], 0, w))
        body.flat = None
        return
    if transposed_blocks(body, root):
        return
    shape = body.shape(root)
    inner = inner_dim(shape)

    def row(indices: list[Whole]) -> None:
        def piece(i: Whole, width: int) -> None:
            computed(body, root, [*indices[:inner], i, *indices[inner:]], inner, width)

        body.writer.across(shape[inner], unrolled(body.plan, root), piece)

    if inner < 0:
        computed(body, root, [0] * len(shape), None, 1)
    else:
        body.writer.nest([*shape[:inner], *shape[inner + 1 :]], row)


def unrolled(plan: Layout, root: int) -> int:
    """How many vectors a turn of a loop computes: where functions are called, going round costs nothing."""
    todo = [root]
    while todo:
        step = plan.made[todo.pop()]
        if is_function(step.row):
            return 1
        todo += [r for r in step.inputs if r in plan.made and r not in plan.stored]
    return UNROLLED


def inner_dim(shape: tuple[int, ...]) -> int:
    """The last dimension that is none of size 1; -1 if there is none."""
    return max((d for d, n in enumerate(shape) if n != 1), default=-1)


def computed(body: Body, root: int, indices: list[Whole], dim: int | None, width: int) -> None:
    index = along(indices, dim) if body.shape(root) else ()
    x = body.at(root, index, width)
    body.store(root, moves.linear(body.writer, index, body.shape(root)), x, width)


def is_flat(plan: Layout, root: int) -> bool:
    """Whether everything that an expression reads is of its shape or one number, so that dimensions do not matter."""
    shape = plan.kernel.registers[root].shape
    todo = [root]
    while todo:
        step = plan.made[todo.pop()]
        if not TABLE[step.row].elementwise:
            return False
        for r in step.inputs:
            if plan.kernel.registers[r].shape != shape and plan.size(r) != 1:
                return False
            if r not in plan.stored and r not in plan.constants:
                todo.append(r)
    return len(shape) > 0


def transposed_blocks(body: Body, root: int) -> bool:
    """Stores a transposed matrix in square blocks, exchanged in registers; False where it is none."""
    plan, writer, side = body.plan, body.writer, body.unit.lanes
    step = plan.made[root]
    if step.row == "identity" and step.inputs[0] not in plan.stored:
        step = plan.made.get(step.inputs[0], step)
    source = step.inputs[0]
    if step.row != "transpose" or source not in plan.stored or body.is_truth(root) or side == 1:
        return False
    shape = body.shape(source)
    if len(shape) != 2 or shape[0] % side or shape[1] % side or 0 in shape:
        return False
    attrs = dict(step.attrs)
    if attrs.get("dim0", -2) % 2 == attrs.get("dim1", -1) % 2:
        return False
    rows, columns = shape

    def block(i: Whole, j: Whole) -> None:
        lines = []
        for r in range(side):
            at = writer.plus(writer.times(writer.plus(i, r), columns), j)
            lines.append(body.load(source, Coordinate(at, 1), side).text)
        for c, text in enumerate(turned(writer, body.unit.real, lines)):
            at = writer.plus(writer.times(writer.plus(j, c), rows), i)
            body.store(root, Coordinate(at, 1), Lanes(writer, text, side, False), side)

    writer.each(0, rows, side, lambda i: writer.each(0, columns, side, lambda j: block(i, j)))
    return True


def turned(writer: Writer, real: str, lines: list[str]) -> list[str]:
    """Rows of a square in registers as its columns: halves are exchanged, then halves of halves."""
    side = len(lines)
    half = side // 2
    while half:
        low = [x if not x & half else side + x - half for x in range(side)]
        high = [x + half if not x & half else side + x for x in range(side)]
        exchanged = list(lines)
        for r in (r for r in range(side) if not r & half):
            exchanged[r] = writer.shuffled(real, lines[r], lines[r + half], side, low)
            exchanged[r + half] = writer.shuffled(real, lines[r], lines[r + half], side, high)
        lines = exchanged
        half //= 2
    return lines


# ── piece by piece ───────────────────────────────────────────────────────────


def joined(body: Body, root: int) -> None:
    """Stores tensors side by side or end to end."""
    step = body.plan.made[root]
    to = body.shape(root)
    rank = len(to)
    dim = dict(step.attrs).get("dim", 0) % rank
    start = 0
    for r in step.inputs:
        shape = body.shape(r)
        if step.row == "stack":
            shape = (*shape[:dim], 1, *shape[dim:])
        piece(body, root, r, shape, dim, start, dropped=step.row == "stack")
        start += shape[dim]


def piece(body: Body, root: int, source: int, shape: tuple[int, ...], dim: int, start: int, dropped: bool) -> None:
    """Stores one tensor at `start` along a dimension, which its own shape may lack."""
    inner = inner_dim(shape)
    writer = body.writer

    def store(indices: list[Whole], width: int) -> None:
        index = along(indices, inner)
        own = (*index[:dim], *index[dim + 1 :]) if dropped else index
        x = body.at(source, own, width)
        to = tuple(Coordinate(writer.plus(c.base, start), c.step) if d == dim else c for d, c in enumerate(index))
        body.store(root, moves.linear(writer, to, body.shape(root)), x, width)

    if inner < 0:
        store([0] * len(shape), 1)
        return

    def row(indices: list[Whole]) -> None:
        writer.across(shape[inner], UNROLLED, lambda i, w: store([*indices[:inner], i, *indices[inner:]], w))

    writer.nest([*shape[:inner], *shape[inner + 1 :]], row)


def scattered(body: Body, root: int) -> None:
    """Stores zeros, then the elements where a subscript says, adding up where positions may be repeated."""
    writer, plan = body.writer, body.plan
    step = plan.made[root]
    zero = lanes_of(writer, 0.0)
    writer.across(plan.size(root), UNROLLED, lambda i, w: body.store(root, Coordinate(i, 1), zero, w))
    if plan.size(root) == 0:
        return
    s = body.subscript(step)
    shape = subscript_shape(body, step)
    inner = inner_dim(shape)

    def store(indices: list[Whole], width: int) -> None:
        index = along(indices, inner)
        to = moves.pointed_at(writer, s, index, body.position(step.inputs[1:]))
        place = moves.linear(writer, to, body.shape(root))
        x = body.at(step.inputs[0], moves.broadcast(index, body.shape(step.inputs[0])), width).number()
        if s.together:
            writer.forget("load")
            x = body.load(root, place, width) + x
        body.store(root, place, x, width)

    def row(indices: list[Whole]) -> None:
        def piece(i: Whole, width: int) -> None:
            store([*indices[:inner], i, *indices[inner:]], width)

        if s.place <= inner < s.place + len(s.together):  # lanes would be at computed places, perhaps the same
            writer.nest([shape[inner]], lambda i: piece(i[0], 1))
        else:
            writer.across(shape[inner], UNROLLED, piece)

    if inner < 0:
        store([0] * len(shape), 1)
    else:
        writer.nest([*shape[:inner], *shape[inner + 1 :]], row)


def subscript_shape(body: Body, step: Instruction) -> tuple[int, ...]:
    """The shape of what a scatter's subscript reads."""
    attrs = dict(step.attrs)
    row = TABLE["getitem"]
    return tuple(row.shape(attrs["shape"], *[body.shape(r) for r in step.inputs[1:]], spec=attrs["spec"]))
