"""E0503, E0501 and W0503 explained: the way from what is differentiated back to what cut it off from the parameters.

A value without gradients remembers nothing, so the way is read from the program's text. Owns what cuts: operations
without a rule, and what takes a number out of its history on purpose. Says nothing where it finds no such thing.

Invariant: no recursion on the program, and each name is followed once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ...diagnostics import Diagnostic, Label
from ...engine.ops import TABLE
from ...language.builtins import is_builtin, names
from ...language.resolver import resolve
from ...language.scopes import Scope
from ...source import Span
from ...syntax import tree
from ...syntax.recovery import recovered
from .lints.program import Program, Site, arguments_of, builtin_called, span_of, variable_of

ON_PURPOSE = {"detach": "`detach` cuts the history off", "item": "`.item()` is a number without history"}
MEMBERS = {"data": "`.data` is without history", "grad": "a gradient is a number without history"}
SIZES = {"shape", "ndim"}
MEND = {
    "argmax": "the largest value itself has a gradient: `max(x)`",
    "argmin": "the smallest value itself has a gradient: `min(x)`",
    "sign": "`tanh(10 * x)` is a sign with a slope",
    "detach": "leave `detach` out, where a gradient is to flow",
    "item": "leave `.item()` out until after `backward`",
}
COMPARED = "a count of hits cannot be trained; a loss such as `cross_entropy` or `mse_loss` can"
MOST_HOPS = 3  # names on the way that get a label


class Step(NamedTuple):
    """An expression on the way, the names that it was reached by, and where these got their values."""

    node: tree.Node
    way: tuple[Site, ...]


class Cut(NamedTuple):
    """What cuts, why, what would mend it, and what it cuts off."""

    node: tree.Expr
    why: str
    mend: str
    operands: list[tree.Expr]


def explain(diagnostic: Diagnostic, differentiated: Span) -> None:
    """Adds the way and the cut to a diagnostic; `differentiated` is a call of `backward` or `grad`, or its argument."""
    module = recovered(differentiated.source).module
    resolve(module, Scope("module", open=True), is_builtin, names)
    program = Program(module)
    call = next((c for c in program.every(tree.Call) if is_call_at(c, differentiated)), None)
    start = arguments_of(call)[0] if call is not None else None
    found = list(cuts(program, start)) if start is not None else []
    if not found:
        return
    learning = [(cut, way) for cut, way in found if leads_to_a_parameter(program, cut.operands)]
    if not learning and diagnostic.code != "E0503":  # something was reached, and that may be all
        return
    cut, way = (learning or found)[0]
    sites, place = list(dict.fromkeys(way)), cut.node.span
    for site in sites[-MOST_HOPS:]:
        if span_of(site).line != place.line:
            diagnostic.labels.append(Label(span_of(site), f"`{site.name.id}` is computed here"))
    what = f"{cut.why}: nothing before it is reached"
    if not contains(diagnostic.span, place):
        diagnostic.labels.append(Label(place, what))
    elif cut.node is not start:  # else the message says it
        diagnostic.notes.append(f"in `{short(place)}`, {what}")
    if sites:
        hops = [f"`{site.name.id}` (line {site.name.span.line})" for site in sites]
        diagnostic.notes.append(f"the way back: {' ← '.join([*hops, f'`{short(place)}`'])}")
    if cut.mend:
        diagnostic.help.append(cut.mend)


def contains(outer: Span, inner: Span) -> bool:
    return outer.source.name == inner.source.name and outer.start <= inner.start and inner.end <= outer.end


def is_call_at(call: tree.Call, span: Span) -> bool:
    places = [call.span, *[argument.span for argument in call.arguments]]
    return bool(arguments_of(call)) and any((p.start, p.end) == (span.start, span.end) for p in places)


def cuts(program: Program, start: tree.Expr) -> Iterator[tuple[Cut, tuple[Site, ...]]]:
    """What cuts off everything behind it, the nearest first, with the names on the way there."""
    waiting = deque([Step(start, ())])
    met: set[object] = set()
    while waiting:
        node, way = waiting.popleft()
        cut = cut_at(node)
        if cut is not None:
            yield cut, way
            continue
        variable = variable_of(node) if isinstance(node, tree.Name) else None
        if variable is not None and variable not in met:
            met.add(variable)
            site = last_before(program.sites_at(variable), node)
            if site is not None:
                waiting += [Step(part, (*way, site)) for part in sources(site)]
        waiting += [Step(part, way) for part in inside(node)]


def cut_at(node: tree.Node) -> Cut | None:
    match node:
        case tree.Call():
            word, given = builtin_called(node), arguments_of(node)
            if word in ON_PURPOSE:
                return Cut(node, ON_PURPOSE[word], MEND.get(word, ""), given[:1])
            if word in TABLE and TABLE[word].vjp is None:
                return Cut(node, f"`{word}` has no gradient", MEND.get(word, ""), given)
        case tree.Attribute(name=name, value=value) if name in MEMBERS:
            return Cut(node, MEMBERS[name], "", [value])
        case tree.Compare(first=first, rest=rest):
            return Cut(node, "a comparison has no gradient", COMPARED, [first, *(s.operand for s in rest)])
        case tree.Logical(operands=operands):
            return Cut(node, f"`{node.op}` has no gradient", COMPARED, list(operands))
        case tree.Chain(first=first, rest=rest) if any(step.op == "//" for step in rest):
            return Cut(node, "`//` rounds, and has no gradient", "`/` has one", [first, *(s.operand for s in rest)])
    return None


def inside(node: tree.Node) -> list[tree.Node]:
    """The parts of an expression that its value is computed from."""
    match node:
        case tree.Call() if builtin_called(node) and isinstance(node.function, tree.Attribute):
            return list(arguments_of(node))
        case tree.Attribute(name=name) if name in SIZES:
            return []
        case tree.Define(body=body) | tree.Lambda(body=body):
            return [body]
    return tree.parts(node)


def sources(site: Site) -> list[tree.Node]:
    """What a name gets its value from."""
    if isinstance(site.node, tree.Define):
        return [site.node.body]
    return [site.value] if site.value is not None and not isinstance(site.node, tree.Param) else []


def last_before(sites: list[Site], node: tree.Node) -> Site | None:
    """The place that gave a name the value that is read here, as far as order tells."""
    start = node.span.start  # type: ignore[attr-defined]  # all nodes below the module have one
    candidates = [site for site in sites if span_of(site).start < start] or sites
    return candidates[-1] if candidates else None


def leads_to_a_parameter(program: Program, operands: list[tree.Expr]) -> bool:
    """Whether something that learns stands behind a cut."""
    nodes = [node for part in operands for node in program.within(part)]
    leading = program.leading_to(learns, nodes, lambda node: True, body_of)
    return any(learns(node) or variable_of(node) in leading for node in nodes)


def learns(node: tree.Node) -> bool:
    return isinstance(node, tree.Param) or isinstance(node, tree.Call) and builtin_called(node) in ("mlp", "linear")


def body_of(site: Site) -> tree.Node | None:
    """What a name stands for: a parameter itself, what a function does, or else what it is computed from."""
    return site.node if isinstance(site.node, tree.Param | tree.Define) else site.value


def short(span: Span) -> str:
    text = " ".join(span.text.split())
    return text if len(text) <= 40 else text[:39] + "…"
