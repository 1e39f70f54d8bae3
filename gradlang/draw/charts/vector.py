"""Charts as SVG: one element that stands as a file of its own or in the middle of a page.

Invariants: a chart refers to nothing by id, and all its rules are about its own
class, so that several may stand in one page; any text comes out as that text.
Light or dark is whatever the reader's system says. No style is in CSS variables:
not every program that shows SVG knows them.
"""

from __future__ import annotations

from itertools import groupby
from math import ceil
from textwrap import wrap
from typing import assert_never

from ..markup import number as n
from ..markup import xml
from .figures import Bars, Curves, Figure, HeatMap, Regions
from .inks import WHITE, heat, mixed, series
from .sampling import averaged, averaged_down, thinned
from .scales import Scale, brief, ranges, round_step, scale_of

WIDTH, HEIGHT = 640, 400
TOP, RIGHT, BOTTOM, GAP = 18, 20, 26, 8  # margins around the axes, and between a tick and its text
LETTER, LINE = 6.6, 18  # the width and height of a character, roughly
TITLE, TITLE_LETTERS = 26, 68  # the height of a line of a title, and what there is room for in it
POINTS = 600  # stretches that a curve is thinned to
CELLS = 96  # rows or columns of a matrix, at most; a number of few
LEVELS = 48  # colours of a heat map
LARGEST_CELL = 40
STYLE = """\
.gl-chart{font:12px system-ui,sans-serif}\
.gl-chart .gl-ground{fill:#fff}.gl-chart text{fill:#1f2328}.gl-chart .gl-soft{fill:#59636e}\
.gl-chart .gl-title{font-size:15px;font-weight:600}\
.gl-chart .gl-axis{stroke:#8c959f;fill:none}.gl-chart .gl-grid{stroke:#d1d9e0;fill:none}\
.gl-chart .gl-point{stroke:#fff;stroke-width:1.2}\
@media (prefers-color-scheme:dark){\
.gl-chart .gl-ground{fill:#14181d}.gl-chart text{fill:#e6edf3}.gl-chart .gl-soft{fill:#9198a1}\
.gl-chart .gl-axis{stroke:#656c76}.gl-chart .gl-grid{stroke:#2b3138}\
.gl-chart .gl-point{stroke:#14181d}}"""


