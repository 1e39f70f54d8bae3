"""Every fence of the README is executed, and the two commands are the ones that CI runs."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import Keep

import gradlang
from gradlang import cli
from gradlang.analysis.mistakes.findings import findings
from gradlang.diagnostics.render import render_text
from gradlang.language import builtins
from gradlang.language.runtime import running
from gradlang.language.values import Builtin
from gradlang.repl.plain import PlainReader
from gradlang.repl.screen import Screen
from gradlang.repl.shell import Shell
from gradlang.session import Session
from gradlang.source import Source
from gradlang.syntax.tables import KEYWORDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"((?:^>>> .*\n)(?:^\.\.\. .*\n)*)((?:^(?!>>> ).*\n)*)", re.MULTILINE)  # and what is shown for it
PAIRS = [(*fence, *(FENCES[i + 1] if i + 1 < len(FENCES) else ("", ""))) for i, fence in enumerate(FENCES)]


@pytest.mark.parametrize(("kind", "text", "next_kind", "wanted"), [p for p in PAIRS if p[0] == "gradlang"])
def test_programs(kind: str, text: str, next_kind: str, wanted: str) -> None:
    out: list[str] = []
    if next_kind == "output":
        gradlang.run(text, output=out.append)
        assert "".join(out) == wanted
    elif next_kind == "warning":  # of a check or, where that finds nothing, of a run
        found = findings(Source(text, "train.grad")).diagnostics
        found = found or gradlang.run(text, output=out.append, filename="train.grad").warnings
        assert "\n\n".join(map(render_text, found)) == wanted.strip()
    else:
        assert next_kind == "error"
        with pytest.raises(gradlang.GradlangError) as caught:
            gradlang.run(text, output=out.append, filename="train.grad")
        assert str(caught.value).strip() == wanted.strip()


@pytest.mark.parametrize(("kind", "text", "next_kind", "wanted"), [p for p in PAIRS if p[0] == "python"])
def test_python(kind: str, text: str, next_kind: str, wanted: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(text, "README.md", "exec"), {})
    assert next_kind == "output" and out.getvalue() == wanted


def test_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    monkeypatch.chdir(tmp_path)
    for _, text in (f for f in FENCES if f[0] == "console"):
        for line in text.splitlines():
            if line.startswith("$ "):
                print(line)
                program, *arguments = shlex.split(line[2:])
                assert program == "gradlang" and cli.main(arguments) == 0
        assert capfd.readouterr().out == text


@pytest.mark.parametrize("text", [text for kind, text in FENCES if kind == "prompt"])
def test_prompt(text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Each entry of a transcript, and what is shown for it, in a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    with running(str(tmp_path), lambda text: sys.stdout.write(text)):
        shown = Screen(color=False, interactive=False)
        shell = Shell(Session(interactive=True), PlainReader(interactive=False), shown, lambda d: print(render_text(d)))
        for entry, wanted in ENTRY.findall(text):
            shell.enter(entry)
            assert capsys.readouterr().out == wanted


def table() -> str:
    """The builtins by group, one row each: how it is called, and the first sentence on what it does."""
    rows: dict[str, list[str]] = {}
    for name in builtins.names():
        found = builtins.lookup(name)
        if isinstance(found, Builtin):
            what = found.doc.splitlines()[0].replace("|", "\\|")
            rows.setdefault(found.group, []).append(f"| `{name}({found.signature.text})` | {what} |")
    return "".join(f"\n| {group} | |\n|---|---|\n" + "\n".join(lines) + "\n" for group, lines in rows.items())


def test_the_table_of_builtins_is_current(kept: Keep) -> None:
    start, end = README.index(" -->\n", README.index("written from the builtins")) + 5, README.index("<!-- /table -->")
    current = README[:start] + table() + "\n" + README[end:]
    assert kept(ROOT / "README.md", current) == current, "`pytest --update` rewrites the table"


def test_every_fence_is_of_a_kind_that_is_checked() -> None:
    known = {"gradlang", "output", "error", "warning", "python", "console", "prompt", "sh", ""}
    known |= {"json", "toml", "lua", "elisp"}
    assert {kind for kind, _ in FENCES} <= known
    assert [text for kind, text in FENCES if kind == ""][0].startswith("gradlang  ")


@pytest.mark.parametrize(("kind", "text"), [f for f in FENCES if f[0] in ("json", "toml", "lua", "elisp")])
def test_settings_of_editors(kind: str, text: str) -> None:
    """Each can be read; where no reader is at hand, its brackets are balanced."""
    assert "gradlang" in text
    if kind == "json":
        manifest = json.loads((ROOT / "grammars" / "vscode" / "package.json").read_text(encoding="utf-8"))
        known = manifest["contributes"]["configuration"]["properties"]
        settings = json.loads(text)
        assert isinstance(settings, list) or settings.keys() <= known.keys()
    elif kind == "toml":
        assert tomllib.loads(text)["language"][0]["file-types"] == ["grad"]
    else:
        brackets = "".join(re.findall(r"[][(){}]", re.sub(r'\?.|"(\\.|[^"\\])*"', "", text)))
        while brackets != (brackets := re.sub(r"\(\)|\[\]|\{\}", "", brackets)):
            pass
        assert brackets == ""
    if kind == "elisp":
        assert set(KEYWORDS) <= set(re.findall(r'"(\w+)"', text))


def test_numbers_beside_the_lines() -> None:
    pytest.importorskip("pygls")
    from lsprotocol import types

    from gradlang.dryrun.worker import Worker
    from gradlang.lsp.documents import Document
    from gradlang.lsp.hints import inlay_hints
    from gradlang.lsp.settings import Settings

    program = "X, y = make_moons(100)\nangle = 2.0\nheight = 10 * sin(angle)**2\nbackward(height)\n"
    document = Document("file:///train.grad", program, 1, "utf-32")
    worker = Worker()
    document.seen = worker.run(document.source, "")
    worker.close()
    lines = program.splitlines()
    whole = types.Range(types.Position(0, 0), types.Position(len(lines), 0))
    asked = types.InlayHintParams(types.TextDocumentIdentifier(document.uri), whole)
    for hint in reversed(inlay_hints(SimpleNamespace(settings=Settings()), document, asked)):
        line, at = lines[hint.position.line], hint.position.character
        before = f"{line[:at]} " if at < len(line) else f"{line:<40}"
        lines[hint.position.line] = f"{before}{hint.label}{line[at:]}"
    assert ("", "\n".join(lines) + "\n") in FENCES


def test_the_two_commands_are_what_ci_runs() -> None:
    install, test = [text.strip() for kind, text in FENCES if kind == "sh"]
    ci = (ROOT / ".ci" / "run").read_text()
    for step in install.split(" && "):
        assert step in ci.replace("pip install -q", "pip install"), step
    assert test in ci.splitlines()
