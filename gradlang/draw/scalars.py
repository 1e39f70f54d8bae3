"""Opens a graph of tensors into micrograd's picture: one value a number.

The graph is replayed through the engine itself. A tensor becomes an array of
scalar values, and every row's own `eval` runs over a namespace that works on
such arrays: elementwise operations are applied number by number, sums and
products of matrices become multiplications and additions, shape operations
move references. So a new row opens without a change here, and the gradients
of the opened graph come from its own backward, not from a copy.

Invariant: the program's graph, gradients and parameters stay as they are; an
opened parameter lives in a box of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ..engine import arrays, autodiff
from ..engine.ops import TABLE
from ..engine.table import Row, as_value
from ..engine.value import Box, Value, apply, leaf, recording, shape_of
from ..faults import Fault

MOST_NODES = 20_000
Opened = Any  # a scalar Value, or an object array of them


def scalar_graph(root: Value) -> Value:
    """The same computation in scalars, with gradients if `root` has any. Raises Fault E0308 when it is too large."""
    opened: dict[Value, Opened] = {}
    size = 0
    with recording(True):
        for v in with_constants(root):
            size += cost(v)
            if size > MOST_NODES:
                raise Fault(
                    "E0308",
                    f"number by number this graph has more than {MOST_NODES:,} nodes",
                    "`--detail tensor` draws one node an operation; `--root NAME` draws a part",
                )
            opened[v] = open_operation(v, opened) if v.inputs else open_leaf(v)
    result = opened[root]
    scalar: Value = result if result.__class__ is Value else result.reshape(-1)[0]
    if getattr(root, "grad", None) is not None:
        autodiff.backward(scalar)
    return scalar


def with_constants(root: Value) -> list[Value]:
    """Every value of the graph, inputs first."""
    found: dict[Value, None] = {}
    for v in autodiff.topological(root):
        found.update(dict.fromkeys(x for x in v.inputs if not x.needs))
        found[v] = None
    return list(found)


def cost(v: Value) -> int:
    """About how many scalars an operation opens into."""
    size = int(np.prod(v.shape))
    return 2 * size * v.inputs[0].shape[-1] if v.inputs and v.op is TABLE["matmul"] else size


def open_leaf(v: Value) -> Opened:
    """A leaf's numbers, each a leaf of its own named by its place."""
    name = getattr(v, "name", "")

    def one(number: Any, label: str) -> Value:
        x = Box(number, label).value if v.op.__class__ is Box else leaf(number, v.needs, v.span)
        if label:
            x.name = label
        return x

    if not v.shape:
        return one(v.data, name)
    out = np.empty(v.shape, object)
    for at in np.ndindex(v.shape):
        out[at] = one(v.data[at].item(), element(name, at))
    return out


def element(name: str, at: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, at))}]" if name else ""


def open_operation(v: Value, opened: dict[Value, Opened]) -> Opened:
    row = v.op
    assert isinstance(row, Row)
    # Inputs beyond the rules are positions: they choose numbers, they are none.
    choosing = len(row.vjp) if isinstance(row.vjp, tuple) else len(v.inputs)
    inputs = [opened[x] if i < choosing else x.data for i, x in enumerate(v.inputs)]
    attrs = v.attrs or {}
    out = each(row)(*inputs, **attrs) if row.elementwise else row.eval(SCALARS, *inputs, **attrs)
    label(v, out)
    return out


def label(v: Value, out: Opened) -> None:
    """Hands the tensor's name and place on to its numbers."""
    name = getattr(v, "name", "")
    for at in np.ndindex(shape_of(out) if out.__class__ is not Value else ()):
        x = out[at] if at else out
        if x.span is None:
            x.span = v.span
        if name and not hasattr(x, "name"):
            x.name = element(name, at) if at else name


