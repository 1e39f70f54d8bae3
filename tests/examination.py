"""All that a text can meet in gradlang, done to one text; whatever fails but by a diagnostic with a place is a fault.

`faults` reads bytes as the command line does, looks for mistakes, formats, runs, rehearses as `check` does, and shows
every diagnostic in every form. What a program writes stays in memory.

Owns what must hold: nothing is raised but GradlangError, no code is unknown or E0999, every place lies inside its text,
a formatted program is the same and stays as it is, and nothing takes more than SLOW seconds of computing (these are the
process's own: a busy machine is no fault). FOREVER ends what would not end.
"""

from __future__ import annotations

import json
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle
from typing import Any

import fmt_fuzz
import numpy

import gradlang
from gradlang.analysis.mistakes.actions import fix_all
from gradlang.analysis.mistakes.findings import findings
from gradlang.diagnostics import Diagnostic, GradlangError
from gradlang.diagnostics.codes import CODES
from gradlang.diagnostics.exchange import github_line, render_sarif
from gradlang.diagnostics.render import render_json, render_text
from gradlang.dryrun.rehearsal import rehearse
from gradlang.engine.limits import Limits
from gradlang.faults import Fault
from gradlang.formatting import formatted as format_source
from gradlang.language.runtime import NOW, RUN, Stopped
from gradlang.source import PRELUDE, Source, Span
from gradlang.syntax.recovery import recovered
from gradlang.whole_file import decoded, writing_to_memory

SLOW = 2.0  # seconds of computing that one thing may take
FOREVER = 10.0  # after which it is given up
LOOKS = ((100, False), (20, True), (20, False), (100, True))  # widths of excerpts, and whether they are coloured
NAME = "fuzzed.grad"
# A unit of work takes at most a few microseconds, so that a run ends well before SLOW.
LIMITS = Limits(cost=200_000, memory=256 << 20, elements=1_000_000, text=100_000, output=1_000_000)


class Forever(BaseException):
    """Raised by the timer in whatever goes on too long."""


def faults(data: bytes) -> list[str]:
    """What is wrong with how gradlang treats these bytes; each begins with a line that names the kind of fault."""
    found: list[str] = []
    try:
        text = decoded(data, NAME)
    except Fault as fault:
        return [] if fault.code in CODES else [f"unknown code {fault.code}"]
    for what in (found_in, formatted, run, rehearsed):
        found += attempted(what, Source(text, NAME))
    return found


def attempted(what: Callable[[Source], Sequence[Diagnostic]], source: Source) -> list[str]:
    """The faults of one thing that is done to a source, and of showing what it reports."""
    found: list[str] = []
    name, reported = what.__name__, []
    with guarded():
        started = time.process_time()
        try:
            reported = list(what(source))
        except GradlangError as error:
            reported = error.diagnostics
            found += [f"{name}: an error without a diagnostic"] * (not reported)
            if error.__cause__ is not None and any(d.code == "E0999" for d in reported):
                found.append(f"{name}: {raised(error.__cause__)}")
                reported = [d for d in reported if d.code != "E0999"]
        except Disagreement as error:
            found.append(f"{name}: {error}")
        except Stopped:
            pass
        except (Exception, Forever) as error:
            found.append(f"{name}: {raised(error)}")
        found += slow(name, time.process_time() - started)
    found += [f"{name}: {fault}" for d in reported for fault in misplaced(d)]
    with guarded():
        started = time.process_time()
        try:
            show(reported)
        except Disagreement as error:
            found.append(f"showing what {name} reports: {error}")
        except (Exception, Forever) as error:
            found.append(f"showing what {name} reports: {raised(error)}")
        found += slow(f"showing what {name} reports", time.process_time() - started)
    return found


def slow(name: str, seconds: float) -> list[str]:
    return [f"{name}: slow\n{seconds:.1f} s"] if seconds > SLOW and name != "rehearsed" else []


