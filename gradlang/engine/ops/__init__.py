"""The table of operations, group by group in the order of the reference.

Importing this package fills `TABLE` and gives values their operators, so that
rules written with `+`, `*` and `>` work on values as on raw data. Equality
stays identity: values are keys of dictionaries.
"""

from __future__ import annotations

from ..table import TABLE, as_value
from ..value import Value, apply

# isort: off
from . import arithmetic, functions, reductions, shaping, indexing, learning  # noqa: F401  the order of the reference

# isort: on

__all__ = ["TABLE"]

METHODS = {
    "neg": "neg", "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floordiv", "mod": "mod",
    "pow": "pow", "matmul": "matmul", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge",
}  # fmt: skip


def attach(method: str, name: str) -> None:
    """`Value.__add__` and `Value.__radd__` from the row `add`."""
    row = TABLE[name]
    if row.inputs == 1:
        setattr(Value, f"__{method}__", lambda x: apply(row, x))
        return
    setattr(Value, f"__{method}__", lambda x, y: apply(row, x, as_value(y)))
    setattr(Value, f"__r{method}__", lambda y, x: apply(row, as_value(x), y))  # Python asks no comparison for it


for method, name in METHODS.items():
    attach(method, name)
