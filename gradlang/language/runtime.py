"""What one run of a program knows: where it writes, where its files are, how deep it is.

One run is current at a time (`current()`); the interpreter reads `RUN` on its
hot paths, builtins use it for output, files and warnings.

Invariant: nothing here outlives the run; `running` puts back what was before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from ..diagnostics import Diagnostic, GradlangError
from ..engine.value import STATE, Data, Value
from ..source import Source, Span

CALL_DEPTH_LIMIT = 10_000
DEFAULT_BACKEND = "auto"
GO, SOON, OUTSIDE, NOW = 0, 1, 2, 3  # see Run.stop
# Python frames per call of the language are few, but argument expressions may nest as deep as the parser allows.
PYTHON_FRAMES = 1_000_000


class Run:
    """The state of the current run.

    `stop` is set from outside (Ctrl-C, a budget) and seen between statements,
    where every value is whole. SOON ends the run between two of the program's
    outermost statements or after a pass of an outermost loop, so that a step of
    training is done or not begun; OUTSIDE between any statements that are not in
    a function, NOW between those, too.
    """

    __slots__ = (
        "backend", "backwards", "calling", "color", "depth", "drew", "folder", "headway", "history", "holds_stops",
        "importing", "is_leaving", "is_running", "last_root", "loops", "loss", "modules", "passes", "screen", "stop",
        "warn", "watch", "within", "write",
    )  # fmt: skip

    def __init__(self) -> None:
        self.backend = DEFAULT_BACKEND  # what runs hot loops: "interp", "replay", "llvm" or "auto" (`hot_loops`)
        self.loops: Any = None  # what is known of the loops, once one of them is run by a backend
        self.holds_stops = False  # some names are not what they should be before a pass ends: no stop until then
        self.depth = 0
        self.calling: Span | None = None  # the call a builtin was last entered from
        self.stop = GO
        self.folder = ""  # relative paths in a program start here
        self.write: Callable[[str], Any] = sys.stdout.write
        self.screen: TextIO | None = None  # the stream that `write` leads to, where one does: it has a width,
        self.color = False  # and whether what is written there may have colours
        self.drew: Any = None  # is told of each chart: the figure, its name, and the text of it that was written
        self.warn: Callable[[Diagnostic], None] = lambda diagnostic: None
        self.watch: Any = None  # compiles a statement for somebody who sees it run (`dryrun`)
        self.modules: dict[str, Any] = {}  # imported files by real path
        self.importing: list[str] = []
        self.last_root: Value | None = None  # of the last backward, for pictures,
        self.loss: Data | None = None  # its number,
        self.backwards = 0  # and how many there were
        self.headway: Any = None  # of the outermost loop that is running (`headway`)
        self.history: Any = None  # of losses, where somebody wants it (`loss_history`)
        self.passes: dict[Any, int] = {}  # how often each loop outside of functions came to its end
        self.is_running = False  # whether statements are being run: only then is `stop` seen
        self.is_leaving = False  # whether the run has been stopped, and
        self.within: Any = None  # the innermost loop outside of functions that was left by that


RUN = Run()


@contextmanager
def running(
    folder: str,
    write: Callable[[str], Any] | None = None,
    warn: Callable[[Diagnostic], None] | None = None,
    dtype: str = "float64",
) -> Iterator[Run]:
    """Makes a fresh run current; restores the one before, whatever happens."""
    before = {name: getattr(RUN, name) for name in Run.__slots__}
    before_state = (STATE.dtype, STATE.recording, sys.getrecursionlimit(), STATE.journal)
    RUN.__init__()  # type: ignore[misc]
    RUN.folder = folder
    RUN.write = write or sys.stdout.write
    if warn is not None:
        RUN.warn = warn
    set_dtype(dtype)
    STATE.recording = True
    sys.setrecursionlimit(max(before_state[2], PYTHON_FRAMES))
    try:
        yield RUN
    finally:
        for name, value in before.items():
            setattr(RUN, name, value)
        STATE.recording, STATE.journal = before_state[1], before_state[3]
        set_dtype(before_state[0])
        sys.setrecursionlimit(before_state[2])


def set_dtype(dtype: str) -> None:
    if dtype != STATE.dtype:
        from ..engine.table import use_dtype

        use_dtype(dtype)


class Stopped(Exception):
    """The run was asked to stop, and did: outside of functions after a pass of a loop, or before a statement.

    Inside of functions both are None.
    """

    def __init__(self, after: Any = None, before: Any = None) -> None:
        self.after = after
        self.before = before


def interrupted(after: Any = None, before: Any = None, is_outermost: bool = False) -> None:
    """What happens between two statements when `stop` is set; the place as in `Stopped`."""
    if RUN.holds_stops:
        return
    is_outside = after is not None or before is not None
    if RUN.stop == NOW or is_outside and (is_outermost or RUN.stop == OUTSIDE):
        RUN.stop = GO
        RUN.is_leaving = True
        raise Stopped(after, before)


def passed(loop: Any, passes: int) -> None:
    """A loop outside of functions has ended or was left."""
    RUN.passes[loop] = RUN.passes.get(loop, 0) + passes
    if RUN.is_leaving and RUN.within is None:
        RUN.within = loop


def failure(code: str, message: str, span: Span, *help: str) -> GradlangError:
    """A single error at a place, ready to be raised."""
    return GradlangError([Diagnostic(code, message, span, help=list(help))])


def path_of(name: str) -> str:
    """A path a program names: relative ones start at the program's folder."""
    import os

    return name if os.path.isabs(name) else os.path.join(RUN.folder, name)


BUILTIN_SOURCE = Source("", "<builtin>")
