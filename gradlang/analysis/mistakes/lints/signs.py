"""W0101: `-3.abs()` is `-(3.abs())`."""

from __future__ import annotations

from collections.abc import Iterator

from ....diagnostics import Diagnostic, Fix
from ....source import Span
from ....syntax import tree
from .program import Program, builtin_called

# f(-x) is -f(x): it makes no difference
ODD = {"sin", "tan", "tanh", "sign", "sum", "mean", "item", "detach", "reshape", "squeeze", "unsqueeze"}


def signs_of_results(program: Program) -> Iterator[Diagnostic]:
    for node in program.every(tree.Unary):
        number = literal_called(node.operand) if node.op == "-" else None
        if number is None:
            continue
        source, start = node.span.source, node.span.start
        text, rest = number.span.text, source.text[number.span.end : node.span.end]
        literal = Span(source, start, number.span.end)
        negative = f"({literal.text})"
        yield Diagnostic(
            "W0101",
            f"the sign belongs to the result: this is `-({text}{rest})`",
            node.span,
            severity="warning",
            help=[f"write `{negative}{rest}` to call it on the negative number"],
            fixes=[
                Fix(f"call it on the negative number: `{negative}`", [(literal, negative)]),
                Fix("put the call in parentheses", [(node.operand.span, f"({node.operand.span.text})")]),
            ],
        )


def literal_called(node: tree.Expr) -> tree.Number | None:
    """The number that `3.abs()` is called on, also with more behind it; None where the sign may stand anywhere."""
    is_bound_to_it = False
    while isinstance(node, tree.Call | tree.Attribute | tree.Index):
        if isinstance(node, tree.Call):
            is_bound_to_it |= builtin_called(node) not in ODD
        node = node.function if isinstance(node, tree.Call) else node.value
    return node if is_bound_to_it and isinstance(node, tree.Number) else None
