"""A nested graph taken apart: every block becomes a graph of its own.

Owns what stands in a block (its nodes, the blocks in it, its ports) and the
wires between those. Knows nothing of columns or coordinates.

Invariants: a value from outside is wired from one port ("i", value), however
often the block uses it; a value used outside is wired to one port ("o", value);
what happens in a block inside is hidden behind that block's ports. So no wire
can cross a border but at a port. The wires into a node stand in the order of
the node's inputs. The work grows with the wires that come out, not with the
depth of the nesting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

# What stands in a column: a node "n", a block "b", a port in "i" or out "o", or "v", a wire that only passes.
# The number is a node's or a block's id; for ports and passing wires it is the node whose value they carry.
Item = tuple[str, int]
Wire = tuple[int, int, int]  # where from, where to, and the node whose value it carries


@dataclass(slots=True)
class Graph:
    """What is to be laid out; node 3 is the fourth entry of `inputs` and `blocks`.

    inputs   of each node, the nodes it was made from: all have smaller ids
    blocks   of each node, the innermost block it is in
    parents  of each block, the block around it: a smaller id; block 0 is the whole picture, its own parent
    """

    inputs: Sequence[Sequence[int]]
    blocks: Sequence[int]
    parents: Sequence[int] = (0,)


@dataclass(slots=True)
class Part:
    """One block as a graph: wires go from member to member, by position."""

    members: list[Item] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)


def parts_of(graph: Graph) -> list[Part]:
    """The graph of every block."""
    return Wiring(graph).parts


class Wiring:
    """The state of taking a graph apart."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.parts = [Part() for _ in graph.parents]
        self.first, self.last = nested_intervals(graph.parents)
        self.places: dict[tuple[int, str, int], int] = {}  # (block, *item): position among the block's members
        self.sources: dict[tuple[int, int], int] = {}  # (block, node): the block inside from which its value comes
        self.tops = list(graph.blocks)  # of each node, the outermost block that its value is wired up to
        for node, block in enumerate(graph.blocks):
            self.place(block, "n", node)
        for block, parent in enumerate(graph.parents):
            if block:
                self.place(parent, "b", block)
        for node, inputs in enumerate(graph.inputs):
            for value in inputs:
                self.connect(value, node)

    def place(self, block: int, kind: str, id: int) -> int:
        """The position of an item among a block's members, which it joins if it is new."""
        members = self.parts[block].members
        position = self.places.setdefault((block, kind, id), len(members))
        if position == len(members):
            members.append((kind, id))
        return position

    def contains(self, block: int, inner: int) -> bool:
        return self.first[block] <= self.first[inner] <= self.last[block]

    def connect(self, value: int, node: int) -> None:
        """Wires a value to a node: up out of the blocks that only the value is in, and down into the node's."""
        home, block = self.graph.blocks[value], self.graph.blocks[node]
        kind, target = "n", node
        while not self.contains(block, home):
            is_new = (block, "i", value) not in self.places
            self.wire(block, ("i", value), (kind, target), value)
            if not is_new:
                return
            kind, target, block = "b", block, self.graph.parents[block]
        self.leave(value, block)
        inner = self.sources.get((block, value))
        self.wire(block, ("n", value) if inner is None else ("b", inner), (kind, target), value)

    def leave(self, value: int, until: int) -> None:
        """Wires a value out of the blocks around it, up to one that contains the user."""
        top = self.tops[value]
        while not self.contains(top, until):
            inner = self.sources.get((top, value))
            self.wire(top, ("n", value) if inner is None else ("b", inner), ("o", value), value)
            self.sources[self.graph.parents[top], value] = top
            top = self.graph.parents[top]
        self.tops[value] = top

    def wire(self, block: int, source: Item, target: Item, value: int) -> None:
        self.parts[block].wires.append((self.place(block, *source), self.place(block, *target), value))


def nested_intervals(parents: Sequence[int]) -> tuple[list[int], list[int]]:
    """Numbers for blocks such that those inside one are numbered from its first to its last."""
    sizes = [1] * len(parents)
    for block in range(len(parents) - 1, 0, -1):
        sizes[parents[block]] += sizes[block]
    first, free = [0] * len(parents), [1] * len(parents)
    for block in range(1, len(parents)):
        parent = parents[block]
        first[block] = free[parent]
        free[parent] += sizes[block]
        free[block] = first[block] + 1
    return first, [f + size - 1 for f, size in zip(first, sizes, strict=True)]
