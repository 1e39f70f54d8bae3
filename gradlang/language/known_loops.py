"""The loops of a run: what is known of each, what makes programs of their passes, and what a pass can see.

Owns `Loops`, which lives as long as the run. Nothing of `native` is imported
before a loop needs it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ..syntax import tree
from .patience import Heat, Scale
from .runtime import RUN

if TYPE_CHECKING:
    from ..native.choice import Backend
    from ..native.loops import Loop
    from ..native.recording import View

Node = tree.For | tree.While


class Loops:
    """The loops of a run, and those that are running now."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_patient = name == "auto"  # whether a loop must be worth it, or is recorded at once
        self.heats: defaultdict[Node, Heat] = defaultdict(Heat)
        self.told: dict[Node, Heat] = {}  # of loops that ran in parts, each knowing nothing of the others
        self.running: list[Heat] = []
        self.flows: dict[Any, Any] = {}
        self.scale: Scale | None = None  # what weighs a pass now

    @property
    def everything(self) -> dict[Node, Heat]:
        return {**self.heats, **self.told}

    @property
    def known(self) -> dict[Node, Loop]:
        return {node: heat.loop for node, heat in self.everything.items() if heat.loop is not None}

    def tell(self, part: Loops) -> None:
        """Adds what was learned in a part, for nobody but who wants to be told."""
        for node, heat in part.everything.items():
            before = self.told.get(node)
            if heat.loop is not None:
                heat.loop.drop()
            if before is not None:
                heat.add(before)
            self.told[node] = heat

    @property
    def weighed(self) -> int:
        """Operations of the pass that is on the scale, so far."""
        return 0 if self.scale is None else self.scale.operations

    def of(self, heat: Heat) -> Loop:
        if heat.loop is None:
            from ..native.loops import Loop

            heat.loop = Loop(backend(self.name), self.is_patient)
        return heat.loop


def backend(name: str) -> Backend:
    """What makes programs of kernels, by name. Raises ImportError."""
    if name == "auto":
        from ..native.later import Later

        return Later
    if name == "replay":
        from ..native import replay

        return replay.Program
    from ..native.choice import fastest_or_replayed

    return fastest_or_replayed


def view_of(node: Node, frame: list[Any], never_empty: frozenset[Any]) -> View:
    from ..native.recording import View
    from .flow import flow, mentioned

    flows = RUN.loops.flows
    key = (node, never_empty)
    if key not in flows:
        flows[key] = flow(node, node.scope, never_empty)
    if node not in flows:
        flows[node] = mentioned(node)
    cells: list[tuple[list[Any], int]] = []
    scope, at = node.scope, frame
    while scope is not None:
        for variable in scope.variables.values():
            if (variable in flows[node] or variable.captured) and variable.slot < len(at):
                cells.append((at, variable.slot))
        scope, at = scope.parent, at[0]
    names = {v.slot: v.name for v in node.scope.variables.values()}
    found = flows[key]
    return View(frame, cells, found.may, found.exposed, found.live, names, last_roots)


def last_roots() -> list[Any]:
    """The root of the last backward is kept for pictures; no program can reach it there."""
    return [] if RUN.last_root is None else [RUN.last_root]
