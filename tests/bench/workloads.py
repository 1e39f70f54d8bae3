"""What is measured: the programs, their numbers, and the figures to reach.

Owns the text that gradlang runs, so that text is what every peer imitates. Each
workload's data and first weights are made once, by gradlang's own generator
(`make_numbers`), together with the loss of every step as the interpreter finds
it; peers read them from a file and must follow the same losses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MOONS = """manual_seed(1337)
X, labels = make_moons(100, noise=0.1)
y = labels * 2 - 1
model = mlp(2, [16, 16, 1])"""
MOONS_STEP = """scores = model(X)[:, 0]
loss = (1 - y * scores).relu().mean() + 1e-4 * sum([(p * p).sum() for p in parameters(model)])
backward(loss)
rate = maximum(0.1, 1.0 - 0.9 * step / 100)
for p in parameters(model) { p -= rate * p.grad }"""

XOR = """manual_seed(1)
X = [[0, 0], [0, 1], [1, 0], [1, 1]]
y = [0, 1, 1, 0]
model = mlp(2, [2, 1], activation=sigmoid, output=sigmoid)"""
XOR_STEP = """i = step % 4
loss = ((model(X[i]) - y[i])**2).sum()
backward(loss)
for p in parameters(model) { p -= 0.1 * p.grad }"""

LECTURE = """manual_seed(1)
X = [[2, 3, -1], [3, -1, 0.5], [0.5, 1, 1], [1, 1, -1]]
y = [1, -1, -1, 1]
model = mlp(3, [4, 4, 1], activation=tanh, output=tanh)"""
LECTURE_STEP = """loss = ((model(X)[:, 0] - y)**2).sum()
backward(loss)
for p in parameters(model) { p -= 0.1 * p.grad }"""

DIGITS = """manual_seed(1)
model = mlp(64, [128, 64, 10], init="kaiming")"""
LARGE = """manual_seed(1)
X = rand(128, 784)
y = randint(0, 10, [128])
model = mlp(784, [512, 512, 10], init="kaiming")"""
CLASSES_STEP = """loss = cross_entropy(model(X), y)
backward(loss)
for p in parameters(model) { p -= 0.1 * p.grad }"""

# micrograd's nn.py in gradlang: a layer is a list of neurons, and the points go through one by one. The weights are
# the columns of the model of moons. `%s` is what a point is and what a neuron does with it.
NEURONS = (
    MOONS
    + """
