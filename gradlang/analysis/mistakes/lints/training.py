"""Loops that train nothing.

W0506: `backward` in a loop in which no gradient is read and no optimiser takes
a step. W0513: `backward(loss)` of a loss that was computed before the loop, so
that every step goes the same way.

Both look at what a pass may do, into the functions that it calls; where it
calls something that cannot be seen, they say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ....diagnostics import Diagnostic, Label
from ....source import Span
from ....syntax import tree
from .program import Loop, Program, Site, arguments_of, builtin_called, span_of, variable_of

SHOWING = {"draw", "draw_dot", "time", "gradcheck"}  # these are what a backward in a loop may be there for


def backwards(program: Program) -> Iterator[tuple[tree.Call, list[Loop]]]:
    """The calls of `backward` that stand in loops, and these, the innermost first."""
    for call in program.every(tree.Call):
        if builtin_called(call) == "backward" and arguments_of(call):
            loops = program.loops_around(call)
            if loops:
                yield call, loops


# ── W0506 ────────────────────────────────────────────────────────────────────


def idle_backwards(program: Program) -> Iterator[Diagnostic]:
    idle = idle_loops(program)
    for call, loops in backwards(program):
        outermost = loops[-1]
        if outermost not in idle or any(argument.name == "accumulate" for argument in call.arguments):
            continue
        yield Diagnostic(
            "W0506",
            "this loop computes gradients and never uses them: nothing is trained",
            call.span,
            severity="warning",
            labels=[Label(head(outermost), "in this loop")] if call.span.line != outermost.span.line else [],
            help=["after `backward`, move each parameter, `w -= 0.1 * w.grad`, or call the `.step()` of an optimiser"],
        )


def idle_loops(program: Program) -> set[Loop]:
    """The outermost loops with a `backward` whose gradients nobody uses: in them, as far as is known, or elsewhere."""
    loops = {loops[-1] for _, loops in backwards(program)}
    looking = looking_at_gradients(program) if loops else []
    idle = {loop for loop in loops if all(program.contains(loop, node) for node in looking)}
    inside = {loop: nodes for loop in idle if not any(map(is_use, nodes := program.within(loop)))}

    def may_use(node: tree.Node) -> bool:
        return is_use(node) or program.leads_outside(node)

    using = program.leading_to(may_use, chain(*inside.values()), lambda node: True, body_of)
    return {
        loop for loop, nodes in inside.items() if not any(may_use(node) or variable_of(node) in using for node in nodes)
    }


def body_of(site: Site) -> tree.Node | None:
    """What may run where a name is used; an update makes no function."""
    if isinstance(site.node, tree.Define | tree.Update):
        return site.node if isinstance(site.node, tree.Define) else None
    return site.value


def is_use(node: tree.Node) -> bool:
    match node:
        case tree.Attribute(name="grad" | "step"):
            return True
        case tree.Call():
            return builtin_called(node) in SHOWING
    return False


def looking_at_gradients(program: Program) -> list[tree.Node]:
    """What reads a gradient other than for a step."""
    reads: list[tree.Node] = [node for node in program.every(tree.Attribute) if node.name == "grad"]
    reads += [call for call in program.every(tree.Call) if builtin_called(call) in SHOWING]
    return [node for node in reads if not any(isinstance(outer, tree.Update) for outer in program.above(node))]


def head(loop: Loop) -> Span:
    """`for x in xs` without what follows."""
    return (loop.iterable if isinstance(loop, tree.For) else loop.condition).span


# ── W0513 ────────────────────────────────────────────────────────────────────


def stale_losses(program: Program) -> Iterator[Diagnostic]:
    stepping: dict[Loop, bool] = {}
    for call, loops in backwards(program):
        loss, loop = arguments_of(call)[0], loops[0]
        if not isinstance(loss, tree.Name):
            continue
        sites = program.sites_at(variable_of(loss))
        is_inside = any(program.contains(loop, site.node) for site in sites)
        if not sites or is_inside or not all(isinstance(site.node, tree.Assign) for site in sites):
            continue
        if any(span_of(site).start > loop.span.start for site in sites):  # by whom its function is called, maybe
            continue
        if loop not in stepping:
            stepping[loop] = takes_steps(program, loop)
        if not stepping[loop]:
            continue
        yield Diagnostic(
            "W0513",
            f"`{loss.id}` was computed before the loop: each pass goes the same way, wherever the parameters are",
            call.span,
            severity="warning",
            labels=[Label(span_of(sites[-1]), "computed here, once")],
            help=[f"compute `{loss.id}` inside the loop, just before `backward`"],
        )


def takes_steps(program: Program, loop: Loop) -> bool:
    """Whether a pass itself moves parameters by gradients."""
    for node in program.within(loop):
        if isinstance(node, tree.Call) and isinstance(node.function, tree.Attribute) and node.function.name == "step":
            return True
        if isinstance(node, tree.Update) and any(
            isinstance(part, tree.Attribute) and part.name == "grad" for part in program.within(node.value)
        ):
            return True
    return False
