"""Anything a program can hold, as text: for `print`, for `repr`, and inside f-strings.

Numbers are written by `engine.printing`. Lists may nest as deep as a program
built them, so they are written with a stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.charges import listing, spelling
from ..engine.printing import exact, show
from ..engine.value import STATE, Data, Value
from ..faults import Fault
from .values import Batches, Builtin, Function, List, Model, Module, kind, read


def text(x: Any) -> str:
    """What `print` writes: text as it is, numbers with four digits."""
    return x if x.__class__ is str else written(x, show)


def exact_text(x: Any) -> str:
    """What `repr` writes: all digits, text in quotes."""
    return written(x, exact)


def written(x: Any, numbers: Callable[[Data], str]) -> str:
    out: list[str] = []
    stack: list[Any] = [x]
    length = 0
    while stack:
        part = stack.pop()
        if part.__class__ is Raw:
            out.append(part)
        elif isinstance(part, List | tuple):
            items = part.items() if part.__class__ is List else part
            listing(len(items))
            stack.extend(reversed(parts_of(items, part.__class__ is List)))
        else:
            out.append(simple(read(part), numbers))
            length += len(out[-1])
            if STATE.budget is not None:  # parts may be one and the same: the text is longer than what it is made of
                STATE.budget.check_text(length)
    return joined("", out)


def joined(separator: str, texts: list[str]) -> str:
    """Texts one behind the other. Raises Fault where that is too long."""
    if STATE.budget is not None:
        length = sum(map(len, texts)) + len(separator) * max(0, len(texts) - 1)
        spelling(length, 1 if all(map(str.isascii, texts)) else 4)
    return separator.join(texts)


class Raw(str):
    """Text that is written as it stands: brackets, commas, and what stands for things left out."""


def parts_of(items: Any, brackets: bool) -> list[Any]:
    parts: list[Any] = [Raw("[" if brackets else "(")]
    for i, item in enumerate(items):
        if i:
            parts.append(Raw(", "))
        parts.append(item)
    parts.append(Raw("]" if brackets else ",)" if len(items) == 1 else ")"))
    return parts


def simple(x: Any, numbers: Callable[[Data], str]) -> str:
    """Something without parts."""
    match x:
        case Value():
            return numbers(written_out(x))
        case str():
            return quoted(x)
        case range():
            bounds = f"{x.start}, {x.stop}" if x.start or x.step != 1 else f"{x.stop}"
            return f"range({bounds}, {x.step})" if x.step != 1 else f"range({bounds})"
        case Function():
            parameters = ", ".join(x.names)
            return f"{x.name}({parameters})" if x.name else f"({parameters}) -> …"
        case Builtin():
            return f"{x.name}({x.signature.text})"
        case Model():
            return x.text
        case Module():
            return f"the file {x.name}.grad"
        case Batches():
            return f"{len(x)} batches of {x.size}"
    return getattr(x, "text", None) or kind(x).strip("`")


def written_out(x: Value) -> Data:
    """The numbers of a value, for text: what varies from pass to pass of a recorded loop has none."""
    if STATE.recorder is not None:
        STATE.recorder.written(x)
    return x.data


def quoted(x: str) -> str:
    """Text as a literal of the language."""
    spelling(len(x), 100)
    escaped = x.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + "".join([c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in escaped]) + '"'


def formatted(x: Any, spec: str) -> str:
    """`{x:spec}`: Python's and C's formats for numbers (`.3f`, `8.2e`, `5d`, `+.1%`, `>10`)."""
    x = read(x)
    if not spec:
        return text(x)
    try:
        if STATE.budget is not None:
            spelling(widest(spec), 4)
        if x.__class__ is Value and x.data.__class__ is float:
            data = written_out(x)
            if spec[-1] in "dxbo" and data == data and abs(data) < 2**63:
                if data != int(data):
                    raise Fault(
                        "E0109",
                        f"`{spec[-1]}` writes whole numbers, and this is {show(data)}",
                        "`.2f` writes digits after the point",
                    )
                return format(int(data), spec)
            if spec[-1] in "fFeEgGn%" or "." in spec:
                return format(data, spec)
            if not spec[-1].isalpha():  # a width or a sign alone: digits as they are printed
                return format(int(data), spec) if show(data).lstrip("-").isdigit() else format(data, spec + ".4f")
        return format(text(x), spec)
    except ValueError:
        raise Fault(
            "E0109",
            f"`{spec}` is no format for {kind(x)}",
            "numbers: `.3f`, `8.2e`, `5d`; anything: `>10`, `<10`, `^10`",
        ) from None


def widest(spec: str) -> int:
    """The largest number in a format: how wide the text may become. Raises ValueError where no text is so wide."""
    digits = "".join([c if c.isdecimal() else " " for c in spec]).split()
    return max(map(int, digits), default=0)


def is_shown(x: Any) -> bool:
    """Whether the value of an expression is worth showing: `none` is not."""
    return not (x is None or kind(x) == "`none`")
