"""The look at a run that has come to its end, where a backward was among what it did.

What training has come to is asked of the last graph, computed anew with the parameters as they are: so it does not
matter who ran the loops. That takes one pass forward, and is done where there were many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...engine.autodiff import flow_back, propagate
from ...engine.nonfinite import is_finite
from ...engine.recomputation import recomputed
from ...engine.value import Value
from ...source import Span
from . import training, units, unreached
from .watch import number

if TYPE_CHECKING:
    from .watch import Course, Health, Names

MANY = 10  # updates of a parameter
LEARNED = 0.05  # of the first loss: who comes down to that has learned something


def look(health: Health, course: Course, root: Value, names: Names, last: Span) -> None:
    """Tells what can be told only now. `root` was the last backward's."""
    unreached.parameters(health, names, last)
    if course.box is None or course.box.version < MANY:
        return
    order = recomputed(root)
    if not order:
        return
    root = order[-1]
    if not is_finite(root.data):
        health.lost_in(root)
        return
    training.grown(health, course, root)
    now = number(root.data)
    if course.flat == course.count and now == course.loss:
        flow_back(order, propagate)
        training.flat(health, course, order)
    else:
        units.look(health, order, names, 0.0 <= now < LEARNED * course.loss)
