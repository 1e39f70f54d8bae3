"""A backward pass as steps, one an operation, in the order in which `backward` visits them.

Owns the numbers of a pass (what each operation is given, what it adds to which
input), `Step`, which says them in the user's names, and how a step is shown in
a terminal; `derivatives` finds the local derivatives. Steps are made when they are
asked for, and going back is asking again: numbers are kept, texts are not.

Invariants: the totals are bit for bit what `backward` would store; the graph is
left as it is, gradients included.

Why stand-ins: the engine's own `propagate` adds to the gradients of the values
it is given. So it is given copies of one operation and of its inputs, one copy
for every place, and what is found in them afterwards is what it added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from ...engine.autodiff import check_root, propagate, topological
from ...engine.printing import show
from ...engine.table import arrays
from ...engine.value import Data, Shape, Value, leaf, shape_of, shape_text
from ...source import Span
from ..forms.dot import summary
from ..pictures.nodes import name_of
from ..terminal.fragments import Fragments, plain, width_of, wrapped
from .derivatives import Term, explained
from .notation import number

NAME = re.compile(r"[\w.]+")
LONG = 12  # what is longer is not repeated under a ∂


@dataclass(slots=True)
class Flow:
    """What an operation adds to the gradient of one of its inputs.

    input         what formulas call the input        value     the input itself
    derivative    the local derivative as a formula, `1 - h**2`; empty where the operation is not elementwise
    slope         the local derivative as data, or None
    since         the conditions that it hangs on: `x > 0`
    rule          the contribution as a formula: `h.grad @ W.T`
    contribution  what is added                       before, after  the input's gradient; before is None the first time
    """

    input: str
    value: Value
    derivative: str
    slope: Data
    since: tuple[str, ...]
    rule: str
    contribution: Data
    before: Data
    after: Data


@dataclass(slots=True)
class Step:
    """One operation of a backward pass.

    name        what the program calls the result, or empty
    result      what formulas call it
    expression  the operation with its inputs: `c - d`
    gradient    what has come down to the result, all of it
    meanings    what the program wrote for inputs that only have a stand-in for a name
    """

    value: Value
    name: str
    result: str
    expression: str
    data: Data
    gradient: Data
    flows: list[Flow]
    meanings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def span(self) -> Span | None:
        return self.value.span

    @property
    def line(self) -> int | None:
        return self.value.span.line if self.value.span is not None else None

    @property
    def shape(self) -> Shape:
        return shape_of(self.data)


def backward_steps(root: Value) -> BackwardSteps:
    """The steps of `backward(root)`. Raises Fault as `backward` does, E0502 or E0503."""
    check_root(root)
    return BackwardSteps(root)


class BackwardSteps(Sequence[Step]):
    """The steps as a sequence; asking for one computes the numbers of those before it, once."""

    def __init__(self, root: Value) -> None:
        self.visited = visited(root)
        self.totals: dict[Value, Data] = {root: 1.0 if root.shape == () else arrays.ones_like(root.data)}
        self.added: list[list[tuple[int, Data, Data, Data]]] = []  # a step's places, contributions, before, after

    def __len__(self) -> int:
        return len(self.visited)

    @overload
    def __getitem__(self, at: int) -> Step: ...
    @overload
    def __getitem__(self, at: slice) -> list[Step]: ...

    def __getitem__(self, at: int | slice) -> Step | list[Step]:
        if isinstance(at, slice):
            return [self[i] for i in range(len(self))[at]]
        at = range(len(self))[at]
        while len(self.added) <= at:
            self.advance()
        return self.step(at)

    def gradients(self) -> dict[Value, Data]:
        """What `backward` would store, for every value."""
        while len(self.added) < len(self):
            self.advance()
        return self.totals

    def advance(self) -> None:
        """Propagates through the next operation."""
        v = self.visited[len(self.added)]
        added = []
        for place, d in contributions(v, self.totals[v]):
            x = v.inputs[place]
            before = self.totals.get(x)
            self.totals[x] = d if before is None else before + d
            added.append((place, d, before, self.totals[x]))
        self.added.append(added)

    def step(self, at: int) -> Step:
        v = self.visited[at]
        gradient = self.totals[v]
        words = explained(v, gradient)
        flows = [
            Flow(
                words.inputs[place].text,
                v.inputs[place],
                *said(v.op, words.local[place], words.whole[place]),
                d,
                before,
                after,
            )
            for place, d, before, after in self.added[at]
        ]
        meanings = [(words.inputs[i].text, source_text(v.inputs[i])) for i in words.stand_ins if v.inputs[i].needs]
        return Step(v, name_of(v), words.result, words.text, v.data, gradient, flows, [m for m in meanings if m[1]])


def visited(root: Value) -> list[Value]:
    """The operations that `backward` propagates through, in its order."""
    reached = {root}
    order = []
    for v in reversed(topological(root)):
        if v.inputs and v in reached:
            order.append(v)
            reached.update([v.inputs[place] for place in places(v)])
    return order


def places(v: Value) -> list[int]:
    """The inputs of an operation that gradients flow to."""
    rules: Any = v.op.vjp  # type: ignore[union-attr]
    needing = [place for place, x in enumerate(v.inputs) if x.needs]
    return needing if callable(rules) else [i for i in needing if i < len(rules) and rules[i] is not None]


def contributions(v: Value, gradient: Data) -> list[tuple[int, Data]]:
    """What an operation adds to the gradients of its inputs, by place."""
    copies = [leaf(x.data, x.needs) for x in v.inputs]
    for copy in copies:
        copy.grad = None
    copied = leaf(v.data, True)
    copied.op, copied.attrs, copied.inputs, copied.grad = v.op, v.attrs, tuple(copies), gradient
    propagate(copied)
    return [(place, copies[place].grad) for place in places(v)]


def said(row: Any, local: Term | None, whole: Term | None) -> tuple[str, Data, tuple[str, ...], str]:
    """A flow's derivative, slope, reasons and rule."""
    rule = whole.text if whole is not None else f"by the rule of {row.name}"
    if local is None:
        return "", None, whole.since if whole is not None else (), rule
    return local.text, local.data, local.since, rule


