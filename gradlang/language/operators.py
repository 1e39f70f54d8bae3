"""Operators at run time: closures that compute both sides and apply a row.

Owns what operators mean on things that are not numbers (text, lists), and the
special forms `and`, `or` and chained comparisons. The interpreter hands in
compiled operands; nothing here knows the tree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..engine.charges import copying, listing, spelling
from ..engine.ops import TABLE
from ..engine.table import Row
from ..engine.value import STATE, Value, apply, seen
from ..faults import Fault
from ..source import Span
from .explain import located
from .values import List, condition, kind, read, tensor, truth, whole

Frame = list[Any]
Code = Callable[[Frame], Any]

ROWS: dict[str, Row] = {row.symbol: row for row in TABLE.values() if row.operator and row.name != "neg"}
NEGATE = TABLE["neg"]


class Step(NamedTuple):
    """One step of a chain, ready to run."""

    row: Row
    operand: Code
    operand_span: Span
    op_span: Span
    span: Span  # from the chain's start to the operand's end


def chain(first: Code, first_span: Span, steps: list[Step]) -> Code:
    """`first op operand op operand …` as one loop, so that a long sum is not deep."""
    if len(steps) == 1:
        return binary(first, first_span, steps[0])

    def run(frame: Frame) -> Any:
        x = first(frame)
        for step in steps:
            y = step.operand(frame)
            x = operate(step, first_span, x, y)
        return x

    return run


def binary(left: Code, left_span: Span, step: Step) -> Code:
    row, right, _, _, span = step

    def run(frame: Frame) -> Any:
        x = left(frame)
        y = right(frame)
        if x.__class__ is not Value or y.__class__ is not Value:
            return operate(step, left_span, x, y)
        try:
            return apply(row, x, y, span=span)
        except Fault as fault:
            raise located(fault, span, [(left_span, x), (step.operand_span, y)]) from None

    return run


def operate(step: Step, left_span: Span, x: Any, y: Any) -> Any:
    """One operation on anything: numbers, or the few operators that text has."""
    try:
        if x.__class__ is Value and y.__class__ is Value:
            return apply(step.row, x, y, span=step.span)
        return mixed(step.row, x, y, step.span)
    except Fault as fault:
        raise located(fault, step.span, [(left_span, x), (step.operand_span, y)]) from None


def mixed(row: Row, x: Any, y: Any, span: Span) -> Any:
    symbol = row.symbol
    x, y = read(x), read(y)
    if symbol in ("==", "!="):
        return equality(row, x, y, span)
    if isinstance(x, str) and isinstance(y, str):
        spelling(len(x) + len(y) if symbol == "+" else min(len(x), len(y)), 1 if x.isascii() and y.isascii() else 4)
        if symbol == "+":
            return x + y
        if symbol in ("<", "<=", ">", ">="):
            return truth({"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[symbol])
    if symbol == "*" and isinstance(x, str) and isinstance(y, Value):
        times = whole(y, "how often text is repeated", 1)
        spelling(len(x) * max(times, 0), 1 if x.isascii() else 4)
        return x * times
    if isinstance(x, List) or isinstance(y, List):
        if symbol == "+":
            raise Fault("E0310", f"`+` adds numbers: {kind(x)} + {kind(y)}", "a list grows with `append(list, x)`")
        return apply(row, tensor(x, 0), tensor(y, 1), span=span)
    help = ['`f"{x}"` or `str(x)` makes text of a number'] if isinstance(x, str) != isinstance(y, str) else []
    raise Fault("E0301", f"`{symbol}` needs numbers on both sides: {kind(x)} {symbol} {kind(y)}", *help)


def equality(row: Row, x: Any, y: Any, span: Span) -> Value:
    """`==` and `!=` of any two things; things of different kinds are different."""
    if isinstance(x, List) and isinstance(y, Value | List) or isinstance(x, Value) and isinstance(y, List):
        return apply(row, tensor(x, 0), tensor(y, 1), span=span)
    if isinstance(x, tuple) and isinstance(y, tuple):
        listing(len(x), 16)  # parts may be one and the same: this may be more than what they are made of
        same = (
            x is y or len(x) == len(y) and all([all_equal(read(a), read(b), span) for a, b in zip(x, y, strict=True)])
        )
    else:
        if isinstance(x, str):
            copying(len(x))
        same = x is y or (isinstance(x, str | range) and x == y)
    return truth(same == (row.symbol == "=="))


def all_equal(x: Any, y: Any, span: Span) -> bool:
    """Whether two parts of tuples are equal in every element."""
    if isinstance(x, Value) and isinstance(y, Value):
        if x.shape != y.shape:
            return False
        out = apply(ROWS["=="], x, y, span=span)
        return condition(out if not out.shape else apply(TABLE["all"], out, attrs={"dim": None, "keepdim": False}))
    return (
        condition(equality(ROWS["=="], x, y, span)) if not isinstance(x, Value) and not isinstance(y, Value) else False
    )


def unary(row: Row, operand: Code, operand_span: Span, span: Span) -> Code:
    def run(frame: Frame) -> Any:
        x = operand(frame)
        try:
            return apply(row, x if x.__class__ is Value else tensor(x, 0), span=span)
        except Fault as fault:
            raise located(fault, span, [(operand_span, x)]) from None

    return run


def comparison(first: Code, first_span: Span, steps: list[Step]) -> Code:
    """`a < b <= c`: every neighbouring pair, element by element."""
    if len(steps) == 1:
        return binary(first, first_span, steps[0])

    def run(frame: Frame) -> Any:
        left, left_span = first(frame), first_span
        result: Any = None
        for step in steps:
            right = step.operand(frame)
            pair = operate(step, left_span, left, right)
            try:
                result = pair if result is None else apply(TABLE["and"], result, pair, span=step.span)
            except Fault as fault:
                raise located(fault, step.span) from None
            left, left_span = right, step.operand_span
        return result

    return run


def logical(op: str, operands: list[tuple[Code, Span]], span: Span) -> Code:
    """`and` and `or`: short-circuit on a single true/false, else element by element."""
    row = TABLE[op]
    decided_by = op == "or"

    def run(frame: Frame) -> Any:
        first, first_span = operands[0]
        x = truth_value(first(frame), op, first_span)
        for operand, operand_span in operands[1:]:
            if x.data.__class__ is bool and seen(x) is decided_by:
                return x
            y = truth_value(operand(frame), op, operand_span)
            try:
                x = apply(row, x, y, span=span)
            except Fault as fault:
                raise located(fault, span, [(first_span, x), (operand_span, y)]) from None
        return x

    return run


def truth_value(x: Any, op: str, span: Span) -> Value:
    """An operand of `and`, `or`, `not`: true/false or a tensor of them."""
    if x.__class__ is Value and (x.data.__class__ is bool or x.shape and x.data.dtype == bool):
        return x
    help = "compare it, for instance `x != 0`" if x.__class__ is Value else ""
    fault = Fault("E0302", f"`{op}` needs true or false, and this is {kind(x)}", *([help] if help else []))
    raise located(fault, span)


def negation(operand: Code, operand_span: Span, span: Span) -> Code:
    row = TABLE["not"]
    return lambda frame: apply(row, truth_value(operand(frame), "not", operand_span), span=span)


def recording_off(row: Row, x: Value, y: Value) -> Value:
    """The operation without a graph: what updates of parameters compute."""
    before, STATE.recording = STATE.recording, False
    try:
        return apply(row, x, y)
    finally:
        STATE.recording = before
