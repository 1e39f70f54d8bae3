"""W0509 and W0510: losses that grow beyond all bounds or never move, and gradients that do so on their way back."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...diagnostics import Label
from ...engine.autodiff import Reached, topological
from ...engine.charges import unpaid
from ...engine.nonfinite import largest
from ...engine.printing import show
from ...engine.table import Row
from ...engine.value import Box, Data, Value
from ...source import Span
from ..runtime import RUN
from .watch import current_pass, number, place_of, square
from .words import bad, called, subject

if TYPE_CHECKING:
    from .watch import Course, Health

TIMES = 1e6  # as large, at the end, as at first: no training that goes well
BESIDE = 1e8  # a step of the parameters' own size would change the loss by so many times the loss
FAINT = 1e-6  # the first layer's gradient beside the last one's
SIZE = 100.0  # inputs beyond make steps of an ordinary length too long
LAYER = re.compile(r"layer(\d+)\.W")
STARTS = {
    "relu": 'its slope is 0 for numbers below 0: other initial numbers (`init="kaiming"`), inputs around 0, '
    "or `maximum(0.01 * x, x)`, which has a slope everywhere",
    "sigmoid": 'its slope is 0 for large numbers: smaller initial numbers or inputs (`init="xavier"`)',
    "tanh": 'its slope is 0 for large numbers: smaller initial numbers or inputs (`init="xavier"`)',
}
LIMITS = [
    "gradients that pass many layers, or passes of a loop, multiply: start with smaller weights, or take fewer passes",
    "steps of limited length help as well: `p -= lr * p.grad / maximum(1, norm(p.grad))`",
]
UPWARD = re.compile(r"\+=[^\n]*\.grad\b")
MOVE = "begin with other numbers, from which the loss has a slope"


def exploded(health: Health, course: Course, root: Value, span: Span | None, origin: str) -> None:
    """A loss is nan or infinite now, for nothing but the way that the parameters have gone; `span` made that first."""
    labels = [Label(span, origin)] if span is not None else []
    message = f"{subject(root)} has grown beyond all numbers: it was {show(course.loss)} at first"
    label = f"and is {bad(root.data)} here"
    health.tell("W0509", message, RUN.calling, label, labels, current_pass(), cures(health, course, root))


def grown(health: Health, course: Course, root: Value) -> None:
    """At the end of a run: whether its loss is out of all proportion to what it was."""
    if has_grown(course, root):
        first, now = show(course.loss), show(number(root.data))
        message = f"{subject(root)} has grown instead of falling: from {first} at first to {now}"
        health.tell("W0509", message, course.calling, "at the end of the run", help=cures(health, course, root))


def has_grown(course: Course, root: Value) -> bool:
    return abs(number(root.data)) > TIMES * max(abs(course.loss), 1.0)


def cures(health: Health, course: Course, root: Value) -> list[str]:
    """What keeps steps from growing."""
    found = next((o for o in health.optimisers if course.box in o.boxes), None)
    if found is None:
        help = ["smaller steps: a tenth of the factor in front of the gradient, for instance"]
        if course.calling is not None and UPWARD.search(course.calling.source.text):
            help.insert(0, "`+=` steps up the gradient: if the number is to become small, write `-=`")
    else:
        help = [f"smaller steps: `lr` is {found.lr:g} in `{found.name}`; a tenth of that, for instance"]
    with unpaid():
        used = [x for v in topological(root) for x in v.inputs]
    sizes = [size for size in [largest(x.data) for x in used if not x.inputs and x.op is None] if size < math.inf]
    if max(sizes, default=0.0) > SIZE:
        size = show(max(sizes))
        help.append(
            f"the data go up to {size}: bring them to a size around 1, as `(x - x.mean(dim=0)) / x.std(dim=0)` does"
        )
    return help


def flat(health: Health, course: Course, order: Sequence[Value]) -> None:
    """From the first backward on a loss has not moved; `order` are its values with their gradients."""
    root, boxes = order[-1], [v for v in order if isinstance(v.op, Box)]
    if not boxes or not course.loss or any([has_any(v.grad) for v in boxes]):  # so small that their squares are 0
        return
    at = next((v for v in reversed(order) if v.inputs and has_any(v.grad) and not any(map(has_slope, v.inputs))), None)
    labels, help = [], MOVE
    if at is not None and isinstance(at.op, Row):
        span = place_of(order[order.index(at) :])
        if span is not None:
            labels.append(Label(span, f"no gradient comes through {called(at, span)} of {extent(at.inputs[0].data)}"))
        help = STARTS.get(at.op.name, MOVE)
    message = f"{subject(root)} has been {show(number(root.data))} from the first `backward` on: nothing is learned"
    label = "the gradient of every parameter is 0"
    health.tell("W0509", message, course.calling, label, labels, help=[help])


def has_any(data: Data) -> bool:
    """Whether there is a number other than 0."""
    return data is not None and (data != 0.0 if data.__class__ is float else bool(data.any()))


def has_slope(x: Value) -> bool:
    return x.needs and has_any(getattr(x, "grad", None))


def extent(data: Data) -> str:
    """`-3.2`, or `numbers from -7 to -0.4`."""
    if data.__class__ is float:
        return show(data)
    return f"numbers from {show(float(data.min()))} to {show(float(data.max()))}"


def steep(health: Health, course: Course, root: Value, reached: Reached) -> None:
    """One of the first gradients is large: whether it is so beside loss and parameters, three times in a row."""
    size = math.sqrt(sum(map(square, reached.gradients.values())))
    of_all = math.sqrt(sum([square(box.value.data) for box in reached.gradients]))
    loss = abs(number(root.data))
    if not 0.0 < loss * BESIDE < size * of_all:
        return
    course.steep += 1
    if course.steep == 3:
        message = f"the gradient of {subject(root)} is huge: its length is {show(size)}, where the loss is {show(loss)}"
        notes = [f"the parameters have the length {show(of_all)}", *current_pass()]
        health.tell("W0510", message, RUN.calling, "three times in a row", notes=notes, help=LIMITS)


def overflowing(health: Health, root: Value, span: Span | None) -> None:
    """A gradient is so large that not even its square is a number, or that it ends in what is none, at a place."""
    course = health.courses.get(RUN.calling)
    if course is not None and has_grown(course, root):
        return  # with the loss itself, which will be told
    labels = [] if span is None else [Label(span, "it comes to an end on its way back through this")]
    message = f"{subject(root)} is finite, but its gradient grows beyond all numbers on its way back"
    health.tell("W0510", message, RUN.calling, "its gradients are not finite", labels, current_pass(), LIMITS)


def vanishing(health: Health, reached: Reached) -> None:
    """Whether next to nothing of a gradient comes to the first layer of a perceptron with three layers or more."""
    last: Box | None = None
    before = 0  # the number of the layer that was met last: from the last one back
    for box in reached.gradients:
        match = LAYER.fullmatch(box.name)
        if match is None:
            continue
        at = int(match[1])
        if at != before - 1:
            last, layers = box, at
        before = at
        if at == 1 and last is not None and layers >= 3:
            compare(health, reached, box, last, layers)


def compare(health: Health, reached: Reached, first: Box, last: Box, layers: int) -> None:
    near, far = (math.sqrt(square(reached.gradients[box])) for box in (last, first))
    if not 0.0 < far < FAINT * near:
        return
    name = called_layer(reached.order, last)
    message = f"next to nothing of the gradient comes to the first of {layers} layers"
    notes = [f"its length is {show(near)} in `{last.name}`, and {show(far)} in `{first.name}`"]
    help = [
        "every layer of `sigmoid` takes at least three quarters of it: `activation=relu` or `tanh` keep more",
        'fewer layers, inputs of a size around 1, `init="xavier"` (for `tanh`) or `init="kaiming"` (for `relu`)',
    ]
    labels = [] if name is None else [Label(name, "this is computed with the layers")]
    health.tell("W0510", message, RUN.calling, "the gradients of this", labels, notes, help)


def called_layer(order: Sequence[Value], last: Box) -> Span | None:
    """Where the program uses what the last layer gives."""
    at = next((i for i, v in enumerate(order) if any([x.op is last for x in v.inputs])), len(order))
    return place_of(order[at:])
