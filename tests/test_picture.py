"""What pictures show: levels, blocks, repetitions once, parts; and that nothing is lost or goes in circles."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlang.draw.pictures import picture as pictures
from gradlang.draw.pictures.blocks import Block, call_blocks
from gradlang.draw.pictures.modules import Modules, closing_from, depths_of, is_innermost, module_nodes
from gradlang.draw.pictures.nodes import Node, nodes_of
from gradlang.draw.pictures.passes import Passes
from gradlang.draw.pictures.picture import DETAILS, Detail, Picture, View, picture_of
from gradlang.draw.pictures.repeats import Group, grouped, runs
from gradlang.engine.table import recorded
from gradlang.engine.value import Value, leaf
from gradlang.faults import Fault
from gradlang.language.runtime import running
from gradlang.session import Session, root_named
from gradlang.source import Source

SCRIPTS = Path(__file__).parent.parent / "scripts"


def root_of(program: str, folder: str = str(SCRIPTS)) -> Value:
    with running(folder, lambda text: None):
        session = Session(keeps_calls=True)
        session.run(Source(program, "program.grad"), lambda warning: None, keep_graph=True)
        root = root_named(session, None)
    assert root is not None
    return root


def modules_of(program: str) -> Picture:
    picture = picture_of(root_of(program), View("module"))
    check(picture)
    return picture


def script(name: str) -> str:
    return (SCRIPTS / f"{name}.grad").read_text()


def shown(picture: Picture, of: str = "") -> list[str]:
    """What is drawn directly in the blocks of a name: operations, calls, names of leaves."""
    inside = {block.id for block in picture.blocks if block.name == of} if of else {0}
    return [node.op or node.name or "constant" for node in picture.nodes if node.block in inside]


def blocks_of(picture: Picture) -> list[tuple[str, str, int, bool]]:
    return [(block.kind, block.name, block.times, block.chain) for block in picture.blocks[1:]]


def node_called(picture: Picture, op: str) -> Node:
    (found,) = [node for node in picture.nodes if node.op == op]
    return found


def inputs_of(picture: Picture, op: str) -> list[str]:
    nodes = picture.nodes
    return [nodes[i].op or nodes[i].name or "constant" for i in node_called(picture, op).inputs]


# ── what is true of every picture ────────────────────────────────────────────


def check(picture: Picture, root: Value | None = None) -> None:
    nodes, blocks = picture.nodes, picture.blocks
    assert [node.id for node in nodes] == list(range(len(nodes)))
    assert all(i < node.id for node in nodes for i in node.inputs)
    assert [block.id for block in blocks] == list(range(len(blocks))) and blocks[0].kind == "picture"
    assert all(block.parent < block.id for block in blocks[1:]) and blocks[0].parent == 0
    assert all(block.times >= 1 and (block.times > 1) == (block.kind == "repeat") for block in blocks)
    assert 0 <= picture.root < len(nodes)
    if root is not None:
        assert nodes[picture.root].data is root.data or nodes[picture.root].data == root.data
    held = {0}
    for node in nodes:
        held |= set(around(blocks, node.block))
        assert node.kind in ("parameter", "leaf", "constant") or node.op
    assert held == set(range(len(blocks)))  # none is empty
    no_circles(nodes, blocks)


def around(blocks: Sequence[Block], block: int) -> list[int]:
    """A block and those around it, from the inside."""
    found = [block]
    while found[-1]:
        found.append(blocks[found[-1]].parent)
    return found


def no_circles(nodes: Sequence[Node], blocks: Sequence[Block]) -> None:
    """Whatever blocks are closed, what is left is a graph in which no way leads back."""
    ways: dict[int, set[tuple[object, object]]] = {}
    paths = [list(reversed(around(blocks, node.block))) for node in nodes]
    for node in nodes:
        for i in node.inputs:
            one, other = [*paths[i], ("node", i)], [*paths[node.id], ("node", node.id)]
            at = next(k for k in range(min(len(one), len(other))) if one[k] != other[k])
            ways.setdefault(paths[i][at - 1], set()).add((one[at], other[at]))
    for edges in ways.values():
        waiting = Counter([target for _, target in edges])
        users: dict[object, list[object]] = {}
        for source, target in edges:
            users.setdefault(source, []).append(target)
        ready = [source for source in users if not waiting[source]]
        for source in ready:
            for target in users.get(source, ()):
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
        assert not +waiting


def nothing_is_lost(root: Value) -> None:
    """Every operation is drawn, in a box that is drawn, or like one that is; every edge between boxes is there."""
    nodes = nodes_of([root])
    blocks, calls = call_blocks(nodes)
    group = grouped(nodes, blocks, calls)
    depths, passes = depths_of(group), Passes(nodes, group)
    for closes in (is_innermost, closing_from(1, depths), closing_from(2, depths)):
        drawn = Modules(nodes, group, passes, closes)
        operations = {node.id for node in nodes if node.kind == "operation"}
        assert drawn.target.keys() == passes.spots.keys() == operations
        assert set(drawn.target.values()) == set(drawn.shown)
        made, frames = drawn.picture()
        check(Picture(made, frames, "module", len(made) - 1))
        boxes = [node for node in made if node.kind in ("operation", "module")]
        assert len(boxes) == (len(drawn.shown) if operations else 0)
        wires = {(made[i].value, node.value) for node in made for i in node.inputs}
        for node in nodes:
            if node.kind == "operation" and is_drawn(drawn, node.id):
                for i in node.inputs:
                    if i in operations and drawn.target[i] != drawn.target[node.id] and passes.link(i, node.id) is None:
                        assert (result(drawn, nodes, i), result(drawn, nodes, node.id)) in wires


def is_drawn(drawn: Modules, operation: int) -> bool:
    """Whether it is itself in the picture, or in a box that is."""
    target = drawn.target[operation]
    return target == operation or isinstance(target, Group)


def result(drawn: Modules, nodes: Sequence[Node], operation: int) -> Value | None:
    """Of which value the box is that stands for an operation."""
    target = drawn.target[operation]
    if not isinstance(target, Group):
        return nodes[target].value
    return nodes[max(i for i, part in drawn.target.items() if part is target)].value


# ── the levels ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in SCRIPTS.glob("*.grad") if not path.stem.startswith("test_"))
)
def test_every_script_at_every_level(name: str) -> None:
    root = root_of(script(name))
    nothing_is_lost(root)
    counts = {}
    for detail in DETAILS:
        for hide in (False, True):
            picture = picture_of(root, View(detail, hide))
            check(picture, root)
            counts[picture.detail] = len(picture.nodes)
            assert not hide or all(node.kind != "constant" for node in picture.nodes)
            assert sum(node.cut for node in picture.nodes) == 0
    assert counts["module"] <= counts["tensor"] <= counts.get("scalar", counts["tensor"])


def test_moons_by_modules() -> None:
    picture = modules_of(script("moons"))
    assert blocks_of(picture) == [
        ("function", "objective", 1, False),
        ("repeat", "", 6, False),
        ("model", "mlp", 1, False),
    ]
    assert shown(picture, "mlp") == ["layer1", "layer2", "layer3"]
    assert picture.blocks[3].text.startswith("mlp(2, [16, 16, 1]")
    assert [node.name for node in picture.nodes if node.kind == "leaf"] == ["labels", "X"]
    assert inputs_of(picture, "layer1") == ["X"]
    assert shown(picture) == ["labels", "constant", "*", "constant", "-", "X"]  # what is handed to `objective`
    assert picture.nodes[picture.root].name == "loss"


def test_the_other_scripts_by_modules() -> None:
    lecture = modules_of(script("lecture"))
    assert shown(lecture) == ["xs", "[:, 0]", "ys", "-", "**2", "sum"]
    assert shown(lecture, "mlp") == ["layer1", "layer2", "layer3"]
    xor = modules_of(script("xor"))
    assert inputs_of(xor, "predict") == ["[i]", "W1", "b1", "w2", "b2"] and len(xor.blocks) == 1
    iris = modules_of(script("iris"))
    assert [node.op for node in iris.nodes if node.kind == "module"] == ["hidden", "out", "cross_entropy"]
    assert node_called(iris, "cross_entropy").line is not None
    compat = modules_of(script("compat"))
    assert len(compat.blocks) == 1 and Counter(node.kind for node in compat.nodes)["operation"] == 25


def test_layers_that_are_alike_are_one() -> None:
    picture = modules_of("m = mlp(3, [4, 4, 4, 4, 1])\ny = m([1.0, 2.0, 3.0])\nbackward(y.sum())")
    assert shown(picture, "mlp") == ["layer1", "layer2 … layer4 ×3", "layer5"]
    assert node_called(picture, "layer2 … layer4 ×3").name == "layer4"


def test_closures_with_parameters_are_boxes_that_hold_them() -> None:
    picture = modules_of(
        "layer(n) = { param W = eye(n)\n x -> tanh(x @ W) }\na = layer(3)\nb = layer(3)\n"
        "param x = [1.0, 2.0, 3.0]\ny = b(a(x))\nbackward(y.sum())"
    )
    assert shown(picture) == ["x", "a", "b", "sum"] and inputs_of(picture, "a") == ["x"]


def test_what_the_program_hands_to_a_call_is_drawn_outside_of_it() -> None:
    program = "scale = 3.0\nf(x) = { half = 0.5\n x * half * scale }\ng(x) = f(x) + 1\nx = 2.0\ny = g(x)\nbackward(y)"
    picture = modules_of(program)
    assert shown(picture) == ["x", "scale"] and inputs_of(picture, "f") == ["x", "scale"]
    operations = picture_of(root_of(program))
    check(operations)
    assert shown(operations) == ["x", "scale"] and shown(operations, "f") == ["half", "*", "*"]


def test_the_calls_of_all_levels_are_the_same() -> None:
    program = "f(x) = x * x\ng(x) = f(x) + f(x + 1)\nx = 2.0\ny = g(x)\nbackward(y)"
    by_operations = picture_of(root_of(program), View("tensor"))
    assert [block.name for block in by_operations.blocks] == ["", "g", "f", "f"]
    assert [block.name for block in picture_of(root_of(program), View("scalar")).blocks] == ["", "g", "f", "f"]
    assert [node.op for node in modules_of(program).nodes if node.op] == ["f", "+", "f", "+"]
    assert [block.line for block in by_operations.blocks] == [None, 4, 2, 2]


def test_a_tensor_is_opened_in_the_call_that_made_it() -> None:
    picture = picture_of(root_of("f(x) = x * x\nx = [1.0, 2.0]\ny = f(x).sum()\nbackward(y)"), View("scalar"))
    check(picture)
    assert shown(picture, "f") == ["*", "*"] and shown(picture) == ["x[0]", "x[1]", "+"]


def test_without_calls_there_is_one_block() -> None:
    with running("", lambda text: None):
        session = Session()
        session.run(Source("f(x) = x * x\na = 2.0\nb = f(a)"), lambda warning: None, keep_graph=True)
        root = root_named(session, None)
    assert root is not None
    for detail in DETAILS:
        picture = picture_of(root, View(detail))
        check(picture, root)
        assert len(picture.blocks) == 1 and len(picture.nodes) == 2


def test_a_leaf_alone() -> None:
    for program in ("x = 2.0\nbackward(x)", "param w = [1.0, 2.0]\ny = w\nbackward(w.sum())"):
        root = root_of(program)
        for detail in DETAILS:
            check(picture_of(root, View(detail)), root)
    assert [node.name for node in picture_of(root_of("x = 2.0\nbackward(x)"), View("module")).nodes] == ["x"]


# ── repetitions ──────────────────────────────────────────────────────────────


def test_runs() -> None:
    assert list(runs([1, 2, 1, 2, 1, 2, 3])) == [(0, 2, 3)]
    assert list(runs([1, 1, 1, 1])) == [(0, 1, 4)]
    assert list(runs([1, 2, 3])) == list(runs([])) == []
    assert list(runs([5, 1, 1, 6, 6, 5])) == [(1, 1, 2), (3, 1, 2)]


LOOPS = {
    "for": "x = 1.0\nfor i in range(7) { x = sin(x) * 2 }\nbackward(x)",
    "while": "x = 1.0\ni = 0\nwhile i < 7 { x = sin(x) * 2\n i += 1 }\nbackward(x)",
    "function": "f(x, n) = { for i in range(n) { x = sin(x) * 2 }\n x }\nx = 1.0\ny = f(x, 7)\nbackward(y)",
}


@pytest.mark.parametrize("program", LOOPS.values(), ids=LOOPS)
def test_a_loop_is_drawn_once(program: str) -> None:
    picture = picture_of(root_of(program), View("module"))
    check(picture)
    if "f(" not in program:
        assert blocks_of(picture) == [("repeat", "", 7, True)]
        assert [node.op for node in picture.nodes] == ["", "sin", "", "*"]
        assert [node.block for node in picture.nodes] == [0, 1, 1, 1]  # what it begins with stands before it
        assert picture.nodes[1].inputs == (0,)
    else:
        assert [node.op for node in picture.nodes] == ["", "f"]


def test_passes_that_do_not_go_on_from_each_other() -> None:
    picture = modules_of("param w = 2.0\nloss = sum([(w * i - 1)**2 for i in range(4)])\nbackward(loss)")
    assert blocks_of(picture) == [("repeat", "", 4, False)]
    assert [node.op for node in picture.nodes if node.block] == ["", "*", "", "-", "**2"]
    assert [node.name for node in picture.nodes if not node.block and not node.op] == ["w"]
    assert inputs_of(picture, "stack") == ["**2"]


def test_loops_in_loops() -> None:
    picture = modules_of(
        "param w = 1.0\nt = 0.0\nfor i in range(3) { for j in range(4) { t = t + w * 2 }\n t = tanh(t) }\nbackward(t)"
    )
    assert blocks_of(picture) == [("repeat", "", 3, True), ("repeat", "", 4, True)]
    assert picture.blocks[2].parent == 1 and node_called(picture, "tanh").block == 1
    assert inputs_of(picture, "+") == ["t", "*"] and picture.nodes[0].block == 0


def test_a_repeated_call_alone_is_one_node() -> None:
    picture = modules_of("f(x) = sin(x) * 2\nx = 1.0\nfor i in range(9) { x = f(x) }\nbackward(x)")
    assert shown(picture) == ["x", "f ×9"] and len(picture.blocks) == 1
    mapped = modules_of("param w = 2.0\nys = map(x -> x * w, [1.0, 2.0, 3.0])\nbackward(sum(ys))")
    assert shown(mapped) == ["w", "function ×3", "stack", "sum"]


def test_passes_that_differ_are_told_apart() -> None:
    picture = modules_of(
        "x = 1.0\nfor i in range(6) { if i < 3 { x = sin(x) * 2 } else { x = cos(x) + 1 } }\nbackward(x)"
    )
    assert [(block.times, block.chain) for block in picture.blocks[1:]] == [(3, True), (3, True)]
    assert inputs_of(picture, "cos") == ["*"]


def test_numbers_that_each_pass_has_for_itself() -> None:
    picture = modules_of("x = 1.0\nfor i in range(5) { bias = 0.25\n x = x * 2 + bias }\nbackward(x)")
    assert {node.name: node.block for node in picture.nodes if node.kind == "leaf"} == {"x": 0, "bias": 1}


def test_a_chain_shows_what_it_begins_with_and_no_other_input_of_its_first_pass() -> None:
    picture = modules_of(
        "param w = 2.0\nl = 0.5\nfor x, y in batches(randn(40, 2), randn(40), 4) {\n"
        "  l = l + (x.sum() * w - y.sum())**2\n}\nbackward(l)"
    )
    assert [(block.times, block.chain) for block in picture.blocks[1:]] == [(10, True)]
    leaves = {node.name: node.block for node in picture.nodes if node.kind in ("leaf", "parameter")}
    assert leaves == {"x": 1, "w": 0, "y": 1, "l": 0}


@pytest.mark.parametrize("count", [3, 10, 300])
def test_items_belong_to_the_pass_that_takes_them(count: int) -> None:
    """Also where loops look at them ahead."""
    picture = modules_of(
        "param W = eye(3)\ncell(h, x) = tanh(h @ W + x)\nh = zeros(3)\n"
        f"xs = randn({count}, 3)\nfor x in xs {{ h = cell(h, x) }}\nbackward(h.sum())"
    )
    assert [(block.times, block.chain) for block in picture.blocks[1:]] == [(count, True)]
    assert inputs_of(picture, "cell") == ["h", f"[{count - 1}]", "W"]


def test_recursion_is_nested() -> None:
    picture = modules_of("f(n, x) = if n == 0 { x } else { sin(f(n - 1, x * 2)) }\nx = 2.0\ny = f(4, x)\nbackward(y)")
    assert [(block.name, block.parent) for block in picture.blocks[1:]] == [("f", 0), ("f", 1), ("f", 2)]
    assert node_called(picture, "f").block == 3


def test_of_deep_recursion_the_outer_calls_are_shown() -> None:
    picture = modules_of("f(n, x) = if n == 0 { x } else { sin(f(n - 1, x * 2)) }\nx = 2.0\ny = f(50, x)\nbackward(y)")
    assert [block.parent for block in picture.blocks] == [0, *range(7)]
    assert node_called(picture, "f").block == 7


def test_the_same_call_at_two_places_is_two() -> None:
    picture = modules_of("f(x) = sin(x) * 2\nx = 1.0\ny = f(f(x))\nbackward(y)")
    assert shown(picture) == ["x", "f", "f"]


# ── too much ─────────────────────────────────────────────────────────────────


def counted(count: int) -> str:
    return f"x = 1.0\nfor i in range({count}) {{ x = sin(x) }}\nbackward(x)"


def test_up_to_1500_nodes_every_operation_is_drawn() -> None:
    whole = picture_of(root_of(counted(1499)))
    assert (whole.detail, len(whole.nodes), whole.remark, whole.is_spared) == ("tensor", 1500, "", False)
    coarse = picture_of(root_of(counted(1500)))
    assert (coarse.detail, len(coarse.nodes), coarse.is_spared) == ("module", 2, True)
    assert coarse.remark == "the graph has 1,501 nodes, too many to be read: drawn by modules, with 2"
    asked = picture_of(root_of(counted(1500)), View("tensor"))
    assert (asked.detail, len(asked.nodes), asked.remark) == ("tensor", 1501, "")
    part = picture_of(root_of(counted(1500)), View(depth=3))
    assert (part.detail, len(part.nodes)) == ("tensor", 4)


def test_more_than_20000_nodes_are_never_drawn() -> None:
    picture = picture_of(root_of(counted(20_001)), View("tensor"))
    assert (picture.detail, picture.is_spared) == ("module", False) and "drawn by modules" in picture.remark
    opened = picture_of(root_of("x = zeros(200, 200)\ny = (x * x).sum()\nbackward(y)"), View("scalar"))
    assert opened.detail == "tensor" and "number by number the picture would have more than 20,000" in opened.remark


def test_a_hundred_thousand_nodes() -> None:
    loop = "f(x) = { y = sin(x)\n y * 0.5 }\nx = 1.0\nfor i in range(25000) { x = f(x) + 1 }\nbackward(x)"
    picture = picture_of(root_of(loop))
    check(picture)
    assert "the graph has 125,001 nodes" in picture.remark and len(picture.nodes) == 4
    assert blocks_of(picture) == [("repeat", "", 25_000, True)]


def test_a_hundred_thousand_nodes_without_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no run is like another, runs of operations are boxes."""
    rng = random.Random(4)
    x = leaf(1.0, True)
    for _ in range(100_000):
        x = rng.choice([recorded.sin, recorded.cos, recorded.tanh])(x)
    picture = picture_of(x)
    check(picture)
    assert 50 < len(picture.nodes) <= 100


