"""Any text whatever gives output or a diagnostic with a place, never a traceback; interruptions are quiet."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import gradlang
from gradlang.language import builtins

ROOT = Path(__file__).parent.parent
PROGRAMS = [
    program
    for path in [*sorted((ROOT / "scripts").glob("*.grad")), *sorted((ROOT / "tests" / "golden").glob("*.grad"))]
    for program in path.read_text(encoding="utf-8").split("---\n")
]
TOKEN = re.compile(r"\w+|\*\*|[-+*/]=|->|[^\w\s]|\s+")
WORDS = [
    "1",
    "0",
    "-1",
    "2.5",
    "[1, 2]",
    "[[1, 2], [3, 4]]",
    '"a"',
    "none",
    "true",
    "x",
    "m",
    "f",
    "(1, 2)",
    "[]",
    "nan",
]
FILES = {"save", "draw", "draw_dot", "checkpointed"}


def mutated(rng: random.Random) -> str:
    tokens = TOKEN.findall(rng.choice(PROGRAMS)) or ["x"]
    pool = TOKEN.findall(rng.choice(PROGRAMS)) or ["1"]
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(tokens))
        tokens[at : at + rng.randint(0, 1)] = rng.choice([[], [rng.choice(pool)], [rng.choice(WORDS)]])
        tokens = tokens or ["x"]
    return re.sub(r"\b\d{4,}\b", "10", "".join(tokens))


def called(rng: random.Random) -> str:
    name = rng.choice([n for n in builtins.names() if n not in FILES])
    arguments = ", ".join(rng.choice(WORDS) for _ in range(rng.randint(0, 4)))
    use = rng.choice(
        ["{0}({1})", "x.{0}({1})", "y = {0}({1}); print(y, repr(y)); y + 1; y[0]", "for q in {0}({1}) {{ q += 1 }}"]
    )
    return "x = [1.0, 2.0]; m = mlp(2, [1]); f(a) = a * 2\n" + use.format(name, arguments)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="endless loops are stopped by a timer")
@pytest.mark.parametrize("make", [mutated, called], ids=["mutated", "called"])
@pytest.mark.parametrize("seed", range(2))
def test_any_text_gives_output_or_a_diagnostic(make: object, seed: int) -> None:
    from gradlang.language.runtime import NOW, RUN, Stopped

    def stop(number: int, frame: object) -> None:
        RUN.stop = NOW

    before = signal.signal(signal.SIGALRM, stop)
    rng = random.Random(seed)
    try:
        for _ in range(250):
            source = make(rng)  # type: ignore[operator]
            if FILES & set(TOKEN.findall(source)):
                continue
            signal.setitimer(signal.ITIMER_REAL, 2)
            try:
                gradlang.run(source, output=lambda text: None, filename=str(ROOT / "scripts" / "mutated.grad"))
            except gradlang.GradlangError as error:
                assert str(error)
                for d in error.diagnostics:
                    assert d.code != "E0999", source
                    assert 0 <= d.span.start <= d.span.end <= len(d.span.source.text)
            except Stopped:
                pass
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_ctrl_c_stops_a_run_quietly() -> None:
    code = 'print("started")\nwhile true { x = 1 }'
    run = subprocess.Popen(
        [sys.executable, "-u", "-m", "gradlang", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    time.sleep(1.5)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=20)
    assert run.returncode == 130 and err == "interrupted\n" and out == "started\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    code = "for i in range(100000) { print(i) }"
    run = subprocess.run([sys.executable, "-m", "gradlang", "-c", code], stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert run.stderr == b""


def test_an_internal_error_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(x: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(builtins.lookup("len"), "function", broken)
    with pytest.raises(gradlang.GradlangError) as caught:
        gradlang.run("x = 1\nlen(x)")
    assert caught.value.diagnostics[0].code == "E0999" and caught.value.diagnostics[0].span.line == 2
