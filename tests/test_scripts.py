"""The programs in scripts/ print what they printed before, and do what their comments promise."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from conftest import Keep
from expectations import same

import gradlang

SCRIPTS = Path(__file__).parent.parent / "scripts"
KEPT = Path(__file__).parent / "golden" / "scripts"
NAMES = sorted(file.stem for file in SCRIPTS.glob("*.grad"))


class Run:
    """A script's output and what it left behind; each script is run once."""

    seen: dict[str, Run] = {}

    def __init__(self, name: str) -> None:
        out: list[str] = []
        self.result = gradlang.run_file(str(SCRIPTS / f"{name}.grad"), output=out.append)
        self.output = "".join(out)


def ran(name: str) -> Run:
    if name not in Run.seen:
        Run.seen[name] = Run(name)
    return Run.seen[name]


@pytest.mark.parametrize("name", NAMES)
def test_output(name: str, kept: Keep) -> None:
    assert same(ran(name).output, kept(KEPT / f"{name}.out", ran(name).output))


def test_every_output_has_its_script() -> None:
    assert sorted(file.stem for file in KEPT.iterdir()) == NAMES


def test_no_script_warns() -> None:
    assert [name for name in NAMES if ran(name).result.warnings] == []


def test_lecture_learns_all_four_answers() -> None:
    values = ran("lecture").result.values
    assert abs(values["predictions"] - values["ys"]).max() < 0.1


def test_xor_is_solved() -> None:
    assert re.findall(r"rounded (\d) wanted (\d)", ran("xor").output) == [
        ("0", "0"),
        ("1", "1"),
        ("1", "1"),
        ("0", "0"),
    ]


def test_log_prints_micrograds_figures() -> None:
    result = ran("test_log").result
    assert result["y"].tolist() == pytest.approx([math.log(x) for x in (0.1, 0.2, 0.3)])
    assert result["total"] == pytest.approx(-5.1159959, abs=1e-6)
    assert result.gradients["x"].tolist() == pytest.approx([10, 5, 10 / 3])


def test_moons_are_told_apart() -> None:
    assert ran("moons").result["accuracy"] == 1


def test_newton_finds_the_minimum() -> None:
    assert ran("newton").result["x"] == pytest.approx(9 / 4)


def test_linreg_explains_a_part() -> None:
    shares = [float(x) for x in re.findall(r"R² .*: +(\d.\d+)", ran("linreg").output)]
    assert len(shares) == 2 and min(shares) > 0.4


def test_iris_is_right_on_rows_it_never_saw() -> None:
    match = re.search(r"never saw: +([\d.]+) %", ran("iris").output)
    assert match and float(match[1]) >= 95
