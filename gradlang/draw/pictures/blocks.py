"""Blocks: the calls that a graph was computed in.

Owns the blocks of a picture: the calls of functions of the program, models and
layers, and which of them each node stands in. What is repeated is found by
`repeats`.

Invariant: what one block holds was made without a break, so that drawing it as
one box makes no circle. Nothing recurses: calls may be nested ten thousand deep.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...engine.origins import PROGRAM, Call, origin_of
from ...engine.value import Box
from ...source import PRELUDE
from .nodes import Node

BlockKind = Literal["picture", "function", "model", "layer", "repeat", "part"]
LONGEST = 40  # characters of a name


@dataclass(slots=True)
class Block:
    """A part of a picture that can be drawn as one box. The first block is the whole picture.

    name    what is called, or empty       text  what is called, with its settings: `mlp(2, [16, 1])`
    parent  the block around it            line  of the call, counted from 1, or None
    times   how often it is there, where it stands for several
    chain   whether each time goes on from the one before it
    call    what it is, unless it is the picture or was found there
    """

    id: int
    kind: BlockKind
    name: str
    text: str
    parent: int
    line: int | None
    times: int = 1
    chain: bool = False
    call: Call | None = None


def call_blocks(nodes: Sequence[Node]) -> tuple[list[Block], list[Call]]:
    """The blocks of the calls that made some nodes, outer ones first; sets `block` of every node."""
    ids: dict[Call, int] = {PROGRAM: 0}
    blocks = [Block(0, "picture", "", "", 0, None)]
    calls = [PROGRAM]
    for node in nodes:
        if node.kind != "operation":
            continue
        origin = origin_of(node.value) if node.value is not None else None
        call: Call | None = origin[0] if origin is not None else PROGRAM
        missing = []
        while call is not None and call not in ids:
            missing.append(call)
            call = call.outer
        for made in reversed(missing):
            ids[made] = len(blocks)
            blocks.append(block_of(made, len(blocks), ids[made.outer or PROGRAM]))
            calls.append(made)
        node.block = ids[origin[0]] if origin is not None else 0
    place_leaves(nodes, blocks)
    return blocks, calls


def block_of(call: Call, id: int, parent: int) -> Block:
    span = call.span
    line = span.line if span is not None and span.source.name != PRELUDE else None
    text = call.name or called_as(call)
    name = text.partition("(")[0] if call.kind == "model" else text
    return Block(id, call.kind, name, text, parent, line, call=call)  # type: ignore[arg-type]


def called_as(call: Call) -> str:
    """What stands before the parenthesis of a call: functions without a name are called by what holds them."""
    text = " ".join(call.span.text.split()) if call.span is not None else ""
    name = text.partition("(")[0]
    return name if name and len(name) <= LONGEST else "function"


def place_leaves(nodes: Sequence[Node], blocks: Sequence[Block]) -> None:
    """Puts what was not computed into the innermost block that holds all who use it.

    What the program hands to a call stays outside of it.
    """
    depths = [0] * len(blocks)
    for block in blocks[1:]:
        depths[block.id] = depths[block.parent] + 1
    places: dict[int, int] = {}
    for node in nodes:
        for i in node.inputs:
            if not nodes[i].inputs:
                places[i] = common(places.get(i, node.block), node.block, blocks, depths)
    for i, place in places.items():
        if nodes[i].kind not in ("operation", "module"):
            nodes[i].block = handed_from(nodes[i], place, blocks)


def handed_from(leaf: Node, place: int, blocks: Sequence[Block]) -> int:
    """The block from which a leaf is handed to calls around a place."""
    while (call := blocks[place].call) is not None and not is_part_of(leaf, call):
        place = blocks[place].parent
    return place


def is_part_of(leaf: Node, call: Call) -> bool:
    """Whether a number is part of what is called: written in its text, or a parameter that something else made for it.

    What the program's outermost statements declare is not.
    """
    value = leaf.value
    if value is None or leaf.kind == "constant":
        return True
    if isinstance(value.op, Box):
        return value.op.span is None or value.op.call is not PROGRAM
    span, text = value.span, call.definition
    return span is not None and text is not None and span.source is text.source and text.start <= span.start < text.end


def common(a: int, b: int, blocks: Sequence[Block], depths: Sequence[int]) -> int:
    """The innermost block that holds two."""
    while a != b:
        if depths[a] >= depths[b]:
            a = blocks[a].parent
        else:
            b = blocks[b].parent
    return a
