"""The keyboard while a program runs: Ctrl-D asks whether to leave, other keys wait for the next entry.

The terminal gives keys one by one meanwhile and does not show them, so what is
typed ahead does not stand in the program's output; Ctrl-C stays a signal.
"""

from __future__ import annotations

import os
import select
import sys
import time
from threading import Thread
from typing import Any

from ..language.runtime import NOW, RUN

CTRL_D = b"\x04"
QUESTION = "\na program is running; stop it and leave? (y/n) "


class Keyboard:
    """Entered while a program runs. `typed` holds the keys for the next entry; `leaves` is set when the user left."""

    def __init__(self) -> None:
        self.typed = b""
        self.leaves = False
        self.asking = False
        self.before: list[Any] | None = None

    def __enter__(self) -> Keyboard:
        try:
            import termios
        except ImportError:  # no such terminals here: keys wait where they are
            return self
        self.number = sys.stdin.fileno()
        self.before = termios.tcgetattr(self.number)
        changed = termios.tcgetattr(self.number)
        changed[3] &= ~(termios.ICANON | termios.ECHO)
        changed[6][termios.VMIN] = 0  # reading never waits: Ctrl-C throws away keys that were announced
        termios.tcsetattr(self.number, termios.TCSANOW, changed)
        self.asking = False
        self.over, self.end = os.pipe()
        self.thread = Thread(target=self.watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.before is None:
            return
        import termios

        os.write(self.end, b".")
        self.thread.join()
        os.close(self.end)
        os.close(self.over)
        termios.tcsetattr(self.number, termios.TCSANOW, self.before)
        if self.asking:
            print("… it has ended", flush=True)

    def watch(self) -> None:
        while self.over not in (ready := select.select([self.number, self.over], [], [])[0]):
            if self.number in ready:
                try:
                    keys = os.read(self.number, 1024)
                except OSError:  # the terminal is gone
                    return
                if keys:
                    self.take(keys)
                else:
                    time.sleep(0.01)  # nothing after all, or nobody at the other end

    def take(self, keys: bytes) -> None:
        if self.asking:
            self.asking = False
            self.leaves = keys[:1] in b"yY"
            say("y\n" if self.leaves else "n, it goes on\n")
            if self.leaves:
                RUN.stop = NOW
        elif CTRL_D in keys:
            self.asking = True
            self.typed += keys.replace(CTRL_D, b"")
            say(QUESTION)
        else:
            self.typed += keys


def say(text: str) -> None:
    """As the program's own output is written, so that no line about a loop is drawn over it."""
    RUN.write(text)
    sys.stdout.flush()
