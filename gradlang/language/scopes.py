"""The names of a program as the resolver decides them: scopes, their variables, and what a name means at a place.

Plain data, written by the resolver; sessions declare the names they are given.
Frames are lists whose element 0 is the enclosing frame, so slots count from 1.
"""

from __future__ import annotations

from ..source import Span


class Variable:
    """A name of one scope: its slot, and what may stand in it."""

    __slots__ = ("boxed", "captured", "name", "parameter", "scope", "slot", "span")

    def __init__(self, name: str, scope: Scope, slot: int, span: Span | None) -> None:
        self.name = name
        self.scope = scope
        self.slot = slot
        self.span = span  # of the first binding
        self.parameter = False  # declared by `param`
        self.boxed = False  # a parameter may stand in the slot, so that functions may update it
        self.captured = False  # a function reads it, whenever it is called


class Scope:
    """The names of a module, function or comprehension.

    `free` lists the variables of outer scopes that its code reads, with their
    distance in frames; `parameters(closure)` walks it. A scope that is `open`
    gets further sources, in which any of its names may become a parameter.
    """

    __slots__ = ("free", "kind", "open", "parent", "variables")

    def __init__(self, kind: str, parent: Scope | None = None, open: bool = False) -> None:
        self.kind = kind
        self.parent = parent
        self.open = open
        self.variables: dict[str, Variable] = {}
        self.free: dict[Variable, int] = {}

    def declare(self, name: str, span: Span | None = None) -> Variable:
        variable = self.variables.get(name)
        if variable is None:
            variable = self.variables[name] = Variable(name, self, len(self.variables) + 1, span)
            variable.boxed = self.open
        return variable

    @property
    def size(self) -> int:
        """Slots of a frame, element 0 included."""
        return len(self.variables) + 1

    def names(self) -> list[str]:
        """All names that can be seen from here, the nearest first."""
        found: list[str] = []
        scope: Scope | None = self
        while scope is not None:
            found += scope.variables
            scope = scope.parent
        return found


class Binding:
    """What a name means where it stands: `variable`, `depth` frames out, or the builtin `builtin`.

    `checked` marks an assignment inside the loop that binds the name: if a
    parameter stands there when it runs, the assignment is a mistake.
    """

    __slots__ = ("builtin", "checked", "depth", "variable")

    def __init__(self, variable: Variable | None, depth: int, builtin: str | None = None) -> None:
        self.variable = variable
        self.depth = depth
        self.builtin = builtin
        self.checked = False
