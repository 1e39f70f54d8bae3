"""Kills training runs at random moments, and runs them again until they come to their end.

    python tests/kill_runs.py [TIMES [BACKEND]]

The program saves in a loop over epochs with batches, an optimiser, random numbers, a list and a rate that falls. It is
killed with SIGKILL, again and again; what it prints in the end must be what a run prints that was never killed, to the
last bit, and no temporary file may be left.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = """\
manual_seed(3)
X = randn(64, 4)
y = X @ [1.0, -2.0, 0.5, 3.0] + 0.1 * randn(64)
model = mlp(4, [16, 1], activation=tanh)
opt = adam(model, lr=0.01)
losses = []
rate = 0.05
best = inf
for epoch in checkpointed(range(120), "run.ckpt", every=7) {
  for Xb, yb in batches(X, y, 16) {
    loss = mse_loss(model(Xb + rate * randn(Xb.shape))[:, 0], yb)
    backward(loss)
    opt.step()
  }
  rate = rate * 0.98
  losses = append(losses, loss.item())
  if losses[epoch] < best { best = losses[epoch] }
}
print(repr(losses), repr(best), repr(rate), repr(loss), rand(2))
for p in parameters(model) { print(repr(p), repr(p.grad)) }
"""


class Trial:
    """One folder with the program in it."""

    def __init__(self, folder: Path, backend: str) -> None:
        self.folder, self.backend = folder, backend
        (folder / "train.grad").write_text(PROGRAM)

    @property
    def checkpoint(self) -> Path:
        return self.folder / "run.ckpt"

    def begin(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "gradlang", "--backend", self.backend, str(self.folder / "train.grad")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def uninterrupted(self) -> tuple[str, float]:
        """What a run prints that is never killed, and how long it takes when machine code is in the cache."""
        for _ in range(2):
            started = time.perf_counter()
            out, errors = self.begin().communicate()
            assert out, errors  # it writes how far it is there, where it goes slowly
            self.checkpoint.unlink()
        return out, time.perf_counter() - started

    def killed(self, seconds: float) -> str | None:
        """What a run printed that was killed after so long; None where it was, with nothing to say."""
        process = self.begin()
        try:
            out, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None
        return out if process.returncode == 0 else out + errors


def trial(folder: Path, times: int, backend: str = "auto", seed: int = 0) -> tuple[int, int, int, int]:
    """How often a run was killed, how many came to their end, of these how many to another, and what files are left."""
    rng = random.Random(seed)
    runs = Trial(folder, backend)
    expected, seconds = runs.uninterrupted()
    kills = ends = wrong = 0
    while kills < times or runs.checkpoint.exists():
        out = runs.killed(rng.uniform(0.0, seconds) if kills < times else 1000.0)
        if out is None:
            kills += 1
            continue
        ends += 1
        wrong += out != expected
        runs.checkpoint.unlink()
    return kills, ends, wrong, len(os.listdir(folder)) - 1


if __name__ == "__main__":
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as name:
        kills, ends, wrong, left = trial(Path(name), times, *sys.argv[2:3])
    print(f"{kills} times killed: {ends} runs came to their end, {wrong} of them to another, {left} files left")
    sys.exit(1 if wrong or left else 0)
