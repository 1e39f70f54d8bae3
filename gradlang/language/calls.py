"""Calling things: functions of the program, builtins, models.

Owns how arguments meet parameters, and the depth of calls. Everything that
calls a function of the program goes through `call`, builtins included.

Invariant: between one call of the program and the next lie only plain Python
calls of known arity. Python runs those without its C stack, so recursion is
bounded by `CALL_DEPTH_LIMIT` and not by the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..diagnostics import GradlangError, Label
from ..engine.origins import Call, within
from ..engine.value import STATE, Box, Value
from ..faults import Fault
from ..signature import REQUIRED, Signature
from ..source import Span
from .runtime import CALL_DEPTH_LIMIT, RUN, failure, interrupted
from .values import NONE, Builtin, Function, Model, kind, tensor

NO_NAMES: dict[str, Any] = {}


def call(function: Any, arguments: list[Any], named: dict[str, Any] = NO_NAMES, span: Span | None = None) -> Any:
    """Calls anything callable. Raises Fault when it cannot be called so."""
    cls = function.__class__
    if cls is Function:
        if len(arguments) != function.arity or named:
            arguments = arguments_for(function, arguments, named)
        return enter(function, arguments, span)
    if cls is Builtin:
        return invoke(function, arguments, named, span)
    if cls is Model:
        if len(arguments) != 1 or named:
            raise Fault("E0204", f"a model is called on one tensor, not on {len(arguments) + len(named)} arguments")
        return within("model", function.text, span, function.forward, tensor(arguments[0], 0))
    help = ""
    if cls is Value:
        help = "a missing operator? write `*` to multiply"
        if function.shape:
            help = "an element is written in brackets, `x[0]` or `x[0, 1]`; a product with `*`"
    raise Fault("E0203", f"{kind(function)} cannot be called", *([help] if help else []))


def enter(function: Function, arguments: list[Any], span: Span | None) -> Any:
    """Runs a function of the program on a new frame."""
    frame = [function.frame, *arguments]
    missing = function.size - len(frame)
    if missing:
        frame += [None] * missing
    RUN.depth += 1
    if RUN.depth > RUN.depth_limit:
        raise too_deep(function, span)
    if RUN.stop:
        interrupted(span or function.span)
    outer = STATE.call
    if outer is not None:
        STATE.call = Call("function", function.name, span, function.span, outer)
    try:
        result = function.body(frame)
    except GradlangError as error:
        called_from(error, function, span)
        raise
    RUN.depth -= 1
    STATE.call = outer
    return NONE if result is None else result


def too_deep(function: Function, span: Span | None) -> GradlangError:
    return failure(
        "E0901",
        f"`{function.name or 'this function'}` calls itself too deeply: {RUN.depth_limit:,} calls are open",
        span or function.span,
        "does the recursion reach its end? a loop has no such limit",
        *(["`--limit-depth` allows more"] if RUN.depth_limit < CALL_DEPTH_LIMIT else []),
    )


def called_from(error: GradlangError, function: Function, span: Span | None) -> None:
    """Says where the failing function was called, for the innermost few calls."""
    labels = error.diagnostics[0].labels
    seen = [label.span for label in labels if label.text.startswith("in this call")]
    if span is not None and len(seen) < 3 and span not in seen:
        labels.append(Label(span, f"in this call of `{function.name}`" if function.name else "in this call"))


def arguments_for(function: Function, arguments: list[Any], named: dict[str, Any]) -> list[Any]:
    """The arguments of a program's function in order, names and defaults filled in."""
    slots = place(function.name, function.names, function.arity, arguments, named)
    first_default = function.arity - len(function.defaults)
    for i, x in enumerate(slots):
        if x is REQUIRED:
            if i < first_default:
                raise missing_argument(function.name, function.names, slots, first_default)
            slots[i] = function.defaults[i - first_default]
    return slots


