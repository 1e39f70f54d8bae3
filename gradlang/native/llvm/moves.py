"""Operations that only move numbers, as arithmetic on indices.

An index is one coordinate a dimension. Lane l of a vector is at `base + l *
step` in every dimension, so that a transposition, a slice, a flip or a
broadcast of a vector is a vector again, whatever the dimension it runs along.
Positions that a program computes are brought into range here: the guards of
the kernel say whether they were, and memory is safe either way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ... import shapes
from ...shapes import Shape
from ..tape import Instruction, Kernel
from .text import Whole, Writer


class Coordinate(NamedTuple):
    """Where the lanes are in one dimension."""

    base: Whole
    step: int


Index = tuple[Coordinate, ...]
FIRST = Coordinate(0, 0)


def strides(shape: Shape) -> tuple[int, ...]:
    out, size = [], 1
    for n in reversed(shape):
        out.append(size)
        size *= n
    return tuple(reversed(out))


def linear(writer: Writer, index: Index, shape: Shape) -> Coordinate:
    """The place in memory, row after row."""
    base: Whole = 0
    step = 0
    for coordinate, stride, n in zip(index, strides(shape), shape, strict=True):
        if n != 1:
            base = writer.plus(base, writer.times(coordinate.base, stride))
            step += coordinate.step * stride
    return Coordinate(base, step)


def broadcast(index: Index, shape: Shape) -> Index:
    """The index into an operand of this shape that is broadcast to what `index` points into."""
    return tuple(FIRST if n == 1 else c for c, n in zip(index[len(index) - len(shape) :], shape, strict=True))


def is_trivial(kernel: Kernel, step: Instruction) -> bool:
    """Whether a reshape only adds or drops dimensions of size 1."""
    before, after = (kernel.registers[r].shape for r in (step.inputs[0], step.out))
    return [n for n in before if n != 1] == [n for n in after if n != 1]


def reshaped(index: Index, after: Shape, before: Shape) -> Index:
    """Undoes a trivial reshape."""
    rest = iter([c for c, n in zip(index, after, strict=True) if n != 1])
    return tuple(FIRST if n == 1 else next(rest) for n in before)


def transposed(index: Index, dim0: int = -2, dim1: int = -1) -> Index:
    out = list(index)
    out[dim0], out[dim1] = out[dim1], out[dim0]
    return tuple(out)


def backward(writer: Writer, c: Coordinate, start: int, step: int) -> Coordinate:
    """Position `start + step * c`."""
    return Coordinate(writer.plus(start, writer.times(c.base, step)), c.step * step)


def flipped(writer: Writer, index: Index, shape: Shape, dim: shapes.Dim = None) -> Index:
    gone = shapes.axes(dim, shape)
    return tuple(
        backward(writer, c, n - 1, -1) if i in gone else c for i, (c, n) in enumerate(zip(index, shape, strict=True))
    )


# ── subscripts ───────────────────────────────────────────────────────────────


def has_tensor_index(kernel: Kernel, step: Instruction) -> bool:
    return step.row == "getitem" and any(kernel.registers[r].shape for r in step.inputs[1:])


class Subscript(NamedTuple):
    """`x[…]` taken apart.

    spec      one entry for every dimension of x
    together  the shape that index tensors have together
    place     where that shape stands in the result's
    """

    shape: Shape
    spec: tuple[tuple[object, ...], ...]
    together: Shape
    place: int


def subscript(shape: Shape, indices: Sequence[Shape], spec: Sequence[tuple[object, ...]]) -> Subscript:
    full = (*spec, *[shapes.ALL] * (len(shape) - len(spec)))
    together: Shape = ()
    for index in indices:
        together = shapes.stretch(together, index)
    pointed = [i for i, entry in enumerate(full) if entry[0] in ("at", "index")]
    adjacent = not pointed or pointed[-1] - pointed[0] < len(pointed)
    place = sum(entry[0] in ("all", "slice") for entry in full[: pointed[0]]) if pointed and adjacent else 0
    return Subscript(shape, full, together, place)


def pointed_at(writer: Writer, s: Subscript, index: Index, position: Callable[[int, Index, int], Whole]) -> Index:
    """The index into x of an element of `x[…]`.

    position  of the n-th index tensor, at an index into all of them together, in a dimension of the given size
    """
    inner = index[s.place : s.place + len(s.together)]
    outer = iter((*index[: s.place], *index[s.place + len(s.together) :]))
    out, count = [], 0
    for n, entry in zip(s.shape, s.spec, strict=True):
        if entry[0] == "at":
            out.append(Coordinate(position(count, inner, n), 0))
            count += 1
        elif entry[0] == "index":
            assert isinstance(entry[1], int)
            out.append(Coordinate(entry[1] % n, 0))
        elif entry[0] == "all":
            out.append(next(outer))
        else:
            steps = range(n)[shapes.slice_of(entry)]
            out.append(backward(writer, next(outer), steps.start, steps.step))
    return tuple(out)


def varies(s: Subscript, index: Index) -> bool:
    """Whether lanes may be at different computed positions."""
    return any(c.step for c in index[s.place : s.place + len(s.together)])
