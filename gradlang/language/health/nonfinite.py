"""W0501 and W0502: where a nan or an infinity began, in the numbers or in their gradients alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...diagnostics import Label
from ...engine.nonfinite import HUGE, first_bad, has_nan, is_overflow, largest, origin, slope
from ...engine.table import Row
from ...engine.value import STATE, Box, Data, Value
from ...source import Span
from ..runtime import RUN
from .training import exploded, overflowing
from .watch import current_pass, place_of
from .words import bad, calculation, called, operand, operands, place_in, subject

if TYPE_CHECKING:
    from .watch import Health

MEND = {
    "log": "a logarithm needs numbers above 0: `log(maximum(x, 1e-9))`; `cross_entropy` of scores and "
    "`binary_cross_entropy` of probabilities see to that",
    "div": "keep what is divided by away from 0, for instance `x / (y + 1e-9)` where y cannot be negative",
    "sqrt": "a square root needs numbers from 0 on: `sqrt(maximum(x, 0))`",
    "pow": "a fractional power needs a base from 0 on, a negative power any base but 0: `maximum(x, 1e-9)**p`",
    "exp": "`exp` of so large a number is infinite; `softmax`, `log_softmax`, `logsumexp`, `sigmoid` and `softplus` "
    "of the same numbers are not",
}
TOO_LARGE = "the numbers have grown too large: smaller steps (`lr`) or inputs of a size around 1 keep them small"
DATA = "look at the data: `x == x` is false where x is nan, `load_csv(…, missing=0)` reads gaps as 0"


def in_value(health: Health, root: Value) -> None:
    """A backward starts from a nan or an infinity."""
    found = origin(root)
    v = found.value
    is_made = isinstance(v.op, Row) and bool(v.inputs)
    span = place_of(found.way if is_made else found.way[1:])
    course = health.courses.get(RUN.calling)
    if course is not None and (is_overflow(v, STATE.dtype) or isinstance(v.op, Box) and v.op.version > 0):
        text = f"the first {bad(v.data)}: {calculation(v)}" if is_made else f"{operand(v)} is {bad(v.data)} here"
        exploded(health, course, root, span, text)
        return
    labels = [x for made in (v.inputs if is_made else [v]) for x in remark(made, f"{operand(made)}, made here", span)]
    end = f"{subject(root)} is {bad(root.data)}"
    if found.nan is not None:
        labels += remark(found.nan, f"and this made nan of it: {calculation(found.nan)}", span)
    if RUN.calling is not None:
        labels.append(Label(RUN.calling, f"{end} here"))
    if is_made:
        message = f"the first {bad(v.data)} on the way to {subject(root)} is made here, by {called(v, span)}"
        label, help = calculation(v), mend(v)
    elif isinstance(v.op, Box):
        message = f"the parameter `{v.op.name}` is {bad(v.data)}{place_in(v.data)}, and so {end}"
        label = f"`{v.op.name}` is used here"
        help = "check the numbers it starts with" if v.op.version == 0 else TOO_LARGE
    else:
        message = f"{operand(v)} holds {bad(v.data)}{place_in(v.data)}, and so {end}"
        label = "it is used here"
        help = DATA if v.op is None else mend(v)
    health.tell("W0501", message, span, label, labels, current_pass(), [help])


def in_gradients(health: Health, root: Value, order: list[Value], gradients: list[Data]) -> None:
    """The numbers are finite, a gradient is not: the double-`where` trap, or a slope without bound."""
    found = slope(order, gradients)
    if found is None or largest(gradients[order.index(found.value)]) > HUGE[STATE.dtype]:
        overflowing(health, root, None if found is None else place_of(order[order.index(found.value) :]))
        return
    health.lost.add(RUN.calling)  # after the next step the numbers are lost, too
    v, x, d, chooser = found
    span = place_of([v, *order[order.index(v) + 1 :]])
    assert isinstance(v.op, Row)
    example = "x / (y + 1e-12)" if v.op.name == "div" else "(x + 1e-12)**p" if v.op.name == "pow" else ""
    example = example or f"{v.op.symbol}(x + 1e-12)"
    notes, help = [], f"keep the operand away from where the slope has no bound, for instance `{example}`"
    if chooser is not None and has_nan(d):
        assert isinstance(chooser.op, Row)
        notes = [f"`{chooser.op.symbol}` leaves the number out, but not its slope: 0 * inf is nan"]
        if chooser.op.name == "where":
            help = "choose before the operation, too: `safe = where(c, x, 1)`, then `where(c, f(safe), 0)`"
    health.tell(
        "W0502",
        f"{subject(root)} is finite, but its gradient becomes {bad(d)} on the way back through {called(v, span)}",
        span,
        f"its slope has no bound at {operands(v, first_bad(d))}",
        remark(x, f"{operand(x)}, made here", span),
        [*notes, *current_pass()],
        [help],
    )


def mend(v: Value) -> str:
    assert isinstance(v.op, Row)
    return TOO_LARGE if is_overflow(v, STATE.dtype) else MEND.get(v.op.name, TOO_LARGE)


def remark(x: Value, text: str, span: Span | None) -> list[Label]:
    """A label where a value was made, if that is on another line of the user's program."""
    made = x.span if place_of([x]) is not None else None
    if made is None or span is not None and made.source is span.source and made.line == span.line:
        return []
    return [Label(made, text)]
