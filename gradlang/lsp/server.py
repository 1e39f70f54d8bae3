"""The server: its life, its documents, and which function answers which request.

Owns the order of things: streams first, then pygls, then requests one after the
other on one thread. A request that fails is logged in the editor, and its
answer is empty: an editor must not lose its server to a mistake of ours.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import traceback
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import FeatureRequestError, JsonRpcException, JsonRpcInvalidParams
from pygls.io_ import StdoutWriter
from pygls.lsp.server import LanguageServer

from .. import __version__
from .checking import Checking
from .documents import Document, Documents
from .protocol import Protocol
from .requests import COMMANDS, DOCUMENT_REQUESTS, NOTIFICATIONS, REQUESTS
from .settings import Settings
from .wire import messages, own_streams
from .workspace import Workspace

SAID = 500  # characters of a complaint


class Server(LanguageServer):
    """What a session with one editor knows."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("gradlang", __version__, protocol_cls=Protocol)
        self.documents = Documents()
        self.settings = Settings()
        self.files = Workspace(self.documents)
        self.checking = Checking(self)
        for method, (respond, options) in DOCUMENT_REQUESTS.items():
            self.feature(method, options)(self._answering(self._on_document(respond)))
        for table in (REQUESTS, NOTIFICATIONS):
            for method, act in table.items():
                self.feature(method)(self._answering(act))
        for name in COMMANDS:
            self.command(name)(lambda: None)  # says that it is there; Protocol calls `execute`

    async def listen(self, stream: int) -> None:
        """Takes one message after the other."""
        try:
            async for message in messages(stream):
                self.take(message)
        finally:
            self.checking.stop()

    def take(self, message: Any) -> None:
        try:
            if not isinstance(message, dict):
                raise JsonRpcException(f"no message: {message}")
            self.protocol.handle_message(self.protocol.structure_message(message))
        except BrokenPipeError:
            raise
        except Exception as error:
            self.report_server_error(error, JsonRpcException)

    # ── requests ─────────────────────────────────────────────────────────────

    def _on_document(self, respond: Callable[[Server, Document, Any], Any]) -> Callable[[Server, Any], Any]:
        def act(server: Server, params: Any) -> Any:
            document = server.documents.get(params.text_document.uri)
            return None if document is None else respond(server, document, params)

        return act

    def _answering(self, act: Callable[[Server, Any], Any]) -> Callable[[Any], Any]:
        return lambda params: self.attempt(act, self, params)

    async def execute(self, params: types.ExecuteCommandParams) -> Any:
        run = COMMANDS.get(params.command)
        if run is None:
            raise JsonRpcInvalidParams(f"there is no command {params.command}")
        try:
            return await run(self, *params.arguments or [])
        except Exception as error:
            self.log(error)
            return None

    def attempt(self, act: Callable[..., Any], *arguments: Any) -> Any:
        """What the function gives; None if it fails, and a line in the editor's log."""
        try:
            return act(*arguments)
        except JsonRpcException:  # meant for the user
            raise
        except Exception as error:
            self.log(error)
            return None

    def log(self, error: Exception) -> None:
        said = "".join(traceback.format_exception(error, limit=-12))
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, said))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Of messages that make no sense: nobody is interrupted for them. A request has its answer already."""
        if source is not FeatureRequestError:
            said = f"{source.__name__}: {error}"[:SAID]
            self.window_log_message(types.LogMessageParams(types.MessageType.Warning, said))

    # ── documents ────────────────────────────────────────────────────────────

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        self.checking.soon(self.documents.open(params.text_document), pause=0)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self.documents.get(params.text_document.uri)
        if document is not None:
            document.change(params.content_changes, params.text_document.version)
            self.checking.soon(document)

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        document = self.documents.close(params.text_document.uri)
        if document is not None:
            self.checking.withdraw(document)

    # ── what the editor can do ───────────────────────────────────────────────

    def begin(self) -> None:
        """Once it is known what the editor can do."""
        encoding = self.workspace.position_encoding
        self.documents.encoding = types.PositionEncodingKind(encoding).value

    def refresh_hints(self) -> None:
        workspace = self.client_capabilities.workspace
        if workspace and workspace.inlay_hint and workspace.inlay_hint.refresh_support:
            self.workspace_inlay_hint_refresh(None)


def serve() -> int:
    """Serves the editor at standard input and output until it leaves; the exit code."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)  # what matters is sent to the editor
    requests, answers = own_streams()
    server = Server()
    gc.freeze()  # what is loaded stays: looking through it would cost a tenth of a second now and then
    gc.set_threshold(100_000, 10, 10)  # trees are many small things that live long
    server.protocol.set_writer(StdoutWriter(answers))
    try:
        asyncio.run(server.listen(requests))
    except (BrokenPipeError, KeyboardInterrupt, SystemExit):  # the last is how pygls ends
        pass
    finally:
        server.checking.close()
    return 0 if server.protocol.has_shut_down else 1
