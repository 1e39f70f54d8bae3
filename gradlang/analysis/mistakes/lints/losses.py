"""W0514: `cross_entropy` of probabilities; it takes the scores that softmax would be applied to."""

from __future__ import annotations

from collections.abc import Iterator

from ....diagnostics import Diagnostic, Label
from ....source import Span
from ....syntax import tree
from .program import Program, arguments_of, builtin_called, plain, variable_of

NORMALISING = {"softmax", "sigmoid"}  # not log_softmax, which softmax undoes


def probabilities_as_scores(program: Program) -> Iterator[Diagnostic]:
    for call in program.every(tree.Call):
        if builtin_called(call) != "cross_entropy" or not arguments_of(call):
            continue
        scores = arguments_of(call)[0]
        found = normalised(program, scores)
        if found is not None:
            name, span = found
            yield Diagnostic(
                "W0514",
                f"`cross_entropy` applies softmax itself, and this went through `{name}` before",
                scores.span,
                severity="warning",
                labels=[] if span.start >= scores.span.start and span.end <= scores.span.end else [Label(span, "here")],
                help=[f"give it the scores as they are, without `{name}`; applied twice, it learns slowly and badly"],
            )


def normalised(program: Program, node: tree.Expr) -> tuple[str, Span] | None:
    """The function that an expression certainly went through last, of those that make probabilities."""
    node = plain(node)
    match node:
        case tree.Call() if builtin_called(node) in NORMALISING:
            return builtin_called(node), node.span
        case tree.Call(function=tree.Name() as model):
            return output_of(program, model)
        case tree.Name():
            value = only_value(program, node)
            return None if value is None or isinstance(value, tree.Name) else normalised(program, value)
    return None


def output_of(program: Program, model: tree.Name) -> tuple[str, Span] | None:
    """The output activation of a network made by `mlp(…, output=softmax)`."""
    made = only_value(program, model)
    if isinstance(made, tree.Call) and builtin_called(made) == "mlp":
        for argument in made.arguments:
            value = argument.value
            if argument.name == "output" and isinstance(value, tree.Name) and value.binding is not None:
                name = value.binding.builtin or ""
                return (name, argument.span) if name in NORMALISING else None
    return None


def only_value(program: Program, name: tree.Name) -> tree.Expr | None:
    """What a name stands for, where it is bound just once and alone."""
    sites = program.sites_at(variable_of(name))
    if len(sites) == 1 and isinstance(sites[0].node, tree.Assign) and len(sites[0].node.targets) == 1:
        return plain(sites[0].node.value)
    return None
