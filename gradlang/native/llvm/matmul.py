"""Matrix products in tiles of registers.

A tile of sums stays in registers while its rows and columns are gone through
once; the results are handed to whatever follows elementwise (bias, relu, mask,
update of a parameter) before they are stored.

Why the height of a tile divides the number of rows: a second, smaller tile for
what remains costs nearly twice the time and the code.
"""

from __future__ import annotations

from functools import partial

from . import blas
from .body import Body, along
from .dgemm import by_blas
from .factors import Product, factor, load
from .lanes import Lanes
from .reductions import horizontally
from .text import Whole, literal, vector

Piece = tuple[int, int]  # of a row: where it starts, how many lanes


def multiplied(body: Body, root: int, core: int) -> None:
    """Stores the root, which follows elementwise from the product `core`."""
    x, y = body.plan.made[core].inputs
    x_shape, y_shape = body.shape(x), body.shape(y)
    rows, columns = len(x_shape) > 1, len(y_shape) > 1
    m, k, n = (x_shape[-2] if rows else 1), x_shape[-1], (y_shape[-1] if columns else 1)
    if 0 in (m, n):
        return
    out = body.shape(core)
    batch = out[: len(out) - rows - columns]

    def product(indices: list[Whole]) -> None:
        left = factor(body, x, indices, rows, True)
        right = factor(body, y, indices, columns, False)
        one(body, Product(root, core, left, right, m, n, k, indices, rows, columns))

    body.writer.nest(batch, product)


def one(body: Body, p: Product) -> None:
    for_blas = blas.is_for_blas(p.m, p.n, p.k, body.plan.kernel.dtype)
    if for_blas and (p.root == p.core or p.root in body.plan.scale) and by_blas(body, p):
        return
    if p.n == 1 and p.x.column == 1 and p.k > 1:
        dots(body, p)
        return
    swapped = p.n == 1 and p.m > 1
    if swapped:  # a product with a vector: the transposed product has its results side by side
        p = p._replace(x=p.y.turned(), y=p.x.turned(), m=p.n, n=p.m)
    tiles(body, p, swapped)


def fused(body: Body, a: str, b: str, c: str, width: int) -> str:
    """a * b + c."""
    if body.unit.target.fma:
        return body.writer.intrinsic("fma", body.unit.real, width, a, b, c)
    kind = vector(body.unit.real, width)
    product = body.writer.value(f"fmul {kind} {a}, {b}")
    return body.writer.value(f"fadd {kind} {c}, {product}")


def finish(body: Body, p: Product, i: Whole, j: Whole, text: str, width: int, swapped: bool) -> None:
    """Hands on results of row i from column j on."""
    indices = [*p.batch]
    if swapped:
        i, j = j, i
    if p.rows:
        indices.append(i)
    if p.columns:
        indices.append(j)
    dim = None if width == 1 else len(p.batch) + (0 if swapped else int(p.rows))
    body.finish(p.root, p.core, along(indices, dim), Lanes(body.writer, text, width, False), width)


# ── tiles ────────────────────────────────────────────────────────────────────


def blocks(body: Body, p: Product) -> list[tuple[int, int, int, list[Piece]]]:
    """How the columns are gone through: (first column, how many times, columns a time, pieces of a row)."""
    lanes = body.unit.lanes
    pieces = body.writer.pieces(p.n)
    whole = p.n // lanes
    if not whole:
        return [(0, 1, lanes, pieces)]
    wide = min(whole, 3 if whole % 3 == 0 and p.m >= 8 else 4 if p.m <= 4 else 2)
    turns = whole // wide
    side_by_side = [(u * lanes, lanes) for u in range(wide)]
    done = turns * wide * lanes
    rest = [(at - done, width) for at, width in pieces if at >= done]
    if turns == 1 and rest and len(rest) + wide <= 4:
        return [(0, 1, done, side_by_side + [(at + done, width) for at, width in rest])]
    out = [(0, turns, wide * lanes, side_by_side)]
    return [*out, (done, 1, lanes, rest)] if rest else out


