"""A recorded pass of a loop as plain data, and what of a frame it is about.

Knows names as slots of frames. A `Tape` is bound to one frame: its kernels are
not (`compiled`), so another call of a function has another tape and shares the
compiled code.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from ..engine.value import Box, Data, Value
from .places import Frame, Input, Name, Stream, Template, leaves, observed
from .tape import Code, Register

CONSTANT, FIXED, VARYING = 0, 1, 2  # levels of registers


class View(NamedTuple):
    """What a pass of a loop can see and change, in the words of the frame that runs it.

    cells    names that the loop may read, as (frame, slot)
    may      slots of `frame` that it may bind; of those
    exposed  may be read before they are bound
    live     may be read by the next pass: what a pass leaves in others is gone when one more was interpreted
    names    what the slots of `frame` are called
    dead     gives what else holds values of the last pass, though nobody can ask those for gradients
    """

    frame: Frame
    cells: Collection[tuple[Frame, int]]
    may: Collection[int]
    exposed: Collection[int]
    live: Collection[int]
    names: dict[int, str]
    dead: Callable[[], list[Value]]


class Output(NamedTuple):
    """What a pass leaves somewhere; `start`: the register that the next one begins with, or None."""

    place: Input
    start: int | None
    end: int
    template: Template | None


class Tape(NamedTuple):
    """One pass of a loop, written down.

    registers   what each holds, and their `levels`
    code        instructions and guards in their order
    constants   data that never changes, by register
    inputs      where the others start: (register, place, whether gradients flow there)
    streams     registers that are given anew for every pass
    outputs     what the pass leaves
    grown       (slot, register, template): what is appended to the list in a name
    conditions  names that must hold the very object
    shared      pairs of names that must hold one object
    settings    optimisers, and the settings they must have
    items_of    the tensor that items are taken from by index, if they are
    private     names whose value, and its past, nobody else may hold
    step_back   why the last pass before the tape is left must be interpreted; "" if it need not be
    updates     how often a pass stores in each box
    spent       what each box that gets a gradient says of its use
    """

    frame: Frame
    registers: list[Register]
    levels: list[int]
    code: Code
    constants: dict[int, Data]
    inputs: list[tuple[int, Input, bool]]
    streams: list[tuple[int, Stream]]
    outputs: list[Output]
    grown: list[tuple[int, int, Template]]
    conditions: list[tuple[Name, Any]]
    shared: list[tuple[Name, Name]]
    settings: list[tuple[Any, Any]]
    items_of: Any
    private: list[Name]
    step_back: str
    updates: dict[Box, int]
    spent: dict[Box, str]

    @property
    def drops_history(self) -> bool:
        """Whether something that gradients flow to goes on in the next pass: interpreted, it would keep its history."""
        return any(needs and isinstance(place, Name) and place.is_moving for _, place, needs in self.inputs)


def dead_values(view: View) -> list[Value]:
    """What nobody can read before it is replaced."""
    found = [v for slot in view.may if slot not in view.live for _, v in leaves(view.frame[slot])]
    return [v for v in found if v.__class__ is Value] + view.dead()


def shared_pasts(view: View, names: list[Name]) -> dict[int, str]:
    """Of the values that a loop may replace, by id: why others can see their past, where they can."""
    dead = dead_values(view)
    moving = [n for n in names if n.is_moving and n.owner() is not None and n.owner().needs]
    reasons = {id(n.content()): observed(n.content(), dead) for n in moving}
    return {value: why for value, why in reasons.items() if why}
