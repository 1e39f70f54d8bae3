"""The second stage: coordinates, from the order and the sizes.

Owns where every node, block and port is, and the ways of the wires. A page does
the same in its own language when a block is opened or closed, so this is a few
plain passes, told here exactly.

Blocks are placed from the innermost outwards (from the last to the first), each
as a picture of its own whose top left corner is (0, 0):

1. Sizes. A node has its own; a closed block the size given; an open block that
   of its picture; ports and passing wires none.
2. Down the columns: told in `heights`.
3. Along the columns. A column is as wide as its widest item, and items stand in
   its middle. A gap is GAP wide, and wider the more wires cross it and the
   further they go up or down.
4. The frame of a block: PADDING around, below the header; the ports in the first
   and last column stand on its border. Block 0 has MARGIN around and no frame.

Where a wire meets an item: on the left of a node, the k-th of n wires (counted
in the order of the gap's wires) at (k + 0.5) / n of its height; on its right, in the
middle; at a block, where its port is, which for a closed one is the k-th of n
ports likewise; at a port or passing wire, on it.

A wire's way in a gap: level from the item to its column's edge, a curve to the
edge of the next column with both handles halfway, level to the item. Boxes lie
in columns, curves in gaps, and level ways beside their own item only; so no wire
can run through a box.

Invariant: everything is determined; no recursion.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .heights import Link, tops_of
from .nesting import Item
from .order import Order

Size = tuple[float, float]
GAP = 30.0
PADDING = 14.0
MARGIN = 16.0


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float


class Route(NamedTuple):
    """A wire's way in one gap: level from x0 to x1 at y0, a curve to (x2, y1), level to x3."""

    value: int
    source: Item
    target: Item
    x0: float
    x1: float
    x2: float
    x3: float
    y0: float
    y1: float


@dataclass(slots=True)
class Placed:
    """The whole picture. What is in a closed block has no place."""

    nodes: dict[int, Box]
    blocks: dict[int, Box]
    routes: list[list[Route]]  # by block
    width: float
    height: float


@dataclass(slots=True)
class Area:
    """One open block placed by itself: `tops` by column and item, `lefts` and `widths` by column."""

    tops: list[list[float]] = field(default_factory=list)
    lefts: list[float] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    size: Size = (0.0, 0.0)
    ports: dict[Item, float] = field(default_factory=dict)


def placed(
    orders: Sequence[Order], sizes: Sequence[Size], headers: Sequence[Size], closed: Mapping[int, Size] | None = None
) -> Placed:
    """Coordinates for everything.

    sizes    width and height of each node
    headers  of each block, the least width of its frame and the height of its header
    closed   the blocks that are drawn closed, with the size of each
    """
    return Placing(orders, sizes, headers, closed or {}).placed()


