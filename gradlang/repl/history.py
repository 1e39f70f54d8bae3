"""The file of what was entered, one entry a line.

Owns its form: each line is an entry as a JSON string, so an entry of several
lines stays one, and a line that is damaged costs that entry alone.

Invariants: an entry is added by a single write to the end of the file, so two
prompts that are open at once do not tear each other's. Whatever stands there,
or cannot be written, a prompt goes on without.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence

from ..reach import of_program, opened
from ..user_folders import state_folder

MOST_READ = 2 << 20  # bytes from the end of the file
MOST_KEPT = 5_000  # entries that are offered
WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)  # a pipe that stands there is read by nobody, and written by nobody


def history_path() -> str | None:
    """GRADLANG_HISTORY, where empty means none; else a file in the state folder, if there is one."""
    path = os.environ.get("GRADLANG_HISTORY")
    if path is None:
        folder = state_folder()
        return None if folder is None else os.path.join(folder, "history")
    return os.path.expanduser(path) or None


def read_history(path: str) -> list[str]:
    """The entries of the file, the oldest first; none where it cannot be read."""
    try:
        with of_program(None), opened(path) as file:
            start = max(0, file.seek(0, os.SEEK_END) - MOST_READ)
            file.seek(start)
            lines = file.read(MOST_READ).decode("utf-8", errors="replace").split("\n")
    except OSError:
        return []
    return without_repeats([entry for line in lines[start > 0 :] if (entry := decoded(line)) is not None])


def decoded(line: str) -> str | None:
    if not line.startswith('"'):  # of brackets in one another JSON's reader takes as many as the machine's stack
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, str) and entry.strip() else None


def without_repeats(entries: Sequence[str]) -> list[str]:
    """Entries without those that equal the one before them."""
    kept = [entry for i, entry in enumerate(entries) if not i or entry != entries[i - 1]]
    return kept[-MOST_KEPT:]


def add_to_history(path: str, entry: str) -> bool:
    """Adds an entry to the file; whether it is there now."""
    data = (json.dumps(entry, ensure_ascii=False) + "\n").encode("utf-8", errors="replace")
    try:
        os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | WITHOUT_WAITING
        number = os.open(path, flags, 0o600)  # what was entered is the user's own
        try:
            status = os.fstat(number)
            if not stat.S_ISREG(status.st_mode):
                return False
            if status.st_size:
                os.lseek(number, -1, os.SEEK_END)
                if os.read(number, 1) != b"\n":  # a line was cut short: it costs no other
                    data = b"\n" + data
            return os.write(number, data) == len(data)
        finally:
            os.close(number)
    except OSError:
        return False
