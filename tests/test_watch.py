"""`gradlang watch`: saves are seen, programs are replaced, and nothing is left running."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradlang import cli
from gradlang.watch.files import Watched

PATIENCE = 30.0  # seconds; nothing here should take one
WATCH = [sys.executable, "-m", "gradlang", "watch"]
ENDLESS = 'print("begun")\nwhile true {{ i = {} }}\n'


class Watch:
    """A watch whose output goes to a file, or wherever `stdout` says."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([*WATCH, *arguments], cwd=folder, stdout=log, stderr=log)

    @property
    def text(self) -> str:
        return self.log.read_text()

    def sees(self, text: str, times: int = 1) -> None:
        end = time.monotonic() + PATIENCE
        while self.text.count(text) < times:
            assert time.monotonic() < end, f"no {text!r} in:\n{self.text}"
            time.sleep(0.02)

    def save(self, name: str, text: str) -> None:
        """As many editors do: a new file takes the place of the old one."""
        new = self.folder / f".{name}.new"
        new.write_text(text)
        os.replace(new, self.folder / name)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    @property
    def children(self) -> list[int]:
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    opened: list[Watch] = []

    def start(*arguments: str, **files: str) -> Watch:
        for name, text in files.items():
            (tmp_path / f"{name}.grad").write_text(text)
        opened.append(Watch(tmp_path, *arguments))
        return opened[-1]

    yield start
    for one in opened:
        if one.process.poll() is None:
            one.interrupt()
        assert "Traceback" not in one.text


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_save_runs_the_program_again(watch: Callable[..., Watch]) -> None:
    w = watch("a.grad", a="print(1 + 1)")
    w.sees("watching a.grad (Ctrl-C ends)")
    w.save("a.grad", "print(20 + 2)")
    w.sees("22")
    w.sees("watching", 2)
    (w.folder / "a.grad").write_text("print(300 + 3)")
    w.sees("303")
    assert w.interrupt() == 0
    assert [line for line in w.text.splitlines() if "watching" not in line] == [
        "2", "saved: a.grad", "22", "saved: a.grad", "303",
    ]  # fmt: skip


def test_a_broken_program_is_not_run_and_a_mended_one_is(watch: Callable[..., Watch]) -> None:
    w = watch("a.grad", a='print("be" + "gun")\nx = (1 +\n')
    w.sees("error[E0102]")
    w.sees("not run; watching a.grad")
    w.save("a.grad", 'print("be" + "gun")\nx = [1] @ [1, 2]\n')
    w.sees("error[E0401]")
    w.sees("failed after")
    w.save("a.grad", 'print("mended")\n')
    w.sees("mended")
    w.sees("ran in")
    assert w.text.count("begun") == 1


def test_an_endless_loop_is_replaced(watch: Callable[..., Watch]) -> None:
    w = watch("a.grad", a=ENDLESS.format(1))
    w.sees("begun")
    (first,) = w.children
    w.save("a.grad", ENDLESS.format(2))
    w.sees("begun", 2)
    assert not alive(first)
    (second,) = w.children
    assert w.interrupt() == 0
    assert not alive(second)
    assert "ran in" not in w.text and "failed" not in w.text


def test_no_program_outlives_a_watch_that_is_told_to_end(watch: Callable[..., Watch]) -> None:
    w = watch("a.grad", a=ENDLESS.format(1))
    w.sees("begun")
    (child,) = w.children
    w.process.terminate()
    assert w.process.wait(PATIENCE) == 128 + signal.SIGTERM
    assert not alive(child)


def test_of_many_quick_saves_the_last_one_runs(watch: Callable[..., Watch]) -> None:
    rng = random.Random(5)
    w = watch("a.grad", a="print(1)")
    for i in range(12):
        time.sleep(rng.choice([0, 0.03, 0.15, 0.4]))
        w.save("a.grad", rng.choice([ENDLESS.format(i), f"x = (1 + {i}", f"print({i} * 2)", f"[1] @ [{i}, 2]"]))
    w.save("a.grad", 'print("the" + " last")')
    w.sees("the last")
    before = w.text.index("the last")
    end = time.monotonic() + PATIENCE
    while "ran in" not in w.text[before:]:  # an earlier one may have been said before
        assert time.monotonic() < end, w.text
        time.sleep(0.02)
    assert w.interrupt() == 0
    assert [line for line in w.text.splitlines() if "watching" in line][-1].startswith("ran in")


