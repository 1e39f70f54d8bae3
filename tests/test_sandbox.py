"""Programs of other people: limits on the command line, a process that can be ended, and the same from Python."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bombs
import pytest
from bomb_runs import within_its_limits
from conftest import Run

import gradlang as package
from gradlang import GradlangError, Limits
from gradlang.arguments import parse_arguments
from gradlang.engine.limits import SANDBOX

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="without a process of its own")
ENDLESS = "i = 0\nwhile true {\n  if i == 0 { print(1) }\n  i = 1\n}"
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts gradlang in a folder of its own; whatever the test does, it is gone afterwards."""
    begun: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **settings: object) -> subprocess.Popen[str]:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | settings
        command = [sys.executable, "-m", "gradlang", *arguments]
        streams["env"] = {name: x for name, x in os.environ.items() if name != "PYTHONUNBUFFERED"}
        begun.append(subprocess.Popen(command, text=True, cwd=tmp_path, start_new_session=True, **streams))  # type: ignore[call-overload]
        return begun[-1]

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """The exit code and what was written, once nobody holds the streams any more."""
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def child(process: subprocess.Popen[str]) -> int:
    """The process that a started one runs its program in."""
    for _ in range(600):
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == process.pid:
                return int(stat.parent.name)
        time.sleep(0.05)
    raise AssertionError("there is no process of the program")


def is_gone(process: int) -> bool:
    for _ in range(600):
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


# ── the options ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("option", "program", "code"),
    [
        ("--limit-cost=1000", "for i in range(2000) { }", "E0903"),
        ("--limit-memory=8M", "x = zeros(2000, 2000)", "E0902"),
        ("--limit-elements=1k", "x = zeros(50, 50)", "E0904"),
        ("--limit-text=100", "x = repr(ones(100))", "E0905"),
        ("--limit-output=10", "for i in range(9) { print(i) }", "E0906"),
        ("--limit-depth=20", "f(n) = if n == 0 { 0 } else { f(n - 1) }\nf(30)", "E0901"),
        ("--limit-nesting=5", "x = " + "(" * 9 + "1" + ")" * 9, "E0103"),
        ("--limit-source=10", "x = 1 + 2 + 3", "E0907"),
    ],
)
def test_what_goes_beyond_a_limit_is_an_error(gradlang: Run, option: str, program: str, code: str) -> None:
    assert gradlang(program)[0] == 0
    status, _, err = gradlang(program, option)
    assert (status, err[:12]) == (1, f"error[{code}]")


def test_amounts() -> None:
    given = parse_arguments(
        ["--limit-memory=1.5G", "--limit-cost=2M", "--limit-text=10_000", "--limit-time=0.5", "-c1"]
    )
    limits = given.limits
    assert limits is not None
    assert (limits.memory, limits.cost, limits.text, limits.seconds) == (3 << 29, 2_000_000, 10_000, 0.5)
    assert limits.depth is limits.output is None


def test_the_sandbox_has_all_limits_and_single_ones_count_more() -> None:
    limits = parse_arguments(["--sandbox", "--limit-depth=9", "-c1"]).limits
    assert limits is not None and limits.depth == 9
    assert all(getattr(limits, name) == getattr(SANDBOX, name) for name in Limits.__slots__ if name != "depth")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--limit-memory=12q", "-c1"], "12q is no amount of memory"),
        (["--limit-cost=0", "-c1"], "0 is no number from 1"),
        (["--limit-time=-1", "-c1"], "-1 is no time"),
        (["--sandbox", "-i", "-c1"], "--sandbox is for programs that are run"),
        (["--limit-cost=5", "-i"], "--limit-cost is for programs that are run"),
        (["--strict", "-i"], "--strict is for programs that are run"),
        (["--files=.", "-c1"], "-c may use any file"),
        (["--files=no/such", "--sandbox", "-c1"], "there is none called no/such"),
        (["--allow=W0599", "-c1"], "no warning has the code W0599; there are W0501"),
        (["--allow=E0101", "-c1"], "E0101 is an error"),
    ],
)
def test_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse_arguments(arguments)
    assert end.value.code == 2 and said in capsys.readouterr().err


def test_warnings_that_are_allowed() -> None:
    given = parse_arguments(["--allow=W0201,w0202", "--allow", "W0301", "--strict", "-c1"])
    assert given.allow == ("W0201", "W0202", "W0301") and given.strict
    assert parse_arguments(["--seed=1", "-c1"]).limits is None


