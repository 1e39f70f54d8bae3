"""W0511: `x = x - lr * x.grad` on a plain value, which is no step of a parameter.

The new `x` is computed from the old one and remembers it, so the graph of all
steps is kept; and what reads a parameter by its name, `parameters` above all,
never sees it. Inside a function a step of an argument moves nothing outside.
"""

from __future__ import annotations

from collections.abc import Iterator

from ....diagnostics import Diagnostic, Fix, Label
from ....language.scopes import Variable
from ....source import Span
from ....syntax import tree
from .program import Program, Site, plain, span_of, variable_of


def steps_of_values(program: Program) -> Iterator[Diagnostic]:
    for variable, sites in program.sites.items():
        if variable.parameter or any(isinstance(site.node, tree.For | tree.Comprehension) for site in sites):
            continue  # an assignment there is an error of its own
        if is_step(sites[0], variable):
            continue  # of what has no value yet here; of an outer name maybe, which is an error, too
        steps = [site for site in sites if is_step(site, variable)]
        fix = fix_of(program, variable) if steps else None
        for site in steps:
            yield finding(program, variable, site, fix)


def is_step(site: Site, variable: Variable) -> bool:
    """`x = x ± …x.grad…`, or `x ±= …x.grad…` where no parameter can stand."""
    match site.node:
        case tree.Update(op=op, value=value):
            return op in "+-" and not variable.boxed and reads_gradient(value, variable)
        case tree.Assign(targets=[tree.Name()], value=value):
            return step_of(plain(value), variable) is not None
    return False


def step_of(value: tree.Expr, variable: Variable) -> list[tree.Operation] | None:
    """What follows `x` in `x - … + …`, where a gradient of x is among it."""
    if not (isinstance(value, tree.Chain) and variable_of(value.first) is variable):
        return None
    if any(step.op not in "+-" for step in value.rest):
        return None
    return value.rest if any(reads_gradient(step.operand, variable) for step in value.rest) else None


def reads_gradient(node: tree.Expr, variable: Variable) -> bool:
    """Whether `x.grad` is a factor somewhere in this expression."""
    match node:
        case tree.Attribute(value=value, name="grad"):
            return variable_of(value) is variable
        case tree.Paren(inner=inner) | tree.Unary(operand=inner):
            return reads_gradient(inner, variable)
        case tree.Chain(first=first, rest=rest):
            return any(reads_gradient(part, variable) for part in [first, *(step.operand for step in rest)])
        case tree.Call(function=function, arguments=arguments):
            before = [function.value] if isinstance(function, tree.Attribute) else []
            return any(reads_gradient(part, variable) for part in [*before, *(a.value for a in arguments)])
    return False


def finding(program: Program, variable: Variable, site: Site, fix: Fix | None) -> Diagnostic:
    name = variable.name
    first = program.sites[variable][0]
    if isinstance(first.node, tree.Parameter):
        message = f"this moves only the value that `{name}` has in this function"
        help = (
            "update parameters where they are declared, or go over them: `for p in parameters(…) { p -= lr * p.grad }`"
        )
    else:
        message = f"`{name}` is no parameter: each step makes a new value that remembers all steps before"
        help = f"declare `param {name} = …`, and move it by `{name} -= …`"
    labels = [] if first.name is site.name else [Label(first.name.span, "bound here")]
    return Diagnostic(
        "W0511", message, span_of(site), severity="warning", labels=labels, help=[help], fixes=[fix] if fix else []
    )


def fix_of(program: Program, variable: Variable) -> Fix | None:
    """Declares the parameter and turns its steps into updates, where it is bound once and only stepped after that."""
    first, *later = program.sites[variable]
    if not (isinstance(first.node, tree.Assign) and len(first.node.targets) == 1 and not is_step(first, variable)):
        return None
    start = first.node.span.start
    edits = [(Span(first.node.span.source, start, start), "param ")]
    for site in later:
        if not is_step(site, variable):
            return None
        if isinstance(site.node, tree.Assign):
            value = plain(site.node.value)
            rest = step_of(value, variable)
            assert rest is not None
            if len(rest) != 1 or value is not site.node.value:
                return None
            edits.append(
                (Span(first.node.span.source, site.name.span.end, rest[0].operand.span.start), f" {rest[0].op}= ")
            )
    return Fix(f"declare `param {variable.name}` and update it", edits)
