"""What ran the passes of each loop, and what kept it from machine code: `--profile`, `--show-tape` and `:time`.

Owns the words for it: passes are interpreted, replayed (by tape, with NumPy)
or native (by tape, as machine code). Reads what the run knows of its loops
(`RUN.loops`), and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .language.runtime import RUN
from .source import PRELUDE

if TYPE_CHECKING:
    from .language.patience import Heat
    from .source import Span

LONGEST = 60  # columns of a line of the program


def loop_lines() -> Iterator[str]:
    """A few lines for each loop of the run, in the order of the program."""
    heats = [] if RUN.loops is None else sorted(RUN.loops.everything.items(), key=lambda pair: place(pair[0].span))
    for node, heat in heats:
        if node.span.source.name != PRELUDE:
            yield from described(node, heat)


def tape_lines() -> Iterator[str]:
    """Every tape of the run."""
    if RUN.loops is None:
        return
    from .native.tape import lines

    for node, loop in sorted(RUN.loops.known.items(), key=lambda pair: place(pair[0].span)):
        for i, compiled in enumerate(loop.tapes, 1):
            yield f"{where(node.span)}: tape {i} of {len(loop.tapes)}"
            for line in lines(compiled.main_kernel):
                yield f"    {line}"


def described(node: Any, heat: Heat) -> Iterator[str]:
    loop = heat.loop
    yield f"{where(node.span)}: {excerpt(node.span)}"
    if heat.is_inner and (loop is None or not loop.native and not loop.refused):
        yield "    a part of the loop around it"
        return
    total = RUN.passes.get(node, 0)  # known of loops outside of functions
    if loop is None:
        yield counted("interpreted", max(total, heat.passes), heat.pace)
        yield "    too short to be worth more"
        return
    yield counted("interpreted", max(total - loop.native, heat.passes), heat.pace)
    native = loop.native - loop.replayed
    if loop.replayed:
        yield counted("replayed", loop.replayed, loop.replayed_seconds / loop.replayed)
    if native:
        yield counted("native", native, loop.native_seconds / native)
    for compiled in loop.tapes:
        if compiled.code is not None:
            yield f"    {compiled.code.origin} in {duration(compiled.compile_seconds)}"
        elif problem := getattr(compiled.main, "problem", ""):
            yield f"    not native: {problem}"
    yield from reasons(loop)


def reasons(loop: Any) -> Iterator[str]:
    """What kept passes from going by tape, the last word first."""
    if loop.refused:
        yield f"    stays interpreted: {loop.refused}{at(loop.refused_at)}"
    told = {loop.refused}
    for why, span in loop.notes:
        if why not in told:
            told.add(why)
            yield f"    interpreted now and then: {why}{at(span)}"


def counted(what: str, passes: int, pace: float) -> str:
    each = f", {duration(pace)} each" if passes and pace else ""
    return f"    {what:<11} {passes:>11,} passes{each}"


def at(span: Span | None) -> str:
    return "" if span is None else f" ({where(span)}: {excerpt(span)})"


def where(span: Span) -> str:
    return f"line {place(span)[1]}" if span.source.name.startswith("<") else f"{span.source.name}:{place(span)[1]}"


def place(span: Span) -> tuple[str, int]:
    return span.source.name, span.line


def excerpt(span: Span) -> str:
    first = span.text.split("\n")[0]
    return first if len(first) <= LONGEST else first[: LONGEST - 1] + "…"


def duration(seconds: float) -> str:
    """A time in three digits, in the unit that suits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
