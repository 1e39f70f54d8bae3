"""The page of a graph, as far as it can be seen without a browser: its data, its steps, its JavaScript, its safety."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from table_cases import DIFFERENTIABLE, random_of

from gradlang.draw.forms.svg import header_size
from gradlang.draw.formulas.javascript import can_be_written, operations_text
from gradlang.draw.formulas.steps import backward_steps
from gradlang.draw.layout import Graph, order_data, ordered, placed
from gradlang.draw.page import HERE, MARK, SCRIPTS, asset, page_text, script_text
from gradlang.draw.page.choices import variants
from gradlang.draw.page.content import content_of
from gradlang.draw.page.packing import packed
from gradlang.draw.pictures.picture import Detail, Picture, View, picture_of
from gradlang.engine.ops import TABLE
from gradlang.engine.printing import show
from gradlang.engine.table import scalars
from gradlang.language.runtime import running
from gradlang.session import Session, root_named
from gradlang.source import Source

SCRIPTS_FOLDER = Path(__file__).parent.parent / "scripts"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript here, is not installed")
NASTY = "</script><script>alert(1)</script> <!-- ]]> & \" ' \u2028 ${x} \\u003c"


def picture(program: str, detail: Detail = "tensor", name: str | None = None, **view: Any) -> tuple[Picture, Source]:
    source = Source(program, "program.grad")
    with running(str(SCRIPTS_FOLDER), lambda text: None):
        session = Session(keeps_calls=True)
        session.run(source, lambda warning: None, keep_graph=True)
        root = root_named(session, name)
    assert root is not None
    return picture_of(root, View(detail=detail, **view)), source


def script(name: str) -> str:
    return (SCRIPTS_FOLDER / f"{name}.grad").read_text()


def content(program: str, detail: Detail = "tensor", **more: Any) -> dict[str, Any]:
    drawn, source = picture(program, detail, **more)
    return content_of(drawn, source, "title")


def in_node(code: str) -> Any:
    """What JavaScript gives for the expression that it ends with, as JSON."""
    assert NODE is not None
    return json.loads(subprocess.run([NODE, "-"], input=code, capture_output=True, text=True, check=True).stdout)


# ── the page ─────────────────────────────────────────────────────────────────


def test_the_page_needs_nothing_but_itself() -> None:
    drawn, source = picture(script("compat"))
    text = page_text(drawn, source, "compat")
    assert not re.search(r"""(src|href)\s*=|@import|url\(""", text.replace("frame.src =", ""))
    assert "default-src 'none'" in text
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}


def test_the_same_program_gives_the_same_page() -> None:
    pages = {page_text(*picture(script("lecture"), "tensor"), "title", live=True) for _ in range(2)}
    assert len(pages) == 1


def test_a_changed_program_has_another_stamp() -> None:
    stamps = []
    for program in ("x = 1.0\ny = x * 2\nbackward(y)", "x = 1.0\ny = x * 3\nbackward(y)"):
        found = re.search(r'gradlang-stamp" content="(\w+)"', page_text(*picture(program), "title", live=True))
        assert found is not None
        stamps.append(found[1])
    assert stamps[0] != stamps[1]


def test_no_text_is_read_as_html_or_script() -> None:
    program = f"# {NASTY}\nx = 1.0\ny = x * 2\nbackward(y)\n"
    text = page_text(*picture(program), NASTY)
    assert text.count("<script") == text.count("</script>") == 2
    assert "alert(1)</script>" not in text
    found = re.search(r'id="data">(.*?)</script>', text, re.S)
    assert found is not None and found[1].isascii()
    assert json.loads(found[1])["sources"][0]["text"] == program


def test_a_page_of_2000_nodes_is_small() -> None:
    program = "x = 0.5\ny = x\nfor i in range(660) { y = tanh(y * 1.5) + x }\nbackward(y)"
    drawn, source = picture(program)
    assert len(drawn.nodes) >= 2000
    assert len(page_text(drawn, source, "long")) < 500 * len(drawn.nodes)


@needs_node
@pytest.mark.parametrize(("name", "detail"), [("compat", "tensor"), ("lecture", "scalar"), ("moons", "module")])
def test_what_is_unpacked_is_what_was_packed(name: str, detail: Detail) -> None:
    data = content(script(name), detail)
    code = asset("numbers.js") + asset("unpack.js") + f"const data = {json.dumps(packed(data))};\n"
    found = in_node(code + "console.log(JSON.stringify(unpacked(data)));")
    assert found == json.loads(json.dumps(data))


def test_every_asset_is_in_the_package() -> None:
    names = {"page.html", "page.css", "guard.js", *[f"{part}.js" for part in SCRIPTS]}
    assert names == {file.name for file in HERE.iterdir() if file.suffix in (".html", ".css", ".js")}
    assert MARK not in script_text("{}")


@needs_node
def test_the_scripts_are_javascript(tmp_path: Path) -> None:
    assert NODE is not None
    (tmp_path / "page.js").write_text(script_text("{}"))
    subprocess.run([NODE, "--check", str(tmp_path / "page.js")], check=True)


# ── steps ────────────────────────────────────────────────────────────────────


def test_forward_steps_are_in_the_order_of_the_program() -> None:
    data = content(script("compat"))
    lines = [data["nodes"][id]["place"][1] for id in data["steps"]["forward"]]
    assert lines == sorted(lines) and lines[0] == 5 and lines[-1] == 14


@pytest.mark.parametrize(("name", "detail"), [("compat", "tensor"), ("lecture", "scalar"), ("xor", "scalar")])
def test_inputs_have_numbers_before_they_are_used(name: str, detail: Detail) -> None:
    data = content(script(name), detail)
    known = {id for id, node in enumerate(data["nodes"]) if node["kind"] != "operation"}
    for id in data["steps"]["forward"]:
        assert known.issuperset(data["nodes"][id]["inputs"])
        known.add(id)
    assert len(known) == len(data["nodes"])


def test_backward_steps_are_those_of_backward() -> None:
    drawn, source = picture(script("compat"))
    steps = content_of(drawn, source, "")["steps"]
    root = drawn.nodes[drawn.root].value
    assert root is not None
    ids = {node.value: node.id for node in drawn.nodes}
    assert steps["backward"] == [ids[step.value] for step in backward_steps(root)]
    assert steps["seed"] == 1.0 and not steps["why"] and not steps["remark"]


def test_without_backward_only_the_way_forward_is_told() -> None:
    steps = content("x = 1.0\ny = x * 2\n")["steps"]
    assert len(steps["forward"]) == 1 and steps["backward"] == []
    assert "has not called backward on y" in steps["why"]
    assert "Nothing with a gradient was computed" in content("x = 1.0\n", name="x")["steps"]["why"]


def test_steps_begin_with_the_gradient_that_the_run_left() -> None:
    program = "x = 3.0\ny = x * x\nz = y * 5\nbackward(z)\n"
    drawn, source = picture(program, name="y")
    steps = content_of(drawn, source, "")["steps"]
    assert steps["seed"] == 5.0 and not steps["remark"]


def test_what_else_flows_into_a_gradient_is_remarked() -> None:
    steps = content("x = 3.0\ny = x * x\nz = y * 5 + x\nbackward(z)\n", name="y")["steps"]
    assert "more than flows from here" in steps["remark"]


def test_tensors_are_told_as_the_terminal_tells_them() -> None:
    program = "param W = [[1.0, 2.0], [3.0, 4.0]]\nx = [1.0, -1.0]\nh = x @ W\nbackward((h**2).sum())"
    data = content(program)
    assert not data["recomputes"]
    at = [data["nodes"][id].get("name") for id in data["steps"]["backward"]].index("h")
    flow = next(f for f in data["steps"]["flows"][at] if f["input"] == "W")
    said = "".join(text for _, text in flow["contribution"])
    assert said.startswith("x * h.grad") or "@ h.grad" in said
    assert "".join(text for _, text in flow["total"]).startswith("mean grad 0")


def test_a_partial_gradient_stands_on_the_card_until_the_last_of_it_has_come() -> None:
    data = content("param W = [1.0, 2.0]\ny = (W * 3).sum() + (W * 4).sum()\nbackward(y)")
    (id,) = [i for i, node in enumerate(data["nodes"]) if node.get("name") == "W"]
    cards = [f.get("card") for flows in data["steps"]["flows"] for f in flows if f["to"] == id]
    assert sorted(cards, key=str) == [None, ["[3, 3]"]] or sorted(cards, key=str) == [None, ["[4, 4]"]]


def test_closed_modules_are_single_steps() -> None:
    data = content(script("lecture"), "module")
    modules = [id for id, node in enumerate(data["nodes"]) if node["kind"] == "module"]
    assert modules and set(modules) <= set(data["steps"]["forward"]) & set(data["steps"]["backward"])
    flows = dict(zip(data["steps"]["backward"], data["steps"]["flows"], strict=True))
    assert all(flow["contribution"] and flow["total"] for id in modules for flow in flows[id])


def said(pieces: Any) -> str:
    return "".join(text for _, text in pieces)


@pytest.mark.parametrize("name", ["lecture", "moons", "xor", "iris", "circles"])
def test_what_modules_add_comes_to_the_gradients_of_the_run(name: str) -> None:
    drawn, source = picture(script(name), "module")
    steps = content_of(drawn, source, "")["steps"]
    totals = {flow["to"]: flow for flows in steps["flows"] for flow in flows}
    told = [id for id, flow in totals.items() if "total" in flow]
    assert len(told) > len(totals) / 2
    for id in told:
        gradient = drawn.nodes[id].grad
        found = float(said(totals[id]["total"]).rpartition("= ")[2])
        assert found == pytest.approx(float(np.mean(gradient)), rel=1e-3, abs=1e-4)


def test_inputs_of_modules_are_called_by_what_is_drawn() -> None:
    program = "f(x) = {\n  s = x * x\n  s * x + s\n}\nx = 2.0\ny = f(x) + 1\nbackward(y)\n"
    data = content(program, "module")
    words = list(data["steps"]["words"].values())
    assert [its["text"] for its in words] == ["f(x)", "f + 1"]
    assert words[1]["inputs"] == [["f", data["steps"]["forward"][0], "12"]]


def test_stand_ins_are_no_names_of_the_program_and_lead_to_their_step() -> None:
    program = "x = 2.0\ny = x + x * 3 + x * x * x * x * x * x * x * x * x * x + x * 4\nbackward(y)\n"
    data = content(program)
    words = data["steps"]["words"]
    meanings = [meaning for id in data["steps"]["forward"] for meaning in words[id].get("meanings", [])]
    assert meanings and all(name != "x" and input in words for name, _, input in meanings)


def test_what_grad_computes_is_told_at_the_line_that_uses_it() -> None:
    data = content("x = 2.0\ny = x**3\ng = grad(y, x)\nh = grad(g, x)\nz = h * x\nbackward(z)\n")
    lines = [data["nodes"][id]["place"][1] for id in data["steps"]["forward"]]
    assert set(lines) == {4, 5} and lines == sorted(lines)


def test_numbers_between_inputs_keep_their_place() -> None:
    data = content("m = true\nx = 2.0\ny = where(m, 1, x) + clamp(x, 0, 3)\nbackward(y)\n")
    texts = [its["text"] for its in data["steps"]["words"].values()]
    assert "where(true, 1, x)" in texts and "clamp(x, min=0, max=3)" in texts


def test_formulas_are_there_for_each_way_a_rule_can_choose() -> None:
    drawn, _ = picture("x = 2.0\ny = relu(x)\nbackward(y)")
    y = drawn.nodes[drawn.root].value
    assert y is not None
    assert variants(y, 0) == {"y": ["1", ["x > 0"]], "n": ["0", ["x <= 0"]]}
    drawn, _ = picture("x = 2.0\nz = 1.0\ny = maximum(x, z)\nbackward(y)")
    y = drawn.nodes[drawn.root].value
    assert y is not None
    found = variants(y, 0)
    assert found["ny"][0] == "1" and found["nn"][0] == "0" and found["yn"][0] == "0.5"


def test_conditions_that_are_known_stay_known() -> None:
    drawn, _ = picture("x = 0.5\ny = clamp(x, 0, 1)\nbackward(y)")
    y = drawn.nodes[drawn.root].value
    assert y is not None
    assert {formula for formula, _ in variants(y, 0).values()} == {"1", "0"}


def test_tensors_are_gathered_only_in_large_pictures() -> None:
    small = content(script("xor"), "scalar")
    assert not [block for block in small["blocks"] if block["kind"] == "part"]
    large = content(script("lecture"), "scalar")
    parts = {block["text"]: i for i, block in enumerate(large["blocks"]) if block["kind"] == "part"}
    assert {"layer1.W [3, 4]", "layer2.W [4, 4]", "xs [4, 3]"} <= parts.keys()
    inside = [node["name"] for node in large["nodes"] if node["block"] == parts["layer2.W [4, 4]"]]
    assert len(inside) == 16 and all(name.startswith("layer2.W[") for name in inside)
    assert all(block["parent"] < i or not i for i, block in enumerate(large["blocks"]))


def test_a_graph_is_computed_anew_only_where_all_of_it_is_there() -> None:
    assert content(script("compat"))["recomputes"]
    assert content(script("xor"), "scalar")["recomputes"]
    assert not content(script("xor"))["recomputes"]
    assert not content(script("lecture"), "module")["recomputes"]
    assert not content(script("compat"), depth=3)["recomputes"]


def test_numbers_that_json_lacks_are_texts() -> None:
    data = content("x = 0.0\ny = 1 / x\nbackward(y)")
    assert [n["data"] for n in data["nodes"] if n.get("name") == "y"] == ["inf"]


def test_lines_of_other_files_are_not_those_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "lib.grad").write_text("\n\n\ndouble(x) = x * 2\n")
    source = Source("import lib\na = 1.0\ny = lib.double(a)\nbackward(y)\n", "main.grad")
    with running(str(tmp_path), lambda text: None):
        session = Session(keeps_calls=True)
        session.run(source, lambda warning: None, keep_graph=True)
        root = root_named(session, None)
    assert root is not None
    data = content_of(picture_of(root, View(detail="tensor")), source, "")
    places = {n["op"]: n["place"] for n in data["nodes"] if "op" in n}
    assert places["*"] == [1, 4] and data["sources"][1]["text"].startswith("\n\n\ndouble")


# ── JavaScript ───────────────────────────────────────────────────────────────

WRITTEN = [row for row in TABLE.values() if can_be_written(row)]
CHOSEN = [-1e3, -2.5, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0, 40.0, 1e3, math.inf, -math.inf, math.nan]


def test_every_elementwise_row_with_a_gradient_is_written() -> None:
    assert {name for name in DIFFERENTIABLE if TABLE[name].elementwise} <= {row.name for row in WRITTEN}


def samples(row: Any) -> list[list[Any]]:
    """Numbers of the row's domain, and some that are hard."""
    random = random_of(row.name)
    inputs = [[float(random.uniform(low, high)) for low, high in row.domain] for _ in range(40)]
    inputs += [[float(x) for x in random.choice(CHOSEN, row.inputs)] for _ in range(150)]
    if not row.numeric:
        inputs = [[x[0] > 0, *x[1:]] for x in inputs]
    return inputs


def plain(x: Any) -> Any:
    return [plain(y) for y in x] if isinstance(x, list) else x if isinstance(x, bool) or x - x == 0 else str(x)


def agree(x: float, y: float) -> bool:
    if x != x or y != y:
        return x != x and y != y
    return x == y or abs(x - y) <= 1e-12 * max(abs(x), abs(y))


def worked_out(names: dict[str, list[list[Any]]]) -> dict[str, list[list[float]]]:
    """By row, for each sample: its value, and what comes to each input for a gradient of 1.5."""
    code = asset("numbers.js") + f"const OPERATIONS = {operations_text(TABLE[name] for name in names)};\n"
    code += f"const samples = {json.dumps({name: plain(inputs) for name, inputs in names.items()})};\n"
    code += """
    const written = (x) => (Number.isFinite(x) ? x : show(x));
    const done = {};
    for (const name in samples) {
      done[name] = samples[name].map((inputs) => {
        const given = inputs.map(parsed);
        const { value, slopes } = OPERATIONS[name];
        const out = value(...given);
        return [out, ...slopes.map((rule) => (rule ? rule(1.5, out, ...given) : 0))].map(written);
      });
    }
    console.log(JSON.stringify(done));
    """
    found = in_node(code)
    return {name: [[float(x) for x in row] for row in rows] for name, rows in found.items()}


@needs_node
def test_javascript_computes_what_the_rules_compute() -> None:
    names = {row.name: samples(row) for row in WRITTEN}
    with np.errstate(all="ignore"):
        for name, results in worked_out(names).items():
            row: Any = TABLE[name]
            for inputs, (value, *slopes) in zip(names[name], results, strict=True):
                out = row.evaluate(inputs, None)
                assert agree(float(out), value), (name, inputs, out, value)
                for rule, slope in zip(row.vjp, slopes, strict=False):
                    expected = 0.0 if rule is None else float(rule(scalars, 1.5, value, *inputs))
                    assert agree(expected, slope), (name, inputs, expected, slope)


@needs_node
def test_numbers_are_shown_as_the_language_shows_them() -> None:
    random = random_of("shown")
    numbers = [float(x) for x in random.normal(size=300) * 10.0 ** random.integers(-9, 18, 300)]
    numbers += [n / 32 for n in range(-70, 70)] + [0.03125, 1e15, 1e16, 1e6, 999999.99999, -0.0, 2.5e-5, 1e-4]
    code = asset("numbers.js") + f"console.log(JSON.stringify({json.dumps(numbers)}.map(show)));"
    assert in_node(code) == [show(x) for x in numbers]


PICTURES: list[tuple[str, Detail]] = [
    ("compat", "tensor"),
    ("lecture", "scalar"),
    ("moons", "tensor"),
    ("xor", "scalar"),
]


@needs_node
@pytest.mark.parametrize(("name", "detail"), PICTURES)
def test_the_page_places_everything_where_the_layout_does(name: str, detail: Detail) -> None:
    drawn, source = picture(script(name), detail)
    sizes = [node["size"] for node in content_of(drawn, source, "")["nodes"]]
    parents = [block.parent for block in drawn.blocks]
    orders = ordered(Graph([n.inputs for n in drawn.nodes], [n.block for n in drawn.nodes], parents))
    headers = [header_size(block) for block in drawn.blocks]
    for closed in ({}, {block.id: (150.0, 46.0) for block in drawn.blocks[1:] if block.id % 2}):
        expected = placed(orders, sizes, headers, closed)
        given = json.dumps([order_data(orders), sizes, headers, list(closed.items())])
        code = asset("heights.js") + asset("place.js") + f"const [orders, sizes, headers, closed] = {given};\n"
        code += "const p = placed(orders, sizes, headers, new Map(closed));\n"
        code += "console.log(JSON.stringify([[...p.nodes], [...p.blocks], p.routes, p.width, p.height]));"
        nodes, blocks, routes, width, height = in_node(code)
        assert (width, height) == pytest.approx((expected.width, expected.height))
        for found, boxes in ((nodes, expected.nodes), (blocks, expected.blocks)):
            assert {id for id, _ in found} == boxes.keys()
            for id, box in found:
                assert box == pytest.approx(list(boxes[id]))
        for some, others in zip(routes, expected.routes, strict=True):
            assert len(some) == len(others)
            for route, other in zip(some, others, strict=True):
                assert [route[key] for key in ("x0", "x1", "x2", "x3", "y0", "y1")] == pytest.approx(list(other[3:]))


def test_a_page_does_not_tell_where_its_program_lies(tmp_path: Path) -> None:
    pages = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        source = Source("a = 2.0\nb = a * a\nbackward(b)\n", str(tmp_path / folder / "train.grad"))
        with running(str(tmp_path), lambda text: None):
            session = Session(keeps_calls=True)
            session.run(source, lambda warning: None, keep_graph=True)
            root = root_named(session, None)
        assert root is not None
        pages.append(page_text(picture_of(root), source, "train.grad"))
    assert pages[0] == pages[1] and str(tmp_path) not in pages[0]
