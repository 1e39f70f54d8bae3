"""The watch itself: look, show, run, wait for the next save.

Invariant: however the watch ends, no program goes on. What is found without a
run is shown first; a program that cannot be run is not. The program's output
goes where it always goes, what the watch says to standard error. A terminal is
cleared before each run. Exit codes: 0, also after Ctrl-C, the usual end; 1 where
there is no such file; 2 usage.
"""

from __future__ import annotations

import argparse
import os
import select
import subprocess
import sys
from threading import Event, Thread
from time import monotonic, sleep

from ..arguments import parse_arguments, parser
from ..diagnostics import Diagnostic
from ..faults import Fault
from ..named_files import complaints, unread
from ..options import Options
from ..report import Reporter
from ..whole_file import read_text
from .files import Watched

DESCRIPTION = "run a program, and again whenever it, what it imports or data that it names is saved; Ctrl-C ends"
OK, FAILED = 0, 1
POLL = 0.1  # seconds between two looks
SETTLE = 0.05  # seconds in which nothing more may change before a save is taken for done
MISSING = 1.0  # seconds that a file may be gone while an editor saves it
PATIENCE = 0.3  # seconds in which a program may end by itself
CLEAR = "\x1b[H\x1b[2J"
SAID_BY_RUNS = {"W0201"}  # warnings that the run itself gives


def watch(arguments: list[str]) -> int:
    """Runs the program that the arguments name until the watch is ended; the exit code."""
    options = _options(arguments)
    assert options.file is not None
    reporter = Reporter(options.color, options.output_format)
    try:
        read_text(options.file)
        saved: list[str] = []
        if options.html is not None:
            arguments = ["--live", *arguments]
        while not _reader_is_gone():
            saved = _round(options, arguments, reporter, saved)
    except Fault as fault:
        return reporter.finish(FAILED, complaints(fault, unread(options.file)))
    except KeyboardInterrupt:
        pass
    return OK


def _options(arguments: list[str]) -> Options:
    """The options of a run, or an exit with a usage message (code 2)."""
    p: argparse.ArgumentParser = parser()
    p.prog, p.description, p.epilog = "gradlang watch", DESCRIPTION, None
    options = parse_arguments(arguments, p)
    if options.file in (None, "-") or options.code is not None or options.interactive:
        p.error("give the FILE of a program")
    return options


def _round(options: Options, arguments: list[str], reporter: Reporter, saved: list[str]) -> list[str]:
    """Shows and runs the program, and waits; the files that have been saved, none where nobody reads any more."""
    path = options.file
    assert path is not None
    watched = Watched(path)
    if sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb"):
        sys.stdout.write(CLEAR)
        sys.stdout.flush()
    elif saved:
        print(f"saved: {', '.join(saved)}", file=sys.stderr)
    if options.html not in (None, "-") and not saved:
        print(f"{options.html} is a page for a browser: left open, it shows each run that ends well", file=sys.stderr)
    found = _found(path)
    if found:
        reporter.finish(OK, found)
    child = None if any(d.severity == "error" for d in found) else Child(arguments)
    try:
        if child is None:
            print(f"not run; watching {watched.names} (Ctrl-C ends)", file=sys.stderr)
        return _next_save(watched, child)
    finally:
        if child is not None:
            child.stop()


def _next_save(watched: Watched, child: Child | None) -> list[str]:
    running = child
    while not _reader_is_gone():
        if running is None:
            sleep(POLL)
        elif running.ended.wait(POLL):
            if _reader_is_gone():
                break
            watched.restamp_data()
            print(f"{running.end}; watching {watched.names} (Ctrl-C ends)", file=sys.stderr)
            running = None
        changed = watched.changed(data=running is None)
        if changed:
            _settle(watched)
            return changed
    return []


def _settle(watched: Watched) -> None:
    """Waits until nothing more changes, and for a file that is gone to come back."""
    start = monotonic()
    before: Watched | None = None
    while True:
        now = Watched(watched.path)
        is_gone = now.programs[now.path] is None and monotonic() < start + MISSING
        if before is not None and before.programs == now.programs and before.data == now.data and not is_gone:
            return
        before = now
        sleep(SETTLE)


def _found(path: str) -> list[Diagnostic]:
    """What is wrong with the program, as far as that is known without a run."""
    source = unread(path)
    try:
        source.text = read_text(path)
        from ..analysis.mistakes.findings import findings

        return [d for d in findings(source).diagnostics if d.code not in SAID_BY_RUNS]
    except Exception as error:
        return complaints(error, source)


def _reader_is_gone() -> bool:
    """Whether standard output leads nowhere any more, where the system can say so."""
    if not hasattr(select, "poll"):
        return False
    look = select.poll()
    look.register(sys.stdout.fileno(), 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in look.poll(0))


class Child:
    """A run in a process of its own."""

    def __init__(self, arguments: list[str]) -> None:
        start = monotonic()
        sys.stdout.flush()
        # -u: what it has printed is seen at once, also in a pipe; -P: no module of the user's folder
        command = [sys.executable, "-u", "-P", "-m", "gradlang", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self.ended = Event()
        self.seconds = 0.0

        def wait() -> None:
            self.process.wait()
            self.seconds = monotonic() - start
            self.ended.set()

        Thread(target=wait, daemon=True).start()

    @property
    def end(self) -> str:
        """How it ended."""
        code = self.process.returncode
        how = "ran in" if code == OK else "failed after" if code > 0 else f"ended by signal {-code} after"
        return f"{how} {self.seconds:.2f} s"

    def stop(self) -> None:
        """Ends it, if it has not ended: gently, then surely."""
        try:
            if not self.ended.is_set():
                self.process.terminate()
                self.ended.wait(PATIENCE)
        finally:
            self.process.kill()
