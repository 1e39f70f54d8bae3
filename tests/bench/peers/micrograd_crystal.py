"""micrograd.cr (nogginly), compiled by Crystal: micrograd's idea in a compiled language, the library unchanged."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from workloads import CR, Problem, Workload

from . import ENOUGH, Maker, Measure, Reading

SOURCE = Path(__file__).parent.parent / "crystal" / "bench.cr"
KNOWN = {"moons": "moons", "micro": "moons", "micro-scalar": "moons", "xor": "xor", "lecture": "lecture"}
MOST = 1000  # trainings in a reading


@cache
def folder() -> Path:
    path = tempfile.mkdtemp(prefix="gradlang-bench-crystal-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return Path(path)


@cache
def built() -> Path:
    """The program; building it takes some 20 seconds."""
    found = subprocess.run(["crystal", "env", "CRYSTAL_PATH"], capture_output=True, text=True, check=True)
    path = f"{os.environ['MICROGRAD_CR']}/src:{found.stdout.strip()}"
    output = folder() / "bench"
    command = ["crystal", "build", "--release", str(SOURCE), "-o", str(output)]
    subprocess.run(command, check=True, env={**os.environ, "CRYSTAL_PATH": path})
    return output


def write_numbers(problem: Problem, path: Path) -> None:
    np.savetxt(path, np.concatenate([problem.X.ravel(), problem.y.ravel(), problem.flat]), "%.17g")


def maker(problem: Problem) -> Measure:
    numbers = folder() / f"{problem.workload.name}.txt"
    write_numbers(problem, numbers)
    steps = min(problem.steps, 400) if problem.workload.name == "xor" else min(problem.steps, 25)
    command = [str(built()), KNOWN[problem.workload.name], str(numbers), str(steps)]
    times = 2

    def measure() -> Reading:
        nonlocal times
        done = subprocess.run([*command, str(times)], capture_output=True, text=True, check=True)
        seconds, loss = (float(line) for line in done.stdout.split())
        times = min(MOST, max(2, int(ENOUGH / seconds)))
        return Reading(seconds / steps, steps, loss)

    return measure


def variants(workload: Workload, threads: int) -> dict[str, Maker]:
    return {CR: maker} if workload.name in KNOWN else {}
