"""Sessions of many entries: what fails changes nothing, what is stopped keeps what it learned, and all can be saved."""

from __future__ import annotations

import gc
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gradlang.diagnostics import Diagnostic, GradlangError
from gradlang.engine import draws
from gradlang.engine.value import STATE, Box, Value
from gradlang.interrupts import StopAtSignal
from gradlang.language.display import exact_text
from gradlang.language.runtime import NOW, OUTSIDE, RUN, SOON, Stopped, running
from gradlang.session import Session
from gradlang.source import Source
from gradlang.transcript import script


class Prompt:
    """A session, what it printed, and shorthands for entering and looking."""

    def __init__(self, seed: int = 0) -> None:
        self.session = Session(seed, interactive=True)
        self.warnings: list[Diagnostic] = []

    def enter(self, text: str, keep: bool = False) -> Any:
        return self.session.enter(Source(text, "entry"), self.warnings.append, keep)

    def fails(self, text: str) -> str:
        with pytest.raises(GradlangError) as caught:
            self.enter(text)
        return caught.value.diagnostics[0].code

    def stopped(self, text: str, how: int = SOON) -> None:
        """Enters a text that asks to be stopped by calling `hold`."""
        self.session.define("hold", stopper(how))
        with pytest.raises(Stopped):
            self.enter(text)

    def __getitem__(self, name: str) -> str:
        return exact_text(self.session.names()[name])

    def state(self) -> Any:
        """Everything that an entry can change, as texts."""
        names = self.session.names()
        return (
            {name: exact_text(x) for name, x in names.items()},
            {
                name: exact_text(x.op) if isinstance(x, Value) and isinstance(x.op, Box) else ""
                for name, x in names.items()
            },
            {name: repr(getattr(x, "grad", None)) for name, x in names.items()},
            [(b.name, repr(b.value.data), repr(b.grad), b.version) for b in boxes(names)],
            draws.GENERATOR.state(),
            RUN.last_root,
            sorted(RUN.modules),
            [v.parameter for v in self.session.scope.variables.values()],
        )


def boxes(names: Any) -> list[Box]:
    from gradlang.language.builtins.learning import boxes_of

    return [box for x in names.values() for box in boxes_of(x)]


def stopper(how: int) -> Any:
    from gradlang.language.values import Builtin
    from gradlang.signature import Signature

    def hold() -> None:
        RUN.stop = how

    return Builtin("hold", Signature(""), hold)


@pytest.fixture
def prompt(tmp_path: Any) -> Iterator[Prompt]:
    with running(str(tmp_path), lambda text: None):
        yield Prompt()


def rerun(text: str) -> dict[str, str]:
    """What a saved program leaves behind."""
    with running(".", lambda text: None):
        session = Session()
        session.run(Source(text, "saved.grad"), lambda d: None, keep_graph=True)
        return {name: exact_text(x) for name, x in session.names().items()}


MODEL = """\
X, labels = make_moons(20)
y = labels * 2 - 1
model = mlp(2, [3, 1])
loss_of(model) = (1 - y * model(X)[:, 0]).relu().mean()
"""
STEP = "loss = loss_of(model); backward(loss)\n  for p in parameters(model) { p -= 0.1 * p.grad }"


# ── what fails changes nothing ───────────────────────────────────────────────

FAILURES = {
    "syntax": "a = 5; b = = 2",
    "unknown name": "a = 5; nope",
    "names": "a = 5; new = 1; f(x) = x; a[7]",
    "parameters": "w -= 1; w.data = 9; a[7]",
    "declared again": "param w = 100; a[7]",
    "a parameter of that name": "param fresh = 1; a[7]",
    "gradients": "backward(a * 3 + w * 5); a[7]",
    "gradients of others": "backward(d * w * w); a[7]",
    "zeroed": "zero_grad(w); a[7]",
    "accumulated": "backward(c, accumulate=true); a[7]",
    "random numbers": "x = randn(5); manual_seed(9); y = rand(2); a[7]",
    "a model": "backward(model([1, 2]).sum()); for p in parameters(model) { p -= p.grad }; a[7]",
    "an optimiser": "backward(model([1, 2]).sum()); optimiser.lr = 7; optimiser.step(); a[7]",
    "lists": "log = append(log, 3); a[7]",
    "a loop": "for i in range(10) { w -= 1; if i == 5 { a[7] } }",
    "an import": "import other; a[7]",
}


