"""Charts, in a terminal and as SVG: read back from the picture they are what was drawn, and they fit; `:grads`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradlang.diagnostics import GradlangError
from gradlang.draw.charts import preparation
from gradlang.draw.charts.figures import Bars, Curve, Curves, Figure, HeatMap, Regions
from gradlang.draw.charts.inks import VIRIDIS, heat, series
from gradlang.draw.charts.sampling import averaged, thinned
from gradlang.draw.charts.scales import Scale, log_ticks, texts_of, ticks
from gradlang.draw.charts.terminal import Look, chart_lines
from gradlang.draw.charts.vector import TITLE_LETTERS, Frame, svg
from gradlang.draw.terminal.fragments import plain, width_of
from gradlang.engine import draws
from gradlang.engine.value import Box, Value
from gradlang.language.runtime import RUN, running
from gradlang.repl import listings
from gradlang.session import Session
from gradlang.source import Source

SVG = "{http://www.w3.org/2000/svg}"
TEXTS = re.compile(r"\x1b\[[0-9;]*m")
NASTY = 'a <b> & "c" \x07\u202e ☃'


def ran(text: str, folder: str = "", backend: str = "auto", color: bool = False) -> tuple[str, Session]:
    """What a program writes, and its session."""
    written: list[str] = []
    with running(folder, written.append):
        RUN.backend, RUN.color, RUN.screen = backend, color, sys.stdout if color else None
        session = Session()
        session.run(Source(text), lambda diagnostic: None)
        return "".join(written), session


def fault(text: str, folder: str = "") -> tuple[str, str]:
    with pytest.raises(GradlangError) as caught:
        ran(text, folder)
    (d,) = caught.value.diagnostics
    return d.code, d.message


def wave(n: int = 50) -> Curves:
    x = np.arange(float(n))
    return Curves([Curve("up", x, x**2), Curve("down", x, -x)], "two curves")


def figures() -> dict[str, Figure]:
    random = np.random.default_rng(0)
    gaps = np.where(random.random(40) < 0.3, np.nan, random.normal(size=40))
    return {
        "curves": wave(),
        "one": preparation.curves(["losses"], [np.exp(-np.arange(30.0) / 5)], None, True),
        "gaps": preparation.curves(["y"], [gaps]),
        "single": preparation.curves([""], [np.array([5.0])]),
        "constant": preparation.curves([""], [np.full(9, -3.0)]),
        "nothing": preparation.curves([""], [np.array([np.nan, np.inf])]),
        "huge": preparation.curves([""], [np.array([1e308, -1e308, 0.0])]),
        "long": preparation.curves([""], [random.normal(size=100_000)]),
        "bars": preparation.bars(random.normal(size=500)),
        "one bar": preparation.bars(np.full(7, 2.0)),
        "matrix": HeatMap(random.normal(size=(5, 9)), NASTY),
        "large": HeatMap(random.normal(size=(300, 500))),
        "row": preparation.heat_map(np.array([1.0, np.nan, 3.0])),
        "regions": Regions(
            np.arange(16).reshape(4, 4) % 3, (-1.0, 1.0), (0.0, 5.0), random.random((20, 2)),
            [k % 3 for k in range(20)], ["0", "1", "2"], NASTY,
        ),
    }  # fmt: skip


LOOKS = [Look(w, color, unicode) for w in (10, 24, 80, 300) for color in (False, True) for unicode in (False, True)]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_charts_fit_the_terminal(look: Look) -> None:
    for name, figure in figures().items():
        figure.title = figure.title.encode("ascii", "ignore").decode().replace("\x07", "")
        lines = [TEXTS.sub("", line) for line in chart_lines(figure, look)]
        assert max(map(width_of, lines)) <= max(24, look.width), name
        assert look.color or not any("\x1b" in line for line in chart_lines(figure, look)), name
        assert look.unicode or "".join(lines).isascii(), name
        assert len(lines) < 60, name


# ── curves ───────────────────────────────────────────────────────────────────


def marks_of(lines: list[str], sign: str) -> dict[int, list[int]]:
    """The rows of a mark, by column, counted from the axis."""
    rows = [line.partition("|")[2] for line in lines if "|" in line]
    found: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        for match in re.finditer(re.escape(sign), row):
            found.setdefault(match.start(), []).append(i)
    return found


def test_a_curve_stands_where_its_numbers_are() -> None:
    lines = chart_lines(wave(), Look(80, False, False))
    up, down = marks_of(lines, "o"), marks_of(lines, "x")
    assert min(up[max(up)]) == 0, "the highest number is on top, at the right"
    assert max(down[max(down)]) == 15 and set(down) | set(up) == set(range(max(up) + 1))
    middles = [min(up[column]) for column in sorted(up)]
    assert middles == sorted(middles, reverse=True), "it rises"
    assert lines[0] == "two curves" and lines[-1] == "o up   x down"
    assert lines[-2].split() == ["0", "10", "20", "30", "40"]


def test_braille_dots_are_the_curve() -> None:
    figure = preparation.curves([""], [np.arange(40.0)])
    rows = [line.split("┤")[-1].split("│")[-1] for line in chart_lines(figure, Look(60))[:16]]
    first = [len(row) - len(row.lstrip()) for row in rows]
    assert first == sorted(first, reverse=True) and first[-1] == 0
    assert all(0x2800 <= ord(c) < 0x2900 for row in rows for c in row.strip())


def test_gaps_are_left_out_and_told() -> None:
    text, _ = ran("losses = [1, 0.1, nan, 3, -1]\nplot(losses, log=true)")
    assert "1 of 5 numbers of `losses` is nan or inf: left out" in text
    assert "1 of 5 numbers of `losses` is not above 0: left out" in text
    figure = preparation.curves(["y"], [np.array([1.0, np.nan, 2.0])])
    assert svg(figure).count("<circle") == 2, "numbers between gaps are dots"


def test_series_are_called_what_the_program_calls_them() -> None:
    text, _ = ran("train = [1, 2]\nplot(train, [3, 4], title='loss')".replace("'", '"'))
    assert text.splitlines()[0] == "loss" and text.splitlines()[-1].split() == ["o", "train", "x", "[3,", "4]"]
    text, _ = ran("train = [1, 2]\nf = plot\nf(train)")
    assert text.splitlines()[-1].endswith("train")
    assert "[1" not in ran("plot([1, 2])")[0], "one nameless curve needs no name"


@pytest.mark.parametrize("given", ["losses", "x = losses; plot(x)"])
def test_what_loops_append_can_be_drawn(given: str) -> None:
    program = "losses = []\nfor i in range(40) { losses = append(losses, 1 / (i + 1)) }\n"
    text, _ = ran(program + (f"plot({given})" if given.isidentifier() else given.replace(";", "\n")))
    assert len(text.splitlines()) == 19


def test_a_million_numbers_are_thinned_to_their_extremes() -> None:
    y = np.zeros(1_000_000)
    y[123_456], y[654_321] = 7.0, -7.0
    x, kept = thinned(np.arange(1e6), y, 200)
    assert len(kept) <= 400 and kept.max() == 7 and kept.min() == -7
    assert all(np.diff(x) > 0)
    gaps, left = thinned(np.arange(6.0), np.full(6, np.nan), 2)
    assert len(gaps) == 2 and np.isnan(left).all()


def test_an_x_of_its_own() -> None:
    text, _ = ran("x = [-2, 0, 2]\nplot([v**2 for v in x], x=x)")
    assert text.splitlines()[-1].split() == ["-2", "-1", "0", "1", "2"]
    text, _ = ran("plot([1, 2, 3], x=[3, 0 / 0, 1])")
    assert text.splitlines()[-1] == "1 of 3 numbers of `x` is nan or inf: left out"


@pytest.mark.parametrize(
    ("call", "is_hinted"),
    [
        ("plot(x, y)", True),
        ("plot(y, x)", False),
        ("plot(x, y, x)", False),
        ("plot(y, x=x)", False),
        ("plot(y, y)", False),
    ],
)
def test_who_gives_x_first_is_told_how_it_is_done(call: str, is_hinted: bool) -> None:
    text, _ = ran(f"x = linspace(-2, 2, 20)\ny = x**2\n{call}")
    assert ("`plot(y, x=x)` draws `y` over `x`" in text) == is_hinted


# ── scales ───────────────────────────────────────────────────────────────────


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0, 1, 6) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert ticks(-0.3, 0.31, 4) == [-0.2, 0, 0.2]
    assert log_ticks(0.002, 300, 9) == [0.01, 0.1, 1, 10, 100]
    assert log_ticks(2, 7, 5) == [2, 5]
    random = np.random.default_rng(1)
    for _ in range(300):
        low, span, most = random.normal() * 10 ** random.uniform(-8, 8), 10 ** random.uniform(-6, 6), 7
        found = ticks(low, low + span, most)
        slack = 1e-6 * span
        assert 1 <= len(found) <= most and low - slack <= found[0] and found[-1] <= low + span + slack
        texts = texts_of(found)
        assert len(set(texts)) == len(texts)


def test_texts_tell_neighbours_apart() -> None:
    assert texts_of([1.0, 1.00001]) == ["1.00000", "1.00001"]
    assert texts_of([0.0, 0.5, 1.0]) == ["0.0", "0.5", "1.0"]
    assert texts_of([0.1, 0.35]) == ["0.10", "0.35"]
    assert texts_of([0.0, 20_000.0]) == ["0", "20,000"]
    assert texts_of([1e-9, 2e-9]) == ["1e-09", "2e-09"]


def test_an_index_has_whole_ticks() -> None:
    assert [text for _, text in Scale(0, 3, is_index=True).ticks(9)] == ["0", "1", "2", "3"]
    assert [text for _, text in Scale(0, 0, is_index=True).ticks(9)] == ["0"]


# ── bars ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [None, 1, 7])
def test_every_number_is_in_one_bar(count: int | None) -> None:
    random = np.random.default_rng(2)
    for numbers in (random.normal(size=333), random.random(5) * 1e-6, random.integers(0, 4, 50).astype(float)):
        figure = preparation.bars(numbers, count)
        assert sum(figure.counts) == len(numbers)
        assert figure.edges == sorted(figure.edges) and len(figure.edges) == len(figure.counts) + 1
        assert figure.edges[0] <= numbers.min() and figure.edges[-1] >= numbers.max()
        assert count is None or len(figure.counts) == count


def test_bars_are_as_long_as_they_count() -> None:
    lines = chart_lines(Bars([0.0, 1.0, 2.0, 3.0], [10, 5, 0]), Look(60, False, False))
    lengths = [line.count("#") for line in lines]
    assert lengths[0] == 2 * lengths[1] and lengths[2] == 0
    assert [line.split()[-1] for line in lines] == ["10", "5", "0"]
    assert "hist(x)" not in ran("x = randn(50)\nhist(x)")[0]


# ── matrices ─────────────────────────────────────────────────────────────────


def test_a_few_whole_numbers_have_a_bar_each() -> None:
    figure = preparation.bars(np.array([1.0, 2, 2, 4, 4, 4]))
    assert [line.split()[::2] for line in chart_lines(figure, Look()) if "█" in line] == [
        ["1", "1"],
        ["2", "2"],
        ["4", "3"],
    ]
    drawn = ElementTree.fromstring(svg(figure))
    tips = [str(title.text) for title in drawn.iter(f"{SVG}title")]
    assert tips[1:] == ["1: 1", "2: 2", "3: 0", "4: 3"]
    ticks = [str(text.text) for text in drawn.iter(f"{SVG}text")]
    assert sorted(ticks) == sorted(["0", "1", "2", "3", "1", "2", "3", "4"]), "there is no half of a number"


@pytest.mark.parametrize("base", [1.7e12, 1e15])
def test_large_numbers_that_differ_little_are_told_apart(base: float) -> None:
    figure = preparation.bars(base + np.array([0.5, 0.5, 9.0]))
    assert figure.counts[0] == 2 and figure.counts[-1] == 1
    assert all(a < b for a, b in zip(figure.edges, figure.edges[1:], strict=False))


@pytest.mark.parametrize("length", [10, 100, 10_000])
def test_a_title_is_not_wider_than_the_picture(length: int) -> None:
    figure = wave()
    figure.title = "words " * (length // 6)
    lines = [text for text in ElementTree.fromstring(svg(figure)).iter(f"{SVG}text") if text.get("class") == "gl-title"]
    assert 1 <= len(lines) <= 3
    assert all(len(str(line.text)) <= TITLE_LETTERS for line in lines)


def test_a_matrix_is_dark_where_it_is_low() -> None:
    rows = chart_lines(HeatMap(np.array([[0.0, 1.0], [0.5, 0.25]])), Look(80, False, False))
    assert rows[0] == " " * 8 + "@" * 8 and rows[4][0] == "+" and rows[4][8] == ":"
    assert rows[-1] == "0   ..::--==++**##%%@@ 1"
    assert (heat(0.0), heat(1.0)) == (VIRIDIS[0], VIRIDIS[-1])


def test_colours_of_a_matrix_two_rows_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    text = chart_lines(HeatMap(np.tile([[0.0], [1.0]], (20, 70))), Look(80, True))[0]
    assert text == f"\x1b[38;2;68;1;84;48;2;253;231;37m{'▀' * 70}\x1b[0m"


def test_large_matrices_are_averaged() -> None:
    numbers = np.arange(64.0).reshape(8, 8)
    assert averaged(numbers, 2, 2).tolist() == [[13.5, 17.5], [45.5, 49.5]]
    numbers[0, 0] = np.nan
    assert averaged(numbers, 8, 8) is numbers and np.isfinite(averaged(numbers, 2, 2)).all()
    assert "[100, 300] averaged down to [24, 40]" in ran("show(randn(100, 300))")[0]


def test_images_and_rows_are_matrices() -> None:
    assert ran("show(reshape(range(4), 1, 2, 2))")[0] == ran("show([[0, 1], [2, 3]])")[0]
    assert ran("show([1, 2, 3])")[0] == ran("show([[1, 2, 3]])")[0]


# ── regions ──────────────────────────────────────────────────────────────────

LINE = "X = [[0, 0], [0, 1], [4, 0], [4, 1]]\n"


def boundary(text: str) -> Regions:
    drawn: list[Any] = []
    with running("", lambda text: None):
        RUN.drew = lambda figure, name, written: drawn.append(figure)
        Session().run(Source(LINE + text), lambda diagnostic: None)
    (figure,) = drawn
    assert isinstance(figure, Regions)
    return figure


@pytest.mark.parametrize(
    "text",
    [
        "plot_boundary(x -> x[:, 0] - 1, X, [-1, -1, 1, 1])",
        "plot_boundary(x -> (x[:, 0:1] - 1) * 3, X, [-1, -1, 1, 1])",
        "plot_boundary(x -> sigmoid(x[:, 0] - 1), X, [0, 0, 1, 1])",
        "f(p) = if p[0] > 1 { 1 } else { -1 }\nplot_boundary(f, X, [-1, -1, 1, 1])",
        "plot_boundary(p -> p[0] - 1, X, [-1, -1, 1, 1])",
        "plot_boundary(p -> stack(1 - p[:, 0], p[:, 0] - 1, dim=1), X, [0, 0, 1, 1])",
    ],
)
def test_regions_change_where_the_model_does(text: str) -> None:
    figure = boundary(text)
    rows, columns = figure.classes.shape
    share = (1 - figure.x[0]) / (figure.x[1] - figure.x[0])
    for row in figure.classes:
        assert sorted(row) == row.tolist() and abs((row == 0).sum() / columns - share) < 1 / columns + 1e-9
    assert figure.point_classes == [0, 0, 1, 1] and rows == columns
    assert figure.x[0] < 0 and figure.x[1] > 4


def test_of_several_outputs_the_highest_counts() -> None:
    answers = np.array([[1.0, 3.0, 2.0], [5.0, 0.0, 0.0], [0.0, 0.0, 9.0]])
    chosen, names = preparation.decided(answers, [0.0, 2.0])
    assert chosen.tolist() == [1, 0, 2] and names == ["0", "1", "2"]
    chosen, names = preparation.decided(np.array([[0.4], [0.6], [1.9]]), [0.0, 1.0, 2.0])
    assert chosen.tolist() == [0, 1, 2] and names == ["0", "1", "2"]


@pytest.mark.parametrize("outputs", [1, 3])
def test_where_a_model_gives_nan_there_is_no_class(outputs: int) -> None:
    points, labels = np.array([[-1.0, -1.0], [1.0, 1.0]]), np.array([0.0, 1.0])
    figure = preparation.regions(
        points, labels, 8, lambda grid: np.where(grid[:, :1] < 0, np.nan, np.ones((len(grid), outputs)))
    )
    assert (figure.classes[:, :4] == -1).all() and (figure.classes[:, 4:] >= 0).all()
    assert figure.remarks == ["the model gives nan at 32 of 64 places: no class there"]
    assert "?" in "".join(chart_lines(figure, Look()))
    assert svg(figure).count('fill-opacity="0.28"') == 1


def test_regions_in_a_terminal_show_points_and_their_classes() -> None:
    text, _ = ran(LINE + "plot_boundary(x -> x[:, 0] - 1, X, [-1, -1, 1, 1])")
    assert text.count("o") == 3 and text.count("x") == 3 and "░" in text
    assert text.splitlines()[-1] == "o -1   x 1 ░░"


# ── SVG ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", figures())
def test_a_picture_is_sound_and_stands_in_its_frame(name: str) -> None:
    text = svg(figures()[name], NASTY)
    root = ElementTree.fromstring(text)
    _, _, width, height = (float(x) for x in root.attrib["viewBox"].split())
    assert root.find(f"{SVG}title") is not None and root.attrib["role"] == "img"
    for element in root.iter():
        assert "id" not in element.attrib, "several charts stand in one page"
        assert not {"onload", "href"} & set(element.attrib) and not element.tag.endswith("script")
        for key, limit in (("x", width), ("cx", width), ("y", height), ("cy", height)):
            assert 0 <= float(element.attrib.get(key, 0)) <= limit, element.attrib
        for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", element.attrib.get("d", "")):
            assert 0 <= float(x) <= width and 0 <= float(y) <= height
    style = root.find(f"{SVG}style")
    assert style is not None and style.text is not None
    rules = style.text.replace("@media (prefers-color-scheme:dark){", "")
    assert all(".gl-chart" in rule for rule in rules.split("}") if "{" in rule), "rules are about charts alone"
    assert len(text) < 250_000


def test_the_path_of_a_curve_is_its_numbers() -> None:
    figure = wave()
    root = ElementTree.fromstring(svg(figure))
    paths = {path.attrib["stroke"]: path.attrib["d"] for path in root.iter(f"{SVG}path") if "stroke" in path.attrib}
    y = Scale(float(min(figure.curves[1].y)), float(max(figure.curves[0].y)))
    frame = Frame(Scale(0.0, 49.0, is_index=True), y, 0.0, 6.0)
    for i, curve in enumerate(figure.curves):
        points = np.array([p.split() for p in re.split("[ML]", paths[series(i)])[1:]], float)
        assert len(points) == 50
        lowest, highest = points[:, 1].max(), points[:, 1].min()
        back = curve.y[0] + (lowest - points[:, 1]) / (lowest - highest) * (curve.y.max() - curve.y.min())
        wanted = curve.y if i == 0 else curve.y - curve.y.min()
        assert back == pytest.approx(wanted, abs=2 * (y.high - y.low) / 300)
        assert points[:, 0] == pytest.approx(np.linspace(frame.left, frame.right, 50), abs=0.11)


def test_files_are_written_beside_the_program_and_nothing_is_printed(tmp_path: Path) -> None:
    program = 'X = [[0, 0], [1, 1]]\nplot([1, 2], file="a.svg")\nhist([1, 2], file="b.svg", title="T & U")\n'
    program += 'show(X, file="c.svg")\nplot_boundary(x -> x[:, 0], X, [0, 1], file="d.SVG")'
    assert ran(program, str(tmp_path))[0] == ""
    assert sorted(os.listdir(tmp_path)) == ["a.svg", "b.svg", "c.svg", "d.SVG"]
    assert "<title>T &amp; U</title>" in (tmp_path / "b.svg").read_text(encoding="utf-8")


# ── what is said where something may not be drawn ────────────────────────────


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("plot()", "E0204", "needs numbers"),
        ("plot([])", "E0410", "is empty"),
        ('plot("losses")', "E0301", "this is text"),
        ("plot(randn(3, 4))", "E0301", "[3, 4]"),
        ("y = [1, 2]\nplot(y, x=[1])", "E0409", "`y` has 2 numbers, and x has 1"),
        ("plot([1], log=2)", "E0301", "log is true or false"),
        ("plot([1], title=2)", "E0301", "a title is text"),
        ('plot([1], file="loss.png")', "E0308", '"loss.png" is named otherwise'),
        ('plot([1], file="no/loss.svg")', "E0603", '"no/loss.svg"'),
        ("plot([1], file=3)", "E0301", "a file name is text"),
        ("hist([])", "E0410", "is empty"),
        ("hist([nan])", "E0410", "no number is finite"),
        ("hist([1], bins=0)", "E0308", "from 1 to 1000"),
        ("hist([1], bins=1.5)", "E0407", "whole number"),
        ("show(randn(2, 3, 4))", "E0301", "[2, 3, 4]"),
        ("show([])", "E0410", "is empty"),
        ("plot_boundary(1, [[1, 2]], [1])", "E0203", "asks a model"),
        ("plot_boundary(x -> x, [[1, 2, 3]], [1])", "E0409", "two numbers each"),
        ("plot_boundary(x -> x, [[1, 2]], [1, 2])", "E0409", "1 points, and 2 labels"),
        ("plot_boundary(x -> x, [[nan, 2]], [1])", "E0410", "finite"),
        ('plot_boundary(x -> "a", [[1, 2]], [1])', "E0301", "gives text"),
        ("plot_boundary(mlp(3, [1]), [[1, 2]], [1])", "E0401", "3 inputs"),
        ("plot_boundary(x -> x, randn(20, 2), randn(20))", "E0308", "at most 12"),
    ],
)
def test_faults_are_in_the_words_of_the_program(tmp_path: Path, text: str, code: str, part: str) -> None:
    found, message = fault(text, str(tmp_path))
    assert found == code and part in message
    assert os.listdir(tmp_path) == []


# ── without a trace ──────────────────────────────────────────────────────────

TRAINED = """
X, y = make_moons(20)
model = mlp(2, [4, 1])
loss = mse_loss(model(X)[:, 0], y)
backward(loss)
"""


def test_drawing_changes_nothing() -> None:
    def state(text: str) -> Any:
        _, session = ran(TRAINED + text)
        boxes: list[Box] = session.names()["model"].boxes
        return draws.GENERATOR.state(), [np.asarray(b.grad).tolist() for b in boxes], session.names()["loss"].grad

    assert state("plot_boundary(model, X, y)\nplot(loss)\nshow(model(X))\nhist(y)") == state("")


@pytest.mark.parametrize("backend", ["auto", "llvm", "replay", "interp"])
def test_a_loop_that_draws_draws_in_every_pass(backend: str) -> None:
    text, _ = ran("for i in range(60) { plot([i, i + 1]) }", backend=backend)
    assert text.count("└") == 60


def test_trying_out_neither_prints_nor_writes(tmp_path: Path) -> None:
    written: list[str] = []
    with running(str(tmp_path), written.append):
        session = Session(interactive=True)
        with session.scratch():
            session.run(Source("plot([1, 2])"), lambda d: None)
            with pytest.raises(GradlangError):
                session.run(Source('plot([1, 2], file="a.svg")'), lambda d: None)
    assert written == [] and os.listdir(tmp_path) == []


def test_the_check_finds_nothing_to_say(tmp_path: Path) -> None:
    path = tmp_path / "program.grad"
    drawing = 'plot(losses)\nplot(losses, log=true, file="loss.svg")\nplot_boundary(model, X, y)\n'
    drawing += "hist(X)\nshow(model(X))\nplot_boundary(p -> p[0] - p[1], X, y)\n"
    loop = "losses = []\nfor i in range(30) {\n  losses = append(losses, loss.item())\n}\n"
    path.write_text(TRAINED + loop + drawing, encoding="utf-8")
    checked = subprocess.run([sys.executable, "-m", "gradlang", "check", path], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")
    assert os.listdir(tmp_path) == ["program.grad"]


def test_colours_are_for_terminals() -> None:
    assert "\x1b[" in ran("plot([1, 2])", color=True)[0] and "\x1b[" not in ran("plot([1, 2])")[0]
    code = [sys.executable, "-m", "gradlang", "-c", "plot([1, 2])"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "40"}
    written = subprocess.run(code, capture_output=True, check=True, env=environment).stdout.decode("ascii")
    assert max(map(len, written.splitlines())) <= 40 and "\x1b" not in written
    code[3:3] = ["--color", "always"]
    assert b"\x1b[" in subprocess.run(code, capture_output=True, check=True, env=environment).stdout


def test_whoever_keeps_charts_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, str, str]] = []
    with running(str(tmp_path), lambda text: None):
        RUN.drew = lambda figure, name, text: told.append((type(figure).__name__, name, text[:4]))
        program = 'x = [1, 2]\nplot(x)\nhist(x, file="h.svg")\nshow(x)'
        Session().run(Source(program), lambda d: None)
    assert [(kind, name) for kind, name, _ in told] == [
        ("Curves", "x"), ("Bars", "how often which numbers of x occur"), ("HeatMap", "the numbers of x"),
    ]  # fmt: skip
    assert [bool(text) for _, _, text in told] == [True, False, True]


# ── :grads ───────────────────────────────────────────────────────────────────


def test_norms_by_layer() -> None:
    _, session = ran(TRAINED + "k(n) = { param w = [3, 4]\n v -> v * w }\nf = k(1)\nparam alone = 2")
    names = session.names()
    lines = plain(listings.gradients(names, None, 100)).splitlines()
    rows = {row[0]: row[1:] for row in (re.split(r"\s{2,}", line) for line in lines[lines.index("") + 1 :])}
    assert list(rows) == ["layer", "model.layer1", "model.layer2", "f", "all"]
    model: list[Box] = names["model"].boxes
    length = np.sqrt(sum(float((box.value.data**2).sum()) for box in model[:2]))
    slope = np.sqrt(sum(float((np.asarray(box.grad) ** 2).sum()) for box in model[:2]))
    count, norm, gradient, part = rows["model.layer1"]
    assert count == "12" and float(norm) == pytest.approx(length, abs=1e-4)
    assert float(gradient) == pytest.approx(slope, abs=1e-4)
    assert float(part) == pytest.approx(slope / length, rel=0.05)
    assert rows["f"] == ["2", "5", "—", "—"]
    assert rows["all"][0] == "19"


def test_norms_neither_overflow_nor_hide_what_is_not_finite() -> None:
    assert listings.norm([np.array([3e200, 4e200])]) == pytest.approx(5e200)
    assert listings.norm([3.0, np.array([4.0]), np.zeros(0)]) == pytest.approx(5)
    assert np.isnan(listings.norm([np.array([1.0, np.nan]), 2.0]))
    assert listings.norm([np.array([1.0, np.inf])]) == np.inf
    assert listings.norm([0.0]) == 0.0


def test_programs_without_layers_have_no_second_table() -> None:
    _, session = ran("param w = 2\nbackward(w * w)")
    lines = plain(listings.gradients(session.names(), None, 80)).splitlines()
    assert len(lines) == 2 and isinstance(session.names()["w"], Box | Value)
