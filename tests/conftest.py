"""`pytest --update` writes what is expected from what is seen; look at the difference before you keep it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gradlang.cli import main
from gradlang.engine.value import STATE

Keep = Callable[[Path, str], str]
Run = Callable[..., tuple[int, str, str]]


def pytest_configure() -> None:
    """Programs that tests start can be interrupted.

    A shell that runs pytest in the background has that ignored, and `nohup` the signal of a terminal that goes away.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite expected output, the README's table included")


@pytest.fixture
def kept(request: pytest.FixtureRequest) -> Keep:
    """`kept(path, seen)`: the text expected in a file; with --update, `seen` is written there first."""

    def text(path: Path, seen: str) -> str:
        if request.config.getoption("--update") and (not path.exists() or path.read_text(encoding="utf-8") != seen):
            path.write_text(seen, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing; `pytest --update` writes it"
        return path.read_text(encoding="utf-8")

    return text


@pytest.fixture(autouse=True)
def state() -> Iterator[None]:
    """Sessions switch what is kept of a graph; other tests start from the default."""
    before = STATE.recording, STATE.is_pictured
    yield
    STATE.recording, STATE.is_pictured = before


@pytest.fixture
def gradlang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a program in a folder of its own: the exit code, and what it wrote where."""
    monkeypatch.chdir(tmp_path)
    before = STATE.recording, STATE.is_pictured

    def run(program: str, *arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["-c", program, *arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        STATE.recording, STATE.is_pictured = before
        out, err = capsys.readouterr()
        return code, out, err

    return run
