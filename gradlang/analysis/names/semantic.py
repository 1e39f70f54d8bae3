"""The colours of a text in the words of the language server protocol, with what only scopes tell.

Refines the roles of `tokens`: which names are parameters of functions, which
are imported files, and where a name is declared or changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...language import builtins
from ...language.values import Builtin
from ..text.lexemes import comments
from ..text.tokens import role
from .naming import OUTSIDE, Naming, Variable, naming

TYPES = (
    "keyword", "number", "string", "comment", "operator",
    "function", "parameter", "variable", "property", "namespace",
)  # fmt: skip
# `trained`: a name that `param` declares. The others are the protocol's own.
MODIFIERS = ("declaration", "readonly", "defaultLibrary", "modification", "trained")
PLAIN = frozenset({"keyword", "number", "string", "comment", "operator"})


class SemanticToken(NamedTuple):
    """`[start, end)`, which lies on one line; `type` is one of TYPES, `modifiers` some of MODIFIERS."""

    start: int
    end: int
    type: str
    modifiers: tuple[str, ...]


def semantic_tokens(text: str) -> list[SemanticToken]:
    """What is to be coloured, in order and without overlaps; not brackets and commas, nor what is no program text."""
    found = naming(text)
    words = _Words(found)
    made = [SemanticToken(start, end, "comment", ()) for start, end in comments(text, found.seen.lexemes)]
    for i, (kind, _, start, end) in enumerate(found.seen.lexemes):
        if kind == "NAME":
            made.append(SemanticToken(start, end, *words.meaning(i)))
        elif start < end and (plain := role(found.seen, i, {})) in PLAIN:
            made.append(SemanticToken(start, end, plain, ()))
    return sorted(made)


class _Words:
    """What the names of a text are."""

    def __init__(self, found: Naming) -> None:
        self.found = found
        self.trained = {key for key, places in found.bindings.items() if any(map(self.is_declared, places))}
        self.parameters = {key for key in found.bindings if found.is_parameter(key)}

    def is_declared(self, i: int) -> bool:
        return self.found.kind(i - 1) == "PARAM"

    def meaning(self, i: int) -> tuple[str, tuple[str, ...]]:
        """The type and the modifiers of the name that is lexeme `i`."""
        found = self.found
        key = found.keys.get(i)
        if isinstance(key, Variable) and key.scope != OUTSIDE:
            return self.type_of(key, i), tuple(self.modifiers(key, i))
        if isinstance(key, Variable):
            return self.outside(key.name, i)
        if found.kind(i - 1) == "IMPORT":
            return "namespace", ()
        if found.kind(i + 1) == "EQUAL" and found.kind(i - 1) in ("LPAR", "COMMA"):
            return "parameter", ()
        if found.kind(i - 1) == "DOT":
            return ("function" if found.kind(i + 1) == "LPAR" else "property"), ()
        return "variable", ()

    def type_of(self, key: Variable, i: int) -> str:
        if key in self.found.functions:
            return "function"
        if key in self.parameters:
            return "parameter"
        if key in self.found.imports:
            return "namespace"
        return "function" if self.found.kind(i + 1) == "LPAR" else "variable"

    def modifiers(self, key: Variable, i: int) -> Iterator[str]:
        is_first = i == self.found.bindings[key][0]
        if is_first:
            yield "declaration"
        if self.found.is_binding(i) and not is_first or self.found.kind(i + 1) == "AUGOP":
            yield "modification"
        if key in self.trained:
            yield "trained"

    def outside(self, name: str, i: int) -> tuple[str, tuple[str, ...]]:
        x = builtins.lookup(name)
        if x is None:
            return ("function" if self.found.kind(i + 1) == "LPAR" else "variable"), ()
        if isinstance(x, Builtin):
            return "function", ("defaultLibrary",)
        return "variable", ("readonly", "defaultLibrary")
