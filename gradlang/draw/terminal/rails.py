"""Edges of a graph as rails beside its values, one value a line, as `git log --graph` draws commits.

Owns the order of the lines, which rail runs where, and the characters. Knows a
graph only as lists of inputs by position, inputs before their users.

    ●─╮   a value and its two inputs: one below it, one down the rail
    ●─╯   two edges to one value
    ●─┤   an edge that joins a rail; ─│─ passes one by
    ┣━●   an input of an operation with many; ┗━ the last

Invariants: each edge is there once, as a stretch of rail or, for the values in
`unrailed`, in the words of whoever draws the line; a rail stays in its column.

Why a rail belongs to the value awaited: one parameter may have a hundred users,
and they share its rail. Why an operation of many inputs (`stack`) is the
exception: there each input would need one, so all of them hang on one heavy rail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

MANY = 3  # operations of more inputs than this have a heavy rail

UNICODE = {
    "": " ", "ud": "│", "lr": "─", "udr": "├", "udl": "┤", "udlr": "┼", "ul": "╯", "ur": "╰", "dl": "╮", "dr": "╭",
    "ulr": "┴", "dlr": "┬",
    "UD": "┃", "LR": "━", "UDR": "┣", "UDL": "┫", "UDLR": "╋", "UL": "┛", "UR": "┗", "ULR": "┻",
}  # fmt: skip
ASCII = {
    "": " ", "ud": "|", "lr": "-", "udr": "+", "udl": "+", "udlr": "+", "ul": "'", "ur": "'", "dl": ".", "dr": ".",
    "ulr": "^", "dlr": "v",
    "UD": ":", "LR": "=", "UDR": "#", "UDL": "#", "UDLR": "#", "UL": "'", "UR": "'", "ULR": "^",
}  # fmt: skip
"""A stretch of rail by the sides on which it goes on: up, down, left, right; heavy ones in capitals."""


class Line(NamedTuple):
    """One line of the drawing: a value, or None where there are only rails; `at` is the column of its dot.

    times  how often one operation of many inputs uses the value: "", or "2"
    """

    node: int | None
    rails: str
    at: int
    times: str = ""


class Rail:
    """What waits at the lower end of a rail: one value, or, where it is heavy, all inputs still to come."""

    __slots__ = ("awaited", "heavy")

    def __init__(self, awaited: list[int], heavy: bool = False) -> None:
        self.awaited = awaited
        self.heavy = heavy


# ── the order of the lines ───────────────────────────────────────────────────


def drawing_order(inputs: Sequence[Sequence[int]]) -> list[int]:
    """Users before their inputs, the last value first; depth first, what needs fewest rails before the rest.

    A value comes as soon as all its users are there, so its rail is short.
    """
    needs = rails_needed(inputs)
    waiting = [0] * len(inputs)
    for each in inputs:
        for x in set(each):
            waiting[x] += 1
    order: list[int] = []
    ready = [len(inputs) - 1]
    while ready:
        n = ready.pop()
        order.append(n)
        distinct = list(dict.fromkeys(inputs[n]))
        if len(inputs[n]) <= MANY:
            distinct.sort(key=lambda x: needs[x])
        for x in reversed(distinct):
            waiting[x] -= 1
            if not waiting[x]:
                ready.append(x)
    return order


def rails_needed(inputs: Sequence[Sequence[int]]) -> list[int]:
    """How many rails are open at once below each value, were it a tree (Sethi and Ullman's numbers)."""
    needs: list[int] = []
    for each in inputs:
        below = sorted([needs[x] for x in set(each)])
        if len(each) > MANY:
            needs.append(1 + below[-1])
        else:
            needs.append(max([n + len(below) - 1 - i for i, n in enumerate(below)], default=1))
    return needs


def unrailed(order: Sequence[int], inputs: Sequence[Sequence[int]], most: int, lines: int) -> set[int]:
    """The values to be referred to in words, so that in the first `lines` lines hardly more than `most` rails are open.

    Where there would be more, the one that would go on longest is given up.
    """
    place = {n: i for i, n in enumerate(order)}
    given_up: set[int] = set()
    met: set[int] = set()
    open_rails: set[int] = set()
    longest: list[tuple[int, int]] = []
    heavy: list[int] = []  # where heavy rails end
    for i, n in enumerate(order[:lines]):
        open_rails.discard(n)
        heavy = [end for end in heavy if end > i]
        if len(inputs[n]) > MANY:
            heavy.append(max([place[x] for x in inputs[n]]))
            continue
        for x in set(inputs[n]) - met:
            met.add(x)
            open_rails.add(x)
            heappush(longest, (-place[x], x))
        while open_rails and len(open_rails) + len(heavy) > most:
            _, x = heappop(longest)
            open_rails.discard(x)
            given_up.add(x)
    return given_up


# ── rails and their characters ───────────────────────────────────────────────


def rail_lines(
    order: Sequence[int], inputs: Sequence[Sequence[int]], given_up: set[int], dots: Sequence[str], unicode: bool = True
) -> Iterator[Line]:
    """The lines from above to below; `dots` has the character for each value."""
    rails = Rails(inputs, given_up, dots, UNICODE if unicode else ASCII)
    for n in order:
        yield from rails.lines_of(n)


class Spread(NamedTuple):
    """What is connected to the dot of a line: columns of light and of heavy rails."""

    light: set[int]
    heavy: set[int]

    def meets(self, other: Spread, at: int) -> bool:
        """Whether both run on the same side of the dot."""
        mine, others = ({c > at for c in s.light | s.heavy} for s in (self, other))
        return bool(mine & others)


class Rails:
    """The rails that are open below the last line, by column, and the characters of the next."""

    def __init__(
        self, inputs: Sequence[Sequence[int]], given_up: set[int], dots: Sequence[str], characters: dict[str, str]
    ) -> None:
        self.inputs = inputs
        self.given_up = given_up
        self.dots = dots
        self.characters = characters
        self.rails: dict[int, Rail] = {}
        self.width = 1  # columns used so far
        # where the last dot had inputs, but none below it: what came right under it would look like one
        self.ended = -1

    def lines_of(self, n: int) -> list[Line]:
        """Draws a value: where its users' rails arrive, and where its inputs' begin."""
        above = dict(self.rails)
        light = sorted([c for c, rail in above.items() if rail.awaited == [n] and not rail.heavy])
        heavy = sorted([c for c, rail in above.items() if rail.heavy and n in rail.awaited])
        at = light[0] if light else self.free_column(heavy[-1] if heavy else 0)
        times = self.arrive(n, light, heavy)
        between = dict(self.rails)
        arriving, merging = Spread(set(), set(heavy)), Spread(set(light[1:]), set())
        apart = merging.meets(arriving, at)
        leaving = self.leave(n, at, above, [*merging.light, *heavy])
        self.ended = at if self.inputs[n] and at not in self.rails else -1
        self.width = max([self.width, at + 1, *[c + 1 for c in self.rails]])
        lines = []
        if apart:
            merged = {c: rail for c, rail in above.items() if c not in merging.light}
            lines.append(self.rails_only(at, above, merged, merging))
            above = merged
        else:
            arriving = Spread(merging.light, arriving.heavy)
        if leaving.meets(arriving, at):
            dotted = {at: RAIL, **between}
            lines.append(Line(n, self.drawn(at, above, dotted, arriving, self.dots[n]), at, times))
            lines.append(self.rails_only(at, dotted, self.rails, leaving))
        else:
            both = Spread(arriving.light | leaving.light, arriving.heavy)
            lines.append(Line(n, self.drawn(at, above, self.rails, both, self.dots[n]), at, times))
        return lines

    def arrive(self, n: int, light: list[int], heavy: list[int]) -> str:
        """Ends what waited for a value; says how often operations of many inputs use it, where that is not once."""
        for c in light:
            del self.rails[c]
        counts = []
        for c in heavy:
            rest = [x for x in self.rails[c].awaited if x != n]
            counts.append(len(self.rails[c].awaited) - len(rest))
            if rest:
                self.rails[c] = Rail(rest, heavy=True)
            else:
                del self.rails[c]
        return "+".join(map(str, counts)) if any([count > 1 for count in counts]) else ""

    def leave(self, n: int, at: int, above: dict[int, Rail], arrived: list[int]) -> Spread:
        """Begins the rails to the inputs of a value, or joins those that are there."""
        begun: list[int] = []
        touched: set[int] = set()
        awaited = {rail.awaited[0]: c for c, rail in self.rails.items() if not rail.heavy}
        for x, times in Counter(self.inputs[n]).items():
            if x in self.given_up:
                continue
            if x in awaited:
                touched.add(awaited[x])
                times -= 1
            begun += [x] * times
        if len(begun) > MANY:
            self.rails[at] = Rail(begun, heavy=True)
        else:
            columns = self.columns_for(len(begun), at, above, arrived)
            self.rails |= {c: Rail([x]) for c, x in zip(columns, begun, strict=True)}
            touched |= set(columns)
        return Spread(touched - {at}, set())

    def free_column(self, after: int) -> int:
        """The first column from here on, to the right, that nothing stands in or seems to lead to."""
        while after in self.rails or after == self.ended:
            after += 1
        return after

    def columns_for(self, count: int, at: int, above: dict[int, Rail], arrived: list[int]) -> list[int]:
        """The value's own column and the best others, from left to right.

        Best are those on the side where nothing arrives, then those that make the drawing no wider, then near ones.
        """
        if not count:
            return []
        taken = {c > at for c in arrived}
        free = [c for c in range(self.width + count) if c != at and c not in above and c not in self.rails]
        free.sort(key=lambda c: ((c > at) in taken, c >= self.width, abs(c - at), c < at))
        return sorted([at, *free[: count - 1]])

    # ── characters ──

    def rails_only(self, at: int, above: dict[int, Rail], below: dict[int, Rail], spread: Spread) -> Line:
        return Line(None, self.drawn(at, above, below, spread, ""), at)

    def drawn(self, at: int, above: dict[int, Rail], below: dict[int, Rail], spread: Spread, dot: str) -> str:
        """The characters of one line; between two columns there is one more."""
        touched = spread.light | spread.heavy | {at}
        low, high = min(touched), max(touched)
        level = ["LR" if any([(c > at) == right for c in spread.heavy]) else "lr" for right in (False, True)]
        text = []
        for c in range(max({*touched, *above, *below}) + 1):
            sides = "u" * (c in above) + "d" * (c in below)
            if c in touched:
                sides += "l" * (low < c) + "r" * (c < high)
            elif not sides and low < c < high:
                sides = level[c > at]
            rail = above.get(c) or below.get(c)
            heavy = c in spread.heavy or (rail is not None and rail.heavy)
            text.append(dot if c == at and dot else self.characters[sides.upper() if heavy else sides])
            text.append(self.characters[level[c >= at]] if low <= c < high else " ")
        return "".join(text).rstrip()


RAIL = Rail([])
