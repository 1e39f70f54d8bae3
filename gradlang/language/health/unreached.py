"""W0503: parameters that no backward has reached, though others were reached.

Nothing is said of what was changed in another way, or asked for by `grad`; nor of a model as a whole, which may be
there to be compared with: only where an optimiser is to train it, or nothing reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...diagnostics import Diagnostic, Label
from ...engine.value import Box, Value
from ...source import Span
from ...syntax.parser import tokens
from ..builtins.learning import captured
from ..runtime import RUN
from ..values import Function, List, Model
from .watch import MOST_WANTED, NOWHERE
from .words import subject

if TYPE_CHECKING:
    from .watch import Health, Names

MOST_ITEMS = 10_000  # of a list that are looked at
PLAIN = "a number that is not to be learned needs no `param`"


def parameters(health: Health, names: Names, last: Span) -> None:
    """Tells of each that was there when the `last` statement that called backward began."""
    if len(health.wanted) >= MOST_WANTED or all([course.box is None for course in health.courses.values()]):
        return
    known: set[Box] = set()
    names = {n: (span, x) for n, (span, x) in names.items() if not is_behind(span, last)}
    for name, (span, x) in names.items():
        held = list(boxes_in(x))
        lost = [box for box in held if is_lost(health, box)]
        if x.__class__ is Box and x.name == name or 0 < len(lost) < len(held):
            for box in lost:
                if box not in known:
                    tell_of_parameter(health, box, span if box is x else box.span)
            known.update(lost)
    for name, (span, x) in names.items():
        if isinstance(x, Model) and x.boxes and all([is_lost(health, box) for box in x.boxes]):
            trainer = next((n for n, (_, o) in names.items() if hasattr(o, "settings") and x.boxes[0] in o.boxes), "")
            tell_of_model(health, name, span, names[trainer] if trainer else None, trainer)


def is_behind(span: Span | None, other: Span) -> bool:
    return span is not None and span.source is other.source and span.start >= other.end


def by_anything(health: Health, root: Value) -> None:
    """A backward starts from a number that was computed from nothing. Told where the program looks otherwise."""
    message = f"{subject(root)} leads to no parameter: `backward` gives it the gradient 1, and nothing else one"
    diagnostic = Diagnostic("W0503", message, RUN.calling or NOWHERE, "warning")
    health.explain(diagnostic, RUN.calling)
    if diagnostic.notes:
        RUN.warn(diagnostic)


def is_lost(health: Health, box: Box) -> bool:
    return box.grad is None and box.version == 0 and box not in health.wanted


def boxes_in(x: Any) -> Iterator[Box]:
    """The parameters that something holds, or that lists and functions in it do; those of models are the models'."""
    seen: set[int] = set()
    stack = [x]
    while stack:
        part = stack.pop()
        if part.__class__ is Box and id(part) not in seen:
            yield part
        elif isinstance(part, List | tuple | Function) and id(part) not in seen:
            if isinstance(part, Function):
                stack += captured(part)
            else:
                stack += (part.items() if isinstance(part, List) else part)[:MOST_ITEMS]
        seen.add(id(part))


def tell_of_parameter(health: Health, box: Box, span: Span | None) -> None:
    name = f"`{box.name}`"
    cuts = [at for at, boxes in health.cuts.items() if box in boxes and at is not None]
    labels = [Label(at, cut(at)) for at in cuts[:2] if at is not box.span]
    if is_unread(box.name, box.span):
        label, help = "nothing reads it", [f"compute the loss with {name}, or leave it out"]
    elif cuts:
        label, help = (
            "it is read only without its history",
            [f"compute with {name} itself, and the gradient comes through", PLAIN],
        )
    else:
        label = "what is computed with it does not lead to the loss"
        help = [PLAIN]
    message = f"no `backward` has reached the parameter {name}, so nothing trains it"
    health.tell("W0503", message, span or box.span, label, labels, help=help, is_cut_off=help == [PLAIN])


def tell_of_model(
    health: Health, name: str, span: Span | None, optimiser: tuple[Span | None, Any] | None, trainer: str
) -> None:
    labels, help = [], [f"compute the loss with `{name}`, or leave it out"]
    if optimiser is not None:
        label = f"the loss is not computed with it, though `{trainer}` is to train it"
        if optimiser[0] is not None:
            labels = [Label(optimiser[0], f"this is to train `{name}`")]
    elif is_unread(name, span):
        label = "nothing reads it"
    else:
        return
    message = f"no `backward` has reached the parameters of `{name}`, so nothing trains it"
    health.tell("W0503", message, span, label, labels, help=help, is_cut_off=optimiser is not None)


def cut(span: Span) -> str:
    """What takes the history away at a place."""
    for word in ("detach", "item"):
        if word in span.text:
            return f"`{word}` lets no gradient through"
    return "`.data` of this lets no gradient through"


def is_unread(name: str, span: Span | None) -> bool:
    """Whether a name stands nowhere in its source but where it was bound."""
    if span is None:
        return False
    word = re.compile(rf"\b{re.escape(name)}\b")
    return sum([word.search(token) is not None for token in tokens(span.source.text) if token[:1] != "#"]) == 1
