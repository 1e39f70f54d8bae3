"""Which files a program reaches: ordinary ones, below the folders that it is given.

Owns that rule (Fault E0611), and how a file is opened so that it holds for what
is opened, not for what stood there a moment ago: where a name leads is found out
once, links and all, and on the way there no link is followed.

What a person names (the program itself, `--svg OUT`) is that person's: the rule
is for names that programs give, while `of_program` is entered.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from .faults import Fault

Folders = tuple[str, ...]  # real paths

HERE = os.open in os.supports_dir_fd  # whether a file can be opened in a folder that is open
THROUGH = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
# A pipe that nobody writes to must not keep us waiting, nor a terminal become ours.
READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)

_is_program = False  # see of_program
_folders: Folders | None = None  # None: anywhere


def folders_of(folder: str, more: Sequence[str] = ()) -> Folders:
    """What a program in this folder reaches, if a person allows it more folders."""
    return tuple([os.path.realpath(path) for path in (folder, *more)])


@contextmanager
def of_program(folders: Folders | None) -> Iterator[None]:
    """The files that are opened meanwhile are named by a program that reaches these folders; None: all."""
    global _is_program, _folders
    before = _is_program, _folders
    _is_program, _folders = True, folders
    try:
        yield
    finally:
        _is_program, _folders = before


def real_path(path: str) -> str:
    """Where the name of a file leads.

    Raises Fault E0611 where the program must not go, OSError and ValueError for what names no file.
    """
    real = os.path.realpath(path)
    if _folders is not None and not is_below(real, _folders):
        raise _outside(path, _folders)
    if os.path.basename(path) in ("", os.curdir, os.pardir):
        raise OSError(errno.EISDIR, "")
    return real


def check_ordinary(mode: int) -> None:
    """Raises the OSError of a file that a program cannot use: a folder, a device, a pipe, a socket."""
    if _is_program and not stat.S_ISREG(mode):
        raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.ENXIO, "")


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """A file to be read. Raises OSError, and what `real_path` raises."""
    if not _is_program:
        with open(path, "rb") as file:
            yield file
        return
    real = real_path(path)
    with folder_of(real) as folder:
        # a name that leads nowhere by itself (/dev/stdin) is opened as it is, where a program may go anywhere
        name, flags = (path, READ) if _folders is None else (within(folder, real), READ | getattr(os, "O_NOFOLLOW", 0))
        number = os.open(name, flags, dir_fd=folder)
    try:
        check_ordinary(os.fstat(number).st_mode)
    except OSError:
        os.close(number)
        raise
    with open(number, "rb") as file:
        yield file


@contextmanager
def folder_of(real: str) -> Iterator[int | None]:
    """The folder of a file that the program reaches, opened; None where paths do as well."""
    root = None if _folders is None else _around(real, _folders)
    if root is None or not HERE:
        yield None
        return
    if real == root:
        raise OSError(errno.EISDIR, "")
    number = os.open(root, THROUGH)
    try:
        for part in real[len(os.path.join(root, "")) :].split(os.sep)[:-1]:
            outer, number = number, os.open(part, THROUGH, dir_fd=number)
            os.close(outer)
        yield number
    finally:
        os.close(number)


def within(folder: int | None, real: str) -> str:
    """What a file is called in its folder as `folder_of` gives it."""
    return real if folder is None else os.path.basename(real)


def is_below(real: str, folders: Folders) -> bool:
    return _around(real, folders) is not None


def _around(real: str, folders: Folders) -> str | None:
    """The folder of these that a path lies in."""
    return next((f for f in folders if real == f or real.startswith(os.path.join(f, ""))), None)


def _outside(path: str, folders: Folders) -> Fault:
    """Says nothing of where a name leads or folders lie: whoever wrote the program might read it, and is a stranger."""
    listed = " and ".join([f'"{os.path.basename(folder)}{os.sep}"' for folder in folders])
    return Fault(
        "E0611",
        f'"{path}" leads out of the program\'s folder',
        f"a program reads and writes files below {listed}",
        "`gradlang --files DIR FILE` lets it use those of another folder, too; in Python, `folders=[DIR]`",
    )
