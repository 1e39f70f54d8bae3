"""The layout, checked by plain geometry: boxes apart, wires around them, borders crossed at ports only.

The checker knows sizes and coordinates, and samples every curve; it shares no
code with the layout.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradlang.draw.forms.cards import card
from gradlang.draw.forms.svg import header_size, laid_out
from gradlang.draw.layout import Box, Graph, Item, Order, Placed, Route, order_data, ordered, placed
from gradlang.draw.layout.nesting import nested_intervals
from gradlang.draw.pictures.picture import DETAILS, Detail, View, picture_of
from gradlang.engine.origins import calls_kept
from gradlang.engine.value import STATE
from gradlang.language.runtime import running
from gradlang.session import Session, root_named
from gradlang.source import Source

Size = tuple[float, float]
SCRIPTS = Path(__file__).parent.parent / "scripts"
EPS = 1e-6
HEADER = (90.0, 20.0)


# ── graphs ───────────────────────────────────────────────────────────────────


def random_graph(seed: int) -> Graph:
    """Nodes with inputs near and far, some twice, and blocks in blocks.

    Blocks are runs of one order in which inputs come first; ids are another such order.
    """
    r = random.Random(seed)
    n = r.choice([1, 2, 5, 12, 25, 40, 60])
    near, leaves = r.choice([2, 5, 20]), r.choice([0.1, 0.4, 0.7])
    inputs: list[list[int]] = []
    for i in range(n):
        count = 0 if r.random() < leaves else r.choice([1, 2, 2, 2, 3, 8])
        pool = [max(0, i - 1 - r.randrange(near)) if r.random() < 0.8 else r.randrange(i) for _ in range(count) if i]
        inputs.append(pool + pool[:1] * (r.random() < 0.1))
    parents, blocks = [0], [0] * n
    if r.random() < 0.8:
        stack = [(0, 0, n)]
        while stack:
            around, start, stop = stack.pop()
            while start < stop:
                size = r.randint(1, stop - start)
                if r.random() < 0.6 and len(parents) < 20:
                    parents.append(around)
                    blocks[start : start + size] = [len(parents) - 1] * size
                    stack.append((len(parents) - 1, start, start + size))
                start += size
    return renumbered(inputs, blocks, parents, r)


def renumbered(inputs: list[list[int]], blocks: list[int], parents: list[int], r: random.Random) -> Graph:
    missing = [len(set(x)) for x in inputs]
    ready, order = [i for i, m in enumerate(missing) if not m], []
    while ready:
        order.append(ready.pop(r.randrange(len(ready))))
        for user, x in enumerate(inputs):
            if order[-1] in x:
                missing[user] -= 1
                if not missing[user]:
                    ready.append(user)
    new = {old: i for i, old in enumerate(order)}
    return Graph([[new[x] for x in inputs[old]] for old in order], [blocks[old] for old in order], parents)


def sizes_of(graph: Graph, seed: int = 0) -> list[Size]:
    r = random.Random(seed)
    return [(r.choice([40.0, 90.0, 150.0]), r.choice([18.0, 46.0, 60.0])) for _ in graph.inputs]


def laid(graph: Graph, seed: int = 0, closed: dict[int, Size] | None = None) -> Placed:
    return placed(ordered(graph), sizes_of(graph, seed), [HEADER] * len(graph.parents), closed)


# ── the checker ──────────────────────────────────────────────────────────────


def ancestors(graph: Graph, block: int) -> list[int]:
    found = [block]
    while found[-1]:
        found.append(graph.parents[found[-1]])
    return found


def overlap(a: Box, b: Box, apart: float = 0.0) -> bool:
    return (
        a.x < b.x + b.width + apart - EPS
        and b.x < a.x + a.width + apart - EPS
        and a.y < b.y + b.height + apart - EPS
        and b.y < a.y + a.height + apart - EPS
    )


def points(route: Route, count: int = 24) -> Iterator[tuple[float, float]]:
    """Points of a wire: its level ways and its curve."""
    yield from ((route.x0 + (route.x1 - route.x0) * i / count, route.y0) for i in range(count))
    middle = (route.x1 + route.x2) / 2
    for i in range(count + 1):
        t = i / count
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        yield a * route.x1 + b * middle + c * middle + d * route.x2, (a + b) * route.y0 + (c + d) * route.y1
    yield from ((route.x2 + (route.x3 - route.x2) * i / count, route.y1) for i in range(1, count + 1))


def check(
    graph: Graph,
    sizes: list[Size],
    result: Placed,
    closed: dict[int, Size] | None = None,
    headers: list[Size] | None = None,
) -> None:
    closed = closed or {}
    headers = headers or [HEADER] * len(graph.parents)
    shown = [b for b in range(len(graph.parents)) if not set(ancestors(graph, b)[1:]) & set(closed)]
    opened = [b for b in shown if b not in closed]
    assert set(result.nodes) == {n for n, b in enumerate(graph.blocks) if b in opened}
    assert set(result.blocks) == set(shown) - {0}
    assert all(result.nodes[n][2:] == sizes[n] for n in result.nodes)
    page = Box(0, 0, result.width, result.height)
    frames = {0: page, **result.blocks}
    content: dict[int, list[Box]] = defaultdict(list)
    for n, box in result.nodes.items():
        content[graph.blocks[n]].append(box)
    for b, box in result.blocks.items():
        content[graph.parents[b]].append(box)
    for b, boxes in content.items():
        frame, header = frames[b], headers[b][1] if b else 0.0
        assert b == 0 or frame.width >= headers[b][0]
        for i, box in enumerate(boxes):
            assert frame.x + 1 < box.x and box.x + box.width < frame.x + frame.width - 1
            assert frame.y + header + 1 < box.y and box.y + box.height < frame.y + frame.height - 1
            assert not any(overlap(box, other, 1) for other in boxes[:i])
    for b, routes in enumerate(result.routes):
        for route in routes:
            assert route.x0 <= route.x1 < route.x2 <= route.x3
            check_way(route, frames[b], headers[b][1] if b else 0.0, content[b])
    check_wired(graph, result, opened)


def check_way(route: Route, frame: Box, header: float, boxes: list[Box]) -> None:
    """A wire stays in its block's frame, below the header, and outside everything in it."""
    (low, high), reach = sorted([route.y0, route.y1]), (route.x0, route.x3)
    near = [
        b for b in boxes if b.x < reach[1] and b.x + b.width > reach[0] and b.y < high + 2 and b.y + b.height > low - 2
    ]
    for x, y in points(route):
        assert frame.x - EPS <= x <= frame.x + frame.width + EPS
        assert frame.y + header < y < frame.y + frame.height
        for box in near:
            inside = box.x + EPS < x < box.x + box.width - EPS and box.y - 1 < y < box.y + box.height + 1
            assert not inside, (route, box)


