"""The line about a long loop: what it says, when it is there, and that the program never notices."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradlang import progress
from gradlang.draw.terminal.fragments import width_of
from gradlang.language import headway, loss_history
from gradlang.language.headway import Headway
from gradlang.language.loss_history import Curve, LossHistory
from gradlang.language.runtime import RUN, running
from gradlang.progress import WIPE, Progress
from gradlang.progress_line import Pace, hours, line, plain_line
from gradlang.session import Session
from gradlang.source import Source
from gradlang.syntax.parser import parse

pexpect = pytest.importorskip("pexpect")
pyte = pytest.importorskip("pyte")

# Passes last a while by the clock, so that a busy machine shows the same.
LONG = "n = 0\nfor i in range(12) { t = time()\nwhile time() - t < 0.1 { 1 }\nn += i }\nprint(n)\n"
PRINTING = LONG.replace("n += i", 'print("pass", i)')
FIT = """
param w = 0.5
xs = [0.1 * i for i in range(8)]
for step in range(3000) {
  loss = ((w * xs - 2 * xs)**2).mean()
  backward(loss)
  w -= 0.001 * w.grad
}
"""
AT_ONCE = "import sys, gradlang.progress as p; p.FIRST, p.TICK = 0.0, 0.01; "
SOON = "import sys, gradlang.progress as p; p.PLAIN_FIRST, p.TICK = 0.05, 0.01; "
MAIN = "from gradlang.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def run() -> Iterator[Any]:
    with running("", lambda text: None) as state:
        yield state


def loop(text: str = "for epoch in range(10) { }", total: int | None = 10, passes: int = 0) -> Headway:
    (node,) = parse(Source(text)).body
    made = Headway(node, total)
    made.did(0, passes)
    return made


def paced(of: Headway, *looks: tuple[float, int]) -> Pace:
    """A pace after looks: (seconds, passes)."""
    pace = Pace(0.0)
    for now, passes in looks:
        of.did(0, passes)
        pace.saw(now, of)
    return pace


# ── what is said ─────────────────────────────────────────────────────────────


def test_the_line_of_a_loop_of_known_length(run: Any) -> None:
    of = loop(total=1000)
    pace = paced(of, (1.0, 125), (2.0, 250))
    RUN.loss, RUN.backwards = 0.03125, 1
    bar = "━" * 5 + "┈" * 15
    assert line(of, pace, 76) == f"epoch   250/1,000  {bar}  25 %  125/s  0:06 left  loss 0.0312"
    assert plain_line(of, pace) == "epoch 250/1,000 (25 %), 125/s, 0:06 left, loss 0.0312"


def test_without_a_length_there_is_no_bar_and_the_time_that_it_took(run: Any) -> None:
    of = loop("while true { }", total=None)
    assert line(of, paced(of, (61.0, 122)), 80) == "step 122  2/s  1:01"


def test_a_loss_of_before_the_loop_is_not_shown(run: Any) -> None:
    RUN.loss, RUN.backwards = 3.0, 7
    of = loop()
    assert "loss" not in line(of, paced(of, (1.0, 5)), 80)
    RUN.backwards += 1
    assert line(of, paced(of, (1.0, 5)), 80).endswith("loss 3     ")


def test_in_slow_passes_the_loop_in_them_counts(run: Any) -> None:
    of, inner = loop(total=4), loop("for batch in range(8) { }", 8, 2)
    of.inner = inner
    pace = paced(of, (2.0, 1))
    assert of.inners == headway.SOME, "others are to be seen, too"
    assert line(of, pace, 80).startswith("epoch 2/4, batch 2/8  ")
    assert pace.done == 1.25
    pace.saw(4.0, of)
    fast = paced(loop(total=400), (2.0, 100))
    assert fast.inner is None


def test_the_clock() -> None:
    assert [hours(s) for s in (0.2, 59.6, 754, 3723)] == ["0:00", "1:00", "12:34", "1:02:03"]


@pytest.mark.parametrize("width", range(1, 120))
def test_it_fits_whatever_the_width(run: Any, width: int) -> None:
    of = loop(total=100_000)
    RUN.loss, RUN.backwards = 0.5, 1
    pace = paced(of, (1.0, 1), (30.0, 60_000))
    text = line(of, pace, width)
    assert width_of(text) <= width
    assert line(of, pace, width, has_blocks=False).isascii()
    assert "60,000" in text or width < 22


def test_colour_changes_no_column(run: Any) -> None:
    of = loop()
    pace = paced(of, (1.0, 5))
    painted = line(of, pace, 60, color=True)
    assert "\x1b[" in painted
    screen = pyte.Screen(60, 1)
    pyte.Stream(screen).feed(painted)
    assert screen.display[0].rstrip() == line(of, pace, 60)


# ── when it is there ─────────────────────────────────────────────────────────


class Looked:
    """A `Progress` without its thread, that is made to look at times of our choice."""

    def __init__(self, is_terminal: bool) -> None:
        self.reader, self.progress = -1, Progress("never")
        self.reader, self.progress.stream = os.pipe()
        os.set_blocking(self.reader, False)
        self.progress.is_terminal = is_terminal
        self.progress.write_on = lambda text: os.write(self.progress.stream, text.encode())

    def at(self, now: float) -> str:
        self.progress.look(now)
        return self.written()

    def written(self) -> str:
        try:
            return os.read(self.reader, 1 << 16).decode()
        except BlockingIOError:
            return ""


def test_a_short_loop_has_no_line_and_a_long_one_until_it_ends(run: Any) -> None:
    looked, of = Looked(True), loop()
    assert looked.at(0.0) == ""
    RUN.headway = of
    assert looked.at(1.0) == ""
    of.did(0, 3)
    assert looked.at(1.0 + progress.FIRST - 0.01) == ""
    assert looked.at(1.0 + progress.FIRST).startswith(WIPE + "epoch  3/10")
    RUN.headway = loop()
    assert looked.at(3.0) == WIPE, "it is another loop"
    assert looked.at(3.5) == ""


def test_it_goes_before_the_program_writes_and_waits_for_the_end_of_a_line(run: Any) -> None:
    looked = Looked(True)
    RUN.headway = loop(passes=3)
    looked.at(0.0)
    assert "epoch" in looked.at(1.0)
    looked.progress.write("half ")
    assert looked.written() == WIPE + "half "
    assert looked.at(1.1) == ""
    looked.progress.write("a line\n")
    assert looked.written() == "a line\n"
    assert "epoch" in looked.at(1.2)


def test_elsewhere_than_on_a_terminal_lines_come_ever_less_often(run: Any) -> None:
    looked = Looked(False)
    RUN.headway = loop(total=10_000, passes=3)
    said = [now for now in range(1000) if looked.at(float(now))]
    assert said[:4] == [10, 20, 30, 40]
    assert len(said) < 40
    assert said[-1] - said[-2] > 80


def program(tmp_path: Path, text: str) -> str:
    path = tmp_path / "program.grad"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_terminal_sees_it_refresh_and_vanish(tmp_path: Path) -> None:
    screen = pyte.Screen(70, 8)
    stream = pyte.ByteStream(screen)
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
    process = pexpect.spawn(
        sys.executable, ["-c", AT_ONCE + MAIN, "--backend", "interp", program(tmp_path, LONG)],
        env=environment, dimensions=(8, 70), timeout=60,
    )  # fmt: skip
    raw, seen = b"", set()
    while True:
        try:
            data = process.read_nonblocking(1 << 16, 20)
        except pexpect.EOF:
            break
        raw += data
        stream.feed(data)
        seen |= {row.strip() for row in screen.display if row.startswith("i ")}
    assert len(seen) >= 3, raw
    assert all("/12" in row and "%" in row for row in seen)
    assert [row.rstrip() for row in screen.display if row.strip()] == ["66"]
    assert raw.count(b"\n") == 1, "it never moved on by itself"


@pytest.mark.parametrize("text", [LONG, PRINTING])
def test_results_are_the_same_with_it_and_without(tmp_path: Path, text: str) -> None:
    path = program(tmp_path, text)
    command = [sys.executable, "-c", AT_ONCE + MAIN, "--backend", "interp", path]
    master, slave = pty.openpty()
    watched = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave, env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    assert watched.stdout is not None
    drawn = read_all(master)
    results = watched.stdout.read()
    assert watched.wait() == 0
    plain = subprocess.run([sys.executable, "-m", "gradlang", path], capture_output=True, check=True)
    assert results == plain.stdout
    assert plain.stderr == b""
    assert WIPE.encode() in drawn


def read_all(descriptor: int) -> bytes:
    data = b""
    while True:
        try:
            part = os.read(descriptor, 1 << 16)
        except OSError:  # what a terminal gives at its end
            return data
        if not part:
            return data
        data += part


def errors(tmp_path: Path, text: str, *options: str, start: str = SOON, **environment: str) -> bytes:
    command = [sys.executable, "-c", start + MAIN, "--backend", "interp", *options, program(tmp_path, text)]
    return subprocess.run(command, capture_output=True, check=True, env={**os.environ, **environment}).stderr


def test_through_a_pipe_lines_are_plain(tmp_path: Path) -> None:
    written = errors(tmp_path, LONG)
    assert written.startswith(b"i ") and b"/12 (" in written
    assert b"\r" not in written and b"\x1b" not in written and written.endswith(b"\n")


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-c", SOON + MAIN, "--backend", "interp", program(tmp_path, LONG)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=slave, env={**os.environ, "TERM": "dumb"})
    os.close(slave)
    written = read_all(master)
    process.communicate()
    assert b"/12 (" in written and b"\x1b" not in written


@pytest.mark.parametrize("options", [["--output-format", "json"]])
def test_who_reads_diagnostics_by_program_gets_none(tmp_path: Path, options: list[str]) -> None:
    assert errors(tmp_path, LONG, *options).strip() in (b"", b"[]", b'{"diagnostics": []}')


def test_ctrl_c_ends_a_watched_loop(tmp_path: Path) -> None:
    path = program(tmp_path, "for i in range(10**9) { 1 }")
    process = pexpect.spawn(
        sys.executable, ["-c", AT_ONCE + MAIN, path], env={**os.environ, "TERM": "xterm"}, timeout=60
    )
    process.expect("i ")
    before = process.before + process.after
    process.sendintr()
    process.expect(pexpect.EOF)
    process.close()
    assert process.exitstatus == 130
    assert b"^C" in process.before, "the terminal writes it behind the line, which is as wide as it can be"
    screen = pyte.Screen(80, 24)
    pyte.ByteStream(screen).feed(before + process.before)
    assert [row.rstrip() for row in screen.display if row.strip()] == ["interrupted"]


def test_where_nothing_is_in_the_way_the_program_writes_as_ever(run: Any) -> None:
    before = RUN.write
    with Progress("never") as shown:
        assert not shown.is_terminal and RUN.write is before


# ── what loops say of themselves ─────────────────────────────────────────────


def seen_in(text: str, backend: str = "interp") -> list[tuple[int, int | None, int | None]]:
    """What stood in RUN.headway whenever the program wrote: passes, the total, passes of the loop in it."""
    seen: list[tuple[int, int | None, int | None]] = []

    def look(written: str) -> None:
        of = RUN.headway
        seen.append((of.passes, of.total, of.inner and of.inner.passes) if of is not None else (-1, None, None))

    with running("", look):
        RUN.backend = backend
        Session().run(Source(text), lambda diagnostic: None)
        assert RUN.headway is None
    return seen


@pytest.mark.parametrize("backend", ["interp", "auto", "replay"])
def test_passes_that_are_over_are_counted(backend: str) -> None:
    assert seen_in("for i in range(3) { print(i) }\nprint(0)", backend) == [
        (0, 3, None), (1, 3, None), (2, 3, None), (-1, None, None),
    ]  # fmt: skip
    assert seen_in("n = 0\nwhile n < 3 { print(n)\nn += 1 }", backend) == [(k, None, None) for k in range(3)]
    assert seen_in("for x in [5, 6] { print(x) }", backend) == [(0, 2, None), (1, 2, None)]
    assert seen_in("for x in randn(2, 3) { print(1) }", backend) == [(0, 2, None), (1, 2, None)]


@pytest.mark.parametrize("backend", ["interp", "auto"])
def test_loops_in_it_are_seen_and_those_in_functions(backend: str) -> None:
    inner = seen_in("for i in range(2) { for k in range(2) { for l in range(2) { print(l) } } }", backend)
    assert inner == [(i, 2, k) for i in range(2) for k in range(2) for _ in range(2)]
    assert seen_in("f(n) = { for i in range(n) { print(i) } }\nf(2)", backend) == [(0, 2, None), (1, 2, None)]
    many = seen_in("for i in range(20) { for k in range(1) { print(k) } }", backend)
    assert [of for _, _, of in many] == [0] * headway.SOME + [None] * (20 - headway.SOME), "it would cost too much"


@pytest.mark.parametrize("items", ["range(3)", "[5, 6, 7]", "randn(3, 2)", "zip([1, 2, 3], [4, 5, 6])"])
def test_comprehensions_are_loops_and_those_in_them_loops_in_a_loop(items: str) -> None:
    assert seen_in(f"[print(1) for x in {items}]") == [(k, 3, None) for k in range(3)]
    inner = seen_in(f"f() = {{ for i in range(2) {{ print(i) }} }}\n[f() for x in {items}]")
    assert inner == [(k, 3, i) for k in range(3) for i in range(2)]
    assert seen_in(f"for i in range(1) {{ [print(1) for x in {items}] }}") == [(0, 1, None)] * 3


def test_a_loop_that_is_left_by_an_error_is_over() -> None:
    with running("", lambda text: None):
        with pytest.raises(Exception, match="out of range"):
            Session().run(Source("for i in range(3) { [1][5] }"), lambda diagnostic: None)
        assert RUN.headway is None


# ── the loss ─────────────────────────────────────────────────────────────────


def curve_of(text: str, backend: str) -> tuple[list[tuple[int, float]], Any]:
    """The curve of the program's only loop that learns, and what its parameter came to."""
    with running("", lambda text: None):
        RUN.backend, RUN.history = backend, LossHistory()
        session = Session()
        session.run(Source(text), lambda diagnostic: None)
        (curve,) = RUN.history.curves.values()
        return curve.samples(), session.names()["w"].value.data