def test_calls_ten_thousand_deep() -> None:
    program = "f(n, x) = if n == 0 { x } else { sin(f(n - 1, x * 1.1)) }\nx = 2.0\ny = f(9000, x)\nbackward(y)"
    picture = picture_of(root_of(program))
    check(picture)
    assert len(picture.nodes) <= pictures.READABLE


# ── parts ────────────────────────────────────────────────────────────────────

PARTS = """
a = 2.0
b = a * 3
c = b + a
d = c * b
e = exp(d) + b
backward(e)
"""


def part(**view: object) -> list[str]:
    picture = picture_of(root_of(PARTS), View("tensor", **view))  # type: ignore[arg-type]
    check(picture)
    return [node.name or node.op or str(node.data) for node in picture.nodes]


def test_depth_counts_from_the_root() -> None:
    assert part() == ["a", "3.0", "b", "c", "d", "exp", "e"]
    assert part(depth=0) == ["e"]
    assert part(depth=1) == ["b", "exp", "e"]
    assert part(depth=2) == ["a", "3.0", "b", "d", "exp", "e"]
    assert part(depth=9) == part()


def test_focus_is_what_leads_there_and_what_follows() -> None:
    assert part(focus="d") == ["a", "3.0", "b", "c", "d", "exp", "e"]
    assert part(focus="c", depth=1) == ["a", "b", "c", "d"]
    assert part(focus="a", depth=1) == ["a", "b", "c"]
    assert part(focus="a", depth=1, hide_constants=True) == ["a", "b", "c"]
    with pytest.raises(Fault, match="the picture has no `aa` in it") as failure:
        part(focus="aa")
    assert failure.value.code == "E0201" and failure.value.help == ("did you mean `a`?",)


