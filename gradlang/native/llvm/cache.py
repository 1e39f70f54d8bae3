"""Machine code kept on disk, so that a program starts fast the second time.

Owns the folder `gradlang/native` in the user's cache. A file is written whole
under another name first and then renamed, so concurrent processes never see
half of one; it begins with a digest of itself, so one that is cut short,
damaged or somebody else's is not used but made anew. Nothing in it is ever
unpickled. No failure of the disk is an error: the code is then made again.

Invariant: the folder holds at most `MOST` bytes after a write; the files that
were not used for longest go first.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress

from ... import __version__
from ...user_folders import cache_folder

MARK = b"gradlang native 1\n"
MOST = 64 * 2**20
WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)  # a pipe that stands there has no end


def folder() -> str:
    """Where the code is kept. Raises FileNotFoundError where the user has no home."""
    cache = cache_folder()
    if cache is None:
        raise FileNotFoundError
    return os.path.join(cache, "native")


def path_of(key: str) -> str:
    name = hashlib.sha256(f"{__version__}\0{key}".encode()).hexdigest()[:40]
    return os.path.join(folder(), name + ".o")


def is_private(status: os.stat_result) -> bool:
    """Whether only this user can have put it there. (Where there are no user ids, profiles are private.)"""
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def sealed(key: str, code: bytes) -> bytes:
    return MARK + hashlib.sha256(key.encode() + code).digest() + code


def read(key: str) -> bytes | None:
    """The code kept for a key, if it is there, whole and ours."""
    try:
        path = path_of(key)
        if not is_private(os.stat(folder())):
            return None
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | WITHOUT_WAITING)) as file:
            status = os.fstat(file.fileno())
            if not is_private(status) or not stat.S_ISREG(status.st_mode):
                return None
            data = file.read()
    except OSError:
        return None
    code = data[len(MARK) + 32 :]
    if data != sealed(key, code):
        return None
    with suppress(OSError):
        os.utime(path)  # used just now
    return code


def write(key: str, code: bytes) -> None:
    """Keeps the code for a key."""
    with suppress(OSError):
        os.makedirs(folder(), mode=0o700, exist_ok=True)
        if not is_private(os.stat(folder())):
            return
        handle, temporary = tempfile.mkstemp(dir=folder(), suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(sealed(key, code))
            os.replace(temporary, path_of(key))
        except OSError:
            os.unlink(temporary)
        trim()


def trim() -> None:
    """Removes what was not used for longest, until the rest is small enough."""
    files = []
    with os.scandir(folder()) as entries:
        for entry in entries:
            with suppress(OSError):
                status = entry.stat()
                files.append((status.st_mtime, status.st_size, entry.path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= MOST:
            break
        with suppress(OSError):
            os.unlink(path)
            total -= size
