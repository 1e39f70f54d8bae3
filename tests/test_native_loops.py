"""Loops by a backend: nobody can tell, except by the clock.

By replay everything is the same bit for bit: what is printed, names, boxes,
gradients, the generator, and gradients asked for afterwards. Counts of passes
are asserted, so that nothing here passes by never recording.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from expectations import Program, programs
from expectations import check as as_expected
from native_differences import Ran, differences
from native_fuzz import program as random_program
from native_fuzz import training as random_training
from native_programs import ALL, EXACT, INTERPRETED

import gradlang
from gradlang.engine import draws
from gradlang.engine.value import STATE
from gradlang.interrupts import StopAtSignal
from gradlang.language import runtime
from gradlang.language.flow import flow
from gradlang.language.resolver import resolve
from gradlang.language.runtime import OUTSIDE, RUN, SOON, Stopped, running
from gradlang.language.scopes import Scope
from gradlang.language.values import Builtin
from gradlang.native.run import Run
from gradlang.native.tape import check, lines
from gradlang.session import Session
from gradlang.signature import Signature
from gradlang.source import Source
from gradlang.syntax import tree
from gradlang.syntax.parser import parse

ROOT = Path(__file__).parent.parent
GOLDEN = [p for f in sorted((ROOT / "tests" / "golden").glob("*.grad")) for p in programs(f.read_text("utf-8"), f.name)]
SCRIPTS = sorted((ROOT / "scripts").glob("*.grad"))


@pytest.fixture
def by_replay(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every run's loops go by replay."""
    monkeypatch.setattr(runtime, "DEFAULT_BACKEND", "replay")
    yield
    assert STATE.recorder is None and not STATE.watchers


# ── the same as interpreted ──────────────────────────────────────────────────


@pytest.mark.parametrize("name", ALL)
def test_the_same_as_interpreted(name: str) -> None:
    plain, native = Ran(ALL[name], "interp"), Ran(ALL[name], "replay")
    assert not differences(plain, native)
    assert plain.native == 0
    passes = native.native + native.interpreted
    if name in INTERPRETED:
        assert native.native <= 0.1 * passes
    elif name == "partial_batch":  # unrolled, and there are five passes
        assert native.native == 0
    else:
        assert native.native >= 0.4 * passes or native.native > 150, [
            (n.span, loop.notes) for n, loop in native.loops.items()
        ]


@pytest.mark.parametrize(
    "name", ["total_item", "append", "momentum", "no_param", "partial_batch", "newton", "kept_history"]
)
def test_the_same_at_a_prompt(name: str) -> None:
    plain, native = Ran(ALL[name], "interp", interactive=True), Ran(ALL[name], "replay", interactive=True)
    assert not differences(plain, native)


@pytest.mark.parametrize("seed", range(300))
def test_random_loops(seed: int) -> None:
    text = random_program(seed)
    assert not differences(Ran(text, "interp"), Ran(text, "replay")), text


@pytest.mark.parametrize("seed", range(60))
def test_random_training_loops(seed: int) -> None:
    text = random_training(seed)
    assert not differences(Ran(text, "interp"), Ran(text, "replay")), text


def test_most_random_loops_have_native_passes() -> None:
    assert sum(Ran(random_program(seed), "replay").native > 0 for seed in range(50)) > 25
    assert sum(Ran(random_training(seed), "replay").native > 0 for seed in range(20)) > 10


@pytest.mark.parametrize("program", GOLDEN, ids=lambda p: p.id)
def test_golden(program: Program, tmp_path: Path, by_replay: None) -> None:
    as_expected(program, str(tmp_path))


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda f: f.stem)
def test_scripts_print_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = []
    for backend in ("interp", "replay"):
        out: list[str] = []
        monkeypatch.setattr(runtime, "DEFAULT_BACKEND", backend)
        gradlang.run_file(str(file), output=out.append)
        outputs.append("".join(out))
    assert outputs[0] == outputs[1]


