"""A graph by its modules: each innermost call of a function, model or layer is one node.

Owns what is drawn as one node, and what a repetition shows: its last pass, once
for all. Calls that have calls inside are blocks around them, and operations
outside of calls stay nodes, unless that is too much to be read: then outer calls
become nodes, and in the end runs of operations.

Invariants: the result is a graph without circles, in topological order; the
root is in it. Nothing recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from .blocks import Block, call_blocks, handed_from, is_part_of, place_leaves
from .nodes import Node
from .passes import Passes
from .repeats import Group, Part, grouped, operations

DEEPEST = 8  # calls in calls that a picture shows
RUNS = 60  # of operations, where nothing else makes a picture of few nodes


def module_nodes(nodes: Sequence[Node], most: int) -> tuple[list[Node], list[Block]]:
    """Nodes and blocks of the picture by modules, with at most about so many nodes."""
    blocks, calls = call_blocks(nodes)
    root = grouped(nodes, blocks, calls)
    depths, passes = depths_of(root), Passes(nodes, root)
    deepest = min(max(depths.values()), DEEPEST + 1)
    chosen = Modules(nodes, root, passes, is_innermost if deepest <= DEEPEST else closing_from(DEEPEST, depths))
    for depth in range(deepest - 1, 0, -1):
        if len(chosen.shown) <= most:
            break
        chosen = Modules(nodes, root, passes, closing_from(depth, depths))
    if len(chosen.shown) > most:
        in_runs(root, blocks)
        chosen = Modules(nodes, root, passes, lambda group: group.block.kind == "part" or is_innermost(group))
    return chosen.picture()


def closing_from(depth: int, depths: dict[Group, int]) -> Callable[[Group], bool]:
    """Closes the calls that are so deep in others."""
    return lambda group: is_innermost(group) or group.block.kind != "repeat" and depths[group] >= depth


def is_innermost(group: Group) -> bool:
    """Whether a call has no calls in it."""
    if group.block.kind in ("picture", "repeat"):
        return False
    stack: list[Part] = [*group.parts]
    while stack:
        part = stack.pop()
        if isinstance(part, Group):
            if part.block.kind != "repeat":
                return False
            stack += part.parts
    return True


def depths_of(root: Group) -> dict[Group, int]:
    depths = {root: 0}
    stack = [root]
    while stack:
        group = stack.pop()
        for part in [part for parts in group.passes for part in parts]:
            if isinstance(part, Group):
                depths[part] = depths[group] + (part.block.kind != "repeat")
                stack.append(part)
    return depths


def in_runs(root: Group, blocks: list[Block]) -> None:
    """Puts what is directly in the picture into parts of equal length."""
    length = -(-len(root.parts) // RUNS)
    parts: list[Part] = []
    for start in range(0, len(root.parts), length):
        run = root.parts[start : start + length]
        count = sum(1 for _ in operations(run))
        block = Block(len(blocks), "part", f"{count:,} operations", f"{count:,} operations", 0, None)
        blocks.append(block)
        parts.append(Group(block, run, []))
    root.parts = parts


class Modules:
    """One way to draw a tree of groups, some of them closed.

    shown   by operation or closed group, the frame it is drawn in
    target  by operation, what is drawn for it: an operation, or a closed group
    """

    def __init__(self, nodes: Sequence[Node], root: Group, passes: Passes, closes: Callable[[Group], bool]) -> None:
        self.nodes = nodes
        self.passes = passes
        self.frames: list[Block] = []
        self.frame_of: dict[int, Block] = {}  # by the block of a group
        self.names: dict[Group, str] = {}  # of closed groups that stand for several
        self.shown: dict[Part, int] = {}
        self.target: dict[int, Part] = {}
        self.open(root, closes)
        for i in passes.like:
            self.target[i] = self.target[passes.drawn(i)]

    def open(self, root: Group, closes: Callable[[Group], bool]) -> None:
        """Finds what is drawn, and the frames around it."""
        stack = [(root, 0)]
        while stack:
            group, parent = stack.pop()
            block = group.block
            frame = replace(block, id=len(self.frames), parent=parent, chain=block.id in self.passes.chains)
            self.frames.append(frame)
            self.frame_of[block.id] = frame
            for part in group.parts:
                if isinstance(part, Group):
                    part = self.alone(part, closes)
                if not isinstance(part, Group):
                    self.shown[part] = frame.id
                    self.target[part] = part
                elif closes(part):
                    self.shown[part] = frame.id
                    self.target |= dict.fromkeys(operations([part]), part)
                else:
                    stack.append((part, frame.id))

    def alone(self, group: Group, closes: Callable[[Group], bool]) -> Group:
        """The closed group that is all of a repetition: it has no frame around it; any other group as it is."""
        only = group.parts[0] if group.block.kind == "repeat" and len(group.parts) == 1 else None
        if not isinstance(only, Group) or not closes(only):
            return group
        self.names[only] = name_of_all([part for parts in group.passes for part in parts if isinstance(part, Group)])
        return only

    # ── the nodes ──

    def picture(self) -> tuple[list[Node], list[Block]]:
        inputs = self.inputs()
        results = {target: i for i, target in sorted(self.target.items(), key=lambda pair: pair[0])}
        order = topological(inputs)
        ids = {part: i for i, part in enumerate(order)}
        made = [self.node(part, ids, inputs[part], results) for part in order]
        place_leaves(made, self.frames)
        self.take_out_shared({part: made[at] for part, at in ids.items() if part not in self.shown})
        return made, self.frames

    def inputs(self) -> dict[Part, list[Part]]:
        """By what is drawn, what it was computed from: `a * a` from two."""
        inputs: dict[Part, list[Part]] = {part: [] for part in self.shown}
        private = self.private_leaves()
        for node in [node for node in self.nodes if node.id in self.target]:
            target = self.target[node.id]
            for k, i in enumerate(node.inputs):
                source = self.source(k, i, node.id)
                if source is None or source == target or source in private:
                    continue
                if source not in inputs[target] or target == node.id and i in node.inputs[:k]:
                    inputs[target].append(source)
        for leaf in {source for sources in inputs.values() for source in sources} - inputs.keys():
            inputs[leaf] = []
        return inputs or {node.id: [] for node in self.nodes}  # where nothing was computed, there is a leaf

    def source(self, k: int, i: int, user: int) -> Part | None:
        """What is drawn for an input of an operation, if anything is."""
        if i in self.target:
            return self.target[i] if self.passes.link(i, user) is None else None
        return i if self.passes.is_told(k, user) else None

    def private_leaves(self) -> set[Part]:
        """The leaves of which one closed group alone knows: it holds them. What is handed to a call is shown."""
        users: dict[int, set[Part]] = {}
        for node in self.nodes:
            for k, i in enumerate(node.inputs):
                if i not in self.target and self.passes.is_told(k, node.id):
                    users.setdefault(i, set()).add(self.target[node.id])
        return {
            leaf
            for leaf, (user, *others) in users.items()
            if not others and isinstance(user, Group)
            if user.block.call is None or is_part_of(self.nodes[leaf], user.block.call)
        }

    def take_out_shared(self, leaves: dict[Part, Node]) -> None:
        """Puts leaves out of the repetitions of which they belong to more than the last pass."""
        for user in self.nodes:
            shared = {self.frame_of[repeat].id for repeat in self.shared_by(user)}
            for leaf in [leaves[i] for i in user.inputs if i in leaves] if shared else ():
                at = leaf.block
                while at:
                    if at in shared:
                        leaf.block = self.frames[at].parent
                    at = self.frames[at].parent
        for leaf in leaves.values():
            leaf.block = handed_from(leaf, leaf.block, self.frames)

    def shared_by(self, user: Node) -> list[int]:
        """The repetitions with a frame of which an operation is in an earlier pass."""
        if user.kind != "operation":
            return []
        return [repeat for repeat, _ in self.passes.earlier(user.id) if repeat in self.frame_of]

    def node(self, part: Part, ids: dict[Part, int], inputs: list[Part], results: dict[Part, int]) -> Node:
        at, sources = ids[part], tuple([ids[source] for source in inputs])
        if isinstance(part, Group):
            block, result = part.block, self.nodes[results[part]]
            line, op = block.line or result.line, self.names.get(part, block.name)
            its = {"kind": "module", "op": op, "line": line, "block": self.shown[part], "call": block.call}
            return replace(result, id=at, inputs=sources, **its)  # type: ignore[arg-type]
        return replace(self.nodes[part], id=at, inputs=sources, block=self.shown.get(part, 0))


def name_of_all(passes: Sequence[Group]) -> str:
    """What the passes of a repetition are called."""
    first, last = passes[0].block.name, passes[-1].block.name
    return f"{first if first == last else f'{first} … {last}'} ×{len(passes):,}"


def topological(inputs: dict[Part, list[Part]]) -> list[Part]:
    """Inputs first."""
    order: dict[Part, None] = {}
    for start in inputs:
        stack = [(start, False)]
        while stack:
            part, ready = stack.pop()
            if ready:
                order[part] = None
            elif part not in order:
                stack.append((part, True))
                stack += [(x, False) for x in reversed(inputs[part]) if x not in order]
    return list(order)
