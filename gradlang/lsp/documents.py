"""The open documents: what stands in the editor, which may be on no disk.

Owns their text, version and what has been found out about it. Findings belong
to one text and are computed when they are first asked for. What a dry run has
seen outlives the edits that do not touch it: it moves with the text until
the next run is through, so that the numbers on the screen do not flicker.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from lsprotocol import types
from pygls.uris import to_fs_path

from ..analysis.mistakes.findings import Findings, findings
from ..diagnostics import Diagnostic
from ..dryrun.seen import NOTHING, together
from ..source import Source
from .moving import Edit
from .positions import Positions


class Document:
    """One open document."""

    __slots__ = (
        "_findings", "_positions", "coloured", "colouring", "encoding", "name", "seen", "source", "uri", "version",
    )  # fmt: skip

    def __init__(self, uri: str, text: str, version: int | None, encoding: str) -> None:
        self.uri = uri
        self.name = to_fs_path(uri) or uri  # what the program is called in messages, and where its imports start
        self.version = version
        self.encoding = encoding
        self.seen = NOTHING
        self.coloured: list[int] = []  # what was last said about colours, and how often that was
        self.colouring = 0
        self._set(text)

    def _set(self, text: str) -> None:
        self.source = Source(text, self.name)
        self._positions: Positions | None = None
        self._findings: Findings | None = None

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def folder(self) -> str:
        """Where relative paths start."""
        folder = os.path.dirname(self.name)
        return folder if os.path.isdir(folder) else os.getcwd()

    @property
    def has_imports(self) -> bool:
        """Whether what it does may hang on other files."""
        return "import" in self.text

    @property
    def positions(self) -> Positions:
        if self._positions is None:
            self._positions = Positions(self.text, self.encoding)
        return self._positions

    @property
    def findings(self) -> Findings:
        """What can be told without running it."""
        if self._findings is None:
            self._findings = findings(self.source)
        return self._findings

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """All that is known to be wrong, with what the last dry run found."""
        found = together(self.findings.diagnostics, self.seen.diagnostics)
        return sorted(found, key=lambda d: d.span.start)

    def change(self, changes: Sequence[types.TextDocumentContentChangeEvent], version: int | None) -> None:
        """Edits in order, each on the text that the one before left; one without a range is the whole text."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = self.positions.offsets(change.range)
            else:
                start, end = 0, len(self.text)
            self._replace(start, end, change.text)
        self.version = version

    def _replace(self, start: int, end: int, text: str) -> None:
        before = self.text
        start, end, text = narrowed(before, start, end, text)
        self._set(before[:start] + text + before[end:])
        self.seen = Edit(start, end, start + len(text), self.source).seen(self.seen)


def narrowed(before: str, start: int, end: int, text: str) -> tuple[int, int, str]:
    """The same edit without what it puts back in its place: editors may send the whole text."""
    old = before[start:end]
    kept = len(os.path.commonprefix([old, text]))
    rest = len(os.path.commonprefix([old[kept:][::-1], text[kept:][::-1]]))
    return start + kept, end - rest, text[kept : len(text) - rest]


class Documents:
    """All that are open, by the address that the editor gave them."""

    def __init__(self) -> None:
        self.encoding = "utf-16"
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def get(self, uri: str) -> Document | None:
        return self._open.get(uri)

    def at(self, path: str) -> Document | None:
        """The one whose file this is."""
        return next((document for document in self._open.values() if document.name == path), None)

    def open(self, item: types.TextDocumentItem) -> Document:
        document = self._open[item.uri] = Document(item.uri, item.text, item.version, self.encoding)
        return document

    def close(self, uri: str) -> Document | None:
        return self._open.pop(uri, None)