def test_an_imported_file_that_is_too_long(gradlang: Run, tmp_path: Path) -> None:
    (tmp_path / "long.grad").write_text("x = 1\n" * 100)
    status, _, err = gradlang("import long", "--limit-source=100")
    assert status == 1 and '"long.grad" has more than the 100 characters' in err.replace(f"{tmp_path}/", "")
    assert "import long\n" in err, err
    assert gradlang("import long", "--limit-source=600")[0] == 0


# ── a process of its own ─────────────────────────────────────────────────────


@needs_fork
@pytest.mark.parametrize("form", ["code", "file", "stdin"])
def test_a_program_within_its_limits_does_what_it_always_does(start: Start, tmp_path: Path, form: str) -> None:
    program = "x = 3\ny = x**2\nbackward(y)\nsum = 1\nprint(y)\ny.grad"
    (tmp_path / "p.grad").write_text(program)
    what = {"code": ["-c", program], "file": ["p.grad"], "stdin": ["-"]}[form]
    outputs = ["--svg=graph.svg", "--report=run.html", "--json=-", "--profile", "--output-format=json"]
    with open(tmp_path / "p.grad") as file:
        status, out, err = ended(start("--sandbox", *outputs, *what, stdin=file))
    assert status == 0
    assert out.startswith("9\n") and json.loads(out[out.index("{") :])
    loops, _, document = err.partition("\n")
    assert loops == "no loop was watched" and [d["code"] for d in json.loads(document)] == ["W0201"]
    assert (tmp_path / "graph.svg").read_text().startswith("<") and "backward" in (tmp_path / "run.html").read_text()


@needs_fork
def test_a_mistake_ends_as_always(start: Start, tmp_path: Path) -> None:
    assert ended(start("--sandbox", "-c", "print(1)\nx = [1][5]"))[:2] == (1, "1\n")
    (tmp_path / "secret.csv").write_text("1\n")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "p.grad").write_text('load_csv("../secret.csv")')
    assert "E0611" in ended(start("--sandbox", "inner/p.grad"))[2]
    assert ended(start("--sandbox", "--files", ".", "inner/p.grad"))[0] == 0
    assert "E0611" in ended(start("--sandbox", "-c", 'load_csv("/etc/passwd")'))[2]


PROGRAMS = {
    "a loop": "i = 0\nwhile true { i += 1 }",
    "a native loop": "x = 0.0\nfor i in range(10**12) { x = x * 0.99 + 1 }",
    "a recursion": "f(n) = f(n + 1) + f(n + 1)\nf(n) = if n > 100 { 0 } else { f(n + 1) + f(n + 1) }\nf(0)",
    "a function of a loop": "x = map(n -> n + 1, range(10**9))",
    "one long step": "x = ones(6000, 6000)\nx @ x @ x @ x",
    "a sort": "x = arange(10**7)\n" + "y = sorted(x * -1)\n" * 20,
}


@needs_fork
@pytest.mark.parametrize("kind", PROGRAMS)
def test_time_is_up(start: Start, kind: str) -> None:
    status, out, err = ended(start("--limit-time=0.8", "-c", "print(1)\n" + PROGRAMS[kind]))
    assert (status, out) == (1, "1\n"), err
    assert err.startswith("error[E0908]: this run may take 0.8 s, and they are over\n") and err.count("error[") == 1
    line = err.partition("<command line>:")[2].partition(":")[0]
    assert int(line) > 1, err


@needs_fork
def test_time_is_up_while_a_program_is_waited_for(start: Start) -> None:
    read, write = os.pipe()
    status, out, err = ended(start("--sandbox", "--limit-time=0.3", "-", stdin=read))
    os.close(read)
    os.close(write)
    assert (status, out) == (1, "") and "error[E0908]" in err and "<standard input>" in err


@needs_fork
def test_a_page_about_a_run_whose_time_is_up(start: Start, tmp_path: Path) -> None:
    status, _, err = ended(start("--limit-time=0.5", "--report=run.html", "-c", ENDLESS))
    assert status == 1 and "E0908" in err and "E0908" in (tmp_path / "run.html").read_text()


