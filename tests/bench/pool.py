"""The peers' processes, as seen from the one that asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
THREADED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class PeerFailed(Exception):
    """A peer could not do what was asked."""


class Peer:
    """A worker process. With one thread it is bound to `cpu`, so that nothing it starts runs beside it."""

    def __init__(self, module: str, folder: Path, threads: int, cpu: int | None) -> None:
        self.module = module
        bound = "" if cpu is None or threads > 1 else str(cpu)
        command = [sys.executable, str(HERE / "worker.py"), module, str(folder), str(threads), bound]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(threads)
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """Raises PeerFailed."""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise PeerFailed(f"{self.module} ended with code {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerFailed(f"{self.module}: {answer['error']}")
        return answer

    def close(self) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def environment(threads: int) -> dict[str, str]:
    """Where libraries look for how many threads they may have."""
    several = "true" if threads > 1 else "false"
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen={several}"
    return {**os.environ, **{name: str(threads) for name in THREADED}, "XLA_FLAGS": flags.strip()}


def idlest_cpu(seconds: float = 0.5) -> int | None:
    """The CPU others use least just now; None where that cannot be known."""
    if not hasattr(os, "sched_getaffinity") or not os.path.exists("/proc/stat"):
        return None
    before = busy()
    time.sleep(seconds)
    after = busy()
    return min(os.sched_getaffinity(0), key=lambda cpu: after[cpu] - before[cpu])


def busy() -> dict[int, int]:
    """Per CPU, the ticks it was not idle."""
    lines = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    return {
        int(name[3:]): sum(int(x) for x in [*times[:3], *times[5:8]])
        for name, *times in lines
        if name.startswith("cpu") and name != "cpu"
    }
