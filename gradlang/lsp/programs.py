"""Programs run on the user's word, in a process of their own: their output, their graph."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from .documents import Document

if TYPE_CHECKING:
    from .server import Server

SECONDS = 60.0  # a program may take
MOST = 1_000_000  # characters of output that are handed on,
WRITTEN = 20_000_000  # and that may be written, files included: all of it is kept until the program ends


async def run(server: Server, uri: str) -> dict[str, Any] | None:
    """`{"output": …, "exitCode": …}` of the text as it stands in the editor."""
    document = server.documents.get(uri)
    if document is None:
        return None
    output, code = await finished(document)
    return {"output": output, "exitCode": code}


async def show_graph(server: Server, uri: str) -> dict[str, Any] | None:
    """`{"dot": …}`, or `{"output": …}` where the program fails."""
    document = server.documents.get(uri)
    if document is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "graph.dot")
        output, code = await finished(document, "--dot", path)
        if code != 0 or not os.path.isfile(path):
            return {"output": output, "exitCode": code}
        with open(path, encoding="utf-8") as file:
            return {"dot": file.read()}


async def finished(document: Document, *options: str) -> tuple[str, int | None]:
    """What a run of the document prints, and its exit code; None if it had to be ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "gradlang", *options, "--limit-output", str(WRITTEN), "-",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        cwd=document.folder,
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(document.text.encode()), SECONDS)
        return output.decode(errors="replace")[:MOST], process.returncode
    except TimeoutError:
        return f"stopped after {SECONDS:.0f} seconds", None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
