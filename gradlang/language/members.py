"""What stands behind a dot: the members of values, parameters, modules and optimisers.

A member comes before a function of the same name: `x.f(y)` is `f(x, y)` only
where `x` has no `f` of its own. Reading gives values, never boxes; storing is
for parameters (`w.data`) and optimisers' settings alone.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ..engine.autodiff import gradient_of
from ..engine.charges import making
from ..engine.ops import TABLE
from ..engine.table import number, plain
from ..engine.value import OLD, STATE, Box, Value, again, apply, changing, effect
from ..faults import Fault
from ..shapes import size_of
from ..signature import Signature
from .runtime import RUN
from .values import Builtin, Module, constant, kind, real, tensor

VALUE_MEMBERS = ("data", "grad", "shape", "ndim", "T")
MISSING = object()


def member(x: Any, name: str) -> Any:
    """The member `name` of `x` (which may be a box), or MISSING. Raises Fault."""
    if x.__class__ is Box:
        if name == "grad":
            return gradient_of_box(x)
        x = x.value
    if x.__class__ is Value:
        return value_member(x, name)
    if x.__class__ is Module:
        variable = x.scope.variables.get(name)
        cell = None if variable is None else x.frame[variable.slot]
        return MISSING if cell is None else cell.value if cell.__class__ is Box else cell
    if hasattr(x, "settings"):
        if name == "step":
            return Builtin("step", Signature(""), partial(stepped, x), is_recorded=True)
        if STATE.recorder is not None:
            STATE.recorder.relies_on(x)
        return constant(getattr(x, name)) if name in x.settings else MISSING
    return MISSING


def value_member(x: Value, name: str) -> Any:
    match name:
        case "data":
            if RUN.health is not None:
                RUN.health.cut(x, x.span)
            return again(x, span=x.span)
        case "grad":
            return gradient_of_value(x)
        case "shape":
            return tuple([constant(n) for n in x.shape])
        case "ndim":
            return constant(len(x.shape))
        case "T":
            return x if len(x.shape) < 2 else apply(TABLE["transpose"], x, attrs={"dim0": -2, "dim1": -1})
    return MISSING


def gradient_of_box(box: Box) -> Value:
    if box.grad is None:
        raise Fault("E0501", "this parameter has no gradient yet: no backward has reached it", *how_to_reach(True))
    if box.spent == OLD and RUN.health is not None:
        RUN.health.used_old(box)
    return gradient_of(box)


def gradient_of_value(x: Value) -> Value:
    grad = getattr(x, "grad", None)
    if grad is None:
        if x.op.__class__ is Box:
            return gradient_of_box(x.op)
        why = "no backward has reached it" if x.needs else "it is a constant, which gradients do not flow to"
        raise Fault("E0501", f"this value has no gradient: {why}", *how_to_reach(x.needs))
    if RUN.health is not None:
        RUN.health.read(x)
    return gradient_of(x)


def how_to_reach(needs: bool) -> tuple[str, ...]:
    if needs:
        return ("call `backward(y)` first, with a `y` that is computed from it",)
    return ("bind it to a name before it is used: `x = …`, then `y = f(x)`, `backward(y)`, `x.grad`",)


def stepped(optimiser: Any) -> None:
    """`optimiser.step()`."""
    if RUN.health is not None:
        RUN.health.steps(optimiser)
    optimiser.step()


def store_member(x: Any, name: str, value: Any) -> None:
    """`w.data = …` and `optimiser.lr = …`. Raises Fault."""
    if x.__class__ is Box and name == "data":
        store(x, tensor(value))
        x.spent = OLD if x.spent == OLD else ""  # the next step by the same gradient is another try
    elif hasattr(x, "settings") and name in x.settings:
        effect("an optimiser's setting is changed")
        changing(x)
        setattr(x, name, real(value, f"`{name}`"))
    elif hasattr(x, "settings"):
        raise no_member(x, name)
    elif x.__class__ is Value or x.__class__ is Box:
        raise Fault(
            "E0304",
            f"`.{name}` of {kind(x)} cannot be set",
            "only a parameter can be changed in place (`param w = …`, then `w.data = …` or `w -= …`)"
            if x.__class__ is Value
            else "`zero_grad(w)` sets a gradient to zero; `w.data = …` changes the numbers",
        )
    elif x.__class__ is Module:
        raise Fault(
            "E0309",
            f"the names of {kind(x)} are read-only",
            "change them in that file, or keep a copy under a name here",
        )
    else:
        raise Fault("E0304", f"{kind(x)} has nothing that could be set as `.{name}`")


def store(box: Box, value: Value) -> None:
    """New numbers for a parameter."""
    data = value.data
    if data.__class__ is float or data.__class__ is not bool and data.dtype != bool:
        box.put(value)
    else:
        effect("true and false are stored as numbers")
        making(size_of(value.shape))
        box.store(plain(number(data)))


def no_member(x: Any, name: str) -> Fault:
    """Nothing stands behind this dot, neither a member nor a function."""
    from ..diagnostics.foreign import LIBRARIES
    from ..diagnostics.suggest import akin, foreign

    if name in LIBRARIES:
        return Fault("E0206", f"{kind(x)} has no `{name}`", "leave it out: values are numbers already")
    hint = foreign(name)
    near = akin(name, names_of(x))
    if hint is not None:
        help = hint.text
    elif near:
        help = "did you mean " + " or ".join(f"`.{n}`" for n in near) + "?"
    else:
        help = f"its members: {', '.join(f'`.{n}`' for n in members_of(x))}" if members_of(x) else ""
    return Fault("E0206", f"{kind(x)} has no `{name}`", *([help] if help else []))


def members_of(x: Any) -> list[str]:
    if x.__class__ is Module:
        return list(x.scope.variables)
    if hasattr(x, "settings"):
        return ["step", *x.settings]
    return list(VALUE_MEMBERS) if isinstance(x, Value | Box) else []


def names_of(x: Any) -> list[str]:
    from .builtins import names

    return [*members_of(x), *names()] if x.__class__ is not Module else members_of(x)