points = [%s for i in range(len(X))]
neuron(weights, bias, is_last) = {
  param w = weights
  param b = bias
  act(x) = %s + b
  if is_last { act } else { x -> act(x).relu() }
}
layer(W, b, is_last) = [neuron(W[:, j].detach(), b[j].item(), is_last) for j in range(len(b))]
W1, b1, W2, b2, W3, b3 = [p.detach() for p in parameters(model)]
first = layer(W1, b1, false); second = layer(W2, b2, false); last = layer(W3, b3, true)
score(x) = {
  h = [neuron(x) for neuron in first]
  h = [neuron(h) for neuron in second]
  last[0](h)
}
"""
)
BY_NEURON = NEURONS % ("X[i]", "w @ x")
BY_NUMBER = NEURONS % ("[X[i, 0], X[i, 1]]", "sum([wi * xi for wi, xi in zip(w, x)])")
NEURONS_STEP = """scores = [score(x) for x in points]
losses = [(1 - yi * s).relu() for yi, s in zip(y, scores)]
loss = sum(losses) / len(losses) + 1e-4 * sum([(p * p).sum() for p in parameters(score)])
backward(loss)
rate = maximum(0.1, 1.0 - 0.9 * step / 100)
for p in parameters(score) { p -= rate * p.grad }"""


@dataclass(frozen=True)
class Workload:
    """A training loop.

    setup, step    gradlang text: once, and in each pass of the loop, where it leaves `loss`
    steps          passes of one training
    moved          gradlang text: the parameters that a restart puts back; empty where there are none
    unit           what the figures are per, and `units` how many of those a pass has
    goals          at most so many times each peer's time, for one thread; "C" is the best of the C programs
    few            steps for peers that are too slow for all of them
    given          names that come from outside of the program's text
    like           the workload whose numbers and losses are also this one's
    on_request     measured only when named
    """

    name: str
    setup: str
    step: str
    steps: int
    moved: str = "parameters(model)"
    unit: str = "step"
    units: int = 1
    goals: dict[str, float] = field(default_factory=dict)
    few: int = 2
    given: tuple[str, ...] = ()
    like: str = ""
    on_request: bool = False
    matters_for_threads: bool = False


SCORE = "parameters(score)"
CR, OFF, FORI = "micrograd.cr", "micrograd, collector off", "JAX, fori_loop"


def chain(name: str, length: int, on_request: bool = False) -> Workload:
    """One scalar that is moved on `length / 5` times by 5 operations, then differentiated."""
    body = f"for i in range({length // 5}) {{ y = y * 1.0000001 + 0.5 * tanh(y) * 1e-3 }}"
    step = f"x = 0.5; y = x\n{body}\nbackward(y)\nloss = y.item() + x.grad.item()"
    return Workload(name, "", step, 1, "", "operation", length, {"micrograd": 0.15}, few=1, on_request=on_request)


WORKLOADS = {
    w.name: w
    for w in [
        Workload("moons", MOONS, MOONS_STEP, 100, goals={"C": 1.15, FORI: 0.3, "PyTorch": 0.02}),
        Workload("xor", XOR, XOR_STEP, 4000, goals={"C -O3 -ffast-math": 1.3, FORI: 0.9, CR: 0.03}, few=400),
        Workload("lecture", LECTURE, LECTURE_STEP, 100, goals={"C -O3": 1.0, FORI: 0.1}, few=40),
        Workload(
            "digits",
            DIGITS,
            CLASSES_STEP,
            100,
            goals={"C": 1.0, FORI: 0.8},
            given=("X", "y"),
            matters_for_threads=True,
        ),
        Workload("large", LARGE, CLASSES_STEP, 20, goals={"C, OpenBLAS": 1.05, FORI: 1.0}, matters_for_threads=True),
        chain("chain", 100_000),
        chain("chain-1e4", 10_000, on_request=True),
        chain("chain-1e6", 1_000_000, on_request=True),
        Workload("micro", BY_NEURON, NEURONS_STEP, 100, SCORE, goals={CR: 0.05, OFF: 0.005}, like="moons"),
        Workload("micro-scalar", BY_NUMBER, NEURONS_STEP, 100, SCORE, goals={CR: 0.05, OFF: 0.005}, like="moons"),
    ]
}


class Problem:
    """The numbers of a workload, the same for every peer.

    X, y        the data, [rows, n_in] and [rows]
    layers      the first weights, a W [n_in, n_out] and a b [n_out] a layer
    losses      of each step
    """

    def __init__(self, name: str, numbers: dict[str, Array]) -> None:
        self.workload = WORKLOADS[name]
        self.steps, self.few = self.workload.steps, self.workload.few
        self.numbers = numbers
        self.losses = [float(x) for x in numbers["losses"]]

    @property
    def X(self) -> Array:
        return self.numbers["X"]

    @property
    def y(self) -> Array:
        return self.numbers["y"]

    @cached_property
    def layers(self) -> list[tuple[Array, Array]]:
        weights = [self.numbers[key] for key in sorted(key for key in self.numbers if key.startswith("parameter"))]
        return list(zip(weights[::2], weights[1::2], strict=True))

    @cached_property
    def sizes(self) -> list[int]:
        return [self.layers[0][0].shape[0], *(b.shape[0] for _, b in self.layers)]

    @cached_property
    def flat(self) -> Array:
        """All weights in one vector: W row by row, then b, a layer at a time."""
        return np.concatenate([p.ravel() for layer in self.layers for p in layer])

    def expected(self, done: int) -> float:
        """The loss of the last of `done` steps."""
        return self.losses[done - 1]

    def save(self, folder: Path) -> None:
        np.savez(folder / f"{self.workload.name}.npz", **self.numbers)

    @classmethod
    def load(cls, folder: Path, name: str) -> Problem:
        with np.load(folder / f"{name}.npz") as file:
            return cls(name, dict(file))


def make_numbers(workload: Workload) -> Problem:
    """Runs the workload once by gradlang, as a program would, and keeps what the peers need."""
    import gradlang

    if workload.like:
        return Problem(workload.name, make_numbers(WORKLOADS[workload.like]).numbers)
    given = digits() if workload.given else {}
    kept = "kept = [p.detach() for p in parameters(model)]" if workload.moved else "kept = []"
    body = f"{workload.step}\ntrace = append(trace, loss.item())"
    text = f"{workload.setup}\n{kept}\ntrace = []\nfor step in range({workload.steps}) {{\n{body}\n}}"
    result = gradlang.run(text, output=lambda text: None, **given)
    numbers = {"losses": np.array(result["trace"], float), **given}
    for name in ("X", "y"):
        if workload.moved and name not in given:
            numbers[name] = np.array(result[name], float)
    for i, p in enumerate(result["kept"]):
        numbers[f"parameter{i:02}"] = np.ascontiguousarray(np.atleast_1d(p), float)
    return Problem(workload.name, numbers)


def digits() -> dict[str, Array]:
    """64 handwritten digits, 8 x 8 grey levels from 0 to 1, and which they are; noise where scikit-learn is absent."""
    try:
        from sklearn.datasets import load_digits  # type: ignore[import-untyped]

        bunch = load_digits()
        return {"X": bunch.data[:64] / 16.0, "y": bunch.target[:64].astype(float)}
    except ImportError:
        import gradlang

        result = gradlang.run("manual_seed(64)\nX = rand(64, 64)\ny = randint(0, 10, [64])")
        return {"X": np.asarray(result["X"]), "y": np.asarray(result["y"], float)}