def height(m: int, most: int) -> int:
    """Rows of a tile: a divisor of all rows, if there is one that is half as high as a tile may be."""
    most = max(1, min(m, most))
    return next((h for h in range(most, (most + 1) // 2 - 1, -1) if m % h == 0), most)


def tiles(body: Body, p: Product, swapped: bool) -> None:
    writer = body.writer
    for start, turns, columns, pieces in blocks(body, p):
        writer.each(start, start + turns * columns, columns, partial(column_of_tiles, body, p, pieces, swapped))


def column_of_tiles(body: Body, p: Product, pieces: list[Piece], swapped: bool, j: Whole) -> None:
    """All rows of some columns."""
    high = height(p.m, body.unit.target.registers // len(pieces))
    whole = p.m // high * high
    body.writer.each(0, whole, high, lambda i: tile(body, p, i, j, high, pieces, swapped))
    if p.m > whole:
        body.writer.scoped(lambda: tile(body, p, whole, j, p.m - whole, pieces, swapped))


def tile(body: Body, p: Product, i: Whole, j: Whole, high: int, pieces: list[Piece], swapped: bool) -> None:
    """The sums of `high` rows and some pieces of columns, kept in registers."""
    writer, real = body.writer, body.unit.real
    count = high * len(pieces)
    apart = 1  # sets of sums, where one set would have to wait for itself
    while apart * count < 8 and p.k % (apart * 2) == 0 and p.k > apart * 2:
        apart *= 2
    if p.k <= 8 and count * p.k <= 128:
        unroll = max(p.k, 1)
    else:
        twice = p.k % 2 == 0 and (count < 20 or p.k <= 128)  # in long loops of many sums, going round costs nothing
        unroll = max(apart, 4 if count <= 12 and p.k % 4 == 0 else 1 + twice)
    zeros = [
        (vector(real, w), writer.splat(real, literal(0.0, real), w)) for _ in range(high * apart) for _, w in pieces
    ]

    def turn(k: Whole, sums: list[str]) -> list[str]:
        sums = list(sums)
        for u in range(unroll):
            at = writer.plus(k, u)
            right = [load(body, p.y, at, writer.plus(j, start), w) for start, w in pieces]
            for row in range(high):
                a = load(body, p.x, writer.plus(i, row), at, 1)
                for q, (_, w) in enumerate(pieces):
                    s = ((u % apart) * high + row) * len(pieces) + q
                    sums[s] = fused(body, a.wide(w), right[q].wide(w), sums[s], w)
        return sums

    sums = writer.loop(0, p.k, unroll, zeros, turn)
    for row in range(high):
        for q, (start, w) in enumerate(pieces):
            total = sums[row * len(pieces) + q]
            for s in range(1, apart):
                other = sums[(s * high + row) * len(pieces) + q]
                total = writer.value(f"fadd {vector(real, w)} {total}, {other}")
            finish(body, p, writer.plus(i, row), writer.plus(j, start), total, w, swapped)


# ── a matrix with a vector ───────────────────────────────────────────────────


def dots(body: Body, p: Product) -> None:
    """One column: rows that lie in memory lane by lane, several at a time, summed along their lanes."""
    writer, real, lanes = body.writer, body.unit.real, body.unit.lanes
    whole = p.k // lanes * lanes
    rest = [(at + whole, w) for at, w in writer.pieces(p.k - whole)]

    def some(i: Whole, count: int) -> None:
        zeros = [(vector(real, lanes), writer.splat(real, literal(0.0, real), lanes))] * count

        def turn(k: Whole, sums: list[str]) -> list[str]:
            b = load(body, p.y.turned(), 0, k, lanes).wide(lanes)
            return [
                fused(body, load(body, p.x, writer.plus(i, row), k, lanes).text, b, total, lanes)
                for row, total in enumerate(sums)
            ]

        sums = writer.loop(0, whole, lanes, zeros, turn)
        totals = []
        for row in range(count):
            parts = [horizontally(body, "sum", Lanes(writer, sums[row], lanes, False))] if whole else []
            for at, w in rest:
                a = load(body, p.x, writer.plus(i, row), at, w)
                b = load(body, p.y.turned(), 0, at, w)
                parts.append(horizontally(body, "sum", a * b))
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            totals.append(total.text)
        store_column(body, p, i, totals)

    most = min(lanes, 1 << (p.m.bit_length() - 1))
    whole_rows = p.m // most * most

    writer.each(0, whole_rows, most, lambda i: some(i, most))
    at = whole_rows
    while at < p.m:
        count = 1 << ((p.m - at).bit_length() - 1)
        writer.scoped(partial(some, at, count))
        at += count


def store_column(body: Body, p: Product, i: Whole, totals: list[str]) -> None:
    """Results of one column, from row i on, as a vector, so that what follows is vectors too."""
    text = body.writer.gathered(body.unit.real, totals)
    finish(body, p, 0, i, text, len(totals), True)
