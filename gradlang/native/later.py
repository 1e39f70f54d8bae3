"""Programs whose machine code is made while the interpreter goes on.

Owns the thread that compiles, one a process. LLVM lets go of the interpreter's
lock, so the program goes on meanwhile, for as many passes as were settled when
it began, and then waits: which passes are native does not hang on the clock.
llvmlite is imported by that thread, when something is asked of it.

Invariant: nothing that goes wrong there reaches the program: what cannot be
compiled is replayed, and `problem` says why. At the end of the process the one
kernel that is being compiled is waited for (LLVM must not be left alone while
its own data is taken down), those that wait are dropped.
"""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from time import perf_counter
from typing import Any

from ..engine.value import Data
from . import replay
from .tape import Kernel

TURN = 0.0005  # seconds between turns of threads meanwhile; with Python's 5 ms, imports take ten times as long
GLANCE = 0.01  # seconds between two looks whether to wait on


class Later:
    """A kernel that will have machine code once `start` was called; where there can be none, it is replayed."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.program: Any = None
        self.is_native = False
        self.is_started = False
        self.is_there = threading.Event()
        self.seconds = 0.0  # that compiling took
        self.problem = ""

    def run(
        self, entry: Sequence[Data], stream: Sequence[Any], state: list[Data], kept: Sequence[Any], passes: int
    ) -> int:
        done: int = self.program.run(entry, stream, state, kept, passes)
        return done

    def start(self) -> None:
        """Has it compiled when its turn comes."""
        if not self.is_started:
            self.is_started = True
            COMPILER.take(self)

    def is_awaited(self, goes_on: Callable[[], bool]) -> bool:
        """Waits until it can run, or until there is something else to do; whether it can."""
        while not self.is_there.is_set():
            if not goes_on():
                return False
            self.is_there.wait(GLANCE)
        return True

    def compile(self) -> None:
        """Runs in the compiling thread."""
        started = perf_counter()
        try:
            from .choice import fastest

            if COMPILER.is_closed:
                return
            started = perf_counter()
            self.program = fastest(self.kernel)
            self.is_native = True
        except Exception as error:
            self.problem = getattr(error, "why", "") or (
                "llvmlite is not installed" if isinstance(error, ImportError) else "LLVM does not compile it"
            )
            self.program = replay.Program(self.kernel)
        self.seconds = perf_counter() - started
        self.is_there.set()


class Compiler:
    """The thread and its queue."""

    def __init__(self) -> None:
        self.waiting: SimpleQueue[Later | None] = SimpleQueue()
        self.thread: threading.Thread | None = None
        self.is_closed = False
        self.is_busy = False

    def take(self, program: Later) -> None:
        if self.thread is None:
            self.thread = threading.Thread(target=self.work, name="compiler", daemon=True)
            self.thread.start()
            atexit.register(self.close)
        self.waiting.put(program)

    def work(self) -> None:
        while (program := self.waiting.get()) is not None and not self.is_closed:
            before = sys.getswitchinterval()
            sys.setswitchinterval(TURN)
            self.is_busy = True
            program.compile()
            self.is_busy = False
            sys.setswitchinterval(before)

    def close(self) -> None:
        self.is_closed = True
        self.waiting.put(None)
        with suppress(KeyboardInterrupt):
            assert self.thread is not None
            self.thread.join()


COMPILER = Compiler()
