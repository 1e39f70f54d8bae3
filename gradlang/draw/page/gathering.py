"""The numbers of one given tensor as one block, in pictures number by number that have too many of them.

A matrix of 12 x 12 is 144 cards, which fill a column for themselves and say
little; closed to one box, they leave room for what is computed. Owns only that.

Invariant: what is gathered has no inputs, so the new blocks make no circle. In
small pictures nothing is gathered: there each number stands beside its use.
"""

from __future__ import annotations

from dataclasses import replace

from ...engine.value import Shape, shape_text
from ..pictures.blocks import Block
from ..pictures.picture import Picture

AT_ONCE = 150  # cards that can be taken in at first sight
FEW = 6  # numbers of one tensor that may stand by themselves


def gathered(picture: Picture) -> Picture:
    """The picture with blocks for its large given tensors, where it has too many nodes."""
    if picture.detail != "scalar" or len(picture.nodes) <= AT_ONCE:
        return picture
    groups: dict[tuple[int, str], list[int]] = {}
    for node in picture.nodes:
        name, bracket, _ = node.name.partition("[")
        if bracket and not node.inputs and node.kind in ("parameter", "leaf", "constant"):
            groups.setdefault((node.block, name), []).append(node.id)
    nodes, blocks = list(picture.nodes), list(picture.blocks)
    for (parent, name), ids in groups.items():
        if len(ids) > FEW:
            line = nodes[ids[0]].line
            text = f"{name} {shape_text(extent([nodes[i].name for i in ids]))}"
            blocks.append(Block(len(blocks), "part", text, text, parent, line))
            for i in ids:
                nodes[i] = replace(nodes[i], block=blocks[-1].id)
    return replace(picture, nodes=nodes, blocks=blocks)


def extent(names: list[str]) -> Shape:
    """The shape that holds `W[0, 1]` and `W[2, 2]`: [3, 3]."""
    indices = [[int(i) for i in name.partition("[")[2].rstrip("]").split(",")] for name in names]
    return tuple([max(column) + 1 for column in zip(*indices, strict=True)])
