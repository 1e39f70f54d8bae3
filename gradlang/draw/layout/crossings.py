"""The order within the columns of one block: few wires cross.

Owns the sweeps that sort columns by where their wires come from and go to, the
counting of crossings, and the exchange of neighbours at the end.

Invariants: the same block gives the same order; the best order met is kept; the
work is bounded by a budget for the whole picture, so that a large one gets fewer
sweeps and not more time than its size explains.

A wire starts and ends not at an item but at a place on it: `starts` and `ends`
have, for each wire of a gap, how far down the item's side that is (0 to 1). The
inputs of a node are such places, one below the other, so two inputs in the wrong
order count as a crossing and are put right where nothing else speaks against it.

Why sweeps heed both sides: sorted by one side only, columns come back to the
same order every second sweep. Two starts are tried, one sorted by where wires go
and one by where they come from; which is better differs from graph to graph.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from .layers import Layered

Places = list[list[float]]  # by gap and wire
Ends = list[tuple[int, float, float]]  # of one item, on one side: (other item, place on it, place on this one)
SWEEPS, WORK = 24, 400_000  # sweeps, and how many wires they may look at together
ROUNDS, EXCHANGES = 12, 150_000  # rounds of exchanges, likewise
MANY = 12  # wires at an item that is not exchanged


def arranged(layered: Layered, starts: Places, ends: Places, load: int) -> list[list[int]]:
    """The columns, each in its order; `load` is how many wires there are in all blocks together."""
    arrangement = Arrangement(layered, starts, ends, load)
    arrangement.sweep(back=True)
    arrangement.note()
    if arrangement.fewest and arrangement.sweeps:
        arrangement.improve()
        arrangement.restore(layered.columns)
        arrangement.sweep(back=True)
        arrangement.sweep(forth=True)
        arrangement.improve()
    return arrangement.best


class Arrangement:
    """The state of the search: each item's position in its column, and the best columns so far."""

    def __init__(self, layered: Layered, starts: Places, ends: Places, load: int) -> None:
        self.columns = [list(c) for c in layered.columns]
        self.gaps, self.starts, self.ends = layered.gaps, starts, ends
        count = len(layered.items)
        self.position = [0] * count
        self.scale = [1.0] * count  # 1 / items in the column: makes positions in different columns comparable
        self.before: list[Ends] = [[] for _ in range(count)]
        self.after: list[Ends] = [[] for _ in range(count)]
        for gap, some_starts, some_ends in zip(self.gaps, starts, ends, strict=True):
            for (source, target, _), start, end in zip(gap, some_starts, some_ends, strict=True):
                self.after[source].append((target, end, start))
                self.before[target].append((source, start, end))
        for column in self.columns:
            self.number(column)
            for item in column:
                self.scale[item] = 1 / len(column)
        self.sweeps = min(SWEEPS, WORK // (load + 1))
        self.rounds = min(ROUNDS, EXCHANGES // (load + 1))
        self.best: list[list[int]] = []
        self.fewest = -1

    def number(self, column: Sequence[int]) -> None:
        for i, item in enumerate(column):
            self.position[item] = i

    def restore(self, columns: list[list[int]]) -> None:
        self.columns = [list(c) for c in columns]
        for column in self.columns:
            self.number(column)

    def note(self) -> int:
        """Counts the crossings, and keeps the order if it is the best."""
        crossings = self.crossings()
        if self.fewest < 0 or crossings < self.fewest:
            self.best, self.fewest = [list(c) for c in self.columns], crossings
        return crossings

    def improve(self) -> None:
        """Sweeps from the order that there is, then exchanges neighbours in the best order of these sweeps."""
        order, fewest = [list(c) for c in self.columns], self.note()
        for turn in range(self.sweeps):
            self.sweep(back=True, forth=True, reverse=turn % 2 == 1)
            crossings = self.note()
            if crossings < fewest:
                order, fewest = [list(c) for c in self.columns], crossings
        self.restore(order)
        for turn in range(self.rounds):
            if not fewest:
                break
            self.exchange(least=turn % 2)
            fewest = self.note()

    # ── sweeps ───────────────────────────────────────────────────────────────

    def sweep(self, back: bool = False, forth: bool = False, reverse: bool = False) -> None:
        """Sorts each column by where its wires go (back), come from (forth), or both."""
        position, scale = self.position, self.scale
        for column in reversed(self.columns) if back and not forth or reverse else self.columns:
            keys: dict[int, float | None] = {}
            for item in column:
                ends = (self.after[item] if back else []) + (self.before[item] if forth else [])
                places = [(position[other] + place) * scale[other] for other, place, _ in ends]
                keys[item] = sum(places) / len(places) if places else None
            if not back:
                for item in column:
                    if keys[item] is None and self.after[item]:
                        keys[item] = self.beside(item, keys)
            self.sort(column, keys)

    def beside(self, item: int, keys: dict[int, float | None]) -> float | None:
        """The key of what has no wire in: next to the nearest other input of its user."""
        user, own, _ = self.after[item][0]
        near = [(abs(place - own), key, place) for s, _, place in self.before[user] if (key := keys[s]) is not None]
        if not near:
            return None
        _, key, place = min(near)
        return key + (1e-6 if own > place else -1e-6)

    def sort(self, column: list[int], keys: dict[int, float | None]) -> None:
        """Sorts what has a key; the rest keeps its position. Equal keys keep their order."""
        movable = [item for item in column if keys[item] is not None]
        movable.sort(key=keys.__getitem__)  # type: ignore[arg-type]
        if len(movable) < len(column):
            rest = iter(movable)
            movable = [item if keys[item] is None else next(rest) for item in column]
        column[:] = movable
        self.number(column)

    # ── crossings ────────────────────────────────────────────────────────────

    def crossings(self) -> int:
        """How many pairs of wires cross."""
        position, total = self.position, 0
        for gap, starts, ends in zip(self.gaps, self.starts, self.ends, strict=True):
            places = zip(gap, starts, ends, strict=True)
            wires = sorted([(position[s] + start, position[t] + end) for (s, t, _), start, end in places])
            seen: list[float] = []
            for _, end in wires:
                at = bisect_right(seen, end)
                total += len(seen) - at
                seen.insert(at, end)
        return total

    def exchange(self, least: int) -> None:
        """Exchanges neighbours where that saves at least so many crossings; saving none may open the way for more."""
        for column in self.columns:
            for i in range(len(column) - 1):
                if self.saved(column[i], column[i + 1]) >= least:
                    column[i], column[i + 1] = column[i + 1], column[i]
            self.number(column)

    def saved(self, upper: int, lower: int) -> int:
        """How many crossings fewer there are when two neighbours change places."""
        saved, position = 0, self.position
        for wires in (self.before, self.after):
            above, below = wires[upper], wires[lower]
            if len(above) > MANY or len(below) > MANY:
                return -1
            for item, place, _ in above:
                end = position[item] + place
                for other, other_place, _ in below:
                    other_end = position[other] + other_place
                    saved += (end > other_end) - (end < other_end)
        return saved
