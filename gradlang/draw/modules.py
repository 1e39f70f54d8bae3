"""A graph by its modules: each innermost call of a function, model or layer is one node.

Owns what is drawn as one node, and what a repetition shows: its last pass, once
for all. Calls that have calls inside are blocks around them, and operations
outside of calls stay nodes, unless that is too much to be read: then outer calls
become nodes, and in the end runs of operations.

Invariants: the result is a graph without circles, in topological order; the
root is in it. Nothing recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .blocks import Block, call_blocks, handed_from, is_part_of, place_leaves
from .graph import Node
from .repeats import Group, Part, grouped

DEEPEST = 8  # calls in calls that a picture shows
Spot = tuple[tuple[int, int], ...]  # the repetitions that something is in, from the outermost, and in which pass


def module_nodes(nodes: Sequence[Node], most: int) -> tuple[list[Node], list[Block]]:
    """Nodes and blocks of the picture by modules, with at most about so many nodes."""
    blocks, calls = call_blocks(nodes)
    root = grouped(nodes, blocks, calls)
    depths = depths_of(root)
    deepest = min(max(depths.values()), DEEPEST + 1)
    chosen = Modules(nodes, root, is_innermost if deepest <= DEEPEST else closing_from(DEEPEST, depths))
    for depth in range(deepest - 1, 0, -1):
        if len(chosen.shown) <= most:
            break
        chosen = Modules(nodes, root, closing_from(depth, depths))
    if len(chosen.shown) > most:
        in_runs(root, blocks, most)
        chosen = Modules(nodes, root, lambda group: group.block.kind == "part" or is_innermost(group))
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


def in_runs(root: Group, blocks: list[Block], most: int) -> None:
    """Puts what is directly in the picture into parts of equal length."""
    length = -(-len(root.parts) // max(most // 2, 1))
    parts: list[Part] = []
    for start in range(0, len(root.parts), length):
        run = root.parts[start : start + length]
        count = sum(1 for _ in operations(run))
        block = Block(len(blocks), "part", f"{count:,} operations", f"{count:,} operations", 0, None)
        blocks.append(block)
        parts.append(Group(block, run, []))
    root.parts = parts


def operations(parts: Sequence[Part]) -> Iterator[int]:
    """Every operation in some parts, those of all passes."""
    stack: list[Part] = [*reversed(parts)]
    while stack:
        part = stack.pop()
        if isinstance(part, Group):
            stack += [x for passed in reversed(part.passes) for x in reversed(passed)]
        else:
            yield part


class Modules:
    """One way to draw a tree of groups, some of them closed.

    shown   by operation or closed group, the frame it is drawn in
    target  by operation, what stands for it: an operation, or a closed group
    """

    def __init__(self, nodes: Sequence[Node], root: Group, closes: Callable[[Group], bool]) -> None:
        self.nodes = nodes
        self.frames: list[Block] = []
        self.shown: dict[Part, int] = {}
        self.target: dict[int, Part] = {}
        self.like: dict[int, int] = {}  # by operation of a pass that is not drawn, the one of that which is
        self.spots: dict[int, Spot] = {}
        self.frame_of: dict[int, Block] = {}  # by the block of a group
        self.names: dict[Group, str] = {}  # of closed groups that stand for several
        self.last: dict[int, int] = {}  # by repetition, its last pass
        self.users: dict[int, set[Part]] = {}  # by leaf, what is drawn that uses it
        self.shared: dict[int, set[int]] = {}  # by leaf, the repetitions that do not have one for each pass
        self.open(root, closes)
        self.find_spots(root)
        self.chains = {at for node in nodes for i in node.inputs if (at := self.link(i, node.id)) is not None}
        for at in self.chains & self.frame_of.keys():
            self.frame_of[at].chain = True
        for node in nodes:
            for k, i in enumerate(node.inputs):
                if i in self.spots:
                    continue
                self.shared.setdefault(i, set()).update([at for at, n in self.spots[node.id] if n != self.last[at]])
                if self.is_told_of(k, node.id):
                    self.users.setdefault(i, set()).add(self.target[node.id])

    def open(self, root: Group, closes: Callable[[Group], bool]) -> None:
        """Finds what is drawn; then, what stands for the earlier passes."""
        alike: list[tuple[Sequence[Part], Sequence[Part]]] = []
        stack = [(root, 0)]
        while stack:
            group, parent = stack.pop()
            frame = replace(group.block, id=len(self.frames), parent=parent)
            self.frames.append(frame)
            self.frame_of[group.block.id] = frame
            alike += [(group.parts, passed) for passed in group.others]
            for part in group.parts:
                if not isinstance(part, Group):
                    self.shown[part] = frame.id
                    self.target[part] = part
                    continue
                only = part.parts[0] if part.block.kind == "repeat" and len(part.parts) == 1 else None
                if isinstance(only, Group) and closes(only):  # no frame around a single node
                    alike += [(part.parts, passed) for passed in part.others]
                    self.names[only] = name_of_all([only, *[p for x in part.others for p in x if isinstance(p, Group)]])
                    part = only
                if closes(part):
                    self.shown[part] = frame.id
                    self.target |= dict.fromkeys(operations([part]), part)
                else:
                    stack.append((part, frame.id))
        for drawn, passed in alike:
            self.stands_for(drawn, passed)

    def stands_for(self, drawn: Sequence[Part], passed: Sequence[Part]) -> None:
        """Says of every operation of a pass which of those that are drawn it is like."""
        stack = list(zip(drawn, passed, strict=True))
        while stack:
            one, other = stack.pop()
            if not isinstance(one, Group) or not isinstance(other, Group):
                assert not isinstance(other, Group) and not isinstance(one, Group)
                self.target[other] = self.target[one]
                self.like[other] = one
            elif one in self.shown:
                self.target |= dict.fromkeys(operations([other]), one)
                self.like |= dict(zip(operations([other]), operations([one]), strict=True))
            else:
                stack += [pair for parts in other.passes for pair in zip(one.parts, parts, strict=True)]

    def find_spots(self, root: Group) -> None:
        stack: list[tuple[Part, Spot]] = [(root, ())]
        while stack:
            part, spot = stack.pop()
            if not isinstance(part, Group):
                self.spots[part] = spot
            elif part.others:
                self.last[part.block.id] = len(part.others)
                for i, passed in enumerate(part.passes):
                    stack += [(x, (*spot, (part.block.id, i))) for x in passed]
            else:
                stack += [(x, spot) for x in part.parts]

    # ── the nodes ──

    def picture(self) -> tuple[list[Node], list[Block]]:
        inputs: dict[Part, dict[Part, None]] = {part: {} for part in self.shown}
        results: dict[Part, int] = {}  # of closed groups
        for node in self.nodes:
            if node.kind != "operation":
                continue
            target = self.target[node.id]
            results[target] = node.id
            for k in range(len(node.inputs)):
                source = self.source(k, node.id)
                if source is not None and source != target:
                    inputs[target][source] = None
        used = {source for sources in inputs.values() for source in sources}
        for leaf in used - inputs.keys():
            inputs[leaf] = {}
        if not inputs:  # nothing was computed
            inputs = {node.id: {} for node in self.nodes}
        order = topological(inputs)
        ids = {part: i for i, part in enumerate(order)}
        made = [self.node(part, ids, inputs[part], results) for part in order]
        place_leaves(made, self.frames)
        for part, node in zip(order, made, strict=True):
            if not isinstance(part, Group) and part not in self.shown:
                self.take_out(part, node)
        return made, self.frames

    def take_out(self, leaf: int, node: Node) -> None:
        """Puts a leaf out of the repetitions that it does not belong to a pass of."""
        frames = {self.frame_of[at].id for at in self.shared.get(leaf, ()) if at in self.frame_of}
        at = node.block
        while at:
            if at in frames:
                node.block = self.frames[at].parent
            at = self.frames[at].parent
        node.block = handed_from(node, node.block, self.frames)

    def source(self, k: int, user: int) -> Part | None:
        """What stands for an input of an operation; None where that is not drawn."""
        i = self.nodes[user].inputs[k]
        if i not in self.spots:
            return i if self.is_told_of(k, user) and not self.is_private(i) else None
        return self.target[i] if self.link(i, user) is None else None

    def link(self, i: int, user: int) -> int | None:
        """The repetition of which an operation is in one pass and an input of it in an earlier one."""
        if i in self.spots:
            for (repeat, one), (other, another) in zip(self.spots[i], self.spots[user], strict=False):
                if repeat != other:
                    break
                if one != another:
                    return repeat
        return None

    def is_told_of(self, k: int, user: int) -> bool:
        """Whether an input that was not computed is drawn: for passes that are not, only what a chain begins with."""
        undrawn = [(at, n) for at, n in self.spots[user] if n != self.last[at]]
        if not undrawn:
            return True
        if any(n for _, n in undrawn) or self.nodes[self.nodes[user].inputs[k]].kind == "constant":
            return False
        like = self.like.get(user)
        if like is None:  # inside of a box
            return all(at in self.chains for at, _ in undrawn)
        inputs = self.nodes[like].inputs
        return k < len(inputs) and self.link(inputs[k], like) is not None

    def is_private(self, leaf: int) -> bool:
        """Whether a leaf is used in one closed group only, which holds it then; what is handed to a call is shown."""
        users = self.users[leaf]
        user = next(iter(users))
        if len(users) > 1 or not isinstance(user, Group):
            return False
        call = user.block.call
        return call is None or is_part_of(self.nodes[leaf], call)

    def node(self, part: Part, ids: dict[Part, int], inputs: dict[Part, None], results: dict[Part, int]) -> Node:
        at, sources = ids[part], tuple([ids[source] for source in inputs])
        if isinstance(part, Group):
            block, result = part.block, self.nodes[results[part]]
            line, op = block.line or result.line, self.names.get(part, block.name)
            its = {"kind": "module", "op": op, "line": line, "block": self.shown[part], "call": block.call}
            return replace(result, id=at, inputs=sources, **its)  # type: ignore[arg-type]
        return replace(self.nodes[part], id=at, inputs=sources, block=self.shown.get(part, 0))


def name_of_all(passes: Sequence[Group]) -> str:
    """What the passes of a repetition are called, the last of which comes first here."""
    last, *others = passes
    first = others[0].block.name
    return f"{first if first == last.block.name else f'{first} … {last.block.name}'} ×{len(passes):,}"


def topological(inputs: dict[Part, dict[Part, None]]) -> list[Part]:
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
