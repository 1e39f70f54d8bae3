"""Texts that nobody would write, as many as every commit can bear; `program_fuzz` takes more by a command."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import program_fuzz
import pytest
import random_programs
from examination import attempted, faults, misplaced, show
from fuzz_findings import FOUND

import gradlang
from gradlang.diagnostics import Diagnostic, Fix, GradlangError
from gradlang.engine.limits import Limits
from gradlang.language import builtins
from gradlang.source import Source, Span
from gradlang.syntax import tree
from gradlang.syntax.parser import parse
from gradlang.whole_file import writing_to_memory

COUNT = 2000
pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="what goes on for ever is ended by a timer")


def test_two_thousand_texts() -> None:
    found = list(program_fuzz.findings(0, COUNT))
    assert not found, "\n".join(f"seed {seed}: {fault}" for seed, fault in found[:3])


@pytest.mark.parametrize(("text", "code"), FOUND.items(), ids=range(len(FOUND)))
def test_what_was_found_before(text: bytes, code: str) -> None:
    assert faults(text) == []
    try:
        with writing_to_memory():
            gradlang.run(text.decode(), output=lambda text: None)
        assert not code
    except GradlangError as error:
        assert error.diagnostics[0].code == code


# ── the generator ────────────────────────────────────────────────────────────


def nodes(x: Any) -> Iterator[str]:
    if isinstance(x, tree.Node):
        yield type(x).__name__
        for field in x._fields:
            yield from nodes(getattr(x, field, None))
    elif isinstance(x, list | tuple):
        for part in x:
            yield from nodes(part)


def test_random_programs_hold_all_there_is_and_get_far() -> None:
    seen: set[str] = set()
    ends: Counter[str] = Counter()
    for seed in range(200):
        text = random_programs.program(random.Random(seed))
        try:
            seen.update(nodes(parse(Source(text))))
            with writing_to_memory():
                gradlang.run(text, output=lambda text: None, limits=Limits(cost=20_000))
            ends["well"] += 1
        except GradlangError as error:
            ends[error.diagnostics[0].code] += 1
    assert seen == {x.__name__ for x in tree.Node.__subclasses__()}
    assert ends["well"] > 60 and len(ends) > 15, ends


# ── a fault is seen ──────────────────────────────────────────────────────────


def test_a_mistake_of_ours_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(x: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(builtins.lookup("len"), "function", broken)
    kinds = {program_fuzz.kind_of(fault) for fault in faults(b"x = [1]\nlen(x)")}
    assert any(kind.startswith("run: ZeroDivisionError in ") for kind in kinds)
    assert "rehearsed: code E0999: internal error (ZeroDivisionError)" in kinds


@pytest.mark.parametrize("breaking", [lambda text: text + " ", lambda text: text.replace("1", "2")])
def test_formatting_that_is_not_right_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, breaking: Callable[[str], str]
) -> None:
    import fmt_fuzz

    def broken(source: Source) -> str:
        return breaking(source.text)

    monkeypatch.setattr(fmt_fuzz, "formatted", broken)
    assert any(fault.startswith("formatted: ") for fault in faults(b"x = 1"))


def test_places_outside_of_the_text_are_faults() -> None:
    source = Source("x = 1")
    good, bad = Span(source, 0, 5), Span(source, 3, 6)
    assert not list(misplaced(Diagnostic("E0101", "here", good)))
    for d in [
        Diagnostic("E0101", "here", bad),
        Diagnostic("E0101", "here", good, fixes=[Fix("so", [(bad, "")])]),
        Diagnostic("E0000", "here", good),
        Diagnostic("E0101", "", good),
    ]:
        assert len(list(misplaced(d))) == 1


def test_what_is_raised_in_showing_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    import examination

    def broken(diagnostic: Diagnostic, color: bool, width: int) -> str:
        return "\x1b]0;a title\x07"

    monkeypatch.setattr(examination, "render_text", broken)
    with pytest.raises(examination.Disagreement):
        show([Diagnostic("E0101", "here", Span(Source("x"), 0, 1))])


def test_what_takes_long_is_a_fault() -> None:
    def endless(source: Source) -> list[Diagnostic]:
        while True:
            pass

    import examination

    before, examination.FOREVER, examination.SLOW = (examination.FOREVER, examination.SLOW), 0.2, 0.1
    try:
        kinds = [fault.partition("\n")[0] for fault in attempted(endless, Source(""))]
    finally:
        examination.FOREVER, examination.SLOW = before
    assert kinds[0].startswith("endless: Forever") and kinds[1] == "endless: slow"


def dying(answers: Connection, first: int, end: int) -> None:
    """A process that ends at the third text of every ten, and has a finding at the fifth."""
    for seed in range(first, end):
        answers.send((seed, None))
        if seed % 10 == 3:
            os._exit(7)
        if seed % 10 == 5:
            answers.send((seed, "something"))


def test_a_process_that_dies_is_a_finding_and_the_rest_goes_on() -> None:
    found = list(program_fuzz.findings(0, 20, 1, dying))
    assert [seed for seed, _ in found] == [3, 5, 13, 15]
    assert "ended with 7" in found[0][1]


def test_what_is_found_is_cut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    import examination

    monkeypatch.setattr(examination, "faults", lambda data: ["bad\nmore"] if b"b" in data and b"(" in data else [])
    assert program_fuzz.smaller(b"x = 1\ny = [a, b](2)\nz = 3; print(x)\n", "bad") in (b"b(", b"(b")
