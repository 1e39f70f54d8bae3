"""The table of operations, row by row: every row is held against independent ways to the same numbers.

Differentiable rows are tested against central differences (first and second
order) and against PyTorch. A row that no sampler covers fails the build.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest

from gradlang.engine.autodiff import backward, gradient
from gradlang.engine.ops import TABLE
from gradlang.engine.ops.indexing import subscript
from gradlang.engine.table import Row
from gradlang.engine.value import STATE, Value, apply, leaf
from gradlang.faults import Fault

Array = Any
Shape = tuple[int, ...]

DIFFERENTIABLE = [name for name, row in TABLE.items() if row.vjp is not None]
ELEMENTWISE = [name for name, row in TABLE.items() if row.elementwise]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


# Sampling ----------------------------------------------------------------------------------------------------


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


RANK_0_TO_2 = [(), (0,), (1,), (3,)] + [(m, n) for m in (0, 1, 2) for n in (0, 1, 3)]
RANK_3 = [(4, 2, 3), (4, 1, 3), (1, 2, 1), (4, 0, 3), (1, 1, 1)]


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
    "squeeze": lambda: [case((1,)), case((2, 1, 3)), case((2, 1, 3), dim=1), case((2, 1), dim=-1), case((2, 3)), case(())],
    "unsqueeze": lambda: [case((), dim=0), case((3,), dim=0), case((3,), dim=-1), case((2, 3), dim=1), case((0,), dim=1)],
    "flip": lambda: [case((3,)), case((2, 3)), case((2, 3), dim=1), case((2, 3), dim=(0, 1)), case(()), case((0,))],
    "broadcast_to": lambda: [
        case(x, shape=to)
        for x, to in [((), (2,)), ((1,), (3,)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((1,), (0,)), ((1, 1), (4, 2, 3)), ((), ())]
    ],
    "sum_to": lambda: [
        case(x, shape=to)
        for x, to in [((2,), ()), ((3,), (1,)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((0,), (1,)), ((4, 2, 3), (1, 1)), ((), ())]
    ],
    "getitem": lambda: [case(s, indices=i, spec=spec) for s, spec, i in INDEXINGS],
    "scatter": lambda: [
        case(np.zeros(s)[index_key(spec, i)].shape, indices=i, spec=spec, shape=s) for s, spec, i in INDEXINGS
    ],
    "softmax": lambda: [case((3,)), case((1,)), case((2, 3)), case((2, 3), dim=0), case((0, 3)), case((2, 1, 3), dim=-3)],
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


# Differences -------------------------------------------------------------------------------------------------


def differentiated(row: Row, data: list[Array]) -> list[int]:
    """Which inputs have a gradient."""
    if callable(row.vjp):
        return list(range(len(data)))
    return [i for i in range(len(data)) if row.vjp[i] is not None]  # type: ignore[index]


class Weighted:
    """The number sum(w * row(inputs)), as a function of the inputs that have gradients."""

    def __init__(self, row: Row, c: Case, rng: np.random.Generator) -> None:
        self.row = row
        self.attrs = c.attrs or None
        self.data = sample(row, c.shapes, rng)
        self.indices = [leaf(i) for i in c.indices]
        self.free = differentiated(row, self.data)
        out = self.value([leaf(plain(x)) for x in self.data])
        self.weights = rng.uniform(0.5, 1.5, out.shape)
        self.point = [self.data[i] for i in self.free]

    def value(self, inputs: list[Value]) -> Value:
        return apply(self.row, *inputs, *self.indices, attrs=self.attrs)

    def leaves(self, point: list[Array]) -> list[Value]:
        leaves = [leaf(plain(x)) for x in self.data]
        for i, x in zip(self.free, point, strict=True):
            leaves[i] = leaf(plain(x), needs=True)
        return leaves

    def number(self, point: list[Array]) -> float:
        return float(np.sum(self.value(self.leaves(point)).data * self.weights))

    def root(self, leaves: list[Value]) -> Value:
        return apply(TABLE["sum"], apply(TABLE["mul"], self.value(leaves), leaf(plain(self.weights))))

    def slopes(self, point: list[Array]) -> list[Array]:
        """The gradient, by backward."""
        leaves = self.leaves(point)
        backward(self.root(leaves))
        return [np.asarray(leaves[i].grad) for i in self.free]

    def curvature(self, direction: list[Array]) -> list[Array]:
        """The second derivative times a direction, by gradients of gradients."""
        leaves = self.leaves(self.point)
        wrt = [leaves[i] for i in self.free]
        total = leaf(0.0)
        for g, u in zip(gradient(self.root(leaves), wrt), direction, strict=True):
            if g is not None:
                total = apply(TABLE["add"], total, apply(TABLE["sum"], apply(TABLE["mul"], g, leaf(plain(u)))))
        second = gradient(total, wrt)
        return [np.zeros(x.shape) if g is None else np.asarray(g.data) for g, x in zip(second, self.point, strict=True)]


def moved(point: list[Array], direction: list[Array], step: float) -> list[Array]:
    return [x + step * u for x, u in zip(point, direction, strict=True)]


def along(f: Callable[[list[Array]], Any], point: list[Array], direction: list[Array], h: float = 1e-3) -> Any:
    """The derivative of f in a direction, from four values (error of order h**4)."""
    return (
        8.0 * (f(moved(point, direction, h)) - f(moved(point, direction, -h)))
        - (f(moved(point, direction, 2 * h)) - f(moved(point, direction, -2 * h)))
    ) / (12.0 * h)


def unit_directions(point: list[Array]) -> Iterator[tuple[int, tuple[int, ...], list[Array]]]:
    for i, x in enumerate(point):
        for at in np.ndindex(x.shape):
            direction = [np.zeros(y.shape) for y in point]
            direction[i][at] = 1.0
            yield i, at, direction


STEPS = {"mod": 1e-4}  # its quotient stays whole within a hundredth only


def flat(parts: list[Array]) -> Array:
    return np.concatenate([p.ravel() for p in parts])


def close(found: Any, expected: Any, tolerance: float, what: object) -> None:
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    assert found.shape == expected.shape, what
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=tolerance, err_msg=str(what))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_first_order_against_differences(name: str) -> None:
    row, rng, tested = TABLE[name], random_of(name), 0
    for c in cases_of(row):
        f = Weighted(row, c, rng)
        slopes = f.slopes(f.point)
        for s, x in zip(slopes, f.point, strict=True):
            assert s.shape == x.shape, c
        for i, at, direction in unit_directions(f.point):
            close(slopes[i][at], along(f.number, f.point, direction, STEPS.get(name, 1e-3)), 1e-7, (name, c, i, at))
            tested += 1
    assert tested > 5


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_second_order_against_differences(name: str) -> None:
    row, rng = TABLE[name], random_of(name + " again")
    for c in cases_of(row):
        f = Weighted(row, c, rng)
        direction = [rng.uniform(-1, 1, x.shape) for x in f.point]
        expected = along(lambda p, f=f: flat(f.slopes(p)), f.point, direction, STEPS.get(name, 1e-3))
        close(flat(f.curvature(direction)), expected, 1e-5, (name, c))


@pytest.mark.parametrize("name", [n for n in DIFFERENTIABLE if TABLE[n].elementwise and TABLE[n].inputs == 1])
def test_third_order_against_differences(name: str) -> None:
    row = TABLE[name]

    def derivative(x: float, order: int) -> float:
        v = leaf(x, needs=True)
        y: Any = apply(row, v)
        for _ in range(order):
            y = gradient(y, [v])[0] if y is not None else None
        return 0.0 if y is None else float(y.data)

    for x in sample(row, ((4,),), random_of(name))[0].tolist():
        expected = along(lambda p: derivative(p[0], 2), [x], [1.0])
        close(derivative(x, 3), expected, 1e-6, (name, x))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_recorded_gradients_are_those_of_backward(name: str) -> None:
    row, rng = TABLE[name], random_of(name)
    for c in cases_of(row):
        f = Weighted(row, c, rng)
        leaves = f.leaves(f.point)
        wrt = [leaves[i] for i in f.free]
        for recorded, raw, x in zip(gradient(f.root(leaves), wrt), f.slopes(f.point), f.point, strict=True):
            assert recorded is not None
            assert recorded.shape == x.shape
            np.testing.assert_allclose(recorded.data, raw, rtol=1e-14, atol=1e-15, err_msg=str((name, c)))


# Shapes, scalars, number types -------------------------------------------------------------------------------

VALUES_ONLY: dict[str, Callable[[], list[Case]]] = {
    "argmax": lambda: reduction_cases(1, several=False),
    "argmin": lambda: reduction_cases(1, several=False),
    "all": reduction_cases,
    "any": reduction_cases,
    "one_hot": lambda: [case(s, n=4) for s in [(), (3,), (0,), (2, 3)]],
    "nonzero": lambda: [],  # how many are true is no matter of shapes
}


@pytest.mark.parametrize("name", TABLE)
def test_shape_rule_agrees_with_the_result(name: str) -> None:
    row, rng = TABLE[name], random_of(name)
    for c in VALUES_ONLY[name]() if name in VALUES_ONLY else cases_of(row):
        data = [plain(x) for x in sample(row, c.shapes, rng)]
        if name in ("and", "or", "not", "all", "any"):
            data = [plain(np.asarray(x) > 0) for x in data]
        if name == "one_hot":
            data = [plain(np.floor(np.abs(x))) for x in map(np.asarray, data)]
        out = row.evaluate([*data, *c.indices], c.attrs)
        assert np.shape(out) == row.shape(*c.shapes, *map(np.shape, c.indices), **c.attrs), c
        assert isinstance(out, bool | float) if np.shape(out) == () else out.dtype in (float, bool)


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -1.5, 2.5, 3.0, 1e3, -1e3, 1e-300, -1e-300, 1e300, -1e300, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_scalars_agree_with_arrays(name: str) -> None:
    row = TABLE[name]
    boolean = name in ("and", "or", "not")
    pool: list[Any] = [True, False] if boolean else SPECIAL
    columns = [[True, False] if (name, i) == ("where", 0) else pool for i in range(row.inputs)]
    points = list(itertools.product(*columns))
    points = [points[i] for i in random_of(name).permutation(len(points))[:1500]]
    together = row.evaluate([np.array(column) for column in zip(*points, strict=True)], None)
    single = [row.evaluate(list(point), None) for point in points]
    assert {type(x) for x in single} <= {bool, float}
    np.testing.assert_allclose(np.array(single, float), together.astype(float), rtol=1e-15, atol=0)


@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if TABLE[n].numeric])
def test_truth_counts_as_one_and_nought(name: str) -> None:
    row = TABLE[name]
    for point in itertools.product((True, False), repeat=row.inputs):
        expected = row.evaluate([float(x) for x in point], None)
        np.testing.assert_array_equal(row.evaluate(list(point), None), expected)
        np.testing.assert_array_equal(row.evaluate([np.array([x]) for x in point], None), np.array([expected]))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_float32_stays_float32(name: str) -> None:
    row, rng = TABLE[name], random_of(name)
    STATE.dtype = "float32"
    try:
        for c in cases_of(row):
            data = [plain(x if x.dtype == bool else x.astype("float32")) for x in sample(row, c.shapes, rng)]
            free = differentiated(row, data)
            leaves = [leaf(x, needs=i in free) for i, x in enumerate(data)]
            out = apply(row, *leaves, *map(leaf, c.indices), attrs=c.attrs or None)
            total = apply(TABLE["sum"], out)
            backward(total)
            recorded = gradient(total, [leaves[i] for i in free])
            for x in [out.data, *[leaves[i].grad for i in free], *[g.data for g in recorded if g is not None]]:
                assert isinstance(x, float | bool) or x.dtype in ("float32", bool), c
    finally:
        STATE.dtype = "float64"


# PyTorch -----------------------------------------------------------------------------------------------------


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
        "broadcast_to": lambda x, shape: torch.broadcast_to(x, shape), "sum_to": lambda x, shape: x.sum_to_size(shape), "getitem": getitem,
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


# Kinks and far ends ------------------------------------------------------------------------------------------

INF, NAN = math.inf, math.nan
CONVENTIONS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[Any, ...]]] = [
    ("relu", (0.0,), {}, (0.0,)),
    ("relu", ([-1.0, 0.0, 2.0],), {}, ([0.0, 0.0, 1.0],)),
    ("leaky_relu", (0.0, 0.25), {}, (0.25, 0.0)),
    ("abs", (0.0,), {}, (0.0,)),
    ("sqrt", (0.0,), {}, (INF,)),
    ("max", ([1.0, 3.0, 3.0],), {}, ([0.0, 0.5, 0.5],)),
    ("min", ([2.0, 2.0, 2.0, 5.0],), {}, ([1 / 3, 1 / 3, 1 / 3, 0.0],)),
    ("maximum", (2.0, 2.0), {}, (0.5, 0.5)),
    ("minimum", ([1.0, 2.0], [1.0, 3.0]), {}, ([0.5, 1.0], [0.5, 0.0])),
    ("clamp", ([-1.0, 1.0, 2.0], -1.0, 1.0), {}, ([1.0, 1.0, 0.0], 0.0, 1.0)),
    ("pow", (0.0, 0.0), {}, (0.0, 0.0)),
    ("pow", (3.0, 0.0), {}, (0.0, math.log(3.0))),
    ("pow", (0.0, 2.0), {}, (0.0, 0.0)),
    ("pow", ([0.0, 0.0, -2.0], [0.0, 2.0, 0.0]), {}, ([0.0, 0.0, -0.0], [0.0, 0.0, NAN])),
    ("norm", ([0.0, 0.0],), {}, ([0.0, 0.0],)),
    ("norm", ([[0.0, 0.0], [3.0, 4.0]],), {"dim": 1}, ([[0.0, 0.0], [0.6, 0.8]],)),
    ("std", ([2.0, 2.0, 2.0],), {}, ([0.0, 0.0, 0.0],)),
    ("prod", ([0.0, 2.0, 3.0],), {}, ([6.0, 0.0, 0.0],)),
    ("prod", ([0.0, 0.0, 3.0],), {}, ([0.0, 0.0, 0.0],)),
    ("log", (0.0,), {}, (INF,)),
    ("softplus", ([-INF, -1e3, 1e3, INF],), {}, ([0.0, 0.0, 1.0, 1.0],)),
    ("sigmoid", ([-INF, -1e3, 1e3, INF],), {}, ([0.0, 0.0, 0.0, 0.0],)),
    ("tanh", ([-INF, -1e3, 1e3, INF],), {}, ([0.0, 0.0, 0.0, 0.0],)),
    ("gelu", ([-INF, -1e3, 1e3, INF],), {}, ([0.0, 0.0, 1.0, 1.0],)),
    ("gelu", (-INF,), {}, (0.0,)),
    ("logsumexp", ([-INF, 0.0, -INF],), {}, ([0.0, 1.0, 0.0],)),
    ("logsumexp", ([-INF, -INF],), {}, ([0.0, 0.0],)),
    ("logsumexp", ([1e3, 1e3],), {}, ([0.5, 0.5],)),
    ("where", (True, 2.0, 3.0), {}, (None, 1.0, 0.0)),
]


def data_of(x: Any) -> Any:
    return np.array(x) if isinstance(x, list) else x


@pytest.mark.parametrize(("name", "inputs", "attrs", "expected"), CONVENTIONS)
def test_conventions_at_kinks(
    name: str, inputs: tuple[Any, ...], attrs: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    leaves = [leaf(data_of(x), needs=e is not None) for x, e in zip(inputs, expected, strict=True)]
    out = apply(TABLE[name], *leaves, attrs=attrs or None)
    total = apply(TABLE["sum"], out) if out.shape else out
    backward(total)
    for v, recorded, e in zip(leaves, gradient(total, leaves), expected, strict=True):
        if e is not None:
            assert recorded is not None
            np.testing.assert_allclose(v.grad, e, rtol=1e-13, atol=0)
            np.testing.assert_allclose(recorded.data, e, rtol=1e-13, atol=0)


FAR: list[tuple[str, list[float], list[float]]] = [
    ("sigmoid", [-INF, -1e3, -40.0, 1e3, INF], [0.0, 0.0, 4.248354255291589e-18, 1.0, 1.0]),
    ("softplus", [-INF, -1e3, -40.0, 1e3, INF], [0.0, 0.0, 4.248354255291589e-18, 1e3, INF]),
    ("gelu", [-INF, -1e3, -10.0, 1e3, INF], [0.0, 0.0, -7.619853024160526e-23, 1e3, INF]),
    ("relu", [-INF, INF, NAN], [0.0, INF, NAN]),
]


@pytest.mark.parametrize(("name", "x", "expected"), FAR)
def test_functions_are_right_far_out(name: str, x: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(TABLE[name].evaluate([np.array(x)], None), expected, rtol=1e-13)
    np.testing.assert_allclose([TABLE[name].evaluate([v], None) for v in x], expected, rtol=1e-13)


def test_logsumexp_and_log_softmax_far_out() -> None:
    rows = np.array([[1e3, 1e3, -1e3], [-1e3, -1e3, -1e3], [-INF, 0.0, -INF]])
    logs = math.log(2.0), math.log(3.0)
    out = TABLE["logsumexp"].evaluate([rows], {"dim": 1})
    np.testing.assert_allclose(out, [1e3 + logs[0], -1e3 + logs[1], 0.0], rtol=1e-15)
    out = TABLE["log_softmax"].evaluate([rows], {"dim": 1})
    np.testing.assert_allclose(out[0], [-logs[0], -logs[0], -2e3 - logs[0]], rtol=1e-12)
    np.testing.assert_array_equal(out[2], [-INF, 0.0, -INF])


def hessian(row: Row, x: Array) -> Array:
    columns = []
    for i in range(x.size):
        v = leaf(x, needs=True)
        (first,) = gradient(apply(row, v), [v])
        assert first is not None
        (second,) = gradient(subscript(first, [leaf(float(i))]), [v])
        columns.append(np.zeros(x.shape) if second is None else second.data)
    return np.array(columns)


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_second_derivatives_of_a_product_with_zeros(zeros: int) -> None:
    x = np.array([2.0, 3.0, -1.5, 0.5, 4.0])
    x[:zeros] = 0.0
    expected = [[0.0 if i == j else np.prod(np.delete(x, [i, j])) for j in range(5)] for i in range(5)]
    np.testing.assert_allclose(hessian(TABLE["prod"], x), expected, rtol=1e-14)


def test_second_derivatives_at_kinks_are_finite() -> None:
    for name in ("norm", "std", "relu", "max"):
        row = TABLE[name]
        x = np.zeros(3)
        if name == "relu":
            continue
        assert np.isfinite(hessian(row, x)).all(), name
    v = leaf(0.0, needs=True)
    (slope,) = gradient(apply(TABLE["pow"], v, leaf(2.0)), [v])
    assert slope is not None
    (curve,) = gradient(slope, [v])
    assert curve is not None
    assert curve.data == 2.0


def test_a_constant_exponent_poisons_nothing() -> None:
    x = leaf(np.array([-2.0, 0.0, 3.0]), needs=True)
    backward(apply(TABLE["sum"], apply(TABLE["pow"], x, leaf(3.0))))
    np.testing.assert_array_equal(x.grad, [12.0, 0.0, 27.0])


# Indexing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "spec", "indices"), INDEXINGS)
def test_indexing_is_numpys(shape: Shape, spec: tuple[Any, ...], indices: tuple[Any, ...]) -> None:
    x = np.arange(math.prod(shape), dtype=float).reshape(shape)
    np.testing.assert_array_equal(TABLE["getitem"].evaluate([x, *indices], {"spec": spec}), x[index_key(spec, indices)])


def test_masks() -> None:
    x = leaf(np.arange(12.0).reshape(3, 4), needs=True)
    big = apply(TABLE["gt"], x, leaf(5.0))
    chosen = subscript(x, [big])
    np.testing.assert_array_equal(chosen.data, np.arange(6.0, 12.0))
    backward(apply(TABLE["sum"], chosen))
    np.testing.assert_array_equal(x.grad, big.data.astype(float))
    rows = leaf(np.array([True, False, True]))
    np.testing.assert_array_equal(subscript(x, [rows, slice(1, 3)]).data, x.data[[0, 2], 1:3])
    np.testing.assert_array_equal(subscript(x, [rows, leaf(1.0)]).data, x.data[[0, 2], 1])
    assert subscript(x, [leaf(np.zeros(3, bool))]).shape == (0, 4)
    flags = subscript(big, [leaf(1.0)])
    assert flags.data.dtype == bool
    with pytest.raises(Fault) as caught:
        subscript(x, [leaf(np.array([True, False]))])
    assert caught.value.code == "E0402"


# What does not fit -------------------------------------------------------------------------------------------


def zeros(*shape: int) -> Any:
    return np.zeros(shape) if shape else 0.0


MISFITS: list[tuple[str, str, list[Any], dict[str, Any]]] = [
    ("E0402", "add", [zeros(2, 3), zeros(4)], {}),
    ("E0402", "mul", [zeros(2, 3), zeros(2)], {}),
    ("E0402", "where", [np.zeros(3, bool), zeros(2), 0.0], {}),
    ("E0404", "sub", [zeros(100, 1), zeros(100)], {}),
    ("E0404", "sub", [zeros(100), zeros(100, 1)], {}),
    ("E0404", "add", [zeros(3, 1), zeros(4)], {}),
    ("E0404", "add", [zeros(5, 3, 1), zeros(1, 4)], {}),
    ("E0401", "matmul", [zeros(3), zeros(2, 4)], {}),
    ("E0401", "matmul", [zeros(5, 3), zeros(4, 3)], {}),
    ("E0401", "matmul", [2.0, zeros(2, 4)], {}),
    ("E0402", "matmul", [zeros(2, 3, 4), zeros(5, 4, 1)], {}),
    ("E0405", "sum", [zeros(2, 3)], {"dim": 2}),
    ("E0405", "sum", [zeros(2, 3)], {"dim": (0, -2)}),
    ("E0405", "sum", [1.0], {"dim": 0}),
    ("E0405", "softmax", [1.0], {}),
    ("E0405", "transpose", [zeros(3)], {}),
    ("E0405", "unsqueeze", [zeros(3)], {"dim": 2}),
    ("E0308", "sum", [zeros(2, 3)], {"dim": 0.5}),
    ("E0408", "reshape", [zeros(6)], {"shape": (4, 2)}),
    ("E0408", "reshape", [zeros(6)], {"shape": (4, -1)}),
    ("E0408", "reshape", [zeros(6)], {"shape": (-1, -1)}),
    ("E0408", "squeeze", [zeros(2, 3)], {"dim": 0}),
    ("E0409", "stack", [zeros(2), zeros(3)], {}),
    ("E0409", "cat", [zeros(2, 2), zeros(3, 3)], {"dim": 0}),
    ("E0409", "cat", [1.0, 2.0], {}),
    ("E0410", "max", [zeros(0)], {}),
    ("E0410", "argmin", [zeros(2, 0)], {"dim": 1}),
    ("E0406", "getitem", [zeros(3), 3.0], {"spec": (AT,)}),
    ("E0406", "getitem", [zeros(3), -4.0], {"spec": (AT,)}),
    ("E0406", "getitem", [zeros(2, 3), position(0, 3)], {"spec": (ALL, AT)}),
    ("E0407", "getitem", [zeros(3), 0.5], {"spec": (AT,)}),
    ("E0407", "getitem", [zeros(3), NAN], {"spec": (AT,)}),
    ("E0407", "getitem", [zeros(3), position(0, 0.5)], {"spec": (AT,)}),
    ("E0407", "getitem", [zeros(3), position(INF)], {"spec": (AT,)}),
    ("E0405", "getitem", [zeros(3), 0.0, 0.0], {"spec": (AT, AT)}),
    ("E0405", "getitem", [1.0, 0.0], {"spec": (AT,)}),
    ("E0301", "getitem", [zeros(3), True], {"spec": (AT,)}),
    ("E0308", "getitem", [zeros(3)], {"spec": (cut(None, None, 0),)}),
    ("E0406", "one_hot", [position(0, 3)], {"n": 3}),
    ("E0406", "one_hot", [position(-1)], {"n": 3}),
    ("E0301", "and", [True, 1.0], {}),
    ("E0301", "where", [1.0, 1.0, 2.0], {}),
    ("E0301", "any", [zeros(3)], {}),
]


@pytest.mark.parametrize(("code", "name", "data", "attrs"), MISFITS)
def test_misfits_are_faults(code: str, name: str, data: list[Any], attrs: dict[str, Any]) -> None:
    with pytest.raises(Fault) as caught:
        apply(TABLE[name], *map(leaf, data), attrs=attrs or None)
    assert caught.value.code == code
    words = " ".join((caught.value.message, *caught.value.help))
    assert not any(word in words for word in ("ndarray", "dtype", "axis", "NoneType", "tuple", "0-d"))


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ((3,), (2, 4), "[3, 4] on the right would fit"),
        ((5, 3), (4, 3), "the right one transposed, [3, 4]"),
        ((3, 5), (3, 4), "the left one transposed, [5, 3]"),
        ((2, 3), (4,), "[3] on the right would fit"),
    ],
)
def test_matmul_says_what_would_fit(x: Shape, y: Shape, said: str) -> None:
    with pytest.raises(Fault) as caught:
        TABLE["matmul"].shape(x, y)
    assert said in " ".join(caught.value.help)


@pytest.mark.parametrize("shapes", list(itertools.product(RANK_0_TO_2 + RANK_3, repeat=2)))
def test_broadcasting_is_numpys_less_double_stretching(shapes: tuple[Shape, Shape]) -> None:
    rule = TABLE["add"].shape
    if fits(*shapes):
        assert rule(*shapes) == np.broadcast_shapes(*shapes)
    else:
        with pytest.raises(Fault):
            rule(*shapes)


# The reference -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n, row in TABLE.items() if row.group != "internal"])
def test_public_rows_are_documented(name: str) -> None:
    row = TABLE[name]
    assert row.doc.endswith(".")
    assert "\n" not in row.doc
    assert "#>" in row.example


def test_the_language_has_its_operations() -> None:
    names = """exp log sqrt sin cos tan tanh sigmoid relu leaky_relu gelu softplus abs sign floor round where clamp
    minimum maximum sum mean std var max min argmax argmin prod norm all any logsumexp reshape transpose stack cat
    squeeze unsqueeze flip one_hot softmax log_softmax"""
    assert [n for n in names.split() if n not in TABLE or TABLE[n].group == "internal"] == []
