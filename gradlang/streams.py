"""Standard streams: what they can show, and that they may take nothing more.

Output that cannot be written is an error where it was asked for; remarks on
standard error are worth no end of a run: who does not take them goes without.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


class Remarks(io.TextIOWrapper):
    """Standard error, which leads nowhere from the first write on that fails."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            lead_nowhere(self)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            lead_nowhere(self)


def open_streams() -> None:
    """Standard streams that are closed lead nowhere; what an encoding lacks is spelt out, not an error."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def bear_with_remarks() -> None:
    """Makes standard error one that does not fail."""
    if isinstance(sys.stderr, io.TextIOWrapper):
        encoding, errors = sys.stderr.encoding, sys.stderr.errors
        sys.stderr = Remarks(sys.stderr.detach(), encoding, errors, line_buffering=True)


def settle() -> None:
    """Writes what is still to be written; a stream that does not take it leads nowhere from here on."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            lead_nowhere(stream)


def lead_nowhere(stream: TextIO) -> None:
    from contextlib import suppress  # not to print a version

    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def columns_of(stream: TextIO | int, otherwise: int) -> int:
    """The columns of a stream's terminal, by itself or its number; `otherwise` where it leads elsewhere."""
    try:
        return os.get_terminal_size(stream if isinstance(stream, int) else stream.fileno()).columns or otherwise
    except (OSError, ValueError):
        return otherwise


def shows_unicode(stream: TextIO) -> bool:
    """Whether lines, dots and blocks can be written to it."""
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")
