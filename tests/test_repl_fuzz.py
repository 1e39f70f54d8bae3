"""2,000 entries nobody would type: each gives output or a diagnostic, and one that fails changes nothing."""

from __future__ import annotations

import random
import re
import signal
from pathlib import Path

import pytest
from program_fuzz import TOKEN, called, mutated
from test_repl_shell import Typed
from test_session import Prompt

from gradlang.diagnostics import Diagnostic
from gradlang.language.runtime import NOW, RUN, running
from gradlang.repl.commands import COMMANDS
from gradlang.repl.screen import Screen
from gradlang.repl.shell import Shell, is_command

FILES = {"save", "draw", "draw_dot", "checkpointed"}
START = "a = 2.0; x = [1.0, 2.0]; param w = 3.0; m = mlp(2, [1]); f(q) = q * w; backward(f(a) + m(x).sum())"
WORDS = ["a", "x", "w", "m", "f", "nope", "a * w", "f(a)", "m(x)", "1 +", "(", '"', "file.grad", "", "_", ":", "?", "θ"]


def good(rng: random.Random) -> str:
    """An entry that a user might type, in a session that has a few names."""
    return rng.choice([
        "a = a + 1", "w -= 0.1", "backward(f(a))", "y = rand(3)", "m(x)", "f(q) = q + w", "param w = 1.0", "_",
        "for p in parameters(m) { p -= 0.1 * p.grad }", "w.data = 2", "zero_grad(m)", "manual_seed(3)", "x[0]", "x[9]",
        "x @ [1, 2, 3]", "nope", "backward(x)", "f(1, 2)", "w = 3", "for i in range(5) { w -= 1; x[i] }", "z = w; z[0]",
    ])  # fmt: skip


def typed(rng: random.Random) -> str:
    """A command with an argument that may be anything, or a good entry with one piece changed."""
    if rng.random() < 0.5:
        word = rng.choice([*COMMANDS, "", "hepl", "g", "q"]).replace("quit", "help")
        return rng.choice(
            [f":{word} {rng.choice(WORDS)}", f"?{rng.choice(WORDS)}", f"{rng.choice(WORDS)}?", f":{word}"]
        )
    tokens = TOKEN.findall(good(rng))
    tokens[rng.randrange(len(tokens))] = rng.choice(WORDS)
    return "".join(tokens)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, which the command line switches off
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="endless loops are stopped by a timer")
def test_two_thousand_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.grad").write_text("a = 7\nx[5]\n")
    before_signal = signal.signal(signal.SIGALRM, lambda number, frame: setattr(RUN, "stop", NOW))
    rng = random.Random(3)
    failed = 0
    try:
        with running(str(tmp_path), lambda text: None):
            for i in range(2000):
                if i % 100 == 0:
                    shell, prompt, reported = fresh()
                make = (mutated, called, typed, lambda rng: good(rng))[i % 4]
                text = make(rng)
                if FILES & set(TOKEN.findall(text)) and not is_command(text) or text.strip().startswith((":q", ":t")):
                    continue
                state, reported[:] = prompt.state(), []
                signal.setitimer(signal.ITIMER_REAL, 2)
                try:
                    shell.enter(text)
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                errors = [d for d in reported if d.severity == "error"]
                failed += bool(errors)
                for d in errors:
                    assert d.code != "E0999", text
                    assert 0 <= d.span.start <= d.span.end <= len(d.span.source.text), text
                if errors:
                    assert prompt.state() == state, text
                capsys.readouterr()
    finally:
        signal.signal(signal.SIGALRM, before_signal)
    assert 700 < failed < 1800


def fresh() -> tuple[Shell, Prompt, list[Diagnostic]]:
    prompt = Prompt()
    prompt.enter(START)
    reader = Typed()
    reader.answers = ["n"] * 1000
    reported: list[Diagnostic] = []
    return Shell(prompt.session, reader, Screen(color=False, interactive=False), reported.append), prompt, reported


def test_the_generator_makes_what_it_should() -> None:
    rng = random.Random(0)
    texts = [typed(rng) for _ in range(200)]
    assert 50 < sum(map(is_command, texts)) < 180 and len(set(texts)) > 120
    assert not any(re.search(r":quit", text) for text in texts)
