"""From a fault to a diagnostic: adds the place, the user's names, and where each operand was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..diagnostics import Diagnostic, GradlangError, Label
from ..engine.value import Box, Value, shape_text
from ..faults import Fault
from ..source import PRELUDE, Span
from .values import kind

Operand = tuple[Span, Any]  # where it stands, and what it was


def located(fault: Fault, span: Span, operands: Sequence[Operand] = ()) -> GradlangError:
    """The diagnostic of a fault that happened at `span` with these operands."""
    labels = [Label(where, described(x, where)) for where, x in operands if worth_saying(fault, x)]
    label = ""
    if fault.at is not None and -len(operands) <= fault.at < len(operands) and not fault.code.startswith("E04"):
        span = operands[fault.at][0]  # one argument is to blame, not how they fit together
        label = next((kept.text for kept in labels if kept.span is span), "")
        labels = [kept for kept in labels if kept.span is not span]
    return GradlangError(
        [Diagnostic(fault.code, fault.message, span, "error", label, labels, list(fault.notes), list(fault.help))]
    )


def worth_saying(fault: Fault, x: Any) -> bool:
    """Whether a label about an operand helps: shapes in errors of shape, kinds in errors of kind."""
    if fault.code.startswith("E04"):
        return x.__class__ is Box or x.__class__ is Value and bool(x.shape or hasattr(x, "name"))
    return fault.code == "E0301"


def has_numbers(x: Any) -> bool:
    return x.__class__ is Value or x.__class__ is Box


def described(x: Any, where: Span) -> str:
    """`[2, 4]: parameter `W`, made on line 2 by randn(2, 4)`."""
    if not has_numbers(x):
        return kind(x)
    box = x if x.__class__ is Box else x.op if x.op.__class__ is Box else None
    shape = shape_text(x.value.shape if x.__class__ is Box else x.shape)
    text = shape
    made = (box or x).span
    name = getattr(x, "name", "")
    if box is not None:
        text += f": parameter `{box.name}`"
    elif name and name == where.text:
        text += f": `{name}`"
    if made is None or made.source.name == PRELUDE:
        return text
    is_here = made.source is where.source
    if is_here and made.start == where.start and made.end == where.end:
        return text
    by = made.text
    text += f"{',' if ':' in text else ':'} made {f'on line {made.line}' if is_here else made.place}"
    if by.endswith(")") and len(by) <= 40 and "\n" not in by:
        text += f" by {by}"
    return text
