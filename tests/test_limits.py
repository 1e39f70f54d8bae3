"""Limits: what takes too much ends in an error of its own, whoever runs the loops; all else is as without limits."""

from __future__ import annotations

import random
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import native_fuzz
import numpy
import pytest
from bombs import BOMBS, FINE, MB, MEMORY, NATIVE, ROOM, Bomb, ending
from native_programs import ALL

import gradlang
from gradlang.diagnostics import GradlangError
from gradlang.engine import draws
from gradlang.engine.autodiff import propagate
from gradlang.engine.budget import Budget
from gradlang.engine.limits import Limits
from gradlang.engine.ops import TABLE
from gradlang.engine.table import arrays
from gradlang.engine.value import STATE, apply, leaf
from gradlang.interrupts import StopAtSignal
from gradlang.language.runtime import COUNT, GO, NOW, RUN, Stopped, running
from gradlang.session import Session
from gradlang.source import Source

HERE = Path(__file__).parent
WIDE = Limits(cost=10**12, memory=1 << 34, elements=10**9, text=10**9, output=10**9, depth=9000, nesting=150)
N = 200_000


class Told:
    """What a program did within limits: its output, its error, and the work it took."""

    def __init__(self, text: str, limits: Limits | None, backend: str = "interp") -> None:
        out: list[str] = []
        self.error = self.place = ""
        with running(".", out.append, lambda warning: None, limits=limits), numpy.errstate(all="ignore"):
            RUN.backend = backend
            try:
                Session().run(Source(text, "program"), lambda warning: None)
            except GradlangError as error:
                self.error, self.place = str(error), error.diagnostics[0].span.text
            self.spent = 0 if STATE.budget is None else STATE.budget.spent
        self.out = "".join(out)


@pytest.mark.parametrize("bomb", [bomb for bomb in BOMBS if bomb.code != "E0902"], ids=lambda bomb: bomb.name)
def test_too_much_is_an_error_of_its_own(bomb: Bomb) -> None:
    with numpy.errstate(all="ignore"):
        found = ending(bomb, "interp")
        assert found.startswith(bomb.code), found
        assert ending(bomb) == found, "it hangs on who runs the loops"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say what a process holds")
def test_memory_stays_within_its_limit() -> None:
    told = subprocess.run([sys.executable, HERE / "bombs.py"], capture_output=True, text=True, check=True).stdout
    found = {name: (int(peak), end) for name, peak, end in [line.split("\t") for line in told.splitlines()]}
    assert set(found) == {bomb.name for bomb in [*MEMORY, *NATIVE, *FINE]}
    for bomb in [*MEMORY, *NATIVE, *FINE]:
        peak, end = found[bomb.name]
        assert end[:5] == bomb.code, f"{bomb.name}: {end}"
        assert peak * MB <= bomb.limits["memory"] + ROOM, f"{bomb.name}: {peak} MB"


# ── what is counted ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [*ALL])
def test_within_limits_all_is_as_without(name: str) -> None:
    plain, limited = Told(ALL[name], None), Told(ALL[name], WIDE)
    assert (limited.out, limited.error) == (plain.out, plain.error)
    assert limited.spent == Told(ALL[name], WIDE, "replay").spent


@pytest.mark.parametrize("name", ["moons", "xor", "lecture"])
def test_machine_code_costs_what_the_interpreter_does(name: str) -> None:
    assert Told(ALL[name], WIDE).spent == Told(ALL[name], WIDE, "llvm").spent == Told(ALL[name], WIDE, "auto").spent


@pytest.mark.parametrize("seed", range(24))
def test_work_ends_at_the_same_place_whoever_does_it(seed: int) -> None:
    text = native_fuzz.training(seed) if seed % 2 else native_fuzz.program(seed)
    whole = Told(text, WIDE)
    for _ in range(2):
        limits = Limits(cost=random.Random(seed).randrange(whole.spent))
        cut, other = Told(text, limits), Told(text, limits, "replay")
        assert cut.error.startswith("error[E0903]")
        assert (cut.error, cut.out, cut.spent) == (other.error, other.out, other.spent)