@needs_fork
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
class TestProcess:
    @pytest.mark.parametrize(
        ("number", "status", "said"),
        [
            (signal.SIGKILL, 1, "error[E0909]: the process of the program was killed from outside\n"),
            (signal.SIGSEGV, 70, "error[E0909]: the process of the program crashed (SIGSEGV)"),
            (signal.SIGABRT, 70, "error[E0909]: the process of the program crashed (SIGABRT)"),
        ],
    )
    def test_an_end_without_a_word(self, start: Start, number: int, status: int, said: str) -> None:
        process = start("--sandbox", "-c", ENDLESS)
        assert process.stdout is not None and process.stdout.readline() == "1\n"
        os.kill(child(process), number)
        code, _, err = ended(process)
        assert code == status and err.startswith(said), err
        assert "--> <command line>:2:1" in err

    @pytest.mark.parametrize(
        ("number", "status", "said"), [(signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, 143, "")]
    )
    def test_a_signal_ends_both(self, start: Start, number: int, status: int, said: str) -> None:
        process = start("--sandbox", "-c", ENDLESS)
        assert process.stdout is not None and process.stdout.readline() == "1\n"
        inner = child(process)
        process.send_signal(number)
        assert ended(process) == (status, "", said)
        assert is_gone(inner)

    def test_a_second_one_ends_what_does_not_answer(self, start: Start) -> None:
        process = start("--limit-time=60", "-c", "print(1)\nx = ones(9000, 9000)\nx = x @ x @ x @ x @ x")
        assert process.stdout is not None and process.stdout.readline() == "1\n"
        inner = child(process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert ended(process)[0] == 130
        assert is_gone(inner)

    def test_it_does_not_outlive_who_waits_for_it(self, start: Start) -> None:
        process = start("--limit-time=600", "-c", ENDLESS)
        assert process.stdout is not None and process.stdout.readline() == "1\n"
        inner = child(process)
        process.kill()
        assert is_gone(inner)

    def test_nobody_reads_any_more(self, start: Start) -> None:
        process = start("--sandbox", "-c", "while true { print(1) }")
        assert process.stdout is not None and process.stdout.readline() == "1\n"
        inner = child(process)
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr is not None and process.stderr.read() == ""
        assert is_gone(inner)


@needs_fork
@pytest.mark.parametrize("kind", ["COST", "DEPTH", "NESTING", "ELEMENTS", "TEXT", "OUTPUT", "MEMORY"])
def test_a_bomb_of_each_kind(kind: str) -> None:
    """The others are run by `python tests/bomb_runs.py`, which also looks at the clock and the memory."""
    bomb = getattr(bombs, kind)[2]
    end = within_its_limits(bomb)
    assert (end.status, end.code) == (1, bomb.code), bomb.name


# ── from Python ──────────────────────────────────────────────────────────────


def caught(do: Callable[[], object]) -> list[str]:
    with pytest.raises(GradlangError) as error:
        do()
    return [d.code for d in error.value.diagnostics]


def test_limits_from_python(tmp_path: Path) -> None:
    assert package.SANDBOX is SANDBOX and package.Limits is Limits
    assert package.run("x = 1 + 1", limits=SANDBOX)["x"] == 2
    assert caught(lambda: package.run("while true { }", limits=Limits(cost=1000))) == ["E0903"]
    assert caught(lambda: package.run("while true { }", limits=Limits(seconds=0.2))) == ["E0908"]
    assert caught(lambda: package.run("x = 1 + 1", limits=Limits(source=5))) == ["E0907"]
    file = tmp_path / "p.grad"
    file.write_text("x = '日本語'")
    assert caught(lambda: package.run_file(str(file), limits=Limits(source=8))) == ["E0907"]
    assert package.run_file(str(file), limits=Limits(source=9))["x"] == "日本語"
    assert package.run("for i in range(10) { }", limits=Limits(seconds=60)).value is None


def test_a_time_that_was_up_does_not_end_the_next_run() -> None:
    for _ in range(2):
        assert caught(lambda: package.run("f(n) = f(n)\nwhile true { }", limits=Limits(seconds=0.1))) == ["E0908"]
        assert package.run("i = 0\nwhile i < 100 { i += 1 }")["i"] == 100


def test_strict_from_python() -> None:
    assert [d.code for d in package.run("sum = 1").warnings] == ["W0201"]
    assert caught(lambda: package.run("sum = 1", strict=True)) == ["W0201"]
