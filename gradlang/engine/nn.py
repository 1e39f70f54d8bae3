"""Layers and optimisers: parameters in boxes, computed through `apply` like everything else.

Owns initialisation, the forward pass of multilayer perceptrons and the update
rules. An activation is any function of a value; which of the program's
functions it is, the caller knows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..faults import Fault
from ..shapes import size_of
from . import draws
from .autodiff import gradient_of
from .charges import making, working
from .ops import TABLE
from .origins import within
from .table import arrays, recorded
from .value import STATE, Box, Value, apply, recording, shape_text

LAYER = 20  # units of work that making a parameter takes

Activation = Callable[[Value], Value]


def initial(n_in: int, n_out: int, init: str) -> Any:
    """Weights [n_in, n_out].

    "uniform": uniform(-1, 1), as in micrograd. "xavier": uniform(±sqrt(6 / (n_in + n_out))),
    X. Glorot and Y. Bengio, AISTATS 2010. "kaiming": normal with deviation sqrt(2 / n_in),
    K. He et al., ICCV 2015.
    """
    working(LAYER)
    making(n_in * n_out, 3)
    if init == "uniform":
        return draws.GENERATOR.uniform((n_in, n_out)) * 2.0 - 1.0
    if init == "xavier":
        return (draws.GENERATOR.uniform((n_in, n_out)) * 2.0 - 1.0) * math.sqrt(6.0 / (n_in + n_out))
    if init == "kaiming":
        return draws.GENERATOR.normal((n_in, n_out)) * math.sqrt(2.0 / n_in)
    raise Fault("E0308", f'there is no initialisation "{init}"', 'there are "uniform", "xavier" and "kaiming"')


class Layer:
    """An affine map x @ W + b of the last axis, W [n_in, n_out], b [n_out]."""

    __slots__ = ("b", "name", "w")

    def __init__(self, n_in: int, n_out: int, init: str, name: str) -> None:
        self.name = name
        self.w = Box(initial(n_in, n_out, init), f"{name}.W")
        self.b = Box(arrays.full((n_out,), 0.0), f"{name}.b")

    def __call__(self, x: Value) -> Value:
        n_in = self.w.value.shape[0]
        if not x.shape or x.shape[-1] != n_in:
            raise Fault(
                "E0401",
                f"this model takes {n_in} input{'s' if n_in != 1 else ''}, and this is {shape_text(x.shape)}",
                f"give it a vector [{n_in}] or a batch [n, {n_in}]",
                at=0,
            )
        return apply(TABLE["add"], apply(TABLE["matmul"], x, self.w.value), self.b.value)


class Mlp:
    """Layers with an activation between them, and another, or none, at the end."""

    def __init__(self, sizes: Sequence[int], activation: Activation, output: Activation | None, init: str) -> None:
        self.layers = [
            Layer(n, m, init, f"layer{i}") for i, (n, m) in enumerate(zip(sizes, sizes[1:], strict=False), 1)
        ]
        activations = [*[activation] * (len(self.layers) - 1), output]
        self.stages = [
            layer if f is None else followed(layer, f) for layer, f in zip(self.layers, activations, strict=True)
        ]

    @property
    def boxes(self) -> list[Box]:
        return [box for layer in self.layers for box in (layer.w, layer.b)]

    def __call__(self, x: Value) -> Value:
        for layer, stage in zip(self.layers, self.stages, strict=True):
            x = within("layer", layer.name, None, stage, x)
            if x.needs and not hasattr(x, "name"):
                x.name = layer.name
        return x


def followed(layer: Layer, activation: Activation) -> Activation:
    """A layer with its activation."""
    return lambda x: activation(layer(x))


class Optimiser:
    """Steps down the gradients of some parameters. Its state lives in boxes, one a parameter."""

    name = "optimiser"
    settings: tuple[str, ...] = ()

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = list(boxes)

    @property
    def text(self) -> str:
        numbers = ", ".join(f"{name}={getattr(self, name):g}" for name in self.settings)
        return f"{self.name}({len(self.boxes)} parameters, {numbers})"

    def state(self) -> Any:
        return [getattr(self, name) for name in self.settings]

    def restore(self, state: Any) -> None:
        for name, x in zip(self.settings, state, strict=True):
            setattr(self, name, x)

    def step(self) -> None:
        """Moves every parameter once. Raises Fault E0501 where there is no gradient."""
        if STATE.recorder is not None:
            STATE.recorder.relies_on(self)
        with recording(False):
            for i, box in enumerate(self.boxes):
                if box.grad is None:
                    raise Fault(
                        "E0501",
                        f"parameter `{box.name}` has no gradient to step down",
                        "call `backward(loss)` before `.step()`",
                    )
                box.put(self.moved(i, box.value, gradient_of(box)))
                box.spent = "-"

    def moved(self, i: int, p: Value, g: Value) -> Value:
        raise NotImplementedError

    def zeros(self) -> list[Box]:
        """State that starts at zero, one box a parameter."""
        for box in self.boxes:
            working(LAYER)
            making(size_of(box.value.shape))
        return [Box(box.value.data * 0.0, box.name) for box in self.boxes]


class Sgd(Optimiser):
    """Gradient descent with momentum and weight decay, as torch.optim.SGD (dampening 0, no Nesterov)."""

    name = "sgd"
    settings = ("lr", "momentum", "weight_decay")

    def __init__(self, boxes: Sequence[Box], lr: float, momentum: float = 0.0, weight_decay: float = 0.0) -> None:
        super().__init__(boxes)
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.velocity = self.zeros()

    def moved(self, i: int, p: Any, g: Any) -> Any:
        if self.weight_decay:
            g = g + p * self.weight_decay
        if self.momentum:
            g = self.velocity[i].value * self.momentum + g  # type: ignore[operator]
            self.velocity[i].put(g)
        return p - g * self.lr


class Adam(Optimiser):
    """D. Kingma and J. Ba, "Adam", ICLR 2015, algorithm 1; weight decay added to the gradient, as torch.optim.Adam."""

    name = "adam"
    settings = ("lr", "beta1", "beta2", "eps", "weight_decay")

    def __init__(
        self,
        boxes: Sequence[Box],
        lr: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(boxes)
        self.lr, self.beta1, self.beta2, self.eps, self.weight_decay = lr, beta1, beta2, eps, weight_decay
        self.first, self.second = self.zeros(), self.zeros()
        self.power1, self.power2 = Box(1.0, "beta1^t"), Box(1.0, "beta2^t")

    def step(self) -> None:
        with recording(False):
            for power, beta in ((self.power1, self.beta1), (self.power2, self.beta2)):
                power.put(recorded.mul(power.value, beta))
        super().step()

    def moved(self, i: int, p: Any, g: Any) -> Any:
        if self.weight_decay:
            g = g + p * self.weight_decay
        first: Any = self.first[i].value * self.beta1 + g * (1.0 - self.beta1)  # type: ignore[operator]
        second: Any = self.second[i].value * self.beta2 + g * g * (1.0 - self.beta2)  # type: ignore[operator]
        self.first[i].put(first)
        self.second[i].put(second)
        unbiased = first / (1.0 - self.power1.value)  # type: ignore[operator]
        scale = recorded.sqrt(second / (1.0 - self.power2.value)) + self.eps  # type: ignore[operator]
        return p - unbiased / scale * self.lr
