"""Files read and written whole.

Owns the translation of what the system says about a file into plain words, and
the one way files are written: all or nothing. Knows nothing of their contents.

Invariant: whatever fails while writing, a file that was there before is still
there, unchanged, and nothing else is left behind. A process that is killed while
it writes leaves a part of the new file; who writes the file next removes it.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from .faults import Fault

TEMPORARY = ".tmp"
LONGEST = 100  # characters of a file's name that the name of its temporary file repeats

_may_write = True  # see no_writing
_in_memory: dict[str, bytes] | None = None  # see writing_to_memory

REASONS = {
    errno.ENOENT: "there is no such file or folder",
    errno.EISDIR: "it is a folder, not a file",
    errno.ENOTDIR: "part of its path is a file, not a folder",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the disk can only be read",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EIO: "the disk reports an error",
}


def reason(error: OSError | ValueError) -> str:
    """Why a file could not be used, in plain words."""
    if isinstance(error, ValueError):
        return "this is not the name of a file"
    return REASONS.get(error.errno or 0) or (error.strerror or "the system refuses").lower()


def read_whole(path: str) -> bytes:
    """The bytes of a file; a Fault E0601 says why it cannot be read."""
    try:
        if _in_memory is not None and (real := os.path.realpath(path)) in _in_memory:
            return _in_memory[real]
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise Fault("E0601", f'cannot read "{path}": {reason(error)}', *_whereabouts(path, error)) from None


def read_text(path: str) -> str:
    """The text of a UTF-8 file, without a byte order mark; Fault E0601 or E0602."""
    return decoded(read_whole(path), path)


def decoded(data: bytes, path: str) -> str:
    """UTF-8 bytes as text, without a byte order mark; Fault E0602."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Fault(
            "E0602",
            f'"{path}" is not UTF-8 text: byte {error.start + 1}, on line {line}, does not fit',
            "save it again as UTF-8",
        ) from None
    return text.removeprefix("\ufeff")


@contextmanager
def no_writing() -> Iterator[None]:
    """No file is written meanwhile: something is only tried out."""
    global _may_write
    before, _may_write = _may_write, False
    try:
        yield
    finally:
        _may_write = before


@contextmanager
def writing_to_memory(buffers: Mapping[str, str] | None = None) -> Iterator[None]:
    """What is written meanwhile is kept, for whoever reads it meanwhile, and then forgotten.

    `buffers` are texts by path that are read instead of what is on the disk.
    """
    global _in_memory
    texts = (buffers or {}).items()
    before, _in_memory = _in_memory, {os.path.realpath(path): text.encode(errors="replace") for path, text in texts}
    try:
        yield
    finally:
        _in_memory = before


def write_whole(path: str, data: bytes) -> None:
    """Writes a file, all or nothing; a Fault E0603 says why it cannot be written.

    The bytes go to a temporary file in the same folder, which takes the name when
    they are safely on the disk. A link is followed; what is no ordinary file (a
    terminal, a pipe) cannot be replaced and is written to.
    """
    if not _may_write:
        raise Fault("E0603", f'"{path}" is not written: this is only tried out')
    try:
        target = os.path.realpath(path)
        mode = _mode(target)
        if _in_memory is not None:
            _check_writable(target, mode)
            _in_memory[target] = data
        elif mode is None or stat.S_ISREG(mode):
            _replace(target, data, mode)
        else:
            with open(target, "wb") as file:
                file.write(data)
    except (OSError, ValueError) as error:
        raise Fault("E0603", f'cannot write "{path}": {reason(error)}', *_whereabouts(path, error)) from None


def write_out(target: str, data: bytes) -> None:
    """Writes what the command line asks for to a file; `-` is standard output. Raises Fault as `write_whole`."""
    if target != "-":
        write_whole(target, data)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(data)


def check_target(path: str) -> None:
    """Raises the Fault E0603 that writing would meet, as far as that can be told, before there is anything to write."""
    try:
        target = os.path.realpath(path)
        _check_writable(target, _mode(target))
    except (OSError, ValueError) as error:
        raise Fault("E0603", f'cannot write "{path}": {reason(error)}', *_whereabouts(path, error)) from None


def reaches_the_disk() -> bool:
    """Whether what is written now can be read later; where it cannot, nobody need make what takes long to make."""
    return _may_write and _in_memory is None


def _check_writable(target: str, mode: int | None) -> None:
    """Raises the OSError that writing would meet, as far as that can be told."""
    folder = os.path.dirname(target)
    if mode is not None and stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "")
    if _mode(folder) is None:
        raise OSError(errno.ENOENT, "")
    if not os.access(folder, os.W_OK):
        raise OSError(errno.EACCES, "")


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _replace(target: str, data: bytes, mode: int | None) -> None:
    folder, name = os.path.split(target)
    prefix = f".{name[:LONGEST]}."
    _remove_remains(folder, prefix)
    temporary = os.path.join(folder, f"{prefix}{os.getpid()}-{os.urandom(4).hex()}{TEMPORARY}")
    # not tempfile's: a new file gets the permissions that new files get here
    number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with open(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, target)
    except BaseException:  # also when the user interrupts
        with suppress(FileNotFoundError):  # it may have its new name already
            os.unlink(temporary)
        raise
    _make_lasting(folder)


def _remove_remains(folder: str, prefix: str) -> None:
    """Removes what was left of this file by processes that were killed."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and entry.name.endswith(TEMPORARY):
                number = entry.name[len(prefix) :].partition("-")[0]
                if number.isdecimal() and not _is_alive(int(number)):
                    with suppress(OSError):
                        os.unlink(entry.path)


def _is_alive(process: int) -> bool:
    """Whether there is a process of that number; yes, where that cannot be asked without harm."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _make_lasting(folder: str) -> None:
    """The new name is on the disk, too, where the system can be asked for that."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _whereabouts(path: str, error: OSError | ValueError) -> tuple[str, ...]:
    """Where a file was looked for that is not there."""
    if isinstance(error, FileNotFoundError) and not os.path.isabs(path):
        return (f'names of files are read from the folder "{os.getcwd()}"',)
    return ()
