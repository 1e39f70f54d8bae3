"""A program in a process of its own, which can be ended whatever it is doing.

The process is a copy of this one: it has the same standard streams, and a group
of its own, so that each signal reaches it once, through us. It runs the program
as we would; we wait, and load nothing unless there is something to say.

Invariants: when we are gone, so is it, and what it has started goes with it.
What it has printed is not lost when it is ended. One of us says how it ended,
and only one: it sends SAID when it has.

Where the system has no such copies, a run holds itself to its limits.
"""

from __future__ import annotations

import io
import os
import select
import signal
import stat
import sys
from contextlib import suppress
from mmap import mmap
from struct import Struct
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn

from .cli import FAILED, INTERNAL, ended, read_source
from .diagnostics import GradlangError
from .faults import Fault
from .language.deadline import Deadline
from .language.runtime import RUN, failure, time_is_up
from .signals import FIRST
from .source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from .options import Options

    Run = Callable[[Options, Deadline], int]

OVER, SAID = b"o", b"."  # what the process sends: the program is over; everything is said
GRACE = 0.04  # seconds after its time is up in which a run may stop by itself
LONG_GRACE = 2.0  # the same, where a page about the run would be lost
AFTERWARDS = 60.0  # seconds for what is written after the program: pictures, pages
PATIENCE = 5  # seconds in which a run that is asked to end may do so in order, and a report be taken
PREPARING = 0.1  # seconds before that in which we get ready to report it
LIBRARIES = 1 << 30  # bytes of address space for what the engine loads; little of it is ever used
PLACE = Struct("II")  # of the outermost statement that was begun last: its start and end
PICTURES = 1 << 28  # bytes of a file that is written after the program, and of compiled loops
PASSED_ON = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]


def run_apart(options: Options, run: Run) -> int:
    """What `run` comes to, in a process of its own; the exit code."""
    began, seconds = monotonic(), seconds_of(options)
    if not hasattr(os, "fork"):
        return run(options, Deadline(seconds, began))
    news, sender = os.pipe()
    life, ours = os.pipe()
    place = mmap(-1, PLACE.size)
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if not process:
        os.close(news)
        os.close(ours)
        inside(options, run, Supervised(seconds, began, sender, place), life)
    os.close(sender)
    os.close(life)
    return Waiting(process, news, place, options, began).code()


def seconds_of(options: Options) -> float:
    """The time that the run may take."""
    assert options.seconds is not None
    return options.seconds


# ── in the process ───────────────────────────────────────────────────────────


class Supervised(Deadline):
    """The part of a run that is the program's; whoever waits hears when it is over.

    Where it is, is written down in memory that both see, for it may be gone without a word.
    """

    def __init__(self, seconds: float, since: float, sender: int, place: mmap) -> None:
        super().__init__(seconds, since)
        self.sender, self.place = sender, place

    def __enter__(self) -> None:
        super().__enter__()
        RUN.begins = self.begins

    def begins(self, span: Span) -> None:
        PLACE.pack_into(self.place, 0, span.start, span.end)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.send(OVER)

    def send(self, what: bytes) -> None:
        with suppress(OSError):  # nobody waits any more
            os.write(self.sender, what)


def inside(options: Options, run: Run, deadline: Supervised, life: int) -> NoReturn:
    """The process from its first to its last moment."""
    code = INTERNAL
    try:
        os.setpgid(0, 0)
        end_with(life)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # it writes to our terminal, whatever that thinks of other groups
        if options.file != "-":
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        if options.sandbox:
            wall_in(options)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(line_buffering=True)
        code = ended(lambda: run(options, deadline))
    except BaseException:  # as Python itself would
        import traceback

        traceback.print_exc()
        code = FAILED
    finally:
        with suppress(OSError):
            sys.stdout.flush()
        deadline.send(SAID)
        os._exit(code)


