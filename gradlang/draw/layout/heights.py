"""Stage two, down the columns: how high everything in one block stands.

Owns the heights of what stands in the columns of a block, given the sizes. Knows
nothing of what is inside of inner blocks but where their ports are.

Every column is first stacked, with `separation` between neighbours, and centred
on 0. Then come the sweeps of SWEEPS: "back" goes over the columns from the last to
the first and moves each item towards where its wires go, "forth" from the first to
the last towards where they come from, "both" (from the last to the first, too)
heeds both. An item wants to be where the wires it heeds would be level: the mean
of (where the other end is - where on the item the wire is), weighted with WEIGHTS
by how many of a wire's ends are passing wires; but with LEAF for wires from a leaf
(a node that no wire comes to) to an item which something else than leaves leads
to, so that the way through the picture stays level and leaves stand beside it. An
item that heeds no wire wants to stay, with weight STAY. `settled` then finds the
places nearest to what all want which keep order and separation.

At last long wires are made straight: forth over the columns, each passing wire
goes to where it comes from, as near as its neighbours let it; then back, each to
where the passing wire after it is, if there is one. In a column they do so in
their order, and once more from the last to the first.

Invariant: items keep their order and their separation, whatever they want.
"""

from __future__ import annotations

from .nesting import Item

# A wire in a gap: index left, index right, and how far below the tops of both items it starts and ends.
Link = tuple[int, int, float, float]
SWEEPS = ("back", "forth", "back", "both", "forth", "both", "back", "both")
WEIGHTS = (1.0, 2.0, 8.0)
LEAF = 0.2
STAY = 0.05
BOXES_APART = 14.0
WIRES_APART = 9.0


def tops_of(columns: list[list[Item]], heights: list[list[float]], wires: list[list[Link]]) -> list[list[float]]:
    """Where the top of every item is, by column and index. Only differences count: some are negative."""
    tops = stacked(columns, heights)
    sweep(columns, heights, wires, tops)
    straighten(columns, heights, wires, tops)
    return tops


def separation(upper: Item, lower: Item) -> float:
    return BOXES_APART if upper[0] in "nb" and lower[0] in "nb" else WIRES_APART


def stacked(columns: list[list[Item]], heights: list[list[float]]) -> list[list[float]]:
    tops = []
    for column, high in zip(columns, heights, strict=True):
        y, some = 0.0, []
        for i, height in enumerate(high):
            y += separation(column[i - 1], column[i]) if i else 0.0
            some.append(y)
            y += height
        tops.append([t - y / 2 for t in some])
    return tops


def sweep(
    columns: list[list[Item]],
    heights: list[list[float]],
    wires: list[list[Link]],
    tops: list[list[float]],
) -> None:
    weights_of = weights_by_gap(columns, wires)
    for direction in SWEEPS:
        numbers = range(len(columns)) if direction == "forth" else range(len(columns) - 1, -1, -1)
        for c in numbers:
            column = columns[c]
            wanted = [0.0] * len(column)
            weights = [0.0] * len(column)
            if direction != "back" and c:
                for (source, target, start, end), weight in zip(wires[c - 1], weights_of[c - 1], strict=True):
                    wanted[target] += weight * (tops[c - 1][source] + start - end)
                    weights[target] += weight
            if direction != "forth" and c < len(wires):
                for (source, target, start, end), weight in zip(wires[c], weights_of[c], strict=True):
                    wanted[source] += weight * (tops[c + 1][target] + end - start)
                    weights[source] += weight
            for i, weight in enumerate(weights):
                wanted[i] = wanted[i] / weight if weight else tops[c][i]
                weights[i] = weight or STAY
            apart = [heights[c][i] + separation(column[i], column[i + 1]) for i in range(len(column) - 1)]
            tops[c] = settled(wanted, weights, apart)


def weights_by_gap(columns: list[list[Item]], wires: list[list[Link]]) -> list[list[float]]:
    """How much each wire is heeded."""
    result = []
    fed: set[int] = set()  # what wires come to, by index in the gap's left column
    for gap, some in enumerate(wires):
        left, right = columns[gap], columns[gap + 1]
        is_leaf = [kind == "n" and i not in fed for i, (kind, _) in enumerate(left)]
        led = {target for source, target, _, _ in some if not is_leaf[source]}
        result.append(
            [
                LEAF if is_leaf[s] and t in led else WEIGHTS[(left[s][0] == "v") + (right[t][0] == "v")]
                for s, t, _, _ in some
            ]
        )
        fed = {target for _, target, _, _ in some}
    return result


def settled(wanted: list[float], weights: list[float], apart: list[float]) -> list[float]:
    """The places nearest to those wanted (least squares, weighted) of which each is at least `apart` below the last.

    Items that get in each other's way join into a group, which goes to the mean of what its members want.
    """
    groups: list[tuple[float, float, int]] = []  # (place wanted by the first, weight, members)
    offset = 0.0
    for i, (place, weight) in enumerate(zip(wanted, weights, strict=True)):
        offset += apart[i - 1] if i else 0.0
        place, count = place - offset, 1
        while groups and groups[-1][0] >= place:
            other, more, members = groups.pop()
            place = (place * weight + other * more) / (weight + more)
            weight, count = weight + more, count + members
        groups.append((place, weight, count))
    places = [place for place, _, count in groups for _ in range(count)]
    offset = 0.0
    for i in range(1, len(places)):
        offset += apart[i - 1]
        places[i] += offset
    return places


def straighten(
    columns: list[list[Item]],
    heights: list[list[float]],
    wires: list[list[Link]],
    tops: list[list[float]],
) -> None:
    for gap, some in enumerate(wires):
        column = columns[gap + 1]
        wanted = [(t, tops[gap][s] + start) for s, t, start, _ in some if column[t][0] == "v"]
        move_passing(column, heights[gap + 1], tops[gap + 1], wanted)
    for gap in range(len(wires) - 1, -1, -1):
        column, right = columns[gap], columns[gap + 1]
        wanted = [(s, tops[gap + 1][t]) for s, t, _, _ in wires[gap] if column[s][0] == right[t][0] == "v"]
        move_passing(column, heights[gap], tops[gap], wanted)


def move_passing(column: list[Item], heights: list[float], tops: list[float], wanted: list[tuple[int, float]]) -> None:
    """Moves the passing wires of a column, by index, as near to where they should be as their neighbours let them."""
    wanted.sort()
    for i, place in [*wanted, *reversed(wanted)]:
        if i + 1 < len(column):
            place = min(place, tops[i + 1] - separation(column[i], column[i + 1]))
        if i:
            place = max(place, tops[i - 1] + heights[i - 1] + separation(column[i - 1], column[i]))
        tops[i] = place
