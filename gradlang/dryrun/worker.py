"""The side that asks for dry runs, and ends a process that does not answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from threading import Lock, Timer

from ..source import Source
from .seen import NOTHING, Seen

SECONDS = 3.0  # a process may take; it should end a run before that by itself


class Worker:
    """A process for dry runs, started with `start` or the first of them, and anew after it had to be ended.

    May be used from several threads; runs wait for each other.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.timer = Timer(SECONDS, self.end)  # of the run that goes on
        self.lock = Lock()

    def start(self) -> None:
        """Starts the process, if there is none; does not wait until it is ready. Raises OSError."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "gradlang.dryrun.process"],  # -P: no module of the user's folder
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )

    def run(self, source: Source, folder: str, buffers: Mapping[str, str] | None = None) -> Seen:
        """What a dry run of the source shows; nothing where that takes too long or no process can be had.

        `buffers` are texts by path that count instead of what is on the disk, for imports.
        """
        with self.lock:
            self.begin(source, folder, buffers)
            return self.finish(source)

    def begin(
        self, source: Source, folder: str, buffers: Mapping[str, str] | None = None, more: Sequence[str] = ()
    ) -> None:
        """Hands a program over; who is alone with this worker can do something else before it asks to `finish`.

        `more` are folders besides its own in which it may read.
        """
        try:
            self.start()
            assert self.process is not None and self.process.stdin is not None
            self.timer = Timer(SECONDS, self.process.kill)
            self.timer.start()
            self.process.stdin.write(json.dumps([source.name, source.text, folder, buffers, list(more)]) + "\n")
            self.process.stdin.flush()
        except OSError:
            self.end()

    def finish(self, source: Source) -> Seen:
        """What came of the program that was handed over last."""
        from .transfer import read

        process, answer = self.process, ""
        try:
            if process is not None and process.stdout is not None:
                answer = process.stdout.readline()
                self.timer.cancel()
            if answer:
                return read(answer, source)
        except (OSError, ValueError):
            pass
        self.end()
        return NOTHING

    def end(self) -> None:
        """Ends the process, whatever it is doing."""
        self.timer.cancel()
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def close(self) -> None:
        """Ends the process when nobody waits for it any more."""
        with self.lock:
            self.end()
