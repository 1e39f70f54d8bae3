"""Random graphs of 5 to 50 operations, computed by gradlang and by PyTorch: values and gradients must agree.

    python tests/torch_graphs.py [COUNT] [FIRST]

A graph is a list of operations on what is there already, leaves of several
shapes included, so values are used many times and broadcast. Numbers are kept
near 1 (`tanh` before what grows), for the comparison is relative to 1.
"""

from __future__ import annotations

import random
import sys
from typing import Any, NamedTuple

import numpy as np
from test_torch import torch_functions

from gradlang.engine.autodiff import backward
from gradlang.engine.ops import TABLE
from gradlang.engine.value import apply, leaf, shape_of
from gradlang.faults import Fault
from gradlang.shapes import broadcast

TOLERANCE = 1e-10
SHAPES = [(), (3,), (2, 3), (1, 3), (3, 2), (2, 1)]
UNARY = ["neg", "sin", "cos", "tanh", "sigmoid", "relu", "softplus", "gelu", "normal_cdf", "abs", "identity"]
BINARY = ["add", "sub", "mul", "minimum", "maximum"]
REDUCTIONS = ["sum", "mean", "max", "min", "logsumexp", "norm", "var"]
BY_ROWS = ["softmax", "log_softmax"]


class Operation(NamedTuple):
    row: str
    inputs: tuple[int, ...]
    attrs: dict[str, Any]


class Graph(NamedTuple):
    leaves: list[Any]
    operations: list[Operation]


def fits(x: Any, y: Any) -> bool:
    try:
        broadcast(x, y)
    except Fault:
        return False
    return True


def random_graph(seed: int) -> Graph:
    rng = random.Random(seed)
    numbers = np.random.default_rng(seed)
    leaves = [numbers.uniform(0.2, 1.5, rng.choice(SHAPES)) * rng.choice([1, -1]) for _ in range(rng.randint(2, 5))]
    values = list(leaves)
    operations: list[Operation] = []

    def add(row: str, *inputs: int, **attrs: Any) -> int:
        out = TABLE[row].evaluate([as_data(values[i]) for i in inputs], attrs or None)
        values.append(np.asarray(out))
        operations.append(Operation(row, inputs, attrs))
        return len(values) - 1

    for _ in range(rng.randint(5, 50)):
        i = rng.randrange(len(values))
        shape = shape_of(values[i])
        kinds = ["unary", "binary", "binary", "positive", "divided", "squashed"]
        kinds += ["reduced", "by rows", "shaped"] if shape else []
        kinds += ["product"] if len(shape) == 2 else []
        match rng.choice(kinds):
            case "unary":
                add(rng.choice(UNARY), i)
            case "binary":
                others = [j for j, x in enumerate(values) if fits(shape_of(x), shape)]
                add(rng.choice(BINARY), *rng.sample([i, rng.choice(others)], 2))
            case "positive":
                add(rng.choice(["log", "sqrt"]), add("softplus", i))
            case "divided":
                others = [j for j, x in enumerate(values) if fits(shape_of(x), shape)]
                add("div", i, add("softplus", rng.choice(others)))
            case "squashed":
                add(rng.choice(["exp", "tan"]), add("tanh", i))
            case "reduced":
                # the variance of one number is 0 / 0, and the norm of noughts has a corner
                row = rng.choice(REDUCTIONS)
                dim = rng.choice([None, rng.randrange(len(shape))])
                count = int(np.prod(shape)) if dim is None else shape[dim]
                if (row != "var" or count > 1) and (row != "norm" or np.abs(values[i]).min() > 1e-6):
                    add(row, i, dim=dim, keepdim=rng.random() < 0.5)
            case "by rows":
                add(rng.choice(BY_ROWS), i, dim=-1)
            case "shaped":
                add("reshape", i, shape=rng.choice([shape[::-1], (values[i].size,)]))
            case "product":
                add("matmul", i, add("transpose", i))
        if np.abs(values[-1]).max() > 3:  # what grows on and on could only be compared relative to its size
            add("tanh", len(values) - 1)
    return Graph(leaves, operations)


def as_data(x: Any) -> Any:
    return float(x) if x.shape == () else x


def disagreement(graph: Graph) -> float:
    """The largest difference between the two, of the result or of any gradient of a leaf, relative to 1."""
    import torch

    functions = torch_functions()
    ours = [leaf(as_data(x), needs=True) for x in graph.leaves]
    theirs = [torch.tensor(x, requires_grad=True) for x in graph.leaves]
    first = (list(ours), list(theirs))
    for row, inputs, attrs in graph.operations:
        ours.append(apply(TABLE[row], *[ours[i] for i in inputs], attrs=attrs or None))
        theirs.append(functions[row](*[theirs[i] for i in inputs], **attrs))
    root, their_root = ours[0] * 0.0, theirs[0] * 0.0  # type: ignore[operator]
    root, their_root = apply(TABLE["sum"], root), their_root.sum()
    for x, y in zip(ours, theirs, strict=True):
        root, their_root = root + apply(TABLE["sum"], x), their_root + y.sum()  # type: ignore[operator]
    backward(root)
    their_root.backward()
    worst = abs(float(root.data) - their_root.item())
    for x, y in zip(*first, strict=True):
        size = 1 + np.abs(y.grad.numpy())
        worst = max(worst, float((np.abs(np.asarray(x.grad) - y.grad.numpy()) / size).max()))
    return worst


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    start = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    worst, operations = 0.0, 0
    for seed in range(start, start + count):
        graph = random_graph(seed)
        operations += len(graph.operations)
        found = disagreement(graph)
        if not found <= TOLERANCE:
            print(f"seed {seed}: {found:.2e}")
        worst = max(worst, found)
    print(f"{count} graphs of {operations / count:.0f} operations: the largest difference is {worst:.1e}")
    return 0 if worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
