"""What one run of a program knows: where it writes, where its files are, how deep it is, and whether it is to stop.

One run is current at a time; the interpreter reads `RUN` on its hot paths,
builtins use it for output, files and warnings. Where a run is limited, what is
counted between statements, printed and read is counted from here.

Invariant: nothing here outlives the run; `running` puts back what was before.
"""

from __future__ import annotations

import sys
from _thread import RLock  # `threading` would be loaded for nothing else
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from ..diagnostics import Diagnostic, GradlangError, placed
from ..engine import draws
from ..engine.value import STATE, Data, Value
from ..faults import Fault
from ..reach import Folders
from ..source import Source, Span
from ..whole_file import told

if TYPE_CHECKING:
    from ..engine.limits import Limits
    from ..syntax import tree

CALL_DEPTH_LIMIT = 10_000
DEFAULT_BACKEND = "auto"
GO, COUNT, SOON, OUTSIDE, NOW = 0, 1, 2, 3, 4  # see Run.stop
# Python frames per call of the language are few, but argument expressions may nest as deep as the parser allows.
PYTHON_FRAMES = 1_000_000


class Run:
    """The state of the current run.

    `stop` is set from outside (Ctrl-C) and seen between statements, where every
    value is whole. While nobody asks it is GO, or COUNT where work is limited:
    then every look at it costs a unit, and nothing is paid for that where nothing
    is limited. SOON ends the run between two of the program's
    outermost statements or after a pass of an outermost loop, so that a step of
    training is done or not begun; OUTSIDE between any statements that are not in
    a function, NOW between those, too.
    """

    __slots__ = (
        "backend", "backwards", "begins", "calling", "color", "depth", "depth_limit", "drew", "folder", "folders",
        "headway", "health", "history", "holds_stops", "importing", "is_leaving", "is_running", "last_root", "loops",
        "loss", "modules", "overtime", "passes", "screen", "stop", "warn", "watch", "within", "write",
    )  # fmt: skip

    def __init__(self) -> None:
        self.backend = DEFAULT_BACKEND  # what runs hot loops: "interp", "replay", "llvm" or "auto" (`hot_loops`)
        self.loops: Any = None  # what is known of the loops, once one of them is run by a backend
        self.holds_stops = False  # some names are not what they should be before a pass ends: no stop until then
        self.depth, self.depth_limit = 0, CALL_DEPTH_LIMIT
        self.calling: Span | None = None  # the call a builtin was last entered from
        self.stop = GO
        self.folder = ""  # relative paths in a program start here,
        self.folders: Folders | None = None  # and lead to files below these, or anywhere (`reach`)
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
        self.health: Any = None  # is shown every backward, where numbers that go wrong are explained (`health`)
        self.passes: dict[Any, int] = {}  # how often each loop outside of functions came to its end
        self.begins: Callable[[Span], Any] | None = None  # is told of each outermost statement before it is run
        self.overtime: float | None = None  # the seconds that it may take, once they are over (`deadline`)
        self.is_running = False  # whether statements are being run: only then is `stop` seen
        self.is_leaving = False  # whether the run has been stopped, and
        self.within: Any = None  # the innermost loop outside of functions that was left by that


RUN = Run()
ONE_AT_A_TIME = RLock()  # of several threads; in one, a run may begin within another


@contextmanager
def running(
    folder: str,
    write: Callable[[str], Any] | None = None,
    warn: Callable[[Diagnostic], None] | None = None,
    dtype: str = "float64",
    folders: Folders | None = None,
    limits: Limits | None = None,
) -> Iterator[Run]:
    """Makes a fresh run current; restores the one before, whatever happens. Other threads wait for their turn."""
    with ONE_AT_A_TIME:
        before = {name: getattr(RUN, name) for name in Run.__slots__}
        state = {name: getattr(STATE, name) for name in ("budget", "journal", "recorder", "recording", "watchers")}
        before_dtype, frames, drawn = STATE.dtype, sys.getrecursionlimit(), draws.GENERATOR.state()
        try:
            RUN.__init__()  # type: ignore[misc]
            RUN.folder, RUN.folders = folder, folders
            RUN.write = write or sys.stdout.write
            if warn is not None:
                RUN.warn = warn
            set_dtype(dtype)
            STATE.budget, STATE.recorder, STATE.recording, STATE.watchers = None, None, True, ()
            if limits is not None:
                limit(limits)
            tell_of_files()
            sys.setrecursionlimit(max(frames, PYTHON_FRAMES))
            yield RUN
        finally:
            for name, value in before.items():
                setattr(RUN, name, value)
            for name, value in state.items():
                setattr(STATE, name, value)
            draws.GENERATOR.restore(drawn)
            tell_of_files()
            set_dtype(before_dtype)
            sys.setrecursionlimit(frames)


def limit(limits: Limits) -> None:
    """Gives the current run a budget."""
    from ..engine.budget import Budget

    budget = STATE.budget = Budget(limits)
    STATE.watchers = (*STATE.watchers, budget.operation)
    RUN.depth_limit = CALL_DEPTH_LIMIT if limits.depth is None else limits.depth
    unasked()
    write = RUN.write

    def counted(text: str) -> None:
        budget.output(len(text))
        write(text)

    RUN.write = counted


def parsed(source: Source) -> tree.Module:
    """The tree of a source, within limits. Raises GradlangError."""
    from ..syntax.parser import parse

    if STATE.budget is None:
        return parse(source)
    try:
        STATE.budget.reads_program(len(source.text))
    except Fault as fault:
        raise GradlangError([placed(fault, Span(source, 0, 0))]) from None
    return parse(source, STATE.budget.limits.nesting)


def tell_of_files() -> None:
    """Has the budget told of files that are read and written."""
    budget = STATE.budget
    told.reading, told.writing = (None, None) if budget is None else (budget.reads_file, budget.writes_file)


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


def is_asked() -> bool:
    """Whether somebody asks the run to stop."""
    return RUN.stop > COUNT


def unasked() -> None:
    """Nobody asks the run to stop any more."""
    RUN.stop = GO if STATE.budget is None else COUNT


def interrupted(span: Span, after: Any = None, before: Any = None, is_outermost: bool = False) -> None:
    """What happens between two statements when `stop` is set: work is counted, and the run ends if it is to.

    `span` is what is charged, the place as in `Stopped`. Raises GradlangError and Stopped.
    """
    budget = STATE.budget
    if budget is not None:
        budget.spent += 1
        if budget.spent > budget.next:
            try:
                budget.reached()
            except Fault as fault:
                raise GradlangError([placed(fault, span)]) from None
    if RUN.overtime is not None:  # whatever is not whole, nobody will look at it
        raise time_is_up(RUN.overtime, span)
    if RUN.stop <= COUNT or RUN.holds_stops:
        return
    is_outside = after is not None or before is not None
    if RUN.stop == NOW or is_outside and (is_outermost or RUN.stop == OUTSIDE):
        unasked()
        RUN.is_leaving = True
        raise Stopped(after, before)


def after_pass(loop: Any, frame: list[Any]) -> None:
    """As `interrupted`, after a pass of a loop."""
    interrupted(head(loop), after=loop if frame[0] is None else None, is_outermost=not loop.is_nested)


def time_is_up(seconds: float, span: Span) -> GradlangError:
    return failure("E0908", f"this run may take {seconds:g} s, and they are over", span, "`--limit-time` allows more")


def head(loop: Any) -> Span:
    """What a loop goes over, or its condition: the place of what is said of the loop as a whole."""
    span: Span = loop.iterable.span if hasattr(loop, "iterable") else loop.condition.span
    return span


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
