"""gradlang: the workload's text in a plain `for` loop, run as the command line runs a program.

The program trains several times from the same start and times each training
itself. The first has as many steps as the losses are known for, or as there is
time for, and is compared; the later ones are long enough for what a steady step
takes, and the last of them count: by then a loop that is compiled has been. How
many and how long follows from the reading before. With `--backend` there is
also a row for the interpreter alone.
"""

from __future__ import annotations

import gc
import inspect
import os
from collections.abc import Callable
from statistics import median
from typing import Any

from workloads import Problem, Workload

from . import Maker, Measure, Reading

BUDGET = 0.3  # seconds for one reading, unless two steps take longer
WARMING = 5  # readings before the first that is taken: what a step takes decides how many there are in the next
LONG, MANY = 0.5, 60  # seconds and steps of a training that counts: its first few passes are interpreted
LONGEST = 8.0  # seconds for so many steps: enough for a step of 0.1 s to be found worth compiling
ALIKE = 1e-6  # relative, of the losses of equal trainings: some passes are interpreted, others are not
COLLECTOR = (100_000, 10, 10)  # the thresholds that gradlang's command line sets


def plan(steps: int, a_step: float) -> list[int]:
    """The steps of each training, the compared one first; `a_step` in seconds, 0 where it is not known."""
    if not a_step:
        return [min(steps, 2)]
    compared = min(steps, max(2, int(BUDGET / a_step)))
    if compared * a_step > 5 * BUDGET:
        return [compared]
    long = compared
    while long * a_step < LONG or long < MANY and long * a_step < LONGEST:  # by doubling: few lengths are compared
        long *= 2
    return [compared, *[long] * max(4, int(BUDGET / (long * a_step)))]


def text(workload: Workload, trainings: list[int]) -> str:
    moved = workload.moved
    start = f"start = [p.detach() for p in {moved}]\n" if moved else ""
    restart = f"  for p, s in zip({moved}, start) {{ p.data = s }}\n" if moved else ""
    step = workload.step.replace("\n", "\n    ")
    return (
        f"{workload.setup}\n{start}took = []\nends = []\n"
        f"for steps in {trainings} {{\n{restart}  began = time()\n"
        f"  for step in range(steps) {{\n    {step}\n  }}\n"
        "  took = append(took, time() - began)\n  ends = append(ends, loss.item())\n}\n"
    )


def accepted(function: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """The options that a function of this version of gradlang knows."""
    known = inspect.signature(function).parameters
    return {name: x for name, x in options.items() if name in known}


def run(source: str, given: dict[str, Any], options: dict[str, Any]) -> tuple[list[float], list[float]]:
    """The seconds and last losses of the trainings; as `gradlang.cli.execute`, but with some names given."""
    import numpy

    from gradlang.embedding import from_python, to_python
    from gradlang.engine.value import STATE
    from gradlang.language.runtime import running
    from gradlang.session import Session
    from gradlang.source import Source

    STATE.own_process = True
    folder, silent = os.getcwd(), lambda x: None
    with running(folder, silent, silent, **accepted(running, options)) as state, numpy.errstate(all="ignore"):
        for name in settable(options):
            setattr(state, name, options[name])
        session = Session(0, **accepted(Session, options))
        for name, x in given.items():
            session.define(name, from_python(name, x))
        session.run(Source(source, "<bench>"), silent)
        names = session.names()
    seconds, losses = ([float(x) for x in to_python(names[name])] for name in ("took", "ends"))
    return seconds, losses


def settable(options: dict[str, Any]) -> list[str]:
    """The options that are kept where a run keeps its state."""
    from gradlang.language.runtime import Run

    return [name for name in options if name in Run.__slots__]


def knows_backends() -> bool:
    """Whether this gradlang has other ways to run a loop than the interpreter."""
    from gradlang.language.runtime import running
    from gradlang.session import Session

    asked = {"backend": ""}
    return bool(settable(asked)) or any(accepted(function, asked) for function in (running, Session))


def maker(options: dict[str, Any]) -> Maker:
    def prepare(problem: Problem) -> Measure:
        workload = problem.workload
        given = {name: problem.numbers[name] for name in workload.given}
        a_step = 0.0

        def measure() -> Reading:
            nonlocal a_step
            gc.set_threshold(*COLLECTOR)
            trainings = plan(problem.steps, a_step)
            spent, losses = run(text(workload, trainings), given, options)
            a_step = median(spent[len(spent) // 2 :]) / trainings[-1]
            ends = losses[1:] or losses
            if not max(ends) - min(ends) <= ALIKE * max(ends):
                raise ArithmeticError(f"equal trainings end at {sorted(set(ends))}")
            return Reading(a_step / workload.units, trainings[0], losses[0], trainings[-1], losses[-1])

        for _ in range(WARMING):
            measure()
        return measure

    return prepare


def variants(workload: Workload, threads: int) -> dict[str, Maker]:
    backend = os.environ.get("BENCH_BACKEND") or "auto"
    found = {"gradlang": maker({"backend": backend, "threads": threads})}
    if knows_backends() and backend != "interp":
        found["gradlang, interpreted"] = maker({"backend": "interp", "threads": threads})
    return found
