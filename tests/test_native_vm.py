"""Kernels run by the machine against the same kernels run by NumPy, and training loops against the interpreter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from native_differences import Ran
from table_cases import quiet, random_of  # noqa: F401  quiet is for every test here
from test_native_llvm import (  # noqa: F401  own_cache is for every test here
    Tape,
    case_inputs,
    cases,
    close,
    counting,
    outcome,
    own_cache,
    random_tape,
    typed,
)

from gradlang.engine.ops import TABLE
from gradlang.engine.table import use_dtype
from gradlang.native import replay, vm
from gradlang.native.llvm import rows
from gradlang.native.llvm.target import plain
from gradlang.native.tape import Instruction, Kernel, Register
from gradlang.native.vm import machine, scalarise
from gradlang.native.vm.graph import Graph
from gradlang.native.vm.program import Program
from gradlang.native.vm.sums import LONGEST, fused


@pytest.fixture(autouse=True)
def in_double() -> Iterator[None]:
    use_dtype("float64")
    yield
    use_dtype("float64")


def both(tape: Tape, stream: Any = (), passes: int = 2, scale: float = 1.0) -> Program:
    """Runs a kernel both ways and compares everything."""
    kernel = tape.kernel()
    program = vm.compile(kernel)
    ours, theirs = (outcome(p, tape, stream, passes) for p in (program, replay.Program(kernel)))
    assert ours[0] == theirs[0]
    done = ours[0]
    for a, b in zip(
        [*ours[1], *[k[:done] for k in ours[2]]], [*theirs[1], *[k[:done] for k in theirs[2]]], strict=True
    ):
        assert a.__class__ is b.__class__
        close(a, b, scale)
    return program


# ── rows ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [n for n in TABLE if n not in rows.UNSUPPORTED])
def test_a_row_against_numpy(name: str, dtype: str) -> None:
    use_dtype(dtype)
    rng = random_of(name)
    for case in cases(name)[:: 1 if dtype == "float64" else 7]:
        given = [typed(rng.integers(0, 11, case.shapes[0]))] if name == "one_hot" else case_inputs(name, case, rng)
        fixed, moving = Tape(), Tape()  # with positions that are known, and that are computed
        for tape in (fixed, moving):
            enter = tape.enter if tape is moving else tape.constant
            inputs = [tape.enter(x) for x in given] + [enter(typed(i)) for i in case.indices]
            tape.kept.append(tape.apply(name, *inputs, **case.attrs))
            try:
                both(tape)
            except vm.Unsupported:
                assert tape is moving and case.indices


@pytest.mark.parametrize("name", [n for n in TABLE if TABLE[n].elementwise])
def test_special_values(name: str) -> None:
    special = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, math.inf, -math.inf, math.nan, 1e300, -1e-310, 709.79, 22.0]
    tape = Tape()
    grid = np.meshgrid(*[np.array(special)] * TABLE[name].inputs)
    data: list[Any] = [typed(g.ravel()) for g in grid]
    if name in ("and", "or", "not", "where"):
        data[: 1 if name == "where" else 2] = [x > 0.7 for x in data[: 1 if name == "where" else 2]]
    tape.kept.append(tape.apply(name, *[tape.enter(x) for x in data]))
    kernel = tape.kernel()
    ours, theirs = (outcome(p, tape, [], 1)[2][0] for p in (Program(kernel), replay.Program(kernel)))
    with np.errstate(all="ignore"):
        fine = (ours == theirs) | ((ours != ours) & (theirs != theirs))
        if ours.dtype != bool:
            fine |= abs(ours - theirs) <= 2e-15 * abs(theirs) + 1e-323
    assert fine.all(), [(*[x[k] for x in data], ours[0][k], theirs[0][k]) for k in np.flatnonzero(~fine[0])][:8]


@pytest.mark.parametrize("start", range(0, 160, 20))
def test_random_programs(start: int) -> None:
    ran = 0
    for seed in range(start, start + 20):
        use_dtype("float64")
        tape, stream = random_tape(seed, 4)
        try:
            both(tape, stream, 4, 1e5)
            ran += 1
        except vm.Unsupported:
            pass
    assert ran > 10


def test_the_machine_is_written_for_lesser_processors() -> None:
    from gradlang.native.llvm.runtime import compiled

    assert compiled(machine.text_of(plain(), "float64"), plain())


def test_what_cannot_be_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    mask, positions = Register((2,), "truth"), Register((1,), "number")
    code = (Instruction(1, "nonzero", (0,), (("dim", 0),)),)
    with pytest.raises(vm.Unsupported, match="nonzero"):
        vm.compile(Kernel((mask, positions), (), (0,), (), (), (1,), code))
    tape = Tape()
    tape.kept.append(tape.apply("exp", tape.enter(np.ones(100))))
    monkeypatch.setattr(scalarise, "MOST", 99)
    with pytest.raises(vm.Unsupported, match="too long"):
        vm.compile(tape.kernel())


# ── sums ─────────────────────────────────────────────────────────────────────


def test_a_chain_of_sums_is_one_node() -> None:
    graph = Graph()
    a, b, c, d = graph.leaves(4)
    total = graph.node("add", graph.node("mul", a, b), graph.node("mul", c, d))
    total = graph.node("sub", total, graph.node("neg", a))
    (node,) = fused(graph, [total])
    one = graph.one
    assert (node.row, node.arguments) == ("dot", (a, b, c, d, a, one))


def test_what_is_read_twice_is_computed_once() -> None:
    graph = Graph()
    a, b = graph.leaves(2)
    twice = graph.node("add", a, b)
    square = graph.node("mul", twice, twice)
    more = graph.node("add", square, twice)
    assert [node.row for node in fused(graph, [more])] == ["sum", "dot"]


def test_long_sums_are_sums_of_sums() -> None:
    tape = Tape()
    x = tape.enter(np.arange(1.0, 2.0, 1e-4))
    tape.kept = [tape.apply("sum", x), tape.apply("matmul", x, x)]
    program = both(tape)
    assert max(program.groups[:, 3]) <= 2 * LONGEST


def test_a_deep_chain_is_no_recursion() -> None:
    tape = Tape()
    x = tape.carry(0.5)
    half = tape.constant(0.5)
    y = x
    for i in range(20_000):
        y = tape.apply("add", y, x) if i % 3 else tape.apply("mul", tape.apply("tanh", y), half)
    tape.becomes(x, y)
    both(tape)


def test_known_numbers_are_not_computed() -> None:
    graph = Graph()
    (x,) = graph.leaves(1)
    zero, one, two = graph.zero, graph.one, graph.constant(2.0)
    assert graph.node("add", x, zero) == x == graph.node("mul", one, x) == graph.node("sub", x, zero)
    assert graph.value(graph.node("pow", two, graph.constant(3.0))) == 8.0
    assert graph.node("where", graph.node("gt", two, one), x, zero) == x
    assert graph.node("mul", x, zero) >= 0  # of nan and inf that is nan
    assert graph.constant(-0.0) != zero and graph.constant(math.nan) == graph.constant(math.nan)


# ── passes ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("until", [1.0, 5.0, 100.0])
def test_a_guard_leaves_the_pass_undone(until: float) -> None:
    tape = counting(until)
    both(tape, passes=9)
    done, state, kept = outcome(vm.compile(tape.kernel()), tape, [], 9)
    assert done == min(until, 9) == state[0]
    np.testing.assert_array_equal(state[1], np.arange(10.0) * 2**done)
    assert not kept[1][int(done) :].any()


def test_guards_by_number_and_nan() -> None:
    tape = Tape()
    n, x = tape.carry(0.0), tape.carry(np.ones(4))
    after = tape.apply("add", x, x)
    tape.becomes(x, after)
    tape.becomes(n, tape.apply("add", n, tape.constant(1.0)))
    tape.guard(tape.apply("lt", tape.apply("sum", after), tape.constant(40.0)), True)
    tape.guard(tape.apply("mul", n, tape.constant(math.nan)), math.nan)
    tape.guard(tape.apply("mul", n, tape.constant(0.0)), 0.0)
    both(tape, passes=9)
    done, state, _ = outcome(vm.compile(tape.kernel()), tape, [], 9)
    assert done == 3 and state[1].tolist() == [8.0] * 4


def test_states_that_change_places() -> None:
    tape = Tape()
    x, y, z, still = tape.carry(1.0), tape.carry(2.0), tape.carry(np.arange(3.0)), tape.carry(7.0)
    tape.becomes(x, y)
    tape.becomes(y, x)
    tape.becomes(z, tape.apply("mul", z, x))
    both(tape, passes=3)
    assert outcome(vm.compile(tape.kernel()), tape, [], 3)[1][3] == 7.0 == tape.data[still]


def test_no_pass_at_all() -> None:
    assert outcome(vm.compile(counting(5.0).kernel()), counting(5.0), [], 0)[0] == 0


@pytest.mark.parametrize("index", [3.0, -1.0, 99.0, -99.0, math.nan, math.inf, 1e300])
def test_memory_is_safe_whatever_the_index(index: float) -> None:
    tape = Tape()
    i, x, many = tape.enter(0.0), tape.enter(np.arange(5.0)), tape.enter(np.zeros(11))
    tape.kept = [tape.apply("getitem", x, r, spec=(("at",),)) for r in (i, many)]
    tape.kept.append(tape.apply("scatter", tape.kept[0], i, spec=(("at",),), shape=(5,)))
    kept = tape.kept_arrays(1)
    vm.compile(tape.kernel()).run([index, tape.data[x], np.full(11, index)], [], [], kept, 1)
    assert 0 <= kept[0][0] <= 4
    if -5 <= index < 5:
        assert kept[0][0] == np.arange(5.0)[int(index)] and (kept[1] == kept[0][0]).all()


def test_memory_is_given_out_once_a_thread() -> None:
    tape, stream = random_tape(3, 4)
    program = vm.compile(tape.kernel())
    expected = outcome(program, tape, stream, 4)
    with ThreadPoolExecutor(4) as pool:
        for done, state, _ in pool.map(lambda _: outcome(program, tape, stream, 4), range(40)):
            assert done == expected[0]
            for a, b in zip(state, expected[1], strict=True):
                np.testing.assert_array_equal(a, b)
    assert 1 <= len(program.spare) <= 4


# ── training loops as micrograd writes them ──────────────────────────────────

NEURONS = """\
manual_seed(3)
X, half = make_moons(12, noise=0.1)
signs = 2 * half - 1
points = [[X[i, 0], X[i, 1]] for i in range(len(X))]
neuron(n, is_last) = {
  param w = [p for p in randn(n) * 0.7]
  param b = 0
  act(x) = sum([wi * xi for wi, xi in zip(w, x)]) + b
  if is_last { act } else { x -> act(x).ACTIVATION() }
}
first = [neuron(2, false) for _ in range(4)]; last = neuron(4, true)
score(x) = last([neuron(x) for neuron in first])
"""
STEP = """\
  scores = [score(x) for x in points]
  losses = [(1 - t * s).relu() for t, s in zip(signs, scores)]
  loss = sum(losses) / len(losses) + 1e-3 * sum([(p * p).sum() for p in parameters(score)])
  backward(loss)
  for p in parameters(score) { p -= (1.0 - 0.02 * step) * p.grad }
