"""The table's operations in JavaScript, so that a page can compute a graph of numbers anew.

Owns the translation: a row's own rules are run on symbols that write down what
is done to them, so a new row needs nothing here. The functions that rules call
(`exp`, `div`, ...) are in the page's `numbers.js`, under the names of `scalars`.

Invariants: what is written computes, on numbers, what the rule computes on
numbers, in the same order; nothing of a program gets into it.

Why `choose` besides `where`: formulas hang on the choices that a rule itself
makes (relu's slope is 1 where x > 0), so a page must be able to see them; those
that are made inside other rows, which formulas leave whole, stay unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ... import scalars
from ...engine.ops import METHODS, TABLE
from ...engine.table import Row
from ...engine.value import Shape

SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "eq": "===", "ne": "!==", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
SPECIAL = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}


class Symbol:
    """A number of a function that is being written, or a truth."""

    __slots__ = ("is_truth", "name", "writing")

    def __init__(self, writing: Writing, name: str, is_truth: bool = False) -> None:
        self.writing = writing
        self.name = name
        self.is_truth = is_truth

    @property
    def shape(self) -> Shape:
        return ()

    @property
    def dtype(self) -> type:
        """What rules ask to tell truths from numbers."""
        return bool if self.is_truth else float

    def __eq__(self, other: object) -> Any:
        return operation(self.writing, "eq", self, other)

    def __ne__(self, other: object) -> Any:
        return operation(self.writing, "ne", self, other)

    __hash__ = None  # type: ignore[assignment]


class Writing:
    """The statements of one function, which are also its namespace of rules."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 0  # how many rows are being opened inside others

    def put(self, expression: str, is_truth: bool = False) -> Symbol:
        name = f"t{len(self.lines)}"
        self.lines.append(f"const {name} = {expression};")
        return Symbol(self, name, is_truth)

    def where(self, condition: Any, x: Any, y: Any) -> Symbol:
        choice = "choose" if not self.depth else "where"
        return self.put(f"{choice}({text_of(condition)}, {text_of(x)}, {text_of(y)})")

    def __getattr__(self, name: str) -> Callable[..., Symbol]:
        """A function of `scalars`, or else the row of that name, opened."""
        if hasattr(scalars, name):
            return lambda *inputs: self.put(f"{name}({', '.join(map(text_of, inputs))})")
        row = TABLE.get(name)
        if row is None or not row.elementwise:
            raise AttributeError(name)
        return lambda *inputs: self.opened(row, inputs)

    def opened(self, row: Row, inputs: tuple[Any, ...]) -> Symbol:
        self.depth += 1
        out: Symbol = row.eval(self, *inputs)
        self.depth -= 1
        return out


def text_of(x: Any) -> str:
    """A symbol, or a number that a rule wrote."""
    if x.__class__ is Symbol:
        return str(x.name)
    text = repr(float(x))
    return SPECIAL.get(text, f"({text})" if text.startswith("-") else text)


def operation(writing: Writing, name: str, x: Any, y: Any = None) -> Symbol:
    """What an operator of Python does: JavaScript has most of them, too."""
    if name == "neg":
        return writing.put(f"-{text_of(x)}")
    if name in SYMBOLS:
        return writing.put(f"{text_of(x)} {SYMBOLS[name]} {text_of(y)}", name in ("eq", "ne", "lt", "le", "gt", "ge"))
    out: Symbol = getattr(writing, name)(x, y)
    return out


def attach(method: str, name: str) -> None:
    """`Symbol.__add__` and `Symbol.__radd__` from the row `add`."""
    setattr(Symbol, f"__{method}__", lambda *inputs: operation(inputs[0].writing, name, *inputs))
    setattr(Symbol, f"__r{method}__", lambda y, x: operation(y.writing, name, x, y))


for method, name in METHODS.items():
    attach(method, name)


def can_be_written(row: Row) -> bool:
    """Whether an operation works on numbers and has a gradient: others are no operations of a graph of numbers."""
    return row.elementwise and isinstance(row.vjp, tuple)


def function_text(rule: Callable[..., Any], parameters: Iterable[str], truths: Iterable[str] = ()) -> str:
    """A rule as a function of JavaScript."""
    names, are_truths = list(parameters), set(truths)
    writing = Writing()
    out = rule(writing, *[Symbol(writing, name, name in are_truths) for name in names])
    return f"({', '.join(names)}) => {{ {' '.join([*writing.lines, f'return {text_of(out)};'])} }}"


def row_text(row: Row) -> str:
    """A row as an object: `value` of its inputs, and in `slopes` for each input what comes to its gradient."""
    inputs = [f"x{i}" for i in range(row.inputs)]
    truths = [x for x, name in zip(inputs, row.signature.names, strict=False) if name == "condition"]
    rules = row.vjp if isinstance(row.vjp, tuple) else ()
    slopes = [
        "null" if rule is None else function_text(rule, ["g", "out", *inputs], truths)
        for rule in [*rules, *[None] * (row.inputs - len(rules))]
    ]
    value = function_text(row.eval, inputs, truths)
    return f"{{ numeric: {str(row.numeric).lower()}, value: {value},\n    slopes: [{', '.join(slopes)}] }}"


def operations_text(rows: Iterable[Row]) -> str:
    """Rows by name, as an object."""
    entries = [f"  {row.name}: {row_text(row)}" for row in rows]
    return "{\n" + ",\n".join(entries) + "\n}"
