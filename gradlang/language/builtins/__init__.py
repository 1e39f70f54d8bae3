"""The builtins of the language that are not single operations, one module a subject."""

from __future__ import annotations

from . import files, learning, making, models, plotting, programs  # noqa: F401  importing registers
from .registry import BUILTINS, is_builtin, lookup, names

__all__ = ["BUILTINS", "is_builtin", "lookup", "names"]
