"""Graphs in a terminal: read back from the picture, every edge is there once; widths and heights hold."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradlang.draw.pictures.nodes import nodes_of
from gradlang.draw.terminal.fragments import fitted, plain, width_of, wrapped
from gradlang.draw.terminal.lines import graph_lines
from gradlang.draw.terminal.rails import ASCII, UNICODE, Line, drawing_order, rail_lines, unrailed
from gradlang.engine.autodiff import backward
from gradlang.engine.ops import TABLE
from gradlang.engine.table import recorded
from gradlang.engine.value import Value, apply, leaf
from gradlang.language.runtime import running
from gradlang.session import Session, root_named
from gradlang.source import Source

COMPAT = (Path(__file__).parent.parent / "scripts" / "compat.grad").read_text(encoding="utf-8")
NEURON = """
w1 = 0.5
w2 = -1.0
x1 = 2.0
x2 = 0.3
b = 0.1
o = tanh(w1*x1 + w2*x2 + b)
backward(o)
"""
MOONS = """
X, labels = make_moons(100, noise=0.1)
y = labels * 2 - 1
model = mlp(2, [16, 16, 1])
scores = model(X)[:, 0]
data_loss = (1 - y * scores).relu().mean()
reg_loss = 1e-4 * sum([(p * p).sum() for p in parameters(model)])
loss = data_loss + reg_loss
backward(loss)
"""


def root_of(program: str) -> Value:
    with running("", lambda text: None):
        session = Session()
        session.run(Source(program), lambda warning: None, keep_graph=True)
        root = root_named(session, None)
    assert root is not None
    return root


def drawn(program: str, width: int = 80, height: int | None = None, unicode: bool = True) -> str:
    return plain(graph_lines(root_of(program), width, height, unicode))


# ── the picture read back ────────────────────────────────────────────────────

# On which sides a character goes on; written down here once more, so that a wrong character is found.
SIDES = {
    "│": "ud", "─": "lr", "├": "udr", "┤": "udl", "┼": "udlr", "╯": "ul", "╰": "ur", "╮": "dl", "╭": "dr", "┴": "ulr",
    "┬": "dlr", "┃": "ud", "━": "lr", "┣": "udr", "┫": "udl", "╋": "udlr", "┛": "ul", "┗": "ur", "┻": "ulr", " ": "",
}  # fmt: skip
HEAVY = set("┃┣┫╋┛┗┻")


def edges_in(lines: list[Line], dots: str = "●○") -> Counter[tuple[int, int]]:
    """(user, input) for every edge that the characters show; which value a line has is all that is taken from it."""
    edges: Counter[tuple[int, int]] = Counter()
    carried: dict[int, list[int]] = {}  # the users whose edges come down a column
    last_dot = -1
    for at, line in enumerate(lines):
        sides = {c: SIDES.get(line.rails[2 * c], "ud") for c in range((len(line.rails) + 1) // 2)}
        dot = next((c for c in sides if line.rails[2 * c] in dots), None)
        ends = last_dot if dot is None else dot
        if dot is None and (line.rails + " " * 99)[2 * ends] in "│┃─━ ":  # not from the dot above, so to the one below
            ends = next(i // 2 for i, c in enumerate(lines[at + 1].rails) if c in dots)
        check_stretches(line.rails, dots)
        touched = [c for c in connected(line.rails, ends) if c != dot]
        assert all(c in carried for c in touched if "u" in sides[c]), "a rail comes from nowhere"
        assert all("u" not in s or c in carried or c == dot for c, s in sides.items())
        if dot is None:
            closing = [c for c in [*touched, ends] if "u" in sides[c] and "d" not in sides[c]]
            sources = closing or [ends]
            users = [u for c in sources for u in carried[c]]
            for c in [*touched, ends]:
                if c not in sources:
                    carried[c] = carried.get(c, []) + users
            for c in closing:
                del carried[c]
            continue
        node = line.node
        assert node is not None
        heavy = [c for c in touched if line.rails[2 * c] in HEAVY]
        for u in carried.pop(dot, []):
            edges[u, node] += 1
        for c, times in zip(heavy, map(int, line.times.split("+") if line.times else "1" * len(heavy)), strict=True):
            for u in carried[c]:
                edges[u, node] += times
        for c in touched:
            if c not in heavy and "d" in sides[c]:
                carried[c] = carried.get(c, []) + [node]
            elif "d" not in sides[c]:
                for u in carried.pop(c) if c not in heavy else carried.pop(c) and []:
                    edges[u, node] += 1
        below = lines[at + 1].rails if at + 1 < len(lines) else ""
        if (
            line.rails[2 * dot] == "●"
            and 2 * dot < len(below)
            and "u" in SIDES.get(below[2 * dot], "u" if below[2 * dot] in dots else "")
        ):
            carried[dot] = [node]
        last_dot = dot
    return edges


def connected(rails: str, at: int) -> list[int]:
    """The columns that a line joins to the one at `at`; a plain vertical is only passed."""
    found = []
    for step in (1, -1):
        c = at
        while 0 <= 2 * c + step < len(rails) and rails[2 * c + step] in "─━":
            c += step
            if rails[2 * c] not in "│┃─━":
                found.append(c)
    return sorted(found)


def check_stretches(rails: str, dots: str) -> None:
    """Where one character goes on to the right, the next comes from the left, and the other way round."""
    for c in range(0, len(rails) - 2, 2):
        left, between, right = rails[c], rails[c + 1], rails[c + 2]
        if between in "─━":
            assert left in dots + "│┃" or "r" in SIDES[left], rails
            assert right in dots + "│┃" or "l" in SIDES[right], rails
        else:
            assert between == " "
            assert left in dots or "r" not in SIDES[left], rails
            assert right in dots or "l" not in SIDES[right], rails


def random_inputs(rng: random.Random) -> list[list[int]]:
    """A graph by the inputs of its values, all of them below the last one."""
    n = rng.randint(2, 60)
    wide = rng.choice([0.0, 0.1])
    near = rng.choice([3, 10, n])
    inputs: list[list[int]] = []
    for i in range(n):
        leaf_here = i == 0 or (i < n - 1 and rng.random() < 0.3)
        size = 0 if leaf_here else rng.randint(4, 9) if rng.random() < wide else rng.choice([1, 1, 2, 2, 2, 3])
        inputs.append([rng.randrange(max(0, i - near), i) for _ in range(size)])
    inputs[-1] = inputs[-1] or [0]
    kept, stack = set(), [n - 1]
    while stack:
        i = stack.pop()
        if i not in kept:
            kept.add(i)
            stack += inputs[i]
    place = {i: k for k, i in enumerate(sorted(kept))}
    return [[place[x] for x in inputs[i]] for i in sorted(kept)]


@pytest.mark.parametrize("most", [1000, 4])
def test_every_edge_is_there_once(most: int) -> None:
    for seed in range(200):
        inputs = random_inputs(random.Random(seed))
        order = drawing_order(inputs)
        line = {n: i for i, n in enumerate(order)}
        assert sorted(order) == list(range(len(inputs))) and order[0] == len(inputs) - 1
        assert all(line[n] < line[x] for n in order for x in inputs[n]), seed
        said = unrailed(order, inputs, most, len(order))
        lines = list(rail_lines(order, inputs, said, ["●" if each else "○" for each in inputs]))
        expected = Counter((n, x) for n, each in enumerate(inputs) for x in each)
        shown = edges_in(lines)
        for user, x in expected:
            if x in said:
                assert (user, x) not in shown
                shown[user, x] = expected[user, x]
        assert shown == expected, seed
        if most == 1000:
            assert not said


def test_an_edge_left_out_is_noticed() -> None:
    """The reader itself can fail."""
    inputs: list[list[int]] = [[], [0], [0], [1, 2]]
    lines = list(rail_lines(drawing_order(inputs), inputs, set(), ["○", "●", "●", "●"]))
    assert edges_in(lines)[2, 0] == 1
    broken = [line._replace(rails=line.rails.replace("├", "│").replace("─", " ")) for line in lines]
    with pytest.raises(AssertionError):
        assert edges_in(broken) == edges_in(lines)


def test_few_rails_are_open() -> None:
    """A tree needs no more than its Sethi-Ullman number and the dot's own; a chain one, a sum two."""
    chain: list[list[int]] = [[], *[[i] for i in range(50)]]
    assert widest(chain) == 1
    total: list[list[int]] = [[]]
    for _ in range(30):
        total += [[], [len(total) - 1, len(total)]]
    assert widest(total) == 2
    balanced: list[list[int]] = [[] for _ in range(64)]
    layer = list(range(64))
    while len(layer) > 1:
        balanced += [[a, b] for a, b in zip(layer[::2], layer[1::2], strict=True)]
        layer = list(range(len(balanced) - len(layer) // 2, len(balanced)))
    assert widest(balanced) == 7
    assert widest([[] for _ in range(30)] + [list(range(30))]) == 2


def widest(inputs: list[list[int]]) -> int:
    lines = rail_lines(drawing_order(inputs), inputs, set(), "●" * len(inputs))
    return max(len(line.rails) + 1 for line in lines) // 2


def test_rails_are_bounded() -> None:
    for seed in range(100):
        inputs = random_inputs(random.Random(seed))
        inputs = [each[:3] for each in inputs]
        inputs = inputs if all(any(i in each for each in inputs) for i in range(len(inputs) - 1)) else [[], [0]]
        order = drawing_order(inputs)
        said = unrailed(order, inputs, 4, len(order))
        assert max(len(line.rails) + 1 for line in rail_lines(order, inputs, said, "●" * len(order))) // 2 <= 4 + 3


def test_ascii_is_the_same_drawing() -> None:
    assert UNICODE.keys() == ASCII.keys() and all(c.isascii() for c in ASCII.values())
    for seed in range(30):
        inputs = random_inputs(random.Random(seed))
        order = drawing_order(inputs)
        pretty = rail_lines(order, inputs, set(), "o" * len(inputs))
        back = dict(zip(UNICODE.values(), ASCII.values(), strict=True))
        for a, b in zip(pretty, rail_lines(order, inputs, set(), "o" * len(inputs), unicode=False), strict=True):
            assert "".join(back.get(c, c) for c in a.rails) == b.rails


# ── exact drawings ───────────────────────────────────────────────────────────


def test_the_neuron() -> None:
    assert (
        drawn(NEURON)
        == """\
●      o   tanh      0.6640        grad 1
●─╮        · + b     0.8000   grad 0.5591
│ ○    b             0.1000   grad 0.5591
●─╮        +         0.7000   grad 0.5591
●─│─╮      w1 * x1        1   grad 0.5591
○ │ │  w1            0.5000   grad 1.1181
  │ ○  x1                 2   grad 0.2795
  ●─╮      w2 * x2  -0.3000   grad 0.5591
  ○ │  w2                -1   grad 0.1677
    ○  x2            0.3000  grad -0.5591
"""
    )


def test_two_edges_to_one_value() -> None:
    assert (
        drawn("a = 3.0\nz = a * a")
        == """\
●─╮  z  a * a  9  grad —
○─╯  a         3  grad —
"""
    )


def test_a_diamond_in_ascii() -> None:
    program = "a = 2.0\nb = a * 3\nc = a + 1\nd = b * c"
    assert (
        drawn(program, unicode=False)
        == """\
o-.  d  b * c  18  grad -
o |  b  a * 3   6  grad -
+-o  c  a + 1   3  grad -
o    a          2  grad -
"""
    )


def test_many_inputs_hang_on_a_heavy_rail() -> None:
    assert (
        drawn("p = 1.0\nq = 2.0\ns = sum([q * q, p + q, p - q, 5 * p, q, q])")
        == """\
●          s     sum    15                   grad —
●          [6]   stack  [4, 3, -1, 5, 2, 2]  grad —
┣━●─╮            q * q  4                    grad —
┣━│━│━●          p + q  3                    grad —
┃ │ ├─┤
┣━│━│━│━●        p - q  -1                   grad —
┃ │ ├─┼─╯
┣━○─╯ │    ×2 q         2                    grad —
┗━●───┤          5 * p  5                    grad —
      ○    p            1                    grad —
"""
    )


def test_literals_among_many_inputs_are_said() -> None:
    assert " stack(p, ·, ·, 5, q) " in drawn("p = 1.0\nq = 2.0\ns = sum([p, q * q, p + 1, 5, q])")


def test_compat_at_forty_columns() -> None:
    assert (
        drawn(COMPAT, 40, 8)
        == """\
                    data    grad
●─╮     g g + ·  24.7041       1
● │     g f / 2  24.5000       1
├─●       10 / f  0.2041       1
●       f e**2        49  0.4958
●─╮     e c - d       -7 -6.9417
●─│─╮   c c + ·       -1 -6.9417
… 21 more values
"""
    )


def test_what_has_no_rail_is_referred_to() -> None:
    """`d` is the name of three values, so the one that is meant has a number."""
    lines = drawn(COMPAT, 26).splitlines()
    assert lines[4:6] == ["●     e     c - (1)", "●─╮   c     c + ·"]
    assert lines[12] == "  ●─╮ (1) d d + ·"
    assert sum(" a" in line and "○" in line for line in lines) == 1


def test_tensors_and_parameters() -> None:
    wide = drawn(MOONS, 200)
    assert re.search(r"◆─╯ +layer1\.b \[16\] +param +mean 0, 0 … 0 +grad mean -?0\.\d+, ", wide)
    assert re.search(r"○ .* X \[100, 2\] ", wide) and "[6]" in wide and "layer3[:, 0]" in wide
    middle = drawn(MOONS, 80)
    assert re.search(r"scores +layer3\[:, 0\] +\[100\] ", middle)
    narrow = drawn(MOONS, 40)
    assert narrow.splitlines()[0].split() == ["mean", "grad"] and re.search(r" param +-?0\.\d+\n", narrow)


def test_constants_have_no_gradient_and_others_none_yet() -> None:
    text = drawn("x = 2.0\ny = sum(x * detach([1.0, 2.0]))")
    (constant,) = [line for line in text.splitlines() if "[1, 2]" in line]
    assert "grad" not in constant and text.count("grad —") == 3


def test_a_literal_alone_is_drawn() -> None:
    assert plain(graph_lines(leaf(2.0), 40, None)) == "○  2\n"


def test_roles() -> None:
    roles = {(role, text.strip()) for role, text in graph_lines(root_of(NEURON), 80, None) if text.strip()}
    assert {("name", "w1"), ("operator", "w1 * x1"), ("number", "0.6640"), ("gradient", "1.1181")} <= roles
    assert ("muted", "●─│─╮") in roles and ("muted", "grad") in roles
    assert ("heading", "grad") in {(role, text.strip()) for role, text in graph_lines(root_of(COMPAT), 40, None)}


# ── widths and heights ───────────────────────────────────────────────────────


def columns(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def values_from(rng: random.Random, names: bool) -> Value:
    """Scalars and tensors over a random graph, some with wide or long names."""
    values: list[Any] = []
    for i, each in enumerate(random_inputs(rng)):
        if not each:
            v: Any = leaf(rng.choice([1.0, -2.5, 1e-7, np.ones((2, 3)), np.arange(9.0)]), True)
            v = v if v.shape == () else recorded.sum(v)
        elif len(each) > 3:
            v = recorded.sum(apply(TABLE["stack"], *[values[x] for x in each], attrs={"dim": 0}))
        else:
            v = values[each[0]] * rng.choice([2.0, 0.5])
            for x in each[1:]:
                v = v + values[x]
        if names and rng.random() < 0.7:
            v.name = rng.choice(["x", "größe", "变量", "a_rather_long_name", "e\u0301"]) + str(i % 7)
        values.append(v)
    if rng.random() < 0.5:
        backward(values[-1])
    root: Value = values[-1]
    return root


@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_too_wide_and_there_are_not_too_many(unicode: bool) -> None:
    for seed in range(60):
        rng = random.Random(seed)
        root = values_from(rng, names=True)
        total = len([n for n in nodes_of([root]) if n.kind != "constant" or n.shape or n.name])
        for width in (12, 20, 40, 80, 120):
            height = rng.choice([0, 1, 2, 3, 10, 30, None])
            text = plain(graph_lines(root, width, height, unicode))
            assert all(columns(line) <= width for line in text.splitlines()), (seed, width)
            assert text.count("\n") <= (height if height is not None else 10**9)
            assert unicode or not set("│─●○◆…—·×") & set(text)
            left = re.search(r"^(?:…|\.\.) ([\d,]+) mo", text, re.MULTILINE)
            dots = len([line for line in text.splitlines() if re.match(r"[^\w]*[●○◆]", line)])
            if unicode and height != 0 and width > 20:
                assert dots + int(left[1].replace(",", "") if left else 0) == total, (seed, width, height)


def test_nothing_is_said_to_be_left_when_all_is_there() -> None:
    assert "more" not in drawn(NEURON, 80, 10)
    assert drawn(NEURON, 80, 9).endswith("… 2 more values\n")


def test_a_long_chain_is_cut_at_once() -> None:
    x: Any = leaf(1.0, True)
    for _ in range(100_000):
        x = recorded.sin(x)
    assert plain(graph_lines(x, 60, 3)).endswith("\n… 99,999 more values\n")


def test_same_drawing_in_every_run() -> None:
    assert drawn(MOONS) == drawn(MOONS)


# ── text in pieces ───────────────────────────────────────────────────────────


def test_cutting_counts_columns() -> None:
    assert plain(fitted([("a", "abc"), ("b", "def")], 6)) == "abcdef"
    assert fitted([("a", "abc"), ("b", "def")], 5) == [("a", "abc"), ("b", "d…")]
    assert plain(fitted([("", "变量变量")], 6)) == "变量…" and width_of("变量…") == 5
    assert plain(fitted([("", "abc")], 1)) == "…" and fitted([("", "abc")], 0) == []


def test_wrapping_breaks_at_spaces() -> None:
    lines = wrapped([("a", "one two "), ("b", "three four")], 9, 2)
    assert [plain(line) for line in lines] == ["one two", "  three", "  four"]
    assert lines[1] == [("", "  "), ("b", "three")]
    assert [plain(line) for line in wrapped([("", "abcdefgh")], 4, 0)] == ["abcd", "efgh"]
    assert [plain(line) for line in wrapped([("", "变量变")], 3, 0)] == ["变", "量", "变"]
    for seed, width in zip(range(50), count(6)):
        rng = random.Random(seed)
        text = " ".join("x" * rng.randint(1, 20) for _ in range(20))
        parts = [plain(line) for line in wrapped([("", text)], width, 3)]
        assert all(len(p) <= width for p in parts) and "".join(parts).replace(" ", "") == text.replace(" ", "")
        assert all(a.strip() for a, _ in pairwise(parts))
