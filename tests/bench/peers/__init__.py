"""Those that are measured beside gradlang, a module each.

A module has `variants(workload, threads) -> dict[str, Maker]`: the names under
which it appears in the table, and for each a function that prepares a problem
and returns a `Measure`. Modules are imported in worker processes, each in its
own, and only where `MODULES` finds what they need; a module may so set up
threads and number types as it likes.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from workloads import Problem

ENOUGH = 0.15  # seconds of repetitions for one reading
LONG = 0.02  # seconds that one of them takes at least, so that starting a training does not count


class Reading(NamedTuple):
    """Seconds a unit of the workload, and the loss after so many steps.

    Where what was timed is a longer training, `timed_steps` and `timed_loss` are its own.
    """

    seconds: float
    steps: int
    loss: float
    timed_steps: int = 0
    timed_loss: float = 0.0


Measure = Callable[[], Reading]
Maker = Callable[["Problem"], Measure]
Training = Callable[[int], float]  # so many steps from the start; the loss of the last


def repeated(problem: Problem, train: Training, steps: int = 0, before: Callable[[], object] = lambda: None) -> Measure:
    """Readings of a training. `before` is not timed.

    The loss is that of a training of all steps, or of `steps`; the time the median of several that go on for
    longer, where that is needed, than the losses are known for.
    """
    count = steps or problem.steps

    def timed(steps: int) -> tuple[float, float]:
        before()
        start = time.perf_counter()
        loss = train(steps)
        return time.perf_counter() - start, loss

    def measure() -> Reading:
        once, loss = timed(count)
        times = max(1, int(LONG / once))
        spent = [once] if times == 1 else []
        while sum(spent) < ENOUGH:
            spent.append(timed(times * count)[0])
        return Reading(median(spent) / (times * count * problem.workload.units), count, loss)

    return measure


def has_compiler() -> bool:
    return compiler() is not None


def compiler() -> str | None:
    return shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc")


def has_crystal() -> bool:
    """The library is not a package: MICROGRAD_CR names a checkout of nogginly/micrograd.cr."""
    return shutil.which("crystal") is not None and os.path.isdir(os.environ.get("MICROGRAD_CR", ""))


MODULES: dict[str, Callable[[], bool]] = {
    "ours": lambda: True,
    "c": has_compiler,
    "numpy_by_hand": lambda: True,
    "pytorch": lambda: find_spec("torch") is not None,
    "jax_loop": lambda: find_spec("jax") is not None,
    "micrograd_python": lambda: find_spec("micrograd") is not None,
    "micrograd_crystal": has_crystal,
}
