"""Charts as lines of text.

Owns what charts look like in a terminal: `Look` says what it can show. Curves
are braille, or marks where colours or characters are missing; matrices and
regions are half blocks, two rows in a line, or shades.
"""

from __future__ import annotations

from textwrap import wrap
from typing import Any, NamedTuple, assert_never

from .canvas import ACROSS, DOWN, Canvas, between
from .figures import Bars, Curves, Figure, HeatMap, Regions
from .inks import BLACK, MUTED, WHITE, heat, mark, mixed, painted, series
from .sampling import averaged, averaged_down, thinned
from .scales import Scale, brief, ranges, scale_of

NARROWEST, WIDEST = 24, 110  # columns of a chart
ROWS = 16  # of curves and regions
MATRIX_ROWS, MATRIX_COLUMNS = 24, 96  # of the lines and columns that a matrix may take
RAMP = 20  # columns of the colours beside a matrix
SHADES, ASCII_SHADES = " ░▒▓█", " .:-=+*#%@"
EIGHTHS = "▏▎▍▌▋▊▉█"
DARK, LIGHT = 0.62, 0.55  # how far the colour of a region is from that of its class, and that of its points


class Look(NamedTuple):
    """What a terminal can show."""

    width: int = 80
    color: bool = False
    unicode: bool = True

    def gray(self, text: str) -> str:
        return painted(text, MUTED) if self.color else text


def chart_lines(figure: Figure, look: Look) -> list[str]:
    """A chart as lines, of at most the terminal's width."""
    look = look._replace(width=max(NARROWEST, min(look.width, WIDEST)))
    match figure:
        case Curves():
            lines = curve_lines(figure, look)
        case Bars():
            lines = bar_lines(figure, look)
        case HeatMap():
            lines = matrix_lines(figure, look)
        case Regions():
            lines = region_lines(figure, look)
        case _:
            assert_never(figure)
    remarks = [look.gray(line) for remark in figure.remarks for line in wrap(remark, look.width)]
    return [*wrap(figure.title, look.width), *lines, *remarks]


# ── axes ─────────────────────────────────────────────────────────────────────


