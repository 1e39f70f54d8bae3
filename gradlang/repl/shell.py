"""The loop of the prompt: read an entry, run it, show what it is worth.

Owns what an entry is (a program, or a command), what is said when one fails or
is stopped, and where its output goes. Knows readers only by what they do:
`entry()` gives the next text or raises EOFError, `ask()` an answer or None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ..diagnostics import Diagnostic, GradlangError, placed
from ..draw.terminal.fragments import Fragments
from ..faults import Fault
from ..interrupts import StopAtSignal
from ..language.display import is_shown
from ..language.runtime import RUN, Stopped
from ..progress import Progress
from ..reach import folders_of
from ..session import Session, failure_of, folder_of
from ..source import Source, Span
from ..syntax import tree
from ..syntax.parser import tokens
from ..whole_file import read_text
from .commands import run_command
from .results import result
from .screen import Screen

Report = Callable[[Diagnostic], None]


class Reader(Protocol):
    """Where entries come from."""

    def entry(self) -> str: ...

    def ask(self, question: str) -> str | None: ...

    def watch(self) -> AbstractContextManager[object]:
        """What is to be seen of the keyboard while a program runs."""

    def leaves(self) -> bool:
        """Whether the user left meanwhile."""


class Shell:
    """A session, what it is read from, and what it is shown on."""

    def __init__(self, session: Session, reader: Reader, screen: Screen, report: Report) -> None:
        self.session = session
        self.reader = reader
        self.screen = screen
        self.report = report
        self.count = 0  # entries so far, the failed ones included
        self.written: set[tuple[str, str]] = set()  # files that are ours to write over

    def loop(self) -> None:
        """Reads and runs until the input ends or somebody leaves."""
        while True:
            try:
                if self.reader.leaves():
                    return
                self.enter(self.reader.entry())
            except EOFError:
                return
            except KeyboardInterrupt:
                self.screen.say("")

    def enter(self, text: str) -> None:
        """Runs one entry, whatever it is. Raises EOFError to leave."""
        for part in entries_of(text):
            self.count += 1
            source = self.source(part)
            place = Span(source, 0, len(part.rstrip()))
            try:
                if is_command(part):
                    run_command(self, part)
                else:
                    self.run(source)
            except Fault as fault:
                self.report_fault(fault, place)
            except GradlangError as error:
                self.report_all(error)
            except Stopped:
                self.screen.say("stopped")
            except (EOFError, OSError):  # the latter of a stream
                raise
            except Exception as error:  # the session goes on
                self.report_all(failure_of(error, place))

    def source(self, text: str) -> Source:
        return Source(text, f"entry {self.count}")

    def run(self, source: Source, keep: bool = False) -> bool:
        """Runs a program as an entry and shows its value; whether it came to its end.

        With `keep`, what came before a statement that fails when it runs stays, to be looked at.
        """
        before = len(self.session.entries)
        try:
            progress = Progress("auto" if self.screen.color else "never", self.screen.interactive)
            with StopAtSignal(gently=True), self.reader.watch(), progress:
                value = self.session.enter(source, self.report, keep)
        except GradlangError as error:
            self.report_all(error)
            return False
        except (Stopped, KeyboardInterrupt):
            self.screen.say(self.how_it_stopped() if len(self.session.entries) > before else "stopped before it began")
            return False
        if is_shown(value) and not is_silenced(source.text):
            self.screen.write(self.shown(value))
        return True

    def load(self, path: str) -> None:
        """Runs a file of the user's own; one that cannot be read is reported."""
        try:
            self.run_file(Source(read_text(path), path), folders=None)
        except Fault as fault:
            self.report_fault(fault, Span(Source("", path), 0, 0))

    def run_file(self, source: Source, keep: bool = False, folders: Sequence[str] | None = ()) -> None:
        """Runs a program from its own folder; it uses files below that and `folders`, anywhere if that is None."""
        before = RUN.folder, RUN.folders
        RUN.folder = folder_of(source)
        RUN.folders = None if folders is None else folders_of(RUN.folder, folders)
        try:
            self.run(source, keep)
        finally:
            RUN.folder, RUN.folders = before

    def evaluate(self, text: str) -> Any:
        """The value of an expression, from inside of `session.scratch`. Raises GradlangError and Stopped."""
        with StopAtSignal():
            return self.session.run(self.source(text), self.report, keep_graph=True)

    def shown(self, value: Any) -> Fragments:
        return result(value, self.screen.width, self.screen.height if self.screen.interactive else 1000)

    def report_fault(self, fault: Fault, place: Span) -> None:
        self.report(placed(fault, place))

    def report_all(self, error: GradlangError) -> None:
        for diagnostic in error.diagnostics:
            self.report(diagnostic)

    def how_it_stopped(self) -> str:
        entry = self.session.entries[-1]
        stop = entry.stop or Stopped()
        if stop.before is not None:
            return f"stopped before line {stop.before.span.line}; what was done is kept"
        loop = stop.after
        if loop is None:
            return "stopped; what was done is kept"
        count = entry.passes[loop]
        passes = f"{count:,} pass{'es' if count != 1 else ''}"
        word = "for" if isinstance(loop, tree.For) else "while"
        return f"stopped after {passes} of the `{word}` loop on line {loop.span.line}; what was learned is kept"


def is_command(text: str) -> bool:
    """Whether an entry is not a program: `:name`, `?name`, `name?`."""
    text = text.strip()
    if "\n" in text:
        return False
    return text.startswith((":", "?")) or text.endswith("?") and text[:-1].strip().isidentifier()


def is_silenced(text: str) -> bool:
    """Whether a program ends in `;`."""
    last = [token for token in tokens(text) if token != "\n"][-1:]
    return bool(last) and last[0] == ";"


def entries_of(text: str) -> list[str]:
    """The entries of what was typed or pasted: one, unless there are commands in it."""
    parts = unprompted(text) if text.lstrip().startswith(">>>") else [text]
    if not any(map(is_command, parts)):
        parts = ["\n".join(parts)]
    first, _, rest = parts[0].strip("\n").partition("\n")
    if rest and is_command(first):
        return [first, *entries_of(rest), *parts[1:]]
    return [part for part in parts if part.strip()]


def unprompted(transcript: str) -> list[str]:
    """The entries of a text that was copied with its prompts, without what was printed between them."""
    entries: list[str] = []
    for line in transcript.strip().splitlines():
        if line.startswith(">>>"):
            entries.append(line[3:].removeprefix(" "))
        elif line.rstrip() == "..." or line.startswith("... "):
            entries[-1] += "\n" + line[4:]
    return entries
