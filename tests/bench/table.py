"""From readings to the table: medians of each round's ratios, and which figure was reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

OURS = "gradlang"
HEADER = ("workload", "peer", "time", "gradlang / peer", "to reach")
BEST = "C"  # a goal against the best of the peers whose names start so


@dataclass(frozen=True)
class Row:
    workload: str
    peer: str
    seconds: float
    unit: str
    ratio: float | None = None  # gradlang's time over the peer's; None for gradlang itself
    goal: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else figure(self.ratio)
        goal = ""
        if self.goal is not None and self.ratio is not None:
            goal = f"≤ {self.goal:g}" + (" ✓" if self.ratio <= self.goal else "")
        return self.workload, self.peer, f"{duration(self.seconds)} / {self.unit}", ratio, goal


def rows(
    workload: str, unit: str, rounds: Sequence[dict[str, float]], goals: dict[str, float], ours: str = OURS
) -> list[Row]:
    """gradlang first, then the peers from the fastest on. A round is each one's seconds; all have the same peers."""
    medians = {peer: median(r[peer] for r in rounds) for peer in rounds[0]}
    order = sorted((peer for peer in medians if peer != ours), key=lambda peer: medians[peer])
    goals = {target(name, order): goal for name, goal in goals.items()}
    return [
        Row(workload, ours, medians[ours], unit),
        *(Row(workload, p, medians[p], unit, median(r[ours] / r[p] for r in rounds), goals.get(p)) for p in order),
    ]


def target(goal: str, order: Sequence[str]) -> str:
    """The peer a goal is against; `order` is from the fastest on."""
    best = [peer for peer in order if peer.startswith(BEST)]
    return best[0] if goal == BEST and best else goal


def duration(seconds: float) -> str:
    for size, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds / 1e-9:.3g} ns"


def figure(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.2g}" if ratio < 1 else f"{ratio:.3g}"


def plain(table: Iterable[Row]) -> str:
    lines = [HEADER, *(row.cells for row in table)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def markdown(table: Iterable[Row], note: str) -> str:
    """A table for the README; a workload is named in its first row only."""
    lines = ["| " + " | ".join(HEADER) + " |", "|---|---|---:|---:|---|"]
    before = ""
    for row in table:
        cells = (row.workload if row.workload != before else "", *row.cells[1:])
        lines.append("| " + " | ".join(cells) + " |")
        before = row.workload
    return "\n".join([*lines, "", note, ""])
