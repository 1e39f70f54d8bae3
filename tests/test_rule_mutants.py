"""The table's tests notice whatever is broken in a gradient rule, but for what makes no difference."""

from __future__ import annotations

from rule_mutants import is_noticed, mutants
from table_cases import DIFFERENTIABLE
from table_cases import quiet as quiet

# These compute the same: the last of two axes is the second, and a number is clamped in whatever order it and its
# bounds are given.
THE_SAME = {
    ("matmul", "-1: without its sign"),
    ("gelu", "xp.clamp(x, -1000.0, 1000.0): arguments swapped"),
}


def test_every_broken_rule_is_noticed() -> None:
    found = list(mutants())
    assert len({mutant.row for mutant in found}) >= len(DIFFERENTIABLE) - 3, "rules whose source is not found"
    assert len(found) > 250
    assert {(mutant.row, mutant.what) for mutant in found if not is_noticed(mutant)} == THE_SAME
