"""The picture as SVG: valid XML whatever the texts are, everything said, every text in its box."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradlang.draw.forms.cards import CELL, TEXT, TITLE, Card, card, cells
from gradlang.draw.forms.svg import COLORS, header_size, svg_text
from gradlang.draw.pictures.blocks import Block
from gradlang.draw.pictures.nodes import Kind, Node
from gradlang.draw.pictures.picture import Picture, View, picture_of
from gradlang.engine.origins import calls_kept
from gradlang.language.runtime import running
from gradlang.session import Session, root_named
from gradlang.source import Source

SCRIPTS = Path(__file__).parent.parent / "scripts"
SVG = "{http://www.w3.org/2000/svg}"
WHOLE = Block(0, "picture", "", "", 0, None)
NEURON = "x1 = 2.0\nparam w1 = -3.0\nb = 6.88\no = tanh(x1 * w1 + b + 2)\n"


def pictured(program: str, view: View | None = None, folder: str = "") -> Picture:
    with running(folder, lambda text: None), calls_kept():
        session = Session()
        session.run(Source(program), lambda warning: None, keep_graph=True)
        root = root_named(session, None)
    assert root is not None
    return picture_of(root, view)


def node(id: int = 0, kind: Kind = "leaf", **more: object) -> Node:
    fields: dict[str, object] = {"op": "", "name": "", "data": 1.0, "grad": None, "inputs": (), "line": None}
    return Node(id, kind, **{**fields, **more})  # type: ignore[arg-type]


def tree(picture: Picture) -> ET.Element:
    return ET.fromstring(svg_text(picture))


def groups(root: ET.Element, word: str) -> list[ET.Element]:
    return [g for g in root.iter(f"{SVG}g") if word in g.get("class", "").split()]


def texts(group: ET.Element) -> list[str]:
    return [t.text or "" for t in group.iter(f"{SVG}text")]


def title(group: ET.Element) -> str:
    found = group.find(f"{SVG}title")
    assert found is not None
    return found.text or ""


# ── what is said ─────────────────────────────────────────────────────────────


def test_every_value_is_there_with_its_numbers() -> None:
    root = tree(pictured(NEURON + "backward(o)"))
    nodes = groups(root, "node")
    assert [texts(n) for n in groups(root, "parameter")] == [["param", "w1", "data", "-3", "grad", "0.0251"]]
    last = next(n for n in nodes if "root" in n.get("class", "").split())
    assert texts(last)[:2] == ["tanh", "o"] and texts(last)[-1] == "1"
    assert "line 4" in title(last)
    assert texts(groups(root, "constant")[0]) == ["2"]
    assert {c for n in nodes for c in n.get("class", "").split()} >= {"operators", "elementwise"}


def test_no_gradient_before_backward() -> None:
    for n in groups(tree(pictured(NEURON)), "node"):
        said = texts(n)
        if "constant" in n.get("class", ""):
            assert "grad" not in said
        else:
            assert said[said.index("grad") + 1] == "—" and "no gradient yet" in title(n)


def test_named_constants_have_no_gradient() -> None:
    said = [line.text for line in card(node(kind="constant", name="c", data=2.0)).lines]
    assert said == ["const", "c", "data", "2"]


def test_tensors_have_a_shape_and_a_summary() -> None:
    data = np.arange(12.0).reshape(3, 4)
    picture = Picture([node(kind="parameter", name="W", data=data, grad=data * 0)], [WHOLE], "tensor", 0)
    only = groups(tree(picture), "node")[0]
    assert texts(only) == ["param", "W", "[3, 4]", "data", "mean 5.5000", "0 … 11", "grad", "mean 0", "0 … 0"]
    assert "[ 8,  9, 10, 11]" in title(only)


def test_a_module_named_like_its_result_says_so_once() -> None:
    assert [line.text for line in card(node(kind="module", op="layer1", name="layer1")).lines][:2] == ["layer1", "data"]


def test_what_is_left_out_is_said() -> None:
    assert card(node(kind="operation", op="+", cut=2)).lines[-1].text == "2 inputs not shown"


def test_kinds_differ_in_more_than_colour() -> None:
    """Each kind has a mark, and a shape of its own: round ends, a bar, a dashed line, a second line."""
    kinds: list[Kind] = ["parameter", "leaf", "constant", "operation", "module"]
    ops = {"operation": "+", "module": "layer1"}
    nodes = [node(i, kind, op=ops.get(kind, ""), name=f"v{i}") for i, kind in enumerate(kinds)]
    root = tree(Picture(nodes, [WHOLE], "tensor", 4))
    marks, shapes = [], []
    for kind in kinds:
        group = groups(root, kind)[0]
        marks.append(texts(group)[0])
        rects = list(group.iter(f"{SVG}rect"))
        shapes.append((rects[0].get("rx"), [r.get("class") for r in rects]))
    assert marks == ["param", "leaf", "const", "+", "layer1"]
    dashed = re.search(r"\.constant \.card\{[^}]*stroke-dasharray", svg_text(Picture(nodes, [WHOLE], "tensor", 4)))
    assert dashed and len({str(s) for s in shapes}) == 4 and shapes[2] == shapes[3]


def test_blocks_are_frames_with_a_header() -> None:
    blocks = [
        WHOLE,
        Block(1, "model", "mlp", "mlp(2, [16, 1])", 0, 3),
        Block(2, "layer", "layer1", "layer1", 1, 3, times=3, chain=True),
    ]
    nodes = [node(0, name="x"), node(1, "operation", op="+", inputs=(0, 0), block=2)]
    root = tree(Picture(nodes, blocks, "tensor", 1))
    found = groups(root, "block")
    assert [texts(b) for b in found] == [["mlp"], ["layer1", "×3"]]
    assert title(found[0]) == "mlp(2, [16, 1])\nline 3"
    assert "3 times, each with the result of the one before" in title(found[1])
    assert found[1].get("class") == "block layer" and found[1].get("id") == "b2"


def test_a_wire_for_every_value_that_is_used() -> None:
    picture = pictured((SCRIPTS / "compat.grad").read_text())
    root = tree(picture)
    used = {f"w{i}" for n in picture.nodes for i in n.inputs}
    wires = {g.get("id"): g for g in root.iter(f"{SVG}g") if g.get("id", "").startswith("w")}
    assert set(wires) == used
    heads = sum([len(re.findall("l-6-3v6z", p.get("d", ""))) for g in wires.values() for p in g])
    assert heads == sum([len(n.inputs) for n in picture.nodes])


# ── the document ─────────────────────────────────────────────────────────────


def test_a_document_of_its_own() -> None:
    picture = pictured(NEURON)
    text = svg_text(picture)
    assert text == svg_text(picture)
    root = ET.fromstring(text)
    assert root.get("role") == "img"
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    labels = (root.get("aria-labelledby") or "").split()
    assert [root.find(f"*[@id='{label}']") is not None for label in labels] == [True, True]
    assert "prefers-color-scheme:dark" in text
    assert "<script" not in text and "url(" not in text and "@import" not in text and "href" not in text
    assert set(re.findall(r"https?://[^\"]*", text)) == {"http://www.w3.org/2000/svg"}


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text(), st.text())
def test_any_text_is_valid(name: str, op: str, block: str) -> None:
    blocks = [WHOLE, Block(1, "function", block, block, 0, 1)]
    nodes = [node(0, name=name, block=1), node(1, "operation", op=op, inputs=(0,), name=name, block=1)]
    root = tree(Picture(nodes, blocks, "tensor", 1))
    if name.isprintable() and 0 < len(name) <= 26:
        assert name in texts(groups(root, "leaf")[0])


@pytest.mark.parametrize("text", ["\x00\x1b[31m", "a]]>b", "<b>&\"'", "\ud800", "\ufffe\uffff", "‮abc", "\r\n\t"])
def test_nasty_texts(text: str) -> None:
    blocks = [WHOLE, Block(1, "function", text, text, 0, 1)]
    root = tree(Picture([node(name=text, op=text, block=1)], blocks, "tensor", 0))
    if not text.isprintable():
        assert "\\u{" in texts(groups(root, "leaf")[0])[1]


@pytest.mark.parametrize("data", [math.nan, math.inf, -math.inf, True, -1.2345e-30, 1e300, np.zeros((0, 3))])
def test_any_number_is_shown(data: object) -> None:
    tree(Picture([node(data=data, grad=data)], [WHOLE], "tensor", 0))


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio"""
    lights = []
    for color in (one, other):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(lights) / min(lights)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_colours_can_be_read(mode: int) -> None:
    for below in ("paper", "card", "parameter", "leaf", "constant", "module"):
        for text in ("ink", "faint", "gradient"):
            assert contrast(COLORS[text][mode], COLORS[below][mode]) >= 4.5, (text, below)
    for chip in ("operators", "elementwise", "reductions", "shape", "other"):
        assert contrast(COLORS["ink"][mode], COLORS[chip][mode]) >= 4.5, chip
    assert contrast(COLORS["wire"][mode], COLORS["paper"][mode]) >= 3


