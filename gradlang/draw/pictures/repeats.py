"""What was computed again and again, found by its traces: the same places of the program, over and over.

Owns the tree of groups of a graph: operations and blocks in the order in which
they were made, where runs of the same kind are one group that stands for all.
Knows nothing of loops: a `for`, a comprehension and a recursion look alike here.

Invariants: a group holds what was made without a break; the passes of a
repetition have the same parts in the same order. Nothing recurses.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from ...engine.origins import Call, origin_of
from .blocks import Block
from .nodes import Node

ROUNDS = 6  # loops in loops that are found


class Group:
    """A block with what is directly in it: operations by id, and groups.

    parts   in the order in which they were made; of a repetition, those of its last pass
    others  the parts of the earlier passes of a repetition
    key     the same for groups that do the same
    """

    __slots__ = ("block", "key", "others", "parts")

    def __init__(self, block: Block, parts: list[Part], others: list[list[Part]]) -> None:
        self.block = block
        self.parts = parts
        self.others = others
        self.key = -1

    @property
    def passes(self) -> list[list[Part]]:
        return [*self.others, self.parts]


Part = int | Group


def operations(parts: Sequence[Part]) -> Iterator[int]:
    """Every operation in some parts, those of all passes."""
    stack: list[Part] = [*reversed(parts)]
    while stack:
        part = stack.pop()
        if isinstance(part, Group):
            stack += [x for passed in reversed(part.passes) for x in reversed(passed)]
        else:
            yield part


def grouped(nodes: Sequence[Node], blocks: list[Block], calls: Sequence[Call]) -> Group:
    """The tree of all operations. Adds the repetitions to the blocks."""
    groups = [Group(block, [], []) for block in blocks]
    placed = {0}
    for node in sorted([n for n in nodes if n.kind == "operation"], key=made_at):
        at, entered = node.block, []
        while at not in placed:
            entered.append(at)
            placed.add(at)
            at = blocks[at].parent
        for block in reversed(entered):
            groups[blocks[block].parent].parts.append(groups[block])
        groups[node.block].parts.append(node.id)
    keys = Keys(nodes)
    for group in reversed(groups):  # inner ones first
        group.parts = folded(group.parts, group.block, blocks, keys)
        group.key = keys.of_group(group, calls[group.block.id])
    return groups[0]


def made_at(node: Node) -> int:
    """When a node was made; where nobody kept that, its place in the graph, which is an order, too."""
    origin = origin_of(node.value) if node.value is not None else None
    return origin[1] if origin is not None else node.id


class Keys:
    """Numbers for what operations and groups do: the same number, the same place of the program and the same parts."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.numbers: dict[Hashable, int] = {}

    def number(self, key: Hashable) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def of(self, part: Part) -> int:
        if isinstance(part, Group):
            return part.key
        node = self.nodes[part]
        span = node.value.span if node.value is not None else None
        place = (span.source.name, span.start, span.end) if span is not None else node.shape
        return self.number((getattr(node.value.op, "name", "") if node.value is not None else node.op, place))

    def of_group(self, group: Group, call: Call) -> int:
        """Layers have no place in the program: they are alike if their shapes are."""
        place: Hashable = (call.span.source.name, call.span.start) if call.span is not None else None
        if call.kind == "layer":
            inside = [self.nodes[part] for part in group.parts if isinstance(part, int)]
            place = tuple([tuple([self.nodes[i].shape for i in node.inputs]) for node in inside])
        return self.number((call.kind, place, tuple([self.of(part) for part in group.parts])))

    def of_repeat(self, parts: Sequence[Part], times: int) -> int:
        return self.number(("repeat", times, tuple([self.of(part) for part in parts])))


def folded(parts: list[Part], outer: Block, blocks: list[Block], keys: Keys) -> list[Part]:
    """The parts with each run of passes as one group, runs of such runs included."""
    for _ in range(ROUNDS):
        found = list(runs([keys.of(part) for part in parts]))
        if not found:
            break
        made: list[Part] = []
        end = 0
        for start, length, times in found:
            passes = [parts[at : at + length] for at in range(start, start + length * times, length)]
            block = Block(len(blocks), "repeat", "", "", outer.id, None, times)
            blocks.append(block)
            group = Group(block, passes[-1], passes[:-1])
            group.key = keys.of_repeat(group.parts, times)
            made += [*parts[end:start], group]
            end = start + length * times
        parts = [*made, *parts[end:]]
    return parts


def runs(keys: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Where something is repeated without a break: start, length of one pass, how many passes."""
    last: dict[int, int] = {}
    i = 0
    while i < len(keys):
        start = last.get(keys[i])
        last[keys[i]] = i
        length = i - start if start is not None else 0
        if start is None or keys[start:i] != keys[i : i + length]:
            i += 1
            continue
        times = 2
        while keys[start:i] == keys[start + times * length : start + (times + 1) * length]:
            times += 1
        yield start, length, times
        i = start + times * length
        last.clear()
