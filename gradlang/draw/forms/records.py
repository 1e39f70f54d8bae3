"""A picture as JSON, for other programs.

Owns the schema, which is stable: `version` grows when something is taken away
or means something else; what is added does not change it.

    version  1
    detail   "module", "tensor" or "scalar": what a node is
    root     id of the value that was asked for
    remark   what is to be said of the picture, such as that it was drawn more coarsely; or ""
    nodes    every input before what is computed from it; the place in the list is the id
        id, kind     "parameter", "leaf", "constant", "operation", or "module": a call drawn as one node
        op           the operation with its settings, or what is called; "" of what was not computed
        name, line   what the program calls it, or ""; the line that made it, from 1, or null
        shape        [] is a number
        data, grad   a number, true or false, or nested lists of them; grad is null where no backward has been.
                     A number that JSON lacks is "nan", "inf" or "-inf"; of more than 10,000 numbers there is
                     {"size", "mean", "min", "max"}
        inputs       ids, in order; `a * a` has two
        block, cut   the innermost block it stands in; how many of its inputs the picture leaves out
    blocks   calls, and what is repeated; outer ones first; the place in the list is the id; the first is the picture
        id, kind     "picture", "function", "model", "layer", "repeat", or "part" of a long list of operations
        name, text   what is called, without and with its settings: "mlp", "mlp(2, [16, 1])"
        parent       the block around it, null of the first
        line         of the call, or null
        times        how often it is there; `chain`: whether each time goes on from the one before

Invariants: the same picture gives the same bytes; a node or block is one line,
so that versions can be compared line by line.
"""

from __future__ import annotations

import json
import math
from typing import Any

from ...engine.value import Data
from ..pictures.blocks import Block
from ..pictures.nodes import Node
from ..pictures.picture import Picture

VERSION = 1
WHOLE = 10_000  # numbers of a tensor that are written out


def json_text(picture: Picture) -> str:
    head = {"version": VERSION, "detail": picture.detail, "root": picture.root, "remark": picture.remark}
    parts = [f"{text(key)}: {text(x)}" for key, x in head.items()]
    parts.append(f'"nodes": {rows([node_record(node) for node in picture.nodes])}')
    parts.append(f'"blocks": {rows([block_record(block) for block in picture.blocks])}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def node_record(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "op": node.op,
        "name": node.name,
        "line": node.line,
        "shape": node.shape,
        "data": plain(node.data),
        "grad": None if node.grad is None else plain(node.grad),
        "inputs": node.inputs,
        "block": node.block,
        "cut": node.cut,
    }


def block_record(block: Block) -> dict[str, Any]:
    return {
        "id": block.id,
        "kind": block.kind,
        "name": block.name,
        "text": block.text,
        "parent": block.parent if block.id else None,
        "line": block.line,
        "times": block.times,
        "chain": block.chain,
    }


def plain(data: Data) -> Any:
    """Numbers as JSON has them."""
    if data.__class__ is float or data.__class__ is bool:
        return number(data)
    if data.size <= WHOLE:
        import numpy

        whole = data.dtype == bool or numpy.isfinite(data).all()
        return data.tolist() if whole else nested(data.tolist())
    import numpy

    if data.dtype == bool:
        return {"size": data.size, "mean": float(data.mean()), "min": bool(data.min()), "max": bool(data.max())}
    with numpy.errstate(all="ignore"):  # inf - inf is nan, and is written
        found = {"mean": data.mean(), "min": data.min(), "max": data.max()}
    return {"size": data.size} | {key: number(float(x)) for key, x in found.items()}


def nested(x: Any) -> Any:
    """Lists are as deep as a tensor has dimensions."""
    return [nested(e) for e in x] if x.__class__ is list else number(x)


def number(x: float) -> float | str:
    if math.isfinite(x):
        return x
    return "nan" if x != x else "inf" if x > 0 else "-inf"


def rows(records: list[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(map(text, records)) + "\n]" if records else "[]"


def text(x: Any) -> str:
    return json.dumps(x, ensure_ascii=False, allow_nan=False)
