"""What a run may take: work, memory, sizes, time. For hosts that run strangers' programs.

Owns `Limits`, which say what is allowed; a `Budget` (`budget`) counts for one run.
"""

from __future__ import annotations

from math import inf

MB = 1 << 20


class Limits:
    """What a run may take; None where there is no limit.

    cost      units of work: one for each statement, pass of a loop, call, operation and item gone over; one more for
              every hundred numbers computed, and for every thousand products in a matrix product; ten for each
              character of a program that is imported
    memory    bytes that the process may take beyond what it had when the run began. NumPy, which is loaded when a
              program first needs it, counts (20 MB); LLVM does not. At its peak it may take a few MB more for a moment
    elements  numbers of one tensor, items of one list
    text      characters of one text
    output    characters printed, plus bytes written to files
    depth     calls that are open at once (10,000 without limits)
    nesting   levels of brackets and blocks in the source (200 without limits; it can only be lowered)
    source    characters of a program, and of each file that it imports
    seconds   time by the clock; nothing in here keeps it, but whoever runs the program in a process of its own
    """

    __slots__ = ("cost", "depth", "elements", "memory", "nesting", "output", "seconds", "source", "text")

    def __init__(
        self,
        *,
        cost: int | None = None,
        memory: int | None = None,
        elements: int | None = None,
        text: int | None = None,
        output: int | None = None,
        depth: int | None = None,
        nesting: int | None = None,
        source: int | None = None,
        seconds: float | None = None,
    ) -> None:
        """Raises ValueError for what is no limit."""
        self.cost = cost
        self.memory = memory
        self.elements = elements
        self.text = text
        self.output = output
        self.depth = depth
        self.nesting = nesting
        self.source = source
        self.seconds = seconds
        for name, most in self.given.items():
            if not (isinstance(most, int | float) and 0 < most < inf):
                raise ValueError(f"{name} is a number above 0, or None where there is no limit; not {most!r}")

    @property
    def given(self) -> dict[str, float]:
        """What is limited."""
        return {name: most for name in self.__slots__ if (most := getattr(self, name)) is not None}

    def __repr__(self) -> str:
        return f"Limits({', '.join(f'{name}={most!r}' for name, most in self.given.items())})"


SANDBOX = Limits(
    cost=100_000_000,
    memory=512 * MB,
    elements=10_000_000,
    text=1_000_000,
    output=10_000_000,
    depth=10_000,
    nesting=200,
    source=1_000_000,
    seconds=60.0,
)