def test_what_is_left_out_is_counted() -> None:
    picture = picture_of(root_of(PARTS), View("tensor", depth=1))
    assert [(node.name or node.op, node.cut) for node in picture.nodes] == [("b", 2), ("exp", 1), ("e", 0)]
    hidden = picture_of(root_of(PARTS), View("tensor", hide_constants=True, depth=1))
    assert [(node.name or node.op, node.cut) for node in hidden.nodes] == [("b", 1), ("exp", 1), ("e", 0)]


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("f(x) = x * 2\na = 1.0\nb = f(a)", "it has `f`, `a`, `b`"),
        ("a = 1.0\nb = a + 1\nc = b + a\nd = c + b\ne = d + c\nf = e + d\ng = f + e",
         "it has, among others, `a`, `b`, `c`, `d`, `e`, `f`"),
    ],
)  # fmt: skip
def test_who_asks_for_a_name_like_no_other_is_told_some(program: str, told: str) -> None:
    with pytest.raises(Fault) as failure:
        picture_of(root_of(program), View(focus="zzzzz"))
    assert failure.value.help == (told,)


def test_focus_on_an_element_or_a_whole_tensor() -> None:
    root = root_of("w = [1.0, 2.0]\ny = (w * w).sum()\nbackward(y)")
    assert len(picture_of(root, View("scalar", focus="w")).nodes) == 5
    assert [n.name for n in picture_of(root, View("scalar", focus="w[0]", depth=1)).nodes] == ["w[0]", ""]


