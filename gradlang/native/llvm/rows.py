"""How rows of the table become code: which way each of them takes, and which take none.

Elementwise rows are run on lanes by their own rule (`lanes`), so they are not
named here. A row that is in no set and is not elementwise must have been
expanded into such that are (`native.passes`).
"""

from __future__ import annotations

from ...engine.ops import TABLE
from ..tape import Instruction, Kernel

REDUCTIONS = frozenset(("sum", "sum_to", "prod", "max", "min", "argmax", "argmin", "all", "any"))
CORES = REDUCTIONS | {"matmul"}  # computed by loops of their own; what follows elementwise is done before storing
WHOLES = frozenset(("stack", "cat", "scatter"))  # stored piece by piece
RESHAPES = frozenset(("reshape", "squeeze", "unsqueeze"))
MOVES = RESHAPES | {"transpose", "flip", "broadcast_to", "getitem"}  # never stored for their own sake: other indices
POINTWISE = frozenset(("one_hot",))  # besides the elementwise rows

UNSUPPORTED = {"nonzero": "its shape depends on the data"}


class Unsupported(Exception):
    """A kernel has an operation that is not compiled; `row` is its name."""

    def __init__(self, row: str, why: str) -> None:
        super().__init__(f"{row}: {why}")
        self.row = row
        self.why = why


def is_lowered(row: str) -> bool:
    """Whether there is code for this row itself."""
    return row not in UNSUPPORTED and (TABLE[row].elementwise or row in CORES | WHOLES | MOVES | POINTWISE)


def demand(kernel: Kernel) -> None:
    """Raises Unsupported for the first instruction that there is no code for."""
    for step in kernel.code:
        if isinstance(step, Instruction) and not is_lowered(step.row):
            raise Unsupported(step.row, UNSUPPORTED.get(step.row, "it has no lowering"))
