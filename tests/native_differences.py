"""One program by the interpreter and by a backend: everything that can be told apart afterwards.

Everything: what was printed, what names hold and their gradients, parameters,
the state of the generator, and all gradients once more after each number that
a name holds was differentiated, because a history that was cut where it must
not be shows only there.
"""

from __future__ import annotations

from typing import Any

import numpy

from gradlang.diagnostics import GradlangError
from gradlang.engine import autodiff, draws
from gradlang.engine.value import STATE, Box, Value
from gradlang.language.builtins.learning import boxes_of
from gradlang.language.runtime import RUN, running
from gradlang.language.values import List
from gradlang.session import Session
from gradlang.source import Source


class Ran:
    """What a program did and left."""

    def __init__(
        self, text: str, backend: str, folder: str = ".", interactive: bool = False, dtype: str = "float64"
    ) -> None:
        self.out: list[str] = []
        self.error = ""
        self.native = self.interpreted = 0
        self.loops: dict[Any, Any] = {}
        with running(folder, self.out.append, dtype=dtype), numpy.errstate(all="ignore"):
            RUN.backend = backend
            session = Session(interactive=interactive)
            try:
                session.run(Source(text, "program"), lambda d: None)
            except GradlangError as error:
                self.error = (
                    f"{error.diagnostics[0].code} {error.diagnostics[0].message} {error.diagnostics[0].span.start}"
                )
            assert STATE.recorder is None and not STATE.watchers
            if RUN.loops is not None:
                self.loops = RUN.loops.known
                self.interpreted = sum(heat.passes for heat in RUN.loops.heats.values() if heat.loop is not None)
                self.native = sum(loop.native for loop in self.loops.values())
            self.passes = sorted((node.span.start, count) for node, count in RUN.passes.items())
            self.names = dict(session.names())
            self.generator = draws.GENERATOR.state()
            self.state = state(self.names)
            self.afterwards: list[Any] = []
            for name, x in self.names.items():
                if isinstance(x, Value) and x.needs and x.shape == () and (x.inputs or x.op is None):
                    autodiff.backward(x)
                    self.afterwards.append((name, state(self.names)))

    def seen(self) -> dict[str, Any]:
        if self.error:
            return {"out": self.out, "error": self.error, "generator": self.generator}
        return {
            "out": self.out,
            "names": self.state,
            "generator": self.generator,
            "passes": self.passes,
            "afterwards": self.afterwards,
        }


def state(names: dict[str, Any]) -> dict[str, Any]:
    """Names, in exact texts: numbers, whether they need gradients, gradients, and the parameters behind them."""
    found: dict[str, Any] = {name: described(x) for name, x in names.items()}
    boxes = {id(box): box for x in names.values() if not isinstance(x, Value) for box in boxes_of(x)}
    found["parameters"] = [(box.name, exact(box.value.data), exact(box.grad), box.version) for box in boxes.values()]
    return found


def described(x: Any) -> Any:
    if isinstance(x, Value):
        return exact(x.data), x.needs, exact(getattr(x, "grad", None)), getattr(x, "name", "")
    if isinstance(x, List | tuple):
        return [described(i) for i in (x.items() if isinstance(x, List) else x)]
    if isinstance(x, Box):
        return exact(x.value.data), exact(x.grad)
    return x if isinstance(x, str | range) else type(x).__name__


def exact(data: Any) -> Any:
    if data is None or isinstance(data, float | bool):
        return repr(data)
    return data.shape, str(data.dtype), data.tobytes()


def differences(a: Ran, b: Ran) -> list[str]:
    """What two runs of a program do not have in common."""
    x, y = a.seen(), b.seen()
    found: list[str] = [
        f"{key}: {x.get(key)} / {y.get(key)}"[:300]
        for key in ("out", "error", "generator", "passes")
        if x.get(key) != y.get(key)
    ]
    if found or a.error:
        return found
    found += differing("name", a.state, b.state)
    for (name, one), (_, other) in zip(a.afterwards, b.afterwards, strict=False):
        if not found:
            found += differing(f"after backward({name}),", one, other)
    return found


def differing(what: str, a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    return [f"{what} {k}: {a.get(k)} / {b.get(k)}"[:400] for k in sorted(a.keys() | b.keys()) if a.get(k) != b.get(k)]
