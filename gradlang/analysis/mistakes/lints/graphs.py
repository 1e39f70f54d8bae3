"""W0512: `total += loss` beside `backward(loss)`, which keeps the graph of every step.

A loss remembers all that it was computed from. Where it has been given to
`backward` and is then added up or listed, only its number is wanted; but the
sum holds every step's graph, so the loop needs more and more memory.

Not meant is what is differentiated itself, directly or by way of other names:
whatever may reach `backward`, `grad` and the like, or a function of the program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ....diagnostics import Diagnostic, Fix, Label
from ....language.resolver import GRAPH_WORDS
from ....language.scopes import Variable
from ....syntax import tree
from .program import Program, Site, arguments_of, builtin_called, variable_of
from .training import backwards

GATHERING = {"append", "cat", "stack"}  # these hold what they are given


def growing_graphs(program: Program) -> Iterator[Diagnostic]:
    found = {id(kept[0]): (call, site, kept) for call, site, kept in gathered(program)}
    differentiated = differentiable(program) if found else set()
    for call, site, kept in found.values():
        if variable_of(site.name) not in differentiated:
            yield finding(call, site, kept)


def gathered(program: Program) -> Iterator[tuple[tree.Call, Site, list[tree.Name]]]:
    """A call of `backward`, a place in its loops that adds the loss to a name, and where it stands there."""
    calls = {(variable_of(arguments_of(call)[0]), loops[-1]): call for call, loops in backwards(program)}
    growing = [site for variable in program.sites for site in growing_in(program, variable)] if calls else []
    for (loss, loop), call in calls.items():
        for site in growing if loss is not None else ():
            kept = held(site.value, loss) if site.value and program.contains(loop, site.node) else []
            if kept:
                yield call, site, kept


def growing_in(program: Program, variable: Variable) -> list[Site]:
    """Where something is added to what a variable already holds; not in loops that give it a new value in each pass."""
    sites = program.sites[variable]
    if len(sites) == 1:  # there is nothing yet that could grow
        return []
    added = [(site, program.loops_around(site.node)[:1]) for site in sites if is_added_to(site, variable)]
    if not added:
        return []
    anew = Counter(
        loop for site in sites if isinstance(site.node, tree.Assign | tree.For)
        for loop in program.loops_around(site.node)[:1]
    )  # fmt: skip
    return [site for site, loop in added if loop and anew[loop[0]] == isinstance(site.node, tree.Assign)]


def is_added_to(site: Site, variable: Variable) -> bool:
    """Whether something is added to what the variable already holds."""
    match site.node:
        case tree.Update(op=op):
            return op in "+-" and not variable.boxed
        case tree.Assign(targets=[tree.Name()], value=value):
            return bool(held(value, variable))
    return False


def held(node: tree.Expr, variable: Variable | None) -> list[tree.Name]:
    """Where a value remembers the variable: in sums, products and lists, not behind `.item()` or other calls."""
    match node:
        case tree.Name():
            return [node] if variable_of(node) is variable else []
        case tree.Chain(first=first, rest=rest):
            parts = [first, *(step.operand for step in rest)]
        case tree.Paren(inner=inner) | tree.Unary(operand=inner):
            parts = [inner]
        case tree.ListDisplay(items=items) | tree.TupleDisplay(items=items):
            parts = items
        case tree.Call() if builtin_called(node) in GATHERING:
            parts = arguments_of(node)
        case _:
            parts = []
    return [name for part in parts for name in held(part, variable)]


def differentiable(program: Program) -> set[Variable]:
    """The variables whose graph may be asked for: what reaches one of the words for it, or a call not seen through."""
    found: list[Variable] = []
    for call in program.every(tree.Call):
        word = builtin_called(call)
        if word in GRAPH_WORDS or not word:
            found += read_in(program, *arguments_of(call))
    for node in program.every(tree.Attribute):
        if node.name == "grad":
            found += read_in(program, node.value)
    seen = set(found)
    while found:
        for site in program.sites_at(found.pop()):
            parts = [site.node.body] if isinstance(site.node, tree.Define) else [site.value] if site.value else []
            new = [variable for variable in read_in(program, *parts) if variable not in seen]
            seen.update(new)
            found += new
    return seen


def read_in(program: Program, *parts: tree.Node) -> list[Variable]:
    variables = [variable_of(node) for part in parts for node in program.within(part)]
    return [variable for variable in variables if variable is not None]


def finding(call: tree.Call, site: Site, kept: list[tree.Name]) -> Diagnostic:
    name, loss = site.name.id, kept[0].id
    fix = Fix(f"keep its number: `{loss}.item()`", [(read.span, f"{loss}.item()") for read in kept], is_safe=True)
    return Diagnostic(
        "W0512",
        f"`{name}` keeps the graph of every step, though only the number of `{loss}` is wanted",
        kept[0].span,
        severity="warning",
        labels=[Label(call.span, "its gradients are taken here")] if call.span.line != kept[0].span.line else [],
        help=[f"write `{loss}.item()`, the number without its history"],
        fixes=[fix],
    )
