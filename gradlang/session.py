"""Running sources: parse, resolve, execute, statement by statement, in names that stay.

A session holds the outermost frame of a program. A script is a session of one
source; the prompt enters many. Nothing here prints.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from .diagnostics import Diagnostic, GradlangError
from .engine import draws
from .engine.value import STATE, Box, Value
from .language import builtins
from .language.interpreter import value_of
from .language.resolver import Scope, resolve
from .language.runtime import RUN, Stopped
from .language.values import NONE, List, tensor
from .source import Source, Span
from .syntax import tree
from .syntax.parser import parse


class Session:
    """The names of a program and what they stand for."""

    def __init__(self, seed: int = 0) -> None:
        self.scope = Scope("module")
        self.frame: list[Any] = [None]
        draws.seed(seed)

    def define(self, name: str, value: Any) -> None:
        """Binds a name from outside, before a source runs."""
        variable = self.scope.declare(name)
        self._grow()
        self.frame[variable.slot] = value

    def names(self) -> Mapping[str, Any]:
        """What is bound: boxes as they are."""
        return {n: self.frame[v.slot] for n, v in self.scope.variables.items() if self.frame[v.slot] is not None}

    def run(
        self,
        source: Source,
        warn: Callable[[Diagnostic], None],
        keep_graph: bool = False,
        watch: Callable[[tree.Stmt, Any], None] | None = None,
    ) -> Any:
        """Runs a source; the value of its last statement, `none` if that has none.

        Keeps no graph if the program never asks for gradients, unless
        `keep_graph`. `watch` is told each outermost statement and its value.
        Raises GradlangError.
        """
        module = parse(source)
        resolution = resolve(module, self.scope, builtins.is_builtin, builtins.names)
        for d in resolution.diagnostics:
            if d.severity == "warning":
                warn(d)
        errors = [d for d in resolution.diagnostics if d.severity == "error"]
        if errors:
            raise GradlangError(errors)
        self._grow()
        STATE.recording = keep_graph or resolution.differentiates
        return self._execute(module, watch)

    def _grow(self) -> None:
        self.frame += [None] * (self.scope.size - len(self.frame))

    def _execute(self, module: tree.Module, watch: Callable[[tree.Stmt, Any], None] | None) -> Any:
        RUN.depth = 0
        value: Any = NONE
        span = Span(module.source, 0, 0)
        try:
            for node in module.body:
                span = node.span
                value = value_of(node)(self.frame)
                if watch is not None:
                    watch(node, value)
            return value
        except MemoryError:
            raise too_large(span) from None
        except RecursionError:
            raise GradlangError([Diagnostic("E0901", "calls are nested too deeply here", span)]) from None
        except (GradlangError, Stopped, BrokenPipeError):
            raise
        except Exception as error:
            raise internal_error(error, span) from error


def too_large(span: Span) -> GradlangError:
    help = "a graph that grows from step to step is the usual cause: `.item()` keeps a number without its history"
    return GradlangError([Diagnostic("E0902", "there is not enough memory for this", span, help=[help])])


def internal_error(error: Exception, span: Span) -> GradlangError:
    """A mistake of ours, told as such and at the statement that met it; the cause is chained for `--debug`."""
    help = ["this is a mistake in gradlang, not in the program: please report it", "`--debug` shows where it happened"]
    return GradlangError([Diagnostic("E0999", f"internal error ({type(error).__name__})", span, help=help)])


def folder_of(source: Source) -> str:
    """Where a source's relative paths start: its file's folder, or the current one."""
    return os.path.dirname(os.path.abspath(source.name)) if os.path.isfile(source.name) else os.getcwd()


def root_named(session: Session, name: str | None) -> Value | None:
    """The value whose graph is drawn: the named one, else the last backward's, else the one bound furthest down."""
    values = session.names()
    if name is not None:
        found = values.get(name)
        return tensor(found) if isinstance(found, Box | Value | List | tuple | range) else None
    if RUN.last_root is not None:
        return RUN.last_root
    numbers = [v for v in values.values() if isinstance(v, Value) and v.inputs and v.span is not None]
    return max(numbers, key=lambda v: v.span.end if v.span else 0, default=None)
