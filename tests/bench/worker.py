"""One peer in a process of its own: takes requests on standard input, answers on standard output, a JSON line each.

    {"do": "open", "workload": "moons"}        -> {"variants": ["C -O3", …]}
    {"do": "read", "variant": "C -O3"}         -> {"seconds": 3.1e-05, "steps": 100, "loss": 0.01}
    anything that fails                        -> {"error": "…"}

Processes, so that threads, number types, collectors and crashes stay with whom
they belong to; long-lived ones, so that readings can be interleaved without
starting anybody twice. Whatever a peer itself prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from peers import Measure
from workloads import WORKLOADS, Problem


class Worker:
    """A peer's module, and the workload it has open."""

    def __init__(self, module: str, folder: Path, threads: int) -> None:
        self.module: Any = import_module(f"peers.{module}")
        self.folder = folder
        self.threads = threads
        self.open_variants: dict[str, Measure] = {}

    def open(self, name: str) -> dict[str, Any]:
        """Prepares all variants: compiles, and runs each once."""
        makers = self.module.variants(WORKLOADS[name], self.threads)
        problem = Problem.load(self.folder, name) if makers else None
        self.open_variants = {}
        failed = {}
        for variant, make in makers.items():
            assert problem is not None
            try:
                measure = make(problem)
                measure()
                self.open_variants[variant] = measure
            except Exception as error:
                failed[variant] = f"{type(error).__name__}: {error}"
        return {"variants": list(self.open_variants), "failed": failed}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["do"] == "open":
            return self.open(request["workload"])
        return self.open_variants[request["variant"]]()._asdict()


def main() -> None:
    module, folder, threads, cpu = sys.argv[1:5]
    if cpu and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(cpu)})
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # what a peer starts would read the requests away
    os.dup2(2, 1)
    worker = Worker(module, Path(folder), int(threads))
    for line in requests:
        try:
            answer = worker.answer(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
