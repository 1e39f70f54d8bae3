"""The builtins written in gradlang, read when one of them is first used.

Their names are known without parsing: a definition starts at column 0. The
text is that of `prelude.grad` beside this file.
"""

from __future__ import annotations

import os
import re
from typing import Any

from ..diagnostics import GradlangError
from ..engine.value import Value
from ..faults import Fault
from ..signature import Signature
from ..source import PRELUDE, Source
from .runtime import RUN
from .values import Builtin, Function

_TEXT: list[str] = []
_NAMES: dict[str, str] = {}  # name -> group
_LOADED: dict[str, Any] = {}


def text() -> str:
    if not _TEXT:
        with open(os.path.join(os.path.dirname(__file__), "prelude.grad"), encoding="utf-8") as file:
            _TEXT.append(file.read())
    return _TEXT[0]


def names() -> dict[str, str]:
    if not _NAMES:
        _NAMES.update((name, "learning") for name in re.findall(r"^(\w+)\(", text(), re.MULTILINE))
    return _NAMES


def load(name: str) -> Any:
    """The builtin of that name, or None."""
    if name not in names():
        return None
    if not _LOADED:
        from ..syntax.parser import parse
        from .builtins import is_builtin
        from .interpreter import statement
        from .resolver import resolve
        from .scopes import Scope

        module = parse(Source(text(), PRELUDE))
        scope = Scope("module")
        resolve(module, scope, is_builtin, names)
        frame: list[Any] = [None] * scope.size
        for node in module.body:
            statement(node)(frame)
        for variable in scope.variables.values():
            _LOADED[variable.name] = as_builtin(frame[variable.slot])
    return _LOADED[name]


def as_builtin(function: Function) -> Builtin:
    from .calls import call

    doc, _, example = function.doc.partition("Example:")

    def run(*arguments: Any) -> Any:
        here = RUN.calling
        try:
            out = call(function, list(arguments), span=here)
        except GradlangError as error:  # the place to show is the user's call, not a line in here
            d = error.diagnostics[0]
            raise Fault(d.code, d.message, *d.help) from None
        if out.__class__ is Value:
            out.span = here
        return out

    signature = Signature(", ".join(function.names))
    return Builtin(function.name, signature, run, "learning", doc.strip(), example.strip(), is_recorded=True)