SAME = {  # where a pass could cost something else by machine code than in the interpreter
    "a literal that is first met in a later pass": """
x = 0
for i in range(100) { if i > 50 { x = ([1,2,3] + i).sum() } else { x = i * 2.0 } }
print(x)
""",
    "literals in a builtin of the prelude": """
x = 0
for i in range(100) { if i > 50 { x = mse_loss([1,2,3] + i, [1,2,4]) } else { x = i * 2.0 } }
print(x)
""",
    "alternating paths": """
x = 0
for i in range(100) { if i % 10 == 0 { x = mse_loss([1,2,3] + i, [1,2,4]) } else { x = i * 2.0 } }
print(x)
""",
    "a function with a literal": """
x = 0
f(i) = [1, 2, 3].sum() * i
for i in range(100) { if i % 10 == 0 { x = f(i) } else { x = i * 2.0 } }
print(x)
""",
    "an optimiser": """
param w = [1.0, 2.0]
o = adam(w)
for i in range(100) { backward(((w - [3, 4])**2).sum()); o.step() }
print(w)
""",
    "a tensor carried": """
x = [0, 0]
for i in range(300) { x = x * 0.5 + [1, 2] }
print(x)
""",
    "text": """
t = 'abc'
v = vocab(t)
x = 0
for i in range(100) { x = x + encode(t, v).sum() + len('ab' * 3) }
print(x)
""",
    "lists made of lists": """
xs = [1, 2, 3]
ys = append([], 0)
for i in range(100) { ys = append(ys, (sorted(xs)[0] + map(abs, xs)[1] + i)) }
print(ys[5])
""",
    "batches": """
X = rand(20, 3)
s = 0
for e in range(10) { for a, b in batches(X, X, 3) { s = s + a.sum() * 0.1 } }
print(s)
""",
    "items and a break": """
X = rand(20, 3)
s = 0
for e in range(10) { for a in X { s = s + a.sum() * 0.1; if s > 3 { break } } }
print(s)
""",
    "many items and a break": """
X = rand(500, 3)
s = 0
for a in X { s = s + a.sum() * 0.1; if s > 30 { break } }
print(s)
""",
    "a loop in a function": """
X = rand(500, 3)
f() = { s = 0
for a in X { s = s + a.sum() * 0.1; if s > 30 { break } }
 return s }
for i in range(5) { print(f()) }
""",
    "random numbers": """
s = 0
for i in range(200) { x = rand(5); s = s + x[i % 5] + randn(3).sum() + randint(0, 9) + randperm(4)[0] }
print(s)
""",
    "continue": """
s = 0
i = 0
while i < 500 { i += 1; if i % 50 == 0 { continue }; s = s + i }
print(s)
""",
    "windows": """
X = rand(100)
s = 0
for i in range(50) { s = s + X[i:i+3].sum() }
print(s)
""",
    "slices that shrink": """
X = rand(100)
s = 0
for i in range(50) { s = s + X[i:].sum() }
print(s)
""",
    "loops in loops": """
for i in range(3) { for j in range(200) { x = (i + j) * 0.5 } }
print(x)
""",
    "lists copied in a loop": """
xs = append([], 0.0)
for k in range(10) {
  zs = append(xs, 0)
  for i in range(200) { if k > 4 { xs = append(xs, i * 2.0) } else { xs = append(xs, i * 3.0 + 1) } }
}
print(len(xs))
""",
    "lists copied in a function": """
xs = append([], 0.0)
f(k) = { ys = append([], 0.0)
for j in range(300) { ys = append(ys, j * 1.0) }
zs = append(ys, 1)
for j in range(300) { ys = append(ys, j * 2.0) }
 return len(ys) }
for k in range(8) { print(f(k)) }
""",
    "a list copied once": """
xs = append([], 0.0)
for i in range(500) { xs = append(xs, i * 1.0); if i == 300 { zs = append(xs, 5) } }
print(len(xs), len(zs))
""",
}


@pytest.mark.parametrize("name", [*SAME])
def test_a_pass_costs_the_same_whoever_runs_it(name: str) -> None:
    plain = Told(SAME[name], WIDE)
    for backend in ("replay", "auto"):
        other = Told(SAME[name], WIDE, backend)
        assert (other.spent, other.out, other.error) == (plain.spent, plain.out, plain.error)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", 0),
        ("x = 1", 1),  # a statement
        ("x = 1 + 2", 2),  # and an operation
        ("f(x) = x\nf(1)", 3),  # two statements, a call
        ("for i in range(10) { }", 11),  # a statement, ten passes
        ("x = zeros(1000)", 11),  # numbers
        ("x = zeros(1000)\ny = x + 1", 11 + 12),
        ("x = zeros(100, 100)\ny = x @ x", 101 + 1 + 1 + 100 + 1000),  # and products
        ("x = map(abs, range(7))", 1 + 7 + 7 + 1),
        ("param w = 1\nbackward(w * 2)", 3 + 2 + 1),  # the graph and its one operation
    ],
)
def test_units(text: str, units: int) -> None:
    assert Told(text, WIDE).spent == units


