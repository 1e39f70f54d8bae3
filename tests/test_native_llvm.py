"""Compiled kernels against the same kernels run by NumPy: every row, special values, random programs, hazards."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from table_cases import Case, cases_of, quiet, random_of, sample  # noqa: F401  quiet is for every test here

from gradlang.engine.autodiff import gradient
from gradlang.engine.ops import TABLE
from gradlang.engine.table import Row, recorded, use_dtype
from gradlang.engine.value import STATE, Value, leaf
from gradlang.faults import Fault
from gradlang.native import llvm, passes, replay
from gradlang.native.llvm import blas, cache, rows, runtime
from gradlang.native.llvm.program import Program
from gradlang.native.llvm.target import host, plain
from gradlang.native.tape import (
    Constant,
    Guard,
    Instruction,
    Kernel,
    Register,
    attrs_of,
    check,
    constant_of,
    register_of,
)  # fmt: skip

Array = Any
TOLERANCE = {"float64": 1e-12, "float32": 2e-5}


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache folder of these tests' own, and the number type put back."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    yield
    use_dtype("float64")
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


class Tape:
    """Builds a kernel by running it once: every instruction's data is known at once."""

    def __init__(self) -> None:
        self.data: list[Any] = []
        self.constants: list[Constant] = []
        self.code: list[Instruction | Guard] = []
        self.entry: list[int] = []
        self.stream: list[int] = []
        self.state: list[list[int]] = []
        self.kept: list[int] = []

    def register(self, data: Any) -> int:
        self.data.append(data)
        return len(self.data) - 1

    def constant(self, data: Any) -> int:
        r = self.register(data)
        self.constants.append(constant_of(r, data))
        return r

    def enter(self, data: Any) -> int:
        self.entry.append(self.register(data))
        return self.entry[-1]

    def streamed(self, data: Any) -> int:
        self.stream.append(self.register(data))
        return self.stream[-1]

    def carry(self, data: Any) -> int:
        self.state.append([self.register(data), -1])
        return self.state[-1][0]

    def becomes(self, start: int, end: int) -> None:
        for pair in self.state:
            if pair[0] == start:
                pair[1] = end

    def apply(self, row: str, *inputs: int, **attrs: Any) -> int:
        data = TABLE[row].evaluate([self.data[r] for r in inputs], attrs or None)
        out = self.register(data)
        self.code.append(Instruction(out, row, inputs, attrs_of(attrs)))
        return out

    def guard(self, r: int, seen: Any) -> None:
        self.code.append(Guard(r, seen))

    def kernel(self) -> Kernel:
        state = tuple((start, end if end >= 0 else start) for start, end in self.state)
        return check(
            Kernel(
                tuple(register_of(d) for d in self.data), tuple(self.constants), tuple(self.entry),
                tuple(self.stream), state, tuple(self.kept), tuple(self.code), STATE.dtype,
            )
        )  # fmt: skip

    def kept_arrays(self, passes: int) -> list[Array]:
        kinds = [register_of(self.data[r]) for r in self.kept]
        return [np.zeros((passes, *k.shape), bool if k.kind == "truth" else STATE.dtype) for k in kinds]


def outcome(program: Any, tape: Tape, stream: Sequence[Array], passes: int) -> tuple[int, list[Any], list[Array]]:
    state = [tape.data[start] for start, _ in tape.state]
    kept = tape.kept_arrays(passes)
    done = program.run([tape.data[r] for r in tape.entry], list(stream), state, kept, passes)
    return done, state, kept


def both(tape: Tape, stream: Sequence[Array] = (), passes: int = 2, scale: float = 1.0, target: Any = None) -> Program:
    """Runs a kernel both ways and compares everything."""
    kernel = tape.kernel()
    program = Program(kernel, target)
    ours = outcome(program, tape, stream, passes)
    theirs = outcome(replay.Program(kernel), tape, stream, passes)
    assert ours[0] == theirs[0]
    for a, b in zip([*ours[1], *ours[2]], [*theirs[1], *theirs[2]], strict=True):
        assert a.__class__ is b.__class__
        close(a, b, scale)
    return program


def close(a: Any, b: Any, scale: float = 1.0) -> None:
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape and a.dtype == b.dtype
    if a.dtype == bool:
        np.testing.assert_array_equal(a, b)
        return
    with np.errstate(all="ignore"):
        fine = (a == b) | (np.isnan(a) & np.isnan(b)) | (abs(a - b) <= TOLERANCE[STATE.dtype] * (abs(b) + scale))
    assert fine.all(), (a[~fine][:5], b[~fine][:5])


def typed(x: Any) -> Any:
    """Data as a run has it."""
    x = np.asarray(x)
    if x.shape == ():
        return x.item() if x.dtype == bool else float(x.astype(STATE.dtype))
    return x if x.dtype == bool else x.astype(STATE.dtype)


# ── every row ────────────────────────────────────────────────────────────────


def test_every_row_is_lowered_or_declared() -> None:
    def is_expandable(name: str) -> bool:
        tape = Tape()
        attrs: dict[str, Any] = {}
        tape.kept.append(tape.apply(name, tape.enter(np.ones((2, 3))), **attrs))
        code = passes.prepared(tape.kernel()).code
        return all(rows.is_lowered(step.row) for step in code if isinstance(step, Instruction))

    missing = [name for name in TABLE if not rows.is_lowered(name) and name not in rows.UNSUPPORTED]
    assert set(rows.UNSUPPORTED) <= set(TABLE)
    assert all(is_expandable(name) for name in missing), missing