"""
LOOPS = {
    "relu": NEURONS.replace("ACTIVATION", "relu") + f"for step in range(30) {{\n{STEP}}}\nprint(loss)",
    "tanh": NEURONS.replace("ACTIVATION", "tanh") + f"for step in range(30) {{\n{STEP}}}\nprint(loss)",
    "a branch": NEURONS.replace("ACTIVATION", "tanh")
    + f"best = 9; at = 0\nfor step in range(40) {{\n{STEP}"
    + "  if loss.item() < best { best = loss.item(); at = step } else { best = best + 1e-9 }\n}\nprint(best, at)",
    "a list": NEURONS.replace("ACTIVATION", "sigmoid")
    + f"seen = append([], 0)\nfor step in range(20) {{\n{STEP}  seen = append(seen, loss.item())\n}}\nprint(seen)",
}


@pytest.mark.parametrize("name", LOOPS)
def test_loops_number_by_number(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "Program", ByMachine)
    monkeypatch.setattr(ByMachine, "ran", 0)
    plain_run, native = Ran(LOOPS[name], "interp"), Ran(LOOPS[name], "replay")
    assert not native.error and native.native >= 4 and ByMachine.ran
    assert plain_run.passes == native.passes and plain_run.generator == native.generator
    numbers = [np.array(r.names["loss"].data) for r in (plain_run, native)]
    close(numbers[1], numbers[0])
    for x, y in zip(plain_run.out, native.out, strict=True):
        assert x == y


class ByMachine(replay.Program):
    """Kernels by the machine, and single steps, which only replay can do, by replay."""

    ran = 0

    def run(self, *arguments: Any) -> int:
        ByMachine.ran += 1
        return vm.compile(self.kernel).run(*arguments)