def source_text(v: Value) -> str:
    """What the program wrote for a value, in one line."""
    return " ".join(v.span.text.split()) if v.span is not None else ""


# ── a step in a terminal ─────────────────────────────────────────────────────


def step_lines(step: Step, position: int, count: int, width: int) -> Fragments:
    """One step, the `position`th of `count`, in lines of at most `width` columns.

    Each input has one line where there is room for that, else a line for each of its local derivative, what it gets
    and what it has then.
    """
    lines = [title(step, position, count, width), *statement(step, width)]
    lines += [[("muted", f"  where {name} is {meaning}")] for name, meaning in step.meanings]
    lines += in_columns([sentence(step, flow) for flow in step.flows], width)
    return [piece for line in lines for part in wrapped(line, width, 6) for piece in [*part, ("", "\n")]]


def title(step: Step, position: int, count: int, width: int) -> Fragments:
    words = f"step {position:,} of {count:,}"
    if step.line is None:
        return [("heading", words)]
    place = f"line {step.line}"
    return [("heading", words), ("", " " * max(width - len(words) - len(place), 2)), ("muted", place)]


def statement(step: Step, width: int) -> list[Fragments]:
    """`e = c - d = -7`, and what has come down to it."""
    name: Fragments = [("name", step.name), ("", " = ")] if step.name else []
    what: Fragments = [("", "  "), *name, ("operator", step.expression), ("", " = "), ("number", told(step.data))]
    gradient: Fragments = [("muted", "gradient "), ("gradient", told(step.gradient))]
    one = [*what, ("", "   "), *gradient]
    return [one] if width_of(plain(one)) <= width else [what, [("", "  "), *gradient]]


def sentence(step: Step, flow: Flow) -> list[Fragments]:
    """The input, its local derivative, what is added, and what it is added to."""
    return [[("name", flow.input)], derivative(step, flow), contribution(step, flow), total(flow)]


def derivative(step: Step, flow: Flow) -> Fragments:
    """`∂e/∂d = -1`"""
    if not flow.derivative:
        return []
    input = flow.input if NAME.fullmatch(flow.input) else f"({flow.input if len(flow.input) <= LONG else '…'})"
    above = step.name if step.name == step.result else ""
    text: Fragments = [("muted", f"∂{above}/∂{input} = "), ("operator", flow.derivative)]
    if shape_of(flow.slope) == () and number(flow.slope).text != flow.derivative:
        text += [("", " = "), ("number", show(flow.slope))]
    return text + reason(flow)


def reason(flow: Flow) -> Fragments:
    return [("muted", f" since {' and '.join(flow.since)}")] if flow.since else []


def contribution(step: Step, flow: Flow) -> Fragments:
    """`-1 × -6.9417 = 6.9417`; a formula where these are tensors."""
    if flow.derivative and step.shape == () and shape_of(flow.slope) == ():
        text: Fragments = [("number", show(flow.slope)), ("", " × "), ("gradient", show(step.gradient))]
    else:
        text = [("operator", flow.rule), *([] if flow.derivative else reason(flow))]
    return [*text, ("", " = "), ("number", told(flow.contribution))]


def total(flow: Flow) -> Fragments:
    """`grad 0 + 6.9417 = 6.9417`; of tensors, the means, which add up alike."""
    before, added = ("0" if flow.before is None else mean(flow.before)), mean(flow.contribution)
    sum = f"{before} - {added[1:]}" if added.startswith("-") else f"{before} + {added}"
    word = "mean grad " if shape_of(flow.after) else "grad "
    return [("muted", word), ("number", sum), ("", " = "), ("gradient", mean(flow.after))]


def told(data: Data) -> str:
    """A number, the few numbers of a tensor, or its shape and what is in it."""
    text = summary(data).replace("\n", ", ")
    return text if text.startswith("[") or shape_of(data) == () else f"{shape_text(shape_of(data))} {text}"


def mean(data: Data) -> str:
    if shape_of(data) == ():
        return show(data)
    return show(float(data.mean())) if data.size else "nothing"


def in_columns(sentences: list[list[Fragments]], width: int) -> list[Fragments]:
    """The parts of each sentence side by side, if all have room; else one below the other."""
    widths = [max([width_of(plain(parts[c])) for parts in sentences], default=0) for c in range(4)]
    if sum([w + 3 for w in widths if w]) + 1 <= width:
        return [beside(parts, widths) for parts in sentences]
    lines: list[Fragments] = []
    for name, *parts in sentences:
        lines.append([("", "  "), *name])
        lines += [[("", "    "), *part] for part in parts if part]
    return lines


def beside(parts: list[Fragments], widths: list[int]) -> Fragments:
    line: Fragments = []
    for part, width in zip(parts, widths, strict=True):
        if width:
            line += [("", "   " if line else "    "), *part, ("", " " * (width - width_of(plain(part))))]
    while line and not line[-1][1].strip():
        line.pop()
    return line
