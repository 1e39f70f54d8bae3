"""Indexing at run time: `x[i]`, `x[1:3, :]`, `x[rows]`, on tensors and on lists.

Tensors are the engine's business; here are lists, tuples, text and ranges, and
what the bounds of a slice may be.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..engine.charges import copying
from ..engine.ops.indexing import subscript as engine_subscript
from ..engine.value import STATE, Value
from ..faults import Fault
from ..source import Span
from .explain import located
from .operators import Code, Frame
from .values import NONE, List, constant, kind, read, sequence, tensor, whole


class SliceCode(NamedTuple):
    start: Code | None
    stop: Code | None
    step: Code | None


def subscript(value: Code, value_span: Span, parts: list[tuple[Code | SliceCode, Span]], span: Span) -> Code:
    def run(frame: Frame) -> Any:
        x = value(frame)
        given: list[Any] = []
        for code, place in parts:
            if isinstance(code, SliceCode):
                try:
                    given.append(slice_of(code, frame, None if given else x))
                except Fault as fault:
                    raise located(fault, place) from None
            else:
                given.append(code(frame))
        try:
            return item(x, given, span)
        except Fault as fault:
            where = [(part_span, g) for (_, part_span), g in zip(parts, given, strict=True)]
            is_index = len(where) == 1 and not fault.code.startswith("E09")  # not what is too much as a whole
            raise located(fault, where[0][0] if is_index else span, [(value_span, x), *where]) from None

    return run


PARTS = ("where a slice starts", "where a slice stops", "the step of a slice")


def slice_of(code: SliceCode, frame: Frame, sliced: Any) -> Any:
    """A slice of whole numbers. `sliced` is the tensor whose first dimension it is of, if it is."""
    given = [NONE if part is None else part(frame) for part in code]
    if STATE.recorder is not None and sliced.__class__ is Value and sliced.shape and given[2] is NONE:
        rows = STATE.recorder.window(given[0], given[1], sliced.shape[0])
        if rows is not None:
            return rows
    bounds = [None if x is NONE else whole(x, what) for x, what in zip(given, PARTS, strict=True)]
    if bounds[2] == 0:
        raise Fault("E0308", "the step of a slice cannot be 0")
    return slice(*bounds)


def item(x: Any, given: list[Any], span: Span) -> Any:
    """`x[given…]`. Raises Fault."""
    if x.__class__ is Value:
        return tensor_item(x, given, span)
    if isinstance(x, List | tuple | str | range):
        if len(given) != 1:
            raise Fault("E0405", f"{kind(x)} has one dimension, and {len(given)} subscripts are given")
        return host_item(x, given[0])
    raise Fault("E0301", f"{kind(x)} has no elements to index")


def tensor_item(x: Value, given: list[Any], span: Span) -> Value:
    return engine_subscript(x, [g if g.__class__ is slice or g.__class__ is Value else tensor(g) for g in given], span)


def host_item(x: Any, given: Any) -> Any:
    """One item of a list, tuple, text or range, or a slice of it."""
    items = x if isinstance(x, str | range) else sequence(x)
    if given.__class__ is slice:
        if x.__class__ is not range:
            copying(len(range(len(x))[given]))
        part = items[given]
        return List(list(part)) if x.__class__ is List else part
    i = whole(given, "an index", 1)
    n = len(x)
    if not -n <= i < n:
        raise Fault(
            "E0406",
            f"index {i} is out of range: {kind(x)} of {n} item{'s' if n != 1 else ''} has {indices_text(n)}",
            at=1,
        )
    out = items[i if i >= 0 else i + n]
    return constant(out) if x.__class__ is range else read(out)


def indices_text(n: int) -> str:
    return f"indices 0 to {n - 1}, or {-n} to -1" if n else "none"
