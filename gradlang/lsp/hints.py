"""Numbers beside the lines, and what can be done with a program above them.

Owns where hints stand and what is left out: the shape behind the name that got
it, values and gradients at the end of the line, where they do not tear it apart.
What the line itself says is not said again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from lsprotocol import types

from ..dryrun.seen import Observation
from ..engine.printing import show
from .documents import Document
from .settings import Settings

if TYPE_CHECKING:
    from .server import Server

VALUES = frozenset({"number", "parameter", "true/false"})  # the kinds whose values are shown
LITERAL = re.compile(r"\s*=\s*(-?[\d.][\w.+-]*)\s*(?:#.*)?$")
NOT_FINAL = "…"  # behind what a whole run may change


def inlay_hints(server: Server, document: Document, params: types.InlayHintParams) -> list[types.InlayHint]:
    start, end = document.positions.offsets(params.range)
    first, last = document.positions.line_of(start), document.positions.line_of(end)
    found: list[types.InlayHint] = []
    for line, seen in groupby(document.seen.observations, lambda o: document.positions.line_of(o.start)):
        if first <= line <= last:
            found += line_hints(document, list(seen), line, server.settings)
    return found


def line_hints(document: Document, seen: list[Observation], line: int, chosen: Settings) -> Iterator[types.InlayHint]:
    for o in seen:
        if chosen.shapes and o.shape:
            yield hint(document, o.end, o.shape, types.InlayHintKind.Type)
    end = document.positions.line(line)[1]
    last = {o.name: numbers(document.text[o.end : end], o, chosen) for o in seen}
    said = {name: text for name, text in last.items() if text}
    if said:
        texts = list(said.values()) if len(said) == 1 else [f"{name} {text}" for name, text in said.items()]
        yield hint(document, end, "  ".join(texts))


def numbers(rest: str, o: Observation, chosen: Settings) -> str:
    """`= 24.7041  grad 138.8338`; `rest` is what stands behind the name on its line."""
    if o.is_local:  # of the last call, which is one of many
        return ""
    is_news = o.kind in VALUES and not o.shape and o.value != literal(rest)
    value = f"= {o.value}" if chosen.values and o.value and is_news else ""
    slope = f"grad {narrow(o.gradient)}" if chosen.gradients and o.gradient else ""
    return "  ".join([part + NOT_FINAL * (not o.is_final) for part in (value, slope) if part])


def narrow(numbers: str) -> str:
    """Without the blanks that put numbers into columns."""
    return re.sub(r"(?<=\[) +", "", re.sub(" {2,}", " ", numbers))


def literal(rest: str) -> str:
    """The number that a name is bound to, as values are written; empty where it is more than a number."""
    found = LITERAL.match(rest)
    try:
        return show(float(found[1])) if found else ""
    except ValueError:
        return ""


def hint(document: Document, at: int, label: str, kind: types.InlayHintKind | None = None) -> types.InlayHint:
    return types.InlayHint(document.positions.position(at), label, kind, padding_left=True)


def code_lens(server: Server, document: Document, params: types.CodeLensParams) -> list[types.CodeLens]:
    top = types.Range(types.Position(0, 0), types.Position(0, 0))
    commands = [("Run", "gradlang.run"), ("Show graph", "gradlang.showGraph")]
    return [types.CodeLens(top, types.Command(title, name, arguments=[document.uri])) for title, name in commands]
