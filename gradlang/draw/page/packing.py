"""The data of a page, shorter: what many nodes and steps have alike is written once.

Owns the form in which a page carries what `content` says; `unpack.js` undoes it.
Knows what the fields are, but not what they mean.

Invariant: what is unpacked is what was packed, field by field.

Why not compressed: who wonders how a page works can read what it holds.
"""

from __future__ import annotations

import json
from typing import Any

from ...engine.printing import show
from ..forms.cards import PAD

OWN = ("block", "inputs", "data", "grad", "place", "name", "arguments")  # of a node; all else is of its form


class Table:
    """Things by number, each of them once."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.numbers: dict[str, int] = {}

    def number(self, row: Any) -> int:
        number = self.numbers.setdefault(json.dumps(row), len(self.rows))
        if number == len(self.rows):
            self.rows.append(row)
        return number


def packed(data: dict[str, Any]) -> dict[str, Any]:
    forms, words, flows = Table(), Table(), Table()
    nodes = data["nodes"]
    steps = data["steps"]
    packed_steps = {
        "words": [packed_words(its, nodes[int(id)], words) for id, its in in_order(steps)],
        "flows": [
            [flows.number(placed(flow, nodes[id])) for flow in some]
            for id, some in zip(steps["backward"], steps["flows"], strict=True)
        ],
    }
    return {
        **data,
        "nodes": [packed_node(node, forms) for node in nodes],
        "order": [packed_order(order) for order in data["order"]],
        "steps": {**steps, **packed_steps},
        "tables": {"forms": forms.rows, "words": words.rows, "flows": flows.rows},
    }


def in_order(steps: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """The words of each operation, in the order of the way forward."""
    return [(id, steps["words"][id]) for id in steps["forward"]] if steps["words"] else []


def packed_node(node: dict[str, Any], forms: Table) -> list[Any]:
    """A list: the number of its form, its width, and what is its own, as far as there is any."""
    width, height = node["size"]
    form = {name: x for name, x in node.items() if name not in OWN}
    form["size"] = height
    form["lines"] = [packed_line(line, node, width) for line in node["lines"]]
    its = {name: node.get(name, 0) for name in OWN}
    if its["place"] and its["place"][0] == 0:
        its["place"] = its["place"][1]
    if its["arguments"] == its["inputs"]:
        its["arguments"] = 1
    fields = [forms.number(form), width, *its.values()]
    while fields[-1] == 0:  # a name or arguments that there are none of: a place is never 0
        fields.pop()
    return fields


def packed_line(line: list[Any], node: dict[str, Any], width: float) -> list[Any]:
    """A line of a card without the text that says the node's own name or number, and without the card's right end."""
    role, x, y, text, *right = line
    own = node.get("name") if role == "name" else number_text(node, role) if role in ("data", "grad") else None
    return [role, 0 if right and x == round(width - PAD, 1) else x, y, 0 if text == own else text, *right]


def number_text(node: dict[str, Any], role: str) -> str | None:
    x = node[role]
    if node.get("shape"):
        return None
    return "—" if x is None else x if isinstance(x, str) else show(x)


def packed_words(its: dict[str, Any], node: dict[str, Any], words: Table) -> list[Any]:
    rest = {name: x for name, x in its.items() if name != "text"}
    if "meanings" in rest:
        rest["meanings"] = [[name, text, place(id, node)] for name, text, id in rest["meanings"]]
    return [its["text"], words.number(rest)]


def placed(flow: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    return {**flow, "to": place(flow["to"], node)}


def place(id: int | None, node: dict[str, Any]) -> int | None:
    """Where a node stands among the inputs of another; one that does not is -1 less its number."""
    return node["inputs"].index(id) if id in node["inputs"] else None if id is None else -1 - id


def packed_order(order: dict[str, Any]) -> dict[str, Any]:
    """Columns and gaps as texts: `n3 v7`; `0,2` is a wire with the value of what it comes from, others name theirs."""
    columns = order["columns"]
    gaps = zip(columns, order["wires"], strict=False)
    return {
        "columns": [" ".join([f"{kind}{id}" for kind, id in column]) for column in columns],
        "wires": [" ".join([packed_wire(wire, column[wire[0]]) for wire in wires]) for column, wires in gaps],
    }


def packed_wire(wire: list[int], source: list[Any]) -> str:
    at, to, value = wire
    return f"{at},{to}" if source[0] != "b" and source[1] == value else f"{at},{to},{value}"