def check_wired(graph: Graph, result: Placed, opened: list[int]) -> None:
    """Every use of a value can be followed from the node's right side to the user's left side."""
    ways: dict[tuple[int, float, float], set[tuple[int, float, float]]] = defaultdict(set)
    arrivals: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    for routes in result.routes:
        for route in routes:
            ways[spot(route.value, route.x0, route.y0)].add(spot(route.value, route.x3, route.y1))
            if route.target[0] == "n":
                arrivals[route.target[1]].append(spot(route.value, route.x3, route.y1))
    for n, box in result.nodes.items():
        into = sorted(arrivals[n], key=lambda place: place[2])
        assert [value for value, _, _ in into] == list(graph.inputs[n])  # in the order of the inputs, from above
        assert len(set(into)) == len(into)
        for _, x, y in into:
            assert abs(x - box.x) < 0.01 and box.y < y < box.y + box.height
    for value, box in result.nodes.items():
        reached = followed(ways, spot(value, box.x + box.width, box.y + box.height / 2))
        for n in result.nodes:
            for place in arrivals[n]:
                if place[0] == value:
                    assert place in reached


def followed(
    ways: dict[tuple[int, float, float], set[tuple[int, float, float]]], start: tuple[int, float, float]
) -> set[tuple[int, float, float]]:
    reached, stack = {start}, [start]
    while stack:
        for place in ways.get(stack.pop(), ()):
            if place not in reached:
                reached.add(place)
                stack.append(place)
    return reached


def spot(value: int, x: float, y: float) -> tuple[int, float, float]:
    """A place, such that rounding makes no difference (no place is just between two hundredths, so shifted)."""
    return value, round(x + 0.00314159, 2), round(y + 0.00314159, 2)


