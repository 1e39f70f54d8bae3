"""IEEE arithmetic on Python floats: what NumPy computes, without NumPy.

Python raises where IEEE has an answer (`1/0`, `log(0)`, `exp(1000)`); these
functions give the answer. They bear the names of the operations, so that a
rule of the table can be run on numbers and on arrays alike.

Invariant: floats in, a float out, never an exception; special values come out
bit for bit as NumPy's, others to the last digits of the C library.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

_INF = math.inf
_NAN = math.nan

abs = math.fabs
erfc = math.erfc
tanh = math.tanh


def div(x: float, y: float) -> float:
    try:
        return x / y
    except ZeroDivisionError:
        if x == 0.0 or x != x:
            return _NAN
        return math.copysign(_INF, x) * math.copysign(1.0, y)


def floordiv(x: float, y: float) -> float:
    try:
        return x // y
    except ZeroDivisionError:
        return div(x, y)


def mod(x: float, y: float) -> float:
    try:
        return x % y
    except ZeroDivisionError:
        return _NAN


def pow(x: float, y: float) -> float:
    try:
        return math.pow(x, y)
    except OverflowError:
        return -_INF if x < 0.0 and _odd(y) else _INF
    except ValueError:  # 0 to a negative power, or a fractional power of a negative number
        if x != 0.0:
            return _NAN
        return math.copysign(_INF, x) if _odd(y) else _INF


def _odd(y: float) -> bool:
    return builtins.abs(y % 2.0) == 1.0


def exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return _INF


def log(x: float) -> float:
    if x > 0.0:
        return math.log(x)
    return -_INF if x == 0.0 else _NAN


def log1p(x: float) -> float:
    if x > -1.0:
        return math.log1p(x)
    return -_INF if x == -1.0 else _NAN


def sqrt(x: float) -> float:
    return math.sqrt(x) if x >= 0.0 else _NAN


def sin(x: float) -> float:
    return math.sin(x) if x - x == 0.0 else _NAN


def cos(x: float) -> float:
    return math.cos(x) if x - x == 0.0 else _NAN


def tan(x: float) -> float:
    return math.tan(x) if x - x == 0.0 else _NAN


def sign(x: float) -> float:
    if x > 0.0:
        return 1.0
    if x < 0.0:
        return -1.0
    return 0.0 if x == 0.0 else x


def floor(x: float) -> float:
    if x == 0.0 or x - x != 0.0:  # keeps the sign of zero; infinities and nan have no whole part
        return x
    return float(math.floor(x))


def round(x: float) -> float:
    """To the nearest whole number, halves to the even one."""
    if x - x != 0.0:
        return x
    return math.copysign(float(builtins.round(x)), x)


def minimum(x: float, y: float) -> float:
    return x if x <= y or x != x else y


def maximum(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def where(condition: bool, x: Any, y: Any) -> Any:
    """x or y; a number if either is one."""
    out = x if condition else y
    return out if x.__class__ is y.__class__ else float(out)
