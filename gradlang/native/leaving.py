"""The state after a run of a tape, put where the program looks for it, as if the interpreter had made the passes."""

from __future__ import annotations

from typing import Any

from ..engine.table import plain
from ..engine.value import Data, Value, leaf
from .compiled import Compiled
from .places import Gradient, Parameter
from .recording import Tape, View

Kept = dict[int, list[Any]]  # by the start of a slice, what its passes append to lists


def leave(compiled: Compiled, view: View, kept: Kept, done: int, state: list[Data], final: list[Data] | None) -> None:
    """Puts the state after `done` passes, and a final one if there is one, where the program looks for it.

    `kept` is what each pass has appended to lists.
    """
    if not done:
        return
    tape = compiled.tape

    if final is None:
        results = list(zip(compiled.carried, state, strict=True))
    else:
        results = [(output, final[output.end]) for output in tape.outputs]
    passes = done + (final is not None)
    made: dict[int, Value] = {}
    gradients: list[tuple[Gradient, Data]] = []
    for output, data in results:
        place, template = output.place, output.template
        if isinstance(place, Gradient):
            gradients.append((place, data))
        elif isinstance(place, Parameter):
            place.write(leaf(data, True))
            place.box.version += tape.updates[place.box] * passes - 1
        else:
            assert template is not None
            if template.identity not in made:
                made[template.identity] = template.made(data)
            place.write(made[template.identity])
    if tape.grown:
        rows = [row for part in kept.values() for row in zip(*part, strict=True)]
        if final is not None:
            rows.append(tuple([final[register] for _, register, _ in tape.grown]))
        grow(tape, view.frame, rows, made)
    for place, data in gradients:
        place.set(data)
    for box, spent in tape.spent.items():
        box.spent = spent


def grow(tape: Tape, frame: list[Any], rows: list[tuple[Data, ...]], made: dict[int, Value]) -> None:
    """Appends to lists what every pass appended; in the last one it may be what a name holds, too."""
    for i, row in enumerate(rows, 1):
        for (slot, _, template), x in zip(tape.grown, row, strict=True):
            value = made.get(template.identity) if i == len(rows) else None
            frame[slot] = frame[slot].append(value if value is not None else template.made(plain(x)))