# ── the tests ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(200))
def test_nothing_overlaps_and_no_wire_runs_through_a_box(seed: int) -> None:
    graph = random_graph(seed)
    check(graph, sizes_of(graph, seed), laid(graph, seed))


@pytest.mark.parametrize("seed", range(0, 200, 4))
def test_blocks_closed(seed: int) -> None:
    """The same order serves whatever is open."""
    graph = random_graph(seed)
    r = random.Random(seed)
    closed = {b: (70.0, 30.0) for b in range(1, len(graph.parents)) if r.random() < 0.4}
    check(graph, sizes_of(graph, seed), laid(graph, seed, closed), closed)


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.grad")), ids=lambda p: str(p.stem))
def test_all_scripts(script: Path, detail: Detail) -> None:
    before = STATE.recording
    try:
        with running(str(SCRIPTS), lambda text: None), calls_kept():
            session = Session()
            program = script.read_text().replace("range(100)", "range(2)")
            session.run(Source(program), lambda warning: None, keep_graph=True)
            root = root_named(session, None)
        assert root is not None
        picture = picture_of(root, View(detail=detail))
    finally:
        STATE.recording = before
    cards = [card(node) for node in picture.nodes]
    graph = Graph(
        [n.inputs for n in picture.nodes], [n.block for n in picture.nodes], [b.parent for b in picture.blocks]
    )
    sizes = [(c.width, c.height) for c in cards]
    headers = [header_size(b) for b in picture.blocks]
    check(graph, sizes, laid_out(picture, cards), headers=headers)


def moved(result: Placed, change: str) -> Placed:
    """A layout with one fault in it."""
    first, second = result.nodes[0], result.nodes[1]
    route = next(r for some in result.routes for r in some if r.source == ("n", 0))
    if change == "boxes":
        result.nodes[1] = second._replace(x=first.x + 5, y=first.y + 5)
    elif change == "frame":
        result.nodes[0] = first._replace(y=-5.0)
    elif change == "wire":
        result.routes[0][0] = route._replace(x3=route.x3 + 400)
    elif change == "end":
        result.routes[0].remove(route)
    return result


@pytest.mark.parametrize("change", ["", "boxes", "frame", "wire", "end"])
def test_the_checker_sees_faults(change: str) -> None:
    graph = Graph([[], [], [0, 1], [2], [3, 0]], [0] * 5)
    result = moved(laid(graph), change)
    if change:
        with pytest.raises(AssertionError):
            check(graph, sizes_of(graph), result)
    else:
        check(graph, sizes_of(graph), result)


# ── what the order is like ───────────────────────────────────────────────────


def columns(graph: Graph, block: int = 0) -> list[list[Item]]:
    return ordered(graph)[block].columns


def crossings(order: Order) -> int:
    """Pairs of wires that change sides in a gap, counted pair by pair."""
    return sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for gap in order.wires for i, a in enumerate(gap) for b in gap[:i])


def test_leaves_stand_right_before_their_first_use() -> None:
    graph = Graph([[], [], [0, 1], [2], [3], [], [4, 5], [6, 1]], [0] * 8)
    at = {id: c for c, column in enumerate(columns(graph)) for kind, id in column if kind == "n"}
    assert at[5] == at[6] - 1 == at[4] and at[1] == at[2] - 1


def test_inputs_stand_in_their_order() -> None:
    assert columns(Graph([[], [], [], [2, 0, 1]], [0] * 4))[0] == [("n", 2), ("n", 0), ("n", 1)]


def test_trees_have_no_crossings() -> None:
    r = random.Random(5)
    roots: list[int] = []
    inputs: list[list[int]] = []
    for i in range(200):
        taken = [roots.pop(r.randrange(len(roots))) for _ in range(min(len(roots), r.choice([0, 1, 2, 3])))]
        inputs.append(taken)
        roots.append(i)
    inputs.append(roots)
    assert crossings(ordered(Graph(inputs, [0] * 201))[0]) == 0


def test_crossings_are_few() -> None:
    """Sorted by where wires come from and go to, a graph that can be drawn without crossings has none."""
    ladder = [[], [], *[[i - 2, i - 1] if i % 2 else [i - 2] for i in range(2, 60)]]
    assert crossings(ordered(Graph(ladder, [0] * 60))[0]) == 0


