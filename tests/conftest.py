"""`pytest --update` writes what is expected from what is seen; look at the difference before you keep it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Keep = Callable[[Path, str], str]


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
