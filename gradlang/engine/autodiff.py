"""Reverse-mode differentiation: one traversal, the table's rules, two ways to run them.

`backward` runs the rules on raw data and stores gradients; `gradient` runs the
very same rules on values, through `apply`, so its results can be
differentiated again. Running them raw is four to six times as fast, which is
why `backward` is the one exception to "everything passes through `apply`":
who records a pass of a loop is told of it as a whole (`differentiated`).

Broadcasting is undone here and nowhere else: a gradient whose shape is not its
input's is summed to it.

Invariant: no recursion; a chain of a million operations is an ordinary graph.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from ..faults import Fault
from .table import Row, arrays, recorded, scalars, single
from .value import STATE, Box, Data, Value, again, changing, effect, leaf, shape_of, shape_text


def topological(root: Value, ends: Collection[Value] = ()) -> list[Value]:
    """The values that gradients flow through, inputs before their users; nothing that only `ends` depend on.

    On the stack `None` stands above a value whose inputs are done; a stamp in
    the value says that it was met.
    """
    stamp = object()
    order: list[Value] = []
    stack: list[Value | None] = [root]
    pop, push, emit = stack.pop, stack.append, order.append
    while stack:
        v = pop()
        if v is None:
            emit(pop())  # type: ignore[arg-type]
        elif v.mark is not stamp:
            v.mark = stamp
            if v.inputs and v not in ends:
                push(v)
                push(None)
                for x in v.inputs:
                    if x.needs and x.mark is not stamp:
                        push(x)
            else:
                emit(v)
    if STATE.budget is not None:
        STATE.budget.spend(len(order))
    return order


def check_root(root: Value) -> None:
    """Raises Fault unless `root` is one number that depends on something."""
    size = 1
    for n in root.shape:
        size *= n
    if size != 1:
        raise Fault(
            "E0502",
            f"gradients start from one number, not from a tensor of shape {shape_text(root.shape)}",
            "reduce it first, for instance with `.mean()` or `.sum()`",
        )
    if not root.needs or not root.inputs and isinstance(root.op, Row):
        raise Fault("E0503", "nothing to differentiate: " + why_constant(root))


def why_constant(root: Value) -> str:
    """What cut a value off from every name and parameter."""
    if isinstance(root.op, Row) and root.op.vjp is None:
        return f"`{root.op.symbol}` has no gradient, so what comes out of it is a constant"
    return "this value depends on no parameter and no named number"


class Reached(NamedTuple):
    """What a backward has gone through.

    order      values, inputs before users
    gradients  of parameters, by this root alone
    outdated   values of parameters that have been updated since
    """

    order: list[Value]
    gradients: dict[Box, Data]
    outdated: list[Value]


def backward(root: Value, accumulate: bool = False) -> Reached:
    """Sets the gradient of `root` with respect to every value that it depends on.

    Gradients are set, not added up, unless `accumulate`. Raises Fault E0502
    when `root` has more than one element, E0503 when it depends on nothing.
    """
    check_root(root)
    order, recorder = topological(root), STATE.recorder
    had = {v: v.grad for v in order if hasattr(v, "grad")} if accumulate or recorder is not None else {}
    before = had if accumulate else {}
    boxes = {v.op: v.op.grad for v in order if isinstance(v.op, Box) and v.op.grad is not None} if accumulate else {}
    flow_back(order, propagate if STATE.budget is None else charged)
    reached = store(order, before, accumulate)
    if recorder is not None:
        if not all([hasattr(v, "grad") for v in had]):
            effect("a gradient is taken away")
        recorder.differentiated(order, boxes | {v: g for v, g in before.items() if v.op.__class__ is not Box})
    return reached


def set_gradient(owner: Value | Box, g: Value) -> None:
    """Stores a gradient that is a value."""
    if isinstance(owner, Box):
        changing(owner)
        owner.spent = ""
    owner.grad = g.data
    if STATE.recorder is not None:
        STATE.recorder.gradient_set(owner, g)


def gradient_of(owner: Value | Box) -> Value:
    """The gradient that a parameter or value has, as a value."""
    g = leaf(single(owner.grad))
    if STATE.recorder is not None:
        g = STATE.recorder.gradient_read(owner, g)
    return g


def flow_back(order: Sequence[Value], step: Callable[[Value], None]) -> None:
    """Sets the gradients of the last of some values, by a step for each; None where they do not flow to."""
    root = order[-1]
    for v in order:
        v.grad = None
    root.grad = 1.0 if root.shape == () else arrays.ones_like(root.data)
    for v in reversed(order):
        if v.inputs and v.grad is not None:
            step(v)


def charged(v: Value) -> None:
    """As `propagate`, where work and memory are limited."""
    assert STATE.budget is not None
    STATE.budget.differentiates(v)
    propagate(v)


def propagate(v: Value) -> None:
    """Adds what one operation contributes to the gradients of its inputs, on raw data."""
    row, g, out, inputs = v.op, v.grad, v.data, v.inputs
    rules = row.vjp  # type: ignore[union-attr]
    xp = scalars if out.__class__ is float and row.elementwise else arrays  # type: ignore[union-attr]
    simple = v.attrs is None and rules.__class__ is tuple
    if simple and len(inputs) == 1:  # the common cases, spelled out: they are the hot path of scalar graphs
        (x,) = inputs
        a = x.data
        d = rules[0](xp, g, out, a)  # type: ignore[index, misc]
        if d.__class__ is not float or a.__class__ is not float:
            d = fit(d, a)
        x.grad = d if x.grad is None else x.grad + d
        return
    if simple and len(inputs) == 2:
        x, y = inputs
        a, b = x.data, y.data
        rule_x, rule_y = rules  # type: ignore[misc]
        if x.needs and rule_x is not None:
            d = rule_x(xp, g, out, a, b)
            if d.__class__ is not float or a.__class__ is not float:
                d = fit(d, a)
            x.grad = d if x.grad is None else x.grad + d
        if y.needs and rule_y is not None:
            d = rule_y(xp, g, out, a, b)
            if d.__class__ is not float or b.__class__ is not float:
                d = fit(d, b)
            y.grad = d if y.grad is None else y.grad + d
        return
    data = [x.data for x in inputs]
    attrs = v.attrs or {}
    if callable(rules):
        for x, d in zip(inputs, rules(xp, g, out, *data, **attrs), strict=True):
            if x.needs:
                d = fit(d, x.data)
                x.grad = d if x.grad is None else x.grad + d
        return
    for x, rule in zip(inputs, rules, strict=False):  # type: ignore[arg-type]  # further inputs are indices
        if x.needs and rule is not None:
            d = fit(rule(xp, g, out, *data, **attrs), x.data)
            x.grad = d if x.grad is None else x.grad + d


def fit(d: Data, like: Data) -> Data:
    """A contribution in the shape of its input: sums over what was broadcast."""
    shape = shape_of(like)
    if shape_of(d) != shape:
        d = arrays.sum_to(arrays.broadcast_to(d, shape=shape) if len(shape) > len(shape_of(d)) else d, shape=shape)
    return d if shape else float(d)


def store(order: list[Value], before: dict[Value, Data], accumulate: bool) -> Reached:
    """Hands the gradients of leaves to their boxes, and tells of them; one box may have several leaves in a graph."""
    totals: dict[Box, Data] = {}
    outdated: list[Value] = []
    for v in order:
        if v.grad is None:
            del v.grad  # met only through an input without a rule, such as an index
            continue
        if v.op.__class__ is Box:
            box: Any = v.op
            totals[box] = v.grad if box not in totals else totals[box] + v.grad
            if v is not box.value:
                outdated.append(v)
        if v in before:
            v.grad = single(single(before[v]) + single(v.grad))
    for box, total in totals.items():
        changing(box)
        box.spent = ""
        box.grad = total if box.grad is None or not accumulate else single(single(box.grad) + single(total))
    return Reached(order, totals, outdated)


def gradient(root: Value, wrt: Sequence[Value], are_apart: bool = False) -> list[Value | None]:
    """The derivatives of `root`, one number, as values that can be differentiated again.

    None stands for a value that `root` does not depend on. `are_apart` says that none of `wrt` depends on another:
    then what came before them, which may be long, is not looked at. Stores nothing.
    """
    if not root.needs:
        return [None] * len(wrt)
    seed = leaf(1.0 if root.shape == () else arrays.ones_like(root.data))
    grads: dict[Value, Value] = {root: seed}
    keep = set(wrt)
    ends = keep if are_apart or len(wrt) == 1 else ()
    for v in reversed(topological(root, ends)):
        if v.inputs and v in grads and v not in ends:
            g = grads[v] if v in keep else grads.pop(v)
            for x, d in contributions(v, g):
                grads[x] = grads[x] + d if x in grads else d  # type: ignore[operator]
    return [grads.get(x) for x in wrt]


def contributions(v: Value, g: Value) -> list[tuple[Value, Value]]:
    """What one operation contributes to each of its inputs, recorded."""
    row, attrs = v.op, v.attrs or {}
    assert isinstance(row, Row) and row.vjp is not None
    if callable(row.vjp):
        pairs = zip(v.inputs, row.vjp(recorded, g, v, *v.inputs, **attrs), strict=True)
        return [(x, recorded_fit(d, x)) for x, d in pairs if x.needs]
    return [
        (x, recorded_fit(rule(recorded, g, v, *v.inputs, **attrs), x))
        for x, rule in zip(v.inputs, row.vjp, strict=False)
        if x.needs and rule is not None
    ]


def recorded_fit(d: Any, x: Value) -> Value:
    value = d if d.__class__ is Value else leaf(d)
    if value.shape == x.shape:
        return value
    if len(x.shape) > len(value.shape):
        value = recorded.broadcast_to(value, shape=x.shape)
    fitted: Value = recorded.sum_to(value, shape=x.shape) if value.shape != x.shape else value
    return fitted


def detached(v: Value) -> Value:
    """The same numbers without history."""
    return again(v, span=v.span)


def parameters_of(roots: Sequence[Value]) -> list[Box]:
    """The boxes that values were computed from, in the order in which they were declared or met."""
    found: dict[Box, None] = {}
    for root in roots:
        if root.needs:
            for v in topological(root):
                if v.op.__class__ is Box:
                    found[v.op] = None
    return list(found)
