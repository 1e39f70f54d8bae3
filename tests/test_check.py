"""`gradlang check`: what it hands out, in which form, with which exit code, and what it mends."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gradlang import cli
from gradlang.diagnostics import Diagnostic, Fix, Label
from gradlang.diagnostics.exchange import github_line, render_sarif
from gradlang.source import Source, Span
from gradlang.whole_file import no_writing

CLEAN = "param w = 1.0\nbackward(w**2)\nprint(w.grad)\n"
WARNS = "sum = 3\nprint(sum)\n"
BROKEN = "x = (1 +\ny = )\nprint(nothing)\n"
SHAPES = "x = [1, 2, 3]\nfor i in range(2) { y = x @ [1, 2] }\n"
Captured = pytest.CaptureFixture[str]


def run(*arguments: str | Path) -> int:
    return cli.main(["check", *map(str, arguments)])


def lines(text: str) -> list[str]:
    """The titles of what is reported."""
    return re.findall(r"^(?:error|warning)\[.*", text, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"clean": CLEAN, "warns": WARNS, "broken": BROKEN, "shapes": SHAPES}.items():
        (tmp_path / f"{name}.grad").write_text(text)
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))


# ── findings and exit codes ──────────────────────────────────────────────────


def test_a_program_without_mistakes(folder: Path, capfd: Captured) -> None:
    assert run("clean.grad") == 0
    assert capfd.readouterr() == ("", "")


def test_a_warning_is_no_failure(folder: Path, capfd: Captured) -> None:
    assert run("warns.grad") == 0
    out, err = capfd.readouterr()
    assert lines(out) == ["warning[W0201]: `sum` hides the builtin of that name"]
    assert err == "1 warning in 1 file\n"
    assert run("--strict", "warns.grad") == 1
    assert run("--strict", "clean.grad") == 0


def test_all_mistakes_of_a_broken_program(folder: Path, capfd: Captured) -> None:
    assert run("broken.grad", "warns.grad") == 1
    out, err = capfd.readouterr()
    assert {"--> broken.grad:1:5", "--> broken.grad:3:7", "--> warns.grad:1:1"} <= set(re.findall("--> .*", out))
    assert "error[E0201]: there is no `nothing`" in out
    assert re.fullmatch(r"\d errors, 1 warning in 2 files\n", err)


def test_what_only_a_run_can_show(folder: Path, capfd: Captured) -> None:
    assert run("shapes.grad") == 1
    assert lines(capfd.readouterr().out) == ["error[E0401]: cannot matrix-multiply [3] @ [2]"]
    assert run("--no-run", "shapes.grad") == 0
    assert capfd.readouterr() == ("", "")


def test_a_dry_run_leaves_no_trace(folder: Path, capfd: Captured) -> None:
    (folder / "writes.grad").write_text(
        'm = mlp(2, [1])\nprint(m)\nsave(m, "m.safetensors")\nload(m, "m.safetensors")\n'
    )
    assert run("writes.grad") == 0
    assert capfd.readouterr() == ("", "")
    assert not (folder / "m.safetensors").exists()


def test_allowed_warnings(folder: Path, capfd: Captured) -> None:
    (folder / "warns.grad").write_text("sum = 3  # allow W0201\nprint(sum)\n")
    (folder / "gap.csv").write_text("a,b\n1,\n2,3\n")
    (folder / "read.grad").write_text('# allow W0601\nX = load_csv("gap.csv")\nprint(X.shape)\n')
    assert run("--strict", "warns.grad", "read.grad") == 0
    assert capfd.readouterr() == ("", "")


def test_a_mistake_of_an_imported_file_is_told_once(folder: Path, capfd: Captured) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "shared.grad").write_text("f(x) = x @ [1, 2]\ny = f([1, 2, 3])\n")
    (folder / "lib" / "one.grad").write_text("import shared\nprint(shared.f([1, 2]))\n")
    (folder / "lib" / "two.grad").write_text("import shared\nprint(shared.f([2, 3]))\n")
    assert run("lib") == 1
    out, err = capfd.readouterr()
    assert re.findall("--> .*", out)[0] == "--> lib/shared.grad:1:8"
    assert len(lines(out)) == 1 and err == "1 error in 1 file\n"


def test_folders_files_and_what_cannot_be_read(folder: Path, capfd: Captured) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "latin.grad").write_bytes(b"x = '\xe4'\n")
    assert run("below", "nowhere.grad", "warns.grad", "./warns.grad") == 1
    out, err = capfd.readouterr()
    assert [line[:16] for line in lines(out)] == ['error[E0602]: "b', "error[E0601]: ca", "warning[W0201]: "]
    assert err == "2 errors, 1 warning in 3 files\n"


def test_standard_input(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    typed(monkeypatch, SHAPES)
    assert run("-") == 1
    assert "--> <standard input>:2:" in capfd.readouterr().out


def test_a_mistake_of_ours_is_told_as_such(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    def fails(source: Source) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("gradlang.analysis.mistakes.findings.findings", fails)
    assert run("clean.grad") == 70
    assert "E0999" in capfd.readouterr().out


def test_usage(capfd: Captured) -> None:
    for arguments in ([], ["--nonsense", "x"], ["--output-format", "xml", "x"]):
        with pytest.raises(SystemExit) as stopped:
            run(*arguments)
        assert stopped.value.code == 2
    assert "usage: gradlang check" in capfd.readouterr().err


def test_color(folder: Path, capfd: Captured) -> None:
    run("--color", "always", "warns.grad")
    assert "\x1b[" in capfd.readouterr().out


# ── forms ────────────────────────────────────────────────────────────────────


def test_json(folder: Path, capfd: Captured) -> None:
    assert run("--output-format", "json", "shapes.grad", "warns.grad") == 1
    out, err = capfd.readouterr()
    assert [(d["code"], d["file"], d["line"]) for d in json.loads(out)] == [
        ("E0401", "shapes.grad", 2),
        ("W0201", "warns.grad", 1),
    ]
    assert err == "1 error, 1 warning in 2 files\n"
    assert run("--output-format", "json", "clean.grad") == 0
    assert json.loads(capfd.readouterr().out) == []


def test_github(folder: Path, capfd: Captured) -> None:
    assert run("--output-format", "github", "warns.grad", "clean.grad") == 0
    (line,) = capfd.readouterr().out.splitlines()
    assert line.startswith("::warning file=warns.grad,line=1,endLine=1,col=1,endColumn=4,title=W0201::`sum` hides")


def finding() -> Diagnostic:
    source = Source("日本 = '𝛼' + 1\n", "a,b: 100%.grad")
    span = Span(source, 5, 12)
    return Diagnostic(
        "E0301",
        "50% of\nthis: no",
        span,
        labels=[Label(Span(source, 5, 8), "text")],
        help=["leave it"],
        fixes=[Fix("leave it out", [(Span(source, 8, 12), "")])],
    )


def test_github_escapes() -> None:
    assert github_line(finding()) == (
        "::error file=a%2Cb%3A 100%25.grad,line=1,endLine=1,col=6,endColumn=13,title=E0301::"
        "50%25 of%0Athis: no%0Aline 1: text%0Ahelp: leave it"
    )


def test_sarif(folder: Path, capfd: Captured) -> None:
    assert run("--output-format", "sarif", "shapes.grad", "warns.grad") == 1
    document = json.loads(capfd.readouterr().out)
    (done,) = document["runs"]
    assert document["version"] == "2.1.0" and done["columnKind"] == "unicodeCodePoints"
    rules = done["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["E0401", "W0201"]
    assert "## Mended" in rules[0]["help"]["markdown"]
    assert [(r["ruleId"], r["level"], rules[r["ruleIndex"]]["id"]) for r in done["results"]] == [
        ("E0401", "error", "E0401"),
        ("W0201", "warning", "W0201"),
    ]
    place = done["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "shapes.grad"}
    assert place["region"] == {"startLine": 2, "startColumn": 25, "endLine": 2, "endColumn": 35}


def test_sarif_places_fixes_and_names() -> None:
    (result,) = json.loads(render_sarif([finding()]))["runs"][0]["results"]
    where = {"uri": "a%2Cb%3A%20100%25.grad"}
    region = {"startLine": 1, "startColumn": 6, "endLine": 1, "endColumn": 13}
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": where, "region": region}}]
    (fix,) = result["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"] == where
    assert change["replacements"] == [
        {"deletedRegion": {**region, "startColumn": 9}, "insertedContent": {"text": ""}},
    ]
    assert result["relatedLocations"][0]["message"] == {"text": "text"}


def test_sarif_of_nothing() -> None:
    (done,) = json.loads(render_sarif([]))["runs"]
    assert done["results"] == done["tool"]["driver"]["rules"] == []


# ── mending ──────────────────────────────────────────────────────────────────

MENDS = {
    "operators": ("x = 3 && !4\ny = 2^3\n", "x = 3 and not 4\ny = 2**3\n"),
    "definitions": ("def f(x) { x }\nlet y = f(1)\n", "f(x) = { x }\ny = f(1)\n"),
    "bodies": ("if true: print(1)\nelif false { print(2) }\n", "if true { print(1) }\nelse if false { print(2) }\n"),
    "comments": ("// what follows\nprint(1)\n", "# what follows\nprint(1)\n"),
    "constants": ("x = True\ny = None\n", "x = true\ny = none\n"),
    "one after the other": ("x = “a” && (True ≤ 3)\n", 'x = "a" and (true <= 3)\n'),
    "graphs": (
        "param w = 1.0\nt = 0\nfor i in range(3) { l = w**2; backward(l); w -= w.grad; t += l }\nprint(t)\n",
        "param w = 1.0\nt = 0\nfor i in range(3) { l = w**2; backward(l); w -= w.grad; t += l.item() }\nprint(t)\n",
    ),
    "line ends": ("x = 3 && 4\r\n# é\r\n", "x = 3 and 4\r\n# é\r\n"),
    "what is a choice": ("x = 3\nx == 4\npritn(x)\ny = 2x // a note\n", "x = 3\nx == 4\npritn(x)\ny = 2x // a note\n"),
    "what is right": (CLEAN, CLEAN),
}


@pytest.mark.parametrize("name", MENDS)
def test_fixes(name: str, folder: Path, capfd: Captured) -> None:
    before, after = MENDS[name]
    (folder / "a.grad").write_bytes(before.encode())
    run("--fix", "--no-run", "a.grad")
    assert (folder / "a.grad").read_bytes().decode() == after
    run("--fix", "--no-run", "a.grad")
    assert (folder / "a.grad").read_bytes().decode() == after


def test_the_rest_is_reported(folder: Path, capfd: Captured) -> None:
    (folder / "a.grad").write_text("x = true && false\nprint(nothing)\n")
    assert run("--fix", "a.grad", "clean.grad") == 1
    out, err = capfd.readouterr()
    assert lines(out) == ["error[E0201]: there is no `nothing`"]
    assert err == "1 error in 1 file; 1 file mended\n"
    (folder / "a.grad").write_text("x = true && true\n")
    assert run("--fix", "a.grad") == 0
    assert capfd.readouterr() == ("", "1 file mended\n")


@pytest.mark.parametrize("command", ["check", "fmt", "test"])
def test_a_folder_without_programs_is_a_mistake(command: str, folder: Path, capfd: Captured) -> None:
    (folder / "empty").mkdir()
    assert cli.main([command, "empty"]) == 1
    assert 'there is no program, *.grad, below "empty"' in "".join(capfd.readouterr())


def test_a_parameter_that_is_bound_anew_is_updated_instead(folder: Path) -> None:
    text = "param w = 1.0\nfor i in range(9) {{\n  backward((w - 3)**2)\n  w {}0.1 * w.grad\n}}\nprint(w)\n"
    (folder / "a.grad").write_text(text.format("= w - "))
    assert run("--fix", "a.grad") == 0
    assert (folder / "a.grad").read_text() == text.format("-= ")


def test_fixes_of_standard_input(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> None:
    typed(monkeypatch, "x = 3 && 4\nprint(größe)\n")
    assert run("--fix", "-") == 1
    sys.stdout.flush()
    out, err = capfd.readouterr()
    assert out == "x = 3 and 4\nprint(größe)\n"
    assert "E0201" in err


def test_a_file_that_cannot_be_written(folder: Path, capfd: Captured) -> None:
    (folder / "a.grad").write_text("x = true && true\n")
    with no_writing():
        assert run("--fix", "a.grad") == 1
    out, err = capfd.readouterr()
    assert "E0603" in out and err == "1 error in 1 file\n"
    assert (folder / "a.grad").read_text() == "x = true && true\n"


# ── what it takes ────────────────────────────────────────────────────────────


def test_check_loads_nothing_heavy(folder: Path) -> None:
    code = "import sys; from gradlang.cli import main; main(['check', 'clean.grad']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "lark", "difflib", "prompt_toolkit", "llvmlite", "pygls", "dataclasses"} & set(loaded)
    code = code.replace("'check'", "'check', '--no-run'")
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"json", "subprocess", "gradlang.dryrun", "gradlang.diagnostics.exchange"} & set(loaded)


def test_a_closed_pipe_is_quiet(folder: Path) -> None:
    text = "".join(f"unknown_{i}\n" for i in range(2000))
    command = f'"{sys.executable}" -m gradlang check --no-run - | head -1'
    done = subprocess.run(["bash", "-c", command], input=text, capture_output=True, text=True, env=dict(os.environ))
    assert done.stdout == "error[E0201]: there is no `unknown_0`\n" and "Traceback" not in done.stderr
