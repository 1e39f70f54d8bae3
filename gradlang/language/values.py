"""The kinds of things a program can hold besides numbers, and the ways between them.

Numbers and tensors are the engine's `Value`. Here are lists, functions,
builtins, ranges, modules and `none`; what each is called in messages; and the
few conversions the language makes: a list of numbers where a tensor is wanted,
a number where a whole number is, a condition.

`none` is an object of its own because Python's None means "no signal" in the
interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from ..engine.charges import copying, listing
from ..engine.ops import TABLE
from ..engine.table import arrays
from ..engine.value import STATE, Box, Value, apply, leaf, seen, shape_text
from ..faults import Fault
from ..signature import Signature

if TYPE_CHECKING:
    from ..engine.table import Row
    from ..source import Span
    from .scopes import Scope


class NoneKind:
    """The type of `none`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "none"


NONE: Final = NoneKind()
FARTHEST = 10**18  # that a range goes: its length is asked for, and Python knows of none much above


class List:
    """An immutable list whose buffer may be shared with longer lists grown from it.

    `append` writes behind its own end when nobody has yet, so building a list
    in a loop is linear.
    """

    __slots__ = ("buffer", "length")

    def __init__(self, items: list[Any], length: int | None = None) -> None:
        self.buffer = items
        self.length = len(items) if length is None else length

    def append(self, item: Any) -> List:
        buffer = self.buffer
        if len(buffer) != self.length:
            copying(self.length)
            buffer = buffer[: self.length]
        buffer.append(item)
        return List(buffer, self.length + 1)

    def items(self) -> list[Any]:
        if STATE.recorder is not None:
            STATE.recorder.listed(self)
        if len(self.buffer) == self.length:
            return self.buffer
        copying(self.length)
        return self.buffer[: self.length]

    def __len__(self) -> int:
        if STATE.recorder is not None:
            STATE.recorder.listed(self)
        return self.length


class Function:
    """A function of the program: its compiled body and the frame it closes over."""

    __slots__ = ("arity", "body", "defaults", "doc", "frame", "name", "names", "scope", "size", "span")

    def __init__(
        self, name: str, names: tuple[str, ...], defaults: tuple[Any, ...], span: Span, scope: Scope, doc: str
    ) -> None:
        self.name = name
        self.names = names
        self.arity = len(names)
        self.defaults = defaults  # of the last parameters
        self.span = span
        self.scope = scope
        self.doc = doc
        self.size = scope.size
        self.frame: list[Any] = []
        self.body: Callable[[list[Any]], Any]


class Builtin:
    """A function of the language itself.

    `function` is called with the arguments in order, missing ones filled from
    the signature; `none` arrives as Python's None where it means "not given", boxes as their values.
    `row` is set when it is no more than an operation of the table. A pass of a loop that calls it can be recorded
    (`native`) if `is_recorded`: it computes by `apply` alone, looks at numbers by `seen`, and does nothing else.
    """

    __slots__ = ("doc", "example", "function", "group", "is_recorded", "name", "row", "signature")

    def __init__(
        self,
        name: str,
        signature: Signature,
        function: Callable[..., Any],
        group: str = "",
        doc: str = "",
        example: str = "",
        row: Row | None = None,
        is_recorded: bool = False,
    ) -> None:
        self.name = name
        self.signature = signature
        self.function = function
        self.group = group
        self.doc = doc
        self.example = example
        self.row = row
        self.is_recorded = is_recorded


class Model:
    """Something with parameters that is called on a tensor, such as `mlp(…)`."""

    __slots__ = ("boxes", "forward", "text")

    def __init__(self, text: str, boxes: Sequence[Box], forward: Callable[[Value], Value]) -> None:
        self.text = text  # how it is printed
        self.boxes = list(boxes)
        self.forward = forward


class Module:
    """An imported file: its names, read-only."""

    __slots__ = ("frame", "name", "scope")

    def __init__(self, name: str, scope: Scope, frame: list[Any]) -> None:
        self.name = name
        self.scope = scope
        self.frame = frame


