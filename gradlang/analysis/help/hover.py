"""What a name means, in a few lines of plain text: under the pointer of an editor, and for `?name` at the prompt.

Says what is known without running anything: a builtin's help, a function's
head and comment; of a value its kind, numbers, gradient and origin.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...engine.printing import show
from ...engine.value import Box, Data, Value, shape_of, shape_text
from ...language import builtins
from ...language.builtins.learning import boxes_of
from ...language.display import text as written
from ...language.members import MISSING, VALUE_MEMBERS, member, members_of
from ...language.reference import help_text
from ...language.values import Builtin, Function, List, Model, Module, kind, sequence
from ...source import PRELUDE, Source, Span
from ..text.cursor import cursor, is_call
from ..text.outline import Binding, Outline, outline
from .descriptions import (
    MEMBERS,
    Parameters,
    bound_in,
    brief,
    detail,
    doc_above,
    doc_line,
    gradient,
    head_texts,
    member_detail,
    parameters_of,
    signature_text,
)
from .meaning import value_at
from .signatures import callee

MOST_LINES = 8  # of a tensor that is written out
MOST_OPERATIONS = 100_000  # that are counted
MOST_NAMED = 6  # parameters, leaves, items
LONGEST = 60  # characters of a program that are quoted


class Hover(NamedTuple):
    """A text about the name that stands in `[start, end)`."""

    start: int
    end: int
    text: str


def hover_at(text: str, offset: int, names: Mapping[str, Any]) -> Hover | None:
    """What the name at an offset means; None where there is none, or nobody knows."""
    seen = outline(text)
    i = name_at(seen, offset)
    if i is None:
        return None
    found = explanation(seen, i, names)
    return Hover(seen.lexemes[i].start, seen.lexemes[i].end, found) if found else None


def name_at(seen: Outline, offset: int) -> int | None:
    """The name that reaches over an offset, or ends there."""
    offset = max(0, min(offset, len(seen.text)))
    i = bisect_right(seen.lexemes, offset, key=lambda lexeme: lexeme.start) - 1
    for k in (i, i - 1):
        if k >= 0 and seen.lexemes[k].kind == "NAME" and offset <= seen.lexemes[k].end:
            return k
    return None


def about(name: str, x: Any) -> str:
    """What is known of a name that stands for `x`, which may be anything a program or the language holds."""
    match x:
        case Builtin():
            lines = builtin_lines(name, x)
        case Function():
            lines = function_lines(name, x)
        case Value() | Box():
            lines = list(number_lines(name, x))
        case Model():
            lines = [f"{name}: {x.text}", *parameter_lines(x.boxes)]
        case Module():
            lines = [f"{name}: {kind(x)}", *shortened([module_line(n, value) for n, value in bound_in(x)])]
        case List() | tuple():
            items = [brief(item) for item in sequence(x)[: MOST_NAMED + 1]]
            lines = [f"{name}: {brief(x)}", ", ".join(shortened(items))]
        case str():
            lines = [f"{name}: text of {len(x)} character{'s' * (len(x) != 1)}", brief(x)]
        case _ if hasattr(x, "settings"):
            change = f"`{name}.{x.settings[0]} = …` changes a setting"
            lines = [f"{name}: {written(x)}", doc_line(builtins.lookup(x.name)), change]
        case _:
            lines = [f"{name}: {written(x)}"]
    return "\n".join([line for line in lines if line])


def module_line(name: str, x: Any) -> str:
    return detail(name, x) if isinstance(x, Function) else f"{name}  {brief(x)}"


# ── names in a text ──────────────────────────────────────────────────────────


def explanation(seen: Outline, i: int, names: Mapping[str, Any]) -> str:
    """What the name that is lexeme `i` means where it stands; empty where nobody knows."""
    word = seen.lexemes[i]
    before = seen.lexemes[i - 1].kind if i else ""
    after = seen.lexemes[i + 1].kind if i + 1 < len(seen.lexemes) else ""
    if before == "DOT":
        owner = value_at(seen, i - 2, names)
        found = behind_dot(word.text, owner)
        if found or isinstance(owner, Module):
            return found
    is_target = i in seen.targets
    if after == "EQUAL" and before in ("LPAR", "COMMA") and not is_target:
        return argument(seen, i, names)
    binding = seen.scope_of[i].lookup(word.text, len(seen.text) + 1 if is_target else word.start)
    if binding is not None:
        return "" if before == "DOT" and binding.role != "function" else bound(seen, word.text, binding)
    x = names[word.text] if word.text in names else builtins.lookup(word.text)
    return "" if x is None or before == "DOT" and parameters_of(x) is None else about(word.text, x)


def behind_dot(name: str, owner: Any) -> str:
    """A member; `owner` is None where it is not known."""
    if isinstance(owner, Module):
        x = member(owner, name)
        return "" if x is MISSING else about(name, x)
    if owner is None and name in VALUE_MEMBERS:
        return f".{name}: {MEMBERS[name]}"
    if name not in members_of(owner):
        return ""
    said = member_detail(owner, name)
    return f".{name}: {said}" if said == MEMBERS.get(name, said) else f".{name}: {MEMBERS[name]}\n{said}"


def argument(seen: Outline, i: int, names: Mapping[str, Any]) -> str:
    """`dim` in `sum(x, dim=0)`."""
    opener = cursor(seen, seen.lexemes[i].start).opened[-1]
    found = callee(seen, opener, names) if is_call(seen, opener) else None
    if found is None or seen.lexemes[i].text not in found.parameters.names:
        return ""
    said = found.parameters.texts[found.parameters.names.index(seen.lexemes[i].text)]
    return f"{said}: an argument of {signature_text(found.name, found.parameters)}"


def bound(seen: Outline, name: str, binding: Binding) -> str:
    """A name that the text itself binds."""
    source = Source(seen.text)
    number = source.line_column(seen.lexemes[binding.at].start)[0]
    if binding.head is not None:
        texts = head_texts(seen, binding.head[0])
        lines = [signature_text(name, Parameters(texts, len(texts))), doc_above(seen, binding.at)]
        return "\n".join([line for line in [*lines, f"defined on line {number}"] if line])
    return f"{name}: {quoted_line(source.line(number))}\nbound on line {number}"


def quoted_line(text: str) -> str:
    """Program text on one line, shortened."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 2] + " …"


