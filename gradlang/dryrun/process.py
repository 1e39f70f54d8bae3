"""The process of dry runs: reads a program, runs it, writes what it saw; until its input ends.

A request and an answer are a line of JSON each: [name, text, folder, {path: text of an
imported file that is not on the disk yet}, [more folders that it may read in]], and what
`transfer` writes. Programs see neither stream.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Mapping, Sequence
from threading import Timer

from ..source import Source
from .seen import NOTHING, Seen

SECONDS = 1.0  # after which a run that counting has not ended is asked to stop
MEMORY = 1 << 30  # bytes beyond what the process has at its start


def main() -> None:
    gc.set_threshold(100_000, 10, 10)  # before anything large is loaded
    sys.modules.setdefault("_hashlib", None)  # type: ignore[arg-type]  # OpenSSL, which nobody here needs
    from ..engine.process import claim_process, limit
    from . import rehearsal  # noqa: F401  while the first request is on its way
    from .transfer import written

    requests, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    claim_process()
    limit(MEMORY)
    for line in requests:
        name, text, folder, buffers, more = json.loads(line)
        source = Source(text, name)
        print(written(dry_run(source, folder, buffers, more), source), file=answers, flush=True)


def dry_run(source: Source, folder: str, buffers: Mapping[str, str] | None = None, more: Sequence[str] = ()) -> Seen:
    """Never fails: what goes wrong in here is not the program's fault."""
    from ..syntax.recovery import recovered
    from .rehearsal import rehearse

    timer = Timer(SECONDS, stop)
    timer.daemon = True
    timer.start()
    try:
        return rehearse(recovered(source), folder, buffers, more)
    except Exception:
        return NOTHING
    finally:
        timer.cancel()


def stop() -> None:
    from ..language.runtime import NOW, RUN

    RUN.stop = NOW


if __name__ == "__main__":
    main()
