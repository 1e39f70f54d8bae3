"""The graph as DOT text, through the graphviz package and without the `dot` program.

micrograd's picture: a box a value, with its name, data and gradient, and an
oval an operation. Node ids are topological positions, so the file is the same
in every run.
"""

from __future__ import annotations

import re
from typing import Any

from graphviz import Digraph, nohtml

from ..engine.printing import show
from ..engine.value import Data, Value, shape_of
from .graph import Node, nodes_of

FEW = 6  # tensors of up to this many numbers are written out
FILL = {"parameter": "#e8f0ff", "leaf": "#fff6e0", "constant": "#f4f4f4", "operation": "#ffffff"}


def dot_source(root: Value, detail: str = "tensor") -> str:
    """The graph that `root` was computed through; `detail` is "tensor" or "scalar"."""
    if detail == "scalar":
        from .scalars import scalar_graph

        root = scalar_graph(root)
    graph = Digraph(
        "gradlang", graph_attr={"rankdir": "LR", "ranksep": "0.3"}, node_attr={"fontsize": "10", "height": "0"}
    )
    for i, node in enumerate(nodes_of(root)):
        graph.node(str(i), record_label(node), shape="record", style="filled", fillcolor=FILL[node.kind])
        if node.inputs:
            graph.node(f"{i}op", nohtml(escaped(operation(node))), shape="oval", width="0")
            graph.edge(f"{i}op", str(i))
            for x in node.inputs:
                graph.edge(str(x), f"{i}op")
    text: str = graph.source
    return text


def record_label(node: Node) -> str:
    fields = [node.name] if node.name else []
    fields.append(f"data {summary(node.data)}")
    if node.kind != "constant":
        fields.append(f"grad {'—' if node.grad is None else summary(node.grad)}")
    label = " | ".join(map(escaped, fields))
    return label if node.shape else "{" + label + "}"  # long lines one below the other, short ones side by side


def escaped(text: str) -> str:
    """Any text as a label: record and entity characters escaped, what cannot be printed written out."""
    text = re.sub(r'[\\{}|<>"]', lambda m: "\\" + m.group(), text.replace("&", "&amp;"))
    return "".join([c if c.isprintable() else f"\\\\u\\{{{ord(c):x}\\}}" for c in text])


def summary(data: Data) -> str:
    """A number; a small tensor whole; a larger one by its shape, mean and range."""
    shape = shape_of(data)
    if not shape:
        return show(data)
    size = "[" + ", ".join(map(str, shape)) + "]"
    if data.size <= FEW:
        return f"{size}: {' '.join(show(data).split())}"
    if data.dtype == bool:
        return f"{size}: {int(data.sum())} of {data.size} true"
    return f"{size}: mean {show(float(data.mean()))}, {show(float(data.min()))} … {show(float(data.max()))}"


def operation(node: Node) -> str:
    """The operation's symbol and what it was told: `sum dim=0`, `[:, 0]`."""
    if "spec" in node.attrs:
        return "[" + ", ".join(subscript(entry) for entry in node.attrs["spec"]) + "]"
    told = [f"{k}={shown(v)}" for k, v in node.attrs.items() if v is not None and v is not False]
    return " ".join([node.op, *told])


def subscript(entry: tuple[Any, ...]) -> str:
    match entry:
        case ("slice", start, stop, step):
            bounds = f"{'' if start is None else start}:{'' if stop is None else stop}"
            return bounds if step is None else f"{bounds}:{step}"
        case ("index", i):
            return str(i)
        case ("at",):
            return "i"
    return ":"


def shown(x: Any) -> str:
    return "[" + ", ".join(map(str, x)) + "]" if isinstance(x, tuple) else str(x)