def raised(error: BaseException) -> str:
    """An exception: its kind and where it came from in a line, then how it looks."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "gradlang" in frame.filename]
    last = (ours or frames)[-1] if frames else None
    place = f" in {last.filename.rpartition('gradlang/')[2]}:{last.name}" if last else ""
    return f"{type(error).__name__}{place}\n{''.join(traceback.format_exception(error, limit=-8))}"


@contextmanager
def guarded() -> Iterator[None]:
    """Meanwhile a warning of Python's is an error, and nothing goes on for ever."""

    def give_up(number: int, frame: object) -> None:
        raise Forever

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, FOREVER)
    try:
        with warnings.catch_warnings(), numpy.errstate(all="ignore"), writing_to_memory():
            warnings.simplefilter("error")
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


# ── what is done to a text ───────────────────────────────────────────────────


class Disagreement(Exception):
    """Something that must hold does not; says what."""


def found_in(source: Source) -> Sequence[Diagnostic]:
    """What `check` reads off the text; edits of its fixes can be made together."""
    diagnostics = findings(source).diagnostics
    action = fix_all(diagnostics)
    at = 0
    for start, end, _ in action.edits if action is not None else []:
        if not at <= start <= end <= len(source.text):
            raise Disagreement("edits that cannot be made together")
        at = end
    return diagnostics


def formatted(source: Source) -> Sequence[Diagnostic]:
    format_source(source)
    with deep():
        fault = fmt_fuzz.fault(source.text)
    if fault:
        raise Disagreement(fault)
    return []


@contextmanager
def deep() -> Iterator[None]:
    """Room for what compares trees, which goes into them by calls; programs are formatted without that."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20 * before)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def run(source: Source) -> Sequence[Diagnostic]:
    """A run within limits: the warnings it ends with."""
    return gradlang.run(source.text, output=lambda text: None, filename=source.name, limits=LIMITS).warnings


def rehearsed(source: Source) -> Sequence[Diagnostic]:
    """The dry run, which tells mistakes of ours as E0999. It may be slow: whoever asks for one can end its process."""
    with suppress(Forever), stopping(SLOW / 2):
        return rehearse(recovered(source), ".").diagnostics
    return []


@contextmanager
def stopping(seconds: float) -> Iterator[None]:
    """Asks what runs to stop after so long."""

    def stop(number: int, frame: object) -> None:
        RUN.stop = NOW

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def show(diagnostics: Sequence[Diagnostic]) -> None:
    """Every form of every diagnostic; what the source contains reaches no terminal as a control character."""
    for (width, color), d in zip(cycle(LOOKS), diagnostics, strict=False):
        text = render_text(d, color, width).replace("\x1b[", "" if color else "\x1b[")
        if any((c < " " and c != "\n") or "\x7f" <= c < "\xa0" for c in text):
            raise Disagreement(f"a control character\n{text!r}")
        if "\n" in github_line(d):
            raise Disagreement(f"several lines\n{github_line(d)}")
    if len(json.loads(render_json(diagnostics))) != len(diagnostics):
        raise Disagreement("another number of diagnostics")
    json.loads(render_sarif(diagnostics))


# ── what must hold of a diagnostic ───────────────────────────────────────────


def misplaced(d: Diagnostic) -> Iterator[str]:
    if d.code not in CODES or d.code == "E0999":
        yield f"code {d.code}: {d.message}"
    if not d.message:
        yield f"{d.code} says nothing"
    edits = [span for fix in d.fixes for span, _ in fix.edits]
    for what, spans in (("span", [d.span]), ("label", [x.span for x in d.labels]), ("edit", edits)):
        for span in spans:
            if not is_inside(span):
                yield f"{what} of {d.code} lies outside\n{span.start}, {span.end} of {len(span.source.text)}"


def is_inside(span: Any) -> bool:
    is_span = isinstance(span, Span) and span.source.name != PRELUDE
    return is_span and 0 <= span.start <= span.end <= len(span.source.text)
