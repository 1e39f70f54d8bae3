"""The decision boundary of a run that did not draw one: found by what its names stand for.

Owns the guess which model and which data belong together, which is made only
where there is no doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..engine.value import Value
from ..faults import Fault
from ..language.values import Model

if TYPE_CHECKING:
    from ..draw.charts.figures import Regions

MOST_CLASSES = 6


def boundary(names: Mapping[str, Any]) -> Regions | None:
    """The regions of the one model of two inputs, around the one table of points with two columns."""
    from ..diagnostics import GradlangError
    from ..language.builtins.plotting import regions

    models = [x for x in names.values() if isinstance(x, Model) and x.boxes[0].value.shape[0] == 2]
    tables = [x for x in names.values() if isinstance(x, Value) and len(x.shape) == 2 and x.shape[1] == 2]
    if len(models) != 1 or len(tables) != 1:
        return None
    labels = [x for x in names.values() if isinstance(x, Value) and x.shape == tables[0].shape[:1] and is_label(x)]
    if not labels:
        return None
    try:
        return regions(models[0], tables[0], labels[-1])
    except (Fault, GradlangError):
        return None


def is_label(x: Value) -> bool:
    """Whether it is a few whole numbers, again and again."""
    data = x.data
    if data.dtype == bool:
        return False
    found = set(data.tolist())
    return 2 <= len(found) <= MOST_CLASSES and all(k == k // 1 for k in found)
