"""Tensor operations opened into operations on single numbers: micrograd's picture of any graph.

Every tensor becomes an array of scalar values (`Cells`), and the graph is run
again through `apply` with the rows' own rules over a namespace that works on
cells. Elementwise rows are applied number by number; rows that look at no
number (`numeric=False`) only move references; reductions are chains of
additions; any other row says by its own rule what it is made of, so a new row
needs nothing here. One whose rule is a primitive unknown here stays whole.

Invariants: the program's values, gradients and boxes are left alone; each
element of a tensor is one value, however often it is used; every number in the
picture that the program's run has too bears that run's gradient, and the
gradients between them follow from the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import Any

import numpy as np

from ... import shapes
from ...engine.autodiff import propagate
from ...engine.ops import METHODS, TABLE
from ...engine.origins import origin_of
from ...engine.table import Row, arrays
from ...engine.value import STATE, Box, Data, Shape, Value, apply, leaf, recording, shape_of
from ...faults import Fault
from .nodes import DRAWN, Node, inputs_first, name_of, nodes_of

OPENED = 10 * DRAWN  # values that may be made to find them: some lead nowhere


class Cells:
    """A tensor as an array of scalar values; rules compute with it as with data."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array

    @property
    def shape(self) -> Shape:
        return tuple(self.array.shape)


def cells_of(values: Sequence[Value], shape: Shape) -> Cells:
    array = np.empty(len(values), object)
    array[:] = values
    return Cells(array.reshape(shape))


def as_cells(x: Any) -> Cells:
    """Cells, or raw data as constants."""
    return x if x.__class__ is Cells else cells_of([leaf(e) for e in numbers(x)], shape_of(x))


def numbers(data: Data) -> list[Any]:
    """The elements of raw data in order."""
    return [data] if shape_of(data) == () else data.ravel().tolist()


# ── what can be done with cells ──────────────────────────────────────────────


def mapped(function: Callable[..., Value], *inputs: Any) -> Cells:
    """An elementwise function, broadcast."""
    together = np.broadcast_arrays(*[as_cells(x).array for x in inputs])
    return cells_of([function(*c) for c in zip(*[a.flat for a in together], strict=True)], together[0].shape)


def elementwise(row: Row, *inputs: Any, **attrs: Any) -> Cells:
    return mapped(lambda *cells: apply(row, *cells, attrs=attrs or None), *inputs)


def moved(row: Row, *inputs: Any, **attrs: Any) -> Cells:
    """An operation that only rearranges: done with positions, which then say where each reference goes."""
    count = row.inputs if row.inputs >= 0 else len(inputs)
    tensors = [as_cells(x).array for x in inputs[:count]]
    starts = np.cumsum([0, *[t.size for t in tensors]])
    places = [positions(t.shape) + float(start) for t, start in zip(tensors, starts, strict=False)]
    to = np.asarray(row.eval(arrays, *places, *inputs[count:], **attrs)).astype(int)
    every = np.concatenate([t.ravel() for t in tensors])
    return Cells(np.asarray(every[to], object))


def positions(shape: Shape) -> Any:
    return arrays.typed(np.arange(shapes.size_of(shape)).reshape(shape))


def folded(name: str, start: float, x: Any, to: Any, shape: Shape) -> Cells:
    """The elements of x combined, each into the position that `to` has for it; `start` where none comes."""
    groups: list[list[Value]] = [[] for _ in range(shapes.size_of(shape))]
    for v, i in zip(as_cells(x).array.flat, np.asarray(to).astype(int).flat, strict=True):
        groups[i].append(v)
    row = TABLE[name]
    made = [reduce(lambda a, b: apply(row, a, b), group) if group else leaf(start) for group in groups]
    return cells_of(made, shape)


def reduction(name: str, start: float) -> Callable[..., Cells]:
    """A reduction as a chain of one operation."""

    def over(self: Opening, x: Any, dim: shapes.Dim = None, keepdim: bool = False) -> Cells:
        kept = shapes.reduce(shape_of(x), dim, keepdim=True)
        to = arrays.broadcast_to(positions(kept), shape=shape_of(x))
        return folded(name, start, x, to, shapes.reduce(shape_of(x), dim, keepdim))

    return over


