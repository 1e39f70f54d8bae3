"""What a loop can change that no name is bound to anew: parameters, optimisers, and gradients that values keep.

Owns the walk from the names that a loop mentions, through lists, functions,
models, optimisers and graphs, to the boxes.

Invariant: the order of what is found follows from the program alone, so another
process that has come to the same loop finds the same, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...engine.autodiff import topological
from ...engine.value import Box, Value
from ...syntax import tree
from ..builtins.learning import captured
from ..flow import mentioned
from ..values import Batches, Function, List, Model, Module, sequence


class Reached:
    """What was found, each once.

    values  those that something holds beside graphs
    leaves  those that gradients end in
    """

    def __init__(self) -> None:
        self.boxes: dict[Box, None] = {}
        self.optimisers: dict[Any, None] = {}
        self.functions: dict[Function, None] = {}
        self.values: dict[Value, None] = {}
        self.leaves: dict[Value, None] = {}


def contents(loop: tree.For, frame: list[Any], own: Iterable[int]) -> Iterator[Any]:
    """What stands in the names that a loop mentions; of its own frame without the slots `own`."""
    named, skipped = mentioned(loop), set(own)
    scope, at = loop.scope, frame
    while scope is not None:
        for variable in scope.variables.values():
            is_own = at is frame and variable.slot in skipped
            if variable in named and variable.slot < len(at) and not is_own:
                yield at[variable.slot]
        scope, at = scope.parent, at[0]


def reached(roots: Iterable[Any], found: Reached | None = None) -> Reached:
    """What can be reached from some things a program holds."""
    found = Reached() if found is None else found
    seen: set[int] = set()
    for root in roots:
        stack = [root]
        while stack:
            part = stack.pop()
            if part is None or id(part) in seen:
                continue
            seen.add(id(part))
            stack += reversed(met(part, found))
    return found


def met(part: Any, found: Reached) -> list[Any]:
    """Takes in one thing; what is to be looked at because of it."""
    if part.__class__ is Box:
        found.boxes[part] = None
    elif part.__class__ is Value:
        found.values[part] = None
        for v in topological(part) if part.needs else ():
            if v.op.__class__ is Box:
                found.boxes[v.op] = None
            if not v.inputs:
                found.leaves[v] = None
    elif part.__class__ is Function:
        found.functions[part] = None
        return [*captured(part), *part.defaults]
    elif isinstance(part, Model):
        return part.boxes
    elif isinstance(part, List | tuple):
        return list(sequence(part))
    elif part.__class__ is Module:
        return part.frame[1:]
    elif part.__class__ is Batches:
        return list(part.tensors)
    elif hasattr(part, "settings"):
        found.optimisers[part] = None
        return [*part.boxes, *memory_of(part)]
    return []


def memory_of(optimiser: Any) -> list[Box]:
    """The boxes in which an optimiser keeps what it has seen."""
    kept: list[Box] = []
    for held in vars(optimiser).values():
        if held.__class__ is Box:
            kept.append(held)
        elif isinstance(held, list) and held is not optimiser.boxes:
            kept += [box for box in held if box.__class__ is Box]
    return kept
