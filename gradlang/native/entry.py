"""Whether a tape fits the program's state as it is, and what its registers hold then.

Invariant: nothing is changed, whatever comes of it.
"""

from __future__ import annotations

from ..engine.value import Data, Value
from ..faults import Fault
from .compiled import Compiled, replayed
from .places import Broad, Gradient, Name, observed
from .recording import View, dead_values
from .tape import register_of


def entered(compiled: Compiled, view: View) -> dict[int, Data] | None:
    """What a run of the tape starts with, by register; None where it does not fit."""
    tape = compiled.tape
    if any(name.content() is not thing for name, thing in tape.conditions):
        return None
    if any(a.content() is not b.content() for a, b in tape.shared):
        return None
    if any(optimiser.state() != settings for optimiser, settings in tape.settings):
        return None
    data: dict[int, Data] = dict(tape.constants)
    met: set[int] = set()
    private = {name.key for name in tape.private}
    dead: list[Value] | None = None
    for register, place, needs in tape.inputs:
        if isinstance(place, Gradient):
            x = place.data()
            if x is None:
                return None
        else:
            value = place.owner()
            if value is None or value.needs is not needs:
                return None
            x = value.data
            if isinstance(place, Name):
                if value.inputs and not place.is_moving or id(value) in met and needs:
                    return None
                met.add(id(value))
                if place.is_moving and needs and (value.inputs or place.key in private):
                    try:
                        dead = dead_values(view) if dead is None else dead
                    except Broad:
                        return None
                    del value
                    if observed(place.content(), dead):
                        return None
        if register_of(x) != tape.registers[register]:
            return None
        data[register] = x
    if not all(hasattr(view.frame[slot], "buffer") for slot, _, _ in tape.grown):
        return None
    try:
        return data if replayed(compiled.prologue, data) else None
    except Fault:
        return None
