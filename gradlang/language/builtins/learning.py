"""Builtins that differentiate: backward, grad and what belongs to them."""

from __future__ import annotations

from typing import Any

from ...engine import autodiff
from ...engine.charges import listing, working
from ...engine.ops import TABLE
from ...engine.value import STATE, Box, Value, again, apply, leaf, recording, seen, shape_text
from ...faults import Fault
from ...signature import Signature
from ..calls import call
from ..runtime import RUN
from ..values import Builtin, Function, List, Model, condition, constant, kind, read, sequence, tensor, whole
from .registry import builtin

IDENTITY = TABLE["identity"]


@builtin(
    "y, accumulate=false",
    "learning",
    "Sets `.grad` of every value that y, one number, was computed from.",
    "backward(loss)",
    is_recorded=True,
)
def backward(y: Any, accumulate: Any) -> None:
    root = tensor(y, 0)
    reached = autodiff.backward(root, accumulate is True or accumulate is not False and condition(accumulate))
    RUN.last_root, RUN.loss = root, root.data
    RUN.backwards += 1
    if RUN.history is not None and RUN.headway is not None:
        RUN.history.differentiated(RUN.headway.node, root.data)
    if RUN.health is not None:
        RUN.health.differentiated(root, reached)


@builtin(
    "f, wrt=none",
    "learning",
    "grad(f) is the gradient of f in its first argument, a function; grad(f, [0, 1]) in several; grad(y, x) is dy/dx.",
    "grad(x -> x**3)(2)  #> 12",
    is_recorded=True,
)
def grad(f: Any, wrt: Any) -> Any:
    if isinstance(f, Value) and wrt is not None:
        return derivative(f, wrt)
    return derived("grad", f, 0 if wrt is None else wrt, lambda y, grads: grads)


@builtin(
    "f, wrt=0",
    "learning",
    "Like grad(f), a function that gives the value beside the gradient.",
    "value_and_grad(x -> x**3)(2)  #> (8, 12)",
    is_recorded=True,
)
def value_and_grad(f: Any, wrt: Any) -> Any:
    return derived("value_and_grad", f, wrt, lambda y, grads: (y, grads))


def derived(name: str, f: Any, wrt: Any, result: Any) -> Builtin:
    """The function that differentiates f in the arguments `wrt`."""
    if not isinstance(f, Function | Builtin | Model):
        raise Fault(
            "E0203",
            f"`{name}` differentiates functions, and this is {kind(f)}",
            "for a value y computed from x: `grad(y, x)`",
            at=0,
        )
    many = isinstance(wrt, tuple | List) or isinstance(wrt, Value) and bool(wrt.shape)
    if isinstance(wrt, Value) and wrt.shape:
        wrt = [constant(i) for i in seen(wrt).tolist()]
    places = [whole(i, "which argument", 1) for i in (sequence(wrt) if many else [wrt])]

    def gradient(arguments: list[Any]) -> Any:
        y, grads = gradients(name, f, arguments, places)
        return result(y, tuple(grads) if many else grads[0])

    title = f"{name}({f.name})" if not isinstance(f, Model) and f.name else name
    return Builtin(title, Signature("*arguments"), gradient, is_recorded=True)


def gradients(name: str, f: Any, arguments: list[Any], places: list[int]) -> tuple[Value, list[Value]]:
    """f's value, and its gradients in the arguments at `places`, differentiable again."""
    given = [read(a) for a in arguments]
    inputs: list[Value] = []
    for i in places:
        if not -len(given) <= i < len(given):
            raise Fault(
                "E0204",
                f"`{name}` differentiates in argument {i}, and {len(given)} are given",
                "the first argument is number 0",
            )
        wanted = tensor(given[i], i)
        if RUN.health is not None:
            RUN.health.asked(wanted)
        x = fresh(wanted)
        given[i] = x
        inputs.append(x)
    calling = RUN.calling
    y = tensor(call(f, given))
    RUN.calling = calling  # and not the last call inside of f
    if any(n != 1 for n in y.shape):
        raise Fault(
            "E0502",
            f"`{name}` needs a function that gives one number, and this gives a tensor of shape {shape_text(y.shape)}",
            "reduce it first, for instance with `.mean()` or `.sum()`",
        )
    are_apart = len({i % len(given) for i in places}) == len(places)
    found = autodiff.gradient(y, inputs, are_apart)
    if RUN.health is not None:
        RUN.health.derived(y, found)
    return y, [zero_like(x) if g is None else g for x, g in zip(inputs, found, strict=True)]