class Batches:
    """Rows of tensors in batches, shuffled anew in each pass."""

    __slots__ = ("size", "tensors")

    def __init__(self, tensors: list[Value], size: int) -> None:
        self.tensors = tensors
        self.size = size

    def __len__(self) -> int:
        return -(-self.tensors[0].shape[0] // self.size)


class Checkpointed:
    """What a loop goes over that saves, into the file `name`, every so many passes."""

    __slots__ = ("every", "name", "steps")

    def __init__(self, steps: Any, name: str, every: int) -> None:
        self.steps = steps
        self.name = name
        self.every = every


def kind(x: Any) -> str:
    """What a message calls a value: `a number`, `a tensor of shape [2, 3]`, `text`."""
    if isinstance(x, Value):
        if isinstance(x.data, bool):
            return "true/false"
        return f"a tensor of shape {shape_text(x.shape)}" if x.shape else "a number"
    if isinstance(x, Box):
        return "a parameter"
    if isinstance(x, Function | Builtin):
        return f"the function `{x.name}`" if x.name else "a function"
    if isinstance(x, Module):
        return f"the imported file `{x.name}`"
    word = KINDS.get(x.__class__)
    return word or (f"the optimiser `{x.name}`" if hasattr(x, "settings") else "a value")


KINDS: dict[type, str] = {
    str: "text", List: "a list", tuple: "a tuple", range: "a range", Model: "a model", Batches: "batches",
    Checkpointed: "something for a loop that saves", NoneKind: "`none`",
}  # fmt: skip


def read(x: Any) -> Any:
    """What reading gives: a box's current value, anything else itself."""
    return x.value if x.__class__ is Box else x


# ── numbers ──────────────────────────────────────────────────────────────────


def constant(x: Any) -> Value:
    """Host data as a value without history: numbers, true/false, nested tuples or arrays of them."""
    if x.__class__ is float or x.__class__ is bool:
        return leaf(x)
    if x.__class__ is int:
        return leaf(float(x))
    return leaf(arrays.array(x))


TRUE: Final = leaf(True)
FALSE: Final = leaf(False)


def truth(x: bool) -> Value:
    return TRUE if x else FALSE


def tensor(x: Any, at: int | None = None) -> Value:
    """A value for something numeric: a list of numbers is stacked. Raises Fault E0301."""
    if x.__class__ is Value:
        return x
    if x.__class__ is Box:
        return x.value
    if isinstance(x, List | tuple | range):
        return stacked(sequence(x), at)
    raise Fault("E0301", f"numbers are needed here, and this is {kind(x)}", at=at)


def stacked(items: Sequence[Any], at: int | None = None) -> Value:
    """A tensor of equal-shaped numbers, nested lists included (their depth is what the program nested)."""
    if not items:
        return constant(())
    values = [tensor(x, at) for x in items]
    shapes = {v.shape for v in values}
    if len(shapes) > 1:
        raise ragged([v.shape for v in values])
    return apply(TABLE["stack"], *values, attrs={"dim": 0})


def ragged(shapes: list[tuple[int, ...]]) -> Fault:
    distinct = list(dict.fromkeys(shapes))
    return Fault(
        "E0307",
        "these rows do not have one shape: "
        + ", ".join(shape_text(s) for s in distinct[:4])
        + (", …" if len(distinct) > 4 else ""),
        "rows of a tensor are equally long; pad the short ones, or keep a list of tuples",
    )


def collect(items: list[Any], rows: bool = False) -> Any:
    """What `[ … ]` makes: a tensor of numbers and equal-shape tensors, else a list.

    `rows` says that the items were themselves written as `[ … ]`; then unequal
    lengths are a mistake, not a list.
    """
    shape = None
    for x in items:
        if x.__class__ is not Value:
            return List(items)
        if shape is None:
            shape = x.shape
        elif x.shape != shape:
            if rows:
                raise ragged([x.shape for x in items if x.__class__ is Value])
            return List(items)
    return List(items) if shape is None else apply(TABLE["stack"], *items, attrs={"dim": 0})


def whole(x: Any, what: str, at: int | None = None) -> int:
    """A whole number on the host. Raises Fault E0301 or E0407."""
    if x.__class__ is int:
        return x
    data = seen(x) if x.__class__ is Value else x
    if data.__class__ is not float:
        if data.__class__ is Value or not hasattr(data, "shape") or data.size != 1:
            raise Fault("E0301", f"{what} is a whole number, and this is {kind(x)}", at=at)
        data = float(data.reshape(()))
    if data != data or data in (float("inf"), float("-inf")) or data != int(data):
        from ..engine.printing import show

        raise Fault(
            "E0407",
            f"{what} is a whole number, and this is {show(data)}",
            "round it with `round(x)` or `floor(x)`",
            at=at,
        )
    return int(data)


def real(x: Any, what: str, at: int | None = None) -> float:
    """One number on the host. Raises Fault E0301."""
    data = host(x)
    if not isinstance(data, int | float):
        raise Fault("E0301", f"{what} is a number, and this is {kind(x)}", at=at)
    return float(data)


def host(x: Any) -> Any:
    """An argument as plain Python, for builtins' settings: numbers, tuples of numbers, text, True, None."""
    if x.__class__ is Value:
        data = seen(x)
        if x.shape:
            listing(data.size)
        if data.__class__ is float:
            return int(data) if data == data and abs(data) < 2**53 and data == int(data) else data
        return data if data.__class__ is bool else tuple([host(constant(d)) for d in data.tolist()])
    if x.__class__ is Box:
        return host(x.value)
    if x is NONE:
        return None
    if isinstance(x, List | tuple | range):
        listing(len(x))  # parts may be one and the same: then this is longer than what it is made of
        return tuple([host(item) for item in sequence(x)])  # a list: generators nest on the C stack
    return x


def condition(x: Any) -> bool:
    """Exactly one true or false. Raises Fault E0302."""
    if x.__class__ is Value:
        data = seen(x)
        if data.__class__ is bool:
            return data
        if data.__class__ is float:
            raise Fault(
                "E0302", "a condition is true or false, and this is a number", "compare it, for instance `x != 0`"
            )
        if data.dtype == bool and data.size == 1:
            return bool(data.reshape(()))
        raise Fault(
            "E0302",
            f"a condition is one true or false, and this is {kind(x)}",
            "`.all()` asks whether every element is true, `.any()` whether one is; `where(c, a, b)` chooses by element",
        )
    raise Fault("E0302", f"a condition is true or false, and this is {kind(x)}")


# ── sequences ────────────────────────────────────────────────────────────────


def sequence(x: Any) -> Sequence[Any]:
    """The items of something listed on the host: lists, tuples, ranges."""
    if x.__class__ is range:
        listing(len(x))
        return [leaf(float(i)) for i in x]
    items: Sequence[Any] = x.items() if x.__class__ is List else x
    return items