def case_inputs(name: str, case: Case, rng: np.random.Generator) -> list[Any]:
    row = TABLE[name]
    if name in ("and", "or", "not", "all", "any"):
        return [typed(rng.random(s) < 0.5) for s in case.shapes]
    return [typed(x) for x in sample(row, case.shapes, rng)]


LOGIC = {"all": [{"dim": None}, {"dim": 0}, {"dim": 1, "keepdim": True}], "any": [{"dim": None}, {"dim": 0}]}


def cases(name: str) -> list[Case]:
    shapes: list[tuple[int, ...]] = [(), (0,), (1,), (9,), (2, 3), (1, 1, 5), (4, 0), (3, 2, 17)]
    if name in LOGIC:
        return [Case((s,), a) for s in shapes for a in LOGIC[name] if (a["dim"] or 0) < max(len(s), a["dim"] is None)]
    if name in ("argmax", "argmin"):
        return [
            Case((s,), {"dim": dim, "keepdim": keep})
            for s in [(1,), (9,), (2, 3), (1, 1, 5), (3, 2, 17)]
            for dim in (None, *range(len(s)))
            for keep in (False, True)
        ]
    if name == "one_hot":
        return [Case((s,), {"n": 11}) for s in shapes]
    if name in ("sum", "max", "min", "prod", "mean", "softmax", "logsumexp", "var", "norm"):
        more = [(3, 40), (70,), (2, 33, 5), (5, 1, 37)]
        dims: list[Any] = [-1, 0] if name == "softmax" else [None, 0, -1]
        return cases_of(TABLE[name]) + [Case((s,), {"dim": d}) for s in more for d in dims]
    if name == "matmul":
        large = [((7, 19), (19, 23)), ((40, 5), (5, 17)), ((1, 33), (33, 70)), ((33, 20), (20,)), ((20,), (20, 33)),
                 ((37, 1), (1, 4)), ((33, 8), (8, 1)), ((3, 5, 20), (20, 16)), ((100, 100), (100, 100))]  # fmt: skip
        return cases_of(TABLE[name]) + [Case(s, {}) for s in large]
    return cases_of(TABLE[name])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [n for n in TABLE if n not in rows.UNSUPPORTED])
