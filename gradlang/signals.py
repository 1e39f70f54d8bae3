"""Signals that ask the process to end, and the exit codes that a shell expects of them.

Owns what SIGINT, SIGTERM and SIGHUP do where the process is ours. While it starts
there is nothing to bring to an end, and they end it at once, without a word. Then
they end it in order: Ctrl-C by KeyboardInterrupt (a program that runs answers it
itself, see `interrupts`), the others by SystemExit, which nothing takes for a
mistake, nor for a Ctrl-C that only stops a program. So files that are being
written stay whole, and what was printed is written.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
FIRST = 128  # a shell's exit code for signal 0

_is_ours = False


def claim_signals() -> None:
    """The process is ours; it starts."""
    global _is_ours
    _is_ours = True
    end_at_once()


def end_at_once() -> None:
    """Nothing is begun, or all is said and written."""
    for number in (signal.SIGINT, *ENDING) if _is_ours else ():
        if signal.getsignal(number) in (signal.default_int_handler, leave):  # others were there before us
            signal.signal(number, signal.SIG_DFL)


def end_in_order() -> None:
    """From here on there is something to bring to an end."""
    for number in (signal.SIGINT, *ENDING) if _is_ours else ():
        if signal.getsignal(number) == signal.SIG_DFL:  # a process may be started to ignore them (`nohup`)
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else leave)


def leave(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)  # a second one does not wait
    if (runtime := sys.modules.get("gradlang.language.runtime")) is not None:
        runtime.RUN.stop = runtime.NOW  # where Python drops what is raised here, as it does in a few places
    sys.exit(FIRST + number)
