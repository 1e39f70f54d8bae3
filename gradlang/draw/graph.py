"""The graph of a value as plain records, for every kind of picture.

A record's position is its place in topological order, inputs before users, so
the same program gives the same records in every run. Knows values; knows
nothing of DOT or any other format.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..engine.value import Box, Data, Value, shape_of


class Node(NamedTuple):
    """One value: where it came from and what it is worth.

    kind is "parameter", "leaf" (a named number), "constant" or "operation";
    `op` and `attrs` are an operation's symbol and settings; `inputs` are the
    positions of its inputs in order, one entry a use; `grad` is None before
    any backward.
    """

    kind: str
    name: str
    op: str
    attrs: dict[str, Any]
    inputs: tuple[int, ...]
    data: Data
    grad: Data
    line: int | None

    @property
    def shape(self) -> tuple[int, ...]:
        return shape_of(self.data)


def nodes_of(root: Value) -> list[Node]:
    """Every value that `root` was computed from, constants included, and `root` last."""
    position: dict[Value, int] = {}
    nodes: list[Node] = []
    stack: list[tuple[Value, bool]] = [(root, False)]
    while stack:
        v, inputs_done = stack.pop()
        if v in position:
            continue
        if v.inputs and not inputs_done:
            stack.append((v, True))
            stack.extend((x, False) for x in reversed(v.inputs))
            continue
        position[v] = len(nodes)
        nodes.append(record(v, tuple([position[x] for x in v.inputs])))
    return nodes


def record(v: Value, inputs: tuple[int, ...]) -> Node:
    op = v.op
    is_box = op.__class__ is Box
    kind = "operation" if v.inputs else "parameter" if is_box else "leaf" if v.needs else "constant"
    symbol = "" if is_box or op is None or not v.inputs else op.symbol  # type: ignore[union-attr]
    line = v.span.line if v.span is not None else None
    return Node(kind, getattr(v, "name", ""), symbol, v.attrs or {}, inputs, v.data, getattr(v, "grad", None), line)
