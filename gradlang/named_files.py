"""The files that a command line means: the named ones, and the programs below the named folders.

Knows nothing of their contents. Invariant: each file comes once, by whatever ways it is named.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from .diagnostics import Diagnostic
from .source import Source, Span
from .whole_file import reason

SUFFIX = ".grad"
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
