"""What is settled for a whole process of ours, before NumPy is loaded."""

from __future__ import annotations

import os

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
