"""Inputs for every row of the table of operations: shapes, attributes and numbers inside each row's domain.

A row that nothing here samples fails the tests that ask for it.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

from gradlang.engine.ops import TABLE
from gradlang.engine.table import Row

Array = Any
Shape = tuple[int, ...]

DIFFERENTIABLE = [name for name, row in TABLE.items() if row.vjp is not None]
ELEMENTWISE = [name for name, row in TABLE.items() if row.elementwise]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Infinities and nan are results, not remarks; modules that import this have it for all their tests."""
    with np.errstate(all="ignore"):
        yield


class Case(NamedTuple):
    """Shapes of the inputs, attributes, and further inputs that are data as they stand."""

    shapes: tuple[Shape, ...]
    attrs: dict[str, Any]
    indices: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        text = " ".join(map(str, self.shapes)).replace(" ", "")
        return text + "".join(f" {k}={v}" for k, v in self.attrs.items())


def case(*shapes: Shape, indices: tuple[Any, ...] = (), **attrs: Any) -> Case:
    return Case(shapes, attrs, indices)


RANK_0_TO_2: list[Shape] = [(), (0,), (1,), (3,)] + [(m, n) for m in (0, 1, 2) for n in (0, 1, 3)]
RANK_3: list[Shape] = [(4, 2, 3), (4, 1, 3), (1, 2, 1), (4, 0, 3), (1, 1, 1)]


def fits(*shapes: Shape) -> bool:
    """NumPy's broadcasting, less two shapes of different rank that both stretch."""
    try:
        for x, y in itertools.combinations(shapes, 2):
            result = np.broadcast_shapes(x, y)
            wide = [(1,) * (len(result) - len(s)) + s for s in (x, y)]
            if len(x) != len(y) and result not in wide:
                return False
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def elementwise_cases(row: Row) -> list[Case]:
    if row.inputs == 1:
        return [case(s) for s in RANK_0_TO_2 + RANK_3]
    some = RANK_0_TO_2 if row.inputs == 2 else [(), (0,), (1,), (3,), (2, 1), (1, 3), (2, 3)]
    cases = [case(*s) for s in itertools.product(some, repeat=row.inputs) if fits(*s)]
    rng = random_of(row.name)
    deep = [s for s in itertools.product(RANK_0_TO_2 + RANK_3, repeat=row.inputs) if fits(*s) and max(map(len, s)) == 3]
    return cases + [case(*deep[i]) for i in rng.permutation(len(deep))[:25]]


def reduction_cases(smallest: int = 0, several: bool = True, **attrs: Any) -> list[Case]:
    cases = []
    for shape in [(), (1,), (4,), (0,), (2, 3), (1, 3), (0, 3), (2, 2, 3), (2, 1, 3)]:
        dims: list[Any] = [None, *range(-len(shape), len(shape))]
        if several and len(shape) > 1:
            dims += [(0, 1), (-1, 0), tuple(range(len(shape)))]
        for dim in dims:
            axes = range(len(shape)) if dim is None else dim if isinstance(dim, tuple) else (dim,)
            if math.prod(shape[i] for i in axes) >= smallest:
                cases += [case(shape, dim=dim, keepdim=keepdim, **attrs) for keepdim in (False, True)]
    return [case((3,), **attrs), *cases]


AT, ALL = ("at",), ("all",)


def cut(start: int | None, stop: int | None, step: int | None = None) -> tuple[Any, ...]:
    return ("slice", start, stop, step)


def position(*i: float) -> Array:
    return np.array(i, float)


INDEXINGS: list[tuple[Shape, tuple[Any, ...], tuple[Any, ...]]] = [
    ((3,), (AT,), (1.0,)),
    ((3,), (AT,), (-1.0,)),
    ((3,), (("index", 2),), ()),
    ((3,), (ALL,), ()),
    ((5,), (cut(1, 4),), ()),
    ((5,), (cut(None, None, 2),), ()),
    ((5,), (cut(None, None, -1),), ()),
    ((5,), (cut(-2, None),), ()),
    ((5,), (cut(3, 1),), ()),
    ((0,), (cut(None, None),), ()),
    ((4,), (AT,), (position(0, 2, 2, -1),)),
    ((4,), (AT,), (position(),)),
    ((4,), (AT,), (position(0, 1, 1, 3).reshape(2, 2),)),
    ((2, 3), (AT,), (1.0,)),
    ((2, 3), (ALL, AT), (0.0,)),
    ((2, 3), (AT, AT), (1.0, 2.0)),
    ((2, 3), (cut(0, 1), cut(1, 3)), ()),
    ((2, 3), (AT, AT), (position(0, 1, 1), position(2, 0, 0))),
    ((2, 3), (AT, ALL), (position(1, 1, 0),)),
    ((2, 3), (AT, AT), (position(0, 1).reshape(2, 1), position(2, 0))),
    ((2, 3, 4), (AT, ALL, AT), (0.0, position(1, 1))),
    ((2, 3, 4), (ALL, AT, AT), (position(0, 2), 1.0)),
    ((2, 3, 4), (AT, cut(0, 2), AT), (position(0, 1, 1), position(3, 0, 0))),
    ((2, 3, 4), (AT, cut(None, None, -2), cut(1, 3)), (1.0,)),
    ((2, 3, 4), (ALL, ("index", 1)), ()),
]


def index_key(spec: tuple[Any, ...], indices: tuple[Any, ...]) -> tuple[Any, ...]:
    rest = iter(indices)
    make: dict[str, Callable[..., Any]] = {"at": lambda: np.asarray(next(rest)).astype(int), "all": lambda: slice(None)}
    make |= {"index": lambda i: i, "slice": slice}
    parts = [make[entry[0]](*entry[1:]) for entry in spec]
    return tuple(int(p) if isinstance(p, np.ndarray) and p.shape == () else p for p in parts)


