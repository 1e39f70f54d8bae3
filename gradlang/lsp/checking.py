"""When documents are looked at, and what the editor is told of it.

A document is checked when it has been left alone for a moment: what can be told
from its text is published at once, and a dry run is asked for, whose findings
join the others when it is through. One dry run goes on at a time, in another
process; of several that are asked for meanwhile, each document's last counts.

Invariant: what is published belongs to the version that is named with it, and
to a document that is still open.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types

from ..dryrun.seen import NOTHING, Seen
from ..dryrun.worker import Worker
from .documents import Document
from .messages import message

if TYPE_CHECKING:
    from .server import Server

PAUSE = 0.15  # seconds without an edit


class Checking:
    """The checks of all open documents."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.worker = Worker()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._waiting: dict[str, Document] = {}
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Has the process for dry runs ready before the first is asked for."""
        self.server.attempt(self.worker.start)

    def soon(self, document: Document, pause: float = PAUSE) -> None:
        self.forget(document)
        loop = asyncio.get_running_loop()
        self._timers[document.uri] = loop.call_later(pause, self.server.attempt, self.check, document)

    def forget(self, document: Document) -> None:
        timer = self._timers.pop(document.uri, None)
        if timer is not None:
            timer.cancel()
        self._waiting.pop(document.uri, None)

    def check(self, document: Document) -> None:
        self._timers.pop(document.uri, None)
        if self.server.documents.get(document.uri) is document:
            self.publish(document)
            self._waiting[document.uri] = document
            self._waiting.update({other.uri: other for other in self.server.documents if other.has_imports})
            if self._running is None or self._running.done():
                self._running = asyncio.ensure_future(self._work())

    def publish(self, document: Document) -> None:
        said = [message(document, d) for d in document.diagnostics]
        self.server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, said, document.version)
        )

    def withdraw(self, document: Document) -> None:
        """Nothing is said any more about a document that is closed."""
        self.forget(document)
        self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(document.uri, []))

    async def _work(self) -> None:
        while self._waiting:
            document = self._waiting.pop(next(iter(self._waiting)))
            source = document.source
            buffers = {other.name: other.text for other in self.server.documents if other is not document}
            try:
                seen = await asyncio.to_thread(self.worker.run, source, document.folder, buffers)
            except Exception as error:
                self.server.log(error)
                seen = NOTHING
            if self.server.documents.get(document.uri) is document and document.source is source:
                self.server.attempt(self._take, document, seen)

    def _take(self, document: Document, seen: Seen) -> None:
        is_news = seen.observations != document.seen.observations
        document.seen = seen
        self.publish(document)
        if is_news:
            self.server.refresh_hints()

    def stop(self) -> None:
        """Ends a dry run that goes on: nobody waits for it any more."""
        if self.worker.process is not None:
            self.worker.process.kill()

    def close(self) -> None:
        self.worker.close()