def test_the_interpreter_alone_watches_nothing() -> None:
    assert runtime.DEFAULT_BACKEND == "auto" and Ran(ALL["total_item"], "interp").loops == {}


# ── single rules ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ALL)
def test_the_same_in_float32(name: str) -> None:
    plain, native = [Ran(ALL[name], backend, dtype="float32") for backend in ("interp", "replay")]
    assert not differences(plain, native)
    assert (native.native > 0) == (Ran(ALL[name], "replay").native > 0)


def test_kernels_are_of_the_type_of_the_run() -> None:
    """NumPy goes by the data, machine code by the kernel."""
    pytest.importorskip("llvmlite")
    text = (
        "X = randn(40, 3); y = X.sum(1); param W = zeros(3); v = zeros(3)\n"
        "for i in range(200) { l = ((X @ W - y)**2).mean(); backward(l); v = v * 0.9 + W.grad; W -= 0.01 * v }"
    )
    plain, native = [Ran(text, backend, dtype="float32").names for backend in ("interp", "llvm")]
    (loop,) = Ran(text, "llvm", dtype="float32").loops.values()
    assert loop.native > 150 and {compiled.main_kernel.dtype for compiled in loop.tapes} == {"float32"}
    for ours, theirs in ((native["W"].value, plain["W"].value), (native["v"], plain["v"])):
        assert ours.data.dtype == theirs.data.dtype == "float32" and abs(ours.data - theirs.data).max() < 1e-5


@pytest.mark.parametrize("text", EXACT.values(), ids=EXACT)
def test_exact(text: str) -> None:
    assert not differences(Ran(text, "interp"), Ran(text, "replay"))


def test_pairs_without_a_name_are_native() -> None:
    assert Ran(EXACT["pairs"], "replay").native > 30
    assert Ran(EXACT["pairs that have a name"], "replay").native == 0


def test_a_loop_that_is_refused_says_why() -> None:
    ran = Ran(EXACT["a sum of losses"], "replay")
    (loop,) = ran.loops.values()
    assert loop.native == 0 and loop.refused == "`total` is carried, and depends on the parameter `w`"
    assert loop.refused_at is not None and loop.refused_at.text.startswith("total")


def test_paths_that_alternate_are_given_up() -> None:
    ran = Ran("s = 0.0\nfor i in range(3000) { if i % 2 == 0 { s = 1.0 } else { s = 2.0 } }", "replay")
    (loop,) = ran.loops.values()
    assert "often enough" in loop.refused and loop.native < 100 and ran.passes[0][1] == 3000


def test_tapes_are_checked_and_can_be_shown() -> None:
    ran = Ran(ALL["moons"], "replay")
    outer = next(iter(ran.loops.values()))
    (compiled,) = outer.tapes
    assert check(compiled.main_kernel) is compiled.main_kernel and check(compiled.full_kernel)
    shown = list(lines(compiled.main_kernel))
    assert any("matmul" in line for line in shown) and len(compiled.main_kernel.code) < len(compiled.tape.code)


def test_equal_loops_have_equal_kernels() -> None:
    """Whoever compiles can keep what it compiled, whatever the names and boxes."""
    body = "for s in range(80) { l = (NAME - 3)**2; backward(l); NAME -= 0.1 * NAME.grad }\n"
    text = "param w = 0.5; param v = 0.7\n" + body.replace("NAME", "w") + body.replace("NAME", "v")
    one, other = [loop.tapes[0] for loop in Ran(text, "replay").loops.values()]
    assert one.main_kernel == other.main_kernel and hash(one.main_kernel) == hash(other.main_kernel)


def test_an_inner_while_may_have_no_pass() -> None:
    """So what it would bind is read by the passes after it."""
    text = "a = 0; k = 0\nfor i in range(200) { while k > 5 { a = 1; k = 0 }; b = a + 1; a = b.item() }\nprint(a)"
    plain, native = Ran(text, "interp"), Ran(text, "replay")
    assert not differences(plain, native) and native.native > 150


