"""Every code is shown: the programs on its page do what the page says, and its rendering is the kept one.

A rendering is of the page's own failing program, or of CODE.grad in
tests/golden/diagnostics where that needs files (they stand in files/) or more
than a program can do (what that is, `AROUND` says).
"""

from __future__ import annotations

import re
import shutil
import signal
from pathlib import Path

import pytest
from conftest import Keep
from expectations import failed, programs

import gradlang
from gradlang import Limits
from gradlang.analysis.mistakes.findings import findings
from gradlang.diagnostics import GradlangError
from gradlang.diagnostics.codes import CODES, page
from gradlang.language import builtins
from gradlang.source import Span
from gradlang.worker import unsaid

KEPT = Path(__file__).parent / "golden" / "diagnostics"
LIMITED = {  # what is an error only within limits
    "E0903": Limits(cost=100_000),
    "E0904": Limits(elements=1_000_000),
    "E0905": Limits(text=1000),
    "E0906": Limits(output=1000),
    "E0907": Limits(source=10),
    "E0908": Limits(seconds=0.5),
}


def without_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is installed that another program could start."""
    monkeypatch.setenv("PATH", "")


def with_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of ours: no program is known to bring one out."""

    def broken(x: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(builtins.lookup("len"), "function", broken)


AROUND = {"E0608": without_programs, "E0999": with_a_mistake}


def fence(code: str, heading: str) -> str:
    """The gradlang program under a heading of a page; empty where the page shows something else."""
    match = re.search(rf"^## {heading}\n\n```gradlang\n(.*?)^```$", page(code) or "", re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


def failing(code: str) -> str:
    file = KEPT / f"{code}.grad"
    return file.read_text(encoding="utf-8") if file.exists() else fence(code, "Fails")


def run(text: str, name: str, folder: Path) -> tuple[list[str], str]:
    """The codes that a run reports, or else a check, and how they look; files are named without their folder."""
    shutil.copytree(KEPT / "files", folder, dirs_exist_ok=True)
    (program,) = programs(text, name)
    if name[:5] in LIMITED:
        with pytest.raises(GradlangError) as caught:
            gradlang.run(text, filename=name, limits=LIMITED[name[:5]])
        reported = caught.value.diagnostics
    elif name == "E0909.grad":  # as if it had been killed at its last statement; test_sandbox lets some be
        start = text.index("while")
        reported = unsaid(-signal.SIGKILL, Span(program.source, start, len(text) - 1)).diagnostics
    else:
        found = findings(program.source).diagnostics
        # where the text shows a mistake, a run may show what comes of it under another code
        is_lint = name[0] == "W" and name[:5] in [d.code for d in found]
        reported = found if is_lint else failed(program, str(folder)) or found
    rendered = str(GradlangError(reported)) + "\n"
    here = folder.resolve()
    for path, name in ((f'"{here.name}/"', '"folder/"'), (f"{here}/", "")):
        rendered = rendered.replace(path, name)
    return [d.code for d in reported], rendered


@pytest.mark.parametrize("code", CODES)
def test_rendering(code: str, tmp_path: Path, kept: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    AROUND.get(code, lambda monkeypatch: None)(monkeypatch)
    codes, rendered = run(failing(code), f"{code}.grad", tmp_path)
    assert codes[0] == code, rendered
    assert rendered == kept(KEPT / f"{code}.txt", rendered)


@pytest.mark.parametrize("code", [code for code in CODES if fence(code, "Fails")])
def test_the_page_fails_and_mends(code: str, tmp_path: Path) -> None:
    codes, rendered = run(fence(code, "Fails"), code, tmp_path)
    assert codes[0] == code, rendered
    codes, rendered = run(fence(code, "Mended"), code, tmp_path)
    assert not codes, rendered


def test_nothing_is_kept_that_is_not_compared() -> None:
    assert {file.name for file in KEPT.glob("*.txt")} == {f"{code}.txt" for code in CODES}
    assert {file.stem for file in KEPT.glob("*.grad")} <= {code for code in CODES if not fence(code, "Fails")}