def framed(inside: Canvas, x: Scale, y: Scale, look: Look) -> Canvas:
    """A drawing between its axes."""
    up = [(round((1 - at) * (inside.rows - 1)), text) for at, text in y.ticks(max(2, inside.rows // 3))]
    margin = max([len(text) for _, text in up], default=0) + 1
    whole = Canvas(margin + 1 + inside.columns, inside.rows + 2)
    wall, tick, corner, floor, mark = "│┤└─┬" if look.unicode else "||+-+"
    for row in range(inside.rows):
        whole.put(margin, row, wall, MUTED)
    for row, text in up:
        whole.put(margin - len(text) - 1, row, text, MUTED)
        whole.put(margin, row, tick, MUTED)
    whole.put(margin, inside.rows, corner + floor * inside.columns, MUTED)
    taken = 0
    for at, text in x.ticks(max(2, inside.columns // 10)):
        column = margin + 1 + round(at * (inside.columns - 1))
        start = max(taken, min(column - (len(text) - 1) // 2, whole.columns - len(text)))
        if start + len(text) <= whole.columns:
            whole.put(column, inside.rows, mark, MUTED)
            whole.put(start, inside.rows + 1, text, MUTED)
            taken = start + len(text) + 1
    whole.place(inside, margin + 1, 0)
    return whole


def room(y: Scale, look: Look) -> int:
    """The columns that the ticks of an axis leave."""
    return look.width - 2 - max([len(text) for _, text in y.ticks(max(2, ROWS // 3))], default=0)


def legend(names: list[str], look: Look, signs: list[tuple[str, str]]) -> list[str]:
    """What the series are called: each behind its sign and ink."""
    lines: list[str] = []
    used = look.width
    for name, (sign, ink) in zip(names, signs, strict=True):
        name = name if len(name) <= look.width - 8 else name[: look.width - 9] + "…"
        piece = f"{painted(sign, ink) if look.color else sign} {name}"
        length = len(sign) + 1 + len(name)
        if used + 3 + length > look.width:
            lines.append(piece)
            used = length
        else:
            lines[-1] += f"   {piece}"
            used += 3 + length
    return lines


# ── curves ───────────────────────────────────────────────────────────────────


def curve_lines(figure: Curves, look: Look) -> list[str]:
    import numpy as np

    x = scale_of(np.concatenate([curve.x for curve in figure.curves]), is_index=figure.is_indexed)
    y = scale_of(np.concatenate([curve.y for curve in figure.curves]), figure.is_log)
    is_fine = look.unicode and (look.color or len(figure.curves) == 1)  # dots of two curves look alike
    inside = Canvas(room(y, look), ROWS)
    across, down = (ACROSS, DOWN) if is_fine else (1, 1)
    width, height = inside.columns * across, inside.rows * down
    signs: list[tuple[str, str]] = []
    for i, curve in enumerate(figure.curves):
        ink, sign = series(i), "━━" if is_fine else mark(i) if len(figure.curves) > 1 else "*"
        signs.append((sign, ink))
        for column, row in strokes(x.share(curve.x), y.share(curve.y), width, height):
            if is_fine:
                inside.dot(column, row, ink)
            else:
                inside.put(column, row, sign, ink)
    names = [curve.name for curve in figure.curves]
    below = legend(names, look, signs) if len(names) > 1 or names[0] and names[0] != figure.title else []
    return [*framed(inside, x, y, look).lines(look.color), *below]


def strokes(across: Any, upward: Any, width: int, height: int) -> list[tuple[int, int]]:
    """The places on a curve between points given as shares of a picture; gaps stay gaps."""
    places: list[tuple[int, int]] = []
    before: tuple[int, int] | None = None
    across, upward = thinned(across, upward, width)
    for at, up in zip(across.tolist(), upward.tolist(), strict=True):
        if at - at != 0 or up - up != 0:
            before = None
            continue
        here = round(at * (width - 1)), round((1 - up) * (height - 1))
        places += between(*before, *here) if before is not None else [here]
        before = here
    return places


# ── bars ─────────────────────────────────────────────────────────────────────


def bar_lines(figure: Bars, look: Look) -> list[str]:
    heads = ranges(figure) if look.unicode else [head.replace("…", "..") for head in ranges(figure)]
    left, right = max(map(len, heads)), max(len(f"{count:,}") for count in figure.counts)
    length, most = max(4, look.width - left - right - 4), max([*figure.counts, 1])
    lines: list[str] = []
    for head, count in zip(heads, figure.counts, strict=True):
        bar = strip(count / most * length, count > 0, look)
        gap = "  " if bar else " "
        lines.append(f"{look.gray(head.rjust(left))} {painted(bar, series(0)) if look.color else bar}{gap}{count:,}")
    return lines


def strip(length: float, is_seen: bool, look: Look) -> str:
    """A bar of a length in columns; one that stands for something is never empty."""
    if not look.unicode:
        return "#" * max(round(length), is_seen)
    eighths = max(round(8 * length), int(is_seen))
    return "█" * (eighths // 8) + (EIGHTHS[eighths % 8 - 1] if eighths % 8 else "")


# ── matrices ─────────────────────────────────────────────────────────────────


def matrix_lines(figure: HeatMap, look: Look) -> list[str]:
    import numpy as np

    columns = min(MATRIX_COLUMNS, look.width)
    down = 2 if look.color and look.unicode else 1  # rows in a line
    across = 1 if down == 2 else 2  # columns of a number: a character is twice as high as wide
    numbers = averaged(figure.numbers, MATRIX_ROWS * down, columns // across)
    times = max(1, min(8 // across, MATRIX_ROWS * down // numbers.shape[0], columns // across // numbers.shape[1]))
    scale = scale_of(numbers)
    shares = scale.share(np.repeat(np.repeat(numbers, times, 0), times, 1))
    drawn = two_in_a_line(shares) if down == 2 else shaded(shares, look)
    low, high = brief(scale.first), brief(scale.last)
    below = f"{look.gray(low)} {ramp(min(RAMP, look.width - len(low) - len(high) - 2), look)} {look.gray(high)}"
    return [*drawn.lines(look.color), below, *remark_on(figure.numbers, numbers, look)]


def remark_on(whole: Any, drawn: Any, look: Look) -> list[str]:
    """That a matrix was too large to be drawn number by number."""
    if whole.shape == drawn.shape:
        return []
    return [look.gray(line) for line in wrap(averaged_down(whole, drawn), look.width)]


def two_in_a_line(shares: Any) -> Canvas:
    """Half blocks: the upper number is the ink, the lower one what is behind it."""
    rows, columns = shares.shape
    canvas = Canvas(columns, (rows + 1) // 2)
    for row in range(0, rows, 2):
        for column in range(columns):
            below = heat(float(shares[row + 1, column])) if row + 1 < rows else ""
            canvas.put(column, row // 2, "▀", heat(float(shares[row, column])), below)
    return canvas


def shaded(shares: Any, look: Look) -> Canvas:
    rows, columns = shares.shape
    canvas = Canvas(2 * columns, rows)
    for row in range(rows):
        for column in range(columns):
            share = float(shares[row, column])
            if look.color:
                canvas.put(2 * column, row, "  ", "", heat(share))
            else:
                canvas.put(2 * column, row, 2 * shade(share, look))
    return canvas


def shade(share: float, look: Look) -> str:
    shades = SHADES if look.unicode else ASCII_SHADES
    return "?" if share != share else shades[min(int(max(share, 0.0) * len(shades)), len(shades) - 1)]


def ramp(length: int, look: Look) -> str:
    """All colours or shades, from the lowest number to the highest."""
    steps = [i / (length - 1) for i in range(length)]
    if look.color:
        return "".join([painted(" ", "", heat(share)) for share in steps])
    return "".join([shade(share, look) for share in steps])


# ── regions ──────────────────────────────────────────────────────────────────


def region_lines(figure: Regions, look: Look) -> list[str]:
    x, y = Scale(*figure.x), Scale(*figure.y)
    down = 2 if look.color and look.unicode else 1
    inside = Canvas(room(y, look), ROWS)
    rows, columns = figure.classes.shape

    def class_at(column: int, row: int) -> int:
        """Of a place, counted from the top left."""
        up = 1 - (row + 0.5) / (ROWS * down)
        return int(
            figure.classes[
                min(int(up * rows), rows - 1), min(int((column + 0.5) / inside.columns * columns), columns - 1)
            ]
        )

    for row in range(ROWS):
        for column in range(inside.columns):
            here = class_at(column, row * down)
            if down == 2:
                inside.put(column, row, "▀", ground_of(here), ground_of(class_at(column, row * 2 + 1)))
            elif look.color:
                inside.put(column, row, " ", "", ground_of(here))
            else:
                inside.put(column, row, region_sign(here, look))
    for (at, up), k in zip(figure.points.tolist(), figure.point_classes, strict=True):
        if at - at == 0 and up - up == 0:
            column, row = round(float(x.share(at)) * (inside.columns - 1)), round(float(1 - y.share(up)) * (ROWS - 1))
            sign = "●" if look.color and look.unicode else mark(k)
            inside.put(column, row, sign, mixed(series(k), WHITE, LIGHT), ground_of(class_at(column, row * down)))
    signs = [("●" if look.color and look.unicode else mark(k), series(k)) for k in range(len(figure.labels))]
    names = figure.labels
    if not look.color:
        names = [f"{name} {region_sign(k, look) * 2}".rstrip() for k, name in enumerate(names)]
    return [*framed(inside, x, y, look).lines(look.color), *legend(names, look, signs)]


def ground_of(k: int) -> str:
    return mixed(series(k), BLACK, DARK) if k >= 0 else BLACK


def region_sign(k: int, look: Look) -> str:
    signs = " ░▒▓▚▞" if look.unicode else " .:-=~"
    return signs[k % len(signs)] if k >= 0 else "?"