@pytest.fixture
def busy(prompt: Prompt, tmp_path: Any) -> Prompt:
    """A session in which everything that can change has been used."""
    (tmp_path / "other.grad").write_text("z = 1\n")
    prompt.enter("a = [1.0, 2.0]; d = 4.0; param w = 3.0; log = append([], 1); model = mlp(2, [3, 1])")
    prompt.enter("optimiser = adam(model, lr=0.1); backward(model([1, 0]).sum()); optimiser.step()")
    prompt.enter("c = (a * w).sum() ** 2; e = [c, d * 2]; backward(c)")
    return prompt


@pytest.mark.parametrize("text", FAILURES.values(), ids=FAILURES)
def test_what_fails_changes_nothing(busy: Prompt, text: str) -> None:
    before = busy.state()
    busy.fails(text)
    assert busy.state() == before
    busy.enter("x = randn(2); w -= w.grad; optimiser.step()")  # and the session works on
    assert len(busy.session.entries) == 4


def test_gradients_of_unnamed_values_come_back(prompt: Prompt) -> None:
    prompt.enter("a = 2.0; parts = [(a * 3, 1)]; y = parts[0][0] ** 2; backward(y)")
    prompt.fails("z = parts[0][0] * 100; backward(z); nope[0]; x[7]")
    prompt.fails("z = parts[0][0] * 100; backward(z); a[7]")
    assert exact_text(prompt.enter("parts[0][0].grad")) == "12"


def test_an_older_gradient_survives_the_replay_of_the_last_backward(prompt: Prompt) -> None:
    prompt.enter("param w = 2.0; loss = w * w; backward(loss); zero_grad(w)")
    prompt.fails("backward(w * 7); w[3]")
    assert exact_text(prompt.enter("w.grad")) == "0"


def test_with_keep_what_came_before_the_failure_stays(prompt: Prompt) -> None:
    with pytest.raises(GradlangError):
        prompt.enter("a = 1\nb = a[3]\nc = 2", keep=True)
    assert prompt["a"] == "1" and "c" not in prompt.session.names()
    assert "b = " not in script(prompt.session, ".")
    assert rerun(script(prompt.session, "."))["a"] == "1"


def test_a_name_may_become_a_parameter_later(prompt: Prompt) -> None:
    prompt.enter("w = 1; f() = w * 2; a = 5")
    prompt.enter("param w = 10.0")
    assert exact_text(prompt.enter("f()")) == "20"
    assert prompt.fails("w = 3") == "E0303"
    prompt.enter("w -= 1")
    assert exact_text(prompt.enter("f()")) == "18"


def test_the_last_value_is_underscore(prompt: Prompt) -> None:
    prompt.enter("3 + 4")
    prompt.enter("x = 100")
    prompt.enter("print(1)")
    assert exact_text(prompt.enter("_ * 2")) == "14"
    prompt.fails("_ + [1, 2, 3][9]")
    assert prompt["_"] == "14"


# ── undo, reset, scratch ─────────────────────────────────────────────────────


def test_undo_takes_back_entry_after_entry(busy: Prompt) -> None:
    states = [busy.state()]
    texts = ["w -= 1", "backward(w * w)", "x = rand()", "optimiser.step(); zero_grad(model)", "f(x) = x; import other"]
    for text in texts:
        busy.enter(text)
        states.append(busy.state())
    for text, after, before in zip(reversed(texts), states[::-1], states[-2::-1], strict=False):
        assert busy.state() == after
        source = busy.session.undo()
        assert source is not None and source.text == text
        assert busy.state() == before


def test_undo_ends_where_nothing_was_entered(prompt: Prompt) -> None:
    prompt.enter("a = 1")
    assert prompt.session.undo() is not None
    assert prompt.session.undo() is None and prompt.session.names() == {}


def test_only_so_many_entries_can_be_taken_back(prompt: Prompt) -> None:
    for i in range(30):
        prompt.enter(f"a = {i}")
    taken = 0
    while prompt.session.undo() is not None:
        taken += 1
    assert taken == 20 and prompt["a"] == "9"


def test_scratch_changes_nothing(busy: Prompt) -> None:
    printed: list[str] = []
    RUN.write = printed.append
    before = busy.state()
    with busy.session.scratch():
        source = Source('w -= 1; backward(w * w); print("hidden"); x = rand()')
        busy.session.run(source, busy.warnings.append, keep_graph=True)
    assert busy.state() == before and printed == []


def test_reset_forgets(busy: Prompt) -> None:
    busy.session.reset()
    assert busy.session.names() == {} and busy.session.undo() is None
    assert busy.fails("a") == "E0201"


