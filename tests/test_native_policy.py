"""`--backend auto`: what it leaves alone, what it takes over, and what is said about it.

Counts and modules, never times: no clock decides anything.
"""

from __future__ import annotations

import os
import subprocess
import sys
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
from native_programs import ALL, EXACT

import gradlang
from gradlang.engine.process import THREADS, claim_process
from gradlang.engine.value import STATE
from gradlang.language import patience, runtime
from gradlang.language.items import OVER, Queue
from gradlang.language.patience import Heat
from gradlang.native import cost, later, llvm, loops, replay, vm
from gradlang.native.later import Compiler, Later
from gradlang.session import Session
from gradlang.source import Source

ROOT = Path(__file__).parent.parent
GOLDEN = [p for f in sorted((ROOT / "tests" / "golden").glob("*.grad")) for p in programs(f.read_text("utf-8"), f.name)]
SCRIPTS = sorted((ROOT / "scripts").glob("*.grad"))
DESCENT = "param w = 0.5\nfor s in range(20) { l = (w - 3)**2; backward(l); w -= 0.1 * w.grad }\nprint(w)"
WEIGHED = {"x = x * 0.5 + 1": 1.6e-6, "l = (w @ w).sum(); backward(l)": 1.2e-4, "n = 0": 1e-7}  # seconds
LONG = DESCENT.replace("20", "3000")


class Here(Compiler):
    """Compiles where it is asked, in the asking thread."""

    def take(self, program: Later) -> None:
        program.compile()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every loop is worth a look, and what is recorded is compiled at once."""
    for module, name in (
        (patience, "WORTH"),
        (patience, "BRIEF"),
        (patience, "RECORDING"),
        (patience, "ENTERING"),
        (loops, "ENTRY"),
    ):
        monkeypatch.setattr(module, name, 0.0)
    for name, seconds in (("compile_seconds", 0.0), ("pass_seconds", 1e-9)):
        monkeypatch.setattr(loops, name, lambda kernel, seconds=seconds: seconds)
    monkeypatch.setattr(loops, "LOADING", 0.0)
    monkeypatch.setattr(later, "COMPILER", Here())
    yield
    assert STATE.recorder is None and not STATE.watchers


@pytest.fixture
def hasty(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every loop is worth a look, and what is compiled is replayed in truth, so all is exact."""
    monkeypatch.setattr(llvm, "compile", replay.Program)


# ── what is left alone ───────────────────────────────────────────────────────


def loaded(*arguments: str) -> set[str]:
    """The modules that a run of the command line leaves loaded."""
    code = f"import sys; from gradlang.cli import main; main({list(arguments)!r}); print('\\n'.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("text", [DESCENT, "n = 0\nwhile n < 40 { n += 1; for k in range(2) { n += 0 } }"])
def test_short_scripts_load_nothing_of_it(text: str) -> None:
    modules = loaded("--backend", "auto", "-c", text)
    assert not {m for m in modules if m.startswith("gradlang.native") or m.split(".")[0] in ("llvmlite", "numpy")}


def test_what_is_left_is_known_of_ranges_and_guessed_of_others() -> None:
    heat = Heat()
    heat.weight, heat.weighed, heat.passes = 0.001, 10, 10
    worth = int(patience.WORTH / heat.weight)
    assert heat.until_worth(worth, True) == 0 and heat.until_worth(worth - 11, True) is None
    assert heat.until_worth(None, True) == 70  # then it is weighed anew
    heat.passes = worth
    assert heat.until_worth(None, True) == 0


@pytest.mark.parametrize(("statement", "seconds"), WEIGHED.items())
def test_a_pass_is_weighed_by_its_operations(statement: str, seconds: float) -> None:
    with runtime.running(".", lambda text: None):
        runtime.RUN.backend = "auto"
        text = f"param w = ones(100, 100); x = 0.5\nfor s in range(20) {{ {statement} }}"
        Session().run(Source(text, "program"), lambda d: None)
        (heat,) = runtime.RUN.loops.heats.values()
        assert heat.passes == 20 and heat.weight == pytest.approx(seconds, rel=0.5)


def test_a_queue_hands_out_every_item_once() -> None:
    for over in (range(3, 40, 3), list(range(13))):
        queue = Queue(over, iter(over))
        assert queue.ahead(3) == 3
        taken = [queue.next(), *queue.some(1)]
        assert queue.ahead(4) == 4
        taken += [*queue.some(6), queue.next(), *queue.some(None)]
        assert queue.next() is OVER and queue.ahead(1) == 0
        assert [x.data if isinstance(over, range) else x for x in taken] == list(over)


