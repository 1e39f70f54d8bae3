"""Interruptions are quiet, and mistakes of ours are told as such. (That they are rare is for test_fuzz to see.)"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

import gradlang
from gradlang.language import builtins


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
