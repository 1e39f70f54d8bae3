"""What is written in `[ ]`: closures that collect given items, or one for each pass of a comprehension.

The interpreter hands in compiled parts.
"""

from __future__ import annotations

from typing import Any

from ..engine.charges import growing, unpaid
from ..engine.value import Value
from ..faults import Fault
from ..syntax import tree
from ..syntax.tree import Expr
from .explain import located
from .headway import entered, left
from .iteration import iterate, paid
from .operators import Code, Frame
from .runtime import RUN, interrupted
from .slots import loop_targets
from .values import collect


def list_display(node: tree.ListDisplay, items: list[Code]) -> Code:
    """`[a, b]`."""
    rows = all(isinstance(i, tree.ListDisplay | tree.Comprehension) for i in node.items)

    def run(frame: Frame) -> Any:
        try:
            made = collect([item(frame) for item in items], rows)
        except Fault as fault:
            raise located(fault, node.span) from None
        if made.__class__ is Value and made.span is None:
            made.span = node.span
        return made

    if not is_literal(node):
        return run
    kept: list[Any] = []

    def literal(frame: Frame) -> Any:
        if not kept:
            with unpaid():  # the pass of a loop that happens to be the first costs no more than the others
                kept.append(run(frame))
        return kept[0]

    return literal


def is_literal(node: Expr) -> bool:
    """Whether a list is made of numbers alone: then it is one constant."""
    match node:
        case tree.ListDisplay(items=items):
            return bool(items) and all(is_literal(i) for i in items)
        case tree.Unary(op="-" | "+", operand=tree.Number()) | tree.Number():
            return True
        case _:
            return False


def comprehension(node: tree.Comprehension, iterable: Code, body: Code, keep: Code | None) -> Code:
    """`[body for targets in iterable if keep]`.

    Each pass has a frame of its own, so closures made in it keep their own names.
    """
    plain_put = loop_targets(node.targets)
    empty, span = [None] * (node.scope.size - 1), node.iterable.span

    def run(frame: Frame) -> Any:
        over = iterable(frame)
        out: list[Any] = []
        try:
            items = iterate(over)
        except Fault as fault:
            raise located(fault, span) from None
        naming = over.__class__ is not range
        put = paid(plain_put, over)
        headway = entered(node, over) if RUN.headway is None else None
        try:
            for item in items if headway is None else headway.following(iter(items)):
                inner = [frame, *empty]
                put(inner, item, naming)
                if keep is None or keep(inner):
                    out.append(body(inner))
                if RUN.stop:
                    interrupted(span)
                    growing(len(out))
        except Fault as fault:
            raise located(fault, span) from None
        finally:
            if headway is not None:
                left(headway)
        try:
            return collect(out)
        except Fault as fault:
            raise located(fault, node.span) from None

    return run
