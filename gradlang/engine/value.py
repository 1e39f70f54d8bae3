"""Values, boxes, and the one function through which everything is computed.

Owns `Value` (a node of the graph), `Box` (a parameter) and `apply`; `STATE`.
Knows rows only as things with `eval`, `shape` and `vjp`; the table itself is in
`ops`.

Invariants: a value never changes once made, except that backward stores its
gradient and binding stores its name; `inputs` is empty unless `needs`; a
scalar's data is a Python float or bool, anything else is a NumPy array; values
form no cycles, so a graph is freed when its last name goes.

Why no `__init__`: `apply` is the hot path of every interpreted program, and
plain stores into slots cost a quarter of what a constructor does. Only `apply`
and `leaf` make values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..faults import Fault

if TYPE_CHECKING:
    from ..source import Span
    from .budget import Budget
    from .origins import Call
    from .table import Row

Data = Any  # float, bool, or numpy.ndarray
Shape = tuple[int, ...]


class Value:
    """A number or tensor, and where it came from.

    data    float, bool or array         op      Row, Box (a parameter's leaf) or None
    inputs  values it was computed from  attrs   the operation's attributes, or None
    needs   whether gradients flow here  span    where the program made it
    grad    set by backward: raw data    name    set by the first name it was bound to
    mark    stamp of the last traversal               origin  the call that made it, where that is kept (`origins`)
    """

    __slots__ = ("attrs", "data", "grad", "inputs", "mark", "name", "needs", "op", "origin", "span")

    data: Data
    op: Row | Box | None
    inputs: tuple[Value, ...]
    attrs: dict[str, Any] | None
    span: Span | None
    needs: bool
    mark: object
    grad: Data
    name: str
    origin: tuple[Call, int]

    @property
    def shape(self) -> Shape:
        data = self.data
        return () if data.__class__ is float or data.__class__ is bool else data.shape

    # Operators serve the gradient rules in the table, which are written once
    # for raw data and for values. They are attached in `ops`, from the rows.


OLD = "old"  # see Box


class Box:
    """A parameter: a named cell whose leaf value is replaced at every update.

    An update makes a new leaf without inputs, so history is dropped by
    construction. `grad` is the last gradient (raw data), or None when no
    backward has reached the box; `spent` says what has become of it: "+" or "-"
    once an update has stepped by it, OLD where it is that of earlier numbers,
    else "". `version` counts updates. `call` is the one that made it, where
    calls are kept.
    """

    __slots__ = ("call", "grad", "name", "span", "spent", "value", "version")

    def __init__(self, data: Data, name: str, span: Span | None = None) -> None:
        effect("a parameter is made")
        self.name = name
        self.span = span
        self.call = STATE.call
        self.grad: Data = None
        self.spent = ""
        self.version = -1
        self.value: Value
        self.store(data)

    def store(self, data: Data) -> None:
        """Puts new numbers into the box; their shape must be the box's."""
        if self.version >= 0 and shape_of(data) != self.value.shape:
            raise Fault(
                "E0403",
                f"a parameter keeps its shape: cannot store {shape_text(shape_of(data))} "
                f"in one of shape {shape_text(self.value.shape)}",
                "reduce or reshape the new numbers first, or declare a new `param`",
            )
        value = leaf(data, True, self.span)
        value.op = self
        value.name = self.name
        if self.version >= 0:
            changing(self)
        self.value = value
        self.version += 1

    def put(self, x: Value) -> None:
        """Stores the numbers of a value."""
        self.store(x.data)
        if STATE.recorder is not None:
            STATE.recorder.stored(self, x)

    def state(self) -> Any:
        return self.value, self.grad, self.version, self.spent

    def restore(self, state: Any) -> None:
        self.value, self.grad, self.version, self.spent = state


class State:
    """What is true of the running program; one instance, `STATE`."""

    __slots__ = (
        "budget", "call", "dtype", "is_pictured", "journal", "own_process", "recorder", "recording", "watchers",
    )  # fmt: skip

    def __init__(self) -> None:
        # Whether NumPy's remarks on IEEE results may be switched off for good when it loads (the command line);
        # inside somebody else's Python they are switched off for each run instead.
        self.own_process = False
        self.recording = True  # whether apply keeps inputs
        self.watchers: tuple[Callable[[Value, tuple[Value, ...]], None], ...] = ()
        # What follows one pass of a loop, while it does (`native.recorder`). It is told of everything that does not
        # pass through `apply`: see `again`, `seen`, `effect` and `Box.put`, and gradients.
        self.recorder: Any = None
        self.dtype = "float64"
        self.call: Call | None = None  # the innermost that is open, where calls are kept (`origins`)
        # Whether the graph will be drawn, so that the past of a value may be looked at which no program can reach.
        self.is_pictured = False
        self.budget: Budget | None = None  # what the run may still take, where that is limited (`budget`)
        # What changed in place since it was set up, with the state before: a session that can roll back reads it.
        self.journal: dict[Any, Any] | None = None


STATE = State()


def changing(cell: Any) -> None:
    """Said before something is changed in place (a parameter, an optimiser's setting): it may be rolled back."""
    journal = STATE.journal
    if journal is not None and cell not in journal:
        journal[cell] = cell.state()


@contextmanager
def recording(on: bool) -> Iterator[None]:
    """Switches the graph on or off for a while."""
    before, STATE.recording = STATE.recording, on
    try:
        yield
    finally:
        STATE.recording = before


def shape_of(data: Data) -> Shape:
    """The shape of raw data or of a value."""
    return () if data.__class__ is float or data.__class__ is bool else tuple(data.shape)


def shape_text(shape: Shape) -> str:
    """`[2, 3]`; a scalar is `a number`."""
    return "[" + ", ".join(map(str, shape)) + "]" if shape else "a number"


def leaf(data: Data, needs: bool = False, span: Span | None = None) -> Value:
    """A value without history; `needs` makes it one that gradients reach."""
    v = Value()
    v.data = data
    v.op = None
    v.inputs = ()
    v.attrs = None
    v.span = span
    v.needs = needs
    v.mark = None
    return v


def again(x: Value, needs: bool = False, span: Span | None = None) -> Value:
    """The same numbers as a value of its own, without history."""
    v = leaf(x.data, needs, span)
    if STATE.recorder is not None:
        STATE.recorder.same(v, x)
    return v


def seen(x: Value) -> Data:
    """The numbers behind a value, looked at by the host because they decide what happens next.

    Nothing but this and `apply` may look: a number that is used unseen would be taken for one that never changes.
    """
    if STATE.recorder is not None:
        STATE.recorder.forced(x)
    return x.data


def effect(what: str) -> None:
    """Said before something that a recorded pass cannot repeat."""
    if STATE.recorder is not None:
        STATE.recorder.ends(what)


def apply(row: Row, *inputs: Value, span: Span | None = None, attrs: dict[str, Any] | None = None) -> Value:
    """Applies one operation: computes its data and remembers where it came from.

    Raises Fault when shapes or kinds do not fit.
    """
    if attrs is None and len(inputs) == 2:
        x, y = inputs
        a = x.data
        b = y.data
        if a.__class__ is float and b.__class__ is float:
            out = row.on_floats(a, b)
        else:
            if STATE.budget is not None:
                STATE.budget.computes(row, (a, b), None)
            out = row.evaluate((a, b), None)
        needs = x.needs or y.needs
    elif attrs is None and len(inputs) == 1:
        (x,) = inputs
        a = x.data
        if a.__class__ is float:
            out = row.on_floats(a)
        else:
            if STATE.budget is not None:
                STATE.budget.computes(row, (a,), None)
            out = row.evaluate((a,), None)
        needs = x.needs
    else:
        data = [v.data for v in inputs]
        if STATE.budget is not None:
            STATE.budget.computes(row, data, attrs)
        out = row.evaluate(data, attrs)
        needs = False
        for v in inputs:
            if v.needs:
                needs = True
                break
    v = Value()
    v.data = out
    v.op = row
    v.attrs = attrs
    v.span = span
    v.mark = None
    if needs and row.vjp is not None and STATE.recording:
        v.inputs = inputs
        v.needs = True
    else:
        v.inputs = ()
        v.needs = False
    if STATE.watchers:
        for watch in STATE.watchers:
            watch(v, inputs)
    return v