class Opening:
    """The namespace of cells. A name that it does not define is the row of that name."""

    sum = reduction("add", 0.0)
    prod = reduction("mul", 1.0)
    max = reduction("maximum", 0.0)
    min = reduction("minimum", 0.0)

    def matmul(self, x: Any, y: Any) -> Cells:
        """Multiplications and additions: NumPy's product of objects uses their operators."""
        a, b = as_cells(x).array, as_cells(y).array
        if a.shape[-1] == 0:
            return as_cells(np.zeros(shapes.matmul(a.shape, b.shape)))
        return Cells(np.asarray(np.matmul(a, b), object))

    def where(self, condition: Any, x: Any, y: Any) -> Cells:
        """Inside a rule a condition is known, so the branch that is taken stands for the choice."""
        return mapped(lambda c, a, b: a if c.data else b, condition, x, y)

    def sum_to(self, x: Any, shape: Shape) -> Cells:
        return folded("add", 0.0, x, arrays.broadcast_to(positions(shape), shape=shape_of(x)), shape)

    def scatter(self, x: Any, *indices: Data, spec: tuple[Any, ...], shape: Shape) -> Cells:
        to = arrays.getitem(positions(shape), *indices, spec=spec)
        return folded("add", 0.0, moved(TABLE["broadcast_to"], x, shape=shape_of(to)), to, shape)

    def __getattr__(self, name: str) -> Callable[..., Cells]:
        row = TABLE.get(name)
        if row is None:
            raise AttributeError(name)
        return lambda *inputs, **attrs: self.opened(row, *inputs, **attrs)

    def opened(self, row: Row, *inputs: Any, **attrs: Any) -> Cells:
        """A row on cells: number by number, moved, by its own rule, or whole."""
        if row.elementwise:
            return elementwise(row, *inputs, **attrs)
        if row.name in Opening.__dict__:
            return getattr(self, row.name)(*inputs, **attrs)  # type: ignore[no-any-return]
        if not row.numeric:
            return moved(row, *inputs, **attrs)
        try:
            return as_cells(row.eval(Composite(row), *inputs, **attrs))
        except Primitive:
            return whole(row, *inputs, **attrs)


class Primitive(Exception):
    """A rule asks for the very operation it is the rule of, or for a function that is no operation."""


class Composite(Opening):
    """The namespace in which one row's own rule runs."""

    def __init__(self, row: Row) -> None:
        self.row = row

    def __getattr__(self, name: str) -> Callable[..., Cells]:
        if name == self.row.name or name not in TABLE:
            raise Primitive
        return super().__getattr__(name)


def whole(row: Row, *inputs: Any, **attrs: Any) -> Cells:
    """An operation that stays as it is, between numbers put together and numbers taken out."""
    count = row.inputs if row.inputs >= 0 else len(inputs)
    tensors = [together(as_cells(x)) for x in inputs[:count]]
    out = apply(row, *tensors, *[leaf(i) for i in inputs[count:]], attrs=attrs or None)
    if out.shape == ():
        return cells_of([out], ())
    getitem = TABLE["getitem"]
    specs = [tuple(("index", i) for i in index) for index in np.ndindex(out.shape)]
    return cells_of([apply(getitem, out, attrs={"spec": spec}) for spec in specs], out.shape)


def together(cells: Cells) -> Value:
    if cells.shape == ():
        only: Value = cells.array.item()
        return only
    row = apply(TABLE["stack"], *cells.array.flat, attrs={"dim": 0}) if cells.array.size else leaf(np.zeros(0))
    return row if len(cells.shape) == 1 else apply(TABLE["reshape"], row, attrs={"shape": cells.shape})


def attach(method: str, name: str) -> None:
    """`Cells.__add__` and `Cells.__radd__` from the row `add`."""
    function = getattr(Opening(), name)
    setattr(Cells, f"__{method}__", lambda *inputs: function(*inputs))
    setattr(Cells, f"__r{method}__", lambda y, x: function(x, y))


for method, name in METHODS.items():
    attach(method, name)


# ── a graph opened ───────────────────────────────────────────────────────────


