"""What is allowed but hardly meant: warnings read off the resolved tree.

A lint is a function from a program to its findings, and stands in the list
below; one module a subject. None of them runs anything. A lint that is not
sure says nothing: a warning on a program that is right is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ....diagnostics import Diagnostic
from ....syntax import tree
from .graphs import growing_graphs
from .losses import probabilities_as_scores
from .program import Program
from .signs import signs_of_results
from .steps import steps_of_values
from .thrown_away import thrown_away
from .training import idle_backwards, stale_losses
from .unused import unused_names, unused_parameters

LINTS: list[Callable[[Program], Iterator[Diagnostic]]] = [
    signs_of_results,
    unused_parameters,
    unused_names,
    thrown_away,
    idle_backwards,
    steps_of_values,
    growing_graphs,
    stale_losses,
    probabilities_as_scores,
]


def lints(module: tree.Module) -> Iterator[Diagnostic]:
    """What all lints find in a resolved module, lint by lint; names may have been left without a binding."""
    program = Program(module)
    for lint in LINTS:
        yield from lint(program)
