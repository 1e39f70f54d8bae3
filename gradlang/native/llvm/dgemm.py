"""Products that BLAS computes: how it is called, and what must lie in memory how."""

from __future__ import annotations

from . import blas, moves
from .body import Body, along
from .factors import Factor, Product
from .moves import FIRST
from .text import literal


def by_blas(body: Body, p: Product) -> bool:
    """Calls the BLAS product, which is stored, or a multiple of it subtracted from the state that the root replaces.

    False where a factor does not lie in memory as BLAS needs.
    """
    product = blas.product(body.plan.kernel.dtype)
    laid = [layout(f, rows, columns) for f, rows, columns in ((p.x, p.m, p.k), (p.y, p.k, p.n))]
    if product is None or None in laid or body.is_truth(p.x.register) or body.is_truth(p.y.register):
        return False
    writer, real = body.writer, body.unit.real
    size = f"i{product.bits}"
    shape = body.shape(p.root)
    index = along([*p.batch, *[0] * (len(shape) - len(p.batch))], None)
    to = moves.linear(writer, index, shape).base
    pointers = [
        body.offset(body.origin(f), body.unit.real, at)
        for f, at in ((p.x.register, p.x.start), (p.y.register, p.y.start), (p.root, to))
    ]
    alpha, beta = literal(1.0, real), literal(0.0, real)
    if p.root in body.plan.scale:
        scale = body.plan.scale[p.root]
        x = -body.at(scale, (FIRST,) * len(body.shape(scale)), 1)
        alpha, beta = x.text, literal(1.0, real)
    (turn_x, lead_x), (turn_y, lead_y) = [way for way in laid if way is not None]
    arguments = [
        ("i32", "101"), ("i32", str(turn_x)), ("i32", str(turn_y)),
        (size, str(p.m)), (size, str(p.n)), (size, str(p.k)),
        (real, alpha), ("ptr", pointers[0]), (size, str(lead_x)), ("ptr", pointers[1]), (size, str(lead_y)),
        (real, beta), ("ptr", pointers[2]), (size, str(p.n)),
    ]  # fmt: skip
    name = blas.symbol(body.plan.kernel.dtype)
    body.unit.declared.add(f"declare void @{name}({', '.join(kind for kind, _ in arguments)})")
    writer.do(f"call void @{name}({', '.join(f'{kind} {x}' for kind, x in arguments)})")
    body.wrote(p.root)
    return True


def layout(f: Factor, rows: int, columns: int) -> tuple[int, int] | None:
    """CBLAS's word for plain or transposed, and the distance of its rows in memory."""
    if f.column == 1 and f.row >= columns:
        return 111, f.row
    if f.row == 1 and f.column >= rows:
        return 112, f.column
    return None
