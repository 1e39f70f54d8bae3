"""A picture of a graph as plain records, at the level of detail that is asked for: what every output is made of.

Owns the choice of what is shown: the level, which part of the graph, with or
without constants, and what to do where that is too much to be read. Knows
nothing of formats: those read `Picture`.

Invariants: the root is in the picture, unless a part is asked for that it is
not in; nodes stand in topological order, a node's id is its position, and so is
a block's; blocks around others come first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ...engine.value import Value
from ...faults import Fault
from .blocks import Block, call_blocks
from .modules import module_nodes
from .nodes import DRAWN, Node, nodes_of

Detail = Literal["module", "tensor", "scalar"]
DETAILS: tuple[Detail, ...] = ("module", "tensor", "scalar")
READABLE = 1500  # nodes; a picture of more is drawn by modules where nobody asked for another
LISTED = 6  # names, where the one that is asked for is like none


@dataclass(slots=True)
class View:
    """What is asked for.

    detail          None: by operations, or by modules where these are too many
    hide_constants  without what nobody can change
    focus           a name, of a value or a call: only what it was computed from, and what was computed from it
    depth           no more steps away than this, from the root or from what `focus` names
    """

    detail: Detail | None = None
    hide_constants: bool = False
    focus: str | None = None
    depth: int | None = None


@dataclass(slots=True)
class Picture:
    """What is drawn.

    root       the node of the value that was asked for
    remark     what should be said about the picture, or empty
    is_spared  whether it shows fewer nodes only because nobody asked for all of them
    """

    nodes: list[Node]
    blocks: list[Block]
    detail: Detail
    root: int
    remark: str = ""
    is_spared: bool = False


def picture_of(root: Value, view: View | None = None) -> Picture:
    """The picture of the graph of a value. Raises Fault where the focus is no name in it."""
    view = view or View()
    if view.detail == "scalar":
        try:
            return by_numbers(root, view)
        except Fault as fault:
            if fault.code != "E0308":
                raise
            coarser = by_operations(root, view)
            coarser = coarser if len(coarser.nodes) <= READABLE else by_modules(root, view)
            coarser.remark = f"number by number the picture would have more than {DRAWN:,} nodes{instead(coarser)}"
            return coarser
    if view.detail == "module":
        return by_modules(root, view)
    picture = by_operations(root, view)
    count, most = len(picture.nodes), READABLE if view.detail is None else DRAWN
    if count > most:
        picture = by_modules(root, view)
        picture.remark = f"the graph has {count:,} nodes, too many to be read{instead(picture)}"
        picture.is_spared = view.detail is None and count <= DRAWN
    return picture


def instead(picture: Picture) -> str:
    what = "by operations" if picture.detail == "tensor" else "by modules"
    return f": drawn {what}, with {len(picture.nodes):,}"


def by_operations(root: Value, view: View) -> Picture:
    nodes = nodes_of([root])
    blocks, _ = call_blocks(nodes)
    return chosen(Picture(nodes, blocks, "tensor", len(nodes) - 1), view)


def by_numbers(root: Value, view: View) -> Picture:
    """Every tensor opened. Raises Fault E0308 where that is too much."""
    from .scalars import scalar_nodes

    nodes = scalar_nodes(root)
    blocks, _ = call_blocks(nodes)
    return chosen(Picture(nodes, blocks, "scalar", len(nodes) - 1), view)


def by_modules(root: Value, view: View) -> Picture:
    nodes, blocks = module_nodes(nodes_of([root]), READABLE)
    used = {i for node in nodes for i in node.inputs}
    last = next(node.id for node in reversed(nodes) if node.id not in used)
    return chosen(Picture(nodes, blocks, "module", last), view)


# ── a part of a picture ──────────────────────────────────────────────────────


def chosen(picture: Picture, view: View) -> Picture:
    """The part of a picture that is asked for."""
    keep = [True] * len(picture.nodes)
    if view.focus is not None or view.depth is not None:
        starts = [picture.root] if view.focus is None else named(picture, view.focus)
        keep = reached(picture.nodes, starts, view.depth, forward=view.focus is not None)
    if view.hide_constants:
        keep = [kept and node.kind != "constant" for kept, node in zip(keep, picture.nodes, strict=True)]
        keep[picture.root] = keep[picture.root] or not any(keep)
    return picture if all(keep) else with_only(picture, keep, view.hide_constants)


def named(picture: Picture, name: str) -> list[int]:
    """The nodes of a name: values, else what is called so. Raises Fault E0201."""
    nodes, blocks = picture.nodes, picture.blocks
    found = [node.id for node in nodes if name in (node.name, node.name.partition("[")[0])]
    if not found:
        inside: set[int] = set()
        for block in blocks[1:]:
            if block.name == name or block.parent in inside:
                inside.add(block.id)
        found = [n.id for n in nodes if n.block in inside or n.call is not None and n.op.partition(" ×")[0] == name]
    if not found:
        from ...diagnostics.suggest import closest

        known = [*(b.name for b in blocks), *(n.op for n in nodes if n.call), *(n.name for n in nodes)]
        known = [word for word in dict.fromkeys(known) if word]
        near = closest(name, sorted(known))
        listed = " or ".join(f"`{word}`" for word in near) or ", ".join(f"`{word}`" for word in known[:LISTED])
        has = "it has, among others, " if len(known) > LISTED else "it has "
        helps = [f"did you mean {listed}?"] if near else [has + listed] if known else []
        raise Fault("E0201", f"the picture has no `{name}` in it", *helps)
    return found


def reached(nodes: Sequence[Node], starts: Iterable[int], depth: int | None, forward: bool) -> list[bool]:
    """What the inputs of some nodes lead to, and if `forward` what they are inputs of, within so many steps."""
    users: list[list[int]] = [[] for _ in nodes]
    for node in nodes:
        for i in node.inputs:
            users[i].append(node.id)
    keep = [False] * len(nodes)
    ways: list[Sequence[Sequence[int]]] = [[node.inputs for node in nodes], *([users] if forward else [])]
    for following in ways:
        steps = dict.fromkeys(starts, 0)
        waiting = list(steps)
        for i in waiting:  # grows while it is gone through: a search by breadth
            keep[i] = True
            if depth is None or steps[i] < depth:
                for x in following[i]:
                    if x not in steps:
                        steps[x] = steps[i] + 1
                        waiting.append(x)
    return keep


def with_only(picture: Picture, keep: Sequence[bool], hides_constants: bool) -> Picture:
    """The picture with some of its nodes, and the blocks that hold any."""
    kept = [node for node in picture.nodes if keep[node.id]]
    ids = {node.id: i for i, node in enumerate(kept)}
    held = {0}
    for node in kept:
        block = node.block
        while block not in held:
            held.add(block)
            block = picture.blocks[block].parent
    blocks = [block for block in picture.blocks if block.id in held]
    block_ids = {block.id: i for i, block in enumerate(blocks)}
    nodes = []
    for node in kept:
        lost = [i for i in node.inputs if not keep[i]]
        cut = len([i for i in lost if not (hides_constants and picture.nodes[i].kind == "constant")])
        inputs = tuple([ids[i] for i in node.inputs if keep[i]])
        nodes.append(replace(node, id=ids[node.id], inputs=inputs, cut=cut, block=block_ids[node.block]))
    blocks = [replace(block, id=block_ids[block.id], parent=block_ids[block.parent]) for block in blocks]
    root = ids.get(picture.root, len(nodes) - 1)
    return replace(picture, nodes=nodes, blocks=blocks, root=root)
