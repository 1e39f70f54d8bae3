"""Programs that are replayed until their machine code is there.

Owns the thread that compiles, one a process, and what compiling was seen to
cost. LLVM lets go of the interpreter's lock, so the program goes on meanwhile.
llvmlite is imported by that thread, when something is asked of it.

Invariant: nothing that goes wrong there reaches the program: what cannot be
compiled goes on being replayed, and `problem` says why. At the end of the
process the one kernel that is being compiled is waited for (LLVM must not be
left alone while its own data is taken down), those that wait are dropped.
"""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from queue import SimpleQueue
from time import perf_counter
from typing import Any

from ..engine.value import Data
from . import replay
from .tape import Kernel

LOADING, COMPILING = 0.1, 0.15  # seconds: llvmlite, and a kernel, before one was seen
TURN = 0.0005  # seconds between turns of threads meanwhile; with Python's 5 ms, imports take ten times as long
CLEARLY = 2.0  # times that what is left must outweigh what is expected


class Later:
    """A kernel: by replay, and by machine code once `start` was called and that is there."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.now = replay.Program(kernel)
        self.then: Any = None
        self.is_started = False
        self.seconds = 0.0  # that compiling took
        self.problem = ""

    def run(
        self, entry: Sequence[Data], stream: Sequence[Any], state: list[Data], kept: Sequence[Any], passes: int
    ) -> int:
        done: int = (self.then or self.now).run(entry, stream, state, kept, passes)
        return done

    def start(self) -> None:
        """Has it compiled when its turn comes."""
        if not self.is_started:
            self.is_started = True
            COMPILER.take(self)

    def compile(self) -> None:
        """Runs in the compiling thread."""
        started = perf_counter()
        try:
            from . import llvm

            if COMPILER.is_closed:
                return
            started = perf_counter()
            program = llvm.compile(self.kernel)
        except Exception as error:
            self.problem = getattr(error, "why", "") or (
                "llvmlite is not installed" if isinstance(error, ImportError) else "LLVM does not compile it"
            )
        else:
            self.seconds = perf_counter() - started
            self.then = program


class Compiler:
    """The thread and its queue."""

    def __init__(self) -> None:
        self.waiting: SimpleQueue[Later | None] = SimpleQueue()
        self.thread: threading.Thread | None = None
        self.is_closed = False
        self.expected = COMPILING

    def cost(self) -> float:
        """Seconds that the next kernel is expected to take."""
        return self.expected + (0.0 if "llvmlite" in sys.modules else LOADING)

    def is_worth(self, left: float) -> bool:
        """Whether a loop that would be interpreted for so many seconds more is to be compiled."""
        return left > CLEARLY * self.cost()

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
            program.compile()
            sys.setswitchinterval(before)
            if program.then is not None:
                self.expected = (self.expected + program.seconds) / 2

    def close(self) -> None:
        self.is_closed = True
        self.waiting.put(None)
        with suppress(KeyboardInterrupt):
            assert self.thread is not None
            self.thread.join()


COMPILER = Compiler()
