"""Numbers and tensors as text.

Owns what `print` and `repr` write for raw data. Scalars are the common case: they
need no NumPy. Texts of tensors are laid out as PyTorch lays them out, without the
word `tensor`; https://pytorch.org/docs/stable/generated/torch.set_printoptions.html
names the rules.

Invariant: `exact` reads back as the very same data; `show` is for people.
"""

from __future__ import annotations

from typing import Any

from .charges import listing
from .value import Data

WHOLE_LIMIT = 1e15  # whole numbers up to here are written bare
SMALL, LARGE = 1e-4, 1e6  # outside, numbers are written as 1.2346e+06
RATIO = 1000.0  # tensors whose numbers differ more are written so, too
LONGEST, EDGE = 1000, 3  # larger tensors are shortened to this many at each end of an axis
WIDTH = 80


def show(data: Data, width: int = WIDTH) -> str:
    """Text for people: at most 4 digits after the point, large tensors shortened, vectors broken into lines."""
    if data.__class__ is float:
        if data - data != 0:  # inf and nan
            return str(data)
        size = abs(data)
        if size <= WHOLE_LIMIT and data == data // 1:
            return str(int(data))
        return f"{data:.4f}" if SMALL <= size < LARGE else f"{data:.4e}"
    if data.__class__ is bool:
        return "true" if data else "false"
    return _show_array(data, width)


def exact(data: Data) -> str:
    """Text with all digits, which the language reads back as the same data."""
    if data.__class__ is float:
        text = repr(data)
        return text[:-2] if text.endswith(".0") else text
    if data.__class__ is bool:
        return "true" if data else "false"
    if not data.size and data.ndim > 1:
        return f"zeros({', '.join(map(str, data.shape))})"  # brackets alone would lose the shape
    listing(data.size)
    texts = [exact(x) for x in data.ravel().tolist()]
    for size in reversed(data.shape):
        texts = ["[" + ", ".join(row) + "]" for row in _rows(texts, size)] if texts else ["[]"]
    return texts[0]


def _show_array(data: Any, width: int) -> str:
    if not data.size:
        return "[]" if data.ndim == 1 else f"[] (shape [{', '.join(map(str, data.shape))}])"
    cut = [data.size > LONGEST and size > 2 * EDGE for size in data.shape]
    for axis, short in enumerate(cut):
        if short:
            data = data.take([*range(EDGE), *range(-EDGE, 0)], axis=axis)
    listing(data.size)
    texts = _aligned(data)
    for axis in reversed(range(data.ndim)):
        separator = "," + "\n" * (data.ndim - 1 - axis) + " " * (axis + 1)
        innermost = axis == data.ndim - 1
        rows = _rows(texts, data.shape[axis])
        if cut[axis]:
            rows = [[*row[:EDGE], " ..." if innermost else "...", *row[EDGE:]] for row in rows]
        texts = ["[" + (_wrapped(row, axis, width) if innermost else separator.join(row)) + "]" for row in rows]
    return texts[0]


def _rows(texts: list[str], size: int) -> list[list[str]]:
    return [texts[i : i + size] for i in range(0, len(texts), size)]


def _wrapped(row: list[str], indent: int, width: int) -> str:
    """The numbers of one vector, broken into lines."""
    per_line = max(1, (width - indent) // (len(row[0]) + 2))
    return (",\n" + " " * (indent + 1)).join(", ".join(line) for line in _rows(row, per_line))


def _aligned(data: Any) -> list[str]:
    """Every element in the one format of the tensor, padded to the same width."""
    elements = data.ravel().tolist()
    if data.dtype == bool:
        texts = ["true" if x else "false" for x in elements]
    else:
        form = _format([abs(x) for x in elements if x - x == 0 and x != 0])
        texts = [format(x + 0.0, form) for x in elements]  # + 0.0 makes a minus zero a zero
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts]


def _format(sizes: list[float]) -> str:
    """The format that suits all these numbers: bare, four digits, or scientific."""
    if not sizes:
        return ".0f"
    small, large = min(sizes), max(sizes)
    if large <= WHOLE_LIMIT and all(x == x // 1 for x in sizes):
        return ".0f"
    return ".4e" if large / small > RATIO or small < SMALL or large >= LARGE else ".4f"
