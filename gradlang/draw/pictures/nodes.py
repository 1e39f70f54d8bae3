"""A graph of values as plain records, ready to be drawn.

Owns what every picture shows of a value: what it is, its name, data, gradient,
line and inputs. Knows nothing of any picture's format. Pictures read `Node`s
and never touch values.

Invariants: nodes stand in topological order and a node's id is its position, so
the same program gives the same nodes in every run; a gradient is None until a
backward has reached the value; no recursion.

Why small constants are treated apart: one literal is one value however often a
loop runs over it, and a node with a thousand edges shows nothing. So an unnamed
constant number is drawn anew beside each operation that uses it; where it only
says what the operation does (the exponent of `x**2`, a bound of `clamp`, an
index) it is written into the operation, as micrograd writes `**2`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...engine.origins import Call, origin_of
from ...engine.printing import show
from ...engine.table import Row
from ...engine.value import Box, Data, Shape, Value, shape_of
from ...source import PRELUDE, Span
from ..formulas.notation import number

DRAWN = 20_000  # nodes that a picture may have at all

Kind = Literal["parameter", "leaf", "constant", "operation", "module"]


@dataclass(slots=True)
class Node:
    """One value of a graph.

    kind    parameter, named leaf, constant, the result of an operation, or that of a whole block (`blocks`)
    op      the operation with its attributes, such as `sum dim=0`, or the block; empty for the other kinds
    name    what the program calls it, or empty
    grad    raw data, or None where no backward has been
    inputs  ids in order; `a * a` has two
    line    of the program, counted from 1, or None
    value   what it is the picture of
    block   the innermost block it stands in, by its place in the picture
    cut     how many of its inputs the picture leaves out
    call    the call that a module is
    """

    id: int
    kind: Kind
    op: str
    name: str
    data: Data
    grad: Data
    inputs: tuple[int, ...]
    line: int | None
    value: Value | None = None
    block: int = 0
    cut: int = 0
    call: Call | None = None

    @property
    def shape(self) -> Shape:
        return shape_of(self.data)


def nodes_of(roots: Sequence[Value]) -> list[Node]:
    """A record for every value that the roots were computed from."""
    nodes: list[Node] = []
    ids: dict[Value, int] = {}
    for v in inputs_first(roots):
        op, inputs = operation(v) if v.inputs else ("", ())
        positions = []
        for x in inputs:
            if is_literal(x):
                nodes.append(record(len(nodes), x, "", ()))
                positions.append(len(nodes) - 1)
            else:
                positions.append(ids[x])
        ids[v] = len(nodes)
        nodes.append(record(ids[v], v, op, tuple(positions)))
    return nodes


def inputs_first(roots: Sequence[Value]) -> list[Value]:
    """Values with their inputs before them, constants included; without literals, which are drawn with their users.

    On the stack a value stands with False until its inputs are put above it.
    """
    met: set[Value] = set()
    order: list[Value] = []
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        v, ready = stack.pop()
        if ready:
            order.append(v)
        elif v not in met:
            met.add(v)
            stack.append((v, True))
            stack += [(x, False) for x in reversed(v.inputs) if x not in met and not is_literal(x)]
    return order


def record(id: int, v: Value, op: str, inputs: tuple[int, ...]) -> Node:
    span = span_of(v)
    line = span.line if span is not None else None
    return Node(id, kind_of(v), op, name_of(v), v.data, getattr(v, "grad", None), inputs, line, v)


def span_of(v: Value) -> Span | None:
    """Where the user's program made a value: where that was in a builtin, the call of it."""
    span, origin = v.span, origin_of(v)
    call = origin[0] if origin is not None else None
    while call is not None and (span is None or span.source.name == PRELUDE):
        span, call = call.span, call.outer
    return None if span is None or span.source.name == PRELUDE else span


def kind_of(v: Value) -> Kind:
    if v.inputs:
        return "operation"
    if v.op.__class__ is Box:
        return "parameter"
    return "leaf" if v.needs else "constant"


def name_of(v: Value) -> str:
    return getattr(v, "name", "")


def is_literal(v: Value) -> bool:
    """Whether this is a number that nobody named."""
    return not v.needs and v.shape == () and not name_of(v)


def operation(v: Value) -> tuple[str, Sequence[Value]]:
    """What the operation of a value is written as, and the inputs that are drawn."""
    row, attrs = v.op, dict(v.attrs or {})
    assert isinstance(row, Row)
    if "spec" in attrs:
        return index_text(row, attrs["spec"], v.inputs[1:]), [
            v.inputs[0],
            *[i for i in v.inputs[1:] if not is_literal(i)],
        ]
    said = [f"{name}={text_of(x)}" for name, x in attrs.items() if x != default_of(row, name)]
    if row.operator:
        if row.name == "pow" and is_literal(v.inputs[1]):
            return row.symbol + number(v.inputs[1].data).text, v.inputs[:1]
        return " ".join([row.symbol, *said]), v.inputs
    inputs: list[Value] = []
    last = max([i for i, x in enumerate(v.inputs) if not is_literal(x)], default=0)  # what is before it keeps its place
    for i, x in enumerate(v.inputs):
        if i > last and row.inputs >= 0:
            name = row.signature.names[i]
            said += [f"{name}={show(x.data)}"] if x.data != default_of(row, name) else []
        else:
            inputs.append(x)
    return " ".join([row.symbol, *said]), inputs


def default_of(row: Row, name: str) -> Any:
    names = row.signature.names
    return row.signature.defaults[names.index(name)] if name in names else None


def text_of(x: Any) -> str:
    """An attribute as programs write it."""
    if x is None or x is True or x is False:
        return str(x).lower()
    if x.__class__ is tuple:
        return "[" + ", ".join(map(text_of, x)) + "]"
    return show(float(x)) if isinstance(x, int | float) else str(x)


def index_text(row: Row, spec: Sequence[tuple[Any, ...]], indices: Sequence[Value]) -> str:
    """`[:, 0]`; the form of `spec` is told in `engine.ops.indexing`."""
    rest = iter(indices)
    parts = []
    for entry in spec:
        if entry[0] == "at":
            i = next(rest)
            parts.append(name_of(i) or (show(i.data) if i.shape == () else "…"))
        elif entry[0] == "slice":
            start, stop, step = ("" if x is None else str(x) for x in entry[1:])
            parts.append(f"{start}:{stop}" + (f":{step}" if step not in ("", "1") else ""))
        else:
            parts.append(":" if entry[0] == "all" else str(entry[1]))
    subscript = "[" + ", ".join(parts) + "]"
    return subscript if row.operator else f"{row.name} {subscript}"