class Placing:
    def __init__(
        self, orders: Sequence[Order], sizes: Sequence[Size], headers: Sequence[Size], closed: Mapping[int, Size]
    ) -> None:
        self.orders, self.sizes, self.headers, self.closed = orders, sizes, headers, closed
        self.areas = [Area() for _ in orders]

    def placed(self) -> Placed:
        for block in range(len(self.orders) - 1, -1, -1):
            self.areas[block] = self.closed_area(block) if block in self.closed else self.open_area(block)
        result = Placed({}, {}, [[] for _ in self.orders], *self.areas[0].size)
        corners: dict[int, tuple[float, float]] = {0: (0.0, 0.0)}
        for block in range(len(self.orders)):
            if block not in corners or block in self.closed:
                continue
            left, top = corners[block]
            for item, box in self.boxes(block, left, top):
                (result.nodes if item[0] == "n" else result.blocks)[item[1]] = box
                if item[0] == "b":
                    corners[item[1]] = box[:2]
            result.routes[block] = self.routes(block, left, top)
        return result

    def size(self, item: Item) -> Size:
        kind, id = item
        return self.sizes[id] if kind == "n" else self.areas[id].size if kind == "b" else (0.0, 0.0)

    # ── one block ────────────────────────────────────────────────────────────

    def closed_area(self, block: int) -> Area:
        """A closed block: its ports are spread over its sides."""
        width, height = self.closed[block]
        area = Area(size=(width, height))
        for kind, column in zip("io", (0, -1), strict=True):
            ports = [item for item in self.orders[block].columns[column] if item[0] == kind]
            for k, port in enumerate(ports):
                area.ports[port] = height * (k + 0.5) / len(ports)
        return area

    def open_area(self, block: int) -> Area:
        columns = self.orders[block].columns
        wires = self.wires(block)
        heights = [[self.size(item)[1] for item in column] for column in columns]
        tops = tops_of(columns, heights, wires)
        return self.framed(block, columns, heights, tops, wires)

    def wires(self, block: int) -> list[list[Link]]:
        """The wires of each gap: index left, index right, and how far below the tops of both they are."""
        order = self.orders[block]
        result = []
        for gap, wires in enumerate(order.wires):
            left, right = order.columns[gap], order.columns[gap + 1]
            arriving = [0] * len(right)
            for _, target, _ in wires:
                arriving[target] += 1
            met = [0] * len(right)
            ends = []
            for source, target, value in wires:
                (kind, id), (to_kind, to_id) = left[source], right[target]
                start = self.areas[id].ports["o", value] if kind == "b" else self.size((kind, id))[1] / 2
                if to_kind == "b":
                    end = self.areas[to_id].ports["i", value]
                else:
                    end = self.size((to_kind, to_id))[1] * (met[target] + 0.5) / arriving[target]
                    met[target] += 1
                ends.append((source, target, start, end))
            result.append(ends)
        return result

    def framed(
        self,
        block: int,
        columns: list[list[Item]],
        heights: list[list[float]],
        tops: list[list[float]],
        wires: list[list[Link]],
    ) -> Area:
        """Everything moved to where the frame's corner is (0, 0)."""
        padding = PADDING if block else MARGIN
        least, header = self.headers[block] if block else (0.0, 0.0)
        highest = min([t[0] for t in tops if t], default=0.0)
        lowest = max([t[-1] + h[-1] for t, h in zip(tops, heights, strict=True) if t], default=0.0)
        down = header + padding - highest
        area = Area([[y + down for y in column] for column in tops])
        kinds = [column[0][0] if column else "" for column in columns]
        x = 0.0 if kinds and kinds[0] == "i" else padding
        for c, column in enumerate(columns):
            area.lefts.append(x)
            area.widths.append(max([self.size(item)[0] for item in column], default=0.0))
            x += area.widths[c]
            if c < len(wires):
                x += gap_width(wires[c], tops[c], tops[c + 1])
        width = x if kinds and kinds[-1] == "o" else x + padding
        if width < least:  # the last column goes to the border, the rest into the middle
            for c, kind in enumerate(kinds):
                area.lefts[c] += 0.0 if kind == "i" else least - width if kind == "o" else (least - width) / 2
        area.size = (max(width, least), down + lowest + padding)
        for c, kind in ((0, "i"), (-1, "o")):
            if kinds and kinds[c] == kind:
                area.ports.update(zip(columns[c], area.tops[c], strict=True))
        return area

    def boxes(self, block: int, left: float, top: float) -> Iterator[tuple[Item, Box]]:
        """The nodes and blocks in a block whose corner is there."""
        area = self.areas[block]
        for column, items in enumerate(self.orders[block].columns):
            middle = left + area.lefts[column] + area.widths[column] / 2
            for item, y in zip(items, area.tops[column], strict=True):
                if item[0] in "nb":
                    width, height = self.size(item)
                    yield item, Box(middle - width / 2, top + y, width, height)

    def routes(self, block: int, left: float, top: float) -> list[Route]:
        order, area = self.orders[block], self.areas[block]
        routes = []
        for gap, wires in enumerate(self.wires(block)):
            x1 = left + area.lefts[gap] + area.widths[gap]
            x2 = left + area.lefts[gap + 1]
            for (source, target, start, end), (_, _, value) in zip(wires, order.wires[gap], strict=True):
                item, to = order.columns[gap][source], order.columns[gap + 1][target]
                x0 = x1 - (area.widths[gap] - self.size(item)[0]) / 2 if item[0] in "nb" else x1 - area.widths[gap]
                x3 = x2 + (area.widths[gap + 1] - self.size(to)[0]) / 2 if to[0] in "nb" else x2
                y0, y1 = top + area.tops[gap][source] + start, top + area.tops[gap + 1][target] + end
                routes.append(Route(value, item, to, x0, x1, x2, x3, y0, y1))
        return routes


def gap_width(wires: list[Link], left: list[float], right: list[float]) -> float:
    """GAP, and more the more wires cross it and the further they go."""
    furthest = max([abs(left[s] + start - right[t] - end) for s, t, start, end in wires], default=0.0)
    return GAP + min(40.0, len(wires) * 1.0) + min(80.0, furthest * 0.12)
