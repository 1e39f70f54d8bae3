"""One line about a long loop while it runs: how far it is, how fast, how long it will take, and the loss.

Owns the thread that looks at the run (`language.headway`), and the rule of who
writes when: the line stands on standard error, and goes before the program
writes anything. On a terminal it is drawn again and again in one place;
elsewhere a plain line is written now and then.

Invariants: standard output is the program's alone, byte for byte. Nothing is
written after `Progress` was left. The program pays for a thread that wakes ten
times a second, and for what `headway` says; on a terminal also for a lock when
it writes.

Why a raw thread: it needs nothing of `threading`, which a short program does
not load; it never keeps a process alive.
"""

from __future__ import annotations

import _thread
import os
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .language.runtime import RUN
from .streams import columns_of, shows_unicode

if TYPE_CHECKING:
    from .diagnostics import Diagnostic
    from .language.headway import Headway

TICK = 0.1  # seconds between two looks
FIRST = 0.7  # seconds that a loop has run before there is a line about it, on a terminal
PLAIN_FIRST = 10.0  # and elsewhere; then as many seconds lie between two lines,
PLAIN_SHARE = 0.1  # but in the long run such a part of the time that the loop has taken
USUAL = 80  # columns
PATIENCE = 1.0  # seconds; who writes holds the lock, and a terminal may have been halted
KEYS = 2  # columns; a terminal writes ^C there, which would go on in another line that is wiped instead
WIPE = "\r\x1b[K"


def is_drawn_on(stream: int) -> bool:
    """Whether the line is drawn again and again in one place."""
    return os.isatty(stream) and os.environ.get("TERM", "") not in ("", "dumb")


class Progress:
    """While it is entered, long loops of the run are shown."""

    def __init__(self, color: str = "auto", is_wanted: bool = True) -> None:
        self.color = color
        self.is_wanted = is_wanted
        self.lock, self.end = _thread.allocate_lock(), _thread.allocate_lock()
        self.is_over = False
        self.is_shown = False  # whether the line stands there
        self.last = "\n"  # what the program wrote last: the line stands at the margin only
        self.loop: Headway | None = None  # what was looked at last,
        self.since = self.said = 0.0  # since when, and when there was a plain line about it,
        self.passes = 0  # how far it was then,
        self.pace: Any = None  # and how that goes

    def __enter__(self) -> Progress:
        try:
            self.stream = sys.stderr.fileno()
        except (OSError, ValueError):  # nothing that a thread could write to
            self.is_wanted = False
        if self.is_wanted:
            self.is_terminal = is_drawn_on(self.stream)
            self.write_on, self.warn_on = RUN.write, RUN.warn
            RUN.warn = self.warn
            if self.is_terminal:  # elsewhere nothing is in the way
                RUN.write = self.write
            self.end.acquire()
            _thread.start_new_thread(self.watch, ())
        return self

    def __exit__(self, *error: object) -> None:
        if self.is_wanted:
            RUN.write, RUN.warn = self.write_on, self.warn_on
            has_lock = self.lock.acquire(True, PATIENCE)
            self.is_over = True
            self.wipe()
            if has_lock:
                self.lock.release()
            self.end.release()

    # ── the program writes ──

    def write(self, text: str) -> None:
        with self.lock:
            if self.is_shown:
                self.wipe()
            if text:
                self.last = text
            self.write_on(text)

    def warn(self, diagnostic: Diagnostic) -> None:
        with self.lock:
            self.wipe()
            self.warn_on(diagnostic)

    def wipe(self) -> None:
        """Takes the line away."""
        if self.is_shown:
            self.is_shown = False
            self.put(WIPE)

    def put(self, text: str) -> None:
        """Writes past Python's buffers: no lock of theirs is held by a thread that the process does not wait for."""
        try:
            os.write(self.stream, text.encode(sys.stderr.encoding or "ascii", "replace"))
        except OSError:  # the terminal is gone
            self.is_over = True

    # ── the thread ──

    def watch(self) -> None:
        while not self.end.acquire(True, TICK):
            with self.lock:
                if self.is_over:
                    return
                try:
                    self.look(perf_counter())
                except Exception:  # no line is worth a traceback in the middle of somebody's training
                    self.wipe()
                    return

    def look(self, now: float) -> None:
        loop: Headway | None = RUN.headway
        if loop is not self.loop:
            self.wipe()
            self.loop, self.pace, self.since, self.said = loop, None, now, now
            self.passes = loop.passes if loop is not None else 0
        first = FIRST if self.is_terminal else PLAIN_FIRST
        if loop is None or now - self.since < first / 2:
            return
        if self.pace is None:
            from .progress_line import Pace  # not for a short program

            self.pace = Pace(self.since, self.passes)
        self.pace.saw(now, loop)
        loop.is_watched = True
        if now - self.since < first:
            return
        if not self.is_terminal:
            if now - self.said >= max(PLAIN_FIRST, PLAIN_SHARE * (now - self.since)):
                self.said = now
                self.put(self.text(loop, 0) + "\n")
        elif self.last.endswith("\n"):
            self.is_shown = True
            self.put(WIPE + self.text(loop, columns_of(self.stream, USUAL) - KEYS))

    def text(self, loop: Headway, width: int) -> str:
        """The line, for a terminal of some width or, with 0, plain."""
        from .progress_line import line, plain_line
        from .report import colored

        if not width:
            return plain_line(loop, self.pace)
        return line(loop, self.pace, width, shows_unicode(sys.stderr), colored(self.color, sys.stderr))
