"""A program reaches files below its folder and nothing else of the machine, by whatever way it tries.

Every way out is tried by the command line and by the Python API. Each ends in one diagnostic with a code and a place;
nothing outside is opened, changed or made, and nothing of it is printed.
"""

from __future__ import annotations

import ast
import io
import json
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import save

import gradlang
from gradlang import reach
from gradlang.cli import main
from gradlang.faults import Fault
from gradlang.whole_file import read_whole, write_whole

SECRET = "87654321"
PATIENCE = 20  # seconds after which what hangs is ended
FORBIDDEN = ("/etc/", "/dev/", "/proc/", "/sys/")
HARMLESS = ("/dev/null", "/proc/self/statm")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices are made otherwise here")

_seen: list[str] | None = None  # what is opened, while somebody wants to know


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is not None and event == "open" and isinstance(arguments[0], str):
        _seen.append(arguments[0])


sys.addaudithook(_note)


class Place:
    """A program's folder, `project`, and what lies beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project, self.outside = folder / "project", folder / "outside"
        (self.project / "data").mkdir(parents=True)
        (self.outside / "deep").mkdir(parents=True)
        numbers = save({"w": numpy_of(float(SECRET))})
        for place in (self.project, self.outside, self.outside / "deep"):
            inside = place is self.project
            (place / "table.csv").write_text("a,b\n1,2\n" if inside else f"a,b\n{SECRET},2\n")
            (place / "model.safetensors").write_bytes(save({"w": numpy_of(1.0)}) if inside else numbers)
        (self.outside / "secret.grad").write_text(f"print({SECRET})\nkey = {SECRET}\n")
        (self.outside / "old.svg").write_text("old")
        self.links()
        self.nothing_to_read()

    def links(self) -> None:
        at = self.project
        (at / "link.csv").symlink_to("../outside/table.csv")
        (at / "absolute.csv").symlink_to(self.outside / "table.csv")
        (at / "chain.csv").symlink_to("chain2.csv")
        (at / "chain2.csv").symlink_to("data/chain3.csv")
        (at / "data" / "chain3.csv").symlink_to("../../outside/table.csv")
        (at / "loop.csv").symlink_to("loop2.csv")
        (at / "loop2.csv").symlink_to("loop.csv")
        (at / "way").symlink_to("../outside")
        (at / "root").symlink_to("/")
        (at / "self").symlink_to(".")
        (at / "up").symlink_to("..")
        (at / "secret.grad").symlink_to("../outside/secret.grad")
        (at / "folder.grad").mkdir()
        (at / "model.link").symlink_to("../outside/model.safetensors")
        (at / "old.svg").symlink_to("../outside/old.svg")
        (at / "dangling.svg").symlink_to("../outside/new.svg")
        (at / "dangling.safetensors").symlink_to("../outside/deep/new.safetensors")
        (at / "dangling.ckpt").symlink_to("../outside/new.ckpt")
        (at / "device.csv").symlink_to("/dev/zero")
        (at / "null.csv").symlink_to("/dev/null")

    def nothing_to_read(self) -> None:
        os.mkfifo(self.project / "pipe.csv")
        os.mkfifo(self.project / "pipe.svg")
        os.mkfifo(self.project / "pipe.grad")
        before = os.getcwd()
        os.chdir(self.project)  # names of sockets are short
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.bind("socket.csv")
        finally:
            os.chdir(before)

    def state(self, folder: Path | None = None) -> dict[str, Any]:
        """All there is, or all below a folder."""
        found: dict[str, Any] = {}
        for path in sorted((folder or self.folder).rglob("*")):
            status = path.lstat()
            is_file = stat.S_ISREG(status.st_mode)
            found[str(path)] = (status.st_mode, status.st_ino, path.read_bytes() if is_file else None)
        return found


def numpy_of(x: float) -> Any:
    import numpy

    return numpy.array(x)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    made = Place(tmp_path)
    monkeypatch.chdir(made.project)

    def hangs(*_: object) -> None:
        raise AssertionError("it waits for something outside")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(PATIENCE)
    yield made
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def by_command_line(path: str, capsys: pytest.CaptureFixture[str]) -> tuple[list[Any], str]:
    code = main([path, "--output-format", "json"])
    out, err = capsys.readouterr()
    assert code == 1, out + err
    return [(d["code"], d["line"]) for d in json.loads(err)], out + err


def by_api(path: str, capsys: pytest.CaptureFixture[str]) -> tuple[list[Any], str]:
    said: list[str] = []
    with pytest.raises(gradlang.GradlangError) as raised:
        gradlang.run_file(path, output=said.append)
    found = [(d.code, d.span.line) for d in raised.value.diagnostics]
    return found, "".join(said) + str(raised.value) + capsys.readouterr().out


WAYS_OF_RUNNING = [by_command_line, by_api]

# What a name is read by: what else would be asked of the file is seen only if it was opened.
READ = "w = load_csv({})\nprint(w)"
LOAD = "param w = 0\nload(w, {})\nprint(w)"
SAVE = "param w = 2\nsave(w, {})"
DRAW = "param w = 2\nloss = w * w\nloss.backward()\ndraw(loss, {})"
DOT = "param w = 2\nloss = w * w\ndraw_dot(loss, {})"
PLOT = "plot([1, 2, 3], file={})"
HIST = "hist([1, 2, 3], file={})"
SHOW = "show([[1, 2], [3, 4]], file={})"
BOUNDARY = "plot_boundary(x -> x[0], [[1, 2], [3, 4]], [0, 1], file={})"
GO_ON = "param w = 2\nfor step in checkpointed(range(5), {}, every=1) {{ w -= 0.1 }}"

# By name: what the program writes for a file ($OUT is the folder beside its own), what it does with it, and the codes
# of which one must come: out of the folder is E0611, whatever else cannot be used E0601 or E0603.
OUT, READS, WRITES = ("E0611",), ("E0601",), ("E0603",)
WAYS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    # names that say so
    "above": ("../outside/table.csv", READ, OUT),
    "above, not there": ("../outside/none.csv", READ, OUT),
    "far above": ("../" * 60 + "etc/passwd", READ, OUT),
    "down and up": ("data/../../outside/table.csv", READ, OUT),
    "down what is not there, and up": ("none/../../outside/table.csv", READ, OUT),
    "up through a file": ("table.csv/../../outside/table.csv", READ, (*OUT, *READS)),
    "dots and slashes": (".//.././/outside/./table.csv", READ, OUT),
    "back into a folder whose name only begins alike": ("../project2/table.csv", READ, OUT),
    "absolute": ("$OUT/table.csv", READ, OUT),
    "absolute, from the folder": ("$IN/../outside/table.csv", READ, OUT),
    "two slashes": ("//$OUT/table.csv", READ, OUT),
    "the machine's": ("/etc/passwd", READ, OUT),
    "the folder above": ("..", READ, OUT),
    "the folder itself": (".", READ, READS),
    "the root": ("/", READ, OUT),
    "a file as a folder": ("table.csv/", READ, READS),
    "nothing": ("", READ, READS),
    # links
    "a link": ("link.csv", READ, OUT),
    "an absolute link": ("absolute.csv", READ, OUT),
    "links of links": ("chain.csv", READ, OUT),
    "links in a circle": ("loop.csv", READ, (*OUT, *READS)),
    "a link to a folder": ("way/table.csv", READ, OUT),
    "a link to a folder, deeper": ("way/deep/table.csv", READ, OUT),
    "a link to the root": ("root/etc/passwd", READ, OUT),
    "a link to here, and up": ("self/self/../../outside/table.csv", READ, OUT),
    "a link to above": ("up/outside/table.csv", READ, OUT),
    "up from where a link leads": ("way/../outside/table.csv", READ, OUT),
    "a link with a slash behind": ("link.csv/", READ, (*OUT, *READS)),
    # what the system has for processes
    "the working folder of the process": ("/proc/self/cwd/../outside/table.csv", READ, OUT),
    "the root of the process": ("/proc/self/root/etc/passwd", READ, OUT),
    "the environment": ("/proc/self/environ", READ, OUT),
    "the memory": ("/proc/self/mem", READ, OUT),
    "an open file": ("/dev/fd/0", READ, OUT),
    "standard input": ("/dev/stdin", READ, OUT),
    "a terminal": ("/dev/tty", READ, OUT),
    # what is no file
    "a pipe": ("pipe.csv", READ, READS),
    "a socket": ("socket.csv", READ, READS),
    "a device": ("device.csv", READ, OUT),
    "an empty device": ("null.csv", READ, OUT),
    # names that others read otherwise
    "the user's folder": ("~/.bashrc", READ, READS),
    "another user's folder": ("~root/.bashrc", READ, READS),
    "a variable": ("$HOME/.bashrc", READ, READS),
    "a variable in braces": ("${{HOME}}/table.csv", READ, READS),
    "an address of a file": ("file://$OUT/table.csv", READ, READS),
    "an address": ("http://localhost/table.csv", READ, READS),
    "a pattern": ("../outsid[e]/*.csv", READ, OUT),
    "a command": ("|cat ../outside/table.csv", READ, READS),
    "an option": ("--help", READ, READS),
    "backslashes": (r"..\\outside\\table.csv", READ, READS),
    "a drive": (r"C:\\Windows\\win.ini", READ, READS),
    "in percents": ("%2e%2e/outside/table.csv", READ, READS),
    "dots that only look so": ("\u2024\u2024/outside/table.csv", READ, READS),
    "capitals": ("../OUTSIDE/TABLE.CSV", READ, OUT),
    "dots behind": ("../outside/table.csv...", READ, OUT),
    "blanks around": (" ../outside/table.csv", READ, (*OUT, *READS)),
    "very long": ("../" + "a" * 5000, READ, (*OUT, *READS)),
    "very deep": ("a/" * 3000 + "../" * 3000 + "../outside/table.csv", READ, (*OUT, *READS)),
    # other ways to read
    "a model": ("../outside/model.safetensors", LOAD, OUT),
    "a model by a link": ("model.link", LOAD, OUT),
    "a pipe for a model": ("pipe.csv", LOAD, READS),
    "a checkpoint": ("../outside/model.safetensors", GO_ON, OUT),
    "a checkpoint by a link": ("model.link", GO_ON, OUT),
    "a checkpoint that is a pipe": ("pipe.csv", GO_ON, READS),
    # writing
    "saving above": ("../outside/new.safetensors", SAVE, OUT),
    "saving over": ("../outside/model.safetensors", SAVE, OUT),
    "saving into the root": ("/new.safetensors", SAVE, OUT),
    "saving by a link": ("model.link", SAVE, OUT),
    "saving by a link to what is not there": ("dangling.safetensors", SAVE, OUT),
    "saving below a link": ("way/new.safetensors", SAVE, OUT),
    "saving to a pipe": ("pipe.csv", SAVE, WRITES),
    "saving to a socket": ("socket.csv", SAVE, WRITES),
    "saving to a device": ("/dev/null", SAVE, OUT),
    "saving to standard output": ("/dev/stdout", SAVE, OUT),
    "saving over the folder": (".", SAVE, WRITES),
    "saving as a folder": ("new/", SAVE, WRITES),
    "saving into a folder without a name": ("new/.", SAVE, WRITES),
    "a picture above": ("../x.svg", DRAW, OUT),
    "a picture over a link": ("old.svg", DRAW, OUT),
    "a picture by a link to what is not there": ("dangling.svg", DRAW, OUT),
    "a picture into a pipe": ("pipe.svg", DRAW, WRITES),
    "a page above": ("../x.html", DRAW, OUT),
    "a graph above": ("../x.json", DRAW, OUT),
    "a DOT file above": ("../x", DOT, OUT),
    "a chart above": ("../x.svg", PLOT, OUT),
    "a chart over a link": ("old.svg", PLOT, OUT),
    "bars above": ("../x.svg", HIST, OUT),
    "a matrix above": ("$OUT/x.svg", SHOW, OUT),
    "a boundary above": ("way/x.svg", BOUNDARY, OUT),
    "a new checkpoint above": ("../outside/new.ckpt", GO_ON, OUT),
    "a new checkpoint by a link": ("dangling.ckpt", GO_ON, OUT),
}

# Ways that need no name of a file, or not only one.
PROGRAMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a name that ends early": (r'w = load_csv("table.csv\0.png")', ("E0104", "E0601")),
    "a name made in parts": ('up = ".."\nw = load_csv(f"{up}/outside/table.csv")', OUT),
    "a name made in a loop": (
        'for up in ["data", "../outside"] {\n    w = load_csv(f"{up}/table.csv")\n}',
        (*OUT, *READS),
    ),
    "importing a link": ("import secret", OUT),
    "importing a folder": ("import folder", ("E0605",)),
    "importing a pipe": ("import pipe", ("E0605",)),
    "importing a path": ('import "../outside/secret"', ("E0107",)),
    "importing from above": ("import outside.secret", ("E0107",)),
    "Python's modules": ("import os", ("E0605",)),
    "Python's functions": ('open("../outside/table.csv")', ("E0201",)),
    "Python's members": ("x = 1\nx.__class__", ("E0206",)),
    "Python's members of functions": ("f(x) = x\nf.__globals__", ("E0206",)),
    "Python's members of models": ("m = mlp(2, [1])\nm.__dict__", ("E0206",)),
    "members in braces": ('x = [1]\nprint(f"{x.__class__.__mro__}")', ("E0206",)),
    "formats in formats": ('x = 1\nprint(f"{x:{x.__class__}}")', ("E0109",)),
    "Python's conversions": ('print(f"{1!r}")', ("E0107",)),
    "Python's text": ('print("{0.__class__}".format(1))', ("E0206",)),
    "printing to a file": ('print("x", file="../x")', ("E0205",)),
}


def attempt(place: Place, program: str, codes: tuple[str, ...], run: Callable[..., Any], capsys: Any) -> None:
    global _seen
    path = place.project / "main.grad"
    path.write_text(program, encoding="utf-8")
    before, _seen = place.state(), []
    try:
        found, said = run(str(path), capsys)
    finally:
        seen, _seen = _seen, None
    assert [code for code, _ in found] in [[code] for code in codes], said
    assert found[0][1] >= 1
    assert "Traceback" not in said and SECRET not in said
    assert place.state() == before
    for name in seen:
        real = os.path.realpath(name) if os.path.isabs(name) else ""  # others are opened in folders that are open
        assert not real.startswith(str(place.outside)), name
        assert name in HARMLESS or not name.startswith(FORBIDDEN), name


def quoted(name: str, place: Place) -> str:
    return '"' + name.replace("$OUT", str(place.outside)).replace("$IN", str(place.project)) + '"'


@pytest.mark.parametrize("run", WAYS_OF_RUNNING)
@pytest.mark.parametrize("way", WAYS)
def test_a_file_out_of_the_folder(place: Place, way: str, run: Callable[..., Any], capsys: Any) -> None:
    name, program, codes = WAYS[way]
    attempt(place, program.format(quoted(name, place)), codes, run, capsys)


@pytest.mark.parametrize("run", WAYS_OF_RUNNING)
@pytest.mark.parametrize("way", PROGRAMS)
def test_another_way_out(place: Place, way: str, run: Callable[..., Any], capsys: Any) -> None:
    program, codes = PROGRAMS[way]
    attempt(place, program, codes, run, capsys)


def test_there_are_ways_enough() -> None:
    assert len(WAYS) + len(PROGRAMS) >= 40


# What is between looking and using


@pytest.mark.skipif(not reach.HERE, reason="folders cannot be held open here")
@pytest.mark.parametrize("swapped", ["inner", "inner/table.csv"])
@pytest.mark.parametrize("use", [read_whole, lambda path: write_whole(path, b"new")], ids=["read", "write"])
def test_what_becomes_a_link_after_it_was_looked_at(
    place: Place, monkeypatch: pytest.MonkeyPatch, use: Callable[[str], Any], swapped: str
) -> None:
    (place.project / "inner").mkdir()
    (place.project / "inner" / "table.csv").write_text("1,2")
    look = reach.real_path

    def look_and_swap(path: str) -> str:
        real = look(path)
        (place.project / swapped).rename(place.project / "moved")
        (place.project / swapped).symlink_to(place.outside / swapped.replace("inner", "."))
        return real

    monkeypatch.setattr("gradlang.whole_file.real_path", look_and_swap)
    monkeypatch.setattr(reach, "real_path", look_and_swap)
    before = place.state(place.outside)
    code = ""
    with reach.of_program(reach.folders_of(str(place.project))):
        try:
            assert use(str(place.project / "inner" / "table.csv")) is None
        except Fault as fault:
            code = fault.code
    if use is read_whole:
        assert code == "E0601"
    else:  # a link that stands where a file is to stand is replaced itself
        assert code == ("E0603" if swapped == "inner" else "")
    assert place.state(place.outside) == before


def test_a_file_that_becomes_a_link_again_and_again(place: Place) -> None:
    path, inside, outside = (place.project / name for name in ("changing.csv", "inside.tmp", "outside.tmp"))
    is_over = threading.Event()

    def swap() -> None:
        while not is_over.is_set():
            inside.write_text("1,2")
            inside.replace(path)
            outside.symlink_to("../outside/table.csv")
            outside.replace(path)

    path.write_text("1,2")
    thread = threading.Thread(target=swap)
    thread.start()
    seen = set()
    try:
        with reach.of_program(reach.folders_of(str(place.project))):
            for _ in range(2000):
                try:
                    seen.add(read_whole(str(path)))
                except Fault as fault:
                    seen.add(fault.code)
    finally:
        is_over.set()
        thread.join()
    assert seen <= {b"1,2", "E0601", "E0611"}


# What is allowed


def run_in(place: Place, program: str, *arguments: str) -> int:
    path = place.project / "main.grad"
    path.write_text(program, encoding="utf-8")
    return main([str(path), *arguments])


@pytest.mark.parametrize(
    "name", ["table.csv", "data/../table.csv", "self/self/table.csv", "$IN/table.csv", "up/project/table.csv"]
)
def test_what_lies_below_the_folder_is_read(place: Place, name: str, capsys: Any) -> None:
    assert run_in(place, f"print(load_csv({quoted(name, place)}))") == 0
    assert "1" in capsys.readouterr().out


def test_what_lies_below_the_folder_is_written(place: Place) -> None:
    (place.project / "inner.svg").symlink_to("data/inner.svg")
    assert run_in(place, DRAW.format('"inner.svg"')) == 0
    assert (place.project / "data" / "inner.svg").read_text().startswith("<svg")
    assert (place.project / "inner.svg").is_symlink()


def test_another_name_of_a_file_keeps_what_it_had(place: Place) -> None:
    os.link(place.outside / "model.safetensors", place.project / "twin.safetensors")
    before = (place.outside / "model.safetensors").read_bytes()
    assert run_in(place, SAVE.format('"twin.safetensors"')) == 0
    assert (place.outside / "model.safetensors").read_bytes() == before
    assert (place.project / "twin.safetensors").read_bytes() != before


@pytest.mark.parametrize("name", ["link.csv", "chain.csv", "way/table.csv", "/proc/self/exe"])
def test_nothing_is_told_of_the_machine(place: Place, name: str, capsys: Any) -> None:
    assert run_in(place, READ.format(f'"{name}"')) == 1
    told = capsys.readouterr().err.replace(str(place.project / "main.grad"), "main.grad")
    assert f'"{name}" leads out of' in told
    for secret in (place.folder, os.path.realpath("/proc/self/exe"), "outside/"):
        assert str(secret) not in told


def test_a_person_allows_more(place: Place, capsys: Any) -> None:
    program = READ.format('"../outside/table.csv"')
    assert run_in(place, program, "--files", "..") == 0 and SECRET in capsys.readouterr().out
    assert run_in(place, program, "--files", "data", "--files", "/") == 0 and SECRET in capsys.readouterr().out
    assert run_in(place, program, "--files", str(place.outside / "deep")) == 1
    message = capsys.readouterr().err
    assert "E0611" in message and 'below "project/" and "deep/"' in message and "--files DIR" in message
    assert gradlang.run(program, folders=[".."]).values["w"].shape == (1, 2)
    with pytest.raises(SystemExit):
        run_in(place, program, "--files", "../outside/none")
    assert "there is none called ../outside/none" in capsys.readouterr().err
    assert run_in(place, SAVE.format('"../outside/new.safetensors"'), "--files", "../outside") == 0
    assert (place.outside / "new.safetensors").exists()


def test_who_types_may_use_any_file(place: Place, capsys: Any) -> None:
    assert main(["-c", READ.format('"../outside/table.csv"')]) == 0
    assert SECRET in capsys.readouterr().out
    assert main(["-c", READ.format('"/dev/zero"')]) == 1
    assert "it is a device" in capsys.readouterr().err


def test_standard_input_is_a_program_of_the_current_folder(place: Place, monkeypatch: Any, capsys: Any) -> None:
    for name, code in (("table.csv", 0), ("../outside/table.csv", 1)):
        text = io.TextIOWrapper(io.BytesIO(READ.format(f'"{name}"').encode()))
        monkeypatch.setattr("sys.stdin", text)
        assert main(["-"]) == code
    assert SECRET not in capsys.readouterr().out


def test_checks_and_tests_keep_to_the_rule(place: Place, capsys: Any) -> None:
    path = place.project / "main.grad"
    path.write_text(READ.format('"../outside/table.csv"'))
    for command in ("check", "test"):
        assert main([command, str(path)]) == 1
        out, err = capsys.readouterr()
        assert "E0611" in out + err and SECRET not in out + err
        assert main([command, str(path), "--files", "../outside"]) == 0
        assert "E0611" not in "".join(capsys.readouterr())


def test_a_file_run_at_the_prompt_keeps_to_the_rule(place: Place, monkeypatch: Any, capsys: Any) -> None:
    path = place.project / "main.grad"
    path.write_text(READ.format('"../outside/table.csv"'))
    entries = f':load {path}\nprint(load_csv("../outside/table.csv")[0, 1])\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(entries.encode())))
    assert main(["-i", "--no-rc", str(path)]) == 0
    out, err = capsys.readouterr()
    assert (out + err).count("E0611") == 2 and SECRET not in out + err and "2" in out


def test_a_folder_that_can_only_be_searched(place: Place) -> None:
    (place.project / "data" / "deep").mkdir()
    (place.project / "data" / "deep" / "table.csv").write_text("1,2")
    (place.project / "data").chmod(0o300)
    try:
        if os.geteuid() and not hasattr(os, "O_PATH"):
            pytest.skip("a folder that cannot be read cannot be held open here")
        assert run_in(place, READ.format('"data/deep/table.csv"')) == 0
        assert run_in(place, SAVE.format('"data/new.safetensors"')) == 0
    finally:
        (place.project / "data").chmod(0o700)


# The rule is in one place


OPENING = {"open", "fdopen", "read_text", "read_bytes", "write_text", "write_bytes", "memmap", "fromfile", "loadtxt"}
OWN_FILES = {  # what these open no program names
    "engine/budget.py", "engine/process.py", "native/llvm/cache.py", "draw/page/__init__.py", "language/prelude.py",
}  # fmt: skip


def opens(node: ast.AST) -> bool:
    """Whether a part of our code opens a file."""
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Attribute):
        return called.attr in OPENING and not (isinstance(called.value, ast.Name) and called.value.id == "self")
    return isinstance(called, ast.Name) and called.id == "open"


def test_programs_open_files_by_one_way() -> None:
    package = Path(gradlang.__file__).parent
    found = set()
    for room in ("engine", "native", "draw", "language"):
        for path in (package / room).rglob("*.py"):
            if any(map(opens, ast.walk(ast.parse(path.read_text(encoding="utf-8"))))):
                found.add(path.relative_to(package).as_posix())
    assert found <= OWN_FILES