def test_passes_are_counted_where_an_inner_loop_is_entered_often() -> None:
    """A loop that is asked for more passes than it has must not count them."""
    inner = "for j in range(3) { n = n * 0.5 + j }; for q in [1, 2] { n = n + q }"
    text = f"param w = 0.5; t = 0; n = 1\nfor s in range(4000) {{ {inner}; t = t + w * n.item() }}\nbackward(t)"
    with runtime.running(".", lambda text: None):
        runtime.RUN.backend = "auto"
        Session().run(Source(text, "program"), lambda d: None)
        heats = list(runtime.RUN.loops.heats.values())
        assert len(heats) == 3 and all(
            heat.passes <= count for heat, count in zip(heats, (4000, 12000, 8000), strict=True)
        )


# ── what is taken over ───────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ALL)
def test_the_same_as_interpreted(name: str, hasty: None) -> None:
    assert not differences(Ran(ALL[name], "interp"), Ran(ALL[name], "auto"))


@pytest.mark.parametrize("text", EXACT.values(), ids=EXACT)
def test_exact(text: str, hasty: None) -> None:
    assert not differences(Ran(text, "interp"), Ran(text, "auto"))


@pytest.mark.parametrize("seed", range(100))
def test_random_loops(seed: int, hasty: None) -> None:
    for text in (random_program(seed), random_training(seed)):
        assert not differences(Ran(text, "interp"), Ran(text, "auto")), text


