"""What names hold, as plain data and back: numbers, tensors, text, lists and tuples of these, parameters by number.

Owns `Writer` and `Reader`. Things stand in a table in which parts come before
what they are parts of, and one thing that has several holders is one entry: so
nothing recurses, and what was one value is one again, with one gradient. Single
numbers lie in one array, because text would lose bits of a nan.

Invariant: what cannot come back as it was is refused (`Unsavable`), a value with
a history in particular: its gradients would silently be others. Where histories
are taken nonetheless, gradients through them are a Fault later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any

from ...engine.ops import TABLE
from ...engine.table import Row
from ...engine.value import STATE, Box, Data, Value, leaf, shape_of
from ..values import FARTHEST, NONE, List, kind
from .histories import parameter_behind, with_lost_past

Plain = Any  # what JSON can say


class Unsavable(Exception):
    """Something that no file can hold."""

    def __init__(self, thing: Any) -> None:
        super().__init__(kind(thing))
        self.thing = thing


class Writer:
    """Makes a table of things; `boxes` are the parameters that they may refer to, by number."""

    def __init__(self, boxes: Mapping[Box, int]) -> None:
        self.boxes = boxes
        self.takes_histories = False  # for what they are worth: that there was one
        self.table: list[Plain] = []
        self.floats: list[float] = []
        self.arrays: list[Data] = []
        self.known: dict[int, int] = {}  # place in the table by identity: whoever asks holds the things

    def place(self, thing: Any) -> int:
        """The place of a thing in the table. Raises Unsavable."""
        stack = [(thing, False)]
        while stack:
            part, has_parts = stack.pop()
            if id(part) in self.known:
                continue
            if isinstance(part, List | tuple) and not has_parts and not is_plain_list(part):
                stack.append((part, True))
                stack += [(x, False) for x in reversed(items_of(part))]
            else:
                entry = self.entry(part)
                self.known[id(part)] = len(self.table)
                self.table.append(entry)
        return self.known[id(thing)]

    def entry(self, part: Any) -> Plain:
        if part is NONE:
            return ["none"]
        if part.__class__ is str:
            return ["text", part]
        if part.__class__ is range:
            return ["range", part.start, part.stop, part.step]
        if part.__class__ is Box and part in self.boxes:
            return ["parameter", self.boxes[part]]
        if part.__class__ is Value:
            return ["value", *self.value(part)]
        if is_plain_list(part):
            start = len(self.floats)
            self.floats += [x.data for x in items_of(part)]
            return ["numbers", start, len(self.floats) - start]
        if isinstance(part, List | tuple):
            return ["list" if part.__class__ is List else "tuple", [self.known[id(x)] for x in items_of(part)]]
        raise Unsavable(part)

    def value(self, x: Value) -> list[Plain]:
        """Its numbers, whether gradients flow to it, its name, what made it, and its gradient where it has one."""
        made_by: Plain = None
        if x.op.__class__ is Row:
            made_by = x.op.name
        elif x.op.__class__ is Box:
            if x.op not in self.boxes:
                raise Unsavable(x)
            made_by = [self.boxes[x.op], x.op.value is x]
        if x.inputs:
            if not self.takes_histories:
                raise Unsavable(x)
            box = parameter_behind(x)
            made_by = {"of": None if box is None else self.boxes.get(box)}
        return [self.data(x.data), x.needs, getattr(x, "name", None), made_by, self.gradient(x)]

    def data(self, data: Data) -> Plain:
        if data.__class__ is bool or data is None:
            return data
        if data.__class__ is float:
            self.floats.append(data)
            return ["f", len(self.floats) - 1]
        self.arrays.append(data)
        return ["a", len(self.arrays) - 1]

    def gradient(self, of: Value) -> Plain:
        return [self.data(of.grad)] if hasattr(of, "grad") else None


class Reader:
    """Makes things of a table. A table that no writer made raises what such a mistake raises in Python."""

    def __init__(self, floats: Sequence[float], arrays: Sequence[Data]) -> None:
        self.floats, self.arrays = floats, arrays
        if any([array.dtype not in (STATE.dtype, "bool") for array in arrays]):
            raise ValueError

    def things(self, table: list[Plain], boxes: Sequence[Box], leaves: Sequence[Value]) -> list[Any]:
        """The things, in the order of the table; `leaves` are what the parameters will hold."""
        made: list[Any] = []
        for word, *rest in table:
            if word == "none":
                made.append(NONE)
            elif word == "text":
                made.append(str(rest[0]))
            elif word == "range":
                if max([abs(n) for n in rest]) > FARTHEST:
                    raise ValueError
                made.append(range(*rest))
            elif word == "parameter":
                made.append(boxes[rest[0]])
            elif word == "numbers":
                start, count = rest
                made.append(List([leaf(x) for x in self.floats[int(start) : int(start) + int(count)]]))
            elif word == "value":
                made.append(self.value(rest, boxes, leaves))
            else:
                parts = [made[i] for i in rest[0]]
                made.append({"list": List, "tuple": tuple}[word](parts))
        return made

    def value(self, entry: list[Plain], boxes: Sequence[Box], leaves: Sequence[Value]) -> Value:
        data, needs, name, made_by, grad = entry
        if isinstance(made_by, list) and made_by[1]:
            return leaves[made_by[0]]
        if isinstance(made_by, dict):
            of = made_by["of"]
            x = with_lost_past(self.data(data), None if of is None else leaves[of])
        else:
            x = leaf(self.data(data), bool(needs))
        self.check(x.data, x.shape)
        if isinstance(made_by, str):
            x.op = TABLE[made_by]
        elif isinstance(made_by, list):
            x.op = boxes[made_by[0]]
        if name is not None:
            x.name = str(name)
        if grad is not None:
            x.grad = self.numbers(grad[0])
            self.check(x.grad, x.shape)
        return x

    def data(self, plain: Plain) -> Data:
        if plain is None or plain.__class__ is bool:
            return plain
        word, i = plain
        return self.floats[i] if word == "f" else self.arrays[i]

    def numbers(self, plain: Plain) -> Data:
        """As `data`, where there is no true or false. Raises ValueError."""
        data = self.data(plain)
        if data.__class__ is bool or data.__class__ not in (float, NoneType) and data.dtype == bool:
            raise ValueError
        return data

    @staticmethod
    def check(data: Data, shape: tuple[int, ...]) -> None:
        """Raises ValueError where numbers, or none, are not of a shape."""
        if data is not None and shape_of(data) != shape:
            raise ValueError


def items_of(x: Any) -> Sequence[Any]:
    items: Sequence[Any] = x.items() if x.__class__ is List else x
    return items


def is_plain_list(x: Any) -> bool:
    """Whether a list holds bare numbers alone, as a log of losses does."""
    return x.__class__ is List and all([is_bare(item) for item in items_of(x)])


def is_bare(x: Any) -> bool:
    """Whether a value is a number and nothing else."""
    if x.__class__ is not Value or x.data.__class__ is not float or x.needs or x.op is not None:
        return False
    return not hasattr(x, "name") and not hasattr(x, "grad")
