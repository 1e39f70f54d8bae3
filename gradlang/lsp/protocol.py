"""The rules of the protocol that pygls leaves open.

Owns what is answered to requests that come too early, too late, or misshapen
(an error, so that nobody waits for ever), and where edits of documents go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

if TYPE_CHECKING:
    from .server import Server

NOT_INITIALIZED = types.ErrorCodes.ServerNotInitialized
INVALID_REQUEST, INVALID_PARAMS = types.ErrorCodes.InvalidRequest, types.ErrorCodes.InvalidParams


class Protocol(LanguageServerProtocol):
    """pygls's protocol, with documents of our own: its positions count other line ends than the protocol's."""

    _server: Server

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self._server.opened(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self._server.changed(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self._server.closed(params)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Not pygls's way, in which a command goes on when it is cancelled."""
        return await self._server.execute(params)

    @property
    def has_shut_down(self) -> bool:
        return self._shutdown

    def structure_message(self, data: dict[str, Any]) -> Any:
        try:
            return super().structure_message(data)
        except Exception:
            if "method" in data and isinstance(data.get("id"), int | str):
                self.refuse(data["id"], INVALID_PARAMS, f"the parameters of {data['method']} cannot be understood")
            raise

    def handle_message(self, message: Any) -> None:
        is_request = hasattr(message, "id") and hasattr(message, "method")
        if is_request and self._shutdown:
            self.refuse(message.id, INVALID_REQUEST, "the server is shutting down")
        elif is_request and self._workspace is None and message.method != types.INITIALIZE:
            self.refuse(message.id, NOT_INITIALIZED, "the server has not been initialized")
        elif self._workspace is not None or is_request or getattr(message, "method", "") == types.EXIT:
            super().handle_message(message)

    def refuse(self, id: int | str, code: types.ErrorCodes, reason: str) -> None:
        self._send_response(id, error=types.ResponseError(code, reason))
