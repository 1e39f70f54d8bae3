"""W0508: units of a layer of relu that give 0 whatever goes in.

A layer is known by its weights: what is 0 everywhere counts as a unit only where `x @ W + b` goes into relu, and what
comes out into another product with weights. So no loss that has come to 0 (a hinge) is taken for a layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...diagnostics import Label
from ...engine.table import Row
from ...engine.value import Box, Value
from ..values import Model
from .watch import place_of

if TYPE_CHECKING:
    from .watch import Health, Names

FEWEST = 16  # rows
SMALL = 3  # units: of so few all must be dead
DEEPEST = 3  # operations between weights and relu


class Layer:
    """The units of all relus behind some weights: which have fired, and for how many rows they were asked."""

    def __init__(self, relu: Value, at: int) -> None:
        self.relu = relu
        self.at = at  # in the order of the graph
        self.fired: Any = None
        self.rows = 0

    def add(self, data: Any, axis: int) -> None:
        rows = data.swapaxes(axis, -1).reshape(-1, data.shape[axis])
        fired = (rows > 0).any(0)
        self.fired = fired if self.fired is None else self.fired | fired  # the weights have one shape
        self.rows += len(rows)


def look(health: Health, order: Sequence[Value], names: Names, goes_well: bool) -> None:
    """Tells of each layer of a graph in which more than two thirds of the units are dead.

    A half may be from the start, and training can go well with the rest; then only a layer that is dead as a whole is
    worth a word: whatever goes in, the same comes out.
    """
    for box, layer in layers(order).items():
        units, dead = len(layer.fired), int((~layer.fired).sum())
        if layer.rows >= FEWEST and (dead == units if units <= SMALL or goes_well else 3 * dead > 2 * units):
            tell(health, box, layer, f"{dead} of {units}", names, order)


def layers(order: Sequence[Value]) -> dict[Box, Layer]:
    """The layers of relu whose units go into further weights, by the weights before them."""
    goes_on = {x for v in order if is_row(v, "matmul") for x in v.inputs if weights(other(v, x)) is not None}
    found: dict[Box, Layer] = {}
    for i, v in enumerate(order):
        if v in goes_on and is_row(v, "relu"):
            before = next(products(v.inputs[0]), None)
            if before is not None:
                box, axis = before
                if box not in found:
                    found[box] = Layer(v, i)
                found[box].add(v.data, axis if len(v.shape) > 1 else 0)
    return found


def products(x: Value) -> Iterator[tuple[Box, int]]:
    """The weights of a sum of products, and the axis of the result along which their units lie."""
    near = [x]
    for _ in range(DEEPEST):
        for v in near:
            if is_row(v, "matmul"):
                a, b = v.inputs
                right, left = weights(b), weights(a)
                if right is not None and len(b.shape) == 2:
                    yield right, -1
                elif left is not None and len(a.shape) == 2:
                    yield left, -1 if len(b.shape) == 1 else -2
        near = [y for v in near if is_row(v, "add", "sub") for y in v.inputs]


def weights(x: Value | None) -> Box | None:
    """The parameter that a value is, or is the transpose of."""
    if x is not None and is_row(x, "transpose"):
        (x,) = x.inputs
    return x.op if x is not None and isinstance(x.op, Box) else None


def other(v: Value, x: Value) -> Value | None:
    a, b = v.inputs
    return b if x is a else a


def is_row(v: Value, *names: str) -> bool:
    return isinstance(v.op, Row) and v.op.name in names and bool(v.inputs)


def tell(health: Health, box: Box, layer: Layer, share: str, names: Names, order: Sequence[Value]) -> None:
    model = next((n for n, (_, x) in names.items() if isinstance(x, Model) and box in x.boxes), "")
    name, _, part = box.name.rpartition(".")
    subject = f"`{name}` of `{model}`" if model and name else f"`{name}`" if name else f"the layer of `{part}`"
    span = place_of([layer.relu]) or (names[model][0] if model else None) or place_of(order[layer.at :])
    labels = [Label(box.span, f"`{box.name}`, declared here")] if box.span is not None and span is not box.span else []
    health.tell(
        "W0508",
        f"{share} units of {subject} never fire",
        span,
        f"`relu` gives 0 for each of {layer.rows:,} rows",
        labels,
        ["such a unit has no slope, so it can learn nothing any more"],
        [
            "steps that are too long kill units: try a smaller `lr`",
            'where they are dead from the start: `init="kaiming"`, or inputs around 0',
        ],
    )
