"""One dry run, in this process.

Owns the rules of going on: after a mistake the names that a statement would
have bound are unknown, and whatever reads them is passed over in silence; a
loop is cut after some passes, and names whose shape still changed by then are
unknown, too, and so are counts, truths and texts that did: a shape or a choice
may hang on them. Once anything is unknown, what hangs on numbers (an index out
of range, a gradient that nobody has asked for) is not reported any more, for a
whole run might come to other numbers. So it may miss mistakes, and makes none up.

Functions fail as a whole, as in a run: only the statements of a file go on. A
stretch that cannot be read is passed over likewise: what it may bind is unknown
from there on, and a function that has one ends there.

Limits are counted in operations, so that the same text gives the same answer on
a busy machine; time only ends what counting cannot see.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..analysis.help.descriptions import gradient
from ..analysis.mistakes.findings import names_in
from ..diagnostics import Diagnostic, GradlangError
from ..engine.printing import show
from ..engine.value import STATE, Box, Data, Value, shape_of, shape_text
from ..language import builtins
from ..language.display import quoted
from ..language.interpreter import compiled, statement
from ..language.items import BREAK
from ..language.operators import Code, Frame
from ..language.resolver import Scope, resolve
from ..language.runtime import PRELUDE, RUN, Stopped, running
from ..language.values import Builtin, Function, List, kind
from ..session import Session, internal_error
from ..source import Source, Span
from ..syntax import tree
from ..syntax.recovery import Recovered
from ..syntax.tree import Stmt
from ..whole_file import writing_to_memory
from .places import block_at, bound_names, has_return, statements_at, targets
from .seen import Observation, Seen

FEWEST = 2  # passes of a loop, so that it can be seen whether shapes stay
LOOP_WORK = 400  # operations after which a loop is cut
TOTAL_WORK = 50_000  # operations after which the dry run ends
ELEMENTS = 2_000  # numbers that count as one operation more
MOST_DIAGNOSTICS = 50
BRIEF = 30  # characters of a text
FEW = 4  # numbers of a tensor that are written out
MISSING = ("E0202", "E0206", "E0207")  # what reading a name without a value gives: its own, of an import, of a caller
# What a program may come to by other numbers than it has here.
HANGS_ON_NUMBERS = frozenset(["E0308", "E0406", "E0410", "E0501", "E0503", "E0504", "E0601", "E0604", "E0607", "E0901"])


class Unknown(Exception):
    """Something is read that this run cannot know."""


class Spent(Exception):
    """The dry run has done enough."""


class Lap:
    """A loop that is going on.

    names   all that it may bind     bound   those of them that were, as places
    passes  how many have begun      before  what the names stood for when the last one began
    moved   names that have stood for something of another form since the second pass
    work    what had been done before the loop
    """

    __slots__ = ("before", "bound", "moved", "names", "passes", "work")

    def __init__(self, names: list[tree.Name], work: int) -> None:
        self.names = names
        self.work = work
        self.passes = 0
        self.before: list[Any] = []
        self.bound: set[tree.Name] = set()
        self.moved: set[str] = set()

    def look(self, frame: Frame) -> None:
        """At the end of a pass: what stands for something else now."""
        forms = [form(frame[name.binding.variable.slot]) for name in self.names]
        if self.passes >= FEWEST:
            triples = zip(self.names, self.before, forms, strict=True)
            self.moved.update(name.id for name, before, now in triples if before != now)
        self.before = forms

    def unsettled(self) -> list[tree.Name]:
        """The names of which this loop has not shown what they come to: others, or on a path not taken so far."""
        unbound = {name.id for name in self.names if name not in self.bound}
        nothing = {name.id for name, now in zip(self.names, self.before, strict=True) if now is None}
        lost = self.moved | unbound | nothing
        return [name for name in self.names if name.id in lost]


def rehearse(program: Recovered, folder: str) -> Seen:
    """Runs what could be read of a program."""
    unknown, _ = names_in(program.gaps)
    run = Rehearsal(program.module.source, unknown)
    with running(folder, lambda text: None, run.report), writing_to_memory():
        RUN.backend, RUN.watch = "interp", run.watch
        watchers, STATE.watchers = STATE.watchers, (run.operation,)
        try:
            run.program(program)
        except (Spent, Stopped, MemoryError):
            run.is_complete = False
        finally:
            STATE.watchers = watchers
        return Seen(run.diagnostics[:MOST_DIAGNOSTICS], run.observations(), run.is_complete)


class Rehearsal:
    """The run, and what it has seen so far."""

    def __init__(self, source: Source, unknown: Iterable[str]) -> None:
        self.source = source
        self.unknown = set(unknown)  # names that may stand for anything
        self.is_doubtful = bool(self.unknown)  # whether numbers may be others in a whole run
        self.is_cut = False  # whether a loop was
        self.is_complete = True
        self.work = 0
        self.diagnostics: list[Diagnostic] = []
        self.told: set[tuple[str, Source, int]] = set()
        self.scope = Scope("module")
        self.broken: set[Stmt] = set()
        self.gaps_before: dict[Stmt, set[str]] = {}  # the names that a broken stretch in front of a statement may bind
        self.gaps_behind: dict[Stmt, set[str]] = {}  # likewise, behind the last statement of a block
        self.laps: list[Lap] = []
        self.loop_of: dict[Stmt, tree.For | tree.While] = {}  # by the first statement of its body
        self.entered_with: dict[Stmt, list[tree.Name]] = {}  # names bound before the first statement of a body
        self.places: dict[int, tuple[tree.Name, Any, bool, bool]] = {}
        self.cuts: list[tuple[int, int]] = []

    def program(self, program: Recovered) -> None:
        """Runs it, statement by statement.

        Passed over are those in which the resolver finds a mistake, and blocks that have lost their head.
        """
        module, session = program.module, Session()
        resolution = resolve(module, session.scope, builtins.is_builtin, builtins.names)
        missing = {d.span.text for d in resolution.diagnostics if d.code == "E0201"}
        if missing:  # as names that have no value they hurt only what reads them
            session.scope = Scope("module")
            for name in missing:
                session.scope.declare(name)
            self.unknown |= missing
            self.is_doubtful = True
            resolution = resolve(module, session.scope, builtins.is_builtin, builtins.names)
        errors = [d.span.start for d in resolution.diagnostics if d.severity == "error"]
        self.broken = statements_at(module.body, [*errors, *[block.start for block in program.torn]])
        self.broken |= self.place_gaps(program)
        self.scope = session.scope
        STATE.recording = resolution.differentiates
        frame: Frame = [None] * session.scope.size
        for node in module.body:
            statement(node)(frame)

    def place_gaps(self, program: Recovered) -> set[Stmt]:
        """Notes between which statements the gaps are; the statements in which a block is nothing but a gap."""
        hollow: set[Stmt] = set()
        for gap in program.gaps:
            names, _ = names_in([gap])
            body = block_at(program.module.body, gap.start)
            behind = next((node for node in body if node.span.start >= gap.start), None)
            if behind is not None:
                self.gaps_before.setdefault(behind, set()).update(names)
                continue
            around = set(body[-1:]) or statements_at(program.module.body, [gap.start])
            for node in around:
                self.gaps_behind.setdefault(node, set()).update(names)
            if not body:
                hollow |= around
        return hollow

    # ── statements ───────────────────────────────────────────────────────────

    def watch(self, node: Stmt, tail: bool) -> Code:
        """Compiles a statement, and with it what is to be seen of it."""
        if node.span.source.name == PRELUDE:  # kept from run to run
            return compiled(node, tail)
        code = self.caught(node, self.observed(node, tail))
        if node in self.gaps_before or node in self.gaps_behind:
            code = self.beside_gaps(node, code)
        is_first = node in self.loop_of or node in self.entered_with
        return self.entrance(node, code) if is_first else code

    def beside_gaps(self, node: Stmt, code: Code) -> Code:
        before, behind = self.gaps_before.get(node), self.gaps_behind.get(node)

        def run(frame: Frame) -> Any:
            if before is not None:
                self.pass_over(before, frame)
            signal = code(frame)
            if behind is not None:
                self.pass_over(behind, frame)
            return signal

        return run

    def pass_over(self, names: set[str], frame: Frame) -> None:
        """A stretch that cannot be read, which may bind these names."""
        if frame[0] is not None:
            raise Unknown
        for name in names & self.scope.variables.keys():
            self.lose(name, self.scope.variables[name].slot, frame)

    def observed(self, node: Stmt, tail: bool) -> Code:
        if node in self.broken:
            return unknown
        if isinstance(node, tree.For | tree.While):
            return self.loop(node)
        if isinstance(node, tree.Define) and isinstance(node.body, tree.Block) and node.body.body:
            self.entered_with[node.body.body[0]] = [parameter.name for parameter in node.params]
        code, names = compiled(node, tail), targets(node)

        def run(frame: Frame) -> Any:
            self.spend(1)
            signal = code(frame)
            for name in names:
                self.see(name, frame)
            return signal

        return run

    def caught(self, node: Stmt, code: Code) -> Code:
        """In a file's own statements a mistake is told, and what it would have bound is unknown."""
        lost = bound_names(node)

        def run(frame: Frame) -> Any:
            if frame[0] is not None:
                return code(frame)
            depth = RUN.depth
            try:
                return code(frame)
            except (Spent, Stopped):
                raise
            except Exception as error:
                RUN.depth = depth
                self.fail(error, node.span)
                self.forget(lost, frame)
                return None

        return run

    def fail(self, error: Exception, span: Span) -> None:
        if not isinstance(error, GradlangError | Unknown | MemoryError):
            error = internal_error(error, span)
        for d in error.diagnostics if isinstance(error, GradlangError) else ():
            self.report(d)
        self.is_doubtful = True

    def report(self, d: Diagnostic) -> None:
        """Keeps a diagnostic, unless it says only what is unknown here, or was said before."""
        if d.code in MISSING and d.span.text in self.unknown:
            return
        is_fixed = not any([letter.isalpha() for letter in d.span.text])  # a number of the text
        if self.is_doubtful and d.code in HANGS_ON_NUMBERS and not is_fixed:
            return
        key = (d.code, d.span.source, d.span.start)
        if key not in self.told:
            self.told.add(key)
            self.diagnostics.append(d)

    def forget(self, names: Iterable[tree.Name], frame: Frame) -> None:
        for name in names:
            self.lose(name.id, name.binding.variable.slot, frame)

    def lose(self, name: str, slot: int, frame: Frame) -> None:
        if frame[slot].__class__ is not Box:  # a parameter is still there when an update of it fails
            frame[slot] = None
            self.unknown.add(name)

    # ── loops ────────────────────────────────────────────────────────────────

    def loop(self, node: tree.For | tree.While) -> Code:
        if node.body.body:
            self.loop_of[node.body.body[0]] = node
            self.entered_with[node.body.body[0]] = targets(node)
        code, names = compiled(node, False), bound_names(node)

        def run(frame: Frame) -> Any:
            self.spend(1)
            self.laps.append(Lap(names, self.work))
            try:
                return code(frame)
            finally:
                self.laps.pop()

        return run

    def entrance(self, node: Stmt, code: Code) -> Code:
        """The first statement of a body: names were bound just before; a loop that has run enough is left here."""
        names, loop = self.entered_with[node], self.loop_of.get(node)

        def run(frame: Frame) -> Any:
            for name in names:
                self.see(name, frame)
            return BREAK if loop is not None and self.is_enough(loop, frame) else code(frame)

        return run

    def is_enough(self, loop: tree.For | tree.While, frame: Frame) -> bool:
        lap = self.laps[-1]
        lap.look(frame)
        if lap.passes >= FEWEST and self.work - lap.work > LOOP_WORK:
            self.cut(loop, lap, frame)
            return True
        lap.passes += 1
        return False

    def cut(self, loop: tree.For | tree.While, lap: Lap, frame: Frame) -> None:
        self.is_cut = self.is_doubtful = True
        if loop.span.source is self.source:
            self.cuts.append((loop.span.start, loop.span.end))
        if frame[0] is not None and has_return(loop):  # what the function is worth is not known
            raise Unknown
        self.forget(lap.unsettled(), frame)

    # ── limits ───────────────────────────────────────────────────────────────

    def operation(self, x: Value, inputs: tuple[Value, ...]) -> None:
        data = x.data
        self.spend(1 if data.__class__ is float or data.__class__ is bool else 1 + data.size // ELEMENTS)

    def spend(self, work: int) -> None:
        self.work += work
        if self.work > TOTAL_WORK:
            raise Spent

    # ── what was seen ────────────────────────────────────────────────────────

    def see(self, name: tree.Name, frame: Frame) -> None:
        """Notes what a name was bound to just now."""
        is_local = frame[0] is not None
        for lap in self.laps:
            lap.bound.add(name)
        if name.span.source is not self.source or name.binding.depth:
            return
        x = frame[name.binding.variable.slot]
        self.places[name.span.start] = (name, x, not self.is_cut, is_local)
        if not is_local and x is not None:
            self.unknown.discard(name.id)

    def observations(self) -> list[Observation]:
        return [
            observation(name, x, is_final and not self.lies_in_cut(at), is_local)
            for at, (name, x, is_final, is_local) in sorted(self.places.items())
            if x is not None
        ]

    def lies_in_cut(self, offset: int) -> bool:
        return any(start <= offset < end for start, end in self.cuts)


def unknown(frame: Frame) -> Any:
    raise Unknown


def form(x: Any) -> Any:
    """What stays the same of a name whose numbers change; of a count, a truth and a text, which decide things, all."""
    if x is None or isinstance(x, str):
        return x
    if isinstance(x, Value):
        data = x.data
        is_deciding = data.__class__ is bool or data.__class__ is float and data.is_integer()
        return data.__class__, data if is_deciding else x.shape
    if isinstance(x, List | tuple):
        return x.__class__, len(x)
    return x.__class__


def observation(name: tree.Name, x: Any, is_final: bool, is_local: bool) -> Observation:
    data: Data = x.value.data if isinstance(x, Box) else x.data if isinstance(x, Value) else None
    slope = gradient(x) if data is not None else None
    shape = shape_text(shape_of(data)) if data is not None and shape_of(data) else ""
    span = name.span
    value = few(data) if data is not None else quoted(x) if isinstance(x, str) and len(x) <= BRIEF else ""
    return Observation(
        span.start, span.end, name.id, word(x), shape, value, "" if slope is None else few(slope), is_final, is_local
    )


def few(data: Data) -> str:
    """A number, or a few of them; empty for more."""
    return show(data) if not shape_of(data) or data.size <= FEW and data.ndim == 1 else ""


def word(x: Any) -> str:
    """The kind of a thing in one word."""
    if isinstance(x, Value):
        return "true/false" if x.data.__class__ is bool else "tensor" if x.shape else "number"
    if isinstance(x, Function | Builtin):
        return "function"
    return kind(x).removeprefix("a ").replace("`", "")
