"""Programs that mean harm: what they leave behind, write without end, or break with a few bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Run
from test_sandbox import Start, ended, is_gone, needs_fork, start

import gradlang as package
from gradlang.draw.forms.dot_program import LIBRARIES
from gradlang.whole_file import PIECE, first_bytes, read_text, read_whole

__all__ = ["start"]  # a fixture
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="what the system can do for us")


# ── programs that a run starts ───────────────────────────────────────────────

DRAW = 'param w = 1\ny = w * 2\nbackward(y)\ndraw(y, "o.png")'


def stand_in(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a script the `dot` that is found."""
    folder.mkdir()
    (folder / "dot").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@needs_fork
@on_linux
@pytest.mark.parametrize("end", ["time", "killed", "crash"])
def test_dot_does_not_outlive_the_run(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    os.mkfifo(tmp_path / "told")
    stand_in(tmp_path / "bin", f"echo $$ $PPID >{tmp_path}/told; exec sleep 1000", monkeypatch)
    process = start("--sandbox", f"--limit-time={1 if end == 'time' else 50}", "-c", DRAW)
    dot, inner = map(int, (tmp_path / "told").read_text().split())
    if end == "killed":
        process.kill()
    elif end == "crash":
        os.kill(inner, signal.SIGSEGV)
    gone = is_gone(dot)
    if not gone:
        os.kill(dot, signal.SIGKILL)
    assert gone
    assert ("E0908" if end == "time" else "E0909" if end == "crash" else "") in ended(process)[2]


@on_linux
def test_dot_has_no_more_memory_than_the_run(gradlang: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 'for i in 1 2 3 4 5 6 7 8 9; do [ "$(ulimit -v)" = unlimited ] && sleep 0.1; done'
    stand_in(tmp_path / "bin", f"{tries}; ulimit -v >&2; exit 1", monkeypatch)
    assert f"`dot` failed: {100 * 1024 + LIBRARIES // 1024}\n" in gradlang(DRAW, "--limit-memory=100M")[2]


@needs_fork
def test_an_interrupt_is_not_for_dot(gradlang: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import os, sys; os.kill(os.getpid(), 2); sys.stdin.read(); print(end=str(1))"
    stand_in(tmp_path / "bin", f"exec '{sys.executable}' -c '{program}'", monkeypatch)
    assert gradlang(DRAW)[0] == 0 and (tmp_path / "o.png").read_text() == "1"


# ── warnings ─────────────────────────────────────────────────────────────────


def test_the_same_warning_is_said_once(gradlang: Run, tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("n" * 100_000 + ",b\n1,2\n,3\n")
    (tmp_path / "m.csv").write_text("a,b\n1,2\n,3\n")
    twice = 'for i in range(20) {\n  x = load_csv("n.csv")\n  x = load_csv("n.csv")\n}'
    code, _, err = gradlang(twice)
    assert (code, err.count("warning[W0601]")) == (0, 2) and len(err) < 6000
    assert gradlang('for name in ["n.csv", "m.csv", "n.csv"] { x = load_csv(name) }')[2].count("warning[W0601]") == 2
    assert len(package.run(twice, filename=str(tmp_path / "p.grad")).warnings) == 2


def test_warnings_are_output(gradlang: Run, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("a,b\n1,2\n,3\n")
    code, _, err = gradlang('for i in range(100) { x = load_csv("./" * i + "m.csv") }', "--limit-output=3000")
    assert code == 1 and "error[E0906]" in err and 3 < err.count("warning[W0601]") < 20
    code, _, err = gradlang("sum = 1", "--limit-output=20")
    assert code == 1 and "W0201" not in err and "error[E0906]" in err and "sum = 1\n" in err


# ── a host that does not read ────────────────────────────────────────────────


@needs_fork
@pytest.mark.parametrize("program", ['f(x) = x\nf("a" * 900000, 1)', "while true { }"])
def test_nobody_has_to_read_what_is_reported(program: str) -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    with suppress(BlockingIOError):
        while True:
            os.write(write, bytes(4096))
    os.set_blocking(write, True)
    hasty = "from gradlang import cli, worker; worker.PATIENCE = 1; raise SystemExit(cli.main())"
    command = [sys.executable, "-c", hasty, "--sandbox", "--limit-time=0.2", "-c", program]
    assert subprocess.run(command, stderr=write, timeout=40).returncode == 1
    os.close(read)
    os.close(write)


# ── numbers that are too large ───────────────────────────────────────────────


@pytest.mark.parametrize("limit", ["cost", "memory", "elements", "text", "output", "depth", "nesting", "source"])
def test_limits_that_are_too_large(gradlang: Run, tmp_path: Path, limit: str) -> None:
    for number in ("99999999999G", "9" * 400):
        code, _, err = gradlang("x = 1", f"--limit-{limit}={number}")
        assert code == 2 and "is more than any run comes to" in err
    assert gradlang("x = 1", f"--limit-{limit}=1000000G")[:2] == (0, "")


@needs_fork
@pytest.mark.parametrize("option", ["--limit-output=1000000G", "--limit-memory=1000000G", "--threads=10000"])
def test_the_walls_of_a_large_limit(start: Start, option: str) -> None:
    assert ended(start("--sandbox", option, "-c", "1 + 1")) == (0, "2\n", "")


def test_more_threads_than_anybody_has(gradlang: Run) -> None:
    assert gradlang("x = 1", f"--threads={10**30}")[0] == 2


def test_room_for_a_source_is_taken_as_it_comes(gradlang: Run, tmp_path: Path) -> None:
    (tmp_path / "long.grad").write_text("# " + "x" * (PIECE - 3) + "\nprint(1)")
    assert read_text(str(tmp_path / "long.grad"), 10**15) == (tmp_path / "long.grad").read_text()
    assert read_whole(str(tmp_path / "long.grad"), PIECE + 2)[-3:] == b"\npr"
    with open(tmp_path / "long.grad", "rb") as file:
        assert len(first_bytes(file, 10)) == 10


# ── what is said of small limits ─────────────────────────────────────────────


@pytest.mark.parametrize(
    ("option", "program", "said"),
    [
        ("--limit-cost=1", "x = 1\ny = 2", "may take 1 unit of work"),
        ("--limit-memory=1", "x = ones(9)", "may take 1 byte of memory"),
        ("--limit-memory=2k", "x = zeros(2000, 2000)", "may take 2 kB of memory"),
        ("--limit-elements=1", "x = ones(2) + ones(2)", "a tensor may have 1 number, and"),
        ("--limit-elements=1", "x = [str(i) for i in range(2)]", "a list may have 1 item, and"),
        ("--limit-text=1", "x = 'a' + 'b'", "a text may have 1 character, and"),
        ("--limit-output=1", "print(1)", "may write 1 character, and"),
    ],
)
def test_one_is_no_plural(gradlang: Run, option: str, program: str, said: str) -> None:
    assert said in gradlang(program, option)[2]


def test_texts_of_a_file_are_no_longer_than_others(gradlang: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,age\n" + "a" * 60 + ",1\n")
    (tmp_path / "w.csv").write_text("a" * 60 + "\nb\n")
    assert gradlang('x = load_csv("t.csv", columns="age")', "--limit-text=50")[0] == 0
    for program in ('x = load_csv("t.csv", columns="name")', 'x = load_csv("w.csv")'):
        assert gradlang(program, "--limit-text=60")[0] == 0
        assert "E0905" in gradlang(program, "--limit-text=50")[2]
