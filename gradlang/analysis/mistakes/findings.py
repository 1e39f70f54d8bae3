"""All that can be said about a source without running it.

Owns what a broken source is not blamed for: one mistake gives one report. A
name that a gap may have bound is not unknown elsewhere; a block that has lost
its head is in no function or loop that could be seen, so what leaves it is not
out of place, and what it ends in not thrown away; and that something is missing
is said when nothing is wrong any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...diagnostics import Diagnostic
from ...language import builtins
from ...language.resolver import resolve
from ...language.scopes import Scope
from ...source import Source, Span
from ...syntax import tree
from ...syntax.parser import tokens
from ...syntax.recovery import Recovered, recovered
from ...syntax.tokens import Token

UNKNOWN, REBOUND, OUT_OF_PLACE = "E0201", "E0207", "E0110"
# What begins a function elsewhere, and ends a block.
DEFINITION = re.compile(r"(?:async\s+|local\s+)?(?:def|fn|fun|func|function)\b")
BLOCK_END = re.compile(r"end(?:if|for|while|function)?")
# Warnings that something is missing: never read, never used. What is wrong may have been it.
MISSING = frozenset({"W0202", "W0203", "W0506", "W0513"})


class Findings(NamedTuple):
    """What is known of a source.

    module       what can be read, its names resolved
    diagnostics  syntax errors, names, lints, in order of place; without those that the source allows
    gaps         broken stretches; none where the program can be run
    """

    module: tree.Module
    diagnostics: list[Diagnostic]
    gaps: list[Span]


def findings(source: Source) -> Findings:
    """Raises nothing, whatever the text."""
    from .allowances import without_allowed
    from .lints import lints

    found = recovered(source)
    resolution = resolve(found.module, Scope("module"), builtins.is_builtin, builtins.names)
    seen = [*found.diagnostics, *_blameless(found, list(_told_once(resolution.diagnostics)))]
    has_errors = any(d.severity == "error" for d in seen)
    missing = MISSING | {"W0301"} if found.gaps else MISSING  # in a gap there may be what a call does
    seen += [d for d in lints(found.module) if not (has_errors and d.code in missing or _is_torn(found, d))]
    unlike = {(d.code, d.span.start, d.span.end, d.message): d for d in seen}.values()
    in_order = sorted(unlike, key=lambda d: (d.span.start, d.span.end))
    return Findings(found.module, without_allowed(in_order), found.gaps)


def _told_once(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """A name that is unknown is so everywhere, and told where it is read first; so it is mended everywhere, too."""
    unknown: dict[str, Diagnostic] = {}
    for d in diagnostics:
        if d.code != UNKNOWN or d.span.text not in unknown:
            yield d
        elif d.fixes and d.fixes[0].is_safe and (first := unknown[d.span.text]).fixes and first.fixes[0].is_safe:
            first.fixes[0].edits += d.fixes[0].edits
        if d.code == UNKNOWN:
            unknown.setdefault(d.span.text, d)


def _blameless(found: Recovered, diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Those that would hold, too, if the gaps were mended."""
    if not found.gaps or not diagnostics:
        return diagnostics
    bound, nameless = names_in(found.gaps)
    headless = min([gap.start for gap in found.gaps if DEFINITION.match(gap.text)], default=float("inf"))

    def is_lost(d: Diagnostic) -> bool:
        word = d.span.text
        # What a gap has bound is read more often than once, or is like no other name.
        is_slip = d.fixes and len(re.findall(rf"\b{re.escape(word)}\b", d.span.source.text)) == 1
        if word in bound or BLOCK_END.fullmatch(word):
            return True
        return not is_slip and (_is_torn(found, d) or d.span.start > nameless)

    return [
        d
        for d in diagnostics
        if not (d.code in (UNKNOWN, REBOUND) and is_lost(d))
        and not (d.code == OUT_OF_PLACE and (_is_torn(found, d) or d.span.start > headless))
    ]


def _is_torn(found: Recovered, diagnostic: Diagnostic) -> bool:
    return any(block.start <= diagnostic.span.start < block.end for block in found.torn)


def names_in(gaps: list[Span]) -> tuple[set[str], float]:
    """The names that gaps may bind, and the first offset behind which others may be bound, too.

    Those of a definition stand anywhere in its head; else they stand in front of the first `=` or `in` of a line or of
    what a brace opens, and where it has none, anywhere in it. A gap that has something else there at its beginning may
    have been to bind any name.
    """
    names: set[str] = set()
    nameless = float("inf")
    for gap in gaps:
        for number, line in enumerate(re.split(r"[\n{]", gap.text)):
            pieces = tokens(line)
            stop = next((i for i, piece in enumerate(pieces) if piece.type in ("EQUAL", "IN")), None)
            if DEFINITION.match(line.strip()) or (stop is not None and _is_chain(pieces, stop)):
                names |= {str(piece) for piece in pieces if piece.type == "NAME"}
            found = {str(piece) for piece in pieces[:stop] if piece.type == "NAME"}
            names |= found
            is_binding = stop is not None or pieces and pieces[0].type in ("FOR", "PARAM")
            if not found and is_binding and number == 0:
                nameless = min(nameless, gap.start)
    return names, nameless


def _is_chain(pieces: list[Token], stop: int) -> bool:
    """Whether `x = y = e` is what was meant."""
    return [piece.type for piece in pieces[stop : stop + 3]] == ["EQUAL", "NAME", "EQUAL"]
