"""Where in one block of memory registers stand: those whose lives do not overlap share it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

ALIGNED = 64  # bytes, a cache line


class Life(NamedTuple):
    """So many bytes from one job to another, both included."""

    register: int
    size: int
    first: int
    last: int


def laid_out(lives: Iterable[Life]) -> tuple[dict[int, int], int]:
    """Offsets of registers, whose lives are given in the order in which they begin; how large all is."""
    offset: dict[int, int] = {}
    alive: list[tuple[int, int, int]] = []
    most = 0
    for life in lives:
        size = -(-life.size // ALIGNED) * ALIGNED
        alive = [(start, stop, last) for start, stop, last in alive if last >= life.first]
        offset[life.register] = start = gap(sorted((start, stop) for start, stop, _ in alive), size)
        alive.append((start, start + size, life.last))
        most = max(most, start + size)
    return offset, most


def gap(taken: Iterable[tuple[int, int]], size: int) -> int:
    """The first place for so many bytes between those that are taken, which are sorted."""
    at = 0
    for start, stop in taken:
        if at + size <= start:
            break
        at = max(at, stop)
    return at