# ── stops ────────────────────────────────────────────────────────────────────

LOOP = """\
param w = 0.0; n = 0
for i in range(100000000) { n = i + 1; l = (w - n)**2; backward(l); w -= 0.01 * w.grad; last = l }
"""


def is_whole(names: Any) -> bool:
    """Whether these are the names of LOOP after as many passes as `n` says, taken by the interpreter."""
    with running(".", lambda text: None):
        session = Session()
        count = str(int(names["n"].data))
        session.run(Source(LOOP.replace("100000000", count), "loop"), lambda d: None, keep_graph=True)
        whole = session.names()
    same = all(whole[name].data == names[name].data for name in ("n", "i", "l", "last"))
    graphs = names["last"].inputs and names["l"] is names["last"]
    return bool(same and graphs and whole["w"].value.data == names["w"].value.data)


@pytest.mark.parametrize("how", [SOON, OUTSIDE])
def test_a_stop_lands_after_a_pass(how: int) -> None:
    with running(".", lambda text: None):
        RUN.backend = "replay"
        session = Session(interactive=True)
        threading.Timer(0.3, lambda: setattr(RUN, "stop", how)).start()
        with pytest.raises(Stopped) as stopped:
            session.enter(Source(LOOP, "loop"), lambda d: None)
        names = dict(session.names())
        (loop,) = RUN.loops.known.items()
        assert loop[1].native > 1000
        if stopped.value.after is not None:
            assert stopped.value.after is loop[0] and RUN.passes[loop[0]] == int(names["n"].data)
    assert stopped.value.after is None or is_whole(names)


@pytest.mark.parametrize("moment", [0.05, 0.11, 0.2])
def test_ctrl_c_leaves_the_state_of_a_whole_pass(moment: float) -> None:
    with running(".", lambda text: None):
        RUN.backend = "replay"
        session = Session(interactive=True)
        main = threading.get_ident()
        with StopAtSignal(gently=True):
            threading.Timer(moment, lambda: signal.pthread_kill(main, signal.SIGINT)).start()
            with pytest.raises(Stopped) as stopped:
                session.enter(Source(LOOP, "loop"), lambda d: None)
        names = dict(session.names())
    assert stopped.value.after is None or is_whole(names)


