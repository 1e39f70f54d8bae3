"""From a fault to a diagnostic: adds the place, the user's names, and where each operand was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..diagnostics import Diagnostic, GradlangError, Label
from ..engine.value import Box, Value, shape_text
from ..faults import Fault
from ..source import Span
from .values import kind

Operand = tuple[Span, Any]  # where it stands, and what it was


def located(fault: Fault, span: Span, operands: Sequence[Operand] = ()) -> GradlangError:
    """The diagnostic of a fault that happened at `span` with these operands."""
    labels: list[Label] = []
    if fault.code[:3] in ("E03", "E04") and operands:
        labels = [Label(where, described(x, where)) for where, x in operands if has_numbers(x) or fault.code == "E0301"]
        if fault.code[:3] == "E04":
            labels = [] if len(labels) > 4 else labels
    if fault.at is not None and fault.at < len(operands):
        span = operands[fault.at][0]
        labels = [label for label in labels if label.span is not span]
    return GradlangError(
        [Diagnostic(fault.code, fault.message, span, labels=labels, notes=list(fault.notes), help=list(fault.help))]
    )


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
    if made is None or made.start == where.start and made.end == where.end:
        return text
    by = made.text
    text += f"{',' if ':' in text else ':'} made on line {made.line}"
    if by.endswith(")") and len(by) <= 40 and "\n" not in by:
        text += f" by {by}"
    return text
