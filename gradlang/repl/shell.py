"""The loop of the prompt: read an entry, run it, show what it is worth.

Owns what an entry is (a program, or a command), what is said when one fails or
is stopped, and where its output goes. Knows readers only by what they do:
`entry()` gives the next text or raises EOFError, `ask()` an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ..diagnostics import Diagnostic, GradlangError
from ..draw.fragments import Fragments
from ..faults import Fault
from ..interrupts import StopAtSignal
from ..language.display import is_shown
from ..language.runtime import Stopped
from ..session import Session
from ..source import Source, Span
from ..syntax import tree
from ..syntax.parser import tokens
from .commands import run_command
from .results import result
from .screen import Screen

Report = Callable[[Diagnostic], None]


class Reader(Protocol):
    """Where entries come from."""

    def entry(self) -> str: ...

    def ask(self, question: str) -> str: ...

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
        self.written: set[str] = set()  # files that are ours to write over

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
        text = unprompted(text)
        if not text.strip():
            return
        self.count += 1
        source = self.source(text)
        if not is_command(text):
            self.run(source)
            return
        try:
            run_command(self, text)
        except Fault as fault:
            place = Span(source, 0, len(text.rstrip()))
            self.report(Diagnostic(fault.code, fault.message, place, help=list(fault.help)))
        except GradlangError as error:
            self.report_all(error)
        except Stopped:
            self.screen.say("stopped")

    def source(self, text: str) -> Source:
        return Source(text, f"entry {self.count}")

    def run(self, source: Source, keep: bool = False) -> bool:
        """Runs a program as an entry and shows its value; whether it came to its end."""
        try:
            with StopAtSignal(gently=True), self.reader.watch():
                value = self.session.enter(source, self.report, keep)
        except GradlangError as error:
            self.report_all(error)
            return False
        except (Stopped, KeyboardInterrupt):
            self.screen.say(self.how_it_stopped())
            return False
        if is_shown(value) and not is_silenced(source.text):
            self.screen.write(self.shown(value))
        return True

    def evaluate(self, text: str) -> Any:
        """The value of an expression, from inside of `session.scratch`. Raises GradlangError and Stopped."""
        with StopAtSignal():
            return self.session.run(self.source(text), self.report, keep_graph=True)

    def shown(self, value: Any) -> Fragments:
        return result(value, self.screen.width, self.screen.height if self.screen.interactive else 1000)

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
    return text.startswith((":", "?")) or text.endswith("?") and text[:-1].strip().isidentifier()


def is_silenced(text: str) -> bool:
    """Whether a program ends in `;`."""
    last = [token for token in tokens(text) if token != "\n"][-1:]
    return bool(last) and last[0] == ";"


PROMPTS = (">>> ", "... ", ">>>", "...")


def unprompted(text: str) -> str:
    """A text that was copied with its prompts, without them and without what was printed between them."""
    lines = text.splitlines()
    if not lines or not lines[0].lstrip().startswith(">>>"):
        return text
    kept = []
    for line in lines:
        prompt = next((p for p in PROMPTS if line.lstrip().startswith(p)), None)
        if prompt is not None:
            kept.append(line.lstrip()[len(prompt) :])
    return "\n".join(kept)
