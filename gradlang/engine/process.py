"""What is settled for a whole process of ours: threads, before NumPy is loaded, and memory."""

from __future__ import annotations

import os
import sys

from .value import STATE

# What the libraries of matrix products read when NumPy loads them: OpenBLAS and MKL, OpenMP, Apple's.
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def claim_process(threads: int | None = None) -> None:
    """Says that this process runs nothing but programs.

    One thread unless more are asked for: those of a matrix product wait for each other busily, which on a
    machine that others use, too, can cost more than it gains. What the environment says is left.
    """
    STATE.own_process = True
    for name in THREADS:
        if threads is not None:
            os.environ[name] = str(threads)
        else:
            os.environ.setdefault(name, "1")


def limit(memory: int, seconds: int | None = None, written: int | None = None) -> None:
    """Lets this process have so many bytes more than it has, so many seconds of computing, and files of such a size.

    If it crashes, it leaves no picture of its memory. Only where the system can hold it to that.
    """
    if sys.platform != "linux":
        return
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if written is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
