"""Call sites and members: closures that call what stands before `(` and read what stands behind a dot.

Owns the order in which a name behind a dot is looked for (a member, then a
function in scope), and the short way for plain operations. The interpreter
hands in compiled parts.
"""

from __future__ import annotations

from typing import Any

from ..engine.table import Row
from ..engine.value import Value, apply
from ..faults import Fault
from ..source import Span
from ..syntax import tree
from . import builtins
from .calls import call, enter
from .explain import located
from .members import MISSING, VALUE_MEMBERS, member, no_member
from .operators import Code, Frame, unary
from .slots import reading
from .values import Builtin, Function, kind, read, tensor

PLAIN = (Value, tuple)  # what members stand for that are no functions


def argument_spans(node: tree.Call) -> list[Span]:
    """Where the arguments stand, the names of named ones included."""
    return [a.span for a in node.arguments]


def function_call(
    node: tree.Call, callee: Code, arguments: list[Code], named_arguments: list[tuple[str, Code]]
) -> Code:
    """`f(x, n=2)`."""
    span, spans = node.span, argument_spans(node)
    row = None if named_arguments else row_of(node.function, len(arguments))
    if row is not None:
        return row_call(row, arguments, spans, span)

    def run(frame: Frame) -> Any:
        f = callee(frame)
        given = [a(frame) for a in arguments]
        if f.__class__ is Function and len(given) == f.arity and not named_arguments:
            return enter(f, given, span)
        return called(f, given, {n: a(frame) for n, a in named_arguments}, span, spans)

    return run


def method_call(
    node: tree.Call,
    callee: tree.Attribute,
    receiver: Code,
    arguments: list[Code],
    named_arguments: list[tuple[str, Code]],
) -> Code:
    """`x.f(y)`: the member `f` of `x` if it has one, else the function `f` with `x` first."""
    word, span, spans = callee.name, node.span, argument_spans(node)
    function_in_scope = scope_function(callee)
    all_spans = [callee.value.span, *spans]
    row = None if named_arguments or word in VALUE_MEMBERS else row_of(callee, len(arguments) + 1)

    def run(frame: Frame) -> Any:
        x = receiver(frame)
        if row is not None and x.__class__ is Value:  # the common case, without looking for members
            return applied(row, [x, *[a(frame) for a in arguments]], all_spans, span)
        given = [a(frame) for a in arguments]
        named_given = {n: a(frame) for n, a in named_arguments}
        f = member_of(x, callee)
        if f is not MISSING:
            if f.__class__ in PLAIN and not given:
                help = f"`.{word}` is read without parentheses"
                raise located(Fault("E0203", f"{kind(f)} cannot be called", help), callee.name_span)
            return called(f, given, named_given, span, spans)
        f = function_in_scope(frame) if function_in_scope is not None else None
        if f is None:
            raise located(no_member(read(x), word), callee.name_span)
        if f.__class__ is Function and len(given) + 1 == f.arity and not named_given:
            return enter(f, [read(x), *given], span)
        return called(f, [read(x), *given], named_given, span, all_spans)

    return run


def row_of(node: tree.Expr, count: int) -> Row | None:
    """The operation that a callee stands for, if it takes `count` values and nothing else."""
    binding = node.binding if isinstance(node, tree.Name | tree.Attribute) else None
    if binding is None or binding.builtin is None:
        return None
    found = builtins.lookup(binding.builtin)
    row: Row | None = found.row if isinstance(found, Builtin) else None
    return row if row is not None and row.inputs == count and not row.attribute_names else None


def row_call(row: Row, arguments: list[Code], spans: list[Span], span: Span) -> Code:
    """A call of an operation without attributes: straight to `apply`."""
    if len(arguments) == 1:
        return unary(row, arguments[0], spans[0], span)
    return lambda frame: applied(row, [a(frame) for a in arguments], spans, span)


def applied(row: Row, given: list[Any], spans: list[Span], span: Span) -> Value:
    try:
        return apply(row, *[x if x.__class__ is Value else tensor(x, i) for i, x in enumerate(given)], span=span)
    except Fault as fault:
        raise located(fault, span, list(zip(spans, given, strict=True))) from None


def called(f: Any, given: list[Any], named_given: dict[str, Any], span: Span, spans: list[Span]) -> Any:
    """A call with its failures placed."""
    try:
        return call(f, given, named_given, span)
    except Fault as fault:
        raise located(fault, span, list(zip(spans, [*given, *named_given.values()], strict=False))) from None


def scope_function(node: tree.Attribute) -> Code | None:
    """The function that `name` means where `x.name` stands; None where it means nothing."""
    if node.binding is None:
        return None
    return reading(tree.Name(node.name_span, node.name, node.binding))


def member_of(x: Any, node: tree.Attribute) -> Any:
    try:
        return member(x, node.name)
    except Fault as fault:
        raise located(fault, node.span) from None


def attribute(node: tree.Attribute, owner: Code) -> Code:
    """`x.name`, not called: a member."""

    def run(frame: Frame) -> Any:
        x = owner(frame)
        found = member_of(x, node)
        if found is MISSING:
            fault = no_member(read(x), node.name)
            if node.binding is not None:
                fault = Fault(
                    "E0206", f"{kind(x)} has no member `{node.name}`", f"to call the function, write `.{node.name}()`"
                )
            raise located(fault, node.name_span)
        return found

    return run