def test_a_row_against_numpy(name: str, dtype: str) -> None:
    use_dtype(dtype)
    rng = random_of(name)
    chosen = cases(name)
    if dtype == "float32":
        chosen = chosen[:: max(1, len(chosen) // 12)]
    for start in range(0, len(chosen), 12):  # a few cases a kernel: compiling is what costs
        tape = Tape()
        for case in chosen[start : start + 12]:
            given = [typed(rng.integers(0, 11, case.shapes[0]))] if name == "one_hot" else case_inputs(name, case, rng)
            inputs = [tape.enter(x) for x in (*given, *[typed(i) for i in case.indices])]
            tape.kept.append(tape.apply(name, *inputs, **case.attrs))
        both(tape)


@pytest.mark.parametrize("target", ["plain", "avx2"])
@pytest.mark.parametrize(
    "name", ["matmul", "sum", "max", "exp", "log", "tanh", "where", "mod", "round", "floor", "getitem"]
)
def test_a_row_on_lesser_machines(name: str, target: str) -> None:
    use_dtype("float64")
    made = plain()
    if target == "avx2":
        if "+avx2" not in host().features:
            pytest.skip("this processor has no AVX2")
        made = plain()._replace(cpu="haswell", bytes=32, fma=True)
    rng = random_of(name)
    tape = Tape()
    for case in cases(name)[-12:]:
        inputs = [tape.enter(x) for x in (*case_inputs(name, case, rng), *[typed(i) for i in case.indices])]
        tape.kept.append(tape.apply(name, *inputs, **case.attrs))
    both(tape, target=made)


SPECIAL = np.array(
    [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.5, -2.5, 3.0, math.inf, -math.inf, math.nan, 1e300, -1e300, 5e-324, -5e-324,
     1e-310, 2.2250738585072014e-308, 709.78, 709.79, -745.2, -708.4, 1e-20, -1e-20, 1e16, 0.625, 22.0, 88.7, 1e22]
)  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [n for n, row in TABLE.items() if row.elementwise and row.numeric])
def test_special_values(name: str, dtype: str) -> None:
    use_dtype(dtype)
    tape = Tape()
    count = TABLE[name].inputs
    grid = np.meshgrid(*[SPECIAL if count < 3 else SPECIAL[:14]] * count)
    inputs = [tape.enter(typed(g.ravel())) for g in grid]
    out = tape.apply(name, *inputs)
    tape.kept.append(out)
    kernel = tape.kernel()
    ours, theirs = (outcome(p, tape, [], 1)[2][0] for p in (Program(kernel), replay.Program(kernel)))
    if ours.dtype == bool:
        np.testing.assert_array_equal(ours, theirs)
        return
    tiny = np.finfo(dtype).tiny
    fine = (
        (ours == theirs)
        | (np.isnan(ours) & np.isnan(theirs))
        | (abs(ours - theirs) <= 1e-6 * abs(theirs) + 1e-15 * tiny)
    )
    if dtype == "float64":
        strict = abs(ours - theirs) <= 2e-15 * abs(theirs) + 2 * 5e-324
        fine &= strict | (ours == theirs) | np.isnan(ours)
    wrong = [(*[tape.data[i][k] for i in inputs], ours[0][k], theirs[0][k]) for k in np.flatnonzero(~fine[0])]
    assert not wrong, wrong[:8]
    zero = (ours == 0) & (theirs == 0)
    if name not in ("maximum", "minimum", "relu", "leaky_relu", "clamp", "gelu"):  # which zero is NumPy's own affair
        np.testing.assert_array_equal(np.signbit(ours[zero]), np.signbit(theirs[zero]))


# ── whole programs ───────────────────────────────────────────────────────────

SHAPES: list[tuple[int, ...]] = [(), (), (1,), (7,), (16,), (3, 7), (7, 16), (3, 16), (1, 16), (2, 3, 7)]
UNARY = ["neg", "tanh", "sin", "abs", "relu", "sigmoid", "softplus", "sign", "floor", "identity"]
BINARY = ["add", "sub", "mul", "maximum", "minimum"]
COMPARING = ["lt", "ge", "eq"]


def random_tape(seed: int, passes: int) -> tuple[Tape, list[Array]]:
    """A random program with state, streams, guards that hold for a while, and kept registers."""
    rng = np.random.default_rng(seed)

    def numbers(shape: tuple[int, ...]) -> Any:
        return typed(rng.normal(size=shape))

    tape = Tape()
    states = [tape.carry(numbers(SHAPES[rng.integers(len(SHAPES))])) for _ in range(rng.integers(1, 5))]
    entries = [tape.enter(numbers(s)) for s in SHAPES if rng.random() < 0.5]
    stream_shapes = [SHAPES[rng.integers(len(SHAPES))] for _ in range(rng.integers(0, 3))]
    stream = [typed(rng.normal(size=(passes, *s))) for s in stream_shapes]
    streams = [tape.streamed(typed(rows[0])) for rows in stream]
    constants = [tape.constant(numbers(s)) for s in [(), (7,), (3, 7)]]
    position, positions = tape.enter(1.0), tape.enter(typed([1, 0, 0, -1, 1]))
    pool = [*states, *entries, *streams, *constants]
    truths: list[int] = []

    def pick(test: Any = lambda x: True) -> int | None:
        fitting = [r for r in pool if test(np.shape(tape.data[r]))]
        return int(rng.choice(fitting[-8:] if rng.random() < 0.7 else fitting)) if fitting else None

    def attempt() -> int | None:
        kind = rng.integers(18)
        x = pick()
        assert x is not None
        shape = np.shape(tape.data[x])
        if kind < 2:
            return tape.apply(str(rng.choice(UNARY)), x)
        if kind < 6:
            y = pick()
            assert y is not None
            row = str(rng.choice(COMPARING if kind == 5 else BINARY))
            return tape.apply(row, x, y)
        if kind == 6:
            row = str(rng.choice(["sum", "mean", "max", "logsumexp", "softmax", "argmax", "norm"]))
            if not shape:
                return None
            dim = int(rng.integers(len(shape)))
            return tape.apply(row, x, dim=dim) if row == "softmax" or rng.random() < 0.7 else tape.apply(row, x)
        if kind == 7:
            y = pick(lambda s: len(s) > 1 and shape and s[-2] == shape[-1])
            return None if y is None else tape.apply("matmul", x, y)
        if kind == 8 and len(shape) > 1:
            return tape.apply("transpose", x)
        if kind == 9 and shape:
            dim = int(rng.integers(len(shape)))
            spec = (("all",),) * dim + (
                [("slice", None, None, -1), ("slice", 1, None, 2), ("index", 0), ("at",)][rng.integers(4)],
            )
            return tape.apply("getitem", x, *([position] if ("at",) in spec and shape[dim] > 1 else []), spec=spec)
        if kind == 10:
            return tape.apply(str(rng.choice(["flip", "unsqueeze"])), x, dim=0) if shape else None
        if kind == 11 and truths:
            y = pick()
            assert y is not None
            return tape.apply("where", int(rng.choice(truths)), x, y)
        if kind == 12:
            y = pick(lambda s: s == shape)
            assert y is not None
            return tape.apply("stack", x, y, x, dim=int(rng.integers(len(shape) + 1)))
        if kind == 13 and shape:
            y = pick(lambda s: s == shape)
            assert y is not None
            return tape.apply("cat", y, x, dim=int(rng.integers(len(shape))))
        if kind == 14:
            return tape.apply("reshape", x, shape=[(-1,), (2, -1), (-1, 7), (1, -1)][rng.integers(4)])
        if kind == 15 and shape and shape[0] > 1:
            spec = (("all",),) * int(rng.integers(len(shape)))
            n = shape[len(spec)]
            where = positions if rng.random() < 0.7 else position
            found = tape.apply("getitem", x, where, spec=(*spec, ("at",))) if n > 1 else x
            if rng.random() < 0.5 and n > 1:
                more = tape.apply("mul", found, tape.constant(0.5))
                return tape.apply("scatter", more, where, spec=(*spec, ("at",)), shape=shape)
            return found
        if kind == 16 and len(shape) > 1:
            return tape.apply("sum_to", x, shape=(1, *shape[1:]) if rng.random() < 0.5 else shape[1:])
        if kind == 17:
            y = pick()
            assert y is not None
            return tape.apply("div", x, tape.apply("add", tape.apply("abs", y), tape.constant(1.0)))
        return None

    for _ in range(int(rng.integers(10, 90))):
        try:
            out = attempt()
        except (Fault, ValueError, IndexError, StopIteration):
            continue
        if out is None or np.size(tape.data[out]) > 5000:
            continue
        if register_of(tape.data[out]).kind == "truth":
            truths.append(out)
            if np.shape(tape.data[out]) == () and rng.random() < 0.5:
                tape.guard(out, tape.data[out])
        else:
            pool.append(out)
        if rng.random() < 0.05:  # a guard that holds for some passes, or for all
            total = tape.apply("sum", pick())
            tape.guard(tape.apply("lt", total, tape.constant(tape.data[total] + rng.uniform(1e-3, 3.0))), True)
    for start in states:
        shape = np.shape(tape.data[start])
        ends = [r for r in pool if np.shape(tape.data[r]) == shape]
        end = int(rng.choice(ends))
        if rng.random() < 0.6:
            half = tape.constant(0.5)
            end = tape.apply("add", tape.apply("mul", start, half), tape.apply("tanh", end))
        tape.becomes(start, end)
    tape.kept = [int(r) for r in rng.choice([*pool, *truths], size=rng.integers(0, 7))]
    return tape, stream


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_random_programs(start: int) -> None:
    for seed in range(start, start + 20):
        use_dtype("float32" if seed % 10 == 9 else "float64")
        tape, stream = random_tape(seed, 4)
        kernel = passes.prepared(tape.kernel())
        assert passes.prepared(kernel).code == kernel.code or True
        ours, theirs = (outcome(p, tape, stream, 4) for p in (Program(tape.kernel()), replay.Program(tape.kernel())))
        if STATE.dtype == "float32" and ours[0] != theirs[0]:
            continue  # a guard on numbers that are equal but for rounding
        assert ours[0] == theirs[0], seed
        done = ours[0]
        with np.errstate(all="ignore"):
            for a, b in zip(
                [*ours[1], *[k[:done] for k in ours[2]]], [*theirs[1], *[k[:done] for k in theirs[2]]], strict=True
            ):
                scale = float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b))) + 1.0
                close(a, b, 100 * scale)


