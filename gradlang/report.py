"""Where diagnostics go: to standard error, as text or JSON, coloured or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .diagnostics import Diagnostic

TOO_MANY = 20  # more errors than this in one run help nobody


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
        sys.stdout.flush()
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

        color = colored(self.color)
        for d in diagnostics:
            print(render_text(d, color), file=sys.stderr)
            print(file=sys.stderr)


def colored(choice: str) -> bool:
    """`--color`, then NO_COLOR and FORCE_COLOR, then whether standard error is a terminal that can."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
