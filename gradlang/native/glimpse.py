"""A look at the loss of a pass that is run by tape.

The kernels leave out what no later pass needs, and that is nearly always the
loss itself. Where somebody looks on, the one number is computed by replay,
beside the run: from the state that a pass begins with, along its forward
instructions alone. So the run is none other for it, and the number is the
interpreter's for that state.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from ..engine.table import plain
from ..engine.value import Data
from ..faults import Fault
from . import replay
from .tape import Instruction, without_dead_code

if TYPE_CHECKING:
    from .ahead import Slice
    from .compiled import Compiled

PREPARING = 3e-6  # seconds for an instruction


class Onlooker(Protocol):
    """Who looks on while passes are run; they are counted from the first, and differentiate `backwards` times each."""

    @property
    def is_wary(self) -> bool:
        """Whether a pass that makes a nan or an infinity is to be left to the interpreter."""

    def goes_on(self, passes: int) -> bool:
        """Whether there may be others after so many."""

    def until_look(self, passes: int, backwards: int) -> int:
        """How many may be run in a row, after so many, before a look at the loss is due."""

    def is_look_due(self, passes: int, backwards: int, cost: float) -> bool:
        """Whether the loss of the pass after so many is to be looked at, which is expected to take so many seconds."""

    def saw(self, passes: int, backwards: int, loss: Data, seconds: float) -> None:
        """The loss of the pass after so many, and how long it took to look."""

    def ended(self, passes: int, backwards: int) -> None:
        """So many have happened; a look at one after them has not."""


class Glimpse:
    """What of a tape leads to the number in one register, which its passes differentiate last."""

    def __init__(self, compiled: Compiled, register: int, backwards: int) -> None:
        self.compiled = compiled
        self.register = register
        self.backwards = backwards

    @property
    def cost(self) -> float:
        """Seconds that the first look is expected to take."""
        return PREPARING * len(self.compiled.tape.code) + self.compiled.native

    @cached_property
    def program(self) -> replay.Program:
        instructions = [step for step in self.compiled.tape.code if isinstance(step, Instruction)]
        code = without_dead_code(instructions, [self.register])
        return replay.Program(self.compiled.kernel(code, [self.register], ()))

    def loss(self, part: Slice, entry: Mapping[int, Data]) -> Data | None:
        """Of a slice's first pass; None where it fails. `entry` is what the tape was entered with."""
        kernel = self.program.kernel
        data: list[Data] = [None] * len(kernel.registers)
        for register, x in self.program.constants:
            data[register] = x
        for register in kernel.entry:
            data[register] = entry.get(register)
        for register in kernel.stream:
            data[register] = plain(part.streams[register][0])
        for (register, _), x in zip(kernel.state, part.state, strict=True):
            data[register] = x
        try:
            self.program.step(data)
        except Fault:
            return None
        return data[self.register]