class Opened:
    """One tensor of the program as cells, and the values that were made for it, inputs first."""

    __slots__ = ("cells", "made", "value")

    def __init__(self, value: Value, cells: Cells, made: list[Value]) -> None:
        self.value = value
        self.cells = cells
        self.made = made


def scalar_nodes(root: Value) -> list[Node]:
    """The nodes of the opened graph. Raises Fault E0308 if they are too many."""
    nodes = nodes_of(scalar_graph(root))
    if len(nodes) > DRAWN:
        raise too_many()
    return nodes


def scalar_graph(root: Value) -> list[Value]:
    """The elements of `root`, computed number by number. Raises Fault E0308 if that takes too many."""
    tensors: dict[Value, Opened] = {}
    with watched() as made:
        for v in inputs_first([root]):
            start = len(made)
            if start + shapes.size_of(v.shape) > OPENED:
                raise too_many()
            if v.inputs:
                cells = computed(v, [tensors[x].cells if x in tensors else cells_of([x], ()) for x in v.inputs])
            else:
                cells = leaves(v)
                made += cells.array.flat
            tensors[v] = Opened(v, cells, made[start:])
            describe(tensors[v])
    fill_gradients(list(tensors.values()))
    return list(tensors[root].cells.array.flat)


@contextmanager
def watched() -> Iterator[list[Value]]:
    """Records what is applied here in a list of its own; nobody else sees it."""
    made: list[Value] = []

    def watch(v: Value, inputs: tuple[Value, ...]) -> None:
        made.append(v)
        if len(made) > OPENED:
            raise too_many()

    before, STATE.watchers = STATE.watchers, (watch,)
    try:
        with recording(True):
            yield made
    finally:
        STATE.watchers = before


def leaves(v: Value) -> Cells:
    """A leaf's elements: those of a parameter are parameters of their own."""
    if v.op.__class__ is Box:
        boxes = [Box(x, name, v.span) for x, name in zip(numbers(v.data), names(v), strict=True)]
        for box in boxes:
            box.call = v.op.call
        made = [box.value for box in boxes]
    else:
        made = [leaf(x, v.needs, v.span) for x in numbers(v.data)]
    return cells_of(made, v.shape)


def computed(v: Value, inputs: list[Cells]) -> Cells:
    """An operation's result from its inputs' cells; positions stay data."""
    row = v.op
    assert isinstance(row, Row)
    count = row.inputs if row.inputs >= 0 else len(inputs)
    given = [*inputs[:count], *[x.data for x in v.inputs[count:]]]
    return Opening().opened(row, *given, **(v.attrs or {}))


def names(v: Value) -> list[str]:
    """`W[0, 1]` for every element in order; a number's own name."""
    name = name_of(v)
    return [name + (f"[{', '.join(map(str, index))}]" if index else "") for index in np.ndindex(v.shape)]


def describe(opened: Opened) -> None:
    """Gives what was made for a tensor its name and place in the program."""
    v = opened.value
    origin = origin_of(v)
    for made in opened.made:
        made.span = v.span
        if origin is not None:
            made.origin = origin
    if name_of(v):
        for cell, name in zip(opened.cells.array.flat, names(v), strict=True):
            if cell.needs and not name_of(cell):
                cell.name = name


def fill_gradients(opened: list[Opened]) -> None:
    """Sets the gradients: of a tensor's elements as the run had them, and back through what was made for it.

    What an operation adds to its inputs' elements is put right when it is their turn.
    """
    for o in opened:
        for made in o.made:
            made.grad = None
    for o in reversed(opened):
        gradient = getattr(o.value, "grad", None)
        own = dict.fromkeys(o.made)
        for made in own:
            made.grad = None
        if gradient is None:
            continue
        for cell, g in zip(o.cells.array.flat, numbers(gradient), strict=True):
            if cell in own:
                cell.grad = g if cell.grad is None else cell.grad + g
        for made in reversed(o.made):
            if made.inputs and made.grad is not None:
                propagate(made)


def too_many() -> Fault:
    return Fault(
        "E0308",
        f"number by number this picture would have more than {DRAWN:,} nodes",
        "draw a smaller part: one row of a batch, or an earlier value (`--root NAME`)",
        'the detail "tensor" has one node an operation',
    )