def test_focus_on_a_call() -> None:
    root = root_of("f(x) = sin(x) * 2\ng(x) = cos(f(x))\nx = 1.0\ny = exp(g(x)) + 1\nbackward(y)")

    def seen(detail: Detail, focus: str, depth: int) -> list[str]:
        return [
            node.op or node.name or "constant" for node in picture_of(root, View(detail, False, focus, depth)).nodes
        ]

    assert seen("tensor", "f", 0) == ["sin", "constant", "*"]
    assert seen("tensor", "g", 0) == ["sin", "constant", "*", "cos"]
    assert seen("tensor", "g", 1) == ["x", "sin", "constant", "*", "cos", "exp"]
    assert seen("module", "f", 1) == ["x", "f", "cos"] and seen("module", "g", 0) == ["f", "cos"]
    with pytest.raises(Fault) as failure:
        seen("module", "ff", 1)
    assert failure.value.help == ("did you mean `f`?",)


def test_a_root_that_is_a_constant_stays() -> None:
    picture = picture_of(leaf(2.0), View("tensor", hide_constants=True))
    check(picture)
    assert [node.data for node in picture.nodes] == [2.0]


def test_blocks_of_which_nothing_is_left_go() -> None:
    program = "f(x) = x * x\ng(x) = f(x) + 1\nx = 2.0\ny = g(x) * 3\nz = sin(y)\nbackward(z)"
    picture = picture_of(root_of(program), View("tensor", depth=1))
    check(picture)
    assert len(picture.blocks) == 1
    deeper = picture_of(root_of(program), View("tensor", depth=3))
    check(deeper)
    assert [block.name for block in deeper.blocks] == ["", "g", "f"]


