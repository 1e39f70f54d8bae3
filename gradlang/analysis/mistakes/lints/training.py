"""Loops that train nothing.

W0506: `backward` in a loop in which no gradient is read and no optimiser takes
a step. W0513: `backward(loss)` of a loss that was computed before the loop, so
that every step goes the same way.

Both look at what a pass may do, into the functions that it calls; where it
calls something that cannot be seen, they say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from ....diagnostics import Diagnostic, Label
from ....source import Span
from ....syntax import tree
from .program import Loop, Program, arguments_of, builtin_called, span_of, variable_of

SHOWING = {"draw_dot", "time", "gradcheck"}  # these are what a backward in a loop may be there for


def backwards(program: Program) -> Iterator[tuple[tree.Call, list[Loop]]]:
    """The calls of `backward` that stand in loops, and these, the innermost first."""
    for call in program.every(tree.Call):
        if builtin_called(call) == "backward" and arguments_of(call):
            loops = program.loops_around(call)
            if loops:
                yield call, loops


# ── W0506 ────────────────────────────────────────────────────────────────────


def idle_backwards(program: Program) -> Iterator[Diagnostic]:
    idle: dict[Loop, bool] = {}
    for call, loops in backwards(program):
        outermost = loops[-1]
        if outermost not in idle:
            idle[outermost] = not uses_gradients(program, outermost) and not looks_at_gradients(program, outermost)
        if not idle[outermost] or any(argument.name == "accumulate" for argument in call.arguments):
            continue
        yield Diagnostic(
            "W0506",
            "this loop computes gradients and never uses them: nothing is trained",
            call.span,
            severity="warning",
            labels=[Label(head(outermost), "in this loop")] if call.span.line != outermost.span.line else [],
            help=["after `backward`, move each parameter, `w -= 0.1 * w.grad`, or call the `.step()` of an optimiser"],
        )


def uses_gradients(program: Program, loop: Loop) -> bool:
    inside = program.within(loop)
    if any(map(is_use, inside)):
        return True
    reached = program.reached_from(inside)
    return not reached.is_known or any(map(is_use, reached.nodes))


def is_use(node: tree.Node) -> bool:
    match node:
        case tree.Attribute(name="grad" | "step"):
            return True
        case tree.Call():
            return builtin_called(node) in SHOWING
    return False


def looks_at_gradients(program: Program, loop: Loop) -> bool:
    """Whether anything outside of the loop reads a gradient, which the last pass has left, other than for a step."""
    for node in [*program.every(tree.Attribute), *program.every(tree.Call)]:
        is_read = isinstance(node, tree.Attribute) and node.name == "grad"
        is_shown = isinstance(node, tree.Call) and builtin_called(node) in SHOWING
        if (is_read or is_shown) and not program.contains(loop, node):
            is_step = any(isinstance(outer, tree.Update) for outer in program.above(node))
            if not is_step:
                return True
    return False


def head(loop: Loop) -> Span:
    """`for x in xs` without what follows."""
    return (loop.iterable if isinstance(loop, tree.For) else loop.condition).span


# ── W0513 ────────────────────────────────────────────────────────────────────


def stale_losses(program: Program) -> Iterator[Diagnostic]:
    for call, loops in backwards(program):
        loss, loop = arguments_of(call)[0], loops[0]
        if not isinstance(loss, tree.Name):
            continue
        sites = program.sites_at(variable_of(loss))
        inside = [site for site in sites if program.contains(loop, site.node)]
        if not sites or inside or not all(isinstance(site.node, tree.Assign) for site in sites):
            continue
        if any(span_of(site).start > loop.span.start for site in sites):  # by whom its function is called, maybe
            continue
        if not takes_steps(program, loop):
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
