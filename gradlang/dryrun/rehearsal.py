"""One dry run, in this process.

Owns the rules of going on: after a mistake the names that a statement would
have bound are unknown, and whatever reads them is passed over in silence; a
loop is cut after some passes, and names whose shape still changed by then are
unknown, too. Once anything is unknown, what hangs on numbers (an index out of
range, a gradient that nobody has asked for) is not reported any more, for a
whole run might come to other numbers; nor do shapes that do not fit count, where
a count or a text that a cut loop still changed is read behind it: they may come
from there. So it may miss mistakes, and makes none up.

Functions fail as a whole, as in a run: only the statements of a file go on. A
stretch that cannot be read is passed over likewise: what it may bind is unknown
from there on, and a function that has one ends there.

Limits are counted in operations, so that the same text gives the same answer on
a busy machine; time only ends what counting cannot see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..analysis.mistakes.findings import names_in
from ..diagnostics import Diagnostic, GradlangError
from ..engine.value import STATE, Box, Value
from ..language import builtins
from ..language.interpreter import compiled, statement
from ..language.items import BREAK
from ..language.operators import Code, Frame
from ..language.resolver import resolve
from ..language.runtime import RUN, Stopped, running
from ..language.scopes import Scope
from ..reach import folders_of
from ..session import Session, internal_error
from ..source import PRELUDE, Source, Span
from ..syntax import tree
from ..syntax.recovery import Recovered
from ..syntax.tokens import lexed
from ..syntax.tree import Stmt
from ..whole_file import writing_to_memory
from .account import observation
from .laps import FEWEST, Lap
from .places import block_at, bound_names, has_return, statements_at, targets
from .seen import Observation, Seen

LOOP_WORK = 400  # operations after which a loop is cut
TOTAL_WORK = 50_000  # operations after which the dry run ends
ELEMENTS = 2_000  # numbers that count as one operation more
MOST_DIAGNOSTICS = 50
MISSING = ("E0202", "E0206", "E0207")  # what reading a name without a value gives: its own, of an import, of a caller
# What a program may come to by other numbers than it has here.
HANGS_ON_NUMBERS = frozenset(
    ["E0308", "E0406", "E0410", "E0501", "E0503", "E0504", "E0601", "E0604", "E0607", "E0611", "E0901"]
)
# Likewise, of counts that become sizes.
HANGS_ON_COUNTS = frozenset(["E0307", "E0401", "E0402", "E0403", "E0404", "E0408", "E0409"])


class Unknown(Exception):
    """Something is read that this run cannot know."""


class Spent(Exception):
    """The dry run has done enough."""


def rehearse(
    program: Recovered, folder: str, buffers: Mapping[str, str] | None = None, more: Sequence[str] = ()
) -> Seen:
    """Runs what could be read of a program; `buffers` are files whose texts are others than on the disk.

    It reads files below its folder, and below the ones in `more`.
    """
    unknown, _ = names_in(program.gaps)
    run = Rehearsal(program.module.source, unknown)
    with (
        running(folder, lambda text: None, run.report, folders=folders_of(folder, more)),
        writing_to_memory(buffers),
    ):
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
        self.is_size_doubtful = False  # whether sizes may be
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
        self.is_doubtful |= bool(program.gaps)
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
        if self.is_doubtful and d.code in HANGS_ON_NUMBERS and not is_literal(d):
            return
        if self.is_size_doubtful and d.code in HANGS_ON_COUNTS and "a number" not in d.message:
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
        behind = lexed(loop.span.source.text, loop.span.end, len(loop.span.source.text))
        self.is_size_doubtful |= not lap.counts.isdisjoint(behind)

    # ── limits ───────────────────────────────────────────────────────────────

    def operation(self, x: Value, inputs: tuple[Value, ...]) -> None:
        """One more, as much as it is large; with a gradient it may be gone through backward, too."""
        data = x.data
        work = 1 if data.__class__ is float or data.__class__ is bool else 1 + data.size // ELEMENTS
        self.spend(2 * work if x.needs else work)

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


def is_literal(d: Diagnostic) -> bool:
    """Whether what is wrong is a number of the text itself."""
    text = d.span.text.rpartition("[")[2] if d.code == "E0406" else d.span.text
    return not any([letter.isalpha() for letter in text])
