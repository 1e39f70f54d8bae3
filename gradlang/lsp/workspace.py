"""The programs that can name each other: those on disk, as they stand in the editor where they are open.

Files are found below the folders of the workspace and beside the open documents.
What was found is believed for a moment, or until the editor says that files changed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from ..faults import Fault
from ..whole_file import read_ordinary
from .documents import Document, Documents
from .positions import Positions

SUFFIX = ".grad"
BELIEVED = 3.0  # seconds
MOST = 2000  # programs
LARGEST = 1_000_000  # bytes of a program
SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})


class _Read(NamedTuple):
    stamp: tuple[int, int]
    text: str | None


class Workspace:
    """The `Files` of `analysis.programs`; paths are what `Document.name` is."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.folders: list[str] = []
        self._read: dict[str, _Read] = {}
        self._listed: list[str] = []
        self._until = 0.0

    def text(self, path: str) -> str | None:
        document = self.documents.at(path)
        if document is not None:
            return document.text
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            self._read.pop(path, None)
            return None
        stamp = found.st_mtime_ns, found.st_size
        known = self._read.get(path)
        if known is None or known.stamp != stamp:
            known = self._read[path] = _Read(stamp, readable(path) if found.st_size <= LARGEST else None)
        return known.text

    def programs(self) -> Sequence[str]:
        opened = [document.name for document in self.documents]
        return list(dict.fromkeys([*opened, *self.listed()]))

    def listed(self) -> list[str]:
        if time.monotonic() > self._until:
            self._listed = list(self._find())
            self._until = time.monotonic() + BELIEVED
        return self._listed

    def forget(self) -> None:
        """Files have changed."""
        self._until = 0.0

    def change_folders(self, added: Sequence[str], removed: Sequence[str]) -> None:
        gone = set(map(to_fs_path, removed))
        paths = [path for path in map(to_fs_path, added) if path]
        self.folders = list(dict.fromkeys([*[f for f in self.folders if f not in gone], *paths]))
        self.forget()

    def _find(self) -> Iterator[str]:
        found = 0
        beside = dict.fromkeys(document.folder for document in self.documents if is_file(document))
        for folder, is_deep in [*[(f, True) for f in self.folders], *[(f, False) for f in beside]]:
            for at, folders, names in os.walk(folder):
                folders[:] = sorted(f for f in folders if is_deep and f[0] != "." and f not in SKIPPED)
                for name in sorted(names):
                    if name.endswith(SUFFIX) and found < MOST:
                        found += 1
                        yield os.path.join(at, name)

    # ── for answers ──────────────────────────────────────────────────────────

    def uri(self, path: str) -> str:
        document = self.documents.at(path)
        return document.uri if document is not None else from_fs_path(path) or path

    def version(self, path: str) -> int | None:
        document = self.documents.at(path)
        return document.version if document is not None else None

    def positions(self, path: str) -> Positions:
        document = self.documents.at(path)
        return document.positions if document else Positions(self.text(path) or "", self.documents.encoding)

    def location(self, path: str, start: int, end: int) -> types.Location:
        return types.Location(self.uri(path), self.positions(path).range(start, end))


def is_file(document: Document) -> bool:
    return urlsplit(document.uri).scheme == "file"


def readable(path: str) -> str | None:
    try:
        return read_ordinary(path)
    except Fault:
        return None