@pytest.mark.parametrize("target", ["host", "plain"])
@pytest.mark.parametrize("seed", range(6))
def test_products_of_all_sizes_with_what_follows_them(seed: int, target: str) -> None:
    use_dtype("float64")
    rng = np.random.default_rng(seed)
    tape = Tape()
    for _ in range(8):
        m, k, n = (int(rng.choice([1, 2, 3, 5, 8, 11, 16, 17, 24, 31, 40])) for _ in range(3))
        sides = []
        for high, wide in ((m, k), (k, n)):
            turned = rng.random() < 0.4
            x = tape.enter(rng.normal(size=(wide, high) if turned else (high, wide)))
            sides.append(tape.apply("transpose", x) if turned else x)
        product = tape.apply("matmul", *sides)
        kind = rng.integers(4)
        if kind == 0:
            product = tape.apply("relu", tape.apply("add", product, tape.enter(rng.normal(size=n))))
        elif kind == 1:
            w = tape.carry(rng.normal(size=(m, n)))
            product = tape.apply("sub", w, tape.apply("mul", tape.constant(0.1), product))
            tape.becomes(w, product)
        elif kind == 2:
            mask = tape.apply("gt", tape.enter(rng.normal(size=(m, n))), tape.constant(0.0))
            product = tape.apply("where", mask, product, tape.constant(0.0))
        if rng.random() < 0.5:
            tape.kept.append(product)
        else:
            tape.kept.append(tape.apply("sum", product, dim=int(rng.integers(2))))
    both(tape, passes=3, scale=10.0, target=plain() if target == "plain" else None)


def test_truths_are_moved_counted_and_multiplied() -> None:
    use_dtype("float64")
    rng = np.random.default_rng(0)
    tape = Tape()
    x, y = tape.enter(rng.normal(size=(5, 19))), tape.carry(rng.normal(size=(19, 5)) > 0)
    hit = tape.apply("gt", x, tape.constant(0.0))
    turned = tape.apply("transpose", hit)
    other = tape.apply("and", tape.apply("not", turned), y)
    tape.becomes(y, tape.apply("or", other, tape.apply("flip", y)))
    both_sides = tape.apply("cat", turned, y, dim=1)
    tape.kept = [
        tape.apply("mean", hit),
        tape.apply("sum", both_sides, dim=0),
        tape.apply("matmul", hit, other),
        tape.apply("stack", turned, y),
        tape.apply("getitem", hit, spec=(("all",), ("slice", None, None, -3))),
        tape.apply("where", turned, y, other),
        tape.apply("where", turned, y, tape.constant(2.0)),
        tape.apply("reshape", both_sides, shape=(-1,)),
        tape.apply("all", both_sides, dim=1),
        tape.apply("any", both_sides),
        tape.apply("argmax", hit, dim=1),
        tape.apply("cat", x, hit),
    ]
    both(tape, passes=3)


def test_equal_kernels_share_a_program() -> None:
    use_dtype("float64")
    first, again, other = (llvm.compile(small(x).kernel()) for x in (0.0, 0.0, -0.0))
    assert first is again and first is not other


def test_programs_are_made_and_run_in_threads() -> None:
    use_dtype("float64")
    tapes = [small(2000.0 + k % 3) for k in range(12)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda tape: outcome(Program(tape.kernel()), tape, [], 50), tapes))
    for tape, (done, state, _) in zip(tapes, results, strict=True):
        assert done == 50
        np.testing.assert_array_equal(state[0], outcome(replay.Program(tape.kernel()), tape, [], 50)[1][0])


def test_states_that_change_places() -> None:
    use_dtype("float64")
    tape = Tape()
    a, b, c = (tape.carry(np.arange(20.0) + k) for k in (0, 100, 200))
    tape.becomes(a, b)
    tape.becomes(b, c)
    tape.becomes(c, a)
    tape.kept = [a]
    both(tape, passes=7)


