"""Kills processes while they write files, and looks at what is left.

    python tests/kill_saves.py [TIMES]

Each process saves one of several models to one file, again and again, and is
killed with SIGKILL at a random moment. The file must be one of the models,
whole; and when another process has saved, no temporary file may be left.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy

from gradlang.engine.model_file import load_parameters, save_parameters

SAVER = """
import sys, numpy
from gradlang.engine.model_file import save_parameters
k = 0
print("ready", flush=True)
while True:
    k += 1
    save_parameters(sys.argv[1], {"W": numpy.full((300, 300), float(k % 7)), "b": numpy.full(300, float(k % 7))})
"""
LONGEST = 0.06  # seconds that a process saves before it is killed


def is_whole(path: Path) -> bool:
    """Whether a file holds one model, and not parts of two."""
    found = load_parameters(str(path))
    numbers = {x for data in found.values() for x in data.reshape(-1).tolist()}
    return sorted(found) == ["W", "b"] and found["W"].shape == (300, 300) and len(numbers) == 1


def killed_while_saving(path: Path, seconds: float) -> None:
    process = subprocess.Popen([sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    time.sleep(seconds)
    process.kill()
    process.wait()
    process.stdout.close()


def trial(folder: Path, times: int, seed: int = 0) -> tuple[int, int, int]:
    """How many files were not whole, how many processes left something, and how much a later save did not remove."""
    rng = random.Random(seed)
    path = folder / "model.safetensors"
    broken = left = stayed = 0
    for _ in range(times):
        killed_while_saving(path, rng.uniform(0.0, LONGEST))
        broken += path.exists() and not is_whole(path)
        left += len(os.listdir(folder)) - path.exists()
        save_parameters(str(path), {"W": numpy.zeros((300, 300)), "b": numpy.zeros(300)})
        stayed += len(os.listdir(folder)) - 1
    return broken, left, stayed


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as name:
        broken, left, stayed = trial(Path(name), times)
    print(f"{times} killed: {broken} broken files, {left} temporary files left, {stayed} of them after the next save")
    sys.exit(1 if broken or stayed else 0)
