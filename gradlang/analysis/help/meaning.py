"""What a piece of a text stands for, and what may stand behind its dot, as far as can be seen without running it.

A name that the text itself binds hides the session's: what it will stand for
nobody knows yet. Reading members computes nothing here, and never fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ...engine.value import Box, Value
from ...language import builtins
from ...language.members import MISSING, member
from ...language.values import Batches, Builtin, Function, List, Model, Module
from ..text.outline import Outline

# What builtins call a first parameter, by the kind of thing it takes: `x.mean()` is `mean(x)`.
NUMBERS = (
    "x", "y", "X", "prediction", "logits", "probability", "probabilities", "condition", "indices", "tensors",
    "x_and_sizes", "matrix",
)  # fmt: skip
FIRST_PARAMETER: dict[type, tuple[str, ...]] = {
    Value: NUMBERS,
    Model: ("model", "params"),
    Function: ("f", "f_and_x", "model", "params"),
    Builtin: ("f", "f_and_x"),
    List: ("x", "items", "sequences", "tensors", "indices", "model", "params"),
    tuple: ("x", "sequences", "tensors", "model", "params"),
    str: ("x", "text"),
    range: ("x", "sequences"),
    Batches: ("x", "sequences"),
}
# These hold no numbers: for them `x` means anything only in these groups.
NO_NUMBERS, FOR_ANYTHING = (str, Batches), ("programs", "text")


def value_at(seen: Outline, i: int, names: Mapping[str, Any]) -> Any:
    """What the session has for the name that is lexeme `i`, through the dots of modules; None where it has nothing."""
    pieces = seen.lexemes
    path: list[str] = []
    while i > 0 and pieces[i].kind == "NAME" and pieces[i - 1].kind == "DOT":
        path.append(pieces[i].text)
        i -= 2
    if i < 0 or pieces[i].kind != "NAME" or seen.scope_of[i].lookup(pieces[i].text, pieces[i].start) is not None:
        return None
    x = names.get(pieces[i].text)
    while path:
        x = member(x, path.pop()) if isinstance(x, Module) else MISSING
        if x is MISSING:
            return None
    return x


def kind_at(seen: Outline, i: int, names: Mapping[str, Any]) -> type | None:
    """The kind of what ends at lexeme `i`: a key of FIRST_PARAMETER, another class, or None. Unknown are numbers."""
    x = value_at(seen, i, names)
    if x is not None:
        return Value if isinstance(x, Box) else type(x)
    word = seen.lexemes[i] if i >= 0 else None
    if word is None:
        return None
    if word.kind == "STRING":
        return str
    if word.kind == "NAME" and (i == 0 or seen.lexemes[i - 1].kind != "DOT"):
        binding = seen.scope_of[i].lookup(word.text, word.start)
        if binding is not None and binding.role == "function":
            return Function
        if binding is None and isinstance(builtins.lookup(word.text), Builtin):
            return Builtin
    return Value


@cache
def methods(kind: type) -> tuple[str, ...]:
    """The builtins that can take such a thing as their first argument."""
    first = set(FIRST_PARAMETER.get(kind, ("model",) if hasattr(kind, "settings") else ()))

    def takes(x: Any) -> bool:
        fits = isinstance(x, Builtin) and not first.isdisjoint(x.signature.names[:1])
        return fits and (kind not in NO_NUMBERS or x.group in FOR_ANYTHING)

    return tuple([name for name in builtins.names() if takes(builtins.lookup(name))])
