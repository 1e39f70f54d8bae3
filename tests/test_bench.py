"""The harness of tests/bench works: peers start alike, arrive at the same loss, and one that does not is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parent / "bench"
ONLY = ["--peers", "numpy_by_hand", "--backend", "interp"]
sys.path.append(str(BENCH))

import table  # noqa: E402
from peers import Reading  # noqa: E402
from readings import Bench  # noqa: E402
from workloads import WORKLOADS, Problem, make_numbers  # noqa: E402


@pytest.fixture(scope="module")
def lecture() -> Problem:
    return make_numbers(WORKLOADS["lecture"])


def test_the_command_writes_a_table(tmp_path: Path) -> None:
    written = tmp_path / "table.md"
    command = [sys.executable, str(BENCH / "run.py"), "lecture", "--rounds", "2"]
    done = subprocess.run([*command, *ONLY, "--markdown", str(written)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cells = [[c.strip() for c in line.split("|")[1:-1]] for line in written.read_text().splitlines() if "|" in line]
    assert cells[0] == list(table.HEADER)
    assert [row[:2] for row in cells[2:]] == [
        ["lecture", "gradlang"],
        ["", "NumPy by hand"],
    ]
    assert "NumPy by hand" in done.stdout


def test_an_unknown_workload_is_a_usage_error() -> None:
    done = subprocess.run([sys.executable, str(BENCH / "run.py"), "moon"], capture_output=True, text=True)
    assert done.returncode == 2 and "moons" in done.stderr


def test_numbers_survive_the_file(lecture: Problem, tmp_path: Path) -> None:
    lecture.save(tmp_path)
    again = Problem.load(tmp_path, "lecture")
    assert again.sizes == [3, 4, 4, 1]
    assert again.flat.shape == (41,) and (again.flat == lecture.flat).all()
    assert len(again.losses) == lecture.steps and again.losses == lecture.losses


def test_training_by_hand_follows_the_losses(lecture: Problem) -> None:
    from peers import numpy_by_hand

    assert numpy_by_hand.lecture(lecture)(100) == pytest.approx(lecture.expected(100), rel=1e-9)
    assert numpy_by_hand.loss_after(lecture, 200) < lecture.losses[-1]


def test_another_loss_is_a_mistake_and_no_row(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [], rounds=2, threads=1)
    readers = {
        "gradlang": lambda: Reading(2.0, 5, 1.0),
        "right": lambda: Reading(1.0, 5, 1.0 + 1e-10),
        "wrong": lambda: Reading(1.0, 5, 1.0 + 1e-8),
        "lost": lambda: Reading(1.0, 5, float("nan")),
    }
    assert bench.measured("lecture", readers, lambda reading: 1.0) == [{"gradlang": 2.0, "right": 1.0}] * 2
    assert [text.split()[1] for text in bench.mistakes] == ["wrong", "lost"]


def test_ratios_are_medians_of_each_rounds_ratio() -> None:
    rounds = [
        {"gradlang": 1.0, "C -O3": 1.0, "C, tiles": 0.5},
        {"gradlang": 6.0, "C -O3": 2.0, "C, tiles": 1.0},
        {"gradlang": 2.0, "C -O3": 1.0, "C, tiles": 0.8},
    ]
    rows = table.rows("moons", "step", rounds, {"C": 2.0})
    assert [(row.peer, row.ratio, row.goal) for row in rows] == [
        ("gradlang", None, None),
        ("C, tiles", 2.5, 2.0),
        ("C -O3", 2.0, None),
    ]
    assert rows[1].cells == ("moons", "C, tiles", "800 ms / step", "2.5", "≤ 2")


def test_figures_are_short() -> None:
    assert [table.duration(x) for x in (2.5e-9, 0.000_454, 0.0123, 8.25)] == ["2.5 ns", "454 µs", "12.3 ms", "8.25 s"]
    assert [table.figure(x) for x in (0.00089, 0.98, 1.346, 168.4)] == ["0.00089", "0.98", "1.35", "168"]
