"""A language client of a few lines, without any library: messages over pipes, as an editor sends them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from typing import Any

PATIENCE = 30.0  # seconds; nothing here should take one
CAPABILITIES: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {"inlayHint": {"refreshSupport": True}},
    "textDocument": {"hover": {"contentFormat": ["markdown"]}},
}


class Client:
    """A server and what it has said."""

    def __init__(
        self, folder: Path, capabilities: dict[str, Any] = CAPABILITIES, is_initialized: bool = True, **options: Any
    ) -> None:
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gradlang", "lsp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environ,
        )
        self.inbox: Queue[dict[str, Any] | None] = Queue()
        self.errors: list[bytes] = []
        self.logged: list[str] = []
        self.answers: dict[int, dict[str, Any]] = {}
        self.arrived: dict[int, float] = {}
        self.diagnostics: dict[str, tuple[int | None, list[dict[str, Any]]]] = {}
        self.publications: dict[tuple[str, int | None], int] = {}
        self.last = 0
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()
        self.initialized: dict[str, Any] = {}
        if is_initialized:
            self.initialize(folder, capabilities, options)

    def initialize(self, folder: Path, capabilities: dict[str, Any], options: Any = None) -> None:
        known = {"processId": os.getpid(), "rootUri": folder.as_uri(), "capabilities": capabilities}
        self.initialized = self.ask("initialize", {**known, "initializationOptions": options})
        self.tell("initialized", {})

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    # ── messages ──

    def raw(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.raw(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def tell(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> int:
        """Sends a request; its number."""
        self.last += 1
        self.send({"id": self.last, "method": method, "params": params})
        return self.last

    def ask(self, method: str, params: Any) -> Any:
        """Sends a request and waits for its result. Raises RuntimeError for an error."""
        return self.result(self.request(method, params))

    def result(self, number: int) -> Any:
        self.until(lambda: number in self.answers, f"answer to request {number}")
        answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer["result"]

    def until(self, holds: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            try:
                message = self.inbox.get(timeout=max(0.01, end - time.monotonic()))
            except Empty:
                message = None
            if message is None:
                said = b"".join(self.errors).decode(errors="replace")
                raise AssertionError(f"no {what}; exit code {self.process.poll()}\n{said[-2000:]}\n{self.logged[-3:]}")
            self._take(message)

    def drain(self) -> None:
        """Takes what has arrived."""
        while True:
            try:
                message = self.inbox.get_nowait()
            except Empty:
                return
            if message is not None:
                self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            self.answers[message["id"]] = message
        elif "id" in message:
            self.send({"id": message["id"], "result": None})
        elif method == "window/logMessage":
            self.logged.append(message["params"]["message"])
        elif method == "textDocument/publishDiagnostics":
            params = message["params"]
            self.diagnostics[params["uri"]] = params.get("version"), params["diagnostics"]
            version = params["uri"], params.get("version")
            self.publications[version] = self.publications.get(version, 0) + 1

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()).strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not line:
                self.inbox.put(None)
                return
            message = json.loads(stream.read(length))
            if "method" not in message:
                self.arrived[message["id"]] = time.perf_counter()
            self.inbox.put(message)

    def _read_errors(self) -> None:
        stream = self.process.stderr
        assert stream is not None
        for line in stream:
            self.errors.append(line)

    # ── documents ──

    def open(self, uri: str, text: str, version: int = 1) -> None:
        self.publications = {key: n for key, n in self.publications.items() if key[0] != uri}
        document = {"uri": uri, "languageId": "gradlang", "version": version, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": document})

    def change(self, uri: str, version: int, *changes: dict[str, Any]) -> None:
        document = {"uri": uri, "version": version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)})

    def close(self, uri: str) -> None:
        self.tell("textDocument/didClose", {"textDocument": {"uri": uri}})

    def settled(self, uri: str, version: int) -> list[dict[str, Any]]:
        """What is said about a version after its dry run: the second publication of it."""
        self.until(lambda: self.publications.get((uri, version), 0) >= 2, f"diagnostics of version {version}")
        return self.diagnostics[uri][1]

    def leave(self) -> int:
        """Ends the session as editors do; the exit code."""
        self.ask("shutdown", None)
        self.tell("exit", None)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdin is not None
        self.process.stdin.close()
