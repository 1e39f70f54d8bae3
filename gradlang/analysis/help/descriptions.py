"""One line about anything a name can stand for: its signature, its doc, its value in brief.

Completion, signature help and hover say these in the same words.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, NamedTuple

from ...engine.printing import show
from ...engine.value import Box, Data, Value, shape_of, shape_text
from ...language.builtins import lookup
from ...language.display import quoted, text
from ...language.members import MISSING, member, members_of
from ...language.values import Builtin, Function, List, Model, Module, kind
from ..text.cursor import parts
from ..text.outline import Binding, Outline, outline

BRIEF = 30  # characters of a text that are shown
HEAD = 1000  # characters within which a definition's parameters are looked for
MEMBERS = {
    "data": "the numbers, without history",
    "grad": "the gradient that the last backward left here",
    "shape": "the size of each axis",
    "ndim": "the number of axes",
    "T": "the last two axes swapped",
}


class Parameters(NamedTuple):
    """Parameters as texts (`x`, `dim=none`); how many can stand by position; whether the first takes all of those."""

    texts: tuple[str, ...]
    positional: int
    variadic: bool = False

    @property
    def names(self) -> list[str]:
        return [text.partition("=")[0].strip(" *") for text in self.texts]


def parameters_of(x: Any) -> Parameters | None:
    """The parameters of something that can be called."""
    if isinstance(x, Builtin):
        texts = [part for part in x.signature.text.split(", ") if part not in ("", "*")]
        return Parameters(tuple(texts), x.signature.positional, x.signature.variadic)
    if isinstance(x, Function):
        return Parameters(function_parameters(x), x.arity)
    return Parameters(("x",), 1) if isinstance(x, Model) else None


def function_parameters(f: Function) -> tuple[str, ...]:
    """With defaults as they are written where it is defined, `…` where they cannot be read."""
    if not f.defaults:
        return f.names
    found = definition_parameters(f.span.text[:HEAD])
    if len(found) == f.arity:
        return found
    required = f.arity - len(f.defaults)
    return tuple([name if i < required else f"{name}=…" for i, name in enumerate(f.names)])


@lru_cache(maxsize=256)
def definition_parameters(text: str) -> tuple[str, ...]:
    """The parameters in the text of a definition; kept, since lists of names ask with every key that is pressed."""
    seen = outline(text)
    return head_texts(seen, 1) if 1 in seen.partner else ()


def head_texts(seen: Outline, opener: int) -> tuple[str, ...]:
    """The parameters in these brackets of a definition, one text each."""
    pieces = seen.lexemes
    texts = [seen.text[pieces[start].start : pieces[end - 1].end] for start, end in parts(seen, opener) if start < end]
    return tuple([" ".join(text.split()) for text in texts])


def signature_text(name: str, parameters: Parameters) -> str:
    return f"{name}({', '.join(parameters.texts)})"


def doc_above(seen: Outline, i: int) -> str:
    """The comment above the line that lexeme `i` begins: the documentation of a definition."""
    from ...syntax.builder import comment_above

    return comment_above(seen.text, seen.lexemes[i].start)


def doc_line(x: Any) -> str:
    """The first line of what is written about a function."""
    if isinstance(x, Model):
        return x.text
    doc: str = x.doc if isinstance(x, Function | Builtin) else ""
    return doc.partition("\n")[0]


def detail(name: str, x: Any) -> str:
    """What stands beside a name in a list: signature and doc, or the value in brief."""
    if isinstance(x, Builtin) and x is lookup(name):
        return builtin_detail(name)
    return function_detail(name, x) if isinstance(x, Function | Builtin) else brief(x)


def binding_detail(seen: Outline, name: str, binding: Binding) -> str:
    """The same about a name that a text binds: its value nobody knows yet."""
    if binding.head is None:
        return "parameter" if binding.role == "parameter" else ""
    texts = head_texts(seen, binding.head[0])
    doc = doc_above(seen, binding.at).partition("\n")[0]
    return f"{signature_text(name, Parameters(texts, len(texts)))}  {doc}".rstrip()


@cache
def builtin_detail(name: str) -> str:
    x = lookup(name)
    return function_detail(name, x) if isinstance(x, Builtin) else brief(x)


def function_detail(name: str, x: Any) -> str:
    parameters = parameters_of(x)
    assert parameters is not None
    return f"{signature_text(name, parameters)}  {doc_line(x)}".rstrip()


def brief(x: Any) -> str:
    """A value in a few words, whatever its size: `-4`, `tensor [100, 2]`, `parameter [2, 3]`, `list of 3`."""
    match x:
        case Value():
            return f"tensor {shape_text(x.shape)}" if x.shape else show(x.data)
        case Box():
            return f"parameter {brief_data(x.value.data)}"
        case str():
            return quoted(x if len(x) <= BRIEF else x[:BRIEF] + "…")
        case List():
            return f"list of {len(x)}"
        case tuple():
            return f"tuple of {len(x)}"
        case Function() | Builtin():
            parameters = parameters_of(x)
            return signature_text(x.name or "function", parameters) if parameters else kind(x)
        case Module():
            return kind(x)
    return text(x)


def brief_data(data: Data) -> str:
    return shape_text(shape_of(data)) if shape_of(data) else show(data)


def gradient(x: Any) -> Data:
    """The gradient that a backward left at a value or parameter; None where there is none, as at anything else."""
    found = getattr(x, "grad", None)
    return x.op.grad if found is None and isinstance(x, Value) and isinstance(x.op, Box) else found


def bound_in(module: Module) -> list[tuple[str, Any]]:
    """The names of an imported file that stand for something."""
    found = [(name, member(module, name)) for name in members_of(module)]
    return [(name, x) for name, x in found if x is not MISSING]


def member_detail(x: Any, name: str) -> str:
    """What stands beside a member of a value or optimiser in a list; `x` is None where its owner is not known yet."""
    if hasattr(x, "settings"):
        return f"step()  {doc_line(lookup(x.name))}" if name == "step" else brief(member(x, name))
    if isinstance(x, Value | Box):
        value = x.value if isinstance(x, Box) else x
        found = gradient(x)
        if name == "grad" and found is not None:
            return brief_data(found)
        if name == "shape" and value.shape:
            return shape_text(value.shape)
    return MEMBERS.get(name, "")
