"""The streams between the editor and the server.

Owns how messages are cut out of the stream. pygls's own reader loses its way
for good behind a message that is longer than it says; here the next header that
can be read counts, whatever stands before it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from threading import Thread
from typing import Any, BinaryIO

LENGTH = re.compile(rb"Content-Length: *(\d{1,9})\s*$", re.IGNORECASE)
CHUNK = 1 << 16


def own_streams() -> tuple[int, BinaryIO]:
    """The streams to the editor, out of reach of everything else: what is printed goes to standard error."""
    requests, answers = os.dup(0), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, answers


def bodies(stream: int) -> Iterator[bytes]:
    """The bodies of the messages that arrive, until the stream ends."""
    waiting = b""
    length: int | None = None
    is_body = False
    while True:
        if is_body and length is not None and len(waiting) >= length:
            yield waiting[:length]
            waiting, length, is_body = waiting[length:], None, False
        elif not is_body and b"\n" in waiting:
            line, _, waiting = waiting.partition(b"\n")
            found = LENGTH.search(line)
            length = int(found[1]) if found else length
            is_body = not line.strip() and length is not None
        else:
            data = os.read(stream, CHUNK)
            if not data:
                return
            waiting += data


async def messages(stream: int) -> AsyncIterator[Any]:
    """The messages, read by a thread of their own; an exception stands for one that is no JSON."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes | None] = asyncio.Queue()

    def read() -> None:
        try:
            for body in bodies(stream):
                loop.call_soon_threadsafe(arrived.put_nowait, body)
            loop.call_soon_threadsafe(arrived.put_nowait, None)
        except RuntimeError:  # the loop is closed: nobody listens any more
            pass

    Thread(target=read, daemon=True).start()
    while (body := await arrived.get()) is not None:
        try:
            message = json.loads(body)
        except (ValueError, RecursionError) as error:
            message = error
        yield message
