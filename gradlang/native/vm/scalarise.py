"""Kernels as graphs of single numbers: every instruction is run once on names of numbers instead of numbers.

Owns the way of each row. Rows that only move numbers are run by their own
rule, on positions, and leave no trace in the graph; elementwise ones become a
node an element; reductions and products become sums of products; the others
are made of such by their own rule. How a row moves or joins depends on its
shapes alone, and thousands of instructions have the same, so that is found out
once (`Patterns`).

Why lists and not arrays: registers of this backend hold few numbers each, and
NumPy takes longer to begin than Python to end.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from ... import shapes
from ...engine.ops import METHODS, TABLE
from ...engine.table import arrays
from ...engine.value import Data, Shape, shape_of
from ...shapes import size_of
from ..llvm.rows import UNSUPPORTED, Unsupported
from ..tape import Attrs, Guard, Kernel, attrs_of
from .graph import Graph

MOST = 1 << 22  # numbers that a pass may compute or add up
KEEPING = frozenset(("reshape", "squeeze", "unsqueeze"))  # the same numbers in the same order
MOVES = frozenset(("transpose", "flip", "broadcast_to", "stack", "cat", "getitem"))
TREES = {"max": "maximum", "min": "minimum", "prod": "mul", "all": "and", "any": "or"}

Positions = list[int]


class Names:
    """What a register holds: the names of its numbers, row by row. Rules of the table compute with it."""

    __slots__ = ("flat", "shape", "writing")

    def __init__(self, writing: Scalarised, shape: Shape, flat: list[int]) -> None:
        self.writing = writing
        self.shape = shape
        self.flat = flat


class Namespace:
    """The functions that rules call, on names of numbers."""

    def __init__(self, writing: Scalarised, row: str) -> None:
        self.writing = writing
        self.row = row

    def __getattr__(self, name: str) -> Callable[..., Names]:
        if name == self.row or name not in TABLE:
            raise Unsupported(self.row, "it has no lowering to single numbers")
        return lambda *inputs, **attrs: self.writing.computed(name, inputs, attrs)


def attach(method: str, name: str) -> None:
    """`Names.__add__` and `Names.__radd__` from the row `add`."""
    setattr(Names, f"__{method}__", lambda *inputs: inputs[0].writing.computed(name, inputs, {}))
    setattr(Names, f"__r{method}__", lambda y, x: y.writing.computed(name, (x, y), {}))


for method, name in METHODS.items():
    attach(method, name)


class Scalarised:
    """A kernel's graph, and where the numbers of its registers are in it.

    names   of the registers, as far as they are made
    guards  (name, what must be there)
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.graph = Graph()
        self.size = 0
        self.patterns: dict[Hashable, Any] = {}
        self.names: list[Any] = [None] * len(kernel.registers)
        self.guards: list[tuple[int, float]] = []
        for constant in kernel.constants:
            data = kernel.data_of(constant)
            numbers = [data] if shape_of(data) == () else data.ravel().tolist()
            self.hold(constant.register, [self.graph.constant(x) for x in numbers])
        for register in (*kernel.entry, *kernel.stream, *[start for start, _ in kernel.state]):
            self.hold(register, self.graph.leaves(size_of(kernel.registers[register].shape)))
        self.run()

    def hold(self, register: int, flat: list[int]) -> None:
        self.names[register] = Names(self, self.kernel.registers[register].shape, flat)

    def run(self) -> None:
        """Every instruction, on names."""
        names, registers = self.names, self.kernel.registers
        for step in self.kernel.code:
            if isinstance(step, Guard):
                self.guards.append((names[step.register].flat[0], float(step.seen)))
                continue
            flat = self.row(step.row, [names[r] for r in step.inputs], step.attrs)
            names[step.out] = Names(self, registers[step.out].shape, flat)
            self.size += len(flat)
            if self.size > MOST:
                raise Unsupported("", "a pass is too long to be compiled")

    # ── rows ──

    def computed(self, row: str, inputs: Sequence[Any], attrs: dict[str, Any]) -> Names:
        """A row that a rule asks for."""
        given = [x if x.__class__ is Names else Names(self, (), [self.graph.constant(x)]) for x in inputs]
        shape = TABLE[row].shape(*[x.shape for x in given], **attrs)
        return Names(self, tuple(shape), self.row(row, given, attrs_of(attrs)))

    def row(self, row: str, inputs: list[Names], attrs: Attrs) -> list[int]:
        """The names of what a row makes of others."""
        if row in KEEPING:
            return inputs[0].flat
        if TABLE[row].elementwise:
            return self.elementwise(row, inputs)
        if row in ("getitem", "scatter") and any(x.flat and max(x.flat) >= 0 for x in inputs[1:]):
            return self.at_computed(row, inputs, dict(attrs))
        if row in MOVES:
            return self.moved(row, inputs, attrs)
        if row == "scatter":
            return self.scattered(inputs, attrs)
        if row == "matmul":
            return self.multiplied(*inputs)
        if row in ("sum", "sum_to"):
            flat = inputs[0].flat
            return [self.graph.sum([flat[i] for i in group]) for group in self.groups(row, inputs[0].shape, attrs)]
        if row in TREES:
            flat = inputs[0].flat
            groups = self.groups(row, inputs[0].shape, attrs)
            return [self.joined(TREES[row], [flat[i] for i in group]) for group in groups]
        if row in ("argmax", "argmin"):
            flat = inputs[0].flat
            groups = self.groups(row, inputs[0].shape, attrs)
            return [self.first_best(row, [flat[i] for i in group]) for group in groups]
        if row == "one_hot":
            classes = [self.graph.constant(i) for i in range(dict(attrs)["n"])]
            return [self.graph.node("eq", x, i) for x in inputs[0].flat for i in classes]
        if row in UNSUPPORTED:
            raise Unsupported(row, UNSUPPORTED[row])
        found = TABLE[row].eval(Namespace(self, row), *inputs, **dict(attrs))
        assert found.__class__ is Names
        flat = found.flat
        return flat

    def elementwise(self, row: str, inputs: list[Names]) -> list[int]:
        node, shape = self.graph.node, inputs[0].shape
        if row == "identity":
            return inputs[0].flat
        if all([x.shape == shape for x in inputs]):
            if row == "add":
                return self.graph.sums(inputs[0].flat, inputs[1].flat)
            return [node(row, *arguments) for arguments in zip(*[x.flat for x in inputs], strict=True)]
        shape = shapes.broadcast(*[x.shape for x in inputs])
        spread = [self.moved("broadcast_to", [x], (("shape", shape),)) for x in inputs]
        return [node(row, *arguments) for arguments in zip(*spread, strict=True)]

    def moved(self, row: str, inputs: list[Names], attrs: Attrs) -> list[int]:
        moving = inputs[:1] if row == "getitem" else inputs
        flat = inputs[0].flat if len(moving) == 1 else [name for x in moving for name in x.flat]
        return [flat[i] for i in self.positions(row, inputs, attrs)]

    def scattered(self, inputs: list[Names], attrs: Attrs) -> list[int]:
        """Zeros, and numbers where a subscript says; where it says so more than once, they are added up."""
        shape = dict(attrs)["shape"]
        spec = tuple(pair for pair in attrs if pair[0] == "spec")
        target = Names(self, shape, [])
        to = self.positions("getitem", [target, *inputs[1:]], spec)
        flat = inputs[0].flat
        if len(flat) != len(to):
            read = TABLE["getitem"].shape(shape, *[x.shape for x in inputs[1:]], **dict(spec))
            flat = self.moved("broadcast_to", inputs[:1], (("shape", tuple(read)),))
        graph = self.graph
        out = [graph.zero] * size_of(shape)
        for i, name in zip(to, flat, strict=True):
            out[i] = name if out[i] == graph.zero else graph.node("add", out[i], name)
        return out

    def multiplied(self, x: Names, y: Names) -> list[int]:
        key = ("matmul", x.shape, y.shape)
        if key not in self.patterns:
            self.patterns[key] = products(x.shape, y.shape)
        both, dot = x.flat + y.flat, self.graph.dot
        found = self.patterns[key]
        self.size += sum(map(len, found))
        return [dot([both[i] for i in pairs]) for pairs in found]

    def joined(self, row: str, numbers: list[int]) -> int:
        if not numbers:
            return self.graph.constant({"mul": 1.0, "and": 1.0, "or": 0.0}[row])
        return self.graph.tree(row, numbers)

    def first_best(self, row: str, numbers: list[int]) -> int:
        """The position of the first of the largest or smallest; a nan is larger and smaller than all."""
        node = self.graph.node
        best, at = numbers[0], self.graph.zero
        for i, x in enumerate(numbers[1:], 1):
            better = node("gt" if row == "argmax" else "lt", x, best)
            better = node("or", better, node("and", node("ne", x, x), node("eq", best, best)))
            best = node("where", better, x, best)
            at = node("where", better, self.graph.constant(i), at)
        return at

    def at_computed(self, row: str, inputs: list[Names], attrs: dict[str, Any]) -> list[int]:
        """Indexing by computed positions in one dimension; they are in bounds, or a guard will find that they are not.

        What is read is one of all that could be; what is written is added to each of these, or nothing is.
        """
        spec = attrs["spec"]
        where = [dim for dim, entry in enumerate(spec) if entry[0] == "at"]
        if len(where) != 1:
            raise Unsupported(row, "it has computed positions in several dimensions")
        dim, graph, positions, flat = where[0], self.graph, inputs[1], inputs[0].flat
        shape = inputs[0].shape if row == "getitem" else attrs["shape"]
        count, step = shape[dim], size_of(shape[dim + 1 :])
        owners, first = self.subscript(spec, shape, dim, positions.shape)
        self.size += count * len(first)
        if row == "getitem":
            return [
                graph.node("take", positions.flat[owner], *flat[start : start + count * step : step])
                for owner, start in zip(owners, first, strict=True)
            ]
        if len(first) != len(flat):
            raise Unsupported(row, "it broadcasts to computed positions")
        out = [graph.zero] * size_of(shape)
        hits = [self.hits(x, count) for x in positions.flat]
        for owner, start, x in zip(owners, first, flat, strict=True):
            for hit, place in zip(hits[owner], range(start, start + count * step, step), strict=True):
                out[place] = graph.node("add", out[place], graph.node("where", hit, x, graph.zero))
        return out

    def hits(self, position: int, count: int) -> list[int]:
        """For each of the positions there are, whether it is this one."""
        node, graph = self.graph.node, self.graph
        from_end = node("where", node("lt", position, graph.zero), graph.constant(count), graph.zero)
        position = node("add", position, from_end)
        return [node("eq", position, graph.constant(i)) for i in range(count)]

    # ── patterns ──

    def subscript(self, spec: Any, shape: Shape, dim: int, to: Shape) -> tuple[Positions, Positions]:
        """Of each number that a subscript reads: which of its computed positions counts; where it is if that is 0."""
        key = ("subscript", spec, shape, to)
        if key not in self.patterns:
            size = size_of(to)
            coordinates = np.arange(size).reshape(*[size if d == dim else 1 for d in range(len(shape))])
            wide = (*shape[:dim], size, *shape[dim + 1 :])
            at = np.arange(float(size)).reshape(to) if to else 0.0
            owners = arrays.getitem(np.broadcast_to(coordinates, wide), at, spec=spec)
            first = arrays.getitem(np.arange(size_of(shape)).reshape(shape), np.zeros(to) if to else 0.0, spec=spec)
            self.patterns[key] = np.ravel(owners).tolist(), np.ravel(first).tolist()
        found: tuple[Positions, Positions] = self.patterns[key]
        return found

    def positions(self, row: str, inputs: list[Names], attrs: Attrs) -> Positions:
        """Where what a row moves comes from, counted through all its inputs; found out by moving positions."""
        indices: tuple[Any, ...] = ()
        moving = inputs
        if row == "getitem":
            moving = inputs[:1]
            value = self.graph.value
            indices = tuple((x.shape, tuple([value(name) for name in x.flat])) for x in inputs[1:])
        key = (row, attrs, tuple([x.shape for x in moving]), indices)
        found: Positions | None = self.patterns.get(key)
        if found is None:
            start, counted = 0, []
            for x in moving:
                size = size_of(x.shape)
                counted.append(np.arange(start, start + size, dtype=float).reshape(x.shape))
                start += size
            at: list[Data] = [np.array(numbers).reshape(shape) if shape else numbers[0] for shape, numbers in indices]
            moved = TABLE[row].eval(arrays, *counted, *at, **dict(attrs))
            found = self.patterns[key] = np.ravel(moved).astype(int).tolist()
        return found

    def groups(self, row: str, shape: Shape, attrs: Attrs) -> list[Positions]:
        """The positions that are reduced to each number."""
        key = (row == "sum_to", shape, attrs)
        found: list[Positions] | None = self.patterns.get(key)
        if found is None:
            given = dict(attrs)
            to = given["shape"] if row == "sum_to" else shapes.reduce(shape, given.get("dim"), keepdim=True)
            counted = np.arange(size_of(to)).reshape(to)
            found = [[] for _ in range(size_of(to))]
            for at, i in enumerate(np.broadcast_to(counted, shape).ravel().tolist()):
                found[i].append(at)
            self.patterns[key] = found
        self.size += size_of(shape)
        return found


def products(x: Shape, y: Shape) -> list[Positions]:
    """For each number of a matrix product, the pairs that it adds up, counted through x and then y."""
    count = size_of(tuple(shapes.matmul(x, y)))
    if x[-1] == 0:
        return [[]] * count
    if count * x[-1] > MOST:
        raise Unsupported("matmul", "a product is too large to be compiled")
    left = np.arange(size_of(x)).reshape(x if len(x) > 1 else (1, *x))
    right = size_of(x) + np.arange(size_of(y)).reshape(y if len(y) > 1 else (*y, 1))
    pairs = np.broadcast_arrays(left[..., :, None, :], right.swapaxes(-1, -2)[..., None, :, :])
    found: list[Positions] = np.stack(pairs, -1).reshape(-1, 2 * x[-1]).tolist()
    return found
