"""How values, operations and numbers are called in what is said of them."""

from __future__ import annotations

from ...engine.nonfinite import element, first_bad, largest
from ...engine.printing import show
from ...engine.table import Row
from ...engine.value import Data, Value
from ...source import Span

MANY = "these numbers"
LONGEST = 40  # characters of the program that are repeated in a remark


def subject(root: Value) -> str:
    name = getattr(root, "name", "")
    return f"`{name}`" if name else "what is differentiated"


def bad(data: Data) -> str:
    """`nan`, `inf` or `-inf`: the first that raw data holds."""
    index = first_bad(data)
    return show(float(data[index] if index else data))


def place_in(data: Data) -> str:
    index = first_bad(data)
    return f" at index {list(index)}" if index else ""


def called(v: Value, span: Span | None) -> str:
    """An operation as the program writes it; inside of a builtin written in gradlang, with that."""
    assert isinstance(v.op, Row)
    word = f"`{v.op.symbol}`"
    if span is not None and v.span is not span:
        outer = span.text.partition("(")[0]
        return f"{word} inside `{outer}`" if outer.isidentifier() else word
    return word


def calculation(v: Value) -> str:
    """`log(0) = -inf at index [2]`; where an operation takes many numbers at once, how large they are."""
    row, index = v.op, first_bad(v.data)
    assert isinstance(row, Row)
    taken = operands(v, index)
    if taken == MANY:
        return f"of numbers up to {show(max([largest(x.data) for x in v.inputs]))}{place_in(v.data)}"
    result = show(float(v.data[index] if index else v.data))
    is_infix = row.operator and len(v.inputs) == 2
    return f"{taken if is_infix else f'{row.symbol}({taken})'} = {result}{place_in(v.data)}"


def operands(v: Value, index: tuple[int, ...]) -> str:
    """`1 / 0` or `0`: what an operation takes for the result at an index."""
    row = v.op
    assert isinstance(row, Row)
    numbers = [element(x.data, index) for x in v.inputs]
    texts = [show(n) for n in numbers if n is not None]
    if not row.elementwise or len(texts) < len(numbers):
        return MANY
    if row.operator and len(texts) == 2:
        right = f"({texts[1]})" if texts[1].startswith("-") else texts[1]
        return f"{texts[0]} {row.symbol} {right}"
    return ", ".join(texts)


def operand(x: Value) -> str:
    name = getattr(x, "name", "")
    if name:
        return f"`{name}`"
    text = x.span.text if x.span is not None else ""
    return f"`{text}`" if 0 < len(text) <= LONGEST and "\n" not in text else "a number of the program"
