"""The steps of a page: what each says, forward and backward, as plain data.

Owns the order of the steps and their words. The numbers and formulas are those
of `steps` and `formulas`; here they become data that JSON can hold.

A graph in which all is numbers can be computed anew by the page. For such a one
only words are written here, and for each way in which a rule can choose (relu's
slope is 1 where x > 0, else 0) the formula that is true then; the page computes
the numbers. Else the numbers are written, too.

Invariants: backward steps are in the order in which `backward` visits, and begin
with the gradient that the run left at the root; what is written never says more
than the picture shows: a closed module is one step, its inside is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...engine.value import Data, Value
from ..forms.cards import rows_of
from ..formulas.naming import DEPTH, FEW, called, spelled, text_with, unlike
from ..formulas.notation import Formula, written
from ..formulas.steps import BackwardSteps, Flow, Step, contribution, derivative, source_text, told, total
from ..pictures.nodes import Node, is_literal, name_of, operation
from ..pictures.picture import Picture
from ..pictures.repeats import made_at
from ..terminal.fragments import Fragments
from .choices import variants

TOLD = 5_000  # operations; the steps of larger graphs are not told
LISTED = 12  # inputs of one operation that are listed
PLACE = 0xE000  # characters that stand for the operands of a template: nobody's text has them
CLOSE = 1e-6
Way = tuple[list[int], list[list[dict[str, Any]]], str]  # operations, what flows from each, a remark


class Told:
    """The steps of one picture while they are being written.

    ids         of values, the nodes that show them
    names       of an operation and one of its inputs, what the first calls the second
    modules     of results of closed modules that have no name, what formulas call them
    recomputes  whether the page computes the numbers
    """

    def __init__(self, picture: Picture, recomputes: bool) -> None:
        self.picture = picture
        self.recomputes = recomputes
        self.ids = {node.value: node.id for node in picture.nodes if node.value is not None}
        modules = [n for n in picture.nodes if n.kind == "module" and n.value is not None and not n.name]
        self.names: dict[tuple[int, int | None], str] = {}
        self.modules = {node.value: Formula(node.op) for node in modules if node.value is not None}

    def data(self) -> dict[str, Any]:
        order = forward_order(self.picture.nodes)
        if len(order) > TOLD:
            why = f"{len(order):,} operations are too many to be told step by step: draw a part of the graph, "
            why += "with --focus NAME or --depth N."
            return {"forward": [], "backward": [], "words": {}, "flows": [], "why": why, "remark": ""}
        words = {id: self.words(self.picture.nodes[id]) for id in order}
        root = self.picture.nodes[self.picture.root]
        why = no_backward(root)
        way: Way = [], [], ""
        if not why:
            way = self.by_modules(order) if self.picture.detail == "module" else self.backward()
        backward, flows, remark = way
        return {
            "forward": order, "backward": backward, "words": words, "flows": flows, "why": why, "remark": remark,
            "seed": None if why else number_or_text(root.grad),
        }  # fmt: skip

    # ── forward ──

    def words(self, node: Node) -> dict[str, Any]:
        """The operation written out, its inputs, and what formulas call its result where that is not its name."""
        v = node.value
        assert v is not None
        if node.kind == "module":
            return self.module_words(node)
        inputs, stand_ins = called(v, self.modules)
        listed: dict[str, list[Any]] = {}
        for formula, x in zip(inputs, v.inputs, strict=True):
            if not is_literal(x):
                self.names[node.id, self.ids.get(x)] = formula.text
                listed[formula.text] = [formula.text, self.ids.get(x), self.text(x.data)]
        meanings = [[inputs[i].text, source_text(v.inputs[i]), self.ids.get(v.inputs[i])] for i in stand_ins]
        name = name_of(v)
        numbers = template(v) if self.recomputes else ""
        return filled({
            "text": text_with(v, inputs),
            "called": "" if name and name not in listed else unlike(listed, "out"),
            "inputs": [] if numbers else list(listed.values())[:LISTED],
            "more": max(len(listed) - LISTED, 0),
            "numbers": numbers,
            "meanings": meanings,
            "result": self.text(v.data),
        })  # fmt: skip

    def module_words(self, node: Node) -> dict[str, Any]:
        names = [self.input_name(self.picture.nodes[i]) for i in node.inputs]
        listed = [[name, i, told(self.picture.nodes[i].data)] for name, i in zip(names, node.inputs, strict=True)]
        text = f"{node.op}({', '.join(names)})" if len(names) <= FEW else f"{node.op} of {len(names)} values"
        more = max(len(listed) - LISTED, 0)
        word = "" if node.name else "out"
        words = {"text": text, "called": word, "inputs": listed[:LISTED], "more": more, "result": told(node.data)}
        return filled(words)

    def text(self, data: Data) -> str:
        return "" if self.recomputes else told(data)

    # ── backward ──

    def backward(self) -> Way:
        root = self.picture.nodes[self.picture.root]
        assert root.value is not None
        steps = BackwardSteps(root.value)
        steps.totals[root.value] = root.grad
        visited, flows = [], []
        last = {steps.visited[at].inputs[place]: (at, place) for at, place in places_of(steps)}
        for at, v in enumerate(steps.visited):
            if v in self.ids:
                visited.append(self.ids[v])
                flows.append(self.flows(steps[at], at, last, [place for place, *_ in steps.added[at]]))
        return visited, flows, self.remark(steps.totals)

    def flows(
        self, step: Step, at: int, last: dict[Value, tuple[int, int]], places: Sequence[int]
    ) -> list[dict[str, Any]]:
        result = []
        for count, (place, flow) in enumerate(zip(places, step.flows, strict=True)):
            its: dict[str, Any] = {"to": self.ids.get(flow.value), "place": place}
            if self.recomputes:
                derived = derivative(step, flow)
                partial = of_result(step, derived)[0][1] if derived else ""
                its |= {"input": flow.input, "partial": partial, "variants": variants(step.value, place)}
            elif count < LISTED:
                its |= {
                    "input": flow.input,
                    "derivative": of_result(step, derivative(step, flow)),
                    "contribution": contribution(step, flow),
                    "total": total(flow),
                }
            if not self.recomputes and last[flow.value] != (at, place):  # else the card's own text is right
                its["card"] = [text for _, text in rows_of("grad", flow.after)]
            result.append(its)
        return result

    def by_modules(self, order: Sequence[int]) -> Way:
        """Where modules are closed, it is told what each adds in all, if that can be found; else what comes of it."""
        nodes = self.picture.nodes
        visited = [id for id in reversed(order) if nodes[id].grad is not None]
        last = {i: id for id in visited for i in nodes[id].inputs}
        parts = self.contributions(visited)
        sums: dict[int, Data] = {}
        flows = []
        for id in visited:
            some = []
            for i in dict.fromkeys(nodes[id].inputs):
                if nodes[i].grad is None:
                    continue
                its: dict[str, Any] = {"to": i, "input": self.names.get((id, i)) or self.input_name(nodes[i])}
                value = nodes[i].value
                if i in parts and value is not None:
                    before, added = sums.get(i), parts[i].get(id, 0.0 * nodes[i].grad)
                    sums[i] = added if before is None else before + added
                    flow = Flow(its["input"], value, "", None, (), "", added, before, sums[i])
                    its |= {"contribution": [("muted", "adds "), ("number", told(added))], "total": total(flow)}
                    if last[i] != id:
                        its["card"] = [text for _, text in rows_of("grad", sums[i])]
                else:
                    its |= {"is_last": last[i] == id, "whole": told(nodes[i].grad)}
                some.append(its)
            flows.append(some)
        return visited, flows, ""

    def contributions(self, visited: Sequence[int]) -> dict[int, dict[int, Data]]:
        """By node and by what uses it, what is added to its gradient; of those nodes for which all of it is found."""
        nodes = self.picture.nodes
        root = nodes[self.picture.root]
        assert root.value is not None
        steps = BackwardSteps(root.value)
        steps.totals[root.value] = root.grad
        steps.gradients()
        owners = self.owners(visited)
        found: dict[int, dict[int, Data]] = {}
        for v, added in zip(steps.visited, steps.added, strict=True):
            for place, d, *_ in added:
                to, by = self.ids.get(v.inputs[place]), owners.get(v)
                if to is not None and by is not None:
                    parts = found.setdefault(to, {})
                    parts[by] = d if by not in parts else parts[by] + d
        users = {i: {id for id in visited if i in nodes[id].inputs} for i in found}
        return {
            i: parts for i, parts in found.items()
            if parts.keys() <= users[i] and alike(sum(parts.values()), nodes[i].grad)
        }  # fmt: skip

    def owners(self, visited: Sequence[int]) -> dict[Value, int]:
        """Of values, the nodes that they are shown by or are inside of."""
        owners = dict(self.ids)
        for id in reversed(visited):
            v = self.picture.nodes[id].value
            stack = list(v.inputs) if v is not None else []
            while stack:
                x = stack.pop()
                if x not in owners:
                    owners[x] = id
                    stack += x.inputs
        return owners

    def input_name(self, node: Node) -> str:
        """What a node is called that goes into a module."""
        if node.name or node.kind == "module":
            return node.name or node.op
        formula = spelled(node.value, DEPTH, self.modules) if node.value is not None else None
        return node.op or told(node.data) if formula is None else formula.text

    def remark(self, totals: dict[Value, Data]) -> str:
        """What is to be said where the run's gradients are not those of the steps."""
        for node in self.picture.nodes:
            if node.value in totals and node.grad is not None and not alike(node.grad, totals[node.value]):
                return (
                    "Some gradients of the run hold more than flows from here: "
                    "the steps tell what this value gives, the cards of the whole graph what the run left."
                )
        return ""


