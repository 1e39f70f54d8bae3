"""Every differentiable row against PyTorch: values and gradients to 1e-10."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differences import Weighted, close
from table_cases import ALL, DIFFERENTIABLE, Shape, cases_of, index_key, random_of
from table_cases import quiet as quiet

from gradlang.engine.ops import TABLE


def torch_functions() -> dict[str, Callable[..., Any]]:
    torch = pytest.importorskip("torch")
    nn = torch.nn.functional

    def over(function: Callable[..., Any]) -> Callable[..., Any]:
        """A reduction that wants its dimensions spelled out."""
        return lambda x, dim=None, keepdim=False, **more: function(
            x, dim=tuple(range(x.ndim)) if dim is None else dim, keepdim=keepdim, **more
        )

    def prod(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
        if dim is not None:
            return x.prod(dim, keepdim)
        return x.prod().reshape((1,) * x.ndim) if keepdim else x.prod()

    def key(x: Any, indices: tuple[Any, ...], spec: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        """PyTorch has no negative steps: reverse first."""
        entries = []
        for dim, entry in enumerate(spec):
            if entry[0] == "slice" and (entry[3] or 1) < 0:
                x = x.index_select(dim, torch.tensor(range(x.shape[dim])[slice(*entry[1:])]))
                entry = ALL
            entries.append(entry)
        found = index_key(tuple(entries), tuple(i.numpy() for i in indices))
        if any(isinstance(p, np.ndarray) for p in found):  # and takes a number beside a tensor for no tensor
            found = tuple(np.array([p]) if isinstance(p, int) else p for p in found)
        return x, tuple(torch.from_numpy(p) if isinstance(p, np.ndarray) else p for p in found)

    def getitem(x: Any, *indices: Any, spec: tuple[Any, ...]) -> Any:
        x, found = key(x, indices, spec)
        return x[found]

    def scatter(x: Any, *indices: Any, spec: tuple[Any, ...], shape: Shape) -> Any:
        numbers, found = key(torch.arange(math.prod(shape)).reshape(shape), indices, spec)
        flat_zeros = torch.zeros(math.prod(shape), dtype=x.dtype)
        return flat_zeros.index_add(0, numbers[found].reshape(-1), x.reshape(-1)).reshape(shape)

    return {
        "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "mod": torch.remainder,
        "pow": torch.pow, "matmul": torch.matmul, "neg": torch.neg, "exp": torch.exp, "log": torch.log,
        "sqrt": torch.sqrt, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan, "tanh": torch.tanh,
        "sigmoid": torch.sigmoid, "relu": torch.relu, "normal_cdf": torch.special.ndtr, "gelu": nn.gelu,
        "leaky_relu": lambda x, slope: torch.where(x > 0, x, slope * x), "softplus": nn.softplus, "abs": torch.abs,
        "where": torch.where, "minimum": torch.minimum, "maximum": torch.maximum,
        "clamp": lambda x, low, high: torch.minimum(torch.maximum(x, low), high),
        "identity": torch.clone, "sum": over(torch.sum), "mean": over(torch.mean), "std": over(torch.std),
        "var": over(torch.var), "max": over(torch.amax), "min": over(torch.amin), "prod": prod,
        "norm": over(torch.linalg.vector_norm), "logsumexp": over(torch.logsumexp), "reshape": torch.reshape,
        "transpose": lambda x, dim0=-2, dim1=-1: torch.transpose(x, dim0, dim1),
        "stack": lambda *x, dim=0: torch.stack(x, dim), "cat": lambda *x, dim=0: torch.cat(x, dim),
        "squeeze": lambda x, dim=None: x.squeeze() if dim is None else x.squeeze(dim), "unsqueeze": torch.unsqueeze,
        "flip": lambda x, dim=None: x.flip(
            tuple(range(x.ndim)) if dim is None else dim if isinstance(dim, tuple) else (dim,)
        ),
        "broadcast_to": lambda x, shape: torch.broadcast_to(x, shape),
        "sum_to": lambda x, shape: x.sum_to_size(shape), "getitem": getitem,
        "scatter": scatter, "softmax": lambda x, dim=-1: torch.softmax(x, dim),
        "log_softmax": lambda x, dim=-1: torch.log_softmax(x, dim),
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*degrees of freedom")
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_values_and_gradients_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    function = torch_functions().get(name)
    assert function is not None, f"no PyTorch function stands beside {name}: add it to torch_functions"
    row, rng = TABLE[name], random_of(name + " torch")
    for c in cases_of(row):
        f = Weighted(row, c, rng)
        tensors = [torch.tensor(x, requires_grad=i in f.free) for i, x in enumerate(f.data)]
        out = function(*tensors, *map(torch.tensor, c.indices), **c.attrs)
        close(f.value(f.leaves(f.point)).data, out.detach().numpy(), 1e-10, (name, c))
        (out * torch.tensor(f.weights)).sum().backward()
        for i, slope in zip(f.free, f.slopes(f.point), strict=True):
            close(slope, tensors[i].grad.numpy(), 1e-10, (name, c, i))


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_agree_with_pytorch(seed: int) -> None:
    pytest.importorskip("torch")
    from torch_graphs import TOLERANCE, disagreement, random_graph

    assert disagreement(random_graph(seed)) <= TOLERANCE
