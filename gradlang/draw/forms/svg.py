"""The picture as SVG, laid out here: nothing needs to be installed to make it or to look at it.

Owns the look of cards, blocks and wires in SVG. Knows nothing of how things are
laid out (`layout`) or of what stands on a card (`cards`).

Invariants: the text is valid XML whatever the program's texts are; the same
picture gives the same text; no script, no font and nothing else is fetched. What
kind of thing something is shows by more than its colour: parameters have a bar at
their left, leaves round ends, constants a dashed line, modules a double one.

Why classes and ids on everything (`node parameter`, `n3`, `b1`, `w3`): whoever
puts the picture into a page can style it and find its parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...engine.printing import show
from ...engine.value import Data, shape_text
from ..layout import Box, Graph, Placed, Route, ordered, placed
from ..markup import number, xml
from ..pictures.blocks import Block
from ..pictures.nodes import Node
from ..pictures.picture import Picture
from .cards import CELL, CHIP_HEIGHT, PAD, TEXT, TITLE, Card, Line, card, cells, shortened, visible

HEADER = 22.0  # height of a block's header
SEVERAL = {"leaf": "leaves"}
FULL = 600  # characters of data in a tip

# role: light, dark
COLORS = {
    "paper": ("#ffffff", "#16181d"), "ink": ("#1f2328", "#e6e8eb"), "faint": ("#565f69", "#a4adb7"),
    "card": ("#ffffff", "#22262e"), "line": ("#a9b1bb", "#59626d"), "wire": ("#8792a0", "#76808d"),
    "gradient": ("#a64d00", "#ffb070"), "frame": ("#5b7fa60f", "#9dc1ff0d"), "border": ("#b8c4d2", "#465261"),
    "parameter": ("#fff1d6", "#40331c"), "parameter-line": ("#d08700", "#d9a441"),
    "leaf": ("#e3effc", "#1d3149"), "leaf-line": ("#4a86c5", "#6ba4dd"),
    "constant": ("#f3f4f6", "#2a2e35"), "constant-line": ("#9aa3ad", "#7c8691"),
    "module": ("#f0eafb", "#2f2942"), "module-line": ("#8867c0", "#a98fdc"),
    "operators": ("#d9efe0", "#1f4a33"), "elementwise": ("#f3def2", "#512b50"),
    "reductions": ("#fbe3dd", "#57302a"), "shape": ("#e4e7eb", "#3a414b"), "other": ("#dcebef", "#21464f"),
}  # fmt: skip

STYLE = """
.gradlang{{{light}}}
@media (prefers-color-scheme:dark){{.gradlang{{{dark}}}}}
.gradlang text{{font:{text:g}px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:var(--ink)}}
.gradlang .r{{text-anchor:end}}
.gradlang .name{{font-size:{title:g}px;font-weight:600}}
.gradlang .label,.gradlang text.shape,.gradlang .more{{fill:var(--faint)}}
.gradlang .grad{{fill:var(--gradient)}}
.gradlang .paper{{fill:var(--paper)}}
.gradlang .card{{fill:var(--card);stroke:var(--line)}}
.gradlang .chip{{fill:var(--other)}}
.gradlang .operators .chip{{fill:var(--operators)}}
.gradlang .elementwise .chip{{fill:var(--elementwise)}}
.gradlang .reductions .chip{{fill:var(--reductions)}}
.gradlang .shape .chip{{fill:var(--shape)}}
.gradlang .parameter .card{{fill:var(--parameter);stroke:var(--parameter-line)}}
.gradlang .leaf .card{{fill:var(--leaf);stroke:var(--leaf-line)}}
.gradlang .constant .card{{fill:var(--constant);stroke:var(--constant-line);stroke-dasharray:3 2}}
.gradlang .module .card{{fill:var(--module);stroke:var(--module-line)}}
.gradlang .parameter .chip,.gradlang .leaf .chip,.gradlang .constant .chip,.gradlang .module .chip{{fill:none}}
.gradlang .parameter .op,.gradlang .leaf .op,.gradlang .constant .op{{fill:var(--faint)}}
.gradlang .module .op{{font-weight:600}}
.gradlang .bar{{fill:var(--parameter-line)}}
.gradlang .root .card{{stroke:var(--ink);stroke-width:2}}
.gradlang .frame{{fill:var(--frame);stroke:var(--border)}}
.gradlang .wire{{fill:none;stroke:var(--wire);stroke-width:1.2}}
.gradlang .head{{fill:var(--wire)}}
"""


def svg_text(picture: Picture) -> str:
    """The picture as an SVG document."""
    cards = [card(node) for node in picture.nodes]
    result = laid_out(picture, cards)
    width, height = number(result.width), number(result.height)
    title = f"The graph of {visible(picture.nodes[picture.root].name) or 'a value'}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gradlang" role="img" aria-labelledby="title desc" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f'<title id="title">{xml(title)}</title>',
        f'<desc id="desc">{xml(description(picture))}</desc>',
        f"<style>{style()}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
        *[block_group(block, result.blocks[block.id]) for block in picture.blocks if block.id in result.blocks],
        *wire_groups(result.routes),
    ]
    for node, its in zip(picture.nodes, cards, strict=True):
        parts.append(node_group(node, its, result.nodes[node.id], node.id == picture.root))
    return "\n".join([*parts, "</svg>\n"])


def laid_out(picture: Picture, cards: Sequence[Card]) -> Placed:
    """Where everything is."""
    order = ordered(graph_of(picture))
    return placed(order, [(c.width, c.height) for c in cards], [header_size(b) for b in picture.blocks])


def graph_of(picture: Picture) -> Graph:
    """What the layout must know of a picture."""
    nodes, blocks = picture.nodes, picture.blocks
    return Graph([n.inputs for n in nodes], [n.block for n in nodes], [b.parent for b in blocks])


def description(picture: Picture) -> str:
    counts: dict[str, int] = {}
    for node in picture.nodes:
        counts[node.kind] = counts.get(node.kind, 0) + 1
    said = [f"{count:,} {kind if count == 1 else SEVERAL.get(kind, f'{kind}s')}" for kind, count in counts.items()]
    return f"{', '.join(said)}; from what is given at the left to the result at the right, by {picture.detail}s"


def style() -> str:
    light, dark = (";".join([f"--{role}:{colors[i]}" for role, colors in COLORS.items()]) for i in (0, 1))
    return STYLE.format(light=light, dark=dark, text=TEXT, title=TITLE)


# ── blocks ───────────────────────────────────────────────────────────────────


def block_lines(block: Block) -> list[Line]:
    """The header of a block: what is called, and how often."""
    name = shortened(visible(block.name or block.text), 40)
    lines = [Line("name", 10.0, 16.0, name)]
    if block.times > 1:
        x = 10.0 + (cells(name) + 1) * TITLE * CELL if name else 10.0
        lines.append(Line("shape", round(x, 1), 16.0, f"×{block.times:,}"))
    return lines


def header_size(block: Block) -> tuple[float, float]:
    """The least width of a block's frame, and the height of its header."""
    last = block_lines(block)[-1]
    return last.x + cells(last.text) * TITLE * CELL + 10.0, HEADER