# ── functions ────────────────────────────────────────────────────────────────


def builtin_lines(name: str, x: Builtin) -> list[str]:
    lines = [line.rstrip() for line in help_text(x).splitlines()]
    return lines if name == x.name else [f"{name}: {lines[0]}", *lines[1:]]


def function_lines(name: str, f: Function) -> list[str]:
    parameters = parameters_of(f)
    assert parameters is not None
    head = signature_text(f.name, parameters) if f.name else quoted_line(f.span.text)
    if f.name != name:
        head = f"{name}: {head}"
    defined = f.span.place
    return [head, *f.doc.splitlines(), f"defined {defined}" if defined else "", *parameter_lines(boxes_of(f))]


def parameter_lines(boxes: Sequence[Box]) -> list[str]:
    """`337 numbers in 6 parameters: layer1.W [2, 16], …`"""
    if not boxes:
        return []
    count = sum([box.value.data.size if box.value.shape else 1 for box in boxes])
    named = [f"{box.name} {shape_text(box.value.shape) if box.value.shape else ''}".rstrip() for box in boxes]
    head = f"{count} number{'s' * (count != 1)} in {len(boxes)} parameter{'s' * (len(boxes) != 1)}"
    return [f"{head}: {', '.join(shortened(named))}"]


def shortened(texts: Sequence[str]) -> list[str]:
    return [*texts[:MOST_NAMED], "…"] if len(texts) > MOST_NAMED else list(texts)


# ── numbers ──────────────────────────────────────────────────────────────────


def number_lines(name: str, x: Value | Box) -> Iterator[str]:
    value = x.value if isinstance(x, Box) else x
    shape = f" of shape {shape_text(value.shape)}" if isinstance(x, Box) and value.shape else ""
    yield f"{name}: {kind(x)}{shape}"
    yield numbers(value.data)
    slope = gradient(x)
    if slope is not None:
        yield "grad " + numbers(slope).replace("\n", "\n     ")
    if isinstance(x, Value) and isinstance(x.op, Box):
        yield f"{'the' if x.op.value is x else 'an earlier'} value of the parameter `{x.op.name}`"
    yield origin(value.span, x.version if isinstance(x, Box) else 0)
    yield history(value)


def numbers(data: Data) -> str:
    """The data itself, where that takes few lines; else how far it reaches."""
    text = show(data)
    if not shape_of(data) or text.count("\n") < MOST_LINES:
        return text
    if data.dtype == bool:
        return f"true in {int(data.sum())} of {data.size}"
    return f"{data.size} numbers from {show(float(data.min()))} to {show(float(data.max()))}"


def origin(span: Span | None, updates: int) -> str:
    """`made on line 3 by randn(2, 4)`, and how often a parameter was updated since."""
    parts = []
    if span is not None and span.source.name != PRELUDE:
        by = quoted_line(span.text)
        by = f"by {by}" if any([c.isalpha() for c in by]) else ""  # not of plain numbers
        parts.append(" ".join([part for part in ("made", span.place, by) if part]))
    if updates:
        parts.append(f"updated {updates} time{'s' * (updates != 1)}")
    return ", ".join([part for part in parts if part != "made"])


def history(x: Value) -> str:
    """`computed in 12 operations from a, b`; the walk goes no further than anybody would read."""
    operations = 0
    leaves: dict[str, None] = {}
    met: set[Value] = {x}
    stack = [x]
    while stack and operations <= MOST_OPERATIONS:
        v = stack.pop()
        if v.inputs:
            operations += 1
            fresh = [i for i in dict.fromkeys(reversed(v.inputs)) if i not in met]
            met.update(fresh)
            stack += fresh
        elif v.needs and hasattr(v, "name"):
            leaves[v.name] = None
    if not operations:
        return ""
    count = f"{operations:,}" if operations <= MOST_OPERATIONS else f"more than {MOST_OPERATIONS:,}"
    sources = f" from {', '.join(shortened(list(leaves)))}" if leaves else ""
    return f"computed in {count} operation{'s' * (operations != 1)}{sources}"