# ── every text fits ──────────────────────────────────────────────────────────


def fits(its: Card) -> None:
    for line in its.lines:
        width = cells(line.text) * CELL * (TITLE if line.role == "name" else TEXT)
        left = line.x - width if line.is_right else line.x
        assert left > 2 and left + width < its.width - 2, line
        assert TEXT < line.y < its.height - 3
    for row in {line.y for line in its.lines}:
        ends = sorted(
            (line.x - w, line.x) if line.is_right else (line.x, line.x + w)
            for line in its.lines
            if line.y == row
            for w in [cells(line.text) * CELL * (TITLE if line.role == "name" else TEXT)]
        )
        assert all(b[0] > a[1] for a, b in zip(ends, ends[1:], strict=False))


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.grad")), ids=lambda p: str(p.stem))
def test_texts_fit_in_all_scripts(script: Path) -> None:
    picture = pictured(script.read_text().replace("range(100)", "range(2)"), folder=str(SCRIPTS))
    assert picture.nodes
    for n in picture.nodes:
        fits(card(n))
    tree(picture)


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text(), st.floats(), st.integers(0, 3))
def test_texts_fit(name: str, op: str, data: float, cut: int) -> None:
    for kind in ("parameter", "leaf", "constant", "operation", "module"):
        fits(card(node(kind=kind, name=name, op=op, data=data, grad=data, cut=cut)))
    width, _ = header_size(Block(1, "function", name, name, 0, None, times=12))
    assert width > 0


def test_large_pictures_stay_small() -> None:
    """About six hundred characters a node, so a picture that can be read has less than a megabyte."""
    picture = pictured("model = mlp(3, [8, 8, 1])\ny = model([1.0, 2.0, 3.0])\nbackward(y)", View(detail="scalar"))
    assert len(picture.nodes) > 200
    assert len(svg_text(picture)) < 900 * len(picture.nodes)
