"""What a chart shows, as plain data. NumPy arrays of floats; nothing of how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Curve:
    """Points in their order; gaps are nan."""

    name: str
    x: Any
    y: Any


@dataclass
class Curves:
    """Curves over one pair of axes."""

    curves: list[Curve]
    title: str = ""
    is_log: bool = False  # the axis upward
    is_indexed: bool = True  # whether x counts the numbers
    remarks: list[str] = field(default_factory=list)


@dataclass
class Bars:
    """How many numbers fall between two neighbours of `edges`; the last bar has its upper edge, too."""

    edges: list[float]
    counts: list[int]
    title: str = ""
    is_whole: bool = False  # each bar is that of the whole number in its middle
    remarks: list[str] = field(default_factory=list)


@dataclass
class HeatMap:
    """A matrix, its first row on top."""

    numbers: Any
    title: str = ""
    remarks: list[str] = field(default_factory=list)


@dataclass
class Regions:
    """Where a model says which class: `classes[row, column]`, the first row at the bottom, and points with theirs.

    -1 is where it says none.

    labels  what the classes are called, by number
    """

    classes: Any
    x: tuple[float, float]
    y: tuple[float, float]
    points: Any
    point_classes: list[int]
    labels: list[str]
    title: str = ""
    remarks: list[str] = field(default_factory=list)


Figure = Curves | Bars | HeatMap | Regions
