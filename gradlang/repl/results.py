"""What an entry is worth, as it is shown: numbers with their gradients, everything cut to the screen."""

from __future__ import annotations

from typing import Any

from ..analysis.help.descriptions import gradient
from ..draw.terminal.fragments import Fragments, plain, wrapped
from ..engine.printing import show
from ..language.display import Raw, written
from ..language.values import List

LONG = 60  # items of a list that are written out
EDGE = 10  # of a longer one, at each end


def result(x: Any, width: int, height: int) -> Fragments:
    """A value, and its gradient where it has one; at most about `height` lines in all."""
    found = gradient(x)
    slope = show(found, width) if found is not None else ""
    lines = in_lines(abridged(written(shortened(x), lambda data: show(data, width)), width * height), width)
    room = max(3, height - 2) // (2 if slope else 1)
    shown: Fragments = [("", cut(lines, room))]
    if not slope:
        return shown
    if len(lines) == 1 and "\n" not in slope and len(lines[0]) + len(slope) + 9 <= width:
        return [*shown, ("gradient", f"  (grad {slope})")]
    return [*shown, ("muted", "\ngrad\n"), ("gradient", cut(in_lines(slope, width), room))]


def shortened(x: Any) -> Any:
    """A long list or tuple without its middle."""
    if not isinstance(x, List | tuple) or len(x) <= LONG:
        return x
    items = x.items() if isinstance(x, List) else list(x)
    left_out: list[Any] = [Raw(f"… {len(x) - 2 * EDGE:,} more …")]
    kept = [*items[:EDGE], *left_out, *items[-EDGE:]]
    return List(kept) if isinstance(x, List) else tuple(kept)


def abridged(text: str, most: int) -> str:
    """A text without its middle, if that is more than anybody will be shown."""
    if len(text) <= 2 * most:
        return text
    return f"{text[:most]} … {len(text) - 2 * most:,} more characters … {text[-most:]}"


def in_lines(text: str, width: int) -> list[str]:
    """The lines of a text, those that are too long broken at blanks."""
    return [plain(part) for line in text.split("\n") for part in wrapped([("", line)], width, indent=1)]


def cut(lines: list[str], room: int) -> str:
    """The lines, or the first and last of them where there are too many."""
    if len(lines) <= room:
        return "\n".join(lines)
    last = max(1, room // 4)
    first = max(1, room - last - 1)
    return "\n".join([*lines[:first], f"… {len(lines) - first - last:,} more lines …", *lines[-last:]])
