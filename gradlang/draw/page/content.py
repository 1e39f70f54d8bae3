"""What a page is told about a picture, as plain data that JSON can hold.

Owns the form of that data (the fields are read in the page's `model.js`) and the
choice of what is in it. Knows nothing of HTML.

Invariants: numbers are there with all their digits, tensors as text; the same
picture gives the same data; the sources are those that the nodes come from, the
program's own first.
"""

from __future__ import annotations

import os
from typing import Any

from ...engine.table import Row
from ...engine.value import STATE, Value, shape_text
from ...source import Source
from ..forms.cards import CELL, CHIP_HEIGHT, PAD, TEXT, TITLE, Card, card, visible
from ..forms.svg import block_lines, full, graph_of, header_size
from ..formulas.javascript import can_be_written
from ..layout import order_data, ordered
from ..pictures.blocks import Block
from ..pictures.nodes import Node, is_literal, span_of
from ..pictures.picture import Picture
from .gathering import AT_ONCE, gathered
from .telling import Told, number_or_text

ALWAYS = {"kind", "block", "inputs", "data", "grad"}  # said of every node, even where they are 0 or none
LONG_TEXTS = 200_000  # characters that the full texts of all tensors may take


def content_of(picture: Picture, source: Source | None, title: str) -> dict[str, Any]:
    """The data of a page."""
    picture = gathered(picture)
    sources: list[Source] = [source] if source is not None else []
    cards = [card(node) for node in picture.nodes]
    longest = LONG_TEXTS // max(2 * sum(1 for node in picture.nodes if node.shape), 1)
    recomputes = can_recompute(picture)
    ids = {node.value: node.id for node in picture.nodes if node.value is not None}
    nodes = []
    for node, its in zip(picture.nodes, cards, strict=True):
        data = node_data(node, its, longest)
        data["place"] = place_of(node, source, sources)
        if recomputes and node.kind == "operation":
            data |= arguments(node, picture, ids)
        nodes.append(data)
    lend_places(nodes)
    return {
        "title": title,
        "detail": picture.detail,
        "remark": picture.remark,
        "root": picture.root,
        "at_once": AT_ONCE,
        "recomputes": recomputes,
        "single": STATE.dtype == "float32",
        "metrics": {"cell": CELL, "text": TEXT, "title": TITLE, "pad": PAD, "chip": CHIP_HEIGHT},
        "sources": [{"name": visible(os.path.basename(s.name)), "text": s.text} for s in sources],
        "nodes": nodes,
        "blocks": [block_data(block) for block in picture.blocks],
        "order": order_data(ordered(graph_of(picture))),
        "steps": Told(picture, recomputes).data(),
    }


def node_data(node: Node, its: Card, longest: int) -> dict[str, Any]:
    """One node: what it is, its numbers, and its card. What is empty is left out; the page knows that."""
    is_number = node.data.__class__ in (float, bool)
    fields = {
        "kind": node.kind,
        "op": node.op,
        "name": visible(node.name),
        "block": node.block,
        "inputs": list(node.inputs),
        "shape": shape_text(node.shape) if node.shape else "",
        "data": number_or_text(node.data) if is_number else full(node.data)[:longest],
        "grad": None if node.grad is None else number_or_text(node.grad) if is_number else full(node.grad)[:longest],
        "cut": node.cut,
        "changes": is_changeable(node),
        "family": its.family,
        "size": [its.width, its.height],
        "chip": its.chip,
        "lines": [[line.role, line.x, line.y, line.text, *([1] if line.is_right else [])] for line in its.lines],
    }
    return {name: x for name, x in fields.items() if x or name in ALWAYS}


def is_changeable(node: Node) -> bool:
    """Whether it is a number that was given, not computed by something that has no gradient."""
    return (
        node.kind in ("parameter", "leaf", "constant")
        and node.data.__class__ is float
        and not (node.value is not None and isinstance(node.value.op, Row))
    )


def block_data(block: Block) -> dict[str, Any]:
    return {
        "kind": block.kind, "name": visible(block.name or block.text), "text": visible(block.text),
        "parent": block.parent, "line": block.line, "times": block.times, "chain": block.chain,
        "header": list(header_size(block)),
        "lines": [[line.role, line.x, line.y, line.text] for line in block_lines(block)],
    }  # fmt: skip


def place_of(node: Node, main: Source | None, sources: list[Source]) -> list[int] | None:
    """Which source and which line. Sources that are met for the first time join."""
    span = span_of(node.value) if node.value is not None else None
    if node.line is None or span is None:
        return None
    if node.kind == "module" and main is not None:  # what made its result may be written elsewhere
        return [0, node.line] if node.line <= main.line_count else None
    at = next((i for i, s in enumerate(sources) if s is span.source or same(s, span.source)), len(sources))
    if at == len(sources):
        sources.append(span.source)
    return [at, node.line]


def lend_places(nodes: list[dict[str, Any]]) -> None:
    """What no line says is told at the line that first uses it: `grad` makes such operations."""
    borrowed: dict[int, list[int]] = {}
    for id in reversed(range(len(nodes))):
        place = nodes[id]["place"] or (borrowed.get(id) if nodes[id]["kind"] == "operation" else None)
        nodes[id]["place"] = place
        if place is not None:
            for i in nodes[id]["inputs"]:
                borrowed[i] = min(borrowed.get(i, place), place)


def same(x: Source, y: Source) -> bool:
    return x.name == y.name and x.text == y.text


# ── graphs of numbers ────────────────────────────────────────────────────────


def can_recompute(picture: Picture) -> bool:
    """Whether everything is numbers, and every number that goes into another is there."""
    if picture.detail == "module":
        return False
    shown = {node.value for node in picture.nodes}
    for node in picture.nodes:
        if node.data.__class__ not in (float, bool) or node.cut:
            return False
        if node.kind == "operation":
            v = node.value
            if v is None or v.attrs or not isinstance(v.op, Row) or not can_be_written(v.op):
                return False
            if any(x.needs and x not in shown for x in v.inputs):
                return False
    return True


def arguments(node: Node, picture: Picture, ids: dict[Value, int]) -> dict[str, Any]:
    """The operation of the table, and its inputs: nodes, or in brackets numbers that are drawn nowhere."""
    v = node.value
    assert v is not None and isinstance(v.op, Row)
    own = {picture.nodes[i].value: i for i in node.inputs}  # a literal is drawn with each that uses it
    some: list[Any] = []
    for x in v.inputs:
        id = own.get(x, None if is_literal(x) else ids.get(x))
        some.append(id if id is not None else [number_or_text(x.data)])
    return {"row": v.op.name, "arguments": some}


def rows_of_graph(picture: Picture) -> list[Row]:
    """The operations that the page must be able to compute, by name."""
    operations = [node.value.op for node in picture.nodes if node.kind == "operation" and node.value is not None]
    rows = {row.name: row for row in operations if isinstance(row, Row)}
    return [rows[name] for name in sorted(rows)]