def each(row: Row) -> Callable[..., Opened]:
    """An elementwise operation, applied number by number with broadcasting."""

    def call(*inputs: Opened, **attrs: Any) -> Opened:
        if all([x.__class__ is Value or isinstance(x, float | int) for x in inputs]):
            return apply(row, *map(scalar, inputs), attrs=attrs or None)
        parts = np.broadcast_arrays(*[lifted(x) for x in inputs])
        out = np.empty(parts[0].shape, object)
        for at in np.ndindex(out.shape):
            out[at] = apply(row, *[scalar(p[at]) for p in parts], attrs=attrs or None)
        return out

    return call


def scalar(x: Any) -> Value:
    """One number of whatever kind, as a value; true and false stay what they are."""
    return as_value(x if x.__class__ is Value else bool(x) if isinstance(x, bool | np.bool_) else float(x))


def lifted(x: Opened) -> Any:
    """Anything as an array that `broadcast_arrays` takes."""
    if x.__class__ is Value:
        cell = np.empty((), object)
        cell[()] = x
        return cell
    return np.asarray(x)


class ScalarNamespace:
    """The namespace of opened tensors. What it lacks is elementwise, or a row written with rows."""

    def __getattr__(self, name: str) -> Any:
        row = TABLE.get(name)
        if row is None:
            raise AttributeError(name)
        return each(row) if row.elementwise else lambda *inputs, **attrs: row.eval(self, *inputs, **attrs)

    def sum(self, x: Opened, dim: Any = None, keepdim: bool = False) -> Opened:
        return folded("add", x, dim, keepdim, 0.0)

    def prod(self, x: Opened, dim: Any = None, keepdim: bool = False) -> Opened:
        return folded("mul", x, dim, keepdim, 1.0)

    def max(self, x: Opened, dim: Any = None, keepdim: bool = False) -> Opened:
        return folded("maximum", x, dim, keepdim, -np.inf)

    def min(self, x: Opened, dim: Any = None, keepdim: bool = False) -> Opened:
        return folded("minimum", x, dim, keepdim, np.inf)

    def matmul(self, x: Opened, y: Opened) -> Opened:
        return np.matmul(x, y)  # NumPy multiplies and adds whatever can be multiplied and added

    def reshape(self, x: Opened, shape: Any) -> Opened:
        return unwrapped(lifted(x).reshape(shape))

    def transpose(self, x: Opened, dim0: int = -2, dim1: int = -1) -> Opened:
        return x.swapaxes(dim0, dim1)

    def flip(self, x: Opened, dim: Any = None) -> Opened:
        return np.flip(x, axis=dim)

    def stack(self, *tensors: Opened, dim: int = 0) -> Opened:
        return np.stack([lifted(t) for t in tensors], axis=dim)

    def cat(self, *tensors: Opened, dim: int = 0) -> Opened:
        return np.concatenate([lifted(t) for t in tensors], axis=dim)

    def broadcast_to(self, x: Opened, shape: Any) -> Opened:
        return unwrapped(np.broadcast_to(lifted(x), shape))

    def getitem(self, x: Opened, *indices: Any, spec: Any) -> Opened:
        return unwrapped(x[arrays.key(x.shape, indices, spec)])


def folded(name: str, x: Opened, dim: Any, keepdim: bool, empty: float) -> Opened:
    """A reduction as a chain of two-input operations."""
    if x.__class__ is Value:
        return x
    axes = (
        tuple(range(x.ndim)) if dim is None else tuple(a % x.ndim for a in (dim if isinstance(dim, tuple) else (dim,)))
    )
    kept = tuple(a for a in range(x.ndim) if a not in axes)
    groups = x.transpose(*kept, *axes).reshape(*[x.shape[a] for a in kept], -1)
    out = np.empty(groups.shape[:-1], object)
    for at in np.ndindex(out.shape):
        numbers = list(groups[at])
        out[at] = reduce(lambda a, b: apply(TABLE[name], a, b), numbers) if numbers else leaf(empty)
    shape = tuple(1 if a in axes else n for a, n in enumerate(x.shape)) if keepdim else out.shape
    return unwrapped(out.reshape(shape))


def unwrapped(x: Any) -> Opened:
    return x[()] if isinstance(x, np.ndarray) and x.shape == () else x


SCALARS: Any = ScalarNamespace()
