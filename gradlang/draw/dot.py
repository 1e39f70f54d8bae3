"""Graphs as DOT text, in the look of micrograd's pictures.

Owns the translation of nodes into the graphviz package's statements; nothing
is run and nothing is written. A value is a box `name | data | grad`, the
operation that made it an ellipse before it.

Invariant: a label may hold any text whatever; it comes out as that text.
Why record labels and not HTML-like ones: every reader of DOT knows them.
"""

from __future__ import annotations

from typing import Any

from ..engine.printing import show
from ..engine.value import Data, Value, shape_text
from .graph import Node, drawn

FEW = 6  # tensors of so many numbers are written out
FILL = {"parameter": "#fff2cc", "leaf": "#ddebf7", "constant": "#f2f2f2"}  # results are white
SPECIAL = str.maketrans({
    "\n": "\\n", "\\": "\\\\", "{": "\\{", "}": "\\}", "|": "\\|", " ": "\\ ",
    "<": "&lt;", ">": "&gt;", '"': "&quot;", "&": "&amp;",
})  # fmt: skip


def dot_source(root: Value, detail: str = "tensor") -> str:
    """The graph of a value as DOT; `detail` is "tensor" or "scalar". Raises Fault."""
    return dot_text(drawn(root, detail))


def dot_text(nodes: list[Node]) -> str:
    import graphviz

    picture = graphviz.Digraph(graph_attr={"rankdir": "LR", "nodesep": "0.12", "ranksep": "0.3"})
    picture.attr("edge", arrowsize="0.6", color="#555555")
    picture.attr("node", fontname="Helvetica", fontsize="11", height="0.3")
    picture.attr("node", shape="record", style="filled", fillcolor="white")
    for node in nodes:
        picture.node(str(node.id), label(node), fillcolor=FILL.get(node.kind))
    # ordering: edges come in from above to below in the order of the inputs
    picture.attr("node", shape="ellipse", fillcolor="#e2f0d9", margin="0.05,0.02", ordering="in")
    for node in nodes:
        if node.kind == "operation":
            draw_operation(picture, node)
    text: str = picture.source
    return text


def draw_operation(picture: Any, node: Node) -> None:
    """The ellipse between a value and its inputs."""
    ellipse = f"op{node.id}"
    picture.node(ellipse, escaped(node.op))
    picture.edges([*[(str(x), ellipse) for x in node.inputs], (ellipse, str(node.id))])


def label(node: Node) -> str:
    """The fields of a box: a number's side by side, a tensor's one above the other, or pictures grow too wide."""
    if node.kind == "constant":  # has no gradient, ever
        fields = [node.name, summary(node.data)]
    else:
        fields = [node.name, f"data {summary(node.data)}", f"grad {'—' if node.grad is None else summary(node.grad)}"]
    if node.shape:
        fields[0] = f"{node.name} {shape_text(node.shape)}".strip()
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
