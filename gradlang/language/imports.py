"""`import utils`: the file `utils.grad` beside the program, run once.

Invariant: a file is run at most once a run; a file that is still running
cannot be imported again. It lies where the program may read (`reach`).
"""

from __future__ import annotations

import os
from typing import Any

from ..diagnostics import Fix, GradlangError
from ..engine.charges import working
from ..engine.origins import keep_calls
from ..engine.value import STATE
from ..faults import Fault
from ..reach import of_program
from ..source import Source, Span
from ..whole_file import read_text
from .explain import located
from .runtime import RUN, failure, parsed
from .values import Module

READING = 10  # units of work that it takes to read a character of a program


def load(name: str, span: Span) -> Module:
    """The module of that name. Raises GradlangError."""
    named = os.path.join(folder_of(span.source), f"{name}.grad")
    path = os.path.realpath(named)
    found = RUN.modules.get(path)
    if found is not None:
        return found  # type: ignore[no-any-return]
    if path in RUN.importing:
        chain = " imports ".join(
            f"`{os.path.basename(p)}`" for p in [*RUN.importing[RUN.importing.index(path) :], path]
        )
        raise failure("E0606", f"these files import each other: {chain}", span, "move what both need into a third file")
    if not os.path.isfile(path):
        from ..diagnostics.foreign import LIBRARIES

        help = f"`import {name}` reads `{name}.grad` from the folder of the importing program"
        if name in LIBRARIES:
            help = "leave it out: what there is, `exp(x)` or `randn(3)`, needs no import"
        error = failure("E0605", f"there is no file `{name}.grad` beside this one", span, help)
        if name in LIBRARIES and (line := line_of(span)):
            error.diagnostics[0].fixes.append(Fix("leave it out", [(line, "")], is_safe=True))
        raise error
    RUN.importing.append(path)
    try:
        module = run(name, named, path, span)
    finally:
        RUN.importing.remove(path)
    RUN.modules[path] = module
    return module


def line_of(span: Span) -> Span | None:
    """The line of an import, if nothing else stands on it."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end) + 1 or len(text)
    words = text[start:end].split()
    return Span(span.source, start, end) if words[:1] == ["import"] and words[2::2] in ([], ["as"]) else None


def folder_of(source: Source) -> str:
    """Imports start at the importing file's folder; text that is no file, at the run's."""
    return os.path.dirname(os.path.abspath(source.name)) if os.path.isfile(source.name) else RUN.folder


def run(name: str, named: str, path: str, span: Span) -> Module:
    from .builtins import is_builtin, names
    from .interpreter import statement
    from .resolver import resolve
    from .scopes import Scope

    most = None if STATE.budget is None else STATE.budget.limits.source
    try:
        with of_program(RUN.folders):
            source = Source(read_text(named, most), path)
        working(READING * len(source.text))
    except Fault as fault:
        raise located(fault, span) from None
    tree = parsed(source)
    scope = Scope("module")
    resolution = resolve(tree, scope, is_builtin, names)
    errors = [d for d in resolution.diagnostics if d.severity == "error"]
    if errors:
        raise GradlangError(errors)
    if resolution.draws and RUN.watch is None:
        STATE.is_pictured = True
        keep_calls()
    frame: list[Any] = [None] * scope.size
    for node in tree.body:
        statement(node)(frame)
    return Module(name, scope, frame)