def test_one_passing_wire_for_all_users_of_a_value() -> None:
    chain: list[list[int]] = [[], [0], *[[i - 1, 0] for i in range(2, 10)]]
    passing = [item for column in columns(Graph(chain, [0] * 10)) for item in column if item[0] == "v"]
    assert passing == [("v", 0)] * 8


def test_moved_back_where_that_spares_wires() -> None:
    """A value of two that are there anyway is made there, and not where it is needed."""
    inputs = [[], [], [0], [1], [2, 3], [4], [5], [2, 3], [6, 7]]
    at = {id: c for c, column in enumerate(columns(Graph(inputs, [0] * 9))) for kind, id in column if kind == "n"}
    assert at[7] == at[4]


def test_ports_stand_at_the_borders() -> None:
    graph = Graph([[], [0], [1], [2, 0]], [0, 1, 1, 0], [0, 0])
    inner = columns(graph, 1)
    assert inner == [[("i", 0)], [("n", 1)], [("n", 2)], [("o", 2)]]
    assert ("b", 1) in columns(graph)[1]
    result = laid(graph)
    box = result.blocks[1]
    enter, leave = result.routes[1][0], result.routes[1][-1]
    assert enter.x0 == pytest.approx(box.x) and leave.x3 == pytest.approx(box.x + box.width)


def test_long_wires_are_straight() -> None:
    chain: list[list[int]] = [[], [0], *[[i - 1] for i in range(2, 12)], [11, 0]]
    result = laid(Graph(chain, [0] * 13))
    heights = [r.y1 for r in result.routes[0] if r.target[0] == "v"]
    assert len(heights) == 11 and max(heights) - min(heights) < EPS


def test_blocks_that_need_each_other() -> None:
    with pytest.raises(ValueError, match="need each other"):
        ordered(Graph([[], [], [1], [0]], [1, 2, 1, 2], [0, 0, 0]))


def test_plain_data() -> None:
    """A page gets the same order as JSON, and the same graph gives the same order."""
    graph = random_graph(3)
    data: list[dict[str, Any]] = json.loads(json.dumps(order_data(ordered(graph))))
    assert data == order_data(ordered(graph))
    for block, order in zip(data, ordered(graph), strict=True):
        assert [[tuple(item) for item in column] for column in block["columns"]] == order.columns
        assert [[tuple(wire) for wire in gap] for gap in block["wires"]] == order.wires
        for gap, wires in enumerate(order.wires):
            for source, target, value in wires:
                for kind, id in (order.columns[gap][source], order.columns[gap + 1][target]):
                    assert id == value or kind in "nb"


# ── sizes ────────────────────────────────────────────────────────────────────


def test_nothing_at_all() -> None:
    result = placed(ordered(Graph([], [])), [], [(0.0, 0.0)])
    assert not result.nodes and result.width > 0


def test_ten_thousand_blocks_in_each_other() -> None:
    n = 10_000
    graph = Graph([[i - 1] if i else [] for i in range(n)], list(range(n)), [max(0, i - 1) for i in range(n)])
    result = laid(graph)
    assert len(result.nodes) == n and len(result.blocks) == n - 1
    assert sum(map(len, result.routes)) < 5 * n


def test_a_chain_of_fifty_thousand() -> None:
    n = 50_000
    result = laid(Graph([[i - 1] if i else [] for i in range(n)], [0] * n))
    assert len({result.nodes[i].x for i in range(n)}) == n


def test_long_skips_of_four_hundred_operations() -> None:
    r = random.Random(1)
    graph = Graph([[]] + [[i - 1, r.randrange(i)] for i in range(1, 400)], [0] * 400)
    order = ordered(graph)[0]
    items = sum(map(len, order.columns))
    assert items == 400 + sum(  # one passing wire a value and column
        max([j for j, x in enumerate(graph.inputs) if i in x], default=i + 1) - i - 1 for i in range(400)
    )


def test_blocks_in_numbers() -> None:
    first, last = nested_intervals([0, 0, 1, 0, 1, 3])
    inside = {b: {c for c in range(6) if first[b] <= first[c] <= last[b]} for b in range(6)}
    assert inside == {0: {0, 1, 2, 3, 4, 5}, 1: {1, 2, 4}, 2: {2}, 3: {3, 5}, 4: {4}, 5: {5}}
