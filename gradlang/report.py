"""Where diagnostics go: to standard error, as text or JSON, coloured or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from .streams import columns_of

if TYPE_CHECKING:
    from .diagnostics import Diagnostic

TOO_MANY = 20  # more errors than this in one run help nobody
WIDEST = 100  # columns of an excerpt


class Reporter:
    """Writes what a run reports. JSON is one document, so it is written at the end."""

    def __init__(self, color: str, output_format: str) -> None:
        self.color = color
        self.json = output_format == "json"
        self.kept: list[Diagnostic] = []

    def warn(self, diagnostic: Diagnostic) -> None:
        if self.json:
            self.kept.append(diagnostic)
        else:
            self._write([diagnostic])

    def finish(self, code: int, diagnostics: Sequence[Diagnostic] = ()) -> int:
        """Reports what ended the run, and hands its exit code back."""
        try:
            sys.stdout.flush()
        except OSError as error:
            if not diagnostics or isinstance(error, BrokenPipeError):
                raise
        if self.json:
            from .diagnostics.render import render_json

            print(render_json([*self.kept, *diagnostics]), file=sys.stderr)
        elif diagnostics:
            self._write(diagnostics[:TOO_MANY])
            if len(diagnostics) > TOO_MANY:
                print(f"… and {len(diagnostics) - TOO_MANY} more errors", file=sys.stderr)
        return code

    def _write(self, diagnostics: Sequence[Diagnostic]) -> None:
        from .diagnostics.render import render_text

        color, width = colored(self.color, sys.stderr), terminal_width(sys.stderr)
        for d in diagnostics:
            print(render_text(d, color, width), file=sys.stderr)
            print(file=sys.stderr)


def colored(choice: str, stream: TextIO) -> bool:
    """`--color`, then NO_COLOR and FORCE_COLOR, then whether the stream goes to a terminal that can."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def terminal_width(stream: TextIO) -> int:
    """The columns of a stream's terminal, at most WIDEST, and WIDEST where it goes elsewhere."""
    return min(columns_of(stream, WIDEST), WIDEST)
