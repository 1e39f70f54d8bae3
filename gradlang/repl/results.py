"""What an entry is worth, as it is shown: numbers with their gradients, everything cut to the screen."""

from __future__ import annotations

from typing import Any

from ..draw.fragments import Fragments
from ..engine.printing import show
from ..engine.value import Box, Data, Value
from ..language.display import Raw, written
from ..language.values import List

LONG = 60  # items of a list that are written out
EDGE = 10  # of a longer one, at each end


def result(x: Any, width: int, height: int) -> Fragments:
    """A value, and its gradient where it has one; at most about `height` lines in all."""
    found = gradient_of(x)
    gradient = show(found, width) if found is not None else ""
    lines = wrapped(written(shortened(x), lambda data: show(data, width)), width)
    room = max(3, height - 2) // (2 if gradient else 1)
    shown: Fragments = [("", cut(lines, room))]
    if not gradient:
        return shown
    if len(lines) == 1 and "\n" not in gradient and len(lines[0]) + len(gradient) + 9 <= width:
        return [*shown, ("gradient", f"  (grad {gradient})")]
    return [*shown, ("muted", "\ngrad\n"), ("gradient", cut(wrapped(gradient, width), room))]


def gradient_of(x: Any) -> Data:
    """What `.grad` of a value gives, or None."""
    if x.__class__ is Value and not hasattr(x, "grad"):
        x = x.op
    return x.grad if isinstance(x, Value | Box) and hasattr(x, "grad") else None


def shortened(x: Any) -> Any:
    """A long list or tuple without its middle."""
    if not isinstance(x, List | tuple) or len(x) <= LONG:
        return x
    items = x.items() if isinstance(x, List) else list(x)
    left_out: list[Any] = [Raw(f"… {len(x) - 2 * EDGE:,} more …")]
    kept = [*items[:EDGE], *left_out, *items[-EDGE:]]
    return List(kept) if isinstance(x, List) else tuple(kept)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters, broken behind commas and blanks where there are any."""
    lines: list[str] = []
    for line in text.split("\n"):
        while len(line) > width:
            at = line.rfind(" ", 1, width) + 1 or width
            lines.append(line[:at].rstrip())
            line = " " + line[at:]
        lines.append(line)
    return lines


def cut(lines: list[str], room: int) -> str:
    """The lines, or the first and last of them where there are too many."""
    if len(lines) <= room:
        return "\n".join(lines)
    last = max(1, room // 4)
    first = max(1, room - last - 1)
    return "\n".join([*lines[:first], f"… {len(lines) - first - last:,} more lines …", *lines[-last:]])