def end_with(life: int) -> None:
    """Ends this process and its group when nobody holds the other end of a pipe any more."""
    try:
        import fcntl

        fcntl.fcntl(life, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(life, fcntl.F_SETSIG, signal.SIGKILL)  # what the system sends us then, whatever we are doing
        fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
        if select.select([life], [], [], 0)[0]:  # it was over before we asked
            os._exit(INTERNAL)
    except (ImportError, AttributeError, OSError):  # not Linux: as soon as Python lets a thread run
        import _thread

        def watch() -> None:
            os.read(life, 1)
            os.killpg(0, signal.SIGKILL)

        _thread.start_new_thread(watch, ())


def wall_in(options: Options) -> None:
    """A second wall, around what the run counts itself; what is within the limits never meets it."""
    from .engine.process import limit

    limits, threads = options.limits, options.threads or 1
    assert limits is not None and limits.memory is not None and limits.output is not None
    streams = [os.fstat(stream) for stream in (1, 2)]  # which may go on in a file that is long already
    before = max([found.st_size for found in streams if stat.S_ISREG(found.st_mode)], default=0)
    limit(
        limits.memory + LIBRARIES * (1 + threads // 8),
        int(seconds_of(options) + AFTERWARDS + 1) * threads,
        before + limits.output + PICTURES,
    )


# ── who waits for it ─────────────────────────────────────────────────────────


class Waiting:
    """Waits for the process, passes signals on to it, and ends it when its time is up."""

    def __init__(self, process: int, news: int, place: mmap, options: Options, began: float) -> None:
        self.process, self.news, self.place, self.options = process, news, place, options
        grace = GRACE if options.report is None else LONG_GRACE
        self.end = began + seconds_of(options) + grace
        self.said = b""
        self.signal = 0  # that it was asked to end with
        self.is_late = False
        with suppress(OSError):  # it does so, too: whoever comes first
            os.setpgid(process, process)

    def code(self) -> int:
        """The exit code, once the process is gone."""
        answers = dict.fromkeys(PASSED_ON, self.pass_on) | {signal.SIGALRM: self.pass_on, signal.SIGTSTP: self.halt}
        before = {number: signal.getsignal(number) for number in answers}
        for number, answer in answers.items():
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, answer)
        self.listen()
        self.send(signal.SIGKILL)  # whatever it has left
        told = self.tell(-signal.SIGKILL) if self.is_late else None  # while the system takes it apart
        status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        signal.alarm(0)
        for number in answers:
            signal.signal(number, before[number] or signal.SIG_DFL)
        if told is not None:
            return told
        if self.said.endswith(SAID):
            return status
        if self.signal:
            if self.signal == signal.SIGINT:
                print("interrupted", file=sys.stderr)
            return FIRST + self.signal
        return self.tell(status)

    def listen(self) -> None:
        """Until the process is gone, or as good as that."""
        is_prepared = False
        while True:
            end = self.end if is_prepared else self.end - PREPARING
            if select.select([self.news], [], [], max(0.0, end - monotonic()))[0]:
                said = os.read(self.news, 64)
                if not said:
                    return
                self.said += said
                self.end = monotonic() + (AFTERWARDS if self.options.outputs else PATIENCE)
            elif not is_prepared:
                is_prepared = True
                from . import report  # noqa: F401  what it takes to say that the time was up
                from .diagnostics import render  # noqa: F401
            else:
                self.send(signal.SIGKILL)
                if select.select([self.news], [], [], 0)[0]:
                    self.said += os.read(self.news, 64)
                self.is_late = not self.said.endswith(SAID)  # or it was just ending
                return

    def send(self, number: int) -> None:
        with suppress(OSError):
            os.killpg(self.process, number)

    def pass_on(self, number: int, frame: Any) -> None:
        """The first signal is the process's to answer; after another, or a while, it has no say."""
        self.send(signal.SIGKILL if self.signal else number)
        self.signal = self.signal or number
        signal.alarm(PATIENCE)

    def halt(self, number: int, frame: Any) -> None:
        """Ctrl-Z halts both."""
        self.send(signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        self.send(signal.SIGCONT)

    def tell(self, status: int) -> int:
        """Reports an end that the process could not report itself, to whoever reads it."""
        from .progress import WIPE, is_drawn_on
        from .report import Reporter

        is_crash = not self.is_late and -status not in (signal.SIGKILL, signal.SIGXCPU)
        code = INTERNAL if is_crash else FAILED
        signal.signal(signal.SIGALRM, lambda number, frame: os._exit(code))
        signal.alarm(PATIENCE)
        if is_drawn_on(2):
            os.write(2, WIPE.encode())
        error = self.failure(status)
        Reporter(self.options.color, self.options.output_format).finish(code, error.diagnostics)
        signal.alarm(0)
        return code

    def failure(self, status: int) -> GradlangError:
        source = Source("", "<standard input>")
        if self.options.file != "-":
            with suppress(Fault):
                source = read_source(self.options)
        start, end = PLACE.unpack_from(self.place)
        span = Span(source, start, end) if end <= len(source.text) else Span(source, 0, 0)
        if self.is_late or -status == signal.SIGXCPU:
            error = time_is_up(seconds_of(self.options), span)
            what = "a picture or page was being made" if OVER in self.said else "it was in the middle of a long step"
            error.diagnostics[0].notes.append(f"{what}, and the process was ended from outside")
            return error
        return unsaid(status, span)


def unsaid(status: int, span: Span) -> GradlangError:
    """How a process came to an end that it did not report, and what may help."""
    message, help = how(status)
    return failure("E0909", f"the process of the program {message}", span, help)


def how(status: int) -> tuple[str, str]:
    ours = "this is a mistake in gradlang or in a library that it uses, not in the program: please report it"
    if status >= 0:
        return "ended without a word", ours
    if -status == signal.SIGKILL:
        help = "the system does so when memory runs out; `--limit-memory` makes a run stop before that"
        return "was killed from outside", help
    try:
        return f"crashed ({signal.Signals(-status).name})", ours
    except ValueError:
        return f"crashed (signal {-status})", ours
