"""What is said where something is limited: before it is done, and only of what does not pass through `apply`.

Whoever is about to make, to go over or to copy something that may be large says so here, in whatever unit it knows;
what that comes to is the budget's (`budget`). Where nothing is limited it costs a look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .value import STATE

# what is said where the memory is full
GROWING = "a graph that grows from step to step is the usual cause: `.item()` keeps a number without its history"
ITEM = 200  # bytes that an item of a list takes with its number


def making(count: int, rooms: float = 1) -> None:
    """A tensor of so many numbers is made, which takes so many times its room. Raises Fault."""
    if STATE.budget is not None:
        STATE.budget.check_elements(count)
        STATE.budget.numbers(count, rooms)


def listing(count: int, size: int = ITEM) -> None:
    """So many items are gone over and made into others, of so many bytes each. Raises Fault."""
    if STATE.budget is not None:
        STATE.budget.items(count, size)


def taking(size: int) -> None:
    """So many bytes are taken for a moment. Raises Fault."""
    if STATE.budget is not None:
        STATE.budget.room(size)


def working(units: int) -> None:
    """Something is done that takes about so many units of work, and no `apply`. Raises Fault."""
    if STATE.budget is not None:
        STATE.budget.spend(units)


def growing(count: int) -> None:
    """A list has so many items by now. Raises Fault."""
    if STATE.budget is not None:
        STATE.budget.list_of(count)


def copying(count: int) -> None:
    """So many items are copied as they are. Raises Fault."""
    if STATE.budget is not None:
        STATE.budget.copies(count)


def spelling(length: int, size: int = 1) -> None:
    """A text of so many characters is made, which takes so many bytes for each. Raises Fault."""
    if STATE.budget is not None:
        STATE.budget.text(length, size)


def ordering(texts: Sequence[str]) -> None:
    """Texts are put in order. Raises Fault."""
    if STATE.budget is not None:
        STATE.budget.orders(sum(map(len, texts)), len(texts))


@contextmanager
def unpaid() -> Iterator[None]:
    """What is computed meanwhile costs no work: it is not the program's own, or is paid for elsewhere."""
    budget = STATE.budget
    if budget is None:
        yield
        return
    before = budget.pause()
    try:
        yield
    finally:
        budget.resume(*before)