def place(name: str, names: Sequence[str], positional: int, arguments: list[Any], named: dict[str, Any]) -> list[Any]:
    """Puts arguments into the slots of their parameters; REQUIRED marks the empty ones."""
    if len(arguments) > positional:
        takes = f"{positional} argument{'s' if positional != 1 else ''}" if positional else "no arguments"
        by_name = [n for n in names[positional:]]
        help = [f"these are given by name: {', '.join(f'`{n}=…`' for n in by_name)}"] if by_name else []
        if name in ("max", "min"):
            help.insert(0, f"`{name}imum(x, y)` compares two values element by element")
        elif not by_name and name:
            help = [f"it is called as `{name}({', '.join(names)})`"]
        raise Fault("E0204", f"`{name}` takes {takes} by position, and {len(arguments)} are given", *help)
    slots = [*arguments, *[REQUIRED] * (len(names) - len(arguments))]
    for word, x in named.items():
        key = "dim" if word == "axis" and "axis" not in names and "dim" in names else word
        if key not in names:
            raise unknown_argument(name, key, names, list(named).index(word) - len(named))
        i = names.index(key)
        if slots[i] is not REQUIRED:
            raise Fault("E0208", f"`{key}` is given twice", "once by position and once by name; drop one")
        slots[i] = x
    return slots


def unknown_argument(name: str, word: str, names: Sequence[str], at: int) -> Fault:
    from ..diagnostics.foreign import ARGUMENTS, NO_ARGUMENT
    from ..diagnostics.suggest import akin
    from .builtins import is_builtin

    near = [ARGUMENTS[word]] if ARGUMENTS.get(word) in names else akin(word, names)
    if word in NO_ARGUMENT and is_builtin(name):
        help = NO_ARGUMENT[word]
    elif near:
        help = f"did you mean `{near[0]}`?"
    else:
        help = "its arguments: " + (", ".join(f"`{n}`" for n in names) if names else "none")
    return Fault("E0205", f"`{name}` has no argument `{word}`", help, at=at)


def missing_argument(name: str, names: Sequence[str], slots: Sequence[Any], required: int) -> Fault:
    missing = [f"`{n}`" for n, x in zip(names[:required], slots, strict=False) if x is REQUIRED]
    call = f"{name or 'f'}({', '.join(names)})"
    return Fault(
        "E0204",
        f"{'this function' if not name else f'`{name}`'} needs {' and '.join(missing)}",
        f"it is called as `{call}`",
    )


def invoke(builtin: Builtin, arguments: list[Any], named: dict[str, Any], span: Span | None) -> Any:
    """Calls a builtin with its parameters filled in."""
    signature = builtin.signature
    if STATE.recorder is not None and not builtin.is_recorded:
        STATE.recorder.ends(f"`{builtin.name}` is called", span)
    if signature.variadic:
        slots = [[NONE if x is None else x for x in arguments], *place(builtin.name, signature.names[1:], 0, [], named)]
    elif len(arguments) == len(signature.names) and not named and signature.positional == len(arguments):
        slots = arguments
    else:
        slots = place(builtin.name, signature.names, signature.positional, arguments, named)
    for i, x in enumerate(slots):
        if x is REQUIRED:
            if signature.defaults[i] is REQUIRED:
                raise missing_argument(builtin.name, required_names(signature), slots, signature.required)
            slots[i] = signature.defaults[i]
        elif x is NONE and signature.defaults[i] is None:
            slots[i] = None
        elif x.__class__ is Box:
            slots[i] = x.value
    RUN.calling = span
    out = direct(builtin.function, slots)
    if out.__class__ is Value:
        if span is not None and out.span is None and out.data.__class__ is not bool:  # true and false are shared
            out.span = span
        return out
    return NONE if out is None else out


def required_names(signature: Signature) -> list[str]:
    return [n for n, d in zip(signature.names, signature.defaults, strict=True) if d is REQUIRED]


def direct(function: Callable[..., Any], a: Sequence[Any]) -> Any:
    """`function(*a)` without the star: a starred call would take C stack at each level of recursion."""
    match len(a):
        case 0:
            return function()
        case 1:
            return function(a[0])
        case 2:
            return function(a[0], a[1])
        case 3:
            return function(a[0], a[1], a[2])
        case 4:
            return function(a[0], a[1], a[2], a[3])
    return function(*a)
