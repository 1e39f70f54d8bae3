"""`:check`: the gradient of a value in each of its leaves beside central differences."""

from __future__ import annotations

from ..draw.fragments import Fragments
from ..engine import autodiff
from ..engine.differences import agree, graph_differences
from ..engine.printing import show
from ..engine.value import Box, Value
from .listings import Row, table

MOST_ELEMENTS = 6  # of one leaf


def compared(root: Value, width: int) -> Fragments:
    """A row for every named leaf, or for some elements of it. Sets gradients; raises Fault like `backward`."""
    autodiff.backward(root)
    rows: list[Row] = [[("heading", title) for title in ("leaf", "gradient", "difference", "")]]
    wrong = 0
    for leaf in leaves(root):
        gradient = leaf.op.grad if leaf.op.__class__ is Box else leaf.grad
        flat = gradient.reshape(-1).tolist() if leaf.shape else [gradient]
        places = spread(len(flat))
        for k, numeric in zip(places, graph_differences(root, leaf, places), strict=True):
            fits = agree(flat[k], numeric)
            wrong += not fits
            name = f"{leaf.name}{list(index_of(k, leaf.shape))}" if leaf.shape else leaf.name
            mark = ("muted", "agrees") if fits else ("error", "differs")
            rows.append([("name", name), ("gradient", show(flat[k])), ("number", show(numeric)), mark])
    if wrong:
        hint = "at a kink both may be right; look for `detach`, `round` or `.item()` on the way to the result\n"
        return [*table(rows, width), ("muted", hint)]
    return table(rows, width)


def leaves(root: Value) -> list[Value]:
    """Named leaves and parameters, each once."""
    found: dict[object, Value] = {}
    for v in autodiff.topological(root):
        if not v.inputs and hasattr(v, "name"):
            found.setdefault(v.op if v.op.__class__ is Box else v, v)
    return list(found.values())


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
