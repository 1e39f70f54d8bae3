"""The side that asks for dry runs, and ends a process that does not answer."""

from __future__ import annotations

import json
import subprocess
import sys
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

    def run(self, source: Source, folder: str) -> Seen:
        """What a dry run of the source shows; nothing where that takes too long or no process can be had."""
        with self.lock:
            try:
                answer = self.ask(json.dumps([source.name, source.text, folder]))
                if answer:
                    from .transfer import read

                    return read(answer, source)
            except (OSError, ValueError):
                pass
            self.end()
            return NOTHING

    def ask(self, request: str) -> str:
        self.start()
        process = self.process
        assert process is not None and process.stdin is not None and process.stdout is not None
        timer = Timer(SECONDS, process.kill)
        timer.start()
        try:
            process.stdin.write(request + "\n")
            process.stdin.flush()
            return process.stdout.readline()
        finally:
            timer.cancel()

    def end(self) -> None:
        """Ends the process, whatever it is doing."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def close(self) -> None:
        """Ends the process when nobody waits for it any more."""
        with self.lock:
            self.end()
