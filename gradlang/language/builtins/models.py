"""Builtins that make models and optimisers, and the check of gradients."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ...engine import autodiff, nn
from ...engine.printing import show
from ...engine.value import Value, leaf, recording, shape_text
from ...faults import Fault
from ...shapes import check_room
from ..calls import call
from ..runtime import RUN
from ..values import NONE, TRUE, Builtin, Function, Model, host, kind, real, tensor, whole
from .learning import boxes_of
from .registry import builtin, lookup


def activation_of(f: Any, at: int) -> Any:
    """A function of the program as a function of values; None for none."""
    if f is None or f is NONE:
        return None
    if not isinstance(f, Function | Builtin | Model):
        raise Fault(
            "E0301", f"an activation is a function, and this is {kind(f)}", "for instance `activation=tanh`", at=at
        )
    return lambda x: tensor(call(f, [x]))


def name_of(f: Any) -> str:
    return "none" if f is None or f is NONE else getattr(f, "name", "") or "…"


@builtin(
    "n_in, n_out, activation='relu', output=none, init='uniform'",
    "models",
    "A multilayer perceptron: 2 inputs, a layer of 16 and one output are mlp(2, [16, 1]). Called on a vector or batch.",
    "mlp(2, [16, 1])([0, 0]).shape  #> (1,)",
)
def mlp(n_in: Any, n_out: Any, activation: Any, output: Any, init: Any) -> Model:
    f = lookup("relu") if activation == "relu" else activation
    sizes = [whole(n_in, "the number of inputs", 0)]
    layers = host(n_out)
    sizes += [whole(n, "the size of a layer", 1) for n in (layers if isinstance(layers, tuple) else (layers,))]
    check_layers(sizes)
    if len(sizes) < 2:
        raise Fault("E0308", "a model needs at least one layer", "for instance `mlp(2, [16, 1])`", at=1)
    net = nn.Mlp(sizes, activation_of(f, 2) or (lambda x: x), activation_of(output, 3), init)
    shown = f"mlp({sizes[0]}, [{', '.join(map(str, sizes[1:]))}], activation={name_of(f)}, output={name_of(output)})"
    return Model(shown, net.boxes, net)


@builtin(
    "n_in, n_out, init='uniform'", "models", "One affine layer, x @ W + b.", "linear(3, 2)([1, 2, 3]).shape  #> (2,)"
)
def linear(n_in: Any, n_out: Any, init: Any) -> Model:
    sizes = [whole(n_in, "the number of inputs", 0), whole(n_out, "the number of outputs", 1)]
    check_layers(sizes)
    layer = nn.Layer(sizes[0], sizes[1], init, "linear")
    return Model(f"linear({sizes[0]}, {sizes[1]})", [layer.w, layer.b], layer)


def check_layers(sizes: list[int]) -> None:
    for i, n in enumerate(sizes):
        if n < 1:
            raise Fault("E0308", f"a layer has at least one unit, and this asks for {n}", at=min(i, 1))
    for layer in pairwise(sizes):
        check_room(layer)


@builtin(
    "params, lr, momentum=0, weight_decay=0",
    "models",
    "Gradient descent: `.step()` moves the parameters.",
    "opt = sgd(model, lr=0.1)",
)
def sgd(params: Any, lr: Any, momentum: Any, weight_decay: Any) -> nn.Sgd:
    return nn.Sgd(some_boxes(params), *[real(x, "a setting") for x in (lr, momentum, weight_decay)])


@builtin(
    "params, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0",
    "models",
    "Adam: `.step()` moves the parameters.",
    "opt = adam(model, lr=0.01)",
)
def adam(params: Any, lr: Any, beta1: Any, beta2: Any, eps: Any, weight_decay: Any) -> nn.Adam:
    return nn.Adam(some_boxes(params), *[real(x, "a setting") for x in (lr, beta1, beta2, eps, weight_decay)])


def some_boxes(params: Any) -> list[Any]:
    boxes = boxes_of(params)
    if not boxes:
        raise Fault(
            "E0308",
            f"{kind(params)} has no parameters to optimise",
            "declare them with `param w = …`, or give a model",
            at=0,
        )
    return boxes


@builtin(
    "*f_and_x",
    "learning",
    "Whether the gradient of f at x agrees with central differences; an error shows where it does not.",
    "gradcheck(x -> x**3, 2)  #> true",
)
def gradcheck(arguments: list[Any]) -> Any:
    if len(arguments) < 2:
        raise Fault("E0204", "`gradcheck` needs a function and the point to check it at", "`gradcheck(f, x)`")
    f, points = arguments[0], [tensor(a, i) for i, a in enumerate(arguments[1:], 1)]
    if RUN.health is not None:
        RUN.health.asked(*points)
    inputs = [leaf(p.data, True) for p in points]
    y = tensor(call(f, list(inputs)))
    autodiff.check_root(y)
    for i, (x, g) in enumerate(zip(inputs, autodiff.gradient(y, inputs), strict=True)):
        compare(f, inputs, i, g.data if g is not None else (x.data * 0.0))
    return TRUE


def compare(f: Any, inputs: list[Value], i: int, gradient: Any) -> None:
    """Central differences in every element of argument `i`. Raises Fault E0504 at the first that differs."""
    from ...engine import differences

    x = inputs[i]

    def at(changed: Any) -> float:
        given = [leaf(changed if v is x else v.data) for v in inputs]
        with recording(False):
            return float(tensor(call(f, given)).data)

    analytic = gradient.reshape(-1).tolist() if x.shape else [gradient]
    for k, numeric in enumerate(differences.central(at, x.data)):
        if not differences.agree(analytic[k], numeric):
            where = f" in element {k} of {shape_text(x.shape)}" if x.shape else ""
            raise Fault(
                "E0504",
                f"the gradient in argument {i + 1}{where} is {show(float(analytic[k]))}; differences: {show(numeric)}",
                "at a kink both may be right; look for `detach`, `round` or `.item()` on the way to the result",
            )