# ── any program ──────────────────────────────────────────────────────────────


class Programs:
    """Random programs of functions, loops, comprehensions, recursion and models, in which every call is possible."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.lines = ["param w = 0.5", "param v = -0.25", "t = 1.5", "m = mlp(1, [2, 2, 1])"]
        self.functions: list[str] = []

    def text(self) -> str:
        for _ in range(self.rng.randint(0, 4)):
            self.function()
        self.lines.append("x = 0.75")
        for _ in range(self.rng.randint(1, 5)):
            self.lines.append(self.statement(2))
        return "\n".join([*self.lines, "backward(x)"])

    def function(self) -> None:
        name = f"f{len(self.functions)}"
        bodies = [
            "{expr}",
            "{{ y = {expr}\n  half = 0.5\n  y * half }}",
            "{{ for i in range({n}) {{ x = {expr} }}\n  x }}",
            "sum([{expr} * i for i in range({n})])",
            "if x > 0 {{ {expr} }} else {{ {expr2} }}",
        ]
        body = self.rng.choice(bodies).format(
            expr=self.expression(2), expr2=self.expression(1), n=self.rng.randint(1, 4)
        )
        if self.rng.random() < 0.2:
            self.lines.append(f"r{name}(n, x) = if n < 1 {{ x }} else {{ tanh(r{name}(n - 1, {self.expression(1)})) }}")
            body = f"r{name}({self.rng.randint(0, 5)}, {body})" if "{" not in body else body
        self.lines.append(f"{name}(x) = {body}")
        self.functions.append(name)

    def expression(self, depth: int) -> str:
        leaves = ["x", "x", "w", "v", "t", "0.5", "2"]
        if not depth or self.rng.random() < 0.15:
            return self.rng.choice(leaves)
        inner = [self.expression(depth - 1) for _ in range(2)]
        forms = ["({} + {})", "({} * {})", "sin({})", "tanh({})", "({} - {})", "m([{}])[0]", "maximum({}, {})"]
        forms += [f"{name}({{}})" for name in self.functions] * 2
        return self.rng.choice(forms).format(*inner)

    def statement(self, depth: int) -> str:
        choice = self.rng.random()
        if choice < 0.5 or not depth:
            return f"x = tanh({self.expression(3)} + x)"
        inner = "\n".join([self.statement(depth - 1) for _ in range(self.rng.randint(1, 2))])
        count = self.rng.randint(1, 6)
        if choice < 0.75:
            return f"for i in range({count}) {{\n{inner}\n}}"
        if choice < 0.85:
            return f"for i in range({count}) {{\nif i % 2 == 0 {{\n{inner}\n}} else {{ x = cos(x) }}\n}}"
        return f"x = x + sum([{self.expression(2)} for k in range({count})])"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_pictures_of_any_program(seed: int) -> None:
    program = Programs(random.Random(seed)).text()
    root = root_of(program)
    nothing_is_lost(root)
    for detail in DETAILS:
        picture = picture_of(root, View(detail))
        check(picture, root)
        for view in (View(detail, hide_constants=True), View(detail, depth=2), View(detail, focus="x", depth=1)):
            if view.focus is None or any(node.name == "x" for node in picture.nodes):
                check(picture_of(root, view))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 30))
def test_pictures_with_few_boxes(seed: int, most: int) -> None:
    root = root_of(Programs(random.Random(seed)).text())
    nodes, blocks = module_nodes(nodes_of([root]), most)
    check(Picture(nodes, blocks, "module", len(nodes) - 1))
