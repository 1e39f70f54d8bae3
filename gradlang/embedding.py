"""gradlang inside Python: run a program on arrays, get values, gradients and parameters back.

No output but the program's own; every failure of a program is a `GradlangError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .diagnostics import Diagnostic, GradlangError, placed
from .engine.limits import Limits
from .engine.table import arrays, plain
from .engine.value import Box, Value, leaf
from .faults import Fault
from .language.deadline import Deadline
from .language.runtime import running
from .language.values import FALSE, NONE, TRUE, List
from .reach import folders_of
from .session import Session, folder_of
from .source import Source, Span
from .strictness import judged
from .whole_file import read_text, within_length


class Result:
    """What a program left behind.

    values       every name it bound: floats, bools, arrays, text, tuples, lists; functions stay opaque
    gradients    per name, the gradient the last backward gave it
    parameters   the numbers of every `param` of the outermost scope, by name
    value        what the last line was worth, or None
    warnings     diagnostics that did not stop it
    """

    def __init__(self, names: Mapping[str, Any], value: Any, warnings: list[Diagnostic]) -> None:
        self.values = {n: to_python(x) for n, x in names.items()}
        self.gradients = {n: g for n, x in names.items() if (g := gradient_of(x)) is not None}
        self.parameters = {n: x.value.data for n, x in names.items() if isinstance(x, Box)}
        self.value = to_python(value)
        self.warnings = warnings

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def gradient_of(x: Any) -> Any:
    return x.grad if isinstance(x, Box) else getattr(x, "grad", None) if isinstance(x, Value) else None


def to_python(x: Any, known: dict[int, Any] | None = None) -> Any:
    """Numbers as floats and arrays, `none` as None, lists and tuples item by item; the rest as it is.

    What is one thing in the program is one afterwards: a tuple of twice itself, many times over, takes no more room.
    """
    if isinstance(x, Box):
        x = x.value
    if isinstance(x, Value):
        return x.data
    if isinstance(x, List | tuple):
        known = {} if known is None else known
        if id(x) not in known:
            parts = [to_python(i, known) for i in (x if isinstance(x, tuple) else x.items())]
            known[id(x)] = parts if isinstance(x, List) else tuple(parts)
        return known[id(x)]
    return None if x is NONE else x


def from_python(name: str, x: Any) -> Any:
    """A name's value: numbers and arrays as leaves of that name, text and None as they are.

    Raises TypeError for anything a program could not hold; that is the caller's mistake, not the program's.
    """
    if x is None or isinstance(x, str):
        return NONE if x is None else x
    if isinstance(x, bool):
        return TRUE if x else FALSE
    data: Any
    if isinstance(x, int | float):
        data = float(x)
    else:
        try:
            data = plain(arrays.array(x))
        except (TypeError, ValueError):
            raise TypeError(
                f"{name}: a program holds numbers, arrays of numbers and text, not {type(x).__name__}"
            ) from None
    value = leaf(data, data.__class__ is float or data.__class__ is not bool and data.dtype != bool)
    value.name = name
    return value


def run(
    source: str,
    *,
    seed: int = 0,
    dtype: str = "float64",
    output: Callable[[str], Any] | None = None,
    filename: str = "<gradlang>",
    folders: Sequence[str] = (),
    limits: Limits | None = None,
    strict: bool = False,
    **inputs: Any,
) -> Result:
    """Runs a program in which the names of `inputs` stand for the given numbers, arrays or text.

    `output` takes what the program prints (standard output by default); `seed`
    starts its random numbers; `dtype` is "float64" or "float32". The program
    uses files below the folder of `filename` (text that is no file: the current
    one) and those below `folders`. `limits` are what it may take (see
    `Limits`; `SANDBOX` is a choice): this process counts for it, so `seconds`
    end a loop, but not one long step in the engine. If `strict`, a warning of
    the run is an error. Runs of several threads wait for each other; one in an
    `output` is a run of its own. Raises GradlangError, and what `output` raises.
    """
    import numpy

    if dtype not in ("float64", "float32") or seed != int(seed) or not 0 <= seed <= 2**53:
        raise ValueError('dtype is "float64" or "float32", seed a whole number from 0 to 2**53')
    warnings: list[Diagnostic] = []
    hear = judged(warnings.append, strict)
    with placed_in(filename):
        within_length(source, None if limits is None else limits.source)
    text = Source(source, filename)
    folder = folder_of(text)
    reach = folders_of(folder, folders)
    with (
        callers_own_errors(output) as write,
        running(folder, write, hear, dtype, folders=reach, limits=limits),
        Deadline(None if limits is None else limits.seconds),
        numpy.errstate(all="ignore"),
    ):
        session = Session(seed)
        for name, x in inputs.items():
            session.define(name, from_python(name, x))
        value = session.run(text, hear, keep_graph=True)
        return Result(session.names(), value, warnings)


def run_file(path: str, *, limits: Limits | None = None, **options: Any) -> Result:
    """Runs a file; options and inputs as in `run`."""
    with placed_in(path):
        text = read_text(path, None if limits is None else limits.source)
    return run(text, filename=path, limits=limits, **options)


class _Raised(BaseException):
    """What the caller's own function raised: no failure of the program, so nothing in the run may take it for one."""


@contextmanager
def callers_own_errors(output: Callable[[str], Any] | None) -> Iterator[Callable[[str], Any] | None]:
    """`output`, for a run inside; what it raises ends the run and comes out as it is."""

    def write(text: str) -> None:
        assert output is not None
        try:
            output(text)
        except Exception as error:
            raise _Raised from error

    try:
        yield None if output is None else write
    except _Raised as raised:
        assert raised.__cause__ is not None
        raise raised.__cause__ from None


@contextmanager
def placed_in(name: str) -> Iterator[None]:
    """A fault of a program's text as a whole is reported at its name."""
    try:
        yield
    except Fault as fault:
        raise GradlangError([placed(fault, Span(Source("", name), 0, 0))]) from None
