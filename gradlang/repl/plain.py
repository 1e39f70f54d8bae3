"""Entries read line by line: from a pipe, from a file, or on a terminal that cannot be edited on."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext

from ..syntax.parser import unfinished
from .shell import is_command

PROMPT, CONTINUATION = ">>> ", "... "


class PlainReader:
    """Reads standard input; with `interactive`, somebody is asked for each line."""

    def __init__(self, interactive: bool) -> None:
        self.interactive = interactive

    def entry(self) -> str:
        """The next entry. Raises EOFError at the end of the input, KeyboardInterrupt at Ctrl-C."""
        text = self.line(PROMPT)
        while not is_command(text) and unfinished(text):
            try:
                text += self.line(CONTINUATION)
            except EOFError:
                break
        return text.rstrip("\n")

    def ask(self, question: str) -> str | None:
        """One line of an answer; None at the end of the input."""
        try:
            return self.line(question).strip()
        except EOFError:
            return None

    def watch(self) -> AbstractContextManager[object]:
        return nullcontext()

    def leaves(self) -> bool:
        return False

    def line(self, prompt: str) -> str:
        if self.interactive:
            sys.stdout.write(prompt)
            sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line


def can_edit() -> bool:
    """Whether there is a terminal at both ends that a line can be edited on."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return is_terminal and os.environ.get("TERM", "").lower() not in ("", "dumb", "unknown")
