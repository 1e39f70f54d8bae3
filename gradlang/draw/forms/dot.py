"""Graphs as DOT text, in the look of micrograd's pictures.

Owns the translation of nodes into the graphviz package's statements; nothing
is run and nothing is written. A value is a box `name | data | grad`, the
operation that made it an ellipse before it; a call drawn as one node is a box
with two borders. Blocks around nodes are clusters.

Invariant: a label may hold any text whatever; it comes out as that text.
Why record labels and not HTML-like ones: every reader of DOT knows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...engine.printing import show
from ...engine.value import Data, shape_text
from ..pictures.blocks import Block
from ..pictures.nodes import Node
from ..pictures.picture import Picture

FEW = 6  # tensors of so many numbers are written out
FILL = {"parameter": "#fff2cc", "leaf": "#ddebf7", "constant": "#f2f2f2", "module": "#ece6f6"}  # results are white
SPECIAL = str.maketrans({
    "\n": "\\n", "\\": "\\\\", "{": "\\{", "}": "\\}", "|": "\\|", " ": "\\ ",
    "<": "&lt;", ">": "&gt;", '"': "&quot;", "&": "&amp;",
})  # fmt: skip


def dot_of(picture: Picture) -> str:
    """A picture as DOT; its blocks are drawn where they are what it is about."""
    return dot_text(picture.nodes, picture.blocks if picture.detail == "module" else ())


def dot_text(nodes: Sequence[Node], blocks: Sequence[Block] = ()) -> str:
    import graphviz

    picture = graphviz.Digraph(graph_attr={"rankdir": "LR", "nodesep": "0.12", "ranksep": "0.3"})
    picture.attr("edge", arrowsize="0.6", color="#555555")
    picture.attr("node", fontname="Helvetica", fontsize="11", height="0.3")
    picture.attr("node", shape="record", style="filled", fillcolor="white")
    for node in nodes:
        borders = {"peripheries": "2"} if node.kind == "module" else {}
        picture.node(str(node.id), label(node), fillcolor=FILL.get(node.kind), **borders)
        if node.kind != "operation":
            picture.edges([(str(x), str(node.id)) for x in node.inputs])
    # ordering: edges come in from above to below in the order of the inputs
    picture.attr("node", shape="ellipse", fillcolor="#e2f0d9", margin="0.05,0.02", ordering="in")
    for node in nodes:
        if node.kind == "operation":
            draw_operation(picture, node)
    draw_cuts(picture, nodes)
    draw_blocks(picture, nodes, blocks)
    text: str = picture.source
    return text


def draw_operation(picture: Any, node: Node) -> None:
    """The ellipse between a value and its inputs."""
    ellipse = f"op{node.id}"
    picture.node(ellipse, escaped(node.op))
    picture.edges([*[(str(x), ellipse) for x in node.inputs], (ellipse, str(node.id))])


def draw_cuts(picture: Any, nodes: Sequence[Node]) -> None:
    """What stands for the inputs that are left out."""
    cut = [node for node in nodes if node.cut]
    if cut:
        picture.attr("node", shape="plaintext", style="", margin="0.02")
    for node in cut:
        stub = f"cut{node.id}"
        picture.node(stub, escaped(f"+{node.cut:,} more"))
        picture.edge(stub, f"op{node.id}" if node.kind == "operation" else str(node.id), style="dashed")


def draw_blocks(picture: Any, nodes: Sequence[Node], blocks: Sequence[Block]) -> None:
    """Clusters, which name the nodes that are in them."""
    clusters = [picture, *[cluster(block) for block in blocks[1:]]]
    for node in nodes if blocks else ():
        if node.block:
            for id in [str(node.id), *([f"op{node.id}"] if node.kind == "operation" else [])]:
                clusters[node.block].node(id)
            if node.cut:
                clusters[node.block].node(f"cut{node.id}")
    for block in reversed(blocks[1:]):  # what is inside is whole before it is put into what is around it
        clusters[block.parent].subgraph(clusters[block.id])


def cluster(block: Block) -> Any:
    import graphviz

    frame = graphviz.Digraph(f"cluster_{block.id}")
    times = f"×{block.times:,}" if block.times > 1 else ""
    title = f"{block.name or block.text} {times}".strip()
    look = {"fontname": "Helvetica", "fontsize": "11", "labeljust": "l", "color": "#8d9cb0"}
    frame.attr(label=escaped(title), style="rounded,dashed" if times else "rounded", **look)
    return frame


def label(node: Node) -> str:
    """The fields of a box: a number's side by side, a tensor's one above the other, or pictures grow too wide."""
    if node.kind == "constant":  # has no gradient, ever
        fields = [node.name, summary(node.data)]
    else:
        fields = [node.name, f"data {summary(node.data)}", f"grad {'—' if node.grad is None else summary(node.grad)}"]
    if node.shape:
        fields[0] = f"{node.name} {shape_text(node.shape)}".strip()
    if node.kind == "module" and node.op != node.name:  # layers are called as their results are
        fields.insert(0, node.op)
    text = " | ".join([escaped(f) for f in fields if f])
    return text if node.shape else "{ " + text + " }"


def summary(data: Data) -> str:
    """Numbers in one or two lines."""
    if data.__class__ is float or data.__class__ is bool:
        return show(data)
    if not data.size:
        return "empty"
    if data.size <= FEW:
        return elements(data.tolist())
    if data.dtype == bool:
        return f"true in {int(data.sum())} of {data.size}"
    import numpy as np

    with np.errstate(all="ignore"):  # inf - inf is nan, and is shown
        mean, low, high = (float(x) for x in (data.mean(), data.min(), data.max()))
    return f"mean {show(mean)}\n{show(low)} … {show(high)}"


def elements(x: Any) -> str:
    """Nested lists as the language writes them; so few numbers nest only so deep."""
    return "[" + ", ".join(map(elements, x)) + "]" if x.__class__ is list else show(x)


def escaped(text: str) -> str:
    """Text for a label: what DOT, records or entities would read otherwise, and what cannot be seen, is spelt out."""
    if not text.isprintable():
        text = "".join([c if c.isprintable() or c == "\n" else f"\\u{{{ord(c):x}}}" for c in text])
    return text.translate(SPECIAL)