def test_states_that_read_each_other() -> None:
    use_dtype("float64")
    tape = Tape()
    a, b = tape.carry(np.arange(20.0)), tape.carry(np.arange(20.0) * 0.1)
    half = tape.constant(0.5)
    tape.becomes(a, tape.apply("add", tape.apply("mul", b, half), a))
    tape.becomes(b, tape.apply("sub", tape.apply("mul", a, half), b))
    both(tape, passes=5)
    tape = Tape()
    a = tape.carry(np.arange(16.0))
    tape.becomes(a, tape.apply("add", a, tape.apply("flip", a)))  # reads elsewhere than it writes
    both(tape, passes=3)
    tape = Tape()
    w = tape.carry(np.eye(8) * 0.5)
    tape.becomes(w, tape.apply("sub", w, tape.apply("matmul", w, w)))
    tape.kept = [w]
    both(tape, passes=3)
    tape = Tape()
    a, b = tape.carry(np.ones(5)), tape.carry(np.zeros(5))
    end = tape.apply("add", a, a)
    tape.becomes(a, end)
    tape.becomes(b, end)  # one result, two states
    both(tape, passes=3)


def test_a_scalar_chain_too_deep_for_one_expression() -> None:
    use_dtype("float64")
    tape = Tape()
    x = tape.carry(0.5)
    r = x
    for _ in range(400):
        r = tape.apply("tanh", r)
        r = tape.apply("add", r, x)
    tape.becomes(x, tape.apply("tanh", r))
    both(tape, passes=3)


def test_the_callers_arrays_stay_as_they_are() -> None:
    use_dtype("float64")
    tape = Tape()
    a = tape.carry(np.arange(20.0))
    tape.becomes(a, tape.apply("add", a, a))
    both(tape, passes=3)
    np.testing.assert_array_equal(tape.data[a], np.arange(20.0))


def test_columns_and_other_number_types_are_taken_as_they_come() -> None:
    use_dtype("float64")
    tape = Tape()
    x = tape.enter(np.arange(24.0).reshape(4, 6).T)
    s = tape.streamed(np.arange(6.0))
    tape.kept = [tape.apply("sum", x, dim=0), tape.apply("add", s, s)]
    program = Program(tape.kernel())
    kept = [np.zeros((4, 3)).T, np.zeros((3, 6), "float32")]
    rows = np.arange(36).reshape(6, 6)
    assert program.run([tape.data[x]], [rows[::2]], [], kept, 3) == 3
    np.testing.assert_allclose(kept[0][2], tape.data[x].sum(0))
    np.testing.assert_array_equal(kept[1], 2 * rows[::2])


# ── training steps, as the engine's own rules make them ──────────────────────


class Traced(Tape):
    """Records what passes through `apply`."""

    def __init__(self) -> None:
        super().__init__()
        self.registers: dict[Value, int] = {}

    def leaf(self, register: int) -> Value:
        v = leaf(self.data[register], True)
        self.registers[v] = register
        return v

    def register_of(self, v: Value) -> int:
        if v not in self.registers:
            self.registers[v] = self.constant(v.data)
        return self.registers[v]

    def watch(self, v: Value, inputs: tuple[Value, ...]) -> None:
        given = tuple(self.register_of(x) for x in inputs)
        self.registers[v] = self.register(v.data)
        assert isinstance(v.op, Row)
        self.code.append(Instruction(self.registers[v], v.op.name, given, attrs_of(v.attrs)))


def training_step(sizes: Sequence[int], count: int, classes: bool, rate: float = 0.1) -> Traced:
    """One step of gradient descent of a perceptron: hinge loss and L2, or softmax cross-entropy."""
    rng = np.random.default_rng(0)
    tape = Traced()
    data = typed(rng.normal(size=(count, sizes[0])))
    x = tape.leaf(tape.enter(data))
    wanted = rng.integers(0, sizes[-1], count) if classes else np.sign(data.sum(1))
    y = tape.leaf(tape.enter(typed(np.eye(sizes[-1])[wanted] if classes else wanted)))
    weights = []
    for m, n in zip(sizes, sizes[1:], strict=False):
        weights += [(typed(rng.normal(size=(m, n)) * np.sqrt(2 / m))), typed(np.zeros(n))]
    parameters = [tape.leaf(tape.carry(w)) for w in weights]
    step = tape.leaf(tape.carry(0.0))
    apply_row = recorded
    before, STATE.watchers = STATE.watchers, (tape.watch,)
    try:
        h = x
        for k in range(0, len(parameters), 2):
            h = h @ parameters[k] + parameters[k + 1]  # type: ignore[operator]
            h = apply_row.relu(h) if k + 2 < len(parameters) else h
        if classes:
            loss = -apply_row.mean(apply_row.sum(y * apply_row.log_softmax(h, dim=1), dim=1))
        else:
            scores = apply_row.getitem(h, spec=(("all",), ("index", 0)))
            loss = apply_row.mean(apply_row.relu(1.0 - y * scores))
            for p in parameters:
                loss = loss + 1e-4 * apply_row.sum(p * p)
        gradients = gradient(loss, parameters)
        speed = apply_row.maximum(0.1, rate - 0.009 * step)
        for p, g in zip(parameters, gradients, strict=True):
            assert g is not None
            tape.becomes(tape.registers[p], tape.registers[p - speed * g])  # type: ignore[operator]
        tape.becomes(tape.registers[step], tape.registers[step + 1.0])  # type: ignore[operator]
    finally:
        STATE.watchers = before
    tape.kept = [tape.registers[loss]]
    return tape


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("sizes", "count", "classes"),
    [
        ((2, 16, 16, 1), 100, False),
        ((9, 12, 5, 3), 20, True),
        ((64, 128, 64, 10), 64, True),
        ((100, 120, 10), 100, True),
    ],
)
def test_training_steps(sizes: tuple[int, ...], count: int, classes: bool, dtype: str) -> None:
    use_dtype(dtype)
    both(training_step(sizes, count, classes), passes=5, scale=10.0)


# ── guards ───────────────────────────────────────────────────────────────────