def block_group(block: Block, box: Box) -> str:
    tip = visible(block.text or block.name)
    if block.times > 1:
        tip += f"\n{block.times:,} times" + (", each with the result of the one before" if block.chain else "")
    if block.line is not None:
        tip += f"\nline {block.line}"
    frames = frame(box.width, box.height, 10, "frame")
    if block.times > 1:  # as if more of them lay below
        frames += frame(box.width - 6, box.height - 6, 8, "frame", 3, 3)
    return group(f"b{block.id}", f"block {block.kind}", box, tip, [frames, *map(text_element, block_lines(block))])


# ── nodes ────────────────────────────────────────────────────────────────────


def node_group(node: Node, its: Card, box: Box, is_root: bool) -> str:
    radius = min(box.height / 2, 14) if its.kind == "leaf" or not its.chip else 2 if its.kind == "parameter" else 6
    parts = [frame(box.width, box.height, radius, "card")]
    if its.kind == "module":
        parts.append(frame(box.width - 6, box.height - 6, 4, "card", 3, 3))
    if its.kind == "parameter":
        parts.append(f'<rect class="bar" width="4" height="{number(box.height)}"/>')
    if its.family:
        parts.append(
            f'<rect class="chip" x="{number(PAD - 2)}" y="4" width="{number(its.chip)}" '
            f'height="{number(CHIP_HEIGHT)}" rx="5"/>'
        )
    parts += map(text_element, its.lines)
    classes = " ".join(["node", its.kind, *([its.family] if its.family else []), *(["root"] if is_root else [])])
    return group(f"n{node.id}", classes, box, tip_of(node), parts)