@pytest.mark.parametrize("backend", ["interp", "replay", "auto"])
def test_the_last_unit_may_be_spent(backend: str) -> None:
    text = "x = 0\nfor i in range(3000) { x += 1 }\nprint(x)"
    spent = Told(text, WIDE).spent
    assert Told(text, Limits(cost=spent), backend).out == "3000\n"
    cut = Told(text, Limits(cost=spent - 1), backend)
    assert cut.error.startswith("error[E0903]")
    assert cut.place == "print(x)"


def test_a_history_that_grows_costs_what_it_is() -> None:
    """Machine code would drop what nobody can see of it; then `backward` would cost less."""
    text = "x = 3.0\nfor i in range(60) { loss = (x - 1)**2; backward(loss); x = x - 0.1 * x.grad }"
    assert Told(text, WIDE).spent == Told(text, WIDE, "replay").spent


@pytest.mark.parametrize("backend", ["interp", "replay"])
def test_tuples_of_themselves_are_not_followed(backend: str) -> None:
    text = "t = (1, 2)\nfor i in range(60) { t = (t, t) }\nx = 0\nfor i in range(100) { x += 1; u = t }\nprint(x)"
    assert Told(text, WIDE, backend).out == "100\n"
    assert len(gradlang.run(text, limits=WIDE, output=lambda text: None)["t"]) == 2


def test_a_long_source_is_memory() -> None:
    text = "x = 1\n" * 10_000
    assert Told(text, Limits(memory=MB)).error.startswith("error[E0902]")
    assert not Told(text, Limits(memory=64 * MB)).error


# ── state ────────────────────────────────────────────────────────────────────


def test_after_an_error_another_program_runs_as_ever() -> None:
    for bomb in [b for b in BOMBS if b.code in ("E0901", "E0903", "E0905")][::7]:
        ending(bomb)
        assert (STATE.budget, STATE.watchers, STATE.recorder, RUN.stop) == (None, (), None, GO)
        assert Told("print(1 + 1)", None).out == "2\n"


def test_a_run_in_a_run_has_limits_of_its_own() -> None:
    with running(".", limits=Limits(cost=1000)):
        outer = STATE.budget
        with running("."):
            assert STATE.budget is None
            assert RUN.stop == GO
        assert STATE.budget is outer
        assert RUN.stop == COUNT


@pytest.mark.parametrize("backend", ["interp", "replay", "llvm"])
def test_a_run_within_limits_can_be_stopped(backend: str) -> None:
    def write(text: str) -> None:
        RUN.stop = NOW

    text = "x = 0\nwhile true { x += 1; if x == 500 { print(x) } }"
    with running(".", write, limits=WIDE):
        RUN.backend = backend
        session = Session()
        with pytest.raises(Stopped):
            session.run(Source(text), lambda warning: None)
        assert RUN.stop == COUNT
        assert session.names()["x"].data == 500.0


def test_a_signal_is_waited_for_within_limits() -> None:
    with running(".", limits=Limits(cost=1000)), StopAtSignal():
        assert RUN.stop == COUNT
        with pytest.raises(GradlangError) as caught:
            Session().run(Source("while true { }"), lambda warning: None)
    assert caught.value.diagnostics[0].code == "E0903"


def test_modules_count(tmp_path: Path) -> None:
    (tmp_path / "endless.grad").write_text("x = 1\nwhile true { x += 1 }")
    with running(str(tmp_path), limits=Limits(cost=1000)), pytest.raises(GradlangError) as caught:
        Session().run(Source("import endless"), lambda warning: None)
    assert caught.value.diagnostics[0].code == "E0903"
    (tmp_path / "deep.grad").write_text("x = ((((((1))))))")
    with running(str(tmp_path), limits=Limits(nesting=5)), pytest.raises(GradlangError) as caught:
        Session().run(Source("import deep"), lambda warning: None)
    assert caught.value.diagnostics[0].code == "E0103"


def test_loops_that_save_count_and_what_they_write_is_output(tmp_path: Path) -> None:
    text = 'x = 0\nfor i in checkpointed(range(100000), "run.ckpt", every=10) { x += 1 }'
    for limits, code in ((Limits(cost=1000), "E0903"), (Limits(output=1000), "E0906")):
        with running(str(tmp_path), limits=limits), pytest.raises(GradlangError) as caught:
            Session().run(Source(text), lambda warning: None)
        assert caught.value.diagnostics[0].code == code