def test_a_script_keeps_no_journal(prompt: Prompt) -> None:
    with running("."):
        STATE.journal = None
        Session().run(Source("param w = 1.0; for i in range(5) { w -= 1 }"), lambda d: None)
        assert STATE.journal is None


# ── what is stopped ──────────────────────────────────────────────────────────

STOPPED = {
    "a loop": f"for i in range(50) {{\n  {STEP}\n  if i == 7 {{ hold() }}\n}}",
    "a loop with continue": (
        f"for i in range(50) {{\n  if i == 7 {{ hold() }}  # in the middle\n if i % 2 == 1 {{ continue }}\n {STEP}\n}}"
    ),
    "a while loop": f"n = 0\nwhile n < 50 {{\n  n += 1\n  {STEP}\n  if n == 9 {{ hold() }}\n}}\nlater = 1",
    "nested loops": (
        f"for i in range(5) {{\n for j in range(9) {{\n  {STEP}\n  if i == 2 and j == 3 {{ hold() }}\n}} }}\nlater = 1"
    ),
    "random numbers": "for Xb, yb in batches(X, y, 4) { z = rand(2); if z[0] > 0.5 { hold() } }",
    "inside an if": f"if true {{ for i in range(50) {{ {STEP}; if i == 4 {{ hold() }} }} }}",
    "in the middle of a pass": f"for i in range(50) {{\n  if i == 7 {{ hold() }}\n  {STEP}\n}}; later = 1",
    "in the middle of nested passes": (
        "for i in range(5) { for j in range(3) { k = j; if i == 2 and j == 0 { hold() }; w = rand(); v = w } }"
    ),
    "in the middle of an if": "for i in range(9) { if i > 3 { a = i; hold(); b = rand(); c = 2 } else { d = rand() } }",
    "before a loop": "for i in range(9) { a = i; if i == 4 { hold() }; for j in range(3) { b = rand() }; c = 3 }",
    "before a continue": "for i in range(9) { if i % 2 == 0 { if i == 4 { hold() }; continue }; b = rand() }",
    "between statements": "a = 1; hold(); b = 2; c = 3",
    "on one line": "n = 0; while true { n += 1; if n == 3 { hold() } }; m = 2",
    "a comment at the end": "for i in range(9) {\n  n = i  # the number }\n  if i == 3 { hold() }  # here\n}",
    "the name is taken": "passes = 3; for i in range(9) { if i == 4 { hold() } }",
}


@pytest.mark.parametrize("how", [SOON, OUTSIDE, NOW], ids=["soon", "outside", "now"])
@pytest.mark.parametrize("text", STOPPED.values(), ids=STOPPED)
def test_what_was_stopped_is_saved_as_far_as_it_came(prompt: Prompt, text: str, how: int) -> None:
    prompt.enter(MODEL)
    prompt.stopped(text, how)
    prompt.enter("after = rand(3)")
    saved = script(prompt.session, ".")
    left = rerun(saved.replace("hold()", "z_ = 0"))
    for name in prompt.session.names():
        if name != "hold":
            assert left[name] == prompt[name], f"{name}\n{saved}"
    assert "later" not in left


def test_soon_lets_a_pass_come_to_its_end(prompt: Prompt) -> None:
    text = "for i in range(9) { for j in range(4) { n = j; if i == 2 { hold() } } }"
    prompt.stopped(text, SOON)
    assert (prompt["i"], prompt["n"]) == ("2", "3")
    prompt.stopped(text, OUTSIDE)
    assert (prompt["i"], prompt["n"]) == ("2", "0")


def test_now_stops_inside_of_functions(prompt: Prompt) -> None:
    prompt.session.define("hold", stopper(NOW))
    prompt.enter("f() = {\n  for i in range(1000) { if i == 3 { hold() } }\n  5\n}")
    with pytest.raises(Stopped):
        prompt.enter("b = 1\nx = f()\ny = 3")
    assert prompt["b"] == "1" and "x" not in prompt.session.names()
    assert "# This was stopped on its way; here it runs to its end.\nx = f()\n" in script(prompt.session, ".")


def test_now_stops_inside_of_a_block_that_is_a_value(prompt: Prompt) -> None:
    prompt.stopped("if true { a = 1; hold(); b = 2; c = 3 }", NOW)
    assert "b" not in prompt.session.names() and "here it runs to its end" in script(prompt.session, ".")


