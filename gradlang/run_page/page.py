"""The page itself: one HTML file that needs nothing else, with every part that the run has something to say for.

Owns the order of the parts and the frame around them. Invariant: the page of a
program that fails, or is stopped, tells how far it came.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files
from itertools import groupby
from math import isfinite, nan
from typing import Any

from ..draw.charts.figures import Curve, Curves, Figure
from ..draw.charts.vector import svg
from ..draw.pictures.picture import Picture
from ..engine.printing import show
from ..engine.table import arrays
from ..loop_report import duration, excerpt, loop_lines
from ..source import Source
from . import sections
from .boundary import boundary
from .recording import Chart, Recording
from .sections import Part

BESIDE = ("program", "output")  # parts that stand side by side where there is room
WIDE = 100.0  # times the smallest loss; a curve that spans more has a logarithmic axis


def page_text(
    recording: Recording, source: Source, title: str, names: Any, picture: Picture | None, failure: str
) -> str:
    """The page about a run. `names` are those of its session, `picture` is of its graph."""
    parts = [
        Part("program", "Program", sections.program(source)),
        Part("output", "Output", output(recording), "its end is left out" if recording.is_cut else ""),
        Part("loss", "Loss", sections.charts(loss_charts(recording))),
        Part("boundary", "Decision boundary", sections.charts(boundary_charts(recording, names))),
        graph_part(picture),
        Part("times", "Time", sections.lines(time_lines(recording))),
    ]
    parts = [part for part in parts if part.body]
    summary = [f"ran in {duration(recording.seconds)}"] if not failure else []
    summary += [f"last loss {show(loss)}" for loss in last_losses(recording)]
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8") + sections.role_styles()
    said = f"<p>{escape(', '.join(summary))}</p>" if summary else ""
    said += f'<pre class="failure" role="alert">{escape(failure)}</pre>' if failure else ""
    links = "".join([f'<a href="#{part.id}">{part.title}</a>' for part in parts])
    beside = [sections.section(part) for part in parts if part.id in BESIDE]
    below = [sections.section(part) for part in parts if part.id not in BESIDE]
    return "\n".join([
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>\n<style>\n{style}\n</style>",
        f"<header><h1>{escape(title)}</h1>{said}<nav>{links}</nav></header>",
        "<main>", '<div class="columns">', *beside, "</div>", *below, "</main>", "</html>\n",
    ])  # fmt: skip


def output(recording: Recording) -> str:
    """What was printed, with the charts where they were drawn."""
    parts = []
    for is_text, group in groupby(recording.shown, lambda piece: isinstance(piece, str)):
        if is_text:
            parts.append(sections.printed("".join([piece for piece in group if isinstance(piece, str)])))
        else:
            parts.append(sections.charts([svg(*piece) for piece in group if isinstance(piece, Chart)]))
    return "".join(parts)


def last_losses(recording: Recording) -> list[float]:
    """The loss that the last loop ended with, if there was one."""
    return [curve.last[1] for curve in recording.history.curves.values() if curve.last is not None][-1:]


def loss_charts(recording: Recording) -> Iterator[str]:
    """A curve for each loop that differentiated more than once."""
    for node, curve in recording.history.curves.items():
        points = curve.samples()
        if len(points) < 2:
            continue
        finite = [loss for _, loss in points if isfinite(loss)]
        is_log = bool(finite) and min(finite) > 0 and max(finite) > WIDE * min(finite)
        losses = arrays.array([loss if isfinite(loss) else nan for _, loss in points])
        title = f"line {node.span.line}: {excerpt(node.span).rstrip(' {')}"
        figure = Curves([Curve("loss", arrays.array([float(step) for step, _ in points]), losses)], title, is_log)
        drawn = f"{len(points):,} of the {curve.steps:,}" if len(points) < curve.steps else "the"
        figure.remarks.append(f"{drawn} numbers given to `backward`, one after the other")
        yield svg(figure, f"the loss in the loop of {title}")


def boundary_charts(recording: Recording, names: Any) -> Iterator[str]:
    """What the program did not draw itself."""
    from ..draw.charts.figures import Regions

    drawn: list[Figure] = [piece.figure for piece in recording.shown if isinstance(piece, Chart)]
    if not any(isinstance(figure, Regions) for figure in drawn):
        found = boundary(names)
        if found is not None:
            yield svg(found, "where the model gives which class")


def graph_part(picture: Picture | None) -> Part:
    if picture is None:
        return Part("graph", "Graph", "")
    from ..draw.forms.svg import svg_text

    return Part("graph", "Graph", sections.graph(svg_text(picture)), picture.remark)


def time_lines(recording: Recording) -> Iterator[str]:
    yield f"in all {duration(recording.seconds)}"
    yield from loop_lines()
