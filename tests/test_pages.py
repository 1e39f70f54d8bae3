"""Every code is shown: the programs on its page do what the page says, and its rendering is the kept one.

A rendering is of the page's own failing program, or of CODE.grad in
tests/golden/diagnostics where that needs files (they stand in files/).
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import Keep
from expectations import failed, programs

import gradlang
from gradlang import Limits
from gradlang.analysis.mistakes.findings import findings
from gradlang.diagnostics import GradlangError
from gradlang.diagnostics.codes import CODES, page

KEPT = Path(__file__).parent / "golden" / "diagnostics"
NOT_SHOWN = {
    "E0608": "it depends on what is installed",
    "E0909": "a process that dies; test_sandbox lets some die",
    "E0999": "a mistake of gradlang itself, which no program is known to bring out",
    "W0602": "a warning of drawing, which no check does",
}

LIMITED = {  # what is an error only within limits
    "E0903": Limits(cost=100_000),
    "E0904": Limits(elements=1_000_000),
    "E0905": Limits(text=1000),
    "E0906": Limits(output=1000),
    "E0907": Limits(source=10),
    "E0908": Limits(seconds=0.5),
}


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
    else:
        reported = failed(program, str(folder)) or findings(program.source).diagnostics
    rendered = str(GradlangError(reported)) + "\n"
    here = folder.resolve()
    for path, name in ((f'"{here}/"', '"/folder/"'), (f"{here}/", ""), (f"{here.parent}/", "/")):
        rendered = rendered.replace(path, name)
    return [d.code for d in reported], rendered


@pytest.mark.parametrize("code", [code for code in CODES if code not in NOT_SHOWN])
def test_rendering(code: str, tmp_path: Path, kept: Keep) -> None:
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
    shown = {f"{code}.txt" for code in CODES if code not in NOT_SHOWN}
    assert {file.name for file in KEPT.glob("*.txt")} == shown
    assert {file.stem for file in KEPT.glob("*.grad")} <= {code for code in CODES if not fence(code, "Fails")}
