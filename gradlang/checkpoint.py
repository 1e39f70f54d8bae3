"""What a session was at some moment, so that it can be that again.

Owns the list of what a source can change: names, parameters and optimisers,
gradients, random numbers, imported files. Everything else in the language is
immutable.

Why a journal: parameters may lie anywhere (in closures, models, lists), so
whatever is changed in place says so itself, once (`engine.value.changing`).
Gradients of values that no name stands for are not kept: they come from the
last backward, which gives them again.
"""

from __future__ import annotations

from typing import Any

from .engine import autodiff, draws
from .engine.value import STATE, Value
from .language.runtime import RUN
from .language.scopes import Scope


class Checkpoint:
    """The state of a scope and its frame, taken now; what changes from here on is written into its journal."""

    def __init__(self, scope: Scope, frame: list[Any]) -> None:
        self.variables = dict(scope.variables)
        self.parameters = {v for v in scope.variables.values() if v.parameter}
        self.slots = list(frame)
        self.gradients = [(x, getattr(x, "grad", None)) for x in frame if x.__class__ is Value]
        self.random = draws.GENERATOR.state()
        self.root = RUN.last_root
        self.modules = dict(RUN.modules)
        self.journal: dict[Any, Any] = {}
        STATE.journal = self.journal

    def restore(self, scope: Scope, frame: list[Any]) -> None:
        """Makes everything what it was."""
        if self.root is not None and RUN.last_root is not self.root:
            again: dict[Any, Any] = {}
            STATE.journal = again
            autodiff.backward(self.root)
            put_back(again)  # parameters may have had newer gradients
        put_back(self.journal)
        for x, grad in self.gradients:
            if grad is not None:
                x.grad = grad
            elif hasattr(x, "grad"):
                del x.grad
        scope.variables = dict(self.variables)
        for variable in scope.variables.values():
            variable.parameter = variable in self.parameters
        frame[:] = self.slots
        draws.GENERATOR.restore(self.random)
        RUN.last_root = self.root
        RUN.modules = dict(self.modules)


def put_back(journal: dict[Any, Any]) -> None:
    """Undoes the changes of a journal; from here on they are nobody's."""
    for cell, state in journal.items():
        cell.restore(state)
    STATE.journal = None