def test_what_is_imported_is_watched_also_through_others(watch: Callable[..., Watch]) -> None:
    w = watch("a.grad", a="import b\nprint(b.f(2))", b="import c\nf(x) = c.g(x)", c="g(x) = 10 * x")
    w.sees("watching a.grad, b.grad, c.grad")
    w.save("c.grad", "g(x) = 100 * x")
    w.sees("200")
    w.sees("watching", 2)
    w.save("a.grad", "import new\nprint(new.x)")
    w.sees("failed after")
    w.save("new.grad", "x = 77")
    w.sees("77")


def test_data_is_watched_but_not_what_the_program_writes(watch: Callable[..., Watch]) -> None:
    program = 'param w = [1.0]\nsave([w], "w.safetensors")\nprint(load_csv("data.csv").sum())'
    w = watch("a.grad", a=program)
    w.sees("E0601")
    w.sees("watching a.grad, w.safetensors")
    (w.folder / "data.csv").write_text("x\n11\n22\n")
    w.sees("33")
    w.sees("ran in")
    time.sleep(0.5)
    assert w.text.count("saved") == 1


def test_a_file_that_goes_is_waited_for(watch: Callable[..., Watch]) -> None:
    w = watch("a.grad", a="print(1)")
    w.sees("ran in")
    (w.folder / "a.grad").unlink()
    w.sees("E0601")
    w.save("a.grad", "print(12345)")
    w.sees("12345")


def test_options_are_those_of_a_run(watch: Callable[..., Watch]) -> None:
    w = watch("--seed", "3", "--dot", "graph.dot", "a.grad", a="x = 2; y = x * x")
    w.sees("ran in")
    graph = w.folder / "graph.dot"
    before = graph.read_text()
    w.save("a.grad", "x = 3; y = x * x * x")
    w.sees("ran in", 2)
    assert graph.read_text() != before


def test_warnings_are_said_once(watch: Callable[..., Watch]) -> None:
    w = watch("a.grad", a="sum = 3\nprint(sum)")
    w.sees("ran in")
    assert w.text.count("W0201") == 1