@pytest.mark.parametrize("program", GOLDEN, ids=lambda p: p.id)
def test_golden(program: Program, tmp_path: Path, at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "DEFAULT_BACKEND", "auto")
    as_expected(program, str(tmp_path))


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda f: f.stem)
def test_scripts_print_the_same(file: Path, at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = []
    for backend in ("interp", "auto"):
        out: list[str] = []
        monkeypatch.setattr(runtime, "DEFAULT_BACKEND", backend)
        gradlang.run_file(str(file), output=out.append)
        outputs.append("".join(out))
    assert outputs[0] == outputs[1]


def only_loop(text: str) -> Any:
    (loop,) = Ran(text, "auto").loops.values()
    return loop


def test_machine_code_is_adopted(at_once: None) -> None:
    loop = only_loop(LONG)
    assert loop.native > 2900 and not loop.replayed


def test_what_cannot_be_compiled_goes_on_without(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(kernel: Any) -> Any:
        raise llvm.Unsupported("nonzero", "its shape depends on the data")

    monkeypatch.setattr(llvm, "compile", fails)
    monkeypatch.setattr(vm, "compile", fails)
    loop = only_loop(LONG)
    assert loop.native == loop.replayed
    assert loop.tapes[0].main.problem == "its shape depends on the data"


def test_the_thread_compiles_beside_the_program() -> None:
    ran = Ran(LONG, "replay")
    (loop,) = ran.loops.values()
    program, compiler = Later(loop.tapes[0].main_kernel), Compiler()
    compiler.take(program)
    assert compiler.thread is not None and compiler.thread is not threading.current_thread() and compiler.thread.daemon
    assert program.is_awaited(lambda: True)
    compiler.waiting.put(None)
    compiler.thread.join()
    assert program.is_native and program.seconds > 0


def test_nobody_waits_for_code_who_is_asked_to_stop() -> None:
    assert not Later(Ran(LONG, "replay").loops.popitem()[1].tapes[0].main_kernel).is_awaited(lambda: False)


def test_two_runs_go_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long compiling takes: the same passes are native, so all numbers are the same to the last digit."""
    text = (
        "manual_seed(1)\nX = randn(50, 3); model = mlp(3, [8, 1], activation=tanh)\n"
        "for s in range(4000) { l = ((model(X) - X[:, :1])**2).mean(); backward(l)\n"
        "for p in parameters(model) { p -= 0.3 * p.grad } }\nprint(repr(l.item()))"
    )
    ways = []
    for delay in (0.0, 0.5):
        compile_ = llvm.compile

        def slowly(kernel: Any, delay: float = delay, compile_: Any = compile_) -> Any:
            time.sleep(delay)
            return compile_(kernel)

        monkeypatch.setattr(llvm, "compile", slowly)
        ran = Ran(text, "auto")
        ways.append((ran.out, [loop.native for loop in ran.loops.values()]))
        monkeypatch.setattr(llvm, "compile", compile_)
    assert ways[0] == ways[1] and sum(ways[0][1]) > 1000


@pytest.mark.parametrize("turn", ["s % 2 == 0", "s % 3 == 0"])
def test_paths_that_alternate_are_given_up_before_anything_is_run(turn: str, hasty: None) -> None:
    loop = only_loop(f"n = 1.0\nfor s in range(3000) {{ if {turn} {{ n = n * 0.5 }} else {{ n = n + 1 }} }}")
    assert "often enough" in loop.refused and loop.native == 0 and loop.looks <= 12


def test_a_process_of_our_own_has_one_thread_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(THREADS[0], "3")
    monkeypatch.setattr(STATE, "own_process", False)
    claim_process()
    assert [os.environ[name] for name in THREADS] == ["3", "1", "1", "1"] and STATE.own_process
    claim_process(2)
    assert {os.environ[name] for name in THREADS} == {"2"}


def test_a_long_pass_is_left_to_the_loops_in_it() -> None:
    inner = "for j in range(1500) { x = x * 0.5 + j; w = w * 0.99 + x }"
    with runtime.running(".", lambda text: None):
        runtime.RUN.backend = "auto"
        text = f"x = 1.0; w = 0\nfor s in range(200) {{ {inner} }}"
        Session().run(Source(text, "program"), lambda d: None)
        outer, inside = runtime.RUN.loops.heats.values()
        assert (
            outer.operations == 6000 == outer.inside and outer.loop.refused == "a pass is too long, for the loops in it"
        )
        assert inside.loop is not None and inside.loop.native > 20_000


def test_a_long_pass_without_much_of_loops_is_run_by_the_machine(
    at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "LONG", 30)
    made: list[int] = []
    compile_ = vm.compile
    monkeypatch.setattr(vm, "compile", lambda kernel: made.append(len(kernel.code)) or compile_(kernel))
    text = (
        "param w = [0.5, -0.3, 0.1]; xs = [[1, 2, 3], [2, 0, 1], [0, 1, 1]]\n"
        "for s in range(200) { l = sum([(sum([wi * xi for wi, xi in zip(w, x)]) - 1)**2 for x in xs])\n"
        "  backward(l); w -= 0.01 * w.grad }\nprint(w)"
    )
    auto, plain = Ran(text, "auto"), Ran(text, "interp")
    assert made and auto.native > 150 and auto.out == plain.out


# ── what is said about it ────────────────────────────────────────────────────


def said(*arguments: str) -> str:
    run = subprocess.run([sys.executable, "-m", "gradlang", *arguments], capture_output=True, text=True, check=True)
    return run.stderr


def test_profile() -> None:
    lines = said("--backend", "replay", "--profile", "-c", LONG).splitlines()
    assert lines[0].startswith("line 2: for s in range(3000) { l = (w - 3)**2;")
    counts = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in lines[1:3]}
    assert counts["interpreted"] + counts["replayed"] == 3000 and counts["replayed"] > 2900


def test_profile_says_why() -> None:
    text = "param w = 0.5; t = 0\nfor s in range(90) {\n  t += w * s\n}\nbackward(t)"
    assert "stays interpreted: `t` is carried, and depends on the parameter `w` (line 3: t += w * s)" in said(
        "--backend", "llvm", "--profile", "-c", text
    )
    text = "n = 0\nfor s in range(900) {\n  n += 1\n  if s % 100 == 99 { print(s) }\n}"
    assert "interpreted now and then: `print` is called (line 4: print(s))" in said(
        "--backend", "replay", "--profile", "-c", text
    )


def test_profile_of_machine_code_says_how_it_came() -> None:
    assert " in " in next(
        line
        for line in said("--backend", "llvm", "--profile", "-c", LONG).splitlines()
        if line.strip().startswith(("compiled", "loaded from the cache"))
    )


def test_profile_of_a_short_script() -> None:
    assert "too short to be worth more" in said("--backend", "auto", "--profile", "-c", DESCENT)
    assert said("--backend", "interp", "--profile", "-c", DESCENT) == "no loop was watched\n"


def test_tapes_are_shown() -> None:
    shown = said("--backend", "replay", "--show-tape", "-c", LONG)
    assert shown.startswith("line 2: tape 1 of 1\n") and "next r" in shown


def test_time_at_the_prompt_says_it_of_its_entry() -> None:
    entries = "for s in range(9) { n = s }\n:time for s in range(500) { n = s * 2 }\n"
    command = [sys.executable, "-m", "gradlang", "--backend", "replay", "-i", "--no-rc", "-c", "n = 0"]
    lines = subprocess.run(command, input=entries, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split()[0] for line in lines[2:4]] == ["interpreted", "replayed"] and "range(500)" in lines[1]


def test_a_pass_that_is_too_long_to_compile_is_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    from native_differences import Ran

    from gradlang.native.llvm import runtime

    monkeypatch.setattr(runtime, "LONGEST", 100)
    text = "param w = 0.123456789\nfor i in range(200) { backward((w - 3)**2); w -= 0.01 * w.grad }\nprint(repr(w))\n"
    assert Ran(text, "llvm").native > 100 and Ran(text, "llvm").out == Ran(text, "interp").out
