"""Pictures as files: what the command line, programs and the prompt write, and what they say where they cannot."""

from __future__ import annotations

import json
import math
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run
from native_programs import ALL as NATIVE_PROGRAMS
from test_repl_shell import Console

from gradlang import options
from gradlang.arguments import parse_arguments
from gradlang.diagnostics import Diagnostic
from gradlang.draw.forms import dot_program, outputs, records
from gradlang.draw.pictures.nodes import Node
from gradlang.draw.pictures.picture import Picture
from gradlang.dryrun.rehearsal import rehearse
from gradlang.engine.value import STATE
from gradlang.language.runtime import running
from gradlang.session import Session
from gradlang.source import Source
from gradlang.syntax.recovery import recovered

ROOT = Path(__file__).parent.parent
PROGRAM = """f(x) = tanh(x) * 2
param w = [1.0, 2.0]
loss = (f(w) + 1).sum()
backward(loss)
"""
LONG = "x = 1.0\nfor i in range(1000) { x = sin(x) * 0.99 }\nbackward(x)\n"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the dot program is not installed")
needs_scripts = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for a program")


def drawn(gradlang: Run, program: str, *arguments: str) -> dict[str, Any]:
    code, out, err = gradlang(program, "--json", "-", *arguments)
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def names(picture: dict[str, Any]) -> list[str]:
    return [node["name"] or node["op"] or str(node["data"]) for node in picture["nodes"]]


# ── the command line ─────────────────────────────────────────────────────────

BEGINS = {"html": b"<!doctype html>", "svg": b"<svg ", "dot": b"digraph {", "json": b"{\n"}


