"""Programs that say beside their lines what they expect, run by what runs them for users."""

from __future__ import annotations

import numpy

from gradlang.diagnostics import Diagnostic, GradlangError
from gradlang.expectations import Program, programs
from gradlang.expectations.agreement import same
from gradlang.expectations.trial import failures, tried

__all__ = ["Program", "check", "failed", "programs", "same"]


def failed(program: Program, folder: str) -> list[Diagnostic]:
    """What of a program is not as it says."""
    with numpy.errstate(all="ignore"):
        return failures(program, tried(program, folder))


def check(program: Program, folder: str) -> None:
    """Runs a program; fails where it does not do what it says."""
    found = failed(program, folder)
    assert not found, str(GradlangError(found))
