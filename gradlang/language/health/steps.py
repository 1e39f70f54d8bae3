"""W0504, W0505 and, where only a run shows it, W0511: steps by gradients that are not what they seem.

A gradient may be of numbers that a parameter no longer has, or be used twice; a step may move no parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...diagnostics import Label
from ...engine.autodiff import parameters_of
from ...engine.charges import unpaid
from ...engine.printing import show
from ...engine.value import Box, Value
from ...source import Span
from ..runtime import RUN
from .watch import current_pass, place_of
from .words import subject

if TYPE_CHECKING:
    from .watch import Health


class Late:
    """A backward that came to numbers which parameters have no longer. Holds no graph.

    read      where such a number was read first, and which it was, by its parameter
    is_mixed  whether it came to the parameter's present numbers, too
    """

    def __init__(self, root: Value, order: list[Value], changed: list[Value]) -> None:
        self.calling = RUN.calling
        self.subject = subject(root)
        self.read: dict[Box, tuple[Span | None, str]] = {}
        for v in changed:
            if isinstance(v.op, Box) and v.op not in self.read:
                self.read[v.op] = read_at(v, order), "" if v.shape else show(v.data)
        present = [v.op for v in order if isinstance(v.op, Box) and v.op.value is v]
        self.is_mixed = not self.read.keys().isdisjoint(present)

    def tell(self, health: Health, box: Box) -> None:
        """The gradient of a parameter is used."""
        if box not in self.read or health.has_told("W0504", self.calling):
            return
        span, number = self.read[box]
        name, now = f"`{box.name}`", "" if box.value.shape else show(box.value.data)
        is_told = number != now  # in the digits that are shown
        was = f"this was computed when {name} was {number}" if is_told else f"this was computed from an earlier {name}"
        times = f"after {box.version} update{'s' if box.version != 1 else ''}"
        if self.is_mixed:
            message = f"{self.subject} is computed from {name} and from an earlier {name}: its gradient is that of both"
            help = "`detach(…)` around what is kept from before lets no gradient through: `before = detach(w)`"
        else:
            message = f"{self.subject} was computed before {name} was updated: its gradient is that of earlier numbers"
            help = "compute it anew after every update, before `backward`; a function such as `loss() = …` does that"
        health.tell(
            "W0504",
            message,
            self.calling,
            f"{name} is {now} here, {times}" if is_told else f"{name} has other numbers here, {times}",
            [] if span is None else [Label(span, was)],
            current_pass(),
            [help],
        )


def has_changed(leaf: Value) -> bool:
    """Whether a parameter has other numbers than this, which it had."""
    assert isinstance(leaf.op, Box)
    is_other = leaf.data != leaf.op.value.data
    return is_other if is_other.__class__ is bool else bool(is_other.any())


def read_at(leaf: Value, order: list[Value]) -> Span | None:
    """Where the program computed something with a leaf for the first time."""
    at = next((i for i, v in enumerate(order) if leaf in v.inputs), len(order))
    return place_of(order[at:])


def spent_again(health: Health, box: Box, span: Span | None, optimiser: Any = None) -> None:
    """A step by a gradient by which an update has stepped before, with no backward since."""
    if health.has_told("W0505", span):
        return
    name = f"`{box.name}`"
    calling = health.course.calling
    labels = []
    with unpaid():
        is_of_last = RUN.last_root is not None and box in parameters_of([RUN.last_root])
    if calling is not None and is_of_last:
        labels = [Label(calling, f"the last `backward`, which has set the gradient of {name}")]
    others = [o for o in health.optimisers if o is not optimiser and box in o.boxes]
    notes, help = current_pass(), ["call `backward` before every update, with a loss that is computed anew"]
    if optimiser is not None and others:
        notes = [f"another optimiser moves {name}, too: {others[0].text}", *notes]
        help = ["give each optimiser parameters of its own, or call `backward` again before the second one's step"]
    message = f"{name} steps a second time by the same gradient: no `backward` has set it since the last update"
    if optimiser is None:
        help.append("to try a step of another length, take this one back first (`+=`), or use `.data = …`")
    health.tell("W0505", message, span, "the gradient is used again here", labels, notes, help)


def moves_nothing(health: Health, name: str, box: Box, span: Span) -> None:
    """A training step of a name that holds the numbers of a parameter, as what a list of parameters holds does."""
    health.tell(
        "W0511",
        f"this step moves `{name}` and not the parameter `{box.name}`, whose numbers `{name}` holds",
        span,
        f"`{name}` is bound to other numbers, and `{box.name}` stays as it is",
        help=[f"`for {name} in parameters([...])` goes over the parameters themselves, `[...]` over their numbers"],
    )