LOSSES = FIT.replace("backward(loss)", "losses = append(losses, loss.item())\n  backward(loss)").replace(
    "param w", "losses = []\nparam w"
)
TWO = "param w = 0.5\nfor i in range(900) { for k in range(2) { backward((w - k)**2)\nw -= 0.01 * w.grad } }"


@pytest.mark.parametrize("backend", ["interp", "auto", "replay", "llvm"])
@pytest.mark.parametrize("most", [7, 500])
def test_the_curve_is_the_losses_of_every_kth_step(monkeypatch: pytest.MonkeyPatch, backend: str, most: int) -> None:
    monkeypatch.setattr(loss_history, "MOST", most)
    with running("", lambda text: None):
        RUN.backend = "interp"
        session = Session()
        session.run(Source(LOSSES), lambda diagnostic: None)
        losses = [x.data for x in session.names()["losses"].items()]
    curve, _ = curve_of(FIT, backend)
    assert most // 2 <= len(curve) <= most + 1
    *points, last = curve
    assert [step for step, _ in points] == [k * points[1][0] for k in range(len(points))]
    assert last[0] == 2999
    assert [loss for _, loss in curve] == pytest.approx([losses[step] for step, _ in curve], rel=1e-9)


@pytest.mark.parametrize("backend", ["auto", "replay", "llvm"])
def test_a_pass_may_differentiate_more_than_once(monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    monkeypatch.setattr(loss_history, "MOST", 20)
    curve, w = curve_of(TWO, backend)
    plain, plain_w = curve_of(TWO, "interp")
    assert w == pytest.approx(plain_w)
    assert 10 <= len(curve) <= 21
    assert curve[-1][0] == plain[-1][0] == 1799
    assert all(now[0] < then[0] for now, then in zip(curve, curve[1:], strict=False))


def test_asking_for_a_curve_or_watching_changes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(looks: bool) -> tuple[Any, int]:
        count = 0

        def saw(onlooker: headway.Onlooker, passes: int, backwards: int, loss: Any, seconds: float) -> None:
            nonlocal count
            count += 1

        with running("", lambda text: None), monkeypatch.context() as m:
            RUN.backend = "replay"
            m.setattr(headway.Onlooker, "is_look_due", lambda *arguments: looks)
            m.setattr(headway.Onlooker, "saw", saw)
            session = Session()
            session.run(Source(FIT), lambda diagnostic: None)
            return session.names()["w"].value.data, count

    (plain, none), (watched, some) = run(False), run(True)
    assert none == 0 and some > 3
    assert plain == watched
    assert curve_of(FIT, "replay")[1] == plain


def test_the_loss_of_passes_by_tape_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[float] = []
    with running("", lambda text: None):
        RUN.backend = "replay"
        before = headway.Onlooker.goes_on

        def goes_on(onlooker: headway.Onlooker, passes: int) -> bool:
            if RUN.headway.loss is not None:
                shown.append(RUN.headway.loss)
            RUN.headway.is_watched = True
            return before(onlooker, passes)

        monkeypatch.setattr(headway.Onlooker, "goes_on", goes_on)
        monkeypatch.setattr(headway, "SPARING", 0)
        Session().run(Source(FIT), lambda diagnostic: None)
    assert len(shown) > 2
    assert sorted(shown, reverse=True) == shown, "it learns"


def test_a_curve_is_spread_evenly_whatever_the_length() -> None:
    for steps in (1, 7, 500, 501, 12_345):
        history = LossHistory()
        for step in range(steps):
            history.differentiated("a loop", float(step))
        (curve,) = history.curves.values()
        points = curve.samples()
        assert all(step == loss for step, loss in points)
        assert points[0][0] == 0 and points[-1][0] == steps - 1
        assert min(steps, 250) <= len(points) <= 501
        assert len({b[0] - a[0] for a, b in zip(points[:-1], points[1:-1], strict=False)}) <= 1


def test_steps_that_have_not_happened_are_taken_back() -> None:
    curve = Curve()
    for step in range(5):
        curve.add(step, 1.0)
    curve.over(3)
    assert curve.samples() == [(0, 1.0), (1, 1.0), (2, 1.0)]


def test_a_program_of_no_loops_starts_nothing_heavy() -> None:
    code = "import sys; from gradlang.cli import main; main(['-c', '1 + 2']); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "gradlang.progress" in modules
    assert not {"gradlang.progress_line", "gradlang.loop_report"} & set(modules)
