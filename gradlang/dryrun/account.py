"""What a name stood for, in words and numbers as an editor shows them."""

from __future__ import annotations

from typing import Any

from ..analysis.help.descriptions import gradient
from ..engine.printing import show
from ..engine.value import Box, Data, Value, shape_of, shape_text
from ..language.display import quoted
from ..language.values import Builtin, Function, kind
from ..syntax import tree
from .seen import Observation

BRIEF = 30  # characters of a text
FEW = 4  # numbers of a tensor that are written out


def observation(name: tree.Name, x: Any, is_final: bool, is_local: bool) -> Observation:
    data: Data = x.value.data if isinstance(x, Box) else x.data if isinstance(x, Value) else None
    slope = gradient(x) if data is not None else None
    shape = shape_text(shape_of(data)) if data is not None and shape_of(data) else ""
    span = name.span
    value = few(data) if data is not None else quoted(x) if isinstance(x, str) and len(x) <= BRIEF else ""
    return Observation(
        span.start, span.end, name.id, word(x), shape, value, "" if slope is None else few(slope), is_final, is_local
    )


def few(data: Data) -> str:
    """A number, or a few of them; empty for more."""
    return show(data) if not shape_of(data) or data.size <= FEW and data.ndim == 1 else ""


def word(x: Any) -> str:
    """The kind of a thing in one word."""
    if isinstance(x, Value):
        return "true/false" if x.data.__class__ is bool else "tensor" if x.shape else "number"
    if isinstance(x, Function | Builtin):
        return "function"
    return kind(x).removeprefix("a ").replace("`", "")
