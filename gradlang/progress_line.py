"""The line about a long loop as text, on a terminal and elsewhere.

Owns what is said and in what room: as the terminal gets narrower the bar goes
first, then the rate, the time and the share; the count and the loss stay, cut
where even they are too long. Writes nothing.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from .draw.terminal.fragments import Fragments, fitted, plain, width_of
from .engine.printing import show
from .language.headway import SOME, Headway
from .language.loss_history import single
from .language.runtime import RUN
from .loop_report import duration
from .palette import paint
from .syntax import tree

WINDOW = 8.0  # seconds whose passes make the rate
SLOW = 1.0  # seconds of a pass; how far such a one is, is shown, too
NARROWEST_BAR, WIDEST_BAR = 8, 40


class Pace:
    """How fast a loop goes, in passes that are over and the part of the one that is not."""

    def __init__(self, since: float, passes: int = 0) -> None:
        self.first = since, float(passes)  # when it was looked at first, and what was over then
        self.now = since
        self.marks: deque[tuple[float, float]] = deque([self.first])
        self.passes = 0  # that are over
        self.inner: tuple[Headway, int] | None = None  # a loop in it, and how many of its passes are

    def saw(self, now: float, loop: Headway) -> None:
        """Looks at the loop, and asks to see what is in it if that is what takes the time."""
        inner = loop.inner
        self.now, self.passes = now, loop.passes
        self.inner = (inner, inner.passes) if inner is not None and self.is_slow else None
        part = min(self.inner[1] / inner.total, 1.0) if self.inner and inner and inner.total else 0.0
        self.marks.append((now, max(self.passes + part, self.done)))
        while len(self.marks) > 2 and self.marks[1][0] < now - WINDOW:
            self.marks.popleft()
        loop.inners = SOME if self.is_slow else 0

    @property
    def done(self) -> float:
        return self.marks[-1][1]

    @property
    def rate(self) -> float:
        """Passes a second, of late or, where none was over of late, all in all."""
        then, before = self.marks[0]
        if self.done == before:
            then, before = self.first
        return (self.done - before) / (self.now - then) if self.now > then else 0.0

    @property
    def is_slow(self) -> bool:
        return self.rate * SLOW < 1


def line(loop: Headway, pace: Pace, width: int, has_blocks: bool = True, color: bool = False) -> str:
    """What is drawn on a terminal, in at most `width` columns."""
    pieces = {
        "head": ("", heading(loop, pace)),
        "bar": ("label", ""),
        "share": ("", percent(loop, pace)),
        "rate": ("muted", rate(pace)),
        "time": ("muted", clock(loop, pace)),
        "loss": ("number", loss(loop).ljust(len("loss 0.0000") if loss(loop) else 0)),  # the bar stands still
    }
    for name in ("rate", "time", "share"):
        if room(pieces, width) < 0:
            del pieces[name]
    blank = min(room(pieces, width) - 2, WIDEST_BAR)
    if loop.total and blank >= NARROWEST_BAR:
        pieces["bar"] = ("label", bar(pace.done / loop.total, blank, has_blocks))
    shown: Fragments = []
    for role, text in pieces.values():
        if text:
            shown += [("", "  ")] * bool(shown) + [(role, text)]
    shown = fitted(shown, width, "…" if has_blocks else "")
    return "".join([paint(role, text) for role, text in shown]) if color else plain(shown)


def plain_line(loop: Headway, pace: Pace) -> str:
    """What is written elsewhere than on a terminal."""
    share = percent(loop, pace)
    head = " ".join(heading(loop, pace).split()) + (f" ({share})" if share else "")
    return ", ".join([text for text in (head, rate(pace), clock(loop, pace), loss(loop)) if text])


def room(pieces: dict[str, tuple[str, str]], width: int) -> int:
    """The columns that pieces leave, with two blanks between them."""
    widths = [width_of(text) for _, text in pieces.values() if text]
    return width - sum(widths) - 2 * (len(widths) - 1)


# ── the pieces ───────────────────────────────────────────────────────────────


def heading(loop: Headway, pace: Pace) -> str:
    """Which pass it is: of slow ones, and of those in it, the one that is being done."""
    if pace.inner is None:
        return counted(loop, pace.passes)
    inner, passes = pace.inner
    now = pace.passes + 1 if loop.total is None else min(pace.passes + 1, loop.total)
    return f"{counted(loop, now)}, {counted(inner, passes)}"


def counted(loop: Headway, passes: int) -> str:
    """Of constant width, where that can be."""
    if loop.total is None:
        return f"{word(loop.node)} {passes:,}"
    total = f"{loop.total:,}"
    return f"{word(loop.node)} {passes:>{len(total)},}/{total}"


def word(node: Any) -> str:
    """What a pass is called: by the loop's one name, if it has one."""
    has_name = isinstance(node, tree.For | tree.Comprehension) and len(node.targets) == 1
    name = node.targets[0].id if has_name else "_"
    return "step" if name == "_" else name


def bar(share: float, width: int, has_blocks: bool) -> str:
    """Half columns count."""
    halves = round(2 * width * min(share, 1.0))
    if not has_blocks:
        return ("=" * (halves // 2) + ">" * (halves % 2)).ljust(width, ".")
    return ("━" * (halves // 2) + "╸" * (halves % 2)).ljust(width, "┈")


def percent(loop: Headway, pace: Pace) -> str:
    return f"{int(100 * min(pace.done / loop.total, 1.0))} %" if loop.total else ""


def rate(pace: Pace) -> str:
    if not pace.rate:
        return ""
    if pace.is_slow:
        return f"{duration(1 / pace.rate)} each"
    digits = f"{pace.rate:.3g}"
    return f"{float(digits):,.0f}/s" if pace.rate >= 100 else f"{digits}/s"


def clock(loop: Headway, pace: Pace) -> str:
    """The time that is left, or how long it has taken where that is not known."""
    if loop.total is None or not pace.rate:
        return hours(pace.now - pace.first[0])
    return f"{hours(max(loop.total - pace.done, 0.0) / pace.rate)} left"


def hours(seconds: float) -> str:
    """`0:07`, `12:34`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def loss(loop: Headway) -> str:
    """The number that was last differentiated in this loop."""
    data = loop.loss if loop.loss is not None else RUN.loss if RUN.backwards != loop.backwards else None
    return f"loss {show(single(data))}" if data is not None else ""