def counting(until: float) -> Tape:
    """Counts by ones, doubles a tensor, and leaves the path at a number."""
    tape = Tape()
    n, w = tape.carry(0.0), tape.carry(np.arange(10.0))
    more = tape.apply("lt", n, tape.constant(until))
    tape.guard(more, True)
    tape.becomes(n, tape.apply("add", n, tape.constant(1.0)))
    tape.becomes(w, tape.apply("add", w, w))
    tape.kept = [n, w]
    return tape


@pytest.mark.parametrize("until", [1.0, 5.0, 100.0])
def test_a_guard_leaves_the_pass_undone(until: float) -> None:
    use_dtype("float64")
    tape = counting(until)
    both(tape, passes=9)
    done, state, kept = outcome(Program(tape.kernel()), tape, [], 9)
    assert done == min(until, 9) == state[0]
    np.testing.assert_array_equal(state[1], np.arange(10.0) * 2**done)
    assert not kept[1][int(done) :].any()


def test_guards_by_number_nan_and_what_comes_late() -> None:
    use_dtype("float64")
    tape = Tape()
    n, x = tape.carry(0.0), tape.carry(np.ones(4))
    after = tape.apply("add", x, x)
    tape.becomes(x, after)
    tape.becomes(n, tape.apply("add", n, tape.constant(1.0)))
    total = tape.apply("sum", after)  # of what the state becomes: it must not be written yet
    tape.guard(tape.apply("lt", total, tape.constant(40.0)), True)
    tape.guard(tape.apply("mul", n, tape.constant(math.nan)), math.nan)
    tape.guard(tape.apply("mul", n, tape.constant(0.0)), 0.0)
    both(tape, passes=9)
    done, state, _ = outcome(Program(tape.kernel()), tape, [], 9)
    assert done == 3 and state[1].tolist() == [8.0] * 4


def test_no_pass_at_all() -> None:
    use_dtype("float64")
    assert outcome(Program(counting(5.0).kernel()), counting(5.0), [], 0)[0] == 0


@pytest.mark.parametrize("index", [3.0, -1.0, 99.0, -99.0, math.nan, math.inf, 1e300])
def test_memory_is_safe_whatever_the_index(index: float) -> None:
    use_dtype("float64")
    tape = Tape()
    i, x = tape.enter(0.0), tape.enter(np.arange(5.0))
    v = tape.apply("getitem", x, i, spec=(("at",),))
    many = tape.enter(np.zeros(3))
    tape.kept = [
        v,
        tape.apply("getitem", x, many, spec=(("at",),)),
        tape.apply("scatter", v, i, spec=(("at",),), shape=(5,)),
    ]
    program = Program(tape.kernel())
    kept = tape.kept_arrays(1)
    program.run([index, tape.data[x], np.full(3, index)], [], [], kept, 1)
    assert 0 <= kept[0][0] <= 4
    if -5 <= index < 5:
        assert kept[0][0] == np.arange(5.0)[int(index)]


# ── mathematics ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["exp", "log", "log1p", "tanh", "sin", "cos"])
def test_functions_are_right_to_one_and_a_half_units(name: str) -> None:
    use_dtype("float64")
    rng = np.random.default_rng(0)
    n = 200_000
    if name == "exp":
        x = np.concatenate([rng.uniform(-708, 709, n), rng.normal(size=n), rng.uniform(-1e-3, 1e-3, n)])
    elif name == "tanh":
        x = np.concatenate([rng.uniform(-20, 20, n), rng.normal(size=n), rng.uniform(-1e-3, 1e-3, n)])
    elif name in ("sin", "cos"):
        near = np.round(rng.uniform(-6e5, 6e5, n)) * (np.pi / 2)  # where the result is nearly 0
        x = np.concatenate([rng.uniform(-10, 10, n), rng.uniform(-1e6, 1e6, n), near, rng.uniform(-2e6, 2e6, 1000)])
    elif name == "log":
        x = np.concatenate([np.exp(rng.uniform(-700, 700, n)), rng.uniform(0.5, 2, n), 1 + rng.uniform(-1e-4, 1e-4, n)])
    else:  # log1p is reached through softplus only
        x = np.concatenate([rng.uniform(-40, 0, n), rng.normal(size=n)])
    tape = Tape()
    row = {"log1p": "softplus"}.get(name, name)
    tape.kept = [tape.apply(row, tape.enter(x))]
    ours = outcome(Program(tape.kernel()), tape, [], 1)[2][0][0]
    wide = x.astype(np.longdouble)
    exact = np.log1p(np.exp(-abs(wide))) + np.maximum(wide, 0) if row == "softplus" else getattr(np, name)(wide)
    units = np.abs((ours - exact) / np.spacing(np.abs(exact.astype(float))))
    assert units.max() <= (2.5 if row == "softplus" else 1.5), (float(units.max()), x[units.argmax()])


