"""The files that a program is made of, and whether they have changed.

Watched are the program, what it imports, directly and through others, and the
files beside it that strings in these programs name. A file that is not there
is watched, too: it may come.

Why files are looked at again and again: what systems offer instead differs
between them, and editors that put a new file in the old one's place defeat it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..faults import Fault
from ..syntax.parser import tokens
from ..whole_file import read_ordinary

Stamp = tuple[int, int, int] | None  # when it was written, its size, and which file it is; None where there is none
SUFFIX = ".grad"


class Watched:
    """The files as they were when they were read: `programs`, and the `data` that these name."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.programs: dict[str, Stamp] = {}
        self.data: dict[str, Stamp] = {}
        waiting = [path]
        while waiting:
            program = waiting.pop()
            if program not in self.programs:
                self.programs[program] = stamp(program)  # before it is read: what is written meanwhile is a change
                waiting += self._read(program)

    def _read(self, program: str) -> Iterator[str]:
        """Takes note of what a program names; the paths of what it imports."""
        try:
            pieces = tokens(read_ordinary(program))
        except Fault:
            return
        for i, piece in enumerate(pieces):
            if piece.type == "STRING" and piece[0] != "f" and os.path.splitext(piece[1:-1])[1]:
                named = os.path.join(os.path.dirname(self.path), piece[1:-1])
                self.data[named] = stamp(named)
            elif piece.type == "NAME" and i and pieces[i - 1].type == "IMPORT":
                yield os.path.join(os.path.dirname(program), piece + SUFFIX)

    def changed(self, data: bool = True) -> list[str]:
        """The files that are not what they were; those of data only where they are asked for."""
        files = {**self.data, **self.programs} if data else self.programs
        return [path for path, before in files.items() if stamp(path) != before]

    def restamp_data(self) -> None:
        """What has changed while the program ran, it has written itself."""
        self.data = {path: stamp(path) for path in self.data}

    @property
    def names(self) -> str:
        """The files that are there, or the first of them."""
        files = [path for path, found in {**self.programs, **self.data}.items() if found] or [self.path]
        return ", ".join(files[:4]) + (f" and {len(files) - 4} more" if len(files) > 4 else "")


def stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
