"""Running sources: parse, resolve, execute, statement by statement, in names that stay.

A session holds the outermost frame of a program. A script is a session of one
source; the prompt enters many, and takes back those that fail. Nothing here
prints.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .checkpoint import Checkpoint
from .diagnostics import Diagnostic, GradlangError, Label
from .engine import draws
from .engine.charges import GROWING
from .engine.origins import calls_kept
from .engine.value import STATE, Box, Value
from .faults import Fault
from .language import builtins
from .language.explain import located
from .language.interpreter import value_of
from .language.resolver import resolve
from .language.runtime import RUN, Stopped, failure, interrupted, parsed
from .language.scopes import Scope
from .language.values import NONE, List, tensor
from .source import Source, Span
from .syntax import tree
from .whole_file import no_writing, reason

CAUSED = ("E0603", "E0999")  # of these `--debug` shows where they came from
LAST = "_"  # the name of the last entry's value
MOST_UNDONE = 20  # entries that can be taken back; each keeps the numbers of before


class Entry:
    """A source that ran in a session of many.

    before     what the session was, None when that is too long ago
    done       how many of its outermost statements came to their end
    stop       where the next of them was stopped, if it was
    within     the innermost loop outside of functions that it was in then
    passes     how often those loops had begun a pass
    folder     where its relative paths start
    has_value  whether `_` is its value
    """

    __slots__ = ("before", "done", "folder", "has_value", "module", "passes", "stop", "within")

    def __init__(self, module: tree.Module, before: Checkpoint) -> None:
        self.module = module
        self.before: Checkpoint | None = before
        self.done = 0
        self.stop: Stopped | None = None
        self.within: tree.For | tree.While | None = None
        self.folder = RUN.folder
        self.passes: dict[Any, int] = {}
        self.has_value = False

    @property
    def is_complete(self) -> bool:
        return self.done == len(self.module.body)

    def stopped(self, stop: Stopped) -> None:
        self.stop, self.within, self.passes = stop, RUN.within, dict(RUN.passes)


class Session:
    """The names of a program and what they stand for.

    interactive  when more than one source will run
    keeps_calls  when the graph will be drawn; at a prompt calls are kept in any case
    """

    def __init__(self, seed: int = 0, interactive: bool = False, keeps_calls: bool = False) -> None:
        self.scope = Scope("module", open=interactive)
        self.frame: list[Any] = [None]
        self.entries: list[Entry] = []  # what was entered, without what was taken back
        self.seed = seed
        self.keeps_calls = keeps_calls
        draws.seed(seed)

    def define(self, name: str, value: Any) -> None:
        """Binds a name from outside, before a source runs."""
        variable = self.scope.declare(name)
        self._grow()
        self.frame[variable.slot] = value

    def names(self) -> Mapping[str, Any]:
        """What is bound: boxes as they are."""
        self._grow()
        return {n: self.frame[v.slot] for n, v in self.scope.variables.items() if self.frame[v.slot] is not None}

    def run(
        self,
        source: Source,
        warn: Callable[[Diagnostic], None],
        keep_graph: bool = False,
        watch: Callable[[tree.Stmt, Any], None] | None = None,
    ) -> Any:
        """Runs a source; the value of its last statement, `none` if that has none.

        Keeps no graph if the program never asks for gradients, unless
        `keep_graph`. `watch` is told each outermost statement and its value.
        Raises GradlangError.
        """
        return self._run(parsed(source), warn, keep_graph, watch)

    def enter(self, source: Source, warn: Callable[[Diagnostic], None], keep: bool = False) -> Any:
        """Runs a source as one of many. Its value, where it has one, is `_` from then on.

        If it fails nothing has changed, unless `keep`, which keeps what came before the failing statement. If it is
        stopped, what it has learned stays. Raises GradlangError, Stopped and KeyboardInterrupt.
        """
        before = Checkpoint(self.scope, self.frame)
        entry: Entry | None = None

        def done(node: tree.Stmt, value: Any) -> None:
            assert entry is not None
            entry.done += 1

        try:
            entry = Entry(parsed(source), before)
            value = self._run(entry.module, warn, keep_graph=True, watch=done)
        except BaseException as error:
            if entry is None or not (keep or isinstance(error, Stopped | KeyboardInterrupt)):
                before.restore(self.scope, self.frame)
                raise
            if isinstance(error, Stopped | KeyboardInterrupt):
                entry.stopped(error if isinstance(error, Stopped) else Stopped())
            self._keep(entry)
            raise
        self._keep(entry)
        if value is not NONE:
            entry.has_value = True
            self.define(LAST, value)
        return value

    def _keep(self, entry: Entry) -> None:
        self.entries.append(entry)
        if len(self.entries) > MOST_UNDONE:
            self.entries[-MOST_UNDONE - 1].before = None

    def undo(self) -> Source | None:
        """Takes the last entry back; its source, or None where there is none that can be."""
        if not self.entries or self.entries[-1].before is None:
            return None
        entry = self.entries.pop()
        assert entry.before is not None
        entry.before.restore(self.scope, self.frame)
        source: Source = entry.module.source
        return source

    def reset(self) -> None:
        """Forgets everything: names, entries, random numbers drawn."""
        self.__init__(self.seed, self.scope.open, self.keeps_calls)  # type: ignore[misc]
        STATE.journal = RUN.last_root = None
        RUN.modules = {}

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """What is run inside (with `run`, not as an entry) changes nothing: names are as before, nothing is printed,

        and a file that would be written is an error.
        """
        before, write, warn = Checkpoint(self.scope, self.frame), RUN.write, RUN.warn
        RUN.write = lambda text: None
        RUN.warn = lambda diagnostic: None
        try:
            with no_writing():
                yield
        finally:
            RUN.write, RUN.warn = write, warn
            before.restore(self.scope, self.frame)

    def _run(
        self,
        module: tree.Module,
        warn: Callable[[Diagnostic], None],
        keep_graph: bool = False,
        watch: Callable[[tree.Stmt, Any], None] | None = None,
    ) -> Any:
        resolution = resolve(module, self.scope, builtins.is_builtin, builtins.names)
        for d in resolution.diagnostics:
            if d.severity == "warning":
                warn(d)
        errors = [d for d in resolution.diagnostics if d.severity == "error"]
        if errors:
            raise GradlangError(errors)
        self._grow()
        STATE.recording = keep_graph or resolution.differentiates
        STATE.is_pictured = self.keeps_calls or resolution.draws
        if resolution.differentiates:
            from .language.health.watch import Health

            RUN.health = Health(explained)
        with calls_kept(STATE.is_pictured or self.scope.open):
            return self._execute(module, watch)

    def _grow(self) -> None:
        self.frame += [None] * (self.scope.size - len(self.frame))

    def _execute(self, module: tree.Module, watch: Callable[[tree.Stmt, Any], None] | None) -> Any:
        RUN.depth, RUN.is_running, RUN.is_leaving, RUN.within = 0, True, False, None
        RUN.passes.clear()
        RUN.loops = None  # what ran before, at a prompt, is not asked for again
        value: Any = NONE
        span = differentiated = Span(module.source, 0, 0)
        try:
            for node in module.body:
                backwards = RUN.backwards
                if RUN.stop:
                    interrupted(node.span, before=node, is_outermost=True)
                span = node.span
                if RUN.begins is not None:
                    RUN.begins(span)
                value = value_of(node)(self.frame)
                if RUN.backwards != backwards:
                    differentiated = span
                if watch is not None:
                    watch(node, value)
            if RUN.health is not None and not self.scope.open:
                names = {n: (v.span, self.frame[v.slot]) for n, v in self.scope.variables.items()}
                RUN.health.ended(names, differentiated)
                tell_of_idle_loops(RUN.health.course.box, module)
            return value
        except (Stopped, BrokenPipeError):
            raise
        except GradlangError as error:
            first = error.diagnostics[0]
            if first.code == "E0503":
                explained(first, first.span)
            elif first.code == "E0501" and RUN.health is not None and RUN.health.course.calling is not None:
                missed(first, RUN.health.course.calling)
            raise
        except Exception as error:
            failed = failure_of(error, span)
            raise failed from (error if failed.diagnostics[0].code in CAUSED else None)
        finally:
            RUN.is_running = False


def explained(diagnostic: Diagnostic, differentiated: Span | None) -> None:
    """Adds to a diagnostic what cut parameters off from the value that a call of `backward` or `grad` started from."""
    if differentiated is not None:
        from .analysis.mistakes.severed import explain

        explain(diagnostic, differentiated)


def tell_of_idle_loops(reached: Box | None, module: tree.Module) -> None:
    """W0506, at the end of a run that has reached a parameter and never moved it."""
    if reached is not None and reached.version == 0:
        from .analysis.mistakes.lints.program import Program
        from .analysis.mistakes.lints.training import idle_backwards

        for diagnostic in idle_backwards(Program(module)):
            RUN.warn(diagnostic)


def missed(diagnostic: Diagnostic, differentiated: Span) -> None:
    """Of a gradient that is missing although there was a backward: it has not come there."""
    diagnostic.labels.append(Label(differentiated, "this `backward` did not come to it"))
    diagnostic.help = ["compute what is differentiated with it, or leave it out of what is trained"]
    explained(diagnostic, differentiated)


def failure_of(error: Exception, span: Span) -> GradlangError:
    """What is said of anything else than a diagnostic that a statement came to."""
    match error:
        case MemoryError():
            return failure("E0902", "there is not enough memory for this", span, GROWING)
        case RecursionError():
            return failure("E0901", "calls are nested too deeply here", span)
        case Fault():  # a limit was met where nothing smaller than the statement has a place
            return located(error, span)
        case OSError():  # of what it prints: files have faults of their own
            return failure("E0603", f"cannot write the output: {reason(error)}", span)
        case UnicodeEncodeError():  # half a character, which a host may hand in, or one that a stream lacks
            what = f"it holds U+{ord(error.object[error.start]):04X}, which cannot be written there"
            return failure("E0603", f"cannot write the output: {what}", span)
    return internal_error(error, span)


def internal_error(error: Exception, span: Span) -> GradlangError:
    """A mistake of ours, told as such and at the statement that met it; the cause is chained for `--debug`."""
    help = "this is a mistake in gradlang, not in the program: please report it"
    return failure("E0999", f"internal error ({type(error).__name__})", span, help, "`--debug` shows where it happened")


def folder_of(source: Source) -> str:
    """Where a source's relative paths start: its file's folder, or the current one."""
    return os.path.dirname(os.path.abspath(source.name)) if os.path.isfile(source.name) else os.getcwd()


def root_named(session: Session, name: str | None) -> Value | None:
    """The value whose graph is drawn: the named one, else the last backward's, else the one bound furthest down."""
    values = session.names()
    if name is not None:
        found = values.get(name)
        return tensor(found) if isinstance(found, Box | Value | List | tuple | range) else None
    if RUN.last_root is not None:
        return RUN.last_root
    numbers = [v for v in values.values() if isinstance(v, Value) and v.inputs and v.span is not None]
    return max(numbers, key=lambda v: v.span.end if v.span else 0, default=None)