SAMPLES: dict[str, Callable[[], list[Case]]] = {
    "matmul": lambda: [
        case(*s)
        for s in [
            ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 1), (1, 1)), ((0, 3), (3, 2)),
            ((2, 0), (0, 3)), ((0,), (0,)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)),
            ((2, 3), (5, 3, 4)), ((3,), (5, 3, 2)), ((5, 2, 3), (3,)), ((2, 1, 2, 3), (3, 3, 2)), ((0, 2, 3), (3, 2)),
        ]
    ],
    "sum": reduction_cases,
    "mean": lambda: reduction_cases(1),
    "std": lambda: reduction_cases(2) + [case((4,), correction=0), case((2, 3), dim=1, correction=2)],
    "var": lambda: reduction_cases(2) + [case((4,), correction=0), case((2, 3), dim=1, correction=2)],
    "max": lambda: reduction_cases(1),
    "min": lambda: reduction_cases(1),
    "prod": lambda: reduction_cases(several=False) + [case((n,)) for n in (2, 3, 5, 8)],
    "norm": lambda: reduction_cases(1),
    "logsumexp": lambda: reduction_cases(1),
    "reshape": lambda: [
        case(x, shape=to)
        for x, to in [
            ((), (1, 1)), ((1,), ()), ((6,), (2, 3)), ((6,), (-1, 2)), ((2, 3), (-1,)), ((2, 3), (3, 2)),
            ((0, 3), (0,)), ((0,), (2, 0)), ((2, 1, 3), (6, 1)), ((4,), (4,)),
        ]
    ],
    "transpose": lambda: [
        case((2, 3)), case((1, 0)), case((2, 1, 3)), case((2, 3, 4), dim0=0, dim1=1), case((2, 3, 4), dim0=0, dim1=-1),
        case((3,), dim0=0, dim1=0),
    ],
    "stack": lambda: [
        case((), (), ()), case(()), case((2,), (2,)), case((2,), (2,), dim=1), case((2, 3), (2, 3), dim=-2),
        case((0,), (0,), dim=-1), case((1, 2), (1, 2), (1, 2), dim=1),
    ],
    "cat": lambda: [
        case((2,), (3,), (0,)), case((2, 3), (2, 1), dim=1), case((2, 3), (1, 3)), case((1, 2, 2), (1, 2, 1), dim=-1),
        case((3,)),
    ],
    "squeeze": lambda: [case((1,)), case((2, 1, 3)), case((2, 1, 3), dim=1), case((2, 1), dim=-1), case((2,))],
    "unsqueeze": lambda: [
        case((), dim=0), case((3,), dim=0), case((3,), dim=-1), case((2, 3), dim=1), case((0,), dim=1),
    ],
    "flip": lambda: [case((3,)), case((2, 3)), case((2, 3), dim=1), case((2, 3), dim=(0, 1)), case(()), case((0,))],
    "broadcast_to": lambda: [
        case(x, shape=to)
        for x, to in [
            ((), (2,)), ((1,), (3,)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((1,), (0,)), ((1, 1), (4, 2, 3)), ((), ()),
        ]
    ],
    "sum_to": lambda: [
        case(x, shape=to)
        for x, to in [
            ((2,), ()), ((3,), (1,)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((0,), (1,)), ((4, 2, 3), (1, 1)), ((), ()),
        ]
    ],
    "getitem": lambda: [case(s, indices=i, spec=spec) for s, spec, i in INDEXINGS],
    "scatter": lambda: [
        case(np.zeros(s)[index_key(spec, i)].shape, indices=i, spec=spec, shape=s) for s, spec, i in INDEXINGS
    ],
    "softmax": lambda: [
        case((3,)), case((1,)), case((2, 3)), case((2, 3), dim=0), case((0, 3)), case((2, 1, 3), dim=-3),
    ],
    "log_softmax": lambda: [case((3,)), case((1,)), case((2, 3)), case((2, 3), dim=0), case((2, 1, 3), dim=-3)],
}  # fmt: skip


def random_of(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def cases_of(row: Row) -> list[Case]:
    if row.elementwise:
        return elementwise_cases(row)
    if row.name not in SAMPLES:
        pytest.fail(f"nothing samples the row {row.name}: add it to SAMPLES")
    return SAMPLES[row.name]()


def sample(row: Row, shapes: tuple[Shape, ...], rng: np.random.Generator) -> list[Array]:
    """Inputs inside the row's domain, apart from its kinks and, where a domain is shared, from each other."""
    while True:
        data = draw(row, shapes, rng)
        numbers = np.sort(np.concatenate([x.ravel() for x in data]))
        if row.name != "clamp" or np.min(np.diff(numbers), initial=1.0) > 0.01:  # x must not meet its bounds
            return data


def draw(row: Row, shapes: tuple[Shape, ...], rng: np.random.Generator) -> list[Array]:
    total = sum(math.prod(s) for s in shapes)
    places = rng.permutation(total) + rng.uniform(0.25, 0.75, total)  # no two are closer than half a step
    data, start = [], 0
    for i, shape in enumerate(shapes):
        low, high = row.domain[min(i, len(row.domain) - 1)]
        size = math.prod(shape)
        x = low + (high - low) * places[start : start + size] / max(total, 1)
        for kink in row.kinks:
            x = np.where(abs(x - kink) < 0.02, kink + 0.02, x)
        data.append(rng.random(shape) < 0.5 if (row.name, i) == ("where", 0) else x.reshape(shape))
        start += size
    return data


def plain(x: Array) -> Any:
    return x if x.shape else x.item()