@pytest.mark.parametrize("target", ["host", "plain"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("row", ["argmax", "argmin"])
def test_the_first_of_equals_or_the_first_nan_is_found(row: str, dtype: str, target: str) -> None:
    use_dtype(dtype)
    rng = np.random.default_rng(3)
    tape = Tape()
    for shape in [(40, 61), (300,), (5, 64), (3, 70, 2), (2, 3, 33), (33, 1)]:
        x = rng.integers(0, 6, shape).astype(float)
        x[rng.random(shape) < 0.005] = np.nan
        x[rng.random(shape) < 0.02] = -0.0
        x.flat[: x.size // 4] *= math.inf if rng.random() < 0.5 else 1
        r = tape.enter(typed(x))
        for given in (r, tape.apply("mul", r, tape.constant(0.5)), tape.apply("flip", r, dim=0)):
            tape.kept += [tape.apply(row, given, dim=d) for d in (None, *range(len(shape)))]
    both(tape, target=plain() if target == "plain" else None)


# ── parts ────────────────────────────────────────────────────────────────────


def layers(count: int, width: int, rows: int = 20) -> Tape:
    """A step down for a stack of equal layers, tanh between them."""
    rng = np.random.default_rng(count)
    tape = Tape()
    weights = [tape.carry(typed(rng.normal(size=(width, width)) / width)) for _ in range(count)]
    h = first = tape.enter(typed(rng.normal(size=(rows, width))))
    for w in weights:
        h = tape.apply("tanh", tape.apply("matmul", h, w))
    slope = tape.apply("matmul", tape.apply("transpose", first), h)
    for w in weights:
        tape.becomes(w, tape.apply("sub", w, tape.apply("mul", slope, tape.constant(1e-3))))
    tape.kept = [tape.apply("sum", h)]
    return tape


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_equal_layers_are_written_once(dtype: str) -> None:
    use_dtype(dtype)
    lengths = [len(both(layers(count, 19), passes=3).text()) for count in (4, 8)]
    assert lengths[1] < 1.3 * lengths[0]


def test_steps_of_an_unrolled_loop_are_written_once() -> None:
    use_dtype("float64")
    rng = np.random.default_rng(0)

    def unrolled(steps: int) -> Tape:
        tape = Tape()
        x = tape.enter(rng.normal(size=(steps, 3, 12, 9)))
        w, h = tape.carry(rng.normal(size=(9, 9)) / 9), tape.enter(np.zeros((10, 9)))
        slope = None
        for t in range(steps):
            rows = tape.apply("getitem", x, spec=(("index", t), ("index", -1), ("slice", 1, 11, None)))
            h = tape.apply("tanh", tape.apply("add", rows, tape.apply("matmul", h, w)))
            more = tape.apply("matmul", tape.apply("transpose", rows), h)
            slope = more if slope is None else tape.apply("add", slope, more)
        tape.becomes(w, tape.apply("sub", w, tape.apply("mul", slope, tape.constant(1e-3))))
        return tape

    lengths = [len(both(unrolled(steps), passes=3).text()) for steps in (6, 30)]
    assert lengths[1] < 2 * lengths[0]


def test_parts_that_differ_in_little_are_told_apart() -> None:
    use_dtype("float64")
    rng = np.random.default_rng(1)
    tape = Tape()
    x, y, w = (tape.enter(rng.normal(size=(20, 20))) for _ in range(3))
    s, t = tape.carry(rng.normal(size=(20, 20))), tape.carry(rng.normal(size=(20, 20)))
    for factor in (0.5, 0.25, 0.5, 0.5):
        for a, b in ((x, y), (y, x), (x, x), (s, x), (s, s)):
            product = tape.apply("matmul", a, tape.apply("transpose", b) if factor == 0.25 else b)
            tape.kept.append(tape.apply("add", tape.apply("mul", product, tape.constant(factor)), w))
            tape.kept.append(tape.apply("relu", tape.apply("sub", tape.apply("matmul", b, a), a)))
            tape.kept.append(tape.apply("sum", tape.apply("mul", a, tape.apply("flip", b, dim=0)), dim=1))
    tape.becomes(s, tape.apply("sub", s, tape.apply("mul", tape.apply("matmul", x, y), tape.constant(0.1))))
    tape.becomes(t, tape.apply("sub", t, tape.apply("mul", tape.apply("matmul", y, x), tape.constant(0.1))))
    both(tape, passes=3, scale=10.0)


# ── number types and memory ──────────────────────────────────────────────────


def test_arrays_of_single_precision_are_given_and_kept_as_such() -> None:
    use_dtype("float32")
    rng = np.random.default_rng(2)
    tape = Tape()
    stream = [typed(rng.normal(size=(5, 7))), typed(rng.normal(size=5)), rng.random((5, 3)) < 0.5]
    rows, number, truths = (tape.streamed(typed(s[0])) for s in stream)
    w, n, e = tape.carry(typed(rng.normal(size=7))), tape.carry(0.5), tape.enter(typed(rng.normal(size=(2, 7))))
    tape.becomes(w, tape.apply("tanh", tape.apply("add", w, tape.apply("mul", rows, number))))
    tape.becomes(n, tape.apply("add", n, tape.apply("sum", tape.apply("where", truths, number, n))))
    tape.kept = [w, n, tape.apply("mul", e, rows), tape.apply("not", truths)]
    program = both(tape, stream, passes=5)
    state, kept = [tape.data[r] for r, _ in tape.state], tape.kept_arrays(5)
    wide = [np.asarray(s, "float64") if s.dtype != bool else s for s in stream]  # as whoever has only such gives them
    assert program.run([np.asarray(tape.data[e], "float64")], wide, state, kept, 5) == 5
    assert [np.asarray(x).dtype.name for x in state] == ["float32", "float64"]  # a number is Python's
    assert [x.dtype.name for x in kept] == ["float32", "float32", "float32", "bool"]
    again = outcome(program, tape, stream, 5)
    for x, y in zip([*state, *kept], [*again[1], *again[2]], strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_large_state_is_the_callers_own(dtype: str) -> None:
    use_dtype(dtype)
    tape = Tape()
    w = tape.carry(typed(np.arange(100_000.0).reshape(400, 250)))
    n = tape.carry(1.0)
    tape.becomes(w, tape.apply("add", w, n))
    tape.becomes(n, tape.apply("mul", n, tape.constant(0.5)))
    program = both(tape, passes=3)
    runs = []
    for _ in range(3):
        runs.append([tape.data[w], tape.data[n]] if not runs else list(runs[-1]))
        program.run([], [], runs[-1], [], 2)
    for a, b in zip(runs, runs[1:], strict=False):
        assert not np.shares_memory(a[0], b[0])
    np.testing.assert_allclose(runs[2][0], tape.data[w] + typed(2 - 0.5**5), rtol=1e-6)
    assert runs[0][1] == 0.25 and tape.data[w][0, 1] == 1.0


# ── the cache ────────────────────────────────────────────────────────────────


def small(number: float) -> Tape:
    tape = Tape()
    x = tape.carry(np.arange(4.0))
    tape.becomes(x, tape.apply("add", x, tape.constant(number)))
    return tape


def cached_files() -> set[Path]:
    folder = Path(cache.folder())
    return set(folder.iterdir()) if folder.exists() else set()


def test_code_is_kept_and_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    use_dtype("float64")
    before = cached_files()
    both(small(0.125))
    (made,) = cached_files() - before
    monkeypatch.setattr(runtime, "compiled", lambda *_: pytest.fail("compiled again"))
    both(small(0.125))
    assert made.stat().st_mode & 0o077 == 0 and made.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "foreign"])
def test_a_damaged_file_is_made_anew(damage: str) -> None:
    use_dtype("float64")
    tape = small({"cut": 1.0, "changed": 2.0, "empty": 3.0, "foreign": 4.0}[damage])
    before = cached_files()
    both(tape)
    (made,) = cached_files() - before
    whole = made.read_bytes()
    middle = len(whole) // 2
    broken = {
        "cut": whole[:middle], "empty": b"", "foreign": b"\x80\x04garbage" * 100,
        "changed": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
    }  # fmt: skip
    made.write_bytes(broken[damage])
    both(tape)
    assert made.read_bytes()[: len(cache.MARK)] == cache.MARK and len(made.read_bytes()) == len(whole)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes that have names")
def test_what_is_no_file_is_not_read() -> None:
    use_dtype("float64")
    for make in (os.mkfifo, os.mkdir):
        before = cached_files()
        both(small(4.5))
        (made,) = cached_files() - before
        made.unlink()
        make(made)
        both(small(4.5))
        if made.is_dir():
            made.rmdir()
        else:
            made.unlink()  # the code took the pipe's place


def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_dtype("float64")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    os.makedirs(cache.folder())
    os.chmod(cache.folder(), 0o777)
    both(small(5.0))
    assert not cached_files()


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_dtype("float64")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    both(small(6.0))


def test_the_cache_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    use_dtype("float64")
    monkeypatch.setattr(cache, "MOST", 5000)
    for k in range(5):
        both(small(7.0 + k))
    assert sum(f.stat().st_size for f in cached_files()) <= 5000


PROCESS = """
import sys; sys.path[:0] = [{tests!r}]
from test_native_llvm import both, small, use_dtype
use_dtype("float64")
for k in range(6): both(small(1000.0 + k))
"""


def test_processes_may_write_at_once(tmp_path: Path) -> None:
    code = PROCESS.format(tests=str(Path(__file__).parent))
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    running = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(3)]
    assert [p.wait() for p in running] == [0, 0, 0]
    assert not list(tmp_path.rglob("*.tmp"))
    assert len(list(tmp_path.rglob("*.o"))) == 6


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("with_blas", [True, False])
def test_large_products(with_blas: bool, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use_dtype(dtype)
    if not with_blas:
        monkeypatch.setattr(blas, "is_for_blas", lambda *_: False)
    elif blas.product(dtype) is None:
        pytest.skip("NumPy brings no BLAS that can be called")
    rng = np.random.default_rng(0)
    tape = Tape()
    x, w, v = (
        tape.enter(typed(rng.normal(size=(120, 100)))),
        tape.carry(typed(rng.normal(size=(100, 130)))),
        tape.carry(0.1),
    )
    out = tape.apply("relu", tape.apply("matmul", x, w))
    slope = tape.apply("matmul", tape.apply("transpose", x), out)
    tape.becomes(w, tape.apply("sub", w, tape.apply("mul", tape.apply("mul", v, tape.constant(1e-4)), slope)))
    columns = tape.apply("getitem", out, spec=(("all",), ("slice", 3, 120, 1)))
    tape.kept = [
        tape.apply("matmul", columns, tape.apply("transpose", columns)),
        tape.apply("matmul", tape.apply("flip", out, dim=1), tape.apply("transpose", out)),
        tape.apply("matmul", tape.apply("stack", x, x), w),
    ]
    program = both(tape, passes=3, scale=1e5 if dtype == "float32" else 1e3)
    if with_blas:
        assert program.plan.scale  # the update is made by the product itself


def test_what_cannot_be_compiled_is_named() -> None:
    use_dtype("float64")
    tape = Tape()
    mask = tape.enter(np.array([True, False]))
    data = tape.register(np.zeros(1))
    tape.code.append(Instruction(data, "nonzero", (mask,), (("dim", 0),)))
    tape.kept = [data]
    kernel = Kernel(
        (register_of(tape.data[mask]), Register((-1,), "number")), (), (mask,), (), (), (data,), tuple(tape.code)
    )
    with pytest.raises(llvm.Unsupported) as caught:
        llvm.compile(kernel)
    assert caught.value.row == "nonzero" and "depends on the data" in str(caught.value)


def test_a_missing_function_is_an_error_and_no_crash() -> None:
    text = "declare void @no_such_function()\ndefine i64 @run() {\n  call void @no_such_function()\n  ret i64 0\n}\n"
    with pytest.raises(RuntimeError):
        runtime.load(text, lambda: text, host())
