"""Histories of values that a loop carries from pass to pass: which may be dropped, so that numbers can be saved.

Owns that decision. `rate = rate * 0.99` remembers all earlier rates, though
nobody can ask for their gradients: where that is so (`observed`), the number
alone stays. It does in the process that saves as well, so that it and one that
goes on are in the same state.

Owns also what stands for the history of a value that no pass reads, such as the
loss of a loop inside: its numbers come back, and whoever asks for gradients
through them is told that there are none.

Invariant: a history is dropped only where no program can notice; anything else
is a Fault E0610, at the first save or when gradients are asked for.
"""

from __future__ import annotations

import gc
from collections.abc import Collection
from typing import Any

from ...engine.table import TABLE, Row
from ...engine.value import Box, Data, Value, leaf
from ...faults import Fault
from ...native.places import Broad, leaves, observed
from ...native.places import reached as past_of
from ..known_loops import last_roots
from .reach import reached

Frame = list[Any]
FREE = "`.item()` gives the number of a value, `detach(x)` its numbers, without what they were computed from"


def drop_history(name: str, slot: int, frame: Frame, unread: Collection[int], is_open: bool) -> None:
    """Leaves the numbers alone of what a name holds. Raises Fault E0610.

    unread   slots of the frame that nobody reads before they are bound anew
    is_open  whether the program is entered at a prompt
    """
    if frame[slot].__class__ is tuple:
        parts = list(frame[slot])
        frame[slot] = parts  # while it is looked at, nothing but this holds them
        try:
            for i in range(len(parts)):
                if parts[i].__class__ is Value and parts[i].inputs:
                    check(name, slot, frame, parts, i, unread, is_open)
                    parts[i] = without_history(parts[i])
        finally:
            frame[slot] = tuple(parts)
    elif frame[slot].__class__ is Value and frame[slot].inputs:
        check(name, slot, frame, frame, slot, unread, is_open)
        frame[slot] = without_history(frame[slot])


def check(
    name: str, slot: int, frame: Frame, holder: list[Any], i: int, unread: Collection[int], is_open: bool
) -> None:
    """Raises Fault E0610 if somebody could ask for a gradient through the past of what `holder` alone holds."""
    try:
        dead = [v for k in unread for _, v in leaves(frame[k]) if v.__class__ is Value] + last_roots()
    except Broad:
        dead = last_roots()
    why = observed(holder[i], dead)
    if why:
        gc.collect()  # it may be held by what is left of finished calls and loops alone
        why = observed(holder[i], dead)
    if why and not (is_open and is_past_free(holder[i], slot, frame, unread)):
        raise Fault(
            "E0610",
            f"`{name}` {why}, and a checkpoint keeps numbers without their history",
            f"a pass reads what the one before bound to `{name}`: bind a number without history for it",
            FREE,
        )


def is_past_free(x: Value, slot: int, frame: Frame, unread: Collection[int]) -> bool:
    """Whether the past of what a name holds has no parameter and no value that another name leads to.

    At a prompt values are also held so that entries can be undone, which nobody can ask for gradients.
    """
    others = [y for k, y in enumerate(frame) if k and k != slot and k not in unread]
    at = frame[0]
    while at is not None:
        others += at[1:]
        at = at[0]
    led_to = reached(others).values
    past = [v for v in past_of([x]) if v is not x]
    return not any([v.op.__class__ is Box or v in led_to for v in past])


def lost(xp: Any, g: Any, out: Any, x: Any) -> Any:
    raise Fault(
        "E0610",
        "a value was read from a checkpoint, which keeps numbers without their history: no gradient flows through it",
        "compute it anew",
    )


PAST = Row("saved", "x", lambda xp, x: x, (lost,), shape=lambda x: x, group="internal", doc="", example="")
del TABLE[PAST.name]  # no program can apply it


def parameter_behind(x: Value) -> Box | None:
    """Some parameter that a value was computed from."""
    return next((v.op for v in past_of([x]) if v.op.__class__ is Box), None)


def with_lost_past(data: Data, leaf_of_parameter: Value | None) -> Value:
    """A value that has a past, of some parameter or none, that is not known."""
    x = leaf(data, True)
    x.op, x.inputs = PAST, (leaf(data, True) if leaf_of_parameter is None else leaf_of_parameter,)
    return x


def without_history(x: Value) -> Value:
    fresh = leaf(x.data, x.needs, x.span)
    for word in ("name", "grad"):
        if hasattr(x, word):
            setattr(fresh, word, getattr(x, word))
    return fresh