def test_one_run_writes_many_forms_of_one_picture(
    gradlang: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = []
    written = outputs.written
    monkeypatch.setattr(outputs, "written", lambda picture, *rest: pictures.append(picture) or written(picture, *rest))
    arguments = [x for kind in BEGINS for x in (f"--{kind}", f"out.{kind}")]
    assert gradlang(PROGRAM, *arguments) == (0, "", "")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([f"out.{kind}" for kind in BEGINS])
    assert len(pictures) == len(BEGINS) and all(picture is pictures[0] for picture in pictures)
    for kind, start in BEGINS.items():
        data = (tmp_path / f"out.{kind}").read_bytes()
        assert data.lower().startswith(start)
        assert gradlang(PROGRAM, f"--{kind}", "-") == (0, data.decode(), "")


def test_the_programs_output_comes_before_the_picture(gradlang: Run) -> None:
    code, out, err = gradlang(PROGRAM + 'print("said")', "--svg", "-", "--json", "graph.json")
    assert (code, err) == (0, "") and out.startswith("said\n<svg ")


def test_what_a_usage_message_is_for(gradlang: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, said in {
        ("--detail", "module"): "--detail says what a picture shows, and none is asked for",
        ("--focus", "w"): "--focus says",
        ("--depth", "3"): "--depth says",
        ("--hide-constants",): "--hide-constants says",
        ("--root", "w"): "--root says",
        ("--svg", "a.svg", "--depth", "-1"): "--depth is a whole number from 0",
        ("--svg", "a.svg", "--depth", "x"): "--depth",
        ("--svg", "-", "--html", "-"): "only one of them can go to standard output",
        ("--svg", "a", "--html", "./a"): "two of them would have the same file name",
        ("--svg", "train.grad"): "--svg would be written over train.grad; give it a name: --svg OUT.svg FILE",
        ("--svg", "a.svg", "--detail", "atoms"): "--detail",
        ("--svg", "a.svg", "-i"): "--svg is for programs that are run",
    }.items():
        code, out, err = gradlang('print("ran")', *arguments)
        assert code == 2 and not out and said in err.replace("\n", " "), (arguments, err)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert gradlang("a = 1", "--pdf", "-")[0] == 2
    assert not list(tmp_path.iterdir())


def test_every_form_has_an_option_and_an_ending() -> None:
    assert set(options.PICTURES) == set(outputs.KINDS)
    given = parse_arguments(["x.grad", *[x for kind in outputs.KINDS for x in (f"--{kind}", f"a.{kind}")]])
    assert given.pictures == {kind: f"a.{kind}" for kind in options.PICTURES}
    assert [outputs.kind_of(f"a.{kind.upper()}") for kind in outputs.KINDS] == list(outputs.KINDS)


def test_what_part_is_drawn(gradlang: Run) -> None:
    program = "a = 2.0\nb = a * 3\nc = b + 1\nd = c * b\nbackward(d)"
    assert names(drawn(gradlang, program)) == ["a", "3.0", "b", "1.0", "c", "d"]
    assert names(drawn(gradlang, program, "--hide-constants")) == ["a", "b", "c", "d"]
    assert names(drawn(gradlang, program, "--root", "c")) == ["a", "3.0", "b", "1.0", "c"]
    assert names(drawn(gradlang, program, "--focus", "c", "--depth", "1")) == ["b", "1.0", "c", "d"]
    shallow = drawn(gradlang, program, "--depth", "1", "--hide-constants")
    assert names(shallow) == ["b", "c", "d"] and [node["cut"] for node in shallow["nodes"]] == [1, 0, 0]
    code, out, err = gradlang(program, "--svg", "-", "--focus", "bb")
    assert code == 1 and not out and "the picture has no `bb` in it" in err and "did you mean `b`?" in err


def test_too_much_to_be_read_is_drawn_by_modules_and_that_is_said(gradlang: Run) -> None:
    code, out, err = gradlang(LONG, "--json", "-")
    assert code == 0 and json.loads(out)["detail"] == "module"
    assert err == (
        "note: the graph has 3,001 nodes, too many to be read: drawn by modules, with 4; "
        "`--detail tensor` draws them all\n"
    )
    code, out, err = gradlang(LONG, "--json", "-", "--output-format", "json")
    (told,) = json.loads(err)
    assert code == 0 and told["code"] == "W0602" and told["message"].startswith("the graph has 3,001 nodes")
    code, out, err = gradlang(LONG, "--json", "-", "--detail", "tensor")
    assert (code, err) == (0, "") and len(json.loads(out)["nodes"]) == 3001
    code, out, err = gradlang(LONG, "--json", "-", "--detail", "module")
    assert (code, err) == (0, "") and len(json.loads(out)["nodes"]) == 4


def test_what_can_not_be_written_is_found_before_the_program_runs(gradlang: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for target in ("folder", "nowhere/a.svg"):
        code, out, err = gradlang('print("ran")\n' + PROGRAM, "--json", "a.json", "--svg", target)
        assert code == 1 and "E0603" in err and target in err and not out
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_a_program_that_fails_leaves_the_picture_of_before(gradlang: Run, tmp_path: Path) -> None:
    gradlang(PROGRAM, "--svg", "a.svg")
    before = (tmp_path / "a.svg").read_bytes()
    assert gradlang(PROGRAM + "\n[1] @ [1, 2]", "--svg", "a.svg")[0] == 1
    assert (tmp_path / "a.svg").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_lines_are_those_of_the_program(gradlang: Run, tmp_path: Path) -> None:
    (tmp_path / "lib.grad").write_text("# one\n# two\n# three\nsquare(x) = x * x\n")
    picture = drawn(gradlang, "import lib\na = 2.0\nb = lib.square(a)\nc = b + 1\nbackward(c)")
    assert [(node["op"], node["line"]) for node in picture["nodes"] if node["op"]] == [("*", 3), ("+", 4)]
    assert [(block["name"], block["line"]) for block in picture["blocks"][1:]] == [("square", 3)]
    modules = drawn(gradlang, "import lib\na = 2.0\nb = lib.square(a)\nc = b + 1\nbackward(c)", "--detail", "module")
    assert [(node["op"], node["line"]) for node in modules["nodes"] if node["op"]] == [("square", 3), ("+", 4)]


@pytest.mark.parametrize("name", [*NATIVE_PROGRAMS])
def test_a_picture_shows_the_past_that_compiled_loops_would_forget(name: str, gradlang: Run) -> None:
    """Whatever runs the loops, the graph is the same."""
    program = NATIVE_PROGRAMS[name]
    shown = {}
    for backend in ("interp", "llvm", "replay"):
        code, _, err = gradlang(program, "--json", "a.json", "--detail", "tensor", "--backend", backend)
        nodes = json.loads(Path("a.json").read_text())["nodes"] if code == 0 else []
        shown[backend] = code, [without_numbers(node) for node in nodes] or err
    assert shown["llvm"] == shown["interp"] and shown["replay"] == shown["interp"]


def without_numbers(node: dict[str, Any]) -> dict[str, Any]:
    return {key: x for key, x in node.items() if key not in ("data", "grad")}


def test_a_long_loop_is_drawn_whole(gradlang: Run) -> None:
    program = "x = 1.0\nfor i in range(3000) { x = sin(x) * 0.99 }\nbackward(x)\n"
    assert len(drawn(gradlang, program, "--detail", "tensor")["nodes"]) == 9001
    code, _, _ = gradlang(program + 'draw(x, "a.json", detail="tensor")')
    assert code == 0 and len(json.loads(Path("a.json").read_text())["nodes"]) == 9001


def test_a_module_that_draws_sees_calls_and_the_whole_past(gradlang: Run, tmp_path: Path) -> None:
    (tmp_path / "show.grad").write_text('all_of(x) = draw(x, "a.json", detail="tensor")\n')
    program = "import show\nf(x) = sin(x) * 0.99\nx = 1.0\nfor i in range(500) { x = f(x) }\nshow.all_of(x)"
    for backend in ("interp", "llvm"):
        assert gradlang(program, "--backend", backend)[0] == 0
        picture = json.loads((tmp_path / "a.json").read_text())
        assert len(picture["nodes"]) == 1501 and len(picture["blocks"]) == 501
    assert STATE.call is None and not STATE.watchers


# ── PNG and PDF ──────────────────────────────────────────────────────────────


@needs_dot
def test_png_and_pdf_by_dot(gradlang: Run, tmp_path: Path) -> None:
    assert gradlang(PROGRAM, "--png", "a.png", "--pdf", "a.pdf", "--detail", "module") == (0, "", "")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_without_dot_it_is_said_before_the_program_runs(
    gradlang: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for kind in ("png", "pdf"):
        code, out, err = gradlang('print("ran")\n' + PROGRAM, f"--{kind}", "a", "--svg", "a.svg")
        assert code == 1 and "E0608" in err and not out
        for way in ("apt install graphviz", "brew install graphviz", "winget install", "SVG and HTML"):
            assert way in err
    code, _, err = gradlang(PROGRAM + 'draw(loss, "a.png")')
    assert code == 1 and "E0608" in err and 'draw(loss, "a.png")' in err
    assert not list(tmp_path.iterdir())
    assert gradlang(PROGRAM, "--svg", "a.svg", "--dot", "a.dot") == (0, "", "")


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Another program is called dot."""
    folder.mkdir()
    program = folder / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@needs_scripts
def test_a_dot_that_fails_is_quoted(gradlang: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path / "bin", monkeypatch, "cat >/dev/null; printf half; printf 'no\\nfont  here\\n' >&2; exit 3")
    (tmp_path / "a.png").write_text("precious")
    code, _, err = gradlang(PROGRAM, "--png", "a.png", "--html", "a.html")
    assert code == 1 and "E0603" in err and "`dot` failed: no font here" in err
    assert (tmp_path / "a.png").read_text() == "precious" and (tmp_path / "a.html").exists()
    stand_in(tmp_path / "second", monkeypatch, "cat >/dev/null; exit 0")
    assert "it ended with code 0" in gradlang(PROGRAM, "--png", "a.png")[2]


@needs_scripts
def test_a_dot_that_does_not_end_is_ended(gradlang: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path / "bin", monkeypatch, f"echo $$ >{tmp_path}/pid; exec sleep 1000")
    monkeypatch.setattr(dot_program, "LIMIT", 0.3)
    monkeypatch.setattr(dot_program, "limit", lambda pid: None)
    code, _, err = gradlang(PROGRAM, "--png", "a.png")
    assert code == 1 and "E0603" in err and "was not done in 0.3 seconds" in err and "SVG and HTML" in err
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert not (tmp_path / "a.png").exists()


# ── JSON ─────────────────────────────────────────────────────────────────────


def test_the_schema(gradlang: Run) -> None:
    picture = drawn(gradlang, PROGRAM, "--detail", "module")
    assert list(picture) == ["version", "detail", "root", "remark", "nodes", "blocks"]
    assert (picture["version"], picture["detail"], picture["remark"]) == (1, "module", "")
    nodes, blocks = picture["nodes"], picture["blocks"]
    assert nodes[0] == {
        "id": 0, "kind": "parameter", "op": "", "name": "w", "line": 2, "shape": [2], "data": [1.0, 2.0],
        "grad": pytest.approx([0.8399486832280523, 0.14130164970632894]), "inputs": [], "block": 0, "cut": 0,
    }  # fmt: skip
    assert [node["kind"] for node in nodes] == ["parameter", "module", "constant", "operation", "operation"]
    assert nodes[2]["grad"] is None and nodes[2]["shape"] == [] and nodes[2]["data"] == 1.0
    assert picture["root"] == nodes[-1]["id"] == 4 and nodes[4]["name"] == "loss"
    assert blocks == [
        {"id": 0, "kind": "picture", "name": "", "text": "", "parent": None, "line": None, "times": 1, "chain": False}
    ]
    blocks = drawn(gradlang, PROGRAM)["blocks"]
    assert blocks[1] == {
        "id": 1, "kind": "function", "name": "f", "text": "f", "parent": 0, "line": 3, "times": 1, "chain": False,
    }  # fmt: skip


def test_one_record_a_line_and_the_same_bytes_in_every_run(tmp_path: Path) -> None:
    program = tmp_path / "program.grad"
    program.write_text((ROOT / "scripts" / "lecture.grad").read_text().replace("range(100)", "range(3)"))
    kinds = list(BEGINS)
    seen = set()
    for seed in ("0", "1", "12345"):
        subprocess.run(
            [
                sys.executable,
                "-m",
                "gradlang",
                str(program),
                *[x for kind in kinds for x in (f"--{kind}", f"a.{kind}")],
            ],
            capture_output=True,
            check=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        )
        seen.add(tuple([(tmp_path / f"a.{kind}").read_bytes() for kind in kinds]))
    assert len(seen) == 1
    text = (tmp_path / "a.json").read_text()
    picture = json.loads(text)
    assert text.count("\n") == 1 + 4 + 1 + len(picture["nodes"]) + 2 + len(picture["blocks"]) + 2


def node(data: Any, name: str = "x") -> Node:
    return Node(0, "leaf", "", name, data, data, (), 1)


def record_of(data: Any, name: str = "x") -> dict[str, Any]:
    picture = Picture([node(data, name)], [], "tensor", 0)
    found: dict[str, Any] = json.loads(outputs.written(picture, "json"))["nodes"][0]
    return found


def test_numbers_that_json_lacks_are_texts() -> None:
    assert [record_of(x)["data"] for x in (math.nan, math.inf, -math.inf, -0.0, True)] == [
        "nan", "inf", "-inf", 0.0, True,
    ]  # fmt: skip
    assert math.copysign(1, record_of(-0.0)["data"]) == -1
    found = record_of(np.array([[1.0, math.nan], [-math.inf, 5e-324]]))
    assert found["data"] == [[1.0, "nan"], ["-inf", 5e-324]] == found["grad"] and found["shape"] == [2, 2]
    assert record_of(np.array([True, False]))["data"] == [True, False]
    assert record_of(np.zeros((0, 3)))["data"] == [] and record_of(np.zeros((0, 3)))["shape"] == [0, 3]
    assert record_of(np.float32([0.5, 1]))["data"] == [0.5, 1.0]
    assert record_of(1.0, 'größe \ud800 "quoted"')["name"] == 'größe \ud800 "quoted"'


def test_of_very_many_numbers_there_is_a_summary() -> None:
    size = records.WHOLE
    assert record_of(np.arange(float(size)))["data"] == list(range(size))
    assert record_of(np.arange(size + 1.0))["data"] == {"size": size + 1, "mean": size / 2, "min": 0.0, "max": size}
    found = record_of(np.array([math.inf, -math.inf, *[0.0] * size]))["data"]
    assert found == {"size": size + 2, "mean": "nan", "min": "-inf", "max": "inf"}
    assert record_of(np.arange(size + 4) < 2)["data"]["max"] is True


# ── from programs ────────────────────────────────────────────────────────────


def test_draw_writes_by_the_ending_of_the_name(gradlang: Run, tmp_path: Path) -> None:
    for kind in BEGINS:
        assert gradlang(PROGRAM, f"--{kind}", f"expected.{kind}")[0] == 0
        program = f'{PROGRAM}draw(loss, "a.{kind.upper()}")\nloss.draw("b.{kind}", detail="module")'
        assert gradlang(program)[0] == 0
        found, modules = [(tmp_path / name).read_bytes() for name in (f"a.{kind.upper()}", f"b.{kind}")]
        assert found.lower().startswith(BEGINS[kind]) and modules.lower().startswith(BEGINS[kind])
        if kind != "html":  # which shows the program
            assert found == (tmp_path / f"expected.{kind}").read_bytes()
        assert found != modules


def test_what_draw_refuses(gradlang: Run, tmp_path: Path) -> None:
    for call, code, said in (
        ('draw(loss, "a.jpg")', "E0308", '"a.jpg" ends in .jpg, which is no form of a picture'),
        ('draw(loss, "a")', "E0308", "there are .dot, .svg, .png, .pdf, .html, .json"),
        ('draw(loss, "a.svg", detail="atoms")', "E0308", 'there are "module", "tensor" and "scalar"'),
        ("draw(loss, 3)", "E0301", "a file name is text"),
        ('draw(f, "a.svg")', "E0301", "pictures show how numbers were computed"),
        ('draw(loss, "nowhere/a.svg")', "E0603", 'cannot write "nowhere/a.svg"'),
        ('draw_dot(loss, "a.dot", detail="atoms")', "E0308", "atoms"),
    ):
        status, _, err = gradlang(PROGRAM + call)
        assert status == 1 and code in err and said in err, err
    assert not list(tmp_path.iterdir())


def test_a_picture_that_shows_less_is_a_warning(gradlang: Run, tmp_path: Path) -> None:
    code, _, err = gradlang(LONG + 'draw(x, "a.svg")')
    assert (
        code == 0 and "warning[W0602]: the graph has 3,001 nodes" in err and '`detail="tensor"` draws them all' in err
    )
    assert gradlang(LONG + 'draw(x, "a.svg", detail="module")')[2] == ""
    assert gradlang(LONG + 'draw_dot(x, "a.dot")')[2] == ""
    assert (tmp_path / "a.dot").read_text().count("[label=sin]") == 1000


def test_draw_in_a_training_loop_draws_every_step(gradlang: Run, tmp_path: Path) -> None:
    program = """
param w = 1.0
for i in range(300) {
  loss = (w * 2 - 1)**2
  backward(loss)
  w -= 0.01 * w.grad
  if i % 100 == 0 { draw(loss, "step" + str(i) + ".json") }
}
"""
    assert gradlang(program)[0] == 0
    shown = [json.loads((tmp_path / f"step{i}.json").read_text())["nodes"][0]["data"] for i in (0, 100, 200)]
    assert shown[0] == 1.0 and shown[0] > shown[1] > shown[2] > 0.5


def test_what_is_only_tried_out_draws_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*arguments: Any) -> bytes:
        raise AssertionError("a picture was made")

    monkeypatch.setattr(outputs, "written", refuse)
    source = Source(
        PROGRAM + 'draw(loss, "a.html")\ndraw(loss, "a.png")\ndraw_dot(loss, "a.dot")\ndraw(loss, "a.jpg")\n'
    )
    seen = rehearse(recovered(source), str(tmp_path))
    assert [(d.code, d.span.line) for d in seen.diagnostics] == [("E0308", 8)]
    with running(str(tmp_path), lambda text: None):
        session = Session(interactive=True)
        session.run(Source(PROGRAM), lambda d: None)
        with session.scratch(), pytest.raises(Exception, match="only tried out"):
            session.run(Source('draw(loss, "a.svg")'), lambda d: None)
    assert not list(tmp_path.iterdir()) and capfd.readouterr() == ("", "")


# ── the prompt ───────────────────────────────────────────────────────────────


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)
    with running(str(tmp_path), lambda text: None):
        yield Console(capsys)


def test_pictures_at_the_prompt(console: Console, tmp_path: Path) -> None:
    assert console.code(":svg a.svg") == "E0503"
    told = console("a = 2.0; b = a * a; backward(b)", ":svg a.svg", ":dot a.dot", ":html", ":html my.html")
    assert told.splitlines() == [
        "wrote a.svg",
        "wrote a.dot; `dot -Tsvg a.dot` makes a picture of it",
        "wrote graph.html; open it in a browser",
        "wrote my.html; open it in a browser",
    ]
    for name in ("a.svg", "a.dot", "graph.html", "my.html"):
        assert (tmp_path / name).read_bytes().lower().startswith(BEGINS[name.rpartition(".")[2]])
    console('draw(b, "b.json")')
    assert len(json.loads((tmp_path / "b.json").read_text())["nodes"]) == 2
    assert console.code(":svg nowhere/a.svg") == "E0603" and console.code(":svg") == "E0204"


def test_a_file_that_somebody_else_wrote_is_asked_for(console: Console, tmp_path: Path) -> None:
    (tmp_path / "graph.html").write_text("precious")
    console.reader.answers = ["n"]
    assert console("a = 2.0; b = a * a", ":html").endswith("graph.html stays as it is\n")
    assert (tmp_path / "graph.html").read_text() == "precious"
    console.reader.answers = ["y"]
    assert "wrote graph.html" in console(":html") and "wrote graph.html" in console(":html")


def test_a_long_graph_at_the_prompt(console: Console) -> None:
    told = console("x = 1.0", "for i in range(1000) { x = sin(x) + x }", ":dot a.dot")
    assert "the graph has 2,001 nodes, too many to be read: drawn by modules" in told


def test_warnings_reach_whoever_runs_a_program(tmp_path: Path) -> None:
    told: list[Diagnostic] = []
    with running(str(tmp_path), lambda text: None, told.append):
        Session().run(Source(LONG + 'draw(x, "a.json")'), told.append)
    assert [d.code for d in told] == ["W0602"]
