"""The columns of one block.

Owns which column everything stands in, and the places that long wires take in
the columns they pass. Knows nothing of order within a column or of coordinates.

Invariants: every wire goes from a column to the next one, left to right; ports
in stand alone in the first column and ports out alone in the last; however many
users a value has, it passes a column once.

Why columns are counted from the end: everything has one result that it leads
to, so counted so, each value stands right before its first use, leaves too. What
then would draw several inputs along is moved back to where they are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from .nesting import Item, Part, Wire


@dataclass(slots=True)
class Layered:
    """A block's members and passing wires: `items` with the column of each, and the wires in every gap."""

    items: list[Item]
    columns: list[list[int]]
    gaps: list[list[Wire]]


def layered(part: Part) -> Layered:
    """The members in columns, with places for the wires that pass."""
    column = columns_of(part)
    items = list(part.members)
    columns: list[list[int]] = [[] for _ in range(max(column, default=-1) + 1)]
    for item, c in enumerate(column):
        columns[c].append(item)
    gaps: list[list[Wire]] = [[] for _ in columns[1:]]
    passing: dict[tuple[int, int], list[int]] = defaultdict(list)
    for source, target, value in part.wires:
        start = column[source]
        chain = passing[source, value]  # where the value is in the columns after its own
        while start + len(chain) + 1 < column[target]:
            c = start + len(chain) + 1
            gaps[c - 1].append((chain[-1] if chain else source, len(items), value))
            columns[c].append(len(items))
            chain.append(len(items))
            items.append(("v", value))
        before = column[target] - start - 1
        gaps[column[target] - 1].append((chain[before - 1] if before else source, target, value))
    return Layered(items, columns, gaps)


def columns_of(part: Part) -> list[int]:
    """The column of every member. Raises ValueError if wires lead in a circle through blocks."""
    sources: list[list[int]] = [[] for _ in part.members]
    targets: list[list[int]] = [[] for _ in part.members]
    for source, target, _ in part.wires:
        sources[target].append(source)
        targets[source].append(target)
    order = sources_first(sources, targets)
    steps = [0] * len(order)  # to the end of the longest way
    for item in reversed(order):
        if part.members[item][0] != "o":
            steps[item] = max([steps[t] + 1 for t in targets[item] if part.members[t][0] != "o"], default=0)
    kinds = {kind for kind, _ in part.members}
    first = int("i" in kinds)
    last = first + max([steps[i] for i in order if part.members[i][0] in "nb"], default=-1)
    column = [last - s for s in steps]
    for item, (kind, _) in enumerate(part.members):
        if kind in "io":
            column[item] = 0 if kind == "i" else last + 1
    move_back(part, first, order, column, sources, targets)
    return column


def sources_first(sources: list[list[int]], targets: list[list[int]]) -> list[int]:
    """Members in an order in which wires go forward."""
    missing = [len(s) for s in sources]
    order = [item for item, count in enumerate(missing) if not count]
    for item in order:  # which grows
        for target in targets[item]:
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    if len(order) < len(sources):
        raise ValueError("blocks that need each other's results cannot be laid out")
    return order


def move_back(
    part: Part, first: int, order: list[int], column: list[int], sources: list[list[int]], targets: list[list[int]]
) -> None:
    """Moves a member left where that shortens more wires than it makes longer.

    A wire into it becomes shorter if it is the value's furthest user, down to the second furthest.
    """
    leaving: dict[int, set[int]] = defaultdict(set)
    users: dict[tuple[int, int], set[int]] = defaultdict(set)
    arriving: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for source, target, value in part.wires:
        leaving[source].add(value)
        users[source, value].add(target)
        arriving[target].add((source, value))
    furthest = {key: sorted([column[u] for u in given])[-2:] for key, given in users.items()}
    leaves = {i for i in order if not sources[i] and part.members[i][0] != "i"}
    followers = {i for i in leaves if len(set(targets[i])) == 1}
    for item in order:
        if part.members[item][0] in "io" or not sources[item]:
            continue
        others = [(source, value) for source, value in arriving[item] if source not in followers]
        floor = max([column[source] + 1 for source, _ in others], default=column[item])
        if len(others) < len(sources[item]):
            floor = max(floor, first + 1)  # a place for the leaf that comes along
        limits = []
        for source, value in others:
            ends = furthest[source, value]
            if ends[-1] == column[item] and (len(ends) == 1 or ends[0] < column[item]):
                limits.append(max(column[source] + 1, ends[0] if len(ends) == 2 else 0))
        spare = len(limits) - len(leaving[item])
        if spare > 0:
            to = max(floor, sorted(limits, reverse=True)[spare - 1])
            for key in others:
                ends = furthest[key]
                if ends[-1] == column[item] and to < column[item]:
                    furthest[key] = sorted([*ends[:-1], to])
            column[item] = min(to, column[item])
    for item in leaves:
        if targets[item]:
            column[item] = min([column[t] for t in targets[item]]) - 1
