"""What `determinism` compares, for some scripts and codes in two environments; the command takes all, in eight."""

from __future__ import annotations

import determinism
import pytest
from determinism import PRODUCT

SCRIPTS = ["compat", "lecture", "newton"]
CODES = ["E0102", "E0201", "E0401", "E0205", "W0203", "W0512"]


def test_neither_hashes_nor_threads_change_anything() -> None:
    count, found = determinism.differing([("0", 1), ("random", 2)], SCRIPTS, CODES, [])
    assert count == len(SCRIPTS) * 7 + len(CODES) * 3
    assert found == []


def test_what_differs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = iter([{"a run": "1", f"{PRODUCT} x": "1"}, {"a run": "2", f"{PRODUCT} x": "2"}])
    monkeypatch.setattr(determinism, "digests", lambda *given: next(seen))
    _, found = determinism.differing([("0", 1), ("1", 2)])
    assert found == ["a run, hash seed 1, 2 threads"]
