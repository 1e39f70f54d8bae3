"""Whole programs by the wall clock: from the command to its end, each a new process.

Not bound to a CPU: a program may compile in a second thread where a user has a
second CPU. Every program prints its last loss, and all must print the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from peers import Reading
from pool import PeerFailed, environment
from table import OURS
from workloads import WORKLOADS, Problem

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
INTERPRETED = "gradlang --backend interp"
NUMPY, CR = "NumPy by hand", "micrograd.cr"


@dataclass(frozen=True)
class Program:
    """One command of a peer; `is_cold` when each run finds gradlang's cache folder empty."""

    command: list[str]
    is_cold: bool = False

    def run(self) -> tuple[float, str]:
        """Seconds and output. Raises PeerFailed."""
        cache = tempfile.mkdtemp(prefix="gradlang-bench-cache-") if self.is_cold else None
        settings = environment(1) | ({"XDG_CACHE_HOME": cache} if cache else {})
        try:
            start = time.perf_counter()
            done = subprocess.run(self.command, capture_output=True, text=True, env=settings)
            seconds = time.perf_counter() - start
        finally:
            if cache:
                shutil.rmtree(cache, ignore_errors=True)
        if done.returncode:
            raise PeerFailed(f"{' '.join(self.command)} ended with code {done.returncode}\n{done.stderr.strip()}")
        return seconds, done.stdout


class Prompt(Program):
    """gradlang without arguments, in a terminal: done when it asks for an entry."""

    def run(self) -> tuple[float, str]:
        import pexpect

        settings = {**environment(1), "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", "GRADLANG_HISTORY": ""}
        start = time.perf_counter()
        terminal = pexpect.spawn(self.command[0], [*self.command[1:], "--no-rc"], env=settings)
        try:
            terminal.expect_exact(">>> ")
            return time.perf_counter() - start, ""
        except pexpect.ExceptionPexpect as error:
            raise PeerFailed(f"the prompt did not open: {error}") from error
        finally:
            terminal.close(force=True)


@dataclass(frozen=True)
class Whole:
    """The same program by several peers; goals as a workload's. Compared by what it prints, if `has_loss`."""

    name: str
    programs: dict[str, Program]
    goals: dict[str, float] = field(default_factory=dict)
    has_loss: bool = True

    def reader(self, peer: str) -> Callable[[], Reading]:
        program = self.programs[peer]

        def read() -> Reading:
            seconds, output = program.run()
            return Reading(seconds, 0, float(output) if self.has_loss else 0.0)

        return read


def gradlang(*arguments: str) -> list[str]:
    """The installed program as users start it, or the module where there is no such program."""
    script = Path(sys.executable).parent / "gradlang"
    return [str(script), *arguments] if script.exists() else [sys.executable, "-m", "gradlang", *arguments]


def accepts(*options: str) -> bool:
    """Whether the command line of this gradlang has an option."""
    return not subprocess.run(gradlang(*options, "-c", "1"), capture_output=True).returncode


def program_text(name: str, steps: int) -> str:
    workload = WORKLOADS[name]
    step = workload.step.replace("\n", "\n  ")
    return f"{workload.setup}\nfor step in range({steps}) {{\n  {step}\n}}\nprint(repr(loss.item()))\n"


def of_gradlang(folder: Path, name: str, steps: int, backend: str, is_cold: bool = False) -> dict[str, Program]:
    """gradlang's own rows: as chosen, and interpreted where there is anything else."""
    path = folder / f"{name}-{steps}.grad"
    path.write_text(program_text(name, steps))
    chosen = ["--backend", backend] if backend and accepts("--backend", backend) else []
    found = {OURS: Program(gradlang(*chosen, str(path)), is_cold)}
    if accepts("--backend", "interp"):
        found[INTERPRETED] = Program(gradlang("--backend", "interp", str(path)), is_cold)
    return found


def by_hand(problem: Problem, folder: Path, steps: int, modules: list[str]) -> dict[str, Program]:
    """The peers' programs (programs/), which read their numbers from a file."""
    name = problem.workload.name
    numbers = folder / f"{name}-program.npy"
    np.save(numbers, np.concatenate([problem.X.ravel(), problem.y.ravel(), problem.flat]))
    found = {}
    for peer, module in (
        (NUMPY, "numpy_by_hand"),
        ("PyTorch", "pytorch"),
        ("JAX, scan", "jax_loop"),
        ("micrograd", "micrograd_python"),
    ):
        path = HERE / "programs" / f"{name}_{module}.py"
        if path.exists() and module in modules:
            found[peer] = Program([sys.executable, str(path), str(numbers), str(steps)])
    if name == "xor" and "micrograd_crystal" in modules:
        from peers.micrograd_crystal import built, write_numbers

        listed = numbers.with_suffix(".txt")
        write_numbers(problem, listed)
        try:
            found[CR] = Program([str(built()), name, str(listed), str(steps), "1"])
        except subprocess.CalledProcessError as error:
            print(f"without {CR}: {error}", file=sys.stderr)
    return found


# What is asked for by name: the workload, its steps, whether nothing is cached, and the figures to reach.
PROGRAMS: dict[str, tuple[str, int, bool, dict[str, float]]] = {
    "moons-program": ("moons", 100, False, {NUMPY: 2.0}),
    "moons-program-cold": ("moons", 100, True, {NUMPY: 3.0}),
    "xor-program": ("xor", 40_000, False, {CR: 3.0}),
    "short-program": ("moons", 20, False, {INTERPRETED: 1.05}),
}
NAMES = [*PROGRAMS, "start"]


def wholes(
    name: str, folder: Path, problem_of: Callable[[str], Problem], backend: str, modules: list[str]
) -> list[Whole]:
    """The comparisons that go by a name, with the programs of the peers in `modules`."""
    if name == "start":
        return starts()
    workload, steps, is_cold, goals = PROGRAMS[name]
    programs = of_gradlang(folder, workload, steps, backend, is_cold) | by_hand(
        problem_of(workload), folder, steps, modules
    )
    return [Whole(f"{workload}, whole process, {steps:,} steps{', no cache' * is_cold}", programs, goals)]


def starts() -> list[Whole]:
    compat = str(ROOT / "scripts" / "compat.grad")
    bare = Program([sys.executable, "-c", "pass"])
    numpy = Program([sys.executable, "-c", "import numpy"])
    commands = {"--version": ["--version"], '-c "1 + 2"': ["-c", "1 + 2"], "compat.grad": [compat]}
    programs = {name: Program(gradlang(*arguments)) for name, arguments in commands.items()}
    try:
        import pexpect  # noqa: F401  what the prompt is measured with

        programs["prompt"] = Prompt(gradlang())
    except ImportError:
        pass
    return [
        Whole(f"start: {name}", {OURS: program, "bare Python": bare, "Python, import numpy": numpy}, has_loss=False)
        for name, program in programs.items()
    ]


def loss_of_reference(whole: Whole) -> float | None:
    """What gradlang's interpreter, where it can be asked for, prints; else gradlang. Raises PeerFailed."""
    if not whole.has_loss:
        return None
    program = whole.programs.get(INTERPRETED, whole.programs[OURS])
    return float(program.run()[1])


def described() -> str:
    """The machine, in words."""
    model = ""
    if os.path.exists("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return f"{model or 'unknown CPU'}, {os.cpu_count()} CPUs"
