"""W0202 and W0203: parameters and names of a function that nothing in it reads.

Not meant: names that begin with `_`; parameters of a function that is handed
on, which has to take what it is given; names of an unpacking or a loop, of
which some are wanted. A name at the top of a file may be read by whoever
imports it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ....diagnostics import Diagnostic, Fix
from ....language.scopes import Variable
from ....syntax import tree
from .program import Program, Site, variable_of


def unused_parameters(program: Program) -> Iterator[Diagnostic]:
    for function in program.every(tree.Define):
        if is_stub(function) or not is_only_called(program, variable_of(function.name)):
            continue
        for parameter in function.params:
            name = parameter.name
            if not name.id.startswith("_") and variable_of(name) not in program.reads:
                yield Diagnostic(
                    "W0202",
                    f"`{function.name.id}` never reads its parameter `{name.id}`",
                    name.span,
                    severity="warning",
                    help=[f"leave it out, or call it `_{name.id}` where it has to stay"],
                )


def is_stub(function: tree.Define) -> bool:
    """Whether the body is still to be written: empty, or one constant."""
    body = function.body
    return isinstance(body, tree.Block) and not body.body or isinstance(body, tree.Constant)


def is_only_called(program: Program, variable: Variable | None) -> bool:
    """Whether nobody but a caller meets this function: it is never handed on as a value."""
    return variable is not None and all(program.is_called(read) for read in program.reads.get(variable, []))


def unused_names(program: Program) -> Iterator[Diagnostic]:
    for variable, sites in program.sites.items():
        if (
            variable.scope.kind == "function"
            and variable not in program.reads
            and not variable.name.startswith("_")
            and all(is_binding(site) for site in sites)
        ):
            name = sites[0].name
            kind = "parameter " if variable.parameter else ""
            yield Diagnostic(
                "W0203",
                f"the {kind or 'name '}`{name.id}` is never read in this function",
                name.span,
                severity="warning",
                help=[advice(program, sites[-1])],
                fixes=fixes(sites),
            )


def is_binding(site: Site) -> bool:
    """A statement that does nothing but give this one name its value."""
    match site.node:
        case tree.Assign(targets=targets):
            return len(targets) == 1
        case tree.Update():
            return not site.name.binding.variable.boxed
        case tree.Param() | tree.Define():
            return True
    return False


def advice(program: Program, site: Site) -> str:
    block = program.parent(site.node)
    if isinstance(site.node, tree.Param):
        return "what the function returns does not depend on it, so it is not trained"
    if isinstance(block, tree.Block) and site.node is block.body[-1] and is_body(program, block):
        return f"a function returns the value of its last line: end it with a line `{site.name.id}`"
    return f"leave it out, or call it `_{site.name.id}` where it has to stay"


def is_body(program: Program, block: tree.Block) -> bool:
    return isinstance(program.parent(block), tree.Define | tree.Lambda)


def fixes(sites: list[Site]) -> list[Fix]:
    return [Fix(f"call it `_{sites[0].name.id}`", [(site.name.span, f"_{site.name.id}") for site in sites])]
