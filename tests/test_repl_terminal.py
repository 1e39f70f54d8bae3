"""The prompt in a real terminal: gradlang under a pseudo-terminal (pexpect), its screen read by an emulator (pyte)."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradlang.repl.history import read_history

pexpect = pytest.importorskip("pexpect")
pyte = pytest.importorskip("pyte")

PATIENCE = 20.0  # seconds; nothing here should take one
PROMPTED = b"\x1b[?2004h"  # an editor begins: it asks for bracketed pastes


class Terminal:
    """gradlang in a terminal of some size."""

    def __init__(self, folder: Path, columns: int = 100, lines: int = 30, *arguments: str, **environment: str) -> None:
        home = {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "config")}
        environ = {k: v for k, v in os.environ.items() if k not in ("GRADLANG_HISTORY", "NO_COLOR", "COLUMNS", "LINES")}
        environ |= {**home, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", **environment}
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.process = pexpect.spawn(
            sys.executable, ["-m", "gradlang", *arguments], env=environ, dimensions=(lines, columns), cwd=folder
        )
        self.process.delaybeforesend = None

    def read(self, seconds: float = 0.05) -> None:
        """Takes what the program has written."""
        try:
            data = self.process.read_nonblocking(1 << 16, seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.raw += data
        self.stream.feed(data)

    def until(self, holds: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"no {what} on:\n{self.text}")
            self.read()

    def running(self) -> None:
        """Waits until a program runs: then Ctrl-C is a signal again, and no key of the editor."""
        self.until(lambda: termios.tcgetattr(self.process.child_fd)[3] & termios.ISIG, "run")
        time.sleep(0.1)

    def see(self, text: str) -> None:
        """Waits until a text stands on the screen."""
        self.until(lambda: text in self.text, repr(text))

    def previewed(self, text: str) -> None:
        """Waits for a preview; on a busy machine one may run out of time, so another key asks anew."""
        for _ in range(10):
            end = time.monotonic() + 2
            while time.monotonic() < end and text not in self.text:
                self.read()
            if text in self.text:
                return
            self.send(" \x7f")
        self.see(text)

    def ready(self) -> None:
        """Waits for an empty prompt."""
        self.until(lambda: self.lines[self.screen.cursor.y].rstrip() == ">>>", "prompt")

    def enter(self, text: str) -> None:
        """Types an entry line by line and waits for the next prompt."""
        self.ready()
        prompts = self.raw.count(PROMPTED)
        for line in text.split("\n"):
            self.send(line + "\r")
        self.until(lambda: self.raw.count(PROMPTED) > prompts, "entry")
        self.ready()

    def send(self, keys: str) -> None:
        self.process.send(keys)
        self.read(0.02)

    @property
    def lines(self) -> list[str]:
        return list(self.screen.display)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).rstrip()

    def leave(self) -> int:
        self.ready()
        self.send("\x04")
        self.process.expect(pexpect.EOF, timeout=PATIENCE)
        self.process.close()
        status: int = self.process.exitstatus
        return status


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def make(columns: int = 100, lines: int = 30, *arguments: str, **environment: str) -> Terminal:
        opened.append(Terminal(tmp_path, columns, lines, *arguments, **environment))
        return opened[-1]

    yield make
    for terminal in opened:
        assert b"Traceback" not in terminal.raw, terminal.raw.decode(errors="replace")
        terminal.process.close(force=True)


OBJECTIVE = """\
objective(model) = {
scores = model(X)[:, 0]
data_loss = (1 - y * scores).relu().mean()
return data_loss + 1e-4 * sum([(p * p).sum() for p in parameters(model)])
}"""
TRAIN = """\
for step in range({}) {{
loss = objective(model)
backward(loss)
for p in parameters(model) {{ p -= (1 - 0.9 * step / 50) * p.grad }}
}}"""


def test_a_session_of_training(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    """Define, train, interrupt, look around, train on, save, leave; the saved program comes to the same numbers."""
    t = open_terminal()
    t.enter("X, labels = make_moons(20000, noise=0.1)")
    t.enter("y = labels * 2 - 1; model = mlp(2, [64, 64, 1])")
    t.enter(OBJECTIVE)
    t.ready()
    for line in TRAIN.format(50).split("\n"):
        t.send(line + "\r")
    time.sleep(0.6)
    t.send("\x03")
    t.see(" is kept")
    t.enter("print(step)")
    step = t.lines[t.screen.cursor.y - 1].strip()
    assert 0 <= int(step) < 49
    t.enter("print(repr(loss), repr(parameters(model)[0][0, 0]))")
    t.enter(":vars")
    t.see("mlp(2, [64, 64, 1]")
    t.see("loss")
    t.enter(":grads")
    t.see("model.layer1.W")
    t.see("of loss = ")
    t.enter(":graph")
    t.see("grad 1")
    t.ready()
    t.send(":step\r")
    t.see("step 1 of")
    t.send("\r")
    t.see("step 2 of")
    t.send("b\r")
    t.until(lambda: t.text.count("step 1 of") == 2, "first step again")
    t.send("q\r")
    t.enter(TRAIN.format(3))
    t.enter("print(repr(objective(model)), repr(parameters(model)[2][0, 0]))")
    shown = t.lines[t.screen.cursor.y - 1].strip()
    assert re.fullmatch(r"[-\d.e]+ [-\d.e]+", shown)
    t.enter(":save run.grad")
    assert t.leave() == 0
    run = subprocess.run(
        [sys.executable, "-m", "gradlang", "run.grad"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == shown and run.stdout.splitlines()[0] == step


def test_what_is_typed_is_coloured_previewed_and_completed(open_terminal: Callable[..., Terminal]) -> None:
    t = open_terminal()
    t.enter("a = 2.0")
    t.enter("param weight = 3.0")
    t.send("sin(weight * a")
    t.previewed("-0.2794   d/dweight 1.9203   d/da 2.8805")
    t.see("sin(x)  Sine.")
    line = next(i for i, text in enumerate(t.lines) if text.startswith(">>> sin(weight"))
    row = t.screen.buffer[line]
    assert "default" not in {row[4].fg, row[8].fg, row[1].fg} and row[8].bold and row[8].data == "w"
    t.send(") + wei")
    t.see("parameter 3")
    t.send("\t\r")
    t.see("2.7206")


def test_interrupts_return_to_the_prompt(open_terminal: Callable[..., Terminal]) -> None:
    t = open_terminal()
    t.enter("n = 0; f() = { while true { m = 1 } }")
    for entry in ("while true { n = n.item() + 1 }", "f()", "[i for i in range(1e9)]"):
        t.ready()
        t.send(entry + "\r")
        t.running()
        t.send("\x03")
        t.until(lambda: "stopped" in t.text.split(entry)[-1], "end")  # noqa: B023
        t.ready()
    t.send("half a line {")
    t.send("\x03")
    t.ready()
    assert t.leave() == 0


def test_ctrl_d_while_a_program_runs_asks(open_terminal: Callable[..., Terminal]) -> None:
    t = open_terminal()
    t.enter("n = 0")
    t.send("while true { n = n.item() + 1 }\r")
    time.sleep(0.3)
    t.send("\x04")
    t.see("leave? (y/n)")
    t.send("n")
    t.see("n, it goes on")
    t.send("12 + ")
    t.send("\x04")
    t.until(lambda: t.text.count("leave? (y/n)") == 2, "second question")
    t.send("y")
    t.process.expect(pexpect.EOF, timeout=PATIENCE)
    t.process.close()
    assert t.process.exitstatus == 0


def test_history_is_there_in_the_next_session_and_two_may_be_open(
    open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    one, two = open_terminal(), open_terminal()
    one.enter("first = 1")
    two.enter("second = 2")
    one.enter("third = 3")
    assert one.leave() == two.leave() == 0
    t = open_terminal()
    t.ready()
    t.send("\x1b[A\x1b[A")
    t.see("second = 2")
    assert (tmp_path / "state" / "gradlang" / "history").read_text() == '"first = 1"\n"second = 2"\n"third = 3"\n'


def test_forty_columns(open_terminal: Callable[..., Terminal]) -> None:
    t = open_terminal(40, 24)
    t.enter("a = 2.0; b = -3.0; c = (a * b).tanh() + a ** 2; backward(c)")
    for command in (":vars", ":grads", ":graph", ":help", "?a", "[i for i in range(99)]", ":check c"):
        t.raw = b""
        t.enter(command)
        plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]", b"", t.raw).decode()
        shown = [line.rstrip() for line in plain.replace("\r\n", "\n").split("\n") if ">>>" not in line]
        assert max(map(len, shown)) <= 40, command
    t.enter("[1, 2, 3] @ [1, 2, 3, 4]")
    t.see("error[E0401]")


def test_no_color(open_terminal: Callable[..., Terminal]) -> None:
    t = open_terminal(NO_COLOR="1")
    t.enter("a = 2.0; b = a * a; backward(b)")
    t.enter(":graph")
    t.enter("a + nope")
    t.see("E0201")
    assert not re.search(rb"\x1b\[[0-9;]*(3[0-7]|38;5|38;2|9[0-7])[0-9;]*m", t.raw)


def test_a_dumb_terminal_has_no_editor(open_terminal: Callable[..., Terminal]) -> None:
    t = open_terminal(TERM="dumb")
    t.see(">>>")
    for line in ("f(x) = {", "x * 2", "}", "f(21)"):
        t.send(line + "\r")
    t.see("42")
    assert b"\x1b" not in t.raw
    t.see("...")


def test_after_a_program_its_names_are_there(open_terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / "p.grad").write_text('a = 7\nprint("ran")\n')
    t = open_terminal(80, 24, "-i", "p.grad")
    t.see("ran")
    t.enter("a * 2")
    t.see("14")
    assert ":help" not in t.text


def test_starting_is_quick_enough_to_count(tmp_path: Path) -> None:
    """What the prompt must not load before it is there: counts, not times."""
    code = (
        "import sys; from gradlang.repl import opening, editor\n"
        "print([m for m in ('numpy', 'graphviz', 'safetensors', 'tomllib', 'argparse') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("entry", ["", "while true { n = 2 }"], ids=["waiting", "running"])
def test_a_prompt_that_is_to_end_keeps_what_was_entered(
    name: str, entry: str, open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    t = open_terminal()
    t.enter("n = 1")
    if entry:
        t.send(entry + "\r")
        t.running()
    t.process.kill(getattr(signal, name))
    t.process.expect(pexpect.EOF, timeout=PATIENCE)
    shown = t.process.before
    assert termios.tcgetattr(t.process.child_fd)[3] & termios.ECHO  # the terminal is as it was
    t.process.close()
    assert t.process.exitstatus == 128 + getattr(signal, name)
    assert b"Traceback" not in shown and b"rror" not in shown
    assert read_history(str(tmp_path / "state" / "gradlang" / "history")) == ["n = 1", *([entry] if entry else [])]