def test_output_is_seen_while_the_program_runs_and_a_closed_pipe_ends_all(tmp_path: Path) -> None:
    (tmp_path / "a.grad").write_text(ENDLESS.format(1))
    with subprocess.Popen(
        [*WATCH, "a.grad"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == "begun\n"
        process.stdout.close()
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "code"), [([], 2), (["-"], 2), (["-c", "1"], 2), (["-i", "a.grad"], 2), (["absent.grad"], 1)]
)
def test_what_cannot_be_watched(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert cli.main(["watch", *arguments]) == code
    except SystemExit as exit:
        assert exit.code == code
    assert ("gradlang watch: error" if code == 2 else "error[E0601]") in capsys.readouterr().err


def test_which_files_are_watched(tmp_path: Path) -> None:
    (tmp_path / "a.grad").write_text(
        'import b as c\nimport b\nx = "data/x.csv" + \'y.csv\' + f"{x}.csv" + "a word" + "open.csv\n'
    )
    (tmp_path / "b.grad").write_text("import a\nimport\n1 +* ")
    found = Watched(str(tmp_path / "a.grad"))
    assert set(found.programs) == {str(tmp_path / "a.grad"), str(tmp_path / "b.grad")}
    assert set(found.data) == {str(tmp_path / "data/x.csv"), str(tmp_path / "y.csv")}
    assert found.changed() == []
    (tmp_path / "y.csv").write_text("1")
    assert found.changed() == [str(tmp_path / "y.csv")] and found.changed(data=False) == []


# ── in a terminal ────────────────────────────────────────────────────────────


def test_in_a_terminal_the_screen_shows_the_last_run(tmp_path: Path) -> None:
    terminal = pytest.importorskip("test_repl_terminal")
    (tmp_path / "a.grad").write_text('print("first")\nx = 1 +* 2\n')
    t = terminal.Terminal(tmp_path, 80, 24, "watch", "a.grad")
    t.see("not run; watching a.grad (Ctrl-C ends)")
    assert "error[E0101]" in t.text and b"\x1b[1;38" in t.raw
    (tmp_path / "a.grad").write_text('print("second")\nwhile true { }\n')
    t.see("second")
    assert "E0101" not in t.text
    (tmp_path / "a.grad").write_text('print("third")\n')
    t.see("ran in")
    assert t.lines[0].rstrip() == "third" and "second" not in t.text
    t.send("\x03")
    t.process.expect(terminal.pexpect.EOF, timeout=PATIENCE)
    t.process.close()
    assert t.process.exitstatus == 0 and b"Traceback" not in t.raw


def test_ctrl_c_ends_a_running_program_and_the_watch(tmp_path: Path) -> None:
    terminal = pytest.importorskip("test_repl_terminal")
    (tmp_path / "a.grad").write_text(ENDLESS.format(1))
    t = terminal.Terminal(tmp_path, 80, 24, "watch", "a.grad")
    t.see("begun")
    t.send("\x03")
    t.process.expect(terminal.pexpect.EOF, timeout=PATIENCE)
    t.process.close()
    assert t.process.exitstatus == 0 and b"Traceback" not in t.raw


# ── a page that follows ──────────────────────────────────────────────────────

DRAWN = "a = {}\nb = a * a\nbackward(b)\n"


def test_a_save_writes_the_page_anew_and_whole(watch: Callable[..., Watch]) -> None:
    w = watch("--html", "out.html", "a.grad", a=DRAWN.format(2.0))
    w.sees("out.html is a page for a browser: left open, it shows each run that ends well")
    w.sees("ran in")
    page = w.folder / "out.html"
    first = page.read_text()
    assert "a = 2.0" in first and first.rstrip().endswith("</html>")
    w.save("a.grad", DRAWN.format(3.0))
    w.sees("ran in", 2)
    second = page.read_text()
    assert "a = 3.0" in second and second != first
    stamps = [text.partition('name="gradlang-stamp" content="')[2].partition('"')[0] for text in (first, second)]
    assert all(stamps) and stamps[0] != stamps[1]  # by which an open page sees that there is a new one
    assert "is a page for a browser" in w.text and w.text.count("is a page for a browser") == 1
    assert sorted(p.name for p in w.folder.iterdir()) == ["a.grad", "log", "out.html"]


def test_the_last_good_page_stays(watch: Callable[..., Watch]) -> None:
    w = watch("--html", "out.html", "a.grad", a=DRAWN.format(2.0))
    w.sees("ran in")
    page = w.folder / "out.html"
    good = page.stat().st_mtime_ns, page.read_bytes()
    w.save("a.grad", DRAWN.format("(1 +"))  # is not run
    w.sees("not run; watching")
    w.save("a.grad", DRAWN.format(2.0) + "[1] @ [1, 2]\n")  # fails
    w.sees("failed after")
    w.save("a.grad", "print(1 + 1)\n")  # has no graph
    w.sees("failed after", 2)
    assert (page.stat().st_mtime_ns, page.read_bytes()) == good
    w.save("a.grad", DRAWN.format(5.0))
    w.sees("ran in", 2)
    assert page.read_bytes() != good[1]


def test_what_a_run_writes_is_not_a_save(watch: Callable[..., Watch]) -> None:
    """Also where the program names the file."""
    program = 'name = "out.html"\n' + DRAWN.format(2.0) + 'draw(b, "b.svg")\n'
    w = watch("--html", "out.html", "--json", "b.json", "a.grad", a=program)
    w.sees("ran in")
    time.sleep(0.5)
    assert w.text.count("ran in") == 1 and "saved" not in w.text
    w.save("a.grad", program + "\n")
    w.sees("ran in", 2)
    time.sleep(0.5)
    assert w.text.count("ran in") == 2 and w.text.count("saved: a.grad") == 1


def test_a_page_that_is_run_once_does_not_look_for_others(tmp_path: Path) -> None:
    (tmp_path / "a.grad").write_text(DRAWN.format(2.0))
    arguments = [sys.executable, "-m", "gradlang", "--html", "out.html", "a.grad"]
    subprocess.run(arguments, cwd=tmp_path, check=True)
    assert '<meta name="gradlang-stamp' not in (tmp_path / "out.html").read_text()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes that have names")
def test_a_pipe_that_is_imported_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.grad")
    (tmp_path / "a.grad").write_text("import pipe")
    code = f"from gradlang.watch.files import Watched; print(*Watched({str(tmp_path / 'a.grad')!r}).programs)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert run.stdout.split() == [str(tmp_path / name) for name in ("a.grad", "pipe.grad")]
