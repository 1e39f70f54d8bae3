"""Matrix products as their loops see them: two factors in memory, and where the result stands."""

from __future__ import annotations

from typing import NamedTuple

from .body import Body
from .lanes import Lanes
from .moves import FIRST, Coordinate
from .text import Whole


class Factor(NamedTuple):
    """A matrix in memory: row i, column j is at `start + i * row + j * column`."""

    register: int
    start: Whole
    row: int
    column: int

    def turned(self) -> Factor:
        return Factor(self.register, self.start, self.column, self.row)


class Product(NamedTuple):
    """One product of two matrices, m x k and k x n, and where in the result it stands.

    batch    the indices of the result before its matrix
    rows     whether the result has a dimension of rows; of columns
    """

    root: int
    core: int
    x: Factor
    y: Factor
    m: int
    n: int
    k: int
    batch: list[Whole]
    rows: bool
    columns: bool


def factor(body: Body, register: int, batch: list[Whole], is_matrix: bool, left: bool) -> Factor:
    """One matrix of a factor; vectors are a row on the left, a column on the right."""
    shape = body.shape(register)
    own = len(shape) - (2 if is_matrix else 1)
    before = tuple(
        FIRST if n == 1 else Coordinate(i, 0) for i, n in zip(batch[len(batch) - own :], shape[:own], strict=True)
    )

    def located(*steps: int) -> tuple[int, Coordinate]:
        return body.located(register, (*before, *[Coordinate(0, step) for step in steps]))

    if is_matrix:
        (stored, start), (_, across) = located(1, 0), located(0, 1)
        return Factor(stored, start.base, start.step, across.step)
    stored, start = located(1)
    return Factor(stored, start.base, 0, start.step) if left else Factor(stored, start.base, start.step, 0)


def load(body: Body, f: Factor, i: Whole, j: Whole, width: int) -> Lanes:
    """Elements of row i, from column j on."""
    writer = body.writer
    base = writer.plus(f.start, writer.plus(writer.times(i, f.row), writer.times(j, f.column)))
    return body.load(f.register, Coordinate(base, f.column), width).number()
