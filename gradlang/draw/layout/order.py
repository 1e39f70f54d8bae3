"""The first stage: what stands in which column, in which order, and which wires are between the columns.

Owns the order of every block, and its form as plain data for a page. Knows
nothing of sizes: whether a block is open or closed changes nothing here.

Invariants: inner blocks are put in order before those around them, which then
know where the ports are; items and wires keep the meaning told in `nesting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .crossings import Places, arranged
from .layers import Layered, layered
from .nesting import Graph, Item, Wire, parts_of


@dataclass(slots=True)
class Order:
    """One block.

    columns  of items from above to below, from left to right
    wires    for each gap between two neighbouring columns: (index in the left one, index in the right one, value).
             Those that end at one node stand in the order of the node's inputs.
    """

    columns: list[list[Item]]
    wires: list[list[Wire]]


def ordered(graph: Graph) -> list[Order]:
    """The order of every block. Raises ValueError if blocks need each other's results."""
    parts = [layered(part) for part in parts_of(graph)]
    load = sum([len(gap) for part in parts for gap in part.gaps])
    orders: list[Order] = [Order([], []) for _ in parts]
    for block in range(len(parts) - 1, -1, -1):
        orders[block] = order_of(parts[block], orders, load)
    return orders


def order_of(layers: Layered, orders: list[Order], load: int) -> Order:
    """The order of one block; `orders` has those of the blocks in it."""
    starts, ends = places(layers, orders)
    columns = arranged(layers, starts, ends, load)
    index = [0] * len(layers.items)
    for column in columns:
        for i, item in enumerate(column):
            index[item] = i
    gaps = []
    for gap in layers.gaps:
        wires = [(index[source], index[target], value) for source, target, value in gap]
        wires.sort(key=lambda wire: wire[1])
        gaps.append(wires)
    return Order([[layers.items[item] for item in column] for column in columns], gaps)


def places(layers: Layered, orders: list[Order]) -> tuple[Places, Places]:
    """How far down its two items each wire starts and ends, from 0 to 1."""
    arriving: dict[int, int] = {}
    for gap in layers.gaps:
        for _, target, _ in gap:
            arriving[target] = arriving.get(target, 0) + 1
    sides: dict[tuple[int, str], dict[int, float]] = {}

    def on_block(item: int, kind: str, value: int) -> float:
        """Where a block's port for a value is."""
        block = layers.items[item][1]
        side = sides.get((block, kind))
        if side is None:
            side = sides[block, kind] = port_places(orders[block], kind)
        return side[value]

    starts: Places = []
    ends: Places = []
    met: dict[int, int] = {}
    for gap in layers.gaps:
        some_starts, some_ends = [], []
        for source, target, value in gap:
            some_starts.append(on_block(source, "o", value) if layers.items[source][0] == "b" else 0.5)
            if layers.items[target][0] == "b":
                some_ends.append(on_block(target, "i", value))
            else:
                met[target] = met.get(target, 0) + 1
                some_ends.append((met[target] - 0.5) / arriving[target])
        starts.append(some_starts)
        ends.append(some_ends)
    return starts, ends


def port_places(order: Order, kind: str) -> dict[int, float]:
    ports = [value for k, value in order.columns[0 if kind == "i" else -1] if k == kind]
    return {value: (i + 0.5) / len(ports) for i, value in enumerate(ports)}


def order_data(orders: list[Order]) -> list[dict[str, Any]]:
    """What a page needs to place everything itself; JSON can hold it."""
    return [
        {
            "columns": [[list(item) for item in column] for column in order.columns],
            "wires": [[list(wire) for wire in gap] for gap in order.wires],
        }
        for order in orders
    ]
