"""Builtins that draw: curves, bars, matrices and decision regions, on the screen or to an SVG file.

Owns what may be drawn, and what is said where something may not. All four take
`file=`: with it the chart is written there, whole or not at all, and nothing is
printed. What is drawn is in `draw.charts`, which is loaded when it is asked for.

Invariant: nothing that is drawn leaves a trace in a graph or draws a random number.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ...diagnostics import GradlangError
from ...engine.charges import listing, taking, working
from ...engine.value import Value, leaf, recording, shape_text
from ...faults import Fault
from ...shapes import size_of
from ...source import Source, Span
from ...streams import columns_of, shows_unicode
from ...syntax import tree
from ..calls import call
from ..runtime import RUN
from ..values import Builtin, Function, List, Model, host, kind, tensor, whole
from .files import file_named
from .registry import builtin

if TYPE_CHECKING:
    from ...draw.charts.figures import Figure, Regions
    from ...draw.charts.terminal import Look

MOST_CURVES = 12
GRID, COARSE_GRID, ONE_BY_ONE = 72, 4, 24  # points a side at which a model is asked; by a dry run; without batches
SEVERAL = 3  # points that are given at once, to see what comes of it
LONGEST_NAME = 40
DRAWING = 5000  # units of work that a chart takes
USUAL = 80  # columns


@builtin(
    "*values, x=none, log=false, title=none, file=none",
    "data",
    'Draws numbers as curves, over their index or x=; log=true spreads small ones; file="loss.svg" writes SVG.',
    "plot([3, 1, 0.5, 0.3])",
)
def plot(values: list[Any], x: Any, log: Any, title: Any, file: Any) -> None:
    from ...draw.charts.preparation import curves, is_counting

    if not values:
        raise Fault("E0204", "`plot` needs numbers to draw", "`plot(losses)`")
    if len(values) > MOST_CURVES:
        raise Fault("E0204", f"{len(values)} curves cannot be told apart", f"draw at most {MOST_CURVES} at once")
    names = argument_names(len(values))
    is_log = host(log)
    if not isinstance(is_log, bool):
        raise Fault("E0301", f"log is true or false, and this is {kind(log)}")
    shown = names if len(names) > 1 or names[0].isidentifier() else [""]
    series = [row_of(v, i, "a curve") for i, v in enumerate(values)]
    across = None if x is None else row_of(x, None, "x")
    taking(64 * sum(map(len, series)))
    figure = curves(shown, series, across, is_log)
    if across is None and len(names) == 2 and all(map(str.isidentifier, names)) and is_counting(*series):
        x_name, y_name = names  # as in `plot(x, y)` of other languages
        figure.remarks.append(f"two curves; `plot({y_name}, x={x_name})` draws `{y_name}` over `{x_name}`")
    finish(figure, title, file, " and ".join(names) or "curves")


@builtin(
    "x, bins=none, title=none, file=none",
    "data",
    "Draws how many of the numbers fall in which range.",
    "hist([1, 2, 2, 3, 3, 3])",
)
def hist(x: Any, bins: Any, title: Any, file: Any) -> None:
    from ...draw.charts.preparation import bars

    (name,) = argument_names(1)
    count = None if bins is None else whole(bins, "the number of bins", 1)
    finish(bars(data_of(x, 0), count), title, file, f"how often which numbers of {name or 'it'} occur")


@builtin(
    "matrix, title=none, file=none",
    "data",
    "Draws a matrix, or an image, by colour.",
    "show([[1, 2], [3, 4]])",
)
def show(matrix: Any, title: Any, file: Any) -> None:
    from ...draw.charts.preparation import heat_map

    (name,) = argument_names(1)
    data = data_of(matrix, 0)
    if sum(size != 1 for size in data.shape) > 2:
        shape = shape_text(tuple(data.shape))
        raise Fault(
            "E0301", f"`show` draws a matrix, and this is a tensor of shape {shape}", "choose one: `x[0]`", at=0
        )
    finish(heat_map(data), title, file, f"the numbers of {name or 'a matrix'}")


@builtin(
    "model, X, y, title=none, file=none",
    "data",
    "Draws which class a model gives where, for points X [n, 2] and their labels y.",
    "plot_boundary(model, X, y)",
)
def plot_boundary(model: Any, X: Any, y: Any, title: Any, file: Any) -> None:
    finish(regions(model, X, y), title, file, "where a model gives which class")


def regions(model: Any, X: Any, y: Any) -> Regions:
    """Which class a model gives around points. Raises Fault, and what the model raises."""
    from ...draw.charts import preparation

    if not isinstance(model, Model | Function | Builtin):
        raise Fault("E0203", f"`plot_boundary` asks a model or a function, and this is {kind(model)}", at=0)
    points, labels = data_of(X, 1), data_of(y, 2).reshape(-1)
    if points.ndim != 2 or points.shape[1] != 2:
        shape, help = shape_text(tuple(points.shape)), "choose two columns: `X[:, 0:2]`"
        raise Fault("E0409", f"points have two numbers each, [n, 2], and these are {shape}", help, at=1)
    if len(labels) != len(points):
        raise Fault("E0409", f"there are {len(points)} points, and {len(labels)} labels", at=2)
    at_once = takes_several(model, points[:1].repeat(SEVERAL, axis=0))
    side = COARSE_GRID if RUN.watch is not None else GRID if at_once else ONE_BY_ONE
    return preparation.regions(points, labels, side, lambda grid: answers(model, grid, at_once))


def takes_several(model: Any, points: Any) -> bool:
    """Whether it has an answer for each of several points; where it does not, or fails, they are given one by one."""
    try:
        with recording(False):
            out = data_of(answer(model, leaf(points)), 0)
    except (Fault, GradlangError):
        return False
    return out.ndim > 0 and len(out) == len(points)


def answers(model: Any, points: Any, at_once: bool) -> Any:
    """What a model says to points [n, 2]: [n, outputs]."""
    from ...draw.charts.preparation import floats

    with recording(False):
        if at_once:
            return data_of(answer(model, leaf(points)), 0).reshape(len(points), -1)
        rows = [data_of(answer(model, leaf(point)), 0).reshape(-1).tolist() for point in points]
    if len(set(map(len, rows))) != 1:
        raise Fault("E0409", "the model gives different numbers of outputs for different points", at=0)
    return floats(rows)


def answer(model: Any, points: Value) -> Any:
    out = call(model, [points])
    if not isinstance(out, Value | List | tuple):
        raise Fault("E0301", f"the model is to give numbers, and gives {kind(out)}", at=0)
    return out


# ── numbers and names ────────────────────────────────────────────────────────


def data_of(x: Any, at: int | None) -> Any:
    """The numbers of an argument as an array of floats. Raises Fault E0301."""
    from ...draw.charts.preparation import floats

    with recording(False):
        numbers = tensor(x, at)
        listing(size_of(numbers.shape), 64)
        return floats(numbers.data)


def row_of(x: Any, at: int | None, what: str) -> Any:
    """Numbers in a row; a column, or a single one, is one too."""
    data = data_of(x, at)
    if sum(size != 1 for size in data.shape) > 1:
        shape, help = shape_text(tuple(data.shape)), "one column: `x[:, 0]`; `show` draws matrices"
        raise Fault("E0301", f"{what} is a list of numbers, and this is a tensor of shape {shape}", help, at=at)
    return data.reshape(-1)


def argument_names(count: int) -> list[str]:
    """What the program writes for the first arguments of the call that is running."""
    plain = [f"curve {i}" for i in range(1, count + 1)] if count > 1 else [""]
    span: Span | None = RUN.calling
    if span is None:
        return plain
    from ...syntax.parser import parse

    try:
        (node,) = parse(Source(span.text)).body
    except (GradlangError, ValueError):
        return plain
    if not isinstance(node, tree.Call):
        return plain
    texts = [argument.value.span.text for argument in node.arguments if argument.name is None]
    if count == 1:
        texts = texts[:1] or [argument.value.span.text for argument in node.arguments][:1]
    if len(texts) != count:
        return plain
    return [
        text if len(text) <= LONGEST_NAME and "\n" not in text else other
        for text, other in zip(texts, plain, strict=True)
    ]


# ── where it goes ────────────────────────────────────────────────────────────


def finish(figure: Figure, title: Any, file: Any, name: str) -> None:
    """Writes a figure to a file, or draws it."""
    if title is not None:
        if not isinstance(title, str):
            raise Fault("E0301", f"a title is text, and this is {kind(title)}")
        figure.title = title
    working(DRAWING)
    written = ""
    if file is None:
        from ...draw.charts.terminal import chart_lines

        written = "\n".join(chart_lines(figure, look())) + "\n"
        RUN.write(written)
    else:
        write(figure, file, name)
    if RUN.drew is not None:
        RUN.drew(figure, name, written)


def write(figure: Figure, file: Any, name: str) -> None:
    from ...draw.charts.vector import svg
    from ...whole_file import write_whole

    with file_named(file, None) as path:
        if not path.lower().endswith(".svg"):
            raise Fault(
                "E0308", f'charts are written as SVG, and "{path}" is named otherwise', 'for instance "loss.svg"'
            )
        write_whole(path, svg(figure, name).encode())


def look() -> Look:
    """What there is room for, and can be shown, where the run writes."""
    from ...draw.charts.terminal import Look

    if RUN.screen is None:
        return Look()
    said = os.environ.get("COLUMNS", "")
    columns = int(said) if said.isdecimal() and int(said) else columns_of(RUN.screen, USUAL)
    return Look(columns, RUN.color, shows_unicode(RUN.screen))
