"""Files read and written whole.

Owns the translation of what the system says about a file into plain words, and
the one way files are written: all or nothing. Knows nothing of their contents;
which of them a program may use is the matter of `reach`.

Invariant: whatever fails while writing, a file that was there before is still
there, unchanged, and nothing else is left behind. A process that is killed while
it writes leaves a part of the new file; who writes the file next removes it.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import BinaryIO

from .faults import Fault
from .reach import check_ordinary, folder_of, of_program, opened, real_path, within

TEMPORARY = ".tmp"
WIDEST = 4  # bytes of a character
PIECE = 1 << 20  # bytes
LONGEST = 100  # bytes of a file's name that the name of its temporary file repeats

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
    errno.EFBIG: "the file would be larger than it may be",
    errno.EROFS: "the disk can only be read",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EIO: "the disk reports an error",
    errno.ELOOP: "its links lead in a circle",
    errno.ENXIO: "it is a device, a pipe or a socket, not a file",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
}


class Told:
    """Who is told how many bytes of a file are about to be read or written; it may raise a Fault."""

    reading: Callable[[int], None] | None = None
    writing: Callable[[int], None] | None = None


told = Told()


def reason(error: OSError | ValueError) -> str:
    """Why a file could not be used, in plain words."""
    if isinstance(error, ValueError):
        return "this is not the name of a file"
    return REASONS.get(error.errno or 0) or (error.strerror or "the system refuses").lower()


def read_whole(path: str, most: int = -1) -> bytes:
    """The bytes of a file, or the first; a Fault E0601 says why it cannot be read, E0611 that the program must not."""
    with _plainly("E0601", "read", path):
        if _in_memory is not None and (real := real_path(path)) in _in_memory:
            return _in_memory[real][: None if most < 0 else most]
        with opened(path) as file:
            if told.reading is not None:
                told.reading(os.fstat(file.fileno()).st_size)
            return first_bytes(file, most)


def first_bytes(file: BinaryIO, most: int) -> bytes:
    """So many bytes of a file, or all of them for -1; room is taken as they come, for there may be far fewer."""
    if most < 0:
        return file.read()
    found = bytearray()
    is_over = False
    while len(found) < most and not is_over:
        wanted = min(most - len(found), PIECE)
        piece = file.read(wanted)
        found += piece
        is_over = len(piece) < wanted  # a terminal is not asked again
    return bytes(found)


def read_text(path: str, most: int | None = None) -> str:
    """The text of a UTF-8 file, without a byte order mark; Fault E0601, E0602 or, of more characters, E0907."""
    return decoded(read_whole(path, bytes_of(most)), path, most)


def read_ordinary(path: str) -> str:
    """As `read_text`; but a pipe or a device, which might keep us waiting, is a fault, too."""
    with of_program(None):
        return read_text(path)


def bytes_of(most: int | None) -> int:
    """How many bytes to read to see that there are more characters; -1 for all."""
    return -1 if most is None else WIDEST * (most + 1) + 1


def decoded(data: bytes, path: str, most: int | None = None) -> str:
    """UTF-8 bytes as text, without a byte order mark; Fault E0602 or E0907."""
    if most is not None and len(data) >= bytes_of(most):  # the last character may be cut
        return within_length(data.decode("utf-8", "replace"), most, f'"{path}"')
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Fault(
            "E0602",
            f'"{path}" is not UTF-8 text: byte {error.start + 1}, on line {line}, does not fit',
            "save it again as UTF-8",
        ) from None
    return within_length(text.removeprefix("\ufeff"), most, f'"{path}"')


def within_length(text: str, most: int | None, what: str = "this program") -> str:
    """A program's text, if it has no more characters than that; Fault E0907."""
    if most is not None and len(text) > most:
        raise Fault(
            "E0907", f"{what} has more than the {most:,} characters that are allowed", "`--limit-source` allows more"
        )
    return text


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
    """Writes a file, all or nothing; a Fault E0603 says why it cannot be written, E0611 that the program must not.

    The bytes go to a temporary file in the same folder, which takes the name when
    they are safely on the disk. A link is followed; what is no ordinary file (a
    terminal, a pipe) cannot be replaced and is written to, where a person names it.
    """
    if not _may_write:
        raise Fault("E0603", f'"{path}" is not written: this is only tried out')
    if told.writing is not None:
        told.writing(len(data))
    with _plainly("E0603", "write", path):
        target = real_path(path)
        mode = _mode(target)
        if mode is not None:
            check_ordinary(mode)
        if _in_memory is not None:
            _check_writable(target, mode)
            _in_memory[target] = data
        elif mode is None or stat.S_ISREG(mode):
            _replace(target, data, mode)
        else:
            with open(target, "wb") as file:
                file.write(data)


