"""The language server on the wire: encodings, frames that make no sense, cancelled requests, how it starts and ends."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lsp_fuzz
import pytest
from lsp_client import CAPABILITIES, PATIENCE, Client

URI = "file:///nowhere/a.grad"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(tmp_path) as found:
        yield found


def identified(uri: str = URI, **more: Any) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, **more}


def place(line: int, character: int) -> dict[str, int]:
    return {"line": line, "character": character}


# ── encodings ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_places_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    """Astral characters, combining marks, tabs and CRLF; edits in the middle of them."""
    codec, size = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]

    def at(text: str, offset: int) -> dict[str, int]:
        lines = text[:offset].split("\n")
        return place(len(lines) - 1, len(lines[-1].encode(codec)) // size)

    capabilities = {**CAPABILITIES, "general": {"positionEncodings": [encoding, "utf-16"]}}
    text = '\ts = "😋é𝛼"  # 😋\r\n\tt = s + "é𝛼"\r\n\tloss = (s == nme)\r\n'
    with Client(tmp_path, capabilities) as client:
        assert client.initialized["capabilities"]["positionEncoding"] == encoding
        client.open(URI, text)
        (unknown,) = [d for d in client.settled(URI, 1) if d["code"] == "E0201"]
        start = text.index("nme")
        assert unknown["range"] == {"start": at(text, start), "end": at(text, start + 3)}
        marked = client.ask("textDocument/documentHighlight", identified(position=at(text, text.index("s +"))))
        assert [m["range"]["start"] for m in marked] == [
            at(text, i) for i in (1, text.index("s +"), text.index("s =="))
        ]
        cut = text.index("𝛼"), text.index("𝛼") + 1
        edit = {"range": {"start": at(text, cut[0]), "end": at(text, cut[1])}, "text": "β😋"}
        edited = text[: cut[0]] + "β😋" + text[cut[1] :]
        client.change(URI, 2, edit, {"range": {"start": at(edited, 1), "end": at(edited, 2)}, "text": "näme"})
        edited = edited[:1] + "näme" + edited[2:]
        client.settled(URI, 2)
        symbols = client.ask("textDocument/documentSymbol", identified())
        assert [s["name"] for s in symbols][:2] == ["näme", "t"]
        assert symbols[1]["location"]["range"]["start"] == at(edited, edited.index("t = s"))


def test_an_editor_that_says_nothing_of_itself(tmp_path: Path) -> None:
    """It counts in UTF-16, reads plain text, takes edits in their oldest form; here of a text that is in no file."""
    with Client(tmp_path, {}) as client:
        uri = "untitled:Untitled-1"
        assert client.initialized["capabilities"]["positionEncoding"] == "utf-16"
        client.open(uri, 's = "😋"; nme\nrelu(1)\ns\n')
        assert client.settled(uri, 1)[0]["range"]["start"] == place(0, 10)
        hover = client.ask("textDocument/hover", identified(uri, position=place(1, 0)))
        assert hover["contents"]["kind"] == "plaintext" and "d/dx: 0 where x <= 0" in hover["contents"]["value"]
        edit = client.ask("textDocument/rename", identified(uri, position=place(2, 0), newName="text"))
        assert [(e["range"]["start"], e["newText"]) for e in edit["changes"][uri]] == [
            (place(0, 0), "text"),
            (place(2, 0), "text"),
        ]
        assert client.ask("textDocument/definition", identified(uri, position=place(2, 0)))["uri"] == uri


# ── what makes no sense ──────────────────────────────────────────────────────

FRAMES = [
    b"Content-Length: 9\r\n\r\nnot json!",
    b"Content-Length: 2\r\n\r\n[]",
    b"Content-Length: 4\r\n\r\nnull",
    b'Content-Length: 17\r\n\r\n{"jsonrpc":"1.0"}',
    b'Content-Length: 17\r\n\r\n{"jsonrpc":"2.0"}',
    b"Content-Length: nine\r\n\r\n",
    b"Content-Length: -1\r\n\r\n",
    b"X-Other: header\r\nContent-Length: 2\r\nContent-Type: text\r\n\r\n{}",
    b"\r\n\r\n\r\n",
    b"Content-Length: 4\r\n\r\n\xff\xfe\xff\xfe",
    b"Content-Length: 20000\r\n\r\n" + b"[" * 20000,
]


def test_malformed_frames_are_survived(client: Client) -> None:
    client.open(URI, "x = 1\nx\n")
    for frame in FRAMES:
        client.raw(frame)
        assert client.ask("textDocument/documentSymbol", identified())[0]["name"] == "x"


def test_messages_that_make_no_sense_are_answered(client: Client) -> None:
    client.open(URI, "x = 1\n")
    for method, params in [
        ("textDocument/hover", {}),
        ("textDocument/hover", None),
        ("textDocument/hover", identified(position="here")),
        ("no/such/request", {}),
        ("workspace/executeCommand", {"command": "format the disk"}),
    ]:
        with pytest.raises(RuntimeError):
            client.ask(method, params)
    for method, params in [
        (
            "textDocument/didChange",
            {"textDocument": {"uri": "file:///closed.grad", "version": 1}, "contentChanges": []},
        ),
        ("textDocument/didClose", {"textDocument": {"uri": "file:///closed.grad"}}),
        ("textDocument/didChange", {}),
        ("$/cancelRequest", {"id": 4711}),
        ("no/such/notification", {}),
    ]:
        client.tell(method, params)
    assert client.ask("textDocument/hover", identified("file:///closed.grad", position=place(0, 0))) is None
    assert client.ask("textDocument/hover", identified(position=place(99, 99))) is None
    assert client.ask("textDocument/foldingRange", identified()) == []


def test_cancelled_requests_are_answered_once(client: Client) -> None:
    client.open(URI, "while true { x = 1 }\n")
    run = client.request("workspace/executeCommand", {"command": "gradlang.run", "arguments": [URI]})
    numbers = [client.request("textDocument/semanticTokens/full", identified()) for _ in range(20)]
    for number in [run, *numbers]:
        client.tell("$/cancelRequest", {"id": number})
    for number in numbers:
        assert client.result(number)["data"]
    with pytest.raises(RuntimeError, match="cancel"):
        client.result(run)
    assert client.leave() == 0


# ── its life ─────────────────────────────────────────────────────────────────


def test_nothing_is_answered_before_it_is_initialized(tmp_path: Path) -> None:
    with Client(tmp_path, is_initialized=False) as client:
        with pytest.raises(RuntimeError, match="initialized"):
            client.ask("textDocument/hover", identified(position=place(0, 0)))
        client.open(URI, "x = 1\n")
        client.initialize(tmp_path, {})
        assert client.ask("textDocument/documentSymbol", identified()) is None


def test_how_it_ends(client: Client) -> None:
    client.ask("shutdown", None)
    with pytest.raises(RuntimeError, match="shutting down"):
        client.ask("textDocument/hover", identified(position=place(0, 0)))
    client.tell("exit", None)
    assert client.process.wait(PATIENCE) == 0


def test_an_end_without_farewell_is_a_failure(client: Client) -> None:
    client.tell("exit", None)
    assert client.process.wait(PATIENCE) == 1


def test_it_ends_with_its_editor(client: Client) -> None:
    client.open(URI, "x = 1\n")
    client.settled(URI, 1)
    assert client.process.stdin is not None
    client.process.stdin.close()
    assert client.process.wait(PATIENCE) == 1
    assert client.errors == []


def test_what_is_printed_does_not_reach_the_editor(client: Client) -> None:
    client.open(URI, 'print("hello")\nx = 1\n')
    client.settled(URI, 1)
    answer = client.ask("workspace/executeCommand", {"command": "gradlang.run", "arguments": [URI]})
    assert answer == {"output": "hello\n", "exitCode": 0}


def test_a_mistake_of_ours_is_logged_and_costs_an_answer_only() -> None:
    from gradlang.lsp.server import Server

    def deep(n: int) -> int:
        return deep(n + 1)

    server, written = Server(), io.BytesIO()
    server.protocol.set_writer(written, include_headers=False)  # type: ignore[arg-type]
    assert server.attempt(deep, 0) is None
    assert server.attempt(lambda x: 1 // x, 0) is None
    assert server.attempt(lambda x: x + 1, 1) == 2
    said = written.getvalue().decode()
    assert said.count("window/logMessage") == 2
    assert "RecursionError" in said and "ZeroDivisionError" in said


def test_without_pygls_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['pygls'] = None; from gradlang.cli import main; sys.exit(main(['lsp']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert 'pip install "gradlang[lsp]"' in done.stderr


# ── edits without end ────────────────────────────────────────────────────────


def test_random_edits_leave_the_state_of_a_fresh_open() -> None:
    assert lsp_fuzz.fuzz(edits=150, seed=1, compare_every=50).differences == []
