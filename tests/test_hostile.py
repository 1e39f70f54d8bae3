"""Programs and files that were made to do harm: each ends in a plain error, and costs what it takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import gradlang
from gradlang.diagnostics import LONGEST, MOST_ERRORS, GradlangError
from gradlang.diagnostics.libraries import NEAR, meant
from gradlang.engine.limits import Limits
from gradlang.engine.value import STATE
from gradlang.language.runtime import running
from gradlang.session import Session
from gradlang.source import Source

WIDE = Limits(cost=10**12, elements=10**7, text=10**7, output=10**7)


def failure(program: str, limits: Limits | None = WIDE, folder: Path | str = ".") -> GradlangError:
    with running(str(folder), lambda text: None, limits=limits), pytest.raises(GradlangError) as caught:
        Session().run(Source(program, "program"), lambda warning: None)
    return caught.value


def code(program: str, limits: Limits | None = WIDE, folder: Path | str = ".") -> str:
    return failure(program, limits, folder).diagnostics[0].code


def spent(program: str, folder: Path | str = ".") -> int:
    with running(str(folder), lambda text: None, limits=WIDE):
        Session().run(Source(program, "program"), lambda warning: None)
        assert STATE.budget is not None
        return STATE.budget.spent


# ── tables ───────────────────────────────────────────────────────────────────


def test_columns_asked_for_again_and_again_are_counted(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1,2\n" * 20_000)
    program = 'x = load_csv("data.csv", columns=[0 for i in range(1000)])'
    assert code(program, Limits(elements=10**6), tmp_path) == "E0904"
    assert code(program, Limits(cost=10**5), tmp_path) == "E0903"


def test_columns_may_be_asked_for_twice(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1,2,3\n4,,6\n")
    with running(str(tmp_path)):
        session = Session()
        session.run(Source('x = load_csv("data.csv", columns=[2, 0, 2, 1], missing=7)'), lambda warning: None)
        assert session.names()["x"].data.tolist() == [[3, 1, 3, 2], [6, 4, 6, 7]]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say what a process holds")
def test_cells_of_a_table_take_memory(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("11," * 2_000_000 + "1")
    program = 'print(len(load_csv("data.csv")))'  # in a process of its own: here there may be room that was used before
    command = [sys.executable, "-P", "-m", "gradlang", "--limit-memory", "240M", "-c", program]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "E0902" in ended.stderr


def test_rows_of_a_table_are_work(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1,2\n" * 10_000)
    assert spent('x = load_csv("data.csv")', tmp_path) > 10_000


def test_a_long_header_is_told_in_short(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(",".join([f"name{i}" for i in range(10_000)]) + "\n" + "1," * 9_999 + "1\n")
    told = failure('x = load_csv("data.csv", columns=["nam"])', folder=tmp_path).diagnostics[0]
    assert told.help[-1].endswith("name11 and 9,988 more")


# ── what is said ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "program",
    [
        "a" * 100_000,
        f"f({', '.join([f'x{i}' for i in range(20_000)])}) = 1\nf(1)",
        f"import {'m' * 100_000}",
        f'load_csv("{"f" * 100_000}")',
        "p." + "a" * 100_000,
    ],
    ids=["a name", "missing arguments", "a module", "a file", "a part"],
)
def test_nothing_is_said_at_length(program: str) -> None:
    error = failure(program)
    assert len(str(error)) < 3 * LONGEST
    assert "…" in str(error)


@pytest.mark.parametrize("program", ["a\n" * 3000, "f(x, x) = 1\n" * 3000, "1 +\n)\n" * 3000])
def test_not_every_mistake_is_told(program: str) -> None:
    assert len(failure(program).diagnostics) == MOST_ERRORS


class Text(str):
    """Tells how much of it is looked at."""

    longest = 0

    def __getitem__(self, at: object) -> str:
        part = super().__getitem__(at)  # type: ignore[index]
        Text.longest = max(Text.longest, len(part))
        return part


def test_a_name_is_explained_by_what_stands_near_it() -> None:
    text = Text("x[" + "None, " * 10_000 + "None]")
    found = meant(text, len(text) - 5, len(text) - 1, lambda name: False)
    assert found is None
    assert Text.longest <= NEAR


def test_half_a_character_is_the_programs_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(GradlangError, match="E0603.*U\\+D800"):
            gradlang.run("print(s)", s="\ud800")


# ── work and sizes ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("spec", ["9" * 5000, "." + "9" * 5000 + "f", "9" * 5000 + "d"])
def test_a_width_of_many_digits_is_no_format(spec: str) -> None:
    assert code(f'f"{{1:{spec}}}"') == "E0109"
    assert code(f'f"{{1:{spec}}}"', None) == "E0109"


def test_texts_are_compared_character_by_character() -> None:
    texts = 't = "a" * 100000\nxs = [t + str(i) for i in range(100)]\n'
    assert spent(texts + "ys = sorted(xs)") - spent(texts) > 500_000
    assert spent(texts + "ys = vocab(xs)") - spent(texts) > 500_000
    assert spent("ys = sorted(range(1000))") < 2000


def test_an_import_costs_what_reading_it_takes(tmp_path: Path) -> None:
    (tmp_path / "long.grad").write_text("x = 1\n" * 1000)
    assert spent("import long", tmp_path) > 50_000


@pytest.mark.parametrize(
    "program",
    [
        "zeros(0, 10**10, 10**10)",
        "reshape(zeros(0), 0, 2**62)",
        "zeros(2**39, 1, 0) + zeros(1, 2**39, 0)",
        "ones(2**21, 0) @ ones(0, 2**21)",
        "linear(10**8, 10**8)",
    ],
)
def test_sizes_beyond_all_memory(program: str) -> None:
    assert code(program, None) == "E0902"
    assert code(program) in ("E0902", "E0904")


def test_the_limit_that_was_set_is_named_first() -> None:
    assert code("eye(1e9)") == "E0904"
    assert code("hist([1, 2], bins=10**7)") == "E0308"


@pytest.mark.parametrize("number", ["5e-324", "1e-310", "1e308"])
def test_the_ends_of_numbers_are_drawn(number: str) -> None:
    assert spent(f"plot([{number}, 0], log=true)\nplot([{number}, 1], log=true)\nplot([{number}])") > 0
