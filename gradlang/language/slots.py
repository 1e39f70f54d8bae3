"""Names at run time: reading the slots of frames, and binding into them.

Where a name's slot is, the resolver has decided. Reading gives a box's value;
only loops and `held` see boxes. An empty slot holds Python's None.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..diagnostics import GradlangError
from ..engine.table import Row
from ..engine.value import STATE, Box, Value, again
from ..faults import Fault
from ..syntax import tree
from . import builtins
from .explain import located
from .iteration import unpack
from .operators import Code, Frame
from .runtime import failure
from .scopes import Binding, Variable
from .values import read

Put = Callable[[Frame, Any], None]  # stores a value in a target


def constant_code(x: Any) -> Code:
    return lambda frame: x


def reading(node: tree.Name) -> Code:
    """Reading a name: a slot some frames out, or a builtin."""
    binding: Binding = node.binding
    if binding.variable is None:
        assert binding.builtin is not None
        return constant_code(builtins.lookup(binding.builtin))
    slot, depth = binding.variable.slot, binding.depth
    if depth == 0:

        def local(frame: Frame) -> Any:
            x = frame[slot]
            if x.__class__ is Box:
                return x.value
            if x is None:
                raise unbound(node, binding.variable)
            return x

        return local
    if depth == 1:

        def outer(frame: Frame) -> Any:
            x = frame[0][slot]
            if x.__class__ is Box:
                return x.value
            if x is None:
                raise unbound(node, binding.variable)
            return x

        return outer
    holder = held(node)
    return lambda frame: read(holder(frame))


def held(node: tree.Name) -> Code:
    """What stands in the slot of a program's name, a box included."""
    slot, depth = node.binding.variable.slot, node.binding.depth

    def run(frame: Frame) -> Any:
        for _ in range(depth):
            frame = frame[0]
        x = frame[slot]
        if x is None:
            raise unbound(node, node.binding.variable)
        return x

    return run


def unbound(node: tree.Name, variable: Variable | None) -> GradlangError:
    scope = variable.scope.parent if variable is not None else None
    while scope is not None:
        if node.id in scope.variables:
            from .mistaken_names import rebinding

            return GradlangError([rebinding(node, scope.variables[node.id])])
        scope = scope.parent
    help = f"the line that binds `{node.id}` has not run yet"
    return failure("E0202", f"`{node.id}` has no value yet", node.span, help)


def named(x: Any, name: str) -> Any:
    """What binding does to a value: it remembers its first name, and a number becomes a leaf of that name."""
    if x.__class__ is Value:
        if x.needs:
            if not hasattr(x, "name"):
                x.name = name
        elif STATE.recording and x.data.__class__ is not bool and (x.data.__class__ is float or x.data.dtype != bool):
            cut = x.op  # an operation without a gradient is remembered: backward from here explains itself with it
            x = again(x, True, x.span)
            x.name = name
            if cut.__class__ is Row and cut.vjp is None:
                x.op = cut
        elif x.data.__class__ is not bool and x.data.__class__ is not float and not hasattr(x, "name"):
            x.name = name  # for messages about shapes
    return x


def binding_to(node: tree.Name) -> Put:
    """How an assignment stores in a name."""
    variable, checked = node.binding.variable, node.binding.checked
    slot, name = variable.slot, variable.name

    def put(frame: Frame, x: Any) -> None:
        if checked and frame[slot].__class__ is Box:
            raise loop_parameter_assigned(node)
        frame[slot] = named(x, name)

    return put


def loop_parameter_assigned(node: tree.Name) -> GradlangError:
    return failure(
        "E0303",
        f"`{node.id}` stands for a parameter here: `{node.id} = …` would leave the parameter as it is",
        node.span,
        f"to move it, write `{node.id} -= …` or `{node.id}.data = …`",
        "for a value of its own, choose another name",
    )


def loop_targets(targets: list[tree.Name]) -> Any:
    """How a loop binds its names; a box stays a box, so that it can be updated."""
    if len(targets) == 1:
        slot, name = targets[0].binding.variable.slot, targets[0].id

        def put(frame: Frame, item: Any, naming: bool) -> None:
            frame[slot] = named(item, name) if naming else item

        return put
    slots = [(t.binding.variable.slot, t.id) for t in targets]
    span = targets[0].span.to(targets[-1].span)

    def put_all(frame: Frame, item: Any, naming: bool) -> None:
        try:
            parts = unpack(item, len(slots))
        except Fault as fault:
            raise located(fault, span) from None
        for (slot, name), part in zip(slots, parts, strict=True):
            frame[slot] = named(part, name) if naming else part

    return put_all