def test_native_slices_are_short() -> None:
    """So that Ctrl-C, progress and limits are looked at often."""
    seconds: list[float] = []
    plain = Run.main

    def timed(self: Run, part: Any, passes: int) -> Any:
        start = time.perf_counter()
        out = plain(self, part, passes)
        seconds.append(time.perf_counter() - start)
        return out

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "main", timed)
        Ran(LOOP.replace("100000000", "30000"), "replay")
    assert len(seconds) > 3 and sorted(seconds)[len(seconds) // 2] < 0.5


def test_an_error_at_a_prompt_leaves_what_was_before_it() -> None:
    text = "x = randn(40); s = 0\nfor i in range(60) { a = x[i] * 2; s = s + a.item(); b = a + 1 }"
    found = []
    for backend in ("interp", "replay"):
        with running(".", lambda text: None):
            RUN.backend = backend
            session = Session(interactive=True)
            with pytest.raises(gradlang.GradlangError):
                session.enter(Source(text, "loop"), lambda d: None, keep=True)
            found.append({n: v.data for n, v in session.names().items() if n != "x"})
    assert found[0] == found[1]


def test_passes_of_inner_loops_are_counted() -> None:
    text = "n = 0\nfor i in range(100) { for j in range(3) { n += 1 }; n = n * 0.5 }"
    plain, native = Ran(text, "interp"), Ran(text, "replay")
    assert native.native > 80 and plain.passes == native.passes


# ── parts ────────────────────────────────────────────────────────────────────


def flow_of(text: str) -> dict[str, set[str]]:
    module = parse(Source(text, "flow"))
    scope = Scope("module")
    resolution = resolve(module, scope, lambda name: name in ("range", "print", "append"), list)
    assert not [d for d in resolution.diagnostics if d.severity == "error"]
    loop = next(node for node in module.body if isinstance(node, tree.For | tree.While))
    names = {v.slot: v.name for v in scope.variables.values()}
    found = flow(loop, scope)
    return {part: {names[slot] for slot in getattr(found, part)} for part in ("may", "must", "exposed", "live")}


def test_flow() -> None:
    assert flow_of("a = 1\nfor i in range(3) { b = a; a = b }") == {
        "may": {"i", "a", "b"}, "must": {"i", "a", "b"}, "exposed": {"a"}, "live": {"a"},
    }  # fmt: skip
    found = flow_of(
        "a = 1; c = 0\nfor i in range(3) { if i > 1 { a = 2; c = 3 } else { c = 4 }; if c > 3 { break }; d = c }"
    )
    assert found["must"] == {"i", "c"} and found["live"] == {"a", "d"}
    found = flow_of("a = 1; s = 0\nfor i in range(3) { for j in range(i) { s = j }; a = s }")
    assert found["must"] == {"i", "a"} and found["live"] == {"s", "j"}
    found = flow_of("f(x) = x + a\na = 1\nwhile a < 9 { a = f(a) + 1; b = a }")
    assert found["exposed"] == {"a", "f"} and found["live"] == {"a"}
    found = flow_of(
        "t = 1\nfor i in range(9) { t = [t * k for k in range(3)].sum() if false else t }".replace(
            " if false else t", ""
        )
    )
    assert found["exposed"] == {"t"}


def test_draws_one_by_one_are_draws_at_once() -> None:
    """What stands behind drawing ahead, and behind taking back what was drawn too much."""
    draws.seed(3)
    one = [draws.draw("normal", (3,)).tolist() for _ in range(4)]
    draws.seed(3)
    state = draws.GENERATOR.state()
    assert [draws.draw("normal", (3,)).tolist() for _ in range(9)][:4] == one
    draws.GENERATOR.restore(state)
    assert [draws.draw("normal", (3,)).tolist() for _ in range(4)] == one


def test_builtins_that_do_more_than_compute_end_a_recording() -> None:
    from gradlang.language import builtins

    found = {n: builtins.lookup(n) for n in builtins.names()}
    recorded = {n for n, b in found.items() if isinstance(b, Builtin) and b.is_recorded}
    assert not recorded & {
        "print",
        "save",
        "load",
        "load_csv",
        "draw",
        "draw_dot",
        "time",
        "manual_seed",
        "help",
        "multinomial",
    }
    assert {"backward", "grad", "item", "append", "rand", "mse_loss", "relu", "reshape"} <= recorded


def hold(how: int) -> Builtin:
    def run() -> None:
        RUN.stop = how

    return Builtin("hold", Signature(""), run)


def test_a_stop_inside_a_pass_waits_until_names_are_what_they_should_be() -> None:
    """The pass after native ones binds anew what these left alone; a stop before it is over would show the old."""
    with running(".", lambda text: None):
        RUN.backend = "replay"
        session = Session(interactive=True)
        session.define("hold", hold(OUTSIDE))
        text = "w = 0.0\nfor i in range(80) { w = (w + i).item(); a = w * 2; if i == 60 { hold() }; b = a * i; c = b }"
        with pytest.raises(Stopped):
            session.enter(Source(text, "loop"), lambda d: None)
        names = {n: v.data for n, v in session.names().items() if n not in ("hold", "_")}
    assert names["i"] == 60.0 and names["a"] == names["w"] * 2
    assert names["b"] in (names["a"] * 60, (names["w"] - 60) * 2 * 59)
