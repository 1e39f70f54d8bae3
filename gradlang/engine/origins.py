"""Which call of which function, model or layer made a value, for pictures that show more than operations.

Owns `Call`, one call that is open or was, and the switch: nothing is kept, and
next to nothing is paid, unless somebody may ask for a picture. Whoever calls
says so (`within`, and `enter` of the language, which is too hot for it);
`apply` knows nothing of it.

Invariants: a call is made before the calls inside it; what one call made was
made between its beginning and its end, so that whatever was made meanwhile is
its own or that of calls inside it. Calls keep no frames and no values alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from .value import STATE, Value

if TYPE_CHECKING:
    from ..source import Span


class Call:
    """One call.

    kind        "function", "model" or "layer"; "program" is what is outside of all of them
    name        what is called, as the program calls it
    span        where it is called       definition  where what is called was written, if that is the program
    outer       the call that it is in
    """

    __slots__ = ("definition", "kind", "name", "outer", "span")

    def __init__(self, kind: str, name: str, span: Span | None, definition: Span | None, outer: Call | None) -> None:
        self.kind = kind
        self.name = name
        self.span = span
        self.definition = definition
        self.outer = outer


PROGRAM = Call("program", "", None, None, None)
SERIAL = count()


@contextmanager
def calls_kept(wanted: bool = True) -> Iterator[None]:
    """Whatever is computed here knows which call made it, if that is wanted, or from when on it is (`keep_calls`)."""
    before = STATE.watchers, STATE.call
    if wanted:
        keep_calls()
    try:
        yield
    finally:
        STATE.watchers, STATE.call = before


def keep_calls() -> None:
    """Keeps calls from now on."""
    if STATE.call is None:
        STATE.watchers = (*STATE.watchers, keep)
        STATE.call = PROGRAM


def keep(v: Value, inputs: tuple[Value, ...]) -> None:
    v.origin = STATE.call or PROGRAM, next(SERIAL)


def serial() -> int:
    """A place among all that is made: what is made from now on comes after it."""
    return next(SERIAL)


def moved_here(v: Any, since: int) -> None:
    """Takes a value for made in this call and now, if it was made after that place."""
    origin = origin_of(v) if v.__class__ is Value else None
    if origin is not None and origin[1] > since:
        keep(v, ())


def within(kind: str, name: str, span: Span | None, function: Callable[[Value], Any], x: Value) -> Any:
    """`function(x)`, as a call of its own."""
    outer = STATE.call
    if outer is None:
        return function(x)
    STATE.call = Call(kind, name, span, None, outer)
    try:
        return function(x)
    finally:
        STATE.call = outer


def origin_of(v: Value) -> tuple[Call, int] | None:
    """The call that made a value, and its place among all that was made; None where nobody kept it."""
    return getattr(v, "origin", None)