def fresh(x: Value) -> Value:
    """A value of its own for one argument: what is computed from it can be told from what is not."""
    return apply(IDENTITY, x) if x.needs and STATE.recording else again(x, True, x.span)


def zero_like(x: Value) -> Value:
    if not x.shape:
        return leaf(0.0)
    with recording(False):
        return apply(TABLE["mul"], x, leaf(0.0))


def derivative(y: Value, x: Any) -> Any:
    """dy/dx for values; several x give a tuple."""
    many = isinstance(x, tuple | List)
    wanted = [tensor(v, 1) for v in (sequence(x) if many else [x])]
    autodiff.check_root(y)
    found = autodiff.gradient(y, wanted)
    if RUN.health is not None:
        RUN.health.asked(*wanted)
        RUN.health.derived(y, found)
    for g in found:
        if g is None:
            raise Fault(
                "E0503",
                "the first value does not depend on the second",
                "give the value that it was computed from",
                at=1,
            )
    return tuple(found) if many else found[0]


@builtin("x", "learning", "The same numbers without history: gradients stop here.", "detach(2)  #> 2", is_recorded=True)
def detach(x: Any) -> Value:
    v = tensor(x, 0)
    if RUN.health is not None:
        RUN.health.cut(v, RUN.calling)
    return autodiff.detached(v)


@builtin("x", "learning", "The one number of a value, without history.", "item([7])  #> 7", is_recorded=True)
def item(x: Any) -> Value:
    v = tensor(x, 0)
    if v.shape and v.data.size != 1:
        raise Fault("E0301", f"`item` needs one number, and this is {kind(v)}", at=0)
    if RUN.health is not None:
        RUN.health.cut(v, RUN.calling)
    if v.shape:
        with recording(False):
            v = apply(TABLE["reshape"], v, span=v.span, attrs={"shape": ()})
    return again(v, span=v.span)


@builtin(
    "model",
    "learning",
    "The parameters of a model, a function, a list of these, or of a computed value.",
    "len(parameters(mlp(2, [1])))  #> 2",
    is_recorded=True,
)
def parameters(model: Any) -> List:
    return List(boxes_of(model))


@builtin(
    "model",
    "learning",
    "How many numbers the parameters hold.",
    "num_parameters(mlp(3, [4, 4, 1]))  #> 41",
    is_recorded=True,
)
def num_parameters(model: Any) -> Value:
    return constant(sum(box.value.data.size if box.value.shape else 1 for box in boxes_of(model)))


@builtin(
    "model",
    "learning",
    "Sets the gradients of parameters to zero. Not needed: backward sets gradients, it never adds up.",
    "zero_grad(model)",
    is_recorded=True,
)
def zero_grad(model: Any) -> None:
    for box in boxes_of(model):
        autodiff.set_gradient(box, zero_like(box.value))


def boxes_of(x: Any) -> list[Box]:
    """The boxes something depends on, each once, in the order they are met."""
    found: dict[Box, None] = {}
    seen: set[int] = set()
    stack: list[Any] = [x]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if part.__class__ is Box:
            found[part] = None
        elif part.__class__ is Value:
            found.update(dict.fromkeys(autodiff.parameters_of([part])))
        elif part.__class__ is Function:
            stack.extend(reversed(captured(part)))
        elif isinstance(part, Model):
            found.update(dict.fromkeys(part.boxes))
        elif isinstance(part, List | tuple):
            listing(len(part), 16)
            stack.extend(reversed(sequence(part)))
        elif hasattr(part, "settings"):
            found.update(dict.fromkeys(part.boxes))
    working(len(found))
    return list(found)


def captured(function: Function) -> list[Any]:
    """What stands in the outer names that a function reads."""
    cells: list[Any] = []
    for variable, depth in function.scope.free.items():
        frame = function.frame
        for _ in range(depth - 1):
            frame = frame[0]
        if variable.slot < len(frame) and frame[variable.slot] is not None:
            cells.append(frame[variable.slot])
    return cells