class Drawing:
    """Elements, in pixels from the top left."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def text(self, x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> None:
        name = f' class="{kind}"' if kind else ""
        self.parts.append(f'<text x="{n(x)}" y="{n(y)}" text-anchor="{anchor}"{name}>{escaped(text)}</text>')

    def path(self, d: str, attributes: str) -> None:
        if d:
            self.parts.append(f'<path d="{d}" {attributes}/>')

    def rect(self, x: float, y: float, width: float, height: float, attributes: str) -> None:
        self.parts.append(f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" {attributes}/>')


class Frame:
    """The room between the axes."""

    def __init__(self, x: Scale, y: Scale, top: float, inset: float = 0.0) -> None:
        self.inset = inset  # what the lowest and the highest number are away from its edges
        self.up = y.ticks(7)
        self.across = x.ticks(8)
        self.left = 2 * GAP + 4 + LETTER * max([len(text) for _, text in self.up], default=0)
        self.top, self.right, self.bottom = top, WIDTH - RIGHT, HEIGHT - BOTTOM

    def at(self, share: float) -> float:
        return self.left + share * (self.right - self.left)

    def level(self, share: float) -> float:
        return self.bottom - self.inset - share * (self.bottom - self.top - 2 * self.inset)

    def draw(self, drawing: Drawing, has_grid: bool = True) -> None:
        """Ticks and the lines that go with them."""
        for share, text in self.up:
            level = self.level(share)
            drawing.text(self.left - GAP, level + 4, text, "end", "gl-soft")
            if has_grid:
                drawing.path(f"M{n(self.left)} {n(level)}H{n(self.right)}", 'class="gl-grid"')
        for share, text in self.across:
            drawing.text(self.at(share), self.bottom + LINE, text, "middle", "gl-soft")
            drawing.path(f"M{n(self.at(share))} {n(self.bottom)}v4", 'class="gl-axis"')
        corner = f"M{n(self.left)} {n(self.top)}V{n(self.bottom)}H{n(self.right)}"
        drawing.path(corner, 'class="gl-axis"')


def svg(figure: Figure, name: str = "a chart") -> str:
    """A chart as an SVG element; `name` is what it is called where it has no title."""
    drawing, top = Drawing(), float(TOP)
    for line in wrap(figure.title, TITLE_LETTERS, max_lines=3, placeholder=" …"):
        drawing.text(WIDTH / 2, top + 4, line, "middle", "gl-title")
        top += TITLE
    match figure:
        case Curves():
            height = draw_curves(figure, drawing, top)
        case Bars():
            height = draw_bars(figure, drawing, top)
        case HeatMap():
            height = draw_matrix(figure, drawing, top)
        case Regions():
            height = draw_regions(figure, drawing, top)
        case _:
            assert_never(figure)
    for remark in figure.remarks:
        height += LINE
        drawing.text(GAP, height - 6, remark, kind="gl-soft")
    title = escaped(figure.title or name)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gl-chart" role="img" aria-label="{title}" '
        f'viewBox="0 0 {WIDTH} {n(height)}" width="{WIDTH}" height="{n(height)}">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        '<rect width="100%" height="100%" class="gl-ground"/>',
        *drawing.parts,
        "</svg>",
        "",
    ])  # fmt: skip


def legend(drawing: Drawing, names: list[str], top: float) -> float:
    """What series are called, each behind its colour; where the room below begins."""
    x, y = float(GAP), top
    for i, name in enumerate(names):
        name = name if len(name) <= 60 else name[:59] + "…"
        width = 30 + LETTER * len(name)
        if x > GAP and x + width > WIDTH:
            x, y = float(GAP), y + LINE
        drawing.rect(x, y - 6, 12, 4, f'fill="{series(i)}"')
        drawing.text(x + 18, y, name)
        x += width
    return y + GAP


# ── the figures: each draws from `top` on, and gives the height of it all ───


def draw_curves(figure: Curves, drawing: Drawing, top: float) -> float:
    import numpy as np

    names = [curve.name for curve in figure.curves]
    if len(names) > 1 or names[0] and names[0] != figure.title:
        top = legend(drawing, names, top) + GAP
    x = scale_of(np.concatenate([curve.x for curve in figure.curves]), is_index=figure.is_indexed)
    y = scale_of(np.concatenate([curve.y for curve in figure.curves]), figure.is_log)
    frame = Frame(x, y, top, 6.0)
    frame.draw(drawing)
    for i, curve in enumerate(figure.curves):
        across, upward = thinned(x.share(curve.x), y.share(curve.y), POINTS)
        points = zip(across.tolist(), upward.tolist(), strict=True)
        for is_there, part in groupby(points, key=lambda point: point[0] - point[0] == point[1] - point[1] == 0):
            if is_there:
                draw_stroke(drawing, [(frame.at(a), frame.level(b)) for a, b in part], series(i))
    return HEIGHT


def draw_stroke(drawing: Drawing, points: list[tuple[float, float]], ink: str) -> None:
    """A line through points; a single one is a dot."""
    if len(points) == 1:
        drawing.parts.append(f'<circle cx="{n(points[0][0])}" cy="{n(points[0][1])}" r="2.5" fill="{ink}"/>')
        return
    d = "M" + "L".join([f"{n(a)} {n(b)}" for a, b in points])
    drawing.path(d, f'fill="none" stroke="{ink}" stroke-width="1.8" stroke-linejoin="round"')


def draw_bars(figure: Bars, drawing: Drawing, top: float) -> float:
    most = max([*figure.counts, 1])
    step = round_step(most / 5)
    x = Scale(figure.edges[0], figure.edges[-1], is_index=figure.is_whole)
    y = Scale(0.0, ceil(most / step) * step, is_index=True)
    frame = Frame(x, y, top)
    frame.draw(drawing)
    for i, (count, said) in enumerate(zip(figure.counts, ranges(figure), strict=True)):
        left, right = (frame.at(float(x.share(figure.edges[k]))) for k in (i, i + 1))
        level = frame.level(count / y.high)
        drawing.parts.append(
            f'<rect x="{n(left + 0.5)}" y="{n(level)}" width="{n(max(right - left - 1, 0.5))}" '
            f'height="{n(frame.bottom - level)}" fill="{series(0)}">'
            f"<title>{said}: {count:,}</title></rect>"
        )
    return HEIGHT


def draw_matrix(figure: HeatMap, drawing: Drawing, top: float) -> float:
    numbers = averaged(figure.numbers, CELLS, CELLS)
    rows, columns = numbers.shape
    size = min(LARGEST_CELL, (WIDTH - 130) / columns, (HEIGHT if rows <= columns else WIDTH) / rows)
    left = GAP + LETTER * len(str(figure.numbers.shape[0] - 1)) + GAP
    scale = scale_of(numbers)
    fills = [[level_of(share) for share in row] for row in scale.share(numbers).tolist()]
    draw_cells(drawing, fills, left, top, size, size, [heat(k / (LEVELS - 1)) for k in range(LEVELS)])
    drawing.rect(left, top, columns * size, rows * size, 'class="gl-axis"')
    draw_places(drawing, figure.numbers.shape, left, top, columns * size, rows * size)
    draw_ramp(drawing, left + columns * size + 24, top, scale.first, scale.last)
    height = float(max(top + rows * size + LINE + GAP, top + 140))
    if numbers.shape != figure.numbers.shape:
        height += LINE
        drawing.text(GAP, height - 6, averaged_down(figure.numbers, numbers), kind="gl-soft")
    return height


def level_of(share: float) -> int:
    return -1 if share != share else round(max(0.0, min(1.0, share)) * (LEVELS - 1))


def draw_cells(
    drawing: Drawing, fills: list[list[int]], left: float, top: float, width: float, height: float, inks: list[str],
    attributes: str = "",
) -> None:  # fmt: skip
    """Cells by the number of their colour, the first row on top: one path a colour. Those of -1 stay empty."""
    paths: dict[int, list[str]] = {}
    for row, numbers in enumerate(fills):
        at, upper, lower = 0, round(top + row * height), round(top + (row + 1) * height)  # neighbours share an edge
        for k, run in groupby(numbers):
            length = len(list(run))
            x, right = round(left + at * width), round(left + (at + length) * width)
            paths.setdefault(k, []).append(f"M{x} {upper}H{right}V{lower}H{x}z")
            at += length
    for k, parts in sorted(paths.items()):
        if k >= 0:
            drawing.path("".join(parts), f'fill="{inks[k]}" shape-rendering="crispEdges"{attributes}')


def draw_places(drawing: Drawing, shape: tuple[int, int], left: float, top: float, width: float, height: float) -> None:
    """The indices of some rows and columns."""
    rows, columns = shape
    for k in places(rows, height / 30):
        drawing.text(left - 6, top + (k + 0.5) * height / rows + 4, str(k), "end", "gl-soft")
    for k in places(columns, width / 40):
        drawing.text(left + (k + 0.5) * width / columns, top + height + LINE - 2, str(k), "middle", "gl-soft")


def places(count: int, most: float) -> range:
    """Every so many-th index, where every one is too many."""
    step = next((s * 10**p for p in range(12) for s in (1, 2, 5) if count <= s * 10**p * max(1.0, most)), 1)
    return range(0, count, step)


def draw_ramp(drawing: Drawing, x: float, top: float, low: float, high: float) -> None:
    height = 110
    for k in range(LEVELS):
        y = top + height * (LEVELS - 1 - k) / LEVELS
        drawing.rect(x, y, 14, height / LEVELS + 0.5, f'fill="{heat(k / (LEVELS - 1))}"')
    drawing.text(x + 20, top + 10, brief(high), kind="gl-soft")
    drawing.text(x + 20, top + height, brief(low), kind="gl-soft")


def draw_regions(figure: Regions, drawing: Drawing, top: float) -> float:
    x, y = Scale(*figure.x), Scale(*figure.y)
    frame = Frame(x, y, legend(drawing, figure.labels, top) + GAP)
    rows, columns = figure.classes.shape
    width, height = (frame.right - frame.left) / columns, (frame.bottom - frame.top) / rows
    inks = [series(k) for k in range(len(figure.labels))]
    fills: list[list[int]] = figure.classes[::-1].astype(int).tolist()
    draw_cells(drawing, fills, frame.left, frame.top, width, height, inks, ' fill-opacity="0.28"')
    frame.draw(drawing, has_grid=False)
    for (a, b), k in zip(figure.points.tolist(), figure.point_classes, strict=True):
        if a - a == 0 and b - b == 0:
            cx, cy = frame.at(float(x.share(a))), frame.level(float(y.share(b)))
            ink = mixed(series(k), WHITE, 0.12)
            drawing.parts.append(f'<circle cx="{n(cx)}" cy="{n(cy)}" r="4" fill="{ink}" class="gl-point"/>')
    return HEIGHT


# ── text ─────────────────────────────────────────────────────────────────────


def escaped(text: str) -> str:
    """Text for XML, without what XML cannot hold."""
    return xml("".join([c if c.isprintable() else " " for c in text]))
