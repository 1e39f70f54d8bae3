"""What is settled for a whole process: threads, before NumPy is loaded, and memory, which is measured here, too."""

from __future__ import annotations

import gc
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
    used = memory_held(0)
    if sys.platform != "linux" or not used:
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if written is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def resident() -> int:
    """Bytes that the process holds in memory; 0 where the system does not say."""
    return memory_held(1)


def memory_held(field: int) -> int:
    """Bytes, of address space (0) or of memory (1); 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[field]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def give_back() -> None:
    """Frees what nobody can reach, and has freed memory given back to the system: what is held is what is used.

    A function that a call made holds the call's names, and is held by one of them.
    """
    gc.collect()
    try:
        import ctypes

        ctypes.CDLL(None).malloc_trim(0)
    except (ImportError, OSError, AttributeError, TypeError):
        return
