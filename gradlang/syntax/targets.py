"""What may stand left of `=` and of `->`.

The grammar takes any expression there, because it cannot tell `f(x) = e` from
a call before it sees the `=`, and because a check on nodes gives the better
messages. Knows nodes only; reports, and never stops the parse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..diagnostics import Diagnostic, Fix
from ..source import Span
from . import tree

Report = Callable[[Diagnostic], None]

WHAT = {
    tree.Number: "a number",
    tree.Text: "a string",
    tree.Interpolated: "a string",
    tree.Chain: "the result of an operation",
    tree.Compare: "the result of a comparison",
    tree.Logical: "the result of an operation",
    tree.Unary: "the result of an operation",
    tree.Lambda: "a function",
    tree.Block: "a block",
    tree.If: "an `if`",
    tree.Call: "the result of a call",
    tree.TupleDisplay: "a tuple",
    tree.ListDisplay: "a list",
    tree.Comprehension: "a list",
}


def check_target(target: Any, report: Report, update: bool = False) -> None:
    """Report a target that is neither a name nor an attribute."""
    match target:
        case tree.Name() | tree.Attribute() | tree.Lambda(params=[]):  # a lambda without parameters has been reported
            return
        case tree.Index():
            report(_immutable(target))
        case tree.Paren(inner=inner):
            report(_bracketed(target, inner.span.text))
        case tree.ListDisplay(items=items) if items and all(isinstance(item, tree.Name) for item in items):
            report(_bracketed(target, target.span.text[1:-1].strip()))
        case tree.Constant():
            report(_unassignable(target, f"`{target.value}` cannot be assigned to"))
        case _:
            report(_unassignable(target, f"{WHAT[type(target)]} cannot be assigned to", update))


def _unassignable(target: Any, message: str, update: bool = False) -> Diagnostic:
    help = "left of `=` stands a name, several names `a, b`, `w.data`, or a function `f(x)`"
    if update:
        help = "only a name or an attribute such as `w.data` can be updated"
    elif isinstance(target, tree.Compare):
        help = "`==` compares and `=` binds a name; only one of them can stand here"
    return Diagnostic("E0105", message, target.span, help=[help])


def _bracketed(target: Any, inner: str) -> Diagnostic:
    what = "parentheses" if isinstance(target, tree.Paren) else "brackets"
    fix = Fix(f"leave out the {what}", [(target.span, inner)], is_safe=True)
    message = f"what is assigned to stands without {what}"
    return Diagnostic("E0105", message, target.span, help=[f"write {inner} = …"], fixes=[fix])


def _immutable(target: tree.Index) -> Diagnostic:
    return Diagnostic(
        "E0304",
        "values are immutable: an element cannot be replaced",
        target.span,
        help=[
            "make a new value: `where(mask, new, x)` replaces some elements, `cat` and `stack` join pieces",
            "a comprehension `[… for i in range(len(x))]` makes each element anew",
        ],
    )


def definition_parameters(left: tree.Call, report: Report) -> list[tree.Parameter]:
    """The parameters of `f(x, n=2)` left of `=`."""
    return _checked([_parameter(argument, report) for argument in left.arguments], report)


def lambda_parameters(left: Any, report: Report) -> list[tree.Parameter]:
    """The parameters of `x` or `(x, y)` left of `->`."""
    match left:
        case tree.Paren(inner=tree.TupleDisplay(items=items)):
            return _checked([_plain(item, report) for item in items], report)
        case tree.Paren(inner=inner):
            return _checked([_plain(inner, report)], report)
        case tree.Name():
            return _checked([_plain(left, report)], report)
        case _:
            report(_not_parameters(left))
            return []


def _parameter(argument: tree.Argument, report: Report) -> tree.Parameter | None:
    if argument.name is None or argument.name_span is None:
        return _plain(argument.value, report)
    return tree.Parameter(argument.span, tree.Name(argument.name_span, argument.name), argument.value)


def _plain(value: Any, report: Report) -> tree.Parameter | None:
    if isinstance(value, tree.Name):
        return tree.Parameter(value.span, value, None)
    help = "a parameter is a name, or in a definition a name with a default: `f(x, n=2) = …`"
    if isinstance(value, (tree.Paren, tree.TupleDisplay)):
        help = "a tuple arrives under one name; unpack it in the body: `a, b = pair`"
    report(Diagnostic("E0111", "a parameter must be a name", value.span, help=[help]))
    return None


def _not_parameters(left: Any) -> Diagnostic:
    help = "left of `->` stand the parameters: `x -> e` or `(x, y) -> e`"
    fixes: list[Fix] = []
    if isinstance(left, tree.Call) and isinstance(left.function, tree.Name):
        help = f"a function with a name is written {left.span.text} = …"
        source, end = left.span.source, left.span.end
        arrow = re.compile(r"\s*->(\s*[\w.\[\]]+(?=\s*=[^=]))?").match(source.text, end)
        is_statement = source.text[: left.span.start].rstrip(" \t")[-1:] in ("", "\n", ";", "{")
        if arrow is not None:
            edit = Span(source, end, arrow.end()), "" if arrow[1] else " ="
            fixes = [Fix(help, [edit], is_statement)]
    elif isinstance(left, tree.Number):
        help += "; a name is bound by `x = e`"
    return Diagnostic("E0111", "these are no parameters", left.span, help=[help], fixes=fixes)


def _checked(found: list[tree.Parameter | None], report: Report) -> list[tree.Parameter]:
    """Those that are parameters, after a look at their names and their order."""
    params = [param for param in found if param is not None]
    seen: dict[str, tree.Parameter] = {}
    default: tree.Parameter | None = None
    for param in params:
        name = param.name.id
        if name in seen:
            message = f"the parameter `{name}` stands twice"
            report(Diagnostic("E0111", message, param.span, help=["give each parameter a name of its own"]))
        elif default and param.default is None:
            message = f"`{name}` has no default but stands after `{default.name.id}`, which has one"
            report(Diagnostic("E0111", message, param.span, help=["parameters with a default come last"]))
        seen[name] = param
        default = default or (param if param.default is not None else None)
    return params
