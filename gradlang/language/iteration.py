"""Going over things: what a loop, a comprehension or an unpacking gets of each kind of value, one item after another.

Owns also who pays for an item that is computed for a pass, where work is limited: the pass, whoever runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..engine.charges import ITEM, copying, listing, unpaid
from ..engine.ops import TABLE
from ..engine.value import STATE, Value, apply, leaf
from ..faults import Fault
from .values import Batches, Checkpointed, List, kind


def iterate(x: Any) -> Iterator[Any]:
    """What a loop goes over. Raises Fault E0306."""
    if x.__class__ is range:
        return (leaf(float(i)) for i in x)
    if x.__class__ is List:
        copying(x.length)
        return iter(x.items()[: x.length])
    if isinstance(x, tuple | str):
        return iter(x)
    if x.__class__ is Value and x.shape:
        if STATE.budget is not None:
            return unpaid_rows(x)
        return (apply(TABLE["getitem"], x, leaf(float(i)), attrs={"spec": (("at",),)}) for i in range(x.shape[0]))
    if x.__class__ is Batches:
        return batches_of(x)
    help = ("count with `range(n)`",) if x.__class__ is Value else ()
    if x.__class__ is Checkpointed:
        help = ("write `for step in checkpointed(…) { … }`",)
    raise Fault("E0306", f"a loop needs something to go over, and this is {kind(x)}", *help)


def going_over(*sequences: Any) -> None:
    """Something is made of each item of sequences, side by side, which `iterate` knows. Raises Fault."""
    if STATE.budget is not None:
        count = min([x.shape[0] if x.__class__ is Value else len(x) for x in sequences], default=0)
        listing(count, ITEM * (len(sequences) + 1))


def unpaid_rows(x: Value) -> Iterator[Value]:
    """The items of a tensor. They are paid for by the passes that they are handed to (`paid`), not when looked at."""
    for i in range(x.shape[0]):
        with unpaid():
            row = apply(TABLE["getitem"], x, leaf(float(i)), attrs={"spec": (("at",),)})
        yield row


def paid(put: Callable[..., None], over: Any) -> Callable[..., None]:
    """How to bind the items of what a loop goes over, where work is limited: what was computed for one is charged."""
    budget = STATE.budget
    if budget is None or over.__class__ is not Value and over.__class__ is not Batches:
        return put

    def put_paid(frame: list[Any], item: Any, naming: bool) -> None:
        for part in item if item.__class__ is tuple else (item,):
            budget.spend()
            budget.spends_on(part.shape)
        put(frame, item, naming)

    return put_paid


def batches_of(batches: Batches) -> Iterator[tuple[Value, ...]]:
    n = batches.tensors[0].shape[0]
    order = drawn("indices", n)
    for start in range(0, n, batches.size):
        chosen = {"spec": (("slice", start, min(start + batches.size, n), None),)}
        with unpaid():
            rows = apply(TABLE["getitem"], order, attrs=chosen)
            batch = tuple([apply(TABLE["getitem"], t, rows, attrs={"spec": (("at",),)}) for t in batches.tensors])
        yield batch


def drawn(kind: str, *arguments: Any) -> Value:
    """Random numbers of the running program's stream: a method of the generator and its arguments, host data."""
    from ..engine import draws

    v = leaf(draws.draw(kind, *arguments))
    if STATE.recorder is not None:
        STATE.recorder.drawn(kind, arguments, v)
    return v


def unpack(x: Any, count: int) -> list[Any]:
    """The `count` parts of a tuple, list or first axis. Raises Fault E0305."""
    have = len(x) if isinstance(x, tuple | List) else x.shape[0] if isinstance(x, Value) and x.shape else None
    if have is None:
        raise Fault("E0305", f"there are {count} names, and this is {kind(x)}")
    if have != count:
        raise Fault("E0305", f"there are {count} names and {have} value{'s' if have != 1 else ''}")
    return list(iterate(x))
