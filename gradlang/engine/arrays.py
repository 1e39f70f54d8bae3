"""NumPy under our names: the namespace in which rules compute on arrays.

Functions are called as the operations are (`dim`, `keepdim`). All numbers are
of one type, STATE.dtype; indices arrive in it too and become integers here.
Loaded when a program first needs an array, because NumPy is slow to load.

Invariant: results are of STATE.dtype or bool. NumPy's warnings are switched off
here only where the whole process is ours; else whoever runs a program does it.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import shapes
from ..faults import Fault
from ..shapes import Dim, Shape
from .value import STATE, Data, shape_of

Array = Any

if STATE.own_process:
    np.seterr(all="ignore")

abs = np.absolute
cos = np.cos
div = np.divide
exp = np.exp
floor = np.floor
floordiv = np.floor_divide
log = np.log
log1p = np.log1p
matmul = np.matmul
maximum = np.maximum
minimum = np.minimum
mod = np.remainder
ones_like = np.ones_like
pow = np.power
round = np.rint
sign = np.sign
sin = np.sin
sqrt = np.sqrt
tan = np.tan
tanh = np.tanh


def typed(x: Data) -> Array:
    """An array of the run's number type; true and false stay as they are."""
    array = np.asarray(x)
    return array if array.dtype == bool else array.astype(STATE.dtype, copy=False)


def erfc(x: Data) -> Array:
    """The complementary error function; NumPy has none, so it is C's, number by number."""
    array = typed(x)
    return np.fromiter(map(math.erfc, array.ravel().tolist()), array.dtype, array.size).reshape(array.shape)


def where(condition: Data, x: Data, y: Data) -> Array:
    return typed(np.where(condition, x, y))


# Reductions --------------------------------------------------------------------------------------------------


def sum(x: Data, dim: Dim = None, keepdim: bool = False) -> Array:
    return np.sum(x, axis=dim, keepdims=keepdim, dtype=STATE.dtype)


def prod(x: Data, dim: int | None = None, keepdim: bool = False) -> Array:
    return np.prod(x, axis=dim, keepdims=keepdim, dtype=STATE.dtype)


def max(x: Data, dim: Dim = None, keepdim: bool = False) -> Array:
    return np.max(x, axis=dim, keepdims=keepdim)


def min(x: Data, dim: Dim = None, keepdim: bool = False) -> Array:
    return np.min(x, axis=dim, keepdims=keepdim)


def argmax(x: Data, dim: int | None = None, keepdim: bool = False) -> Array:
    return typed(np.argmax(x, axis=dim, keepdims=keepdim))


def argmin(x: Data, dim: int | None = None, keepdim: bool = False) -> Array:
    return typed(np.argmin(x, axis=dim, keepdims=keepdim))


def all(x: Data, dim: Dim = None, keepdim: bool = False) -> Array:
    return np.all(x, axis=dim, keepdims=keepdim)


def any(x: Data, dim: Dim = None, keepdim: bool = False) -> Array:
    return np.any(x, axis=dim, keepdims=keepdim)


# Shapes ------------------------------------------------------------------------------------------------------


def broadcast_to(x: Data, shape: Shape) -> Array:
    return np.broadcast_to(typed(x), shape)


def sum_to(x: Data, shape: Shape) -> Array:
    """Sums what broadcasting from `shape` repeated."""
    x = typed(x)
    extra = x.ndim - len(shape)
    gone = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(shape) if n == 1 and x.shape[i + extra] != 1)
    return np.sum(x, axis=gone).reshape(shape)


def reshape(x: Data, shape: Shape) -> Array:
    return typed(x).reshape(shape)


def transpose(x: Array, dim0: int = -2, dim1: int = -1) -> Array:
    return x.swapaxes(dim0, dim1)


def flip(x: Array, dim: Dim = None) -> Array:
    return np.flip(x, axis=dim)


def stack(*tensors: Data, dim: int = 0) -> Array:
    return typed(np.stack(tensors, axis=dim)) if shape_of(tensors[0]) else typed(np.array(tensors))


def cat(*tensors: Array, dim: int = 0) -> Array:
    return typed(np.concatenate(tensors, axis=dim))


# Indexing ----------------------------------------------------------------------------------------------------


def getitem(x: Array, *indices: Data, spec: tuple[Any, ...]) -> Array:
    return x[key(x.shape, indices, spec)]


def scatter(x: Data, *indices: Data, spec: tuple[Any, ...], shape: Shape) -> Array:
    """Zeros of `shape` with x added where `getitem` would read; repeated positions add up."""
    out = np.zeros(shape, STATE.dtype)
    where = key(shape, indices, spec)
    if builtins.any(i.__class__ is np.ndarray for i in where):
        np.add.at(out, where, x)
    else:
        out[where] = x
    return out


def key(shape: Shape, indices: Sequence[Data], spec: tuple[Any, ...]) -> tuple[Any, ...]:
    """What NumPy is to be indexed with; every position is checked."""
    parts: list[Any] = []
    rest = iter(indices)
    for dim, entry in enumerate(spec):
        kind = entry[0]
        if kind == "at":
            parts.append(positions(next(rest), shape[dim], dim))
        elif kind == "index":
            parts.append(entry[1])
        else:
            parts.append(slice(None) if kind == "all" else shapes.slice_of(entry))
    return tuple(parts)


def positions(index: Data, n: int, dim: int) -> Any:
    """Numbers of the program as indices into a dimension of size n."""
    if index.__class__ is float:
        return shapes.position(index, n, dim)
    if index.__class__ is bool:
        raise Fault("E0301", "an index is a whole number, not true or false")
    assert index.dtype != bool, "masks come as positions, through `subscript`"
    whole = index.astype(np.int64)
    if (whole != index).any():
        shapes.position(float(index[whole != index][0]), n, dim)
    outside = (whole < -n) | (whole >= n)
    if outside.any():
        raise shapes.no_position(float(index[outside][0]), n, dim)
    return whole


def nonzero(x: Array, dim: int) -> Array:
    """Where a mask is true: the positions along one of its dimensions."""
    return typed(np.nonzero(x)[dim])


def one_hot(x: Data, n: int) -> Array:
    classes = typed(x)
    hot = classes[..., None] == np.arange(n)
    known = hot.any(-1)
    if not known.all():
        raise Fault(
            "E0406",
            f"there is no class {classes[~known].flat[0]:g} among {n}",
            f"classes are the whole numbers from 0 to {n - 1}",
        )
    return hot.astype(STATE.dtype)


# Making ------------------------------------------------------------------------------------------------------


def array(x: Any) -> Array:
    """Host data, nested tuples or any array, as an array of the run's type; true and false stay."""
    out = np.asarray(x)
    return out if out.dtype == bool else out.astype(STATE.dtype)


def full(shape: Shape, number: float) -> Array:
    return np.full(shape, number, STATE.dtype)


def eye(n: int) -> Array:
    return np.eye(n, dtype=STATE.dtype)


def arange(start: float, stop: float, step: float) -> Array:
    return np.arange(start, stop, step).astype(STATE.dtype)


def linspace(start: float, stop: float, n: int) -> Array:
    return np.linspace(start, stop, n).astype(STATE.dtype)