def tip_of(node: Node) -> str:
    """Everything about a node, as text."""
    lines = [" ".join([visible(text) for text in (node.name, node.op) if text]) or node.kind]
    if node.kind != "operation" and node.kind != lines[0]:
        lines[0] += f" ({node.kind})"
    if node.shape:
        lines.append(f"shape {shape_text(node.shape)}")
    lines.append("data" + full(node.data))
    if node.kind != "constant":
        lines.append("no gradient yet" if node.grad is None else "grad" + full(node.grad))
    if node.line is not None:
        lines.append(f"line {node.line}")
    return "\n".join(lines)


def full(data: Data) -> str:
    text = shortened(show(data), FULL)
    return ("\n" if "\n" in text else " ") + text


# ── wires ────────────────────────────────────────────────────────────────────


def wire_groups(routes: Iterable[Iterable[Route]]) -> list[str]:
    """One path for all the ways of a value, and one for the heads at the nodes it comes to."""
    paths: dict[int, list[str]] = {}
    heads: dict[int, list[str]] = {}
    for some in routes:
        for route in some:
            paths.setdefault(route.value, []).append(way(route))
            if route.target[0] == "n":
                heads.setdefault(route.value, []).append(f"M{number(route.x3)} {number(route.y1)}l-6-3v6z")
    return [
        f'<g id="w{value}"><path class="wire" d="{"".join(ways)}"/>'
        + (f'<path class="head" d="{"".join(heads[value])}"/>' if value in heads else "")
        + "</g>"
        for value, ways in paths.items()
    ]


def way(route: Route) -> str:
    """A wire's way in a gap, as path commands."""
    x0, x1, x2, x3, y0, y1 = map(number, route[3:])
    if y0 == y1:
        return f"M{x0} {y0}H{x3}"
    middle = number((route.x1 + route.x2) / 2)
    start = f"M{x0} {y0}" + (f"H{x1}" if x1 != x0 else "")
    return f"{start}C{middle} {y0} {middle} {y1} {x2} {y1}" + (f"H{x3}" if x3 != x2 else "")


# ── elements ─────────────────────────────────────────────────────────────────


def group(id: str, classes: str, box: Box, tip: str, parts: Sequence[str]) -> str:
    start = f'<g id="{id}" class="{classes}" transform="translate({number(box.x)} {number(box.y)})">'
    return start + f"<title>{xml(tip)}</title>" + "".join(parts) + "</g>"


def frame(width: float, height: float, radius: float, role: str, x: float = 0, y: float = 0) -> str:
    at = f'x="{number(x)}" y="{number(y)}" ' if x or y else ""
    return f'<rect class="{role}" {at}width="{number(width)}" height="{number(height)}" rx="{number(radius)}"/>'


def text_element(line: Line) -> str:
    classes = f"{line.role} r" if line.is_right else line.role
    return f'<text class="{classes}" x="{number(line.x)}" y="{number(line.y)}">{xml(line.text)}</text>'
