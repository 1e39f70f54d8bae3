"""What shape comes out of which shapes, and what to say when none does.

Pure functions over tuples of sizes; they know neither data nor operations and
serve run-time checks, dry runs and pictures alike. Errors are Faults of the
family E04; `at` is the position of the operand to blame.

Why broadcasting is stricter than NumPy's: where operands of different rank
both stretch, [100, 1] - [100] is a [100, 100] that nobody meant, and the model
trains to garbage without a word. Outer products are still there: give both the
same rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .faults import Fault

Shape = tuple[int, ...]
Dim = int | tuple[int, ...] | None

AT = ("at",)
ALL = ("all",)


def shape_text(shape: Shape) -> str:
    """`[2, 3]`; a scalar is `a number`."""
    return "[" + ", ".join(map(str, shape)) + "]" if shape else "a number"


def size_of(shape: Shape) -> int:
    """How many numbers a tensor of this shape holds."""
    n = 1
    for size in shape:
        n *= size
    return n


# Broadcasting ------------------------------------------------------------------------------------------------


def broadcast(*shapes: Shape) -> Shape:
    """The shape of an elementwise operation."""
    result = shapes[0]
    for at, shape in enumerate(shapes):
        if shape != result:
            together = stretch(result, shape, at)
            if len(shape) != len(result) and len(shape) and len(result):
                wide = [(1,) * (len(together) - len(s)) + s for s in (result, shape)]
                if together not in wide:
                    raise _both_stretch(result, shape, together, at)
            result = together
    return result


def stretch(x: Shape, y: Shape, at: int = 1) -> Shape:
    """Two shapes broadcast as in NumPy, each as far as it takes."""
    rank = max(len(x), len(y))
    wide_x = (1,) * (rank - len(x)) + x
    wide_y = (1,) * (rank - len(y)) + y
    sizes = []
    for m, n in zip(wide_x, wide_y, strict=True):
        if m != n and m != 1 and n != 1:
            raise _no_broadcast(x, y, at)
        sizes.append(n if m == 1 else m)
    return tuple(sizes)


def _no_broadcast(x: Shape, y: Shape, at: int) -> Fault:
    rule = "sizes are compared from the right; two of them fit when they are equal or one of them is 1"
    short, long = (x, y) if len(x) <= len(y) else (y, x)
    help = [rule]
    if len(short) == 1 and len(long) == 2 and short[0] == long[0]:
        help.append(f"`unsqueeze(…, 1)` makes {shape_text(short)} a column, {shape_text((*short, 1))}, which would fit")
    return Fault("E0402", f"shapes {shape_text(x)} and {shape_text(y)} do not fit together", *help, at=at)


def _both_stretch(x: Shape, y: Shape, result: Shape, at: int) -> Fault:
    short, long = (x, y) if len(x) < len(y) else (y, x)
    help = []
    if len(long) == 2 and long[1] == 1:
        help.append(f"`squeeze(…, 1)` or `[:, 0]` makes {shape_text(long)} a vector, {shape_text(long[:1])}")
    row = (1,) * (len(long) - len(short)) + short
    help.append(f"if every pair is wanted, say so: reshape {shape_text(short)} to {shape_text(row)}")
    return Fault(
        "E0404",
        f"{shape_text(x)} and {shape_text(y)} have different numbers of dimensions and would both be stretched, "
        f"to {shape_text(result)}",
        *help,
        at=at,
    )


# Matrix product ----------------------------------------------------------------------------------------------


def matmul(x: Shape, y: Shape) -> Shape:
    """Vectors, matrices, and batches of matrices whose leading sizes broadcast."""
    if not x or not y:
        at = 0 if not x else 1
        raise Fault("E0401", f"cannot matrix-multiply {_product_text(x, y)}", "`*` multiplies by a number", at=at)
    if x[-1] != y[-2:][0]:
        raise _inner_sizes(x, y)
    return stretch(x[:-2], y[:-2]) + x[-2:-1] + (y[-1:] if len(y) > 1 else ())


def _product_text(x: Shape, y: Shape) -> str:
    return f"{shape_text(x)} @ {shape_text(y)}"


def _inner_sizes(x: Shape, y: Shape) -> Fault:
    help = ["the inner sizes must be equal"]
    if len(y) > 1 and x[-1] == y[-1]:
        help.append(f"the right one transposed, {shape_text((*y[:-2], y[-1], y[-2]))}, would fit: `.T`")
    elif len(x) > 1 and x[-2] == y[-2:][0]:
        help.append(f"the left one transposed, {shape_text((*x[:-2], x[-1], x[-2]))}, would fit: `.T`")
    else:
        fitting = (*y[:-2], x[-1], y[-1]) if len(y) > 1 else (x[-1],)
        help[0] += f"; {shape_text(fitting)} on the right would fit"
    return Fault("E0401", f"cannot matrix-multiply {_product_text(x, y)}", *help, at=1)


# Dimensions --------------------------------------------------------------------------------------------------


def axis(dim: Any, rank: int, shape: Shape | None = None) -> int:
    """One dimension, counted from 0; -1 is the last."""
    if dim.__class__ is not int:
        raise Fault("E0308", "a dimension is a whole number", "dimensions count from 0; -1 is the last")
    if not -rank <= dim < rank:
        raise _no_dimension(dim, rank, shape)
    return int(dim) % rank


def _no_dimension(dim: int, rank: int, shape: Shape | None) -> Fault:
    if rank == 0:
        return Fault("E0405", f"a number has no dimensions, so no dimension {dim}", "leave out `dim`")
    known = "only dimension 0" if rank == 1 else f"dimensions 0 to {rank - 1}"
    what = f" in {shape_text(shape)}" if shape else ""
    return Fault("E0405", f"there is no dimension {dim}{what}", f"it has {known}; -1 is the last")


def axes(dim: Dim, shape: Shape) -> tuple[int, ...]:
    """The dimensions that `dim` names: one, several, or all of them for none."""
    rank = len(shape)
    if dim is None:
        return tuple(range(rank))
    if dim.__class__ is not tuple:
        return (axis(dim, rank, shape),)
    found = tuple(axis(d, rank, shape) for d in dim)
    if len(set(found)) < len(found):
        raise Fault("E0405", "the same dimension is named twice in `dim`")
    return found


def reduce(shape: Shape, dim: Dim = None, keepdim: bool = False) -> Shape:
    """The shape after reducing over `dim`."""
    if dim is None and not keepdim:
        return ()
    gone = axes(dim, shape)
    if keepdim:
        return tuple(1 if i in gone else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in gone)


def reduced_size(shape: Shape, dim: Dim) -> int:
    """How many numbers go into each result of a reduction."""
    return size_of(tuple(shape[i] for i in axes(dim, shape)))


def reduce_some(shape: Shape, dim: Dim = None, keepdim: bool = False) -> Shape:
    """As `reduce`, for operations that have no answer for no numbers."""
    result = reduce(shape, dim, keepdim)
    if reduced_size(shape, dim) == 0:
        raise Fault("E0410", f"nothing to choose from: the tensor has shape {shape_text(shape)}")
    return result


def reduce_one(shape: Shape, dim: int | None = None, keepdim: bool = False) -> Shape:
    """As `reduce`, for operations that take one dimension or all."""
    if dim is not None:
        axis(dim, len(shape), shape)
    return reduce(shape, dim, keepdim)


def reduce_some_one(shape: Shape, dim: int | None = None, keepdim: bool = False) -> Shape:
    reduce_one(shape, dim, keepdim)
    return reduce_some(shape, dim, keepdim)


def along(shape: Shape, dim: int = -1) -> Shape:
    """The shape of what works along one dimension and keeps it."""
    axis(dim, len(shape), shape)
    reduce_some(shape, dim)
    return shape


def transpose(shape: Shape, dim0: int = -2, dim1: int = -1) -> Shape:
    if len(shape) == 1 and (dim0, dim1) == (-2, -1):
        raise Fault(
            "E0405",
            f"a vector, {shape_text(shape)}, has no rows and columns to exchange",
            "`unsqueeze(…, 0)` makes it a row, `unsqueeze(…, 1)` a column",
        )
    i, j = axis(dim0, len(shape), shape), axis(dim1, len(shape), shape)
    sizes = list(shape)
    sizes[i], sizes[j] = sizes[j], sizes[i]
    return tuple(sizes)


# Other arrangements ------------------------------------------------------------------------------------------


def reshape(x: Shape, shape: Sequence[int]) -> Shape:
    """The shape asked for, its -1 worked out."""
    sizes = list(shape)
    if any(n.__class__ is not int or n < -1 for n in sizes) or sizes.count(-1) > 1:
        raise Fault("E0408", "sizes are whole numbers from 0; one may be -1, which is worked out from the others")
    total = size_of(x)
    if -1 in sizes:
        others = size_of(tuple(n for n in sizes if n != -1))
        if others == 0 or total % others:
            raise _no_reshape(x, tuple(sizes))
        sizes[sizes.index(-1)] = total // others
    if size_of(tuple(sizes)) != total:
        raise _no_reshape(x, tuple(sizes))
    return tuple(sizes)


def _no_reshape(shape: Shape, to: Shape) -> Fault:
    total = size_of(shape)
    return Fault(
        "E0408",
        f"cannot reshape {shape_text(shape)} to {shape_text(to)}",
        f"it holds {total} number{'' if total == 1 else 's'}; the sizes must multiply to that",
    )


def broadcast_to(x: Shape, shape: Shape) -> Shape:
    if broadcast(x, shape) != shape:
        raise _no_broadcast(x, shape, 0)
    return shape


def squeeze(shape: Shape, dim: int | None = None) -> Shape:
    if dim is None:
        return tuple(n for n in shape if n != 1)
    i = axis(dim, len(shape), shape)
    if shape[i] != 1:
        raise Fault("E0408", f"cannot drop dimension {dim} of {shape_text(shape)}: its size is {shape[i]}, not 1")
    return shape[:i] + shape[i + 1 :]


def unsqueeze(shape: Shape, dim: int) -> Shape:
    i = axis(dim, len(shape) + 1, shape)
    return (*shape[:i], 1, *shape[i:])


def stack(*shapes: Shape, dim: int = 0) -> Shape:
    if not shapes:
        raise Fault("E0409", "there is nothing to stack")
    first = shapes[0]
    for at, shape in enumerate(shapes):
        if shape != first:
            raise Fault(
                "E0409", f"only equal shapes can be stacked, not {shape_text(first)} and {shape_text(shape)}", at=at
            )
    i = axis(dim, len(first) + 1, first)
    return (*first[:i], len(shapes), *first[i:])


def cat(*shapes: Shape, dim: int = 0) -> Shape:
    if not shapes:
        raise Fault("E0409", "there is nothing to join")
    first = shapes[0]
    if not first:
        raise Fault("E0409", "numbers cannot be joined end to end", "`stack` makes a vector of numbers", at=0)
    i = axis(dim, len(first), first)
    for at, shape in enumerate(shapes):
        if len(shape) != len(first) or shape[:i] + shape[i + 1 :] != first[:i] + first[i + 1 :]:
            raise Fault(
                "E0409",
                f"cannot join {shape_text(first)} and {shape_text(shape)} along dimension {dim}",
                "all other sizes must be equal",
                at=at,
            )
    return (*first[:i], sum(shape[i] for shape in shapes), *first[i + 1 :])


# Indexing ----------------------------------------------------------------------------------------------------


def index(shape: Shape, *indices: Shape, spec: tuple[Any, ...]) -> Shape:
    """The shape of `x[…]`; the form of `spec` is told in `engine.ops.indexing`.

    As in NumPy, index tensors broadcast together, and their shape stands where
    they stood if they stood side by side, else in front.
    """
    if len(spec) == 1 and spec[0] == AT and shape:  # x[i], by far the most frequent
        return indices[0] + shape[1:]
    if len(spec) > len(shape):
        raise Fault(
            "E0405",
            f"{len(spec)} indices for {shape_text(shape)}" if shape else "a number cannot be indexed",
            f"it has {len(shape)} dimension{'' if len(shape) == 1 else 's'}",
        )
    together: Shape = ()
    for at, index_shape in enumerate(indices, 1):
        together = stretch(together, index_shape, at)
    pointed = [i for i, entry in enumerate(spec) if entry[0] in ("at", "index")]
    sizes: list[int] = []
    place = 0 if together and pointed[-1] - pointed[0] >= len(pointed) else None
    for i, n in enumerate(shape):
        entry = spec[i] if i < len(spec) else ALL
        if entry[0] == "slice":
            sizes.append(len(range(n)[slice_of(entry)]))
        elif entry[0] == "all":
            sizes.append(n)
        elif place is None:
            place = len(sizes)
    place = place or 0
    return (*sizes[:place], *together, *sizes[place:])


def slice_of(entry: tuple[Any, ...]) -> slice:
    if entry[3] == 0:
        raise Fault("E0308", "the step of a slice cannot be 0")
    return slice(entry[1], entry[2], entry[3])


def position(i: float, n: int, dim: int) -> int:
    """One index into a dimension of size n, counted from 0."""
    if not i.is_integer():
        raise Fault("E0407", f"an index is a whole number, not {i:g}", "`floor(…)` rounds down")
    if not -n <= i < n:
        raise no_position(i, n, dim)
    return int(i) % n


def no_position(i: float, n: int, dim: int) -> Fault:
    valid = "it is empty" if n == 0 else f"indices go from 0 to {n - 1}, or from -{n} to -1 counted from the end"
    return Fault("E0406", f"index {i:g} is out of range: dimension {dim} has size {n}", valid)


MOST_DIMENSIONS = 64  # NumPy's limit
MOST_NUMBERS = 2**40  # of a tensor, for which no machine has room


def check_room(shape: Shape) -> None:
    """Raises Fault for a tensor that no machine has room for, or of more dimensions than arrays can have."""
    if len(shape) > MOST_DIMENSIONS:
        raise Fault("E0308", f"a tensor has at most {MOST_DIMENSIONS} dimensions, and this would have {len(shape)}")
    largest = size_of(shape)
    if not largest:  # sizes may not be that large, also where another is 0
        largest = size_of(tuple([n or 1 for n in shape]))
    if largest > MOST_NUMBERS:
        many = f"{largest:.3g}" if largest < 10**300 else "more than 1e+300"  # too large to be written so
        raise Fault("E0902", f"a tensor of {many} numbers is too large for memory")
