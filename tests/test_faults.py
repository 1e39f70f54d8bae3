"""What goes wrong with the machine: disks, signals, readers that go away, processes that die, files that are damaged.

Whatever fails, and wherever: a file that was there is whole, old or new; nothing else is left behind; one diagnostic
says so, and never Python. Errors are injected at every call to the system, one after the other: a clean run counts the
calls, then the first fails, then the second, until all of them have.
"""

from __future__ import annotations

import ast
import errno
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import gradlang
from gradlang import reach, whole_file
from gradlang.cli import main
from gradlang.dryrun.worker import Worker
from gradlang.repl import history, settings
from gradlang.source import Source

posix = pytest.mark.skipif(os.name != "posix", reason="signals, pipes and permissions are others here")
PACKAGE = Path(gradlang.__file__).parent

# ── a disk that fails ────────────────────────────────────────────────────────

CALLS = {"open", "fsync", "chmod", "replace", "scandir", "fstat", "stat", "close"}


class Disk:
    """The system as `whole_file` and `reach` see it, in which the call of one number fails.

    `close` fails after it has closed, as it does on real disks.
    """

    def __init__(self, failing: int | None, error: BaseException | None) -> None:
        self.failing, self.error = failing, error
        self.calls: list[str] = []

    def call(self, name: str) -> None:
        self.calls.append(name)
        if self.error is not None and len(self.calls) - 1 == self.failing:
            raise self.error

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def called(*args: Any, **named: Any) -> Any:
            if name == "close":
                real(*args)
            self.call(name)
            return None if name == "close" else real(*args, **named)

        return called

    @property
    def supports_fd(self) -> set[Any]:
        return {self.chmod}

    def opened(self, *args: Any, **named: Any) -> Any:
        if not isinstance(args[0], int):
            self.call("open")
        return DiskFile(self, open(*args, **named))


class DiskFile:
    """An open file of a `Disk`: a write that fails may have written a part."""

    def __init__(self, disk: Disk, file: Any) -> None:
        self.disk, self.file = disk, file

    def write(self, data: bytes) -> int:
        half = len(data) // 2
        self.file.write(data[:half])
        self.disk.call("write")
        self.file.write(data[half:])
        return len(data)

    def flush(self) -> None:
        self.disk.call("flush")
        self.file.flush()

    def read(self, *args: int) -> bytes:
        self.disk.call("read")
        read: bytes = self.file.read(*args)
        return read

    def fileno(self) -> int:
        number: int = self.file.fileno()
        return number

    def __enter__(self) -> DiskFile:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()
        self.disk.call("close")


@contextmanager
def disk(failing: int | None = None, error: BaseException | None = None) -> Iterator[Disk]:
    made = Disk(failing, error)
    with pytest.MonkeyPatch.context() as patch:
        for module in (whole_file, reach):
            patch.setattr(module, "os", made)
            patch.setattr(module, "open", made.opened, raising=False)
        yield made


TRAINED = "param w = 2\nloss = w * w\nloss.backward()\n"
OUT = "$FOLDER/out"
# By name: the arguments, where `main.grad` is the program or $FOLDER its folder; the program; the file that is written.
WRITERS: dict[str, tuple[list[str], str, str]] = {
    "save": (["main.grad"], TRAINED + 'save(w, "out.safetensors")', "out.safetensors"),
    "checkpointed": (["main.grad"], "param w = 2\nfor i in checkpointed(range(2), \"out\") { w -= 1 }", "out"),
    "draw svg": (["main.grad"], TRAINED + 'draw(loss, "out.svg")', "out.svg"),
    "draw html": (["main.grad"], TRAINED + 'draw(loss, "out.html")', "out.html"),
    "draw json": (["main.grad"], TRAINED + 'draw(loss, "out.json")', "out.json"),
    "draw_dot": (["main.grad"], TRAINED + 'draw_dot(loss, "out.dot")', "out.dot"),
    "plot": (["main.grad"], 'plot([1, 2], file="out.svg")', "out.svg"),
    "hist": (["main.grad"], 'hist([1, 2], file="out.svg")', "out.svg"),
    "show": (["main.grad"], 'show([[1, 2]], file="out.svg")', "out.svg"),
    "plot_boundary": (
        ["main.grad"], 'plot_boundary(x -> x[0], [[1, 2], [3, 4]], [0, 1], file="out.svg")', "out.svg",
    ),
    "--svg": (["main.grad", "--svg", f"{OUT}.svg"], TRAINED, "out.svg"),
    "--dot": (["main.grad", "--dot", f"{OUT}.dot"], TRAINED, "out.dot"),
    "--json": (["main.grad", "--json", f"{OUT}.json"], TRAINED, "out.json"),
    "--html": (["main.grad", "--html", f"{OUT}.html"], TRAINED, "out.html"),
    "--report": (["main.grad", "--report", f"{OUT}.html"], TRAINED, "out.html"),
    "fmt": (["fmt", "main.grad"], "x=1", "main.grad"),
    "check --fix": (["check", "--fix", "--no-run", "main.grad"], "x = 1\nprint(x^2)", "main.grad"),
    "test --update": (["test", "--update", "main.grad"], "1 + 1 #> 3", "main.grad"),
    ":save": (["-i", "--no-rc"], f"x = 1\n:save {OUT}.grad\n", "out.grad"),
    ":html": (["-i", "--no-rc"], TRAINED + f":html {OUT}.html\n", "out.html"),
    ":svg": (["-i", "--no-rc"], TRAINED + f":svg {OUT}.svg\n", "out.svg"),
    ":dot": (["-i", "--no-rc"], TRAINED + f":dot {OUT}.dot\n", "out.dot"),
}  # fmt: skip