def write_out(target: str, data: bytes) -> None:
    """Writes what the command line asks for to a file; `-` is standard output. Raises Fault as `write_whole`."""
    if target != "-":
        write_whole(target, data)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(data)


def check_target(path: str) -> None:
    """Raises the Fault E0603 that writing would meet, as far as that can be told, before there is anything to write."""
    with _plainly("E0603", "write", path):
        target = real_path(path)
        _check_writable(target, _mode(target))


def reaches_the_disk() -> bool:
    """Whether what is written now can be read later; where it cannot, nobody need make what takes long to make."""
    return _may_write and _in_memory is None


def _check_writable(target: str, mode: int | None) -> None:
    """Raises the OSError that writing would meet, as far as that can be told."""
    folder = os.path.dirname(target)
    if mode is not None:
        check_ordinary(mode)
        if stat.S_ISDIR(mode):
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
    name = os.path.basename(target)
    prefix = f".{os.fsencode(name)[:LONGEST].decode(errors='ignore')}."
    temporary = os.path.join(os.path.dirname(target), f"{prefix}{os.getpid()}-{os.urandom(4).hex()}{TEMPORARY}")
    with folder_of(target) as folder:
        target, temporary = within(folder, target), within(folder, temporary)
        _remove_remains(target, folder, prefix)
        # not tempfile's: a new file gets the permissions that new files get here
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            with open(number := os.open(temporary, flags, 0o666, dir_fd=folder), "wb") as file:
                file.write(data)
                file.flush()
                if mode is not None:
                    os.chmod(number if os.chmod in os.supports_fd else temporary, stat.S_IMODE(mode))
                os.fsync(number)
            os.replace(temporary, target, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:  # also when the user interrupts
            with suppress(OSError):  # it may have its new name already; what went wrong first is what is told
                os.unlink(temporary, dir_fd=folder)
            raise
        _make_lasting(target, folder)


@contextmanager
def _listable(target: str, folder: int | None) -> Iterator[int]:
    """The folder of a file, to be listed or synced, where it lets itself be opened so. Raises OSError."""
    number = os.open(os.path.dirname(target) or ".", os.O_RDONLY, dir_fd=folder)
    try:
        yield number
    finally:
        os.close(number)


def _remove_remains(target: str, folder: int | None, prefix: str) -> None:
    """Removes what was left of this file by processes that were killed."""
    with suppress(OSError), _listable(target, folder) as number, os.scandir(number) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and entry.name.endswith(TEMPORARY):
                owner = entry.name[len(prefix) :].partition("-")[0]
                if owner.isdecimal() and not _is_alive(int(owner)):
                    with suppress(OSError):
                        os.unlink(entry.name, dir_fd=number)


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


def _make_lasting(target: str, folder: int | None) -> None:
    """The new name is on the disk, too, where the system can be asked for that."""
    with suppress(OSError), _listable(target, folder) as number:
        os.fsync(number)


@contextmanager
def _plainly(code: str, doing: str, path: str) -> Iterator[None]:
    """What the system says meanwhile becomes a Fault; of a file that is not there, it tells where it was looked for."""
    try:
        yield
    except (OSError, ValueError) as error:
        is_missing = isinstance(error, FileNotFoundError) and not os.path.isabs(path)
        help = [f'names of files are read from the folder "{os.getcwd()}"'] if is_missing else []
        raise Fault(code, f'cannot {doing} "{path}": {reason(error)}', *help) from None
