"""C by the system's compiler, as shared libraries called once a training.

Plain loops under `-O3 -march=native`, without and with `-ffast-math`; register
tiles in vector extensions; a dynamic tape of scalars; and OpenBLAS, which is
the one that NumPy brings. `CC` names another compiler.
"""

from __future__ import annotations

import atexit
import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from workloads import Problem, Workload

from . import Maker, Measure, compiler, repeated

SOURCES = Path(__file__).parent.parent / "c"
PLAIN, FAST, TILES, LANES, TAPE, BLAS = (
    "C -O3",
    "C -O3 -ffast-math",
    "C, register tiles",
    "C, vector lanes",
    "C, dynamic tape",
    "C, OpenBLAS",
)


@cache
def folder() -> Path:
    path = tempfile.mkdtemp(prefix="gradlang-bench-c-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return Path(path)


@cache
def library(name: str, *flags: str) -> ctypes.CDLL:
    """A source of c/, compiled. Linked without the flags: -ffast-math would make the process flush denormals."""
    command = compiler()
    assert command is not None
    stem = folder() / "".join([name, *flags])
    built, shared = f"{stem}.o", f"{stem}.so"
    options = ["-O3", "-march=native", "-fPIC", "-std=gnu11", *flags]
    subprocess.run([command, *options, "-c", str(SOURCES / f"{name}.c"), "-o", built], check=True)
    subprocess.run([command, "-shared", built, "-o", shared, "-lm"], check=True)
    return ctypes.CDLL(shared)


def training(name: str, function: str, *flags: str, sized: bool = False, blas: bool = False) -> Maker:
    """A C function `double f(X, y, [rows, sizes,] start, steps[, dgemm])`."""

    def prepare(problem: Problem) -> Measure:
        call = getattr(library(name, *flags), function)
        call.restype = ctypes.c_double
        numbers = [np.ascontiguousarray(a, float) for a in (problem.X, problem.y, problem.flat)]
        X, y, start = (a.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for a in numbers)
        sizes = (ctypes.c_int * len(problem.sizes))(*problem.sizes)
        shapes = [len(problem.y), sizes] if sized else []
        last = [dgemm] if (dgemm := blas and openblas()[0]) else []

        def train(steps: int) -> float:
            assert numbers  # which the pointers point to
            return float(call(X, y, *shapes, start, steps, *last))

        return repeated(problem, train)

    return prepare


def chain(function: str, *flags: str) -> Maker:
    def prepare(problem: Problem) -> Measure:
        call = getattr(library("tape", *flags), function)
        call.restype = ctypes.c_double
        length = problem.workload.units // 5

        def train(steps: int) -> float:
            for _ in range(steps):
                loss = call(length)
            return float(loss)

        return repeated(problem, train)

    return prepare


@cache
def openblas() -> tuple[Any, Callable[[int], Any]] | None:
    """The dgemm of NumPy's own OpenBLAS, and what sets its threads; None where NumPy was built otherwise."""
    for path in sorted((Path(np.__file__).parent.parent / "numpy.libs").glob("libscipy_openblas64_*")):
        found = ctypes.CDLL(str(path))
        try:
            dgemm = ctypes.cast(found.scipy_cblas_dgemm64_, ctypes.c_void_p)
            return dgemm, found.scipy_openblas_set_num_threads64_
        except AttributeError:
            continue
    return None


def classes(threads: int) -> dict[str, Maker]:
    found: dict[str, Maker] = {}
    if threads == 1:
        found = {
            PLAIN: training("classes", "classes_plain", sized=True),
            FAST: training("classes", "classes_plain", "-ffast-math", sized=True),
            TILES: training("classes", "classes_tiles", sized=True),
        }
    blas = openblas()
    if blas is not None:
        blas[1](threads)
        found[BLAS] = training("classes", "classes_blas", sized=True, blas=True)
    return found


def variants(workload: Workload, threads: int) -> dict[str, Maker]:
    name = workload.name
    if name in ("digits", "large"):
        return classes(threads)
    if name.startswith("chain"):
        return {
            PLAIN: chain("chain_plain"),
            FAST: chain("chain_plain", "-ffast-math"),
            TAPE: chain("chain_tape"),
        }
    if name.startswith("micro"):
        return {TAPE: training("tape", "micro_tape"), TILES: training("moons", "moons_tiles")}
    source = "moons" if name == "moons" else "small"
    found = {
        PLAIN: training(source, f"{name}_plain"),
        FAST: training(source, f"{name}_plain", "-ffast-math"),
    }
    if name == "moons":
        found[TILES] = training(source, "moons_tiles")
    if name == "lecture":
        found[LANES] = training(source, "lecture_lanes", "-ffast-math")
    return found