class Trial:
    """A command that writes a file where there is one already."""

    def __init__(self, folder: Path, name: str, patch: pytest.MonkeyPatch, capsys: Any) -> None:
        self.folder, self.patch, self.capsys = folder, patch, capsys
        arguments, program, written = WRITERS[name]
        self.program = program.replace("$FOLDER", str(folder))
        self.arguments = [a.replace("$FOLDER", str(folder)) for a in arguments]
        self.is_prompt = "-i" in arguments
        self.target = folder / written
        # what a program is rewritten from is old itself; a checkpoint must fit
        self.old = self.program.encode() if written == "main.grad" else None if written == "out" else b"old"

    def run(self) -> tuple[int, str]:
        """With what was there before; at a prompt, yes is said to writing over it."""
        (self.folder / "main.grad").write_text(self.program)
        self.target.unlink(missing_ok=True)
        if self.old is not None:
            self.target.write_bytes(self.old)
        entries = self.program + "y\n" if self.is_prompt else ""
        self.patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(entries.encode())))
        self.patch.chdir(self.folder)
        code = main(self.arguments)
        return code, "".join(self.capsys.readouterr())

    def found(self) -> bytes | None:
        """What is there now; the file is the only one there is."""
        names = set(os.listdir(self.folder)) - {"main.grad"}
        assert names <= {self.target.name}, names
        return self.target.read_bytes() if self.target.exists() else None


def whole(trial: Trial) -> tuple[list[str], Callable[[bytes | None], bool]]:
    """The calls of a run in which nothing fails; what tells whether a file is one that a whole run may leave."""
    with disk() as clean:
        code, said = trial.run()
    assert code == 0 and "error[" not in said, said
    new = trial.found()
    assert new is not None and new != trial.old
    if trial.target.suffix == ".html" and "--report" in trial.arguments:  # says how long it took
        return clean.calls, lambda found: found == trial.old or found is not None and found.endswith(b"</html>\n")
    if trial.old is None:  # the last save of several
        return clean.calls, lambda found: found is None or len(found) == len(new)
    return clean.calls, lambda found: found in (trial.old, new)


