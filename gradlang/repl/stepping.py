"""`:step`: a walk backward through a graph, one operation at a time, at the reader's pace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..draw.formulas.steps import backward_steps, step_lines
from ..engine.value import Value

if TYPE_CHECKING:
    from .shell import Shell

QUESTION = "Enter: on, b: back, q: leave "


def walk(shell: Shell, root: Value) -> None:
    """Shows step after step; where nobody reads along, all of them."""
    steps = backward_steps(root)
    at = 0
    while 0 <= at < len(steps):
        shell.screen.write(step_lines(steps[at], at + 1, len(steps), shell.screen.width))
        answer = shell.reader.ask(QUESTION) if shell.screen.interactive and at + 1 < len(steps) else ""
        if answer is None or answer.startswith("q"):
            return
        at = max(0, at - 1) if answer.startswith("b") else at + 1
