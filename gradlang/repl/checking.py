"""`:check`: the gradient of a value in each of its leaves beside central differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..draw.terminal.fragments import Fragments
from ..engine import autodiff
from ..engine.differences import agree, graph_differences
from ..engine.printing import show
from ..engine.value import Box, Value
from .listings import Row, leaves_of, table

MOST_ELEMENTS = 6  # of one leaf


def compared(root: Value, names: Mapping[str, Any], width: int) -> Fragments:
    """A row for every named leaf, or for some elements of it, parameters first.

    Sets gradients; raises Fault like `backward`.
    """
    autodiff.backward(root)
    rows: list[Row] = [[("heading", title) for title in ("leaf", "gradient", "difference", "")]]
    wrong = 0
    for label, leaf in sorted(leaves_of(root, names), key=lambda item: item[1].op.__class__ is not Box):
        gradient = leaf.op.grad if leaf.op.__class__ is Box else leaf.grad
        flat = gradient.reshape(-1).tolist() if leaf.shape else [gradient]
        places = spread(len(flat))
        for k, numeric in zip(places, graph_differences(root, leaf, places), strict=True):
            fits = agree(flat[k], numeric)
            wrong += not fits
            name = f"{label}{list(index_of(k, leaf.shape))}" if leaf.shape else label
            mark = ("muted", "agrees") if fits else ("error", "differs")
            rows.append([("name", name), ("gradient", show(flat[k])), ("number", show(numeric)), mark])
    if wrong:
        hint = "at a kink both may be right; look for `detach`, `round` or `.item()` on the way to the result\n"
        return [*table(rows, width), ("muted", hint)]
    return table(rows, width)


def spread(count: int) -> list[int]:
    """All places of a tensor, or a few of them from its beginning to its end."""
    if count <= MOST_ELEMENTS:
        return list(range(count))
    return [i * (count - 1) // (MOST_ELEMENTS - 1) for i in range(MOST_ELEMENTS)]


def index_of(k: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    index: list[int] = []
    for size in reversed(shape):
        k, i = divmod(k, size)
        index.append(i)
    return tuple(reversed(index))
