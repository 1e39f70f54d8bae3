"""The parameters of a builtin: one text, read once.

`"x, dim=none, keepdim=false"` becomes names and defaults. Everything after a
lone `*` can only be given by name. Defaults are plain Python: numbers, text,
True, False, None.
"""

from __future__ import annotations

from typing import Any, Final


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED: Final = _Required()
_WORDS: dict[str, Any] = {
    "()": (),
    "none": None,
    "true": True,
    "false": False,
    "inf": float("inf"),
    "-inf": float("-inf"),
    "nan": float("nan"),
}


def _default(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "\"'":
        return text[1:-1]
    number = float(text)
    return int(number) if number.is_integer() and "." not in text and "e" not in text else number


class Signature:
    """Names in order, their defaults, and how many of them may stand by position."""

    __slots__ = ("defaults", "names", "positional", "required", "text", "variadic")

    def __init__(self, text: str) -> None:
        self.text = text
        names: list[str] = []
        defaults: list[Any] = []
        positional: int | None = None
        self.variadic = False  # a first parameter written `*name` takes all positional arguments
        for part in text.split(", ") if text else []:
            if part == "*":
                positional = len(names)
                continue
            if part[0] == "*":
                self.variadic = True
                part = part[1:]
                positional = len(names) + 1
            name, equal, default = part.partition("=")
            names.append(name)
            defaults.append(_default(default) if equal else REQUIRED)
        self.names = tuple(names)
        self.defaults = tuple(defaults)
        self.required = sum(d is REQUIRED for d in defaults) - self.variadic
        self.positional = len(names) if positional is None else positional