@pytest.mark.parametrize("name", WRITERS)
def test_an_error_at_every_call(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    trial = Trial(tmp_path, name, monkeypatch, capsys)
    calls, is_whole = whole(trial)
    assert {"open", "write", "flush", "fsync", "replace"} <= set(calls)
    for failing, call in enumerate(calls):
        with disk(failing, OSError(errno.ENOSPC, "No space left on device")) as made:
            code, said = trial.run()
        assert made.calls[failing] == call
        assert is_whole(trial.found()), (call, trial.found())
        errors = said.count("error[")
        assert errors == said.count("error[E060") <= 1 and "Traceback" not in said, (call, said)
        if errors:
            assert "the disk is full" in said and (code == 1 or trial.is_prompt), (call, said)
            assert trial.found() == trial.old or call == "close", call
        else:  # what only makes it last, or clears away, may fail
            assert code == 0 and trial.found() not in (None, trial.old), (call, said)


@pytest.mark.parametrize("error", [errno.EIO, errno.EROFS, errno.EDQUOT, errno.EINTR, errno.EACCES, errno.ESTALE])
def test_every_error_at_every_call(error: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    trial = Trial(tmp_path, "save", monkeypatch, capsys)
    calls, is_whole = whole(trial)
    for failing in range(len(calls)):
        with disk(failing, OSError(error, os.strerror(error))):
            code, said = trial.run()
        assert is_whole(trial.found())
        assert said.count("error[") == said.count("error[E060") == code <= 1, said


READERS = {
    "load_csv": 'print(load_csv("table.csv"))',
    "load": 'param w = 0\nload(w, "w.safetensors")',
    "import": "import other\nprint(other.x)",
}


@pytest.mark.parametrize("name", READERS)
def test_an_error_at_every_call_of_a_read(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "table.csv").write_text("1,2")
    (tmp_path / "other.grad").write_text("x = 1")
    assert main(["-c", f'param w = 1\nsave(w, "{tmp_path}/w.safetensors")']) == 0
    (tmp_path / "main.grad").write_text(READERS[name])
    with disk() as clean:
        assert main([str(tmp_path / "main.grad")]) == 0
    capsys.readouterr()
    for failing in range(len(clean.calls)):
        with disk(failing, OSError(errno.EIO, "Input/output error")):
            assert main([str(tmp_path / "main.grad")]) == 1
        err = capsys.readouterr().err
        assert err.count("error[") == err.count("error[E0601]: cannot read") == 1 and "the disk reports an error" in err


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(143)], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("name", ["save", "checkpointed", "draw svg", "--html", "fmt", "check --fix"])
def test_an_end_at_every_call(
    name: str, end: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    trial = Trial(tmp_path, name, monkeypatch, capsys)
    calls, is_whole = whole(trial)
    for failing in range(len(calls)):
        with disk(failing, end):
            code, said = trial.run()
        assert is_whole(trial.found())
        assert code == (130 if isinstance(end, KeyboardInterrupt) else 143) and "Traceback" not in said, said
        assert "error[" not in said


def test_nothing_can_be_removed_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """What went wrong first is what is told."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    trial = Trial(tmp_path, "save", monkeypatch, capsys)
    monkeypatch.setattr(os, "unlink", fail)
    with disk() as clean:
        trial.target.write_bytes(b"old")
        (tmp_path / "main.grad").write_text(trial.program)
        monkeypatch.chdir(tmp_path)
        assert main(trial.arguments) == 0
    (tmp_path / trial.target.name).write_bytes(b"old")
    with disk(clean.calls.index("write"), OSError(errno.ENOSPC, "")):
        assert main(trial.arguments) == 1
    assert trial.target.read_bytes() == b"old" and "the disk is full" in capsys.readouterr().err


@posix
@pytest.mark.parametrize("name", ["save", "draw svg", "--html", "fmt"])
def test_files_may_not_grow(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """A limit of the system itself, met in the middle of a write."""
    import resource

    trial = Trial(tmp_path, name, monkeypatch, capsys)
    _, is_whole = whole(trial)
    size = len(trial.found() or b"")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        trial.run()
        trial.target.write_bytes(trial.old or b"")
        resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1, before[1]))
        code = main(trial.arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert code == 1 and trial.found() == trial.old
    assert "larger than it may be" in capsys.readouterr().err and is_whole(trial.found())


# ── signals ──────────────────────────────────────────────────────────────────

AT = """
import os, signal, sys
import {module} as place
real, is_sent = place.{name}, False

def sending(*args, **named):
    global is_sent
    if not is_sent:
        is_sent = True
        os.kill(os.getpid(), signal.{signal})
    return real(*args, **named)

place.{name} = sending
from gradlang.cli import main
sys.argv[1:] = sys.argv[2:]
sys.exit(main())
"""
LONG = "x = 0.0\nwhile true { x = x.item() + 1 }"
NATIVE = "param w = 1.0\nfor i in range(10**12) { loss = (w - 2) ** 2; loss.backward(); w -= 0.001 * w.grad }"
# By what goes on: the module and the function that is entered then, the arguments, and the program.
MOMENTS: dict[str, tuple[str, str, list[str], str]] = {
    "reading": ("gradlang.cli", "read_source", ["main.grad"], LONG),
    "parsing": ("gradlang.session", "parsed", ["main.grad"], LONG),
    "resolving": ("gradlang.session", "resolve", ["main.grad"], LONG),
    "compiling": ("gradlang.native.choice", "fastest", ["main.grad"], NATIVE),
    "saving": ("os", "fsync", ["main.grad"], 'param w = 1\nwhile true { save(w, "out") }'),
    "drawing": ("gradlang.draw.forms.outputs", "written", ["main.grad", "--svg", "out"], TRAINED),
    "drawing, in a program": (
        "gradlang.draw.forms.outputs",
        "written",
        ["main.grad"],
        TRAINED + 'draw(loss, "out.svg")\nprint(1)',
    ),
    "writing a page": ("os", "replace", ["main.grad", "--html", "out"], TRAINED),
    "reporting": ("gradlang.run_page.reporting", "page_text", ["main.grad", "--report", "out"], TRAINED),
    "checking": ("gradlang.check", "_written", ["check", "main.grad"], TRAINED),
    "mending": ("os", "fsync", ["check", "--fix", "main.grad"], "x = 1\nprint(x^2)"),
    "formatting": ("os", "replace", ["fmt", "main.grad"], "x=1"),
    "testing": ("gradlang.expectations.command", "failures", ["test", "main.grad"], "1 + 1 #> 2"),
    "ending": ("gradlang.cli", "settle", ["main.grad"], "x = 1"),
    "in a process of its own": ("gradlang.session", "resolve", ["main.grad", "--limit-time", "60"], LONG),
}


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal_at_any_moment(moment: str, name: str, tmp_path: Path) -> None:
    module, function, arguments, program = MOMENTS[moment]
    (tmp_path / "main.grad").write_text(program)
    code = AT.format(module=module, name=function, signal=name)
    run = subprocess.run(
        [sys.executable, "-c", code, "-", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    number = getattr(signal, name)
    assert run.returncode in (128 + number, -number), run.stderr
    assert run.stderr in ("", "interrupted\n")
    assert set(os.listdir(tmp_path)) <= {"main.grad", "out", "out.svg", "__pycache__"}
    mended = ("x = 1\n", "x = 1\nprint(x ** 2)", "x = 1\nprint(x**2)")
    assert (tmp_path / "main.grad").read_text() in (program, *mended)


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("program", [LONG, NATIVE], ids=["interpreted", "native"])
def test_what_was_printed_is_there_after_a_signal(program: str, name: str) -> None:
    command = [sys.executable, "-m", "gradlang", "-c", 'print("begun")\n' + program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        end_when_running(run, getattr(signal, name))
        try:
            out, err = run.communicate(timeout=60)
        finally:
            run.kill()
    assert (run.returncode, out) == (128 + getattr(signal, name), "begun\n")
    assert err == ("interrupted\n" if name == "SIGINT" else "")


def end_when_running(run: subprocess.Popen[str], number: int) -> None:
    """Sends a signal as soon as the process answers it in order: until then it would end at once, in silence."""
    status = Path(f"/proc/{run.pid}/status")
    end = time.monotonic() + 20
    while time.monotonic() < end and not (status.exists() and caught(status.read_text()) & 1 << (signal.SIGTERM - 1)):
        time.sleep(0.01)
    time.sleep(0.5)
    run.send_signal(number)


def caught(status: str) -> int:
    """The signals that a process has handlers for."""
    (line,) = [line for line in status.splitlines() if line.startswith("SigCgt:")]
    return int(line.split()[1], 16)


@posix
def test_a_process_that_is_to_ignore_hangups_does(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "sys.argv[1:] = ['-c', 'print(1)']\n"
        "import gradlang.session as s\nreal = s.resolve\n"
        "s.resolve = lambda *a: (os.kill(os.getpid(), signal.SIGHUP), real(*a))[1]\n"
        "from gradlang.cli import main\nsys.exit(main())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, run.stderr) == (0, "1\n", "")


# ── streams that nobody reads, or that are full ──────────────────────────────

PRINTING: dict[str, tuple[list[str], str]] = {
    "results": (["main.grad"], "for i in range(20000) { print(i) }"),
    "the last value": (["-c", "randn(60, 60)"], ""),
    "warnings": (["main.grad"], "max = 1\nprint(max)"),
    "errors": (["main.grad"], "\n".join(f"x{i} = no{i}" for i in range(50))),
    "errors as JSON": (["main.grad", "--output-format", "json"], "\n".join(f"x{i} = no{i}" for i in range(50))),
    "a picture": (["main.grad", "--svg", "-"], TRAINED),
    "a graph": (["main.grad", "--dot", "-"], TRAINED),
    "a page": (["main.grad", "--html", "-"], TRAINED),
    "a report": (["main.grad", "--report", "-"], TRAINED),
    "help": (["help"], ""),
    "a list": (["explain"], ""),
    "the version": (["--version"], ""),
    "findings": (["check", "--no-run", "main.grad"], "\n".join(f"x{i} = no{i}" for i in range(50))),
    "differences": (["fmt", "--diff", "main.grad"], "x=1\n" * 2000),
    "a text": (["fmt", "-"], "x=1\n" * 2000),
    "a mended text": (["check", "--fix", "--no-run", "-"], "x = 1^2\n" * 2000),
    "expectations": (["test", "main.grad"], "1 + 1 #> 3\n" * 50),
    "a prompt": (["-i", "--no-rc"], "1 + 1\n" * 50),
}


def with_streams(name: str, folder: Path, out: int, err: int) -> subprocess.CompletedProcess[str]:
    arguments, text = PRINTING[name]
    (folder / "main.grad").write_text(text)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}  # what is left is left to the end
    return subprocess.run(
        [sys.executable, "-m", "gradlang", *arguments], cwd=folder, input=text, stdout=out, stderr=err, text=True,
        timeout=60, env=environment,
    )  # fmt: skip


@pytest.fixture
def unread() -> Iterator[int]:
    """A pipe whose reader is gone."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@posix
@pytest.mark.parametrize("name", PRINTING)
def test_a_reader_of_results_that_goes_away(name: str, tmp_path: Path, unread: int) -> None:
    run = with_streams(name, tmp_path, unread, subprocess.PIPE)
    assert run.returncode in (0, 1)
    for line in run.stderr.splitlines():
        assert "Traceback" not in line and "Exception" not in line and "E0999" not in line, run.stderr


@posix
@pytest.mark.parametrize("name", ["results", "warnings", "errors", "errors as JSON", "expectations", "a prompt"])
def test_a_reader_of_remarks_that_goes_away(name: str, tmp_path: Path, unread: int) -> None:
    """Results are there as if somebody read them."""
    heard = with_streams(name, tmp_path, subprocess.PIPE, subprocess.PIPE)
    run = with_streams(name, tmp_path, subprocess.PIPE, unread)
    assert (run.returncode, run.stdout) == (heard.returncode, heard.stdout)


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is full")
@pytest.mark.parametrize("name", PRINTING)
def test_a_full_disk_behind_results(name: str, tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        run = with_streams(name, tmp_path, full.fileno(), subprocess.PIPE)
    assert run.returncode == 1
    # errors of the program come before that of the disk
    assert "the disk is full" in run.stderr or name in ("errors", "errors as JSON"), run.stderr
    assert run.stderr.count("E0603") <= 1 and "E0999" not in run.stderr and "Traceback" not in run.stderr
    assert "Exception" not in run.stderr


@posix
@pytest.mark.parametrize("stream", [0, 1, 2])
def test_a_stream_that_is_not_there(stream: int) -> None:
    command = [sys.executable, "-m", "gradlang", "-c", "max = 1\nprint(max)"]
    run = subprocess.run(command, capture_output=True, text=True, preexec_fn=lambda: os.close(stream), timeout=60)
    assert run.returncode == 0
    assert run.stdout == ("" if stream == 1 else "1\n") and ("W0201" in run.stderr) == (stream != 2)


# ── what lies in the user's folders ──────────────────────────────────────────


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def nested(path: Path) -> None:
    path.write_text("[" * 100_000 + "\n" + "a = " + "[" * 100_000)


def cut(path: Path) -> None:
    path.write_text('"a = 1"\n"b = ')


def pickled(path: Path) -> None:
    path.write_bytes(b"cos\nsystem\n(S'touch executed'\ntR.")


def a_folder(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_circle(path: Path) -> None:
    path.symlink_to(path)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def forbidden(path: Path) -> None:
    path.write_text("vi = true")
    path.chmod(0)


KINDS = [empty, garbage, nested, cut, pickled, a_folder, a_pipe, a_circle, a_device, forbidden]


@posix
@pytest.mark.parametrize("make", KINDS)
def test_a_history_that_is_none(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "history"
    make(path)
    assert set(history.read_history(str(path))) <= {"a = 1"}
    is_added = history.add_to_history(str(path), "b = 2")
    assert ("b = 2" in history.read_history(str(path))) == is_added
    assert os.listdir(tmp_path) == ["history"]


@posix
@pytest.mark.parametrize("file", ["config.toml", "init.grad"])
@pytest.mark.parametrize("make", KINDS)
def test_settings_that_are_none(make: Callable[[Path], None], file: str, tmp_path: Path) -> None:
    (tmp_path / "gradlang").mkdir()
    make(tmp_path / "gradlang" / file)
    run = prompted("print(2)\n", tmp_path, XDG_CONFIG_HOME=str(tmp_path))
    assert run.stdout.endswith("2\n") and "Traceback" not in run.stderr and "E0999" not in run.stderr, run.stderr
    assert not (tmp_path / "executed").exists()


def prompted(entries: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradlang", "-i"], cwd=folder, input=entries, capture_output=True, text=True,
        timeout=60, env={**os.environ, **environment},
    )  # fmt: skip


HOMES = {
    "empty": {"HOME": ""},
    "not there": {"HOME": "/nowhere/at/all"},
    "no path": {"HOME": "home", "XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "~", "XDG_STATE_HOME": "."},
    "a file": {"HOME": "$FOLDER/main.grad"},
    "a device": {"HOME": "/dev/null"},
}


@posix
@pytest.mark.parametrize("home", HOMES)
def test_a_home_that_is_none(home: str, tmp_path: Path) -> None:
    (tmp_path / "main.grad").write_text(NATIVE.replace("10**12", "3000") + "\nprint(w)")
    environment = {k: v for k, v in os.environ.items() if k not in ("XDG_CACHE_HOME", "GRADLANG_HISTORY")}
    environment |= {k: v.replace("$FOLDER", str(tmp_path)) for k, v in HOMES[home].items()}
    command = [sys.executable, "-m", "gradlang", "--backend", "llvm", "main.grad"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=60)
    assert (run.returncode, run.stderr) == (0, "") and run.stdout
    run = prompted("print(2)\n", tmp_path, **environment)
    assert run.stdout.endswith("2\n") and "error" not in run.stderr
    assert os.listdir(tmp_path) == ["main.grad"]


def test_nobody_has_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container, for a user whom the system does not know."""
    from gradlang.native.llvm import cache

    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "GRADLANG_HISTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    warned: list[str] = []
    assert history.history_path() is None and settings.init_file() is None
    assert vars(settings.load_settings(warned.append)) == vars(settings.Settings()) and not warned
    cache.write("a key", b"code")
    assert cache.read("a key") is None


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="permissions do not hold for root")
def test_a_home_that_cannot_be_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(0o500)
    run = prompted("x = 1\nprint(x)\n", tmp_path, HOME=str(home))
    assert run.stdout.endswith("1\n") and run.stderr == ""


UNSAFE = {"pickle", "cPickle", "dill", "marshal", "shelve", "joblib", "cloudpickle"}


def test_nothing_that_is_read_is_executed() -> None:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [name.name for name in node.names] + [getattr(node, "module", "") or ""]
                assert not UNSAFE & {name.partition(".")[0] for name in names}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                is_own = path.name == "tree.py" and node.func.id == "exec"  # of names of fields
                assert is_own or node.func.id not in ("eval", "exec", "__import__"), f"{path}:{node.lineno}"
            if isinstance(node, ast.Attribute):
                is_numpy = isinstance(node.value, ast.Name) and node.value.id in ("numpy", "np")
                assert not (is_numpy and node.attr in ("load", "fromfile", "memmap", "loadtxt")), path


# ── processes that die ───────────────────────────────────────────────────────


@posix
def test_a_process_for_dry_runs_that_is_killed() -> None:
    worker, wrong = Worker(), Source("x = [1, 2] @ [3, 4, 5]", "a")
    try:
        assert [d.code for d in worker.run(wrong, ".").diagnostics] == ["E0401"]
        assert worker.process is not None
        os.kill(worker.process.pid, signal.SIGKILL)  # between two runs
        worker.process.wait()
        worker.run(wrong, ".")
        assert [d.code for d in worker.run(wrong, ".").diagnostics] == ["E0401"]
        worker.begin(wrong, ".")
        os.kill(worker.process.pid, signal.SIGKILL)  # in one
        assert worker.finish(wrong).diagnostics in ([], worker.run(wrong, ".").diagnostics)
        assert [d.code for d in worker.run(wrong, ".").diagnostics] == ["E0401"]
    finally:
        worker.close()


@posix
def test_a_check_goes_on_without_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = Worker.begin

    def begin_and_kill(self: Worker, *args: Any, **named: Any) -> None:
        begin(self, *args, **named)
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)

    monkeypatch.setattr(Worker, "begin", begin_and_kill)
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.grad").write_text(f"print(no{name})")
    assert main(["check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.count("error[E0201]") == 3
