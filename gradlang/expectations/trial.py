"""One run of a program, and what of it is not as the program says.

Owns the codes E0701 and E0702. Every code that is reported must be expected, and
every expectation reached. Prints nothing. Invariant: a program that does what it
says has no failures, and of one that stops where it should not, what is not
reached is no further failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ..diagnostics import Diagnostic, GradlangError, Label
from ..diagnostics.codes import CODES
from ..language.display import exact_text, is_shown, text
from ..language.runtime import DEFAULT_BACKEND, running
from ..reach import folders_of
from ..session import Session
from ..source import Source, Span
from ..syntax import tree
from . import Expected, Program
from .agreement import first_difference, same

LONGEST = 100  # characters of a value that is written out
WIDEST = 50  # characters of a value in a message
MOST_LINES = 20  # of what was printed, in a note


class Outcome(NamedTuple):
    """What a line was worth or printed: to the last digit, and as one would write it down."""

    text: str
    short: str
    is_value: bool


class Trial(NamedTuple):
    """What a run did: the outcomes of lines of which something is expected, what was reported, how far it came."""

    outcomes: dict[int, Outcome]
    reported: list[Diagnostic]
    last_line: int  # of the last statement that was run to its end


def tried(
    program: Program,
    folder: str,
    write: Callable[[str], Any] = lambda text: None,
    seed: int = 0,
    backend: str = DEFAULT_BACKEND,
    more: Sequence[str] = (),
) -> Trial:
    """Runs a program. `write` is told what it prints. Raises Stopped and KeyboardInterrupt.

    It uses files below its folder, and below the ones in `more`.
    """
    outcomes: dict[int, Outcome] = {}
    reported: list[Diagnostic] = []
    last_line = 0
    printed: list[str] = []

    def note(piece: str) -> None:
        printed.append(piece)
        write(piece)

    def watch(node: tree.Stmt, value: Any) -> None:
        nonlocal last_line
        last_line, _ = program.source.line_column(max(node.span.end - 1, node.span.start))
        if last_line in program.values:
            outcomes[last_line] = _outcome(value, "".join(printed))
        printed.clear()

    with running(folder, note, reported.append, folders=folders_of(folder, more)) as run:
        run.backend = backend
        try:
            Session(seed).run(program.source, reported.append, watch=watch)
        except GradlangError as error:
            reported += error.diagnostics
    return Trial(outcomes, reported, last_line)


def _outcome(value: Any, printed: str) -> Outcome:
    if not is_shown(value):
        printed = printed.rstrip("\n")
        return Outcome(printed, printed, is_value=False)
    exact = exact_text(value)
    printed = " ".join(text(value).split())
    short = next(way for way in (_cut(printed), printed, exact) if same(exact, way))
    return Outcome(exact, short, is_value=True)


def _cut(text: str) -> str:
    """The first and the last items of a long list."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:WIDEST].rpartition(', ')[0]}, ..., {text[-WIDEST:].rpartition(', ')[2]}"


# ── failures ─────────────────────────────────────────────────────────────────


def failures(program: Program, trial: Trial) -> list[Diagnostic]:
    """All that is not as expected, in order of place."""
    values = [different(expected, outcome) for expected, outcome in differing(program, trial)]
    return sorted([*surprises(program, trial), *values], key=lambda d: _line(d, program.source))


def surprises(program: Program, trial: Trial) -> list[Diagnostic]:
    """What was reported and not expected; then codes that were not reported, and lines that were not reached."""
    unmet = list(program.codes)
    found: list[Diagnostic] = []
    failing: set[int] = set()  # where the program failed and should not have
    for d in trial.reported:
        line = _line(d, program.source)
        met = next((code for code in unmet if code[0] == line and code[1].text == d.code), None)
        if met:
            unmet.remove(met)
        else:
            found.append(d)
            failing |= {line} if d.severity == "error" else set()
    found += [_not_reported(code) for line, code in unmet if not failing or line in failing]
    if not failing:
        found += [_not_reached(line, x, trial) for line, x in program.values.items() if line not in trial.outcomes]
    return found


def differing(program: Program, trial: Trial) -> Iterator[tuple[Expected, Outcome]]:
    """The lines that came to something else than what is expected of them."""
    for line, outcome in trial.outcomes.items():
        expected = program.values[line]
        if not same(outcome.text, expected.text):
            yield expected, outcome


def _line(d: Diagnostic, source: Source) -> int:
    """The line of a program that a diagnostic is about: where it is in an imported file, the line of the call."""
    spans = [d.span, *(label.span for label in d.labels)]
    return next((span.line for span in spans if span.source is source), 0)


def _not_reported(code: Span) -> Diagnostic:
    help = [] if code.text in CODES else ["there is no such code; `gradlang explain` lists all"]
    return Diagnostic("E0702", f"{code.text} is not reported on this line", code, help=help)


def _not_reached(line: int, expected: Expected, trial: Trial) -> Diagnostic:
    stop = next((d.span for d in trial.reported if d.severity == "error"), None)
    if stop is not None and trial.last_line < line:
        labels = [Label(stop, "the program ends here")]
        advice = "an error ends a program; below a line `---` another one begins"
        return Diagnostic("E0701", "the program did not come to this line", expected.span, labels=labels, help=[advice])
    help = "it stands where an outermost statement ends; of a loop or a function, behind the closing brace"
    return Diagnostic("E0701", "there is nothing here that this could be expected of", expected.span, help=[help])


def different(expected: Expected, outcome: Outcome) -> Diagnostic:
    shown = outcome.short if len(outcome.text) <= LONGEST else outcome.text
    at, there = first_difference(shown, expected.text)
    seen = f"this {'is' if outcome.is_value else 'printed'} {_brief(shown, at) or 'nothing'}"
    message = f"{seen}, not {_brief(expected.text, there)}" if expected.text else f"{seen}, and nothing was expected"
    lines = outcome.short.split("\n")
    more = [f"… and {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
    notes = ["\n".join(["it printed", *lines[:MOST_LINES], *more])] if len(lines) > 1 else []
    return Diagnostic("E0701", message, expected.span, notes=notes)


def _brief(text: str, at: int) -> str:
    """The piece of a long text around a place."""
    text = text.replace("\n", "⏎")
    start = max(min(at - WIDEST // 2, len(text) - WIDEST), 0)
    end = start + WIDEST
    return "…" * (start > 0) + text[start:end] + "…" * (end < len(text))