def filled(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty, as the page knows it."""
    return {name: x for name, x in fields.items() if x}


def places_of(steps: BackwardSteps) -> Iterator[tuple[int, int]]:
    steps.gradients()
    return ((at, place) for at, added in enumerate(steps.added) for place, *_ in added)


def no_backward(root: Node) -> str:
    """Why there is nothing to be told of a backward pass, or empty."""
    v = root.value
    if v is None or not v.inputs:
        return "Nothing with a gradient was computed to get this value, so there are no steps."
    if root.grad is None:
        return f"The program has not called backward on {root.name or 'this value'}, so only the forward pass is told."
    return ""


def forward_order(nodes: Sequence[Node]) -> list[int]:
    """The operations in the order in which the program did them."""
    some = [node for node in nodes if node.kind in ("operation", "module")]
    made = {node.id: made_at(node) for node in some}
    return sorted([node.id for node in some], key=lambda id: (made[id], id))


def alike(x: Data, y: Data) -> bool:
    return bool(np.allclose(x, y, rtol=CLOSE, atol=1e-12, equal_nan=True))


def number_or_text(data: Data) -> Any:
    """A number as JSON can hold it; of a tensor, what is in it."""
    if data.__class__ is bool:
        return data
    if data.__class__ is float:
        return data if data - data == 0 else str(data)
    return told(data)


def template(v: Value) -> str:
    """An operation with a character for each of its inputs, which numbers can be put in for."""
    op, drawn = operation(v)
    if len(drawn) > FEW:
        return ""
    places = {x: Formula(chr(PLACE + i)) for i, x in enumerate(v.inputs)}
    return written(op, [places[x] for x in drawn]).text


def of_result(step: Step, derived: Fragments) -> Fragments:
    """`∂out/∂d = 1` from `∂/∂d = 1`: the page says what `out` is."""
    return [(role, text.replace("∂/", f"∂{step.result}/", 1)) for role, text in derived]