def test_files_count(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1,2\n" * 10_000)
    for text, limits, code in (
        ('while true { save(linear(10, 10), "m.safetensors") }', Limits(output=10_000), "E0906"),
        ('while true { x = load_csv("data.csv") }', Limits(cost=100_000), "E0903"),
        ('plot([1, 2], file="a.svg")', Limits(output=100), "E0906"),
    ):
        with running(str(tmp_path), limits=limits), pytest.raises(GradlangError) as caught:
            Session().run(Source(text), lambda warning: None)
        assert caught.value.diagnostics[0].code == code
    assert not (tmp_path / "a.svg").exists()


# ── the room that operations take ────────────────────────────────────────────


def room_cases() -> list[tuple[str, list[Any], dict[str, Any] | None]]:
    vector = numpy.linspace(0.1, 2, N)
    matrix, truth = vector.reshape(400, 500), vector > 1
    cases: list[tuple[str, list[Any], dict[str, Any] | None]] = []
    for name, row in TABLE.items():
        if row.elementwise:
            given = [truth] if name in ("and", "or", "not", "where") else [vector]
            cases.append((name, (given + [truth if name in ("and", "or") else vector] * 2)[: row.inputs], None))
        elif row.group == "reductions":
            given = [truth.reshape(400, 500) if name in ("all", "any") else matrix]
            cases += [(name, given, {"dim": dim, "keepdim": False}) for dim in (None, 0, 1)]
    at = {"spec": (("at",),)}
    return [
        *cases,
        ("add", [vector[:450].reshape(450, 1), vector[:450].reshape(1, 450)], None),
        ("sum", [truth], {"dim": None, "keepdim": False}),
        ("matmul", [vector[:500].reshape(500, 1), vector[:500].reshape(1, 500)], None),
        ("softmax", [matrix], {"dim": 0}),
        ("log_softmax", [matrix], {"dim": 1}),
        ("one_hot", [numpy.zeros(400)], {"n": 500}),
        ("one_hot", [0.0], {"n": N}),
        ("reshape", [matrix.T], {"shape": (N,)}),
        ("transpose", [matrix], {}),
        ("stack", [matrix, matrix], {"dim": 1}),
        ("stack", [1.0] * N, {"dim": 0}),
        ("cat", [matrix, matrix], {"dim": 0}),
        ("getitem", [vector, numpy.arange(N) * 1.0], at),
        ("getitem", [matrix, numpy.arange(400) * 1.0], at),
        ("scatter", [vector, numpy.arange(N) * 1.0], {**at, "shape": (N,)}),
        ("nonzero", [truth], {"dim": 0}),
        ("sum_to", [matrix], {"shape": (500,)}),
        ("broadcast_to", [vector[:1]], {"shape": (N,)}),
    ]


@pytest.mark.parametrize(("name", "data", "attrs"), room_cases(), ids=lambda x: x if isinstance(x, str) else "")
def test_room_is_asked_for(name: str, data: list[Any], attrs: dict[str, Any] | None) -> None:
    row, budget = TABLE[name], Budget(Limits())
    with numpy.errstate(all="ignore"):
        row.evaluate(data, attrs)  # what is loaded is not what is computed
        budget.computes(row, data, attrs)
        assert taken(lambda: row.evaluate(data, attrs)) <= budget.wanted + 100_000


def taken(compute: Any) -> int:
    """Bytes that are held at the peak of a computation, beyond those before."""
    tracemalloc.start()
    try:
        compute()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("name", "data", "attrs"), room_cases(), ids=lambda x: x if isinstance(x, str) else "")
def test_room_is_asked_for_by_backward(name: str, data: list[Any], attrs: dict[str, Any] | None) -> None:
    if TABLE[name].vjp is None:
        return
    given = [leaf(x, not (isinstance(x, numpy.ndarray) and x.dtype == bool)) for x in data]
    with numpy.errstate(all="ignore"):
        v = apply(TABLE[name], *given, attrs=attrs)
        v.grad = numpy.ones(v.shape) if v.shape else 1.0

        def backward() -> None:
            for x in given:
                x.grad = None
            if v.inputs:
                propagate(v)

        backward()
        budget = Budget(Limits())
        budget.differentiates(v)
        assert taken(backward) <= budget.wanted + 100_000


@pytest.mark.parametrize("kind", ["uniform", "normal", "integers", "indices"])
def test_room_is_asked_for_by_draws(kind: str) -> None:
    arguments = {"integers": (0, 10, (N,)), "indices": (N,)}.get(kind, ((N,),))
    arrays.abs  # noqa: B018  loads NumPy
    draws.draw(kind, *arguments)
    with running(".", limits=Limits()):
        assert STATE.budget is not None
        peak = taken(lambda: draws.draw(kind, *arguments))
        assert peak <= STATE.budget.wanted + 100_000
