"""Where builtins are found by name: operations of the table, functions in Python, definitions in gradlang.

Each builtin is written in one place and known nowhere else; help, completion
and the reference read the same `Builtin` objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...engine.ops import TABLE
from ...engine.table import Row
from ...engine.value import Value, apply, leaf
from ...faults import Fault
from ...signature import Signature
from ..iteration import iterate
from ..values import Builtin, List, host, kind, tensor

BUILTINS: dict[str, Any] = {}
NUMBER, DIMENSIONS = int | float, int | float | tuple | None  # what a setting may be; there may be several dimensions


def builtin(
    signature: str, group: str, doc: str, example: str = "", is_recorded: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers a Python function under its own name, without a trailing underscore; `is_recorded` as in `Builtin`."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__.rstrip("_")
        BUILTINS[name] = Builtin(name, Signature(signature), function, group, doc, example, None, is_recorded)
        return function

    return register


def from_row(row: Row) -> Builtin:
    """An operation of the table as a function: values first, then settings."""
    inputs, names = row.inputs, row.attribute_names

    def any_number(parts: list[Any], *settings: Any) -> Value:
        """`cat([x, y])` and `cat(x, y)` alike."""
        one = parts[0] if len(parts) == 1 else None
        listed = isinstance(one, tuple | List) or one.__class__ is Value and bool(one.shape)
        values = [tensor(x, 0) for x in (iterate(one) if listed else parts)]
        if not values:
            raise Fault("E0204", f"`{row.name}` needs something to join", f"`{row.name}([x, y])`")
        return apply(row, *values, attrs=attributes(row, settings))

    def values_first(*slots: Any) -> Value:
        values = [x if x.__class__ is Value else numeric(x, i) for i, x in enumerate(slots[:inputs])]
        attrs = attributes(row, slots[inputs:]) if names else None
        return apply(row, *values, attrs=attrs)

    function = any_number if inputs < 0 else values_first
    return Builtin(
        row.name, row.signature, function, row.group, row.doc, row.example, row if inputs > 0 else None, True
    )


def attributes(row: Row, given: Sequence[Any]) -> dict[str, Any]:
    """The settings of an operation as plain numbers. Raises Fault E0301 where one is of another kind."""
    attrs: dict[str, Any] = {}
    signature = row.signature
    for name, x in zip(row.attribute_names, given, strict=True):
        at = signature.names.index(name)
        setting = attrs[name] = host(x)
        if signature.defaults[at] is False:
            if not isinstance(setting, bool):
                raise Fault("E0301", f"`{name}` is true or false, and this is {kind(x)}")
        elif isinstance(setting, bool) or not isinstance(setting, DIMENSIONS if name[:3] == "dim" else NUMBER):
            raise Fault("E0301", f"`{name}` is a number, and this is {kind(x)}")
    return attrs


def numeric(x: Any, at: int) -> Value:
    """An argument, or a default from a signature, as a value."""
    return leaf(float(x)) if x.__class__ is float or x.__class__ is int else tensor(x, at)


def lookup(name: str) -> Any:
    """The builtin of a name, or None: a function, or a constant such as `pi`."""
    found = BUILTINS.get(name)
    if found is None:
        row = TABLE.get(name)
        if row is not None and not row.operator and row.group != "internal":
            found = BUILTINS[name] = from_row(row)
        else:
            from ..prelude import load

            found = load(name)
    return found


def names() -> list[str]:
    """Every builtin's name."""
    from ..prelude import names as prelude_names

    rows = [row.name for row in TABLE.values() if not row.operator and row.group != "internal"]
    return list(dict.fromkeys([*rows, *BUILTINS, *prelude_names()]))


def is_builtin(name: str) -> bool:
    if name in BUILTINS:
        return True
    row = TABLE.get(name)
    if row is not None:
        return not row.operator and row.group != "internal"
    from ..prelude import names as prelude_names

    return name in prelude_names()


for word, number in {"pi": 3.141592653589793, "inf": float("inf"), "nan": float("nan")}.items():
    BUILTINS[word] = leaf(number)