def test_a_loop_that_was_stopped_in_a_function_ends_before_that_pass(prompt: Prompt) -> None:
    prompt.enter("k = 0")
    prompt.session.define("hold", stopper(NOW))
    prompt.enter("f(n) = {\n  if n == 4 { hold() }\n  n * 2\n}")
    with pytest.raises(Stopped):
        prompt.enter("while true { k += 1; f(k) }")
    saved = script(prompt.session, ".")
    assert "# Stopped in a function, after 3 passes of this loop" in saved
    assert rerun(saved.replace("hold()", "z_ = 0"))["k"] == "3"


def test_ctrl_c_while_a_program_is_read_stops_at_once(prompt: Prompt) -> None:
    gc.disable()  # Hypothesis times collections, and what is raised in its clock is lost
    try:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        with StopAtSignal(gently=True), pytest.raises(KeyboardInterrupt):
            prompt.enter("x = " + " + ".join(["1"] * 300_000))
    finally:
        gc.enable()
    assert prompt.session.names() == {} and prompt.session.entries == []


def test_the_text_of_a_stopped_loop(prompt: Prompt) -> None:
    prompt.stopped("for i in range(5) {\n  for j in range(3) {\n    if j == 1 { continue }\n    hold()\n  }\n}", NOW)
    assert (
        script(prompt.session, ".")
        == """\
# Entered at the prompt of gradlang.

# Stopped after 1 pass of the innermost loop, which is left there.
passes = 0
is_stopped = false
for i in range(5) {
  for j in range(3) {
    if j == 1 { passes += 1
if passes == 1 { is_stopped = true; break }
continue }
    hold()
    passes += 1
    if passes == 1 { is_stopped = true; break }
  }
  if is_stopped { break }
}
"""
    )


def test_a_saved_program_gives_the_last_value_a_name_where_it_is_read(prompt: Prompt) -> None:
    for text in ["1 + 1", "x = 2; x * 5", "print(3)", "_ + 1", "7 * 7"]:
        prompt.enter(text)
    assert script(prompt.session, ".").split("\n\n")[1:] == [
        "1 + 1",
        "x = 2; _ = x * 5",
        "print(3)",
        "_ + 1",
        "7 * 7\n",
    ]
    assert rerun(script(prompt.session, "."))["_"] == "10"


def test_seed_and_number_type_are_saved() -> None:
    with running(".", dtype="float32"):
        session = Session(7, interactive=True)
        session.enter(Source("x = rand()"), lambda d: None)
        saved = script(session, ".")
    assert "--dtype float32" in saved and "manual_seed(7)" in saved


# ── Ctrl-C at any time ───────────────────────────────────────────────────────


def test_a_hundred_interrupts_leave_every_parameter_whole() -> None:
    """Each parameter is what it is after some step of an undisturbed run: the old or the new value, no mixture."""
    steps, rng = 100_000, random.Random(1)
    loop = f"for step in range({steps}) {{\n {STEP}\n}}"
    with running(".", lambda text: None):
        RUN.backend = "interp"  # exact wherever it stops; `test_native_loops` stops loops that are native
        prompt = Prompt()
        prompt.enter(MODEL)
        prompt.enter("for step in range(1) { " + STEP.replace("\n", ";") + " }")
        params = boxes(prompt.session.names())
        before = [box.version for box in params]
        for _ in range(100):
            interrupted = threading.Timer(rng.uniform(0.0, 0.03), os.kill, (os.getpid(), signal.SIGINT))
            with StopAtSignal(gently=True), pytest.raises((Stopped, KeyboardInterrupt)):
                interrupted.start()
                prompt.enter(loop)
            assert len({box.version for box in params}) == 1  # a pass came to its end
        learned = params[0].version - before[0]
        assert learned > 100
        values = [box.value.data.tolist() for box in params]
        again = Prompt()
        again.enter(MODEL)
        again.enter(f"for step in range({learned + 1}) {{ {STEP} }}")
        assert [box.value.data.tolist() for box in boxes(again.session.names())] == values


def test_an_interrupt_in_a_long_pass_is_not_made_to_wait() -> None:
    with running(".", lambda text: None):
        prompt = Prompt()
        prompt.enter("param w = 0.0; n = 0; f(x) = x + 1")
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        with StopAtSignal(gently=True), pytest.raises(Stopped):
            prompt.enter("for step in range(10) { for i in range(1000000000000) { w += 1 } }")
        assert int(prompt.session.names()["w"].value.data) > 0
        assert RUN.stop == 0


def test_a_second_interrupt_stops_at_once() -> None:
    with running(".", lambda text: None), StopAtSignal():
        RUN.stop = NOW
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        RUN.stop = 0
