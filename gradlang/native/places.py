"""Where the numbers of a pass come from and where they go: names, parameters, gradients, items, random draws.

Owns how state outside of the tape is found and put back. Frames are lists, as
the interpreter has them; nothing here knows what a slot is called or why.

Invariant: two places with equal keys are the same place while both exist.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..engine.value import Box, Data, Value, changing, leaf

Frame = list[Any]
Path = tuple[int, ...]
Key = tuple[Any, ...]


MOST_PARTS = 1000  # of a tuple, with those of the tuples in it: one that holds another twice has twice as many


class Broad(Exception):
    """A tuple has too many parts to be followed."""


def leaves(x: Any) -> Iterator[tuple[Path, Any]]:
    """What a tuple holds, however deep; anything else holds itself. Raises Broad."""
    parts: list[tuple[Path, Any]] = [((), x)]
    count = 0
    while parts:
        path, part = parts.pop()
        if part.__class__ is not tuple:
            yield path, part
            continue
        count += len(part)
        if count > MOST_PARTS:
            raise Broad
        parts += [((*path, i), part[i]) for i in range(len(part) - 1, -1, -1)]


def leaf_at(x: Any, path: Path) -> Any:
    """What a tuple holds at a place; None where that is nothing, or a tuple."""
    for i in path:
        if x.__class__ is not tuple or i >= len(x):
            return None
        x = x[i]
    return None if x.__class__ is tuple else x


class Name:
    """A value in a slot of a frame, or in a tuple there."""

    __slots__ = ("frame", "is_moving", "key", "path", "slot")

    def __init__(self, frame: Frame, slot: int, path: Path, is_moving: bool) -> None:
        self.frame, self.slot, self.path = frame, slot, path
        self.is_moving = is_moving  # whether the loop may bind it
        self.key: Key = ("name", id(frame), slot, path)

    def content(self) -> Any:
        """What stands there; None where there is nothing."""
        x = self.frame[self.slot]
        for i in self.path:
            if x.__class__ is not tuple or i >= len(x):
                return None
            x = x[i]
        return x

    def owner(self) -> Any:
        x = self.content()
        return x if x.__class__ is Value else None

    def write(self, value: Value) -> None:
        self.frame[self.slot] = replaced(self.frame[self.slot], self.path, value)


def replaced(x: Any, path: Path, value: Value) -> Any:
    """A tuple with another value at a path."""
    if not path:
        return value
    i = path[0]
    return (*x[:i], replaced(x[i], path[1:], value), *x[i + 1 :])


class Parameter:
    """The numbers of a box."""

    __slots__ = ("box", "key")

    def __init__(self, box: Box) -> None:
        self.box = box
        self.key: Key = ("parameter", id(box))

    def owner(self) -> Any:
        return self.box.value

    def write(self, value: Value) -> None:
        self.box.store(value.data)


class Held:
    """One very value, wherever the program holds it."""

    __slots__ = ("key", "value")

    def __init__(self, value: Value) -> None:
        self.value = value
        self.key: Key = ("held", id(value))

    def owner(self) -> Any:
        return self.value


class Gradient:
    """The gradient of a box, or of what stands at a place."""

    __slots__ = ("key", "of")

    def __init__(self, of: Name | Held | Box) -> None:
        self.of = of
        self.key: Key = ("gradient", *(("box", id(of)) if isinstance(of, Box) else of.key))

    def data(self) -> Data:
        owner = self.of if isinstance(self.of, Box) else self.of.owner()
        return None if owner is None else getattr(owner, "grad", None)

    def set(self, data: Data) -> None:
        owner = self.of if isinstance(self.of, Box) else self.of.owner()
        if isinstance(owner, Box):
            changing(owner)
        owner.grad = data


class Item(NamedTuple):
    """A number of the item that the loop goes over, or the index by which that item was taken from a tensor."""

    path: Path
    is_index: bool


class Draw(NamedTuple):
    """Random numbers: a method of the generator and its arguments."""

    kind: str
    arguments: tuple[Any, ...]


Input = Name | Parameter | Gradient
Stream = Item | Draw


class Template:
    """What a value is besides its numbers, so that it can be made anew with others. Holds no graph."""

    __slots__ = ("attrs", "identity", "name", "needs", "op", "span")

    def __init__(self, value: Value) -> None:
        self.identity = id(value)  # equal templates of one pass are one value
        self.needs, self.span = value.needs, value.span
        is_cut = not value.inputs and value.op.__class__ is not Box  # an operation without a gradient is remembered
        self.op, self.attrs = (value.op, value.attrs) if is_cut else (None, None)
        self.name = getattr(value, "name", None)

    def made(self, data: Data) -> Value:
        value = leaf(data, self.needs, self.span)
        value.op, value.attrs = self.op, self.attrs
        if self.name is not None:
            value.name = self.name
        return value


def reached(roots: Iterable[Value], stop: Iterable[Value] = ()) -> list[Value]:
    """The values that gradients flow to from some others, these included; not beyond those in `stop`."""
    ends = {id(v) for v in stop}
    seen: set[int] = set()
    found: list[Value] = []
    stack = list(roots)
    while stack:
        v = stack.pop()
        if id(v) not in seen:
            seen.add(id(v))
            found.append(v)
            if id(v) not in ends:
                stack += [x for x in v.inputs if x.needs]
    return found


def observed(value: Value, dead: list[Value]) -> str:
    """Why somebody could still ask for a gradient through the past of a value that one name holds; "" if nobody can.

    Counts who holds what: a value of that past must be held by operations of it alone, or by those of `dead` values,
    which nobody can read before they are replaced (each held once). Python's own counts of references are used: they
    miss no frame, list or closure.
    """
    past = reached([value])
    parameters = [v.name for v in past if v.op.__class__ is Box]
    if parameters:
        return f"depends on the parameter `{parameters[0]}`"
    in_past = {id(v) for v in past}
    near = [root for root in dead if any(id(v) in in_past for v in reached([root]))]  # others are no matter
    everything = reached([value, *near])
    held = Counter([id(value), *[id(v) for v in dead]])  # the names
    held.update([id(x) for v in everything for x in v.inputs])
    ours = Counter([id(v) for v in (*everything, *past, *dead, *near, value)])  # these lists, and the argument
    counts = [sys.getrefcount(v) - 2 for v in everything]  # without the call's and the loop's
    after = users_of(past, everything)
    for v, count in zip(everything, counts, strict=True):
        if id(v) in after and count > held[id(v)] + ours[id(v)]:
            return f"depends on {named(v)} that is still held"
    return ""


def users_of(some: Iterable[Value], among: Iterable[Value]) -> set[int]:
    """Those, by identity, through which gradients flow to some values, these included."""
    users: dict[int, list[int]] = {}
    for v in among:
        for x in v.inputs:
            users.setdefault(id(x), []).append(id(v))
    found: set[int] = set()
    stack = [id(v) for v in some]
    while stack:
        v_id = stack.pop()
        if v_id not in found:
            found.add(v_id)
            stack += users.get(v_id, [])
    return found


def named(value: Value) -> str:
    return f"`{value.name}`" if hasattr(value, "name") else "a value"
