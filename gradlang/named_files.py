"""The files that a command line means: the named ones, and the programs below the named folders.

Owns how they are read, and what is reported when something goes wrong with one. Invariant: each file comes once, by
whatever ways it is named.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from .diagnostics import Diagnostic, GradlangError, placed
from .faults import Fault
from .source import Source, Span
from .whole_file import decoded, read_text, reason

if TYPE_CHECKING:
    import argparse

SUFFIX = ".grad"
STDIN = "-"
Fail = Callable[[list[Diagnostic]], object]  # is told what cannot be looked into


def named_files(arguments: Sequence[str], fail: Fail) -> Iterator[str]:
    """The files in the order of the arguments; whether a named one exists is not looked at."""
    seen: set[str] = set()
    for argument in arguments:
        for path in _programs_below(argument, fail) if os.path.isdir(argument) else [argument]:
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                yield path


def add_files_option(p: argparse.ArgumentParser) -> None:
    """The option by which a person lets programs use more files than those below their own folders."""

    def folder(text: str) -> str:
        if not os.path.isdir(text):
            p.error(f"--files takes a folder, and there is none called {text}")
        return text

    p.add_argument(
        "--files", metavar="DIR", type=folder, action="append", default=[],
        help="let programs use the files below DIR, too, not only those below their own folders; may be repeated",
    )  # fmt: skip


def unread(path: str) -> Source:
    """The source of a file, still empty: where what goes wrong with it is reported."""
    return Source("", "<standard input>" if path == STDIN else path)


def text_of(path: str) -> str:
    """What stands in a file, or comes from standard input. Raises Fault."""
    return decoded(sys.stdin.buffer.read(), "standard input") if path == STDIN else read_text(path)


def complaints(error: Exception, source: Source) -> list[Diagnostic]:
    """What is reported of whatever went wrong with a source; of our own mistakes, that they are ours."""
    start = Span(source, 0, 0)
    if isinstance(error, GradlangError):
        return error.diagnostics
    if isinstance(error, Fault):
        return [placed(error, start)]
    from .session import internal_error

    return internal_error(error, start).diagnostics


def _programs_below(folder: str, fail: Fail) -> Iterator[str]:
    """The programs below a folder, in order of name; not those of hidden folders."""
    found = False

    def say(message: str) -> None:
        nonlocal found
        found = True  # there may be some
        fail([Diagnostic("E0601", message, Span(Source("", folder), 0, 0))])

    for above, folders, files in os.walk(
        folder, onerror=lambda error: say(f'cannot read "{error.filename}": {reason(error)}')
    ):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(SUFFIX):
                found = True
                yield os.path.join(above, name)
    if not found:
        say(f'there is no program, *{SUFFIX}, below "{folder}"')
