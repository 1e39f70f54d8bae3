"""`x += e` for a name: a parameter gets new numbers, anything else a new value.

The interpreter hands in compiled parts: the operand, what the name holds, and the name's new value. Steps along a
gradient are told to whoever watches over the run's numbers (`health`).
"""

from __future__ import annotations

from ..diagnostics import GradlangError
from ..engine.value import Box, Value
from ..faults import Fault
from ..syntax import tree
from .explain import located
from .members import store
from .operators import ROWS, Code, Frame, recording_off
from .runtime import RUN
from .slots import named
from .values import tensor


def update_of_name(node: tree.Update, where: tree.Name, value: Code, holder: Code, changed: Code) -> Code:
    depth, slot, name = where.binding.depth, where.binding.variable.slot, where.id
    row, sign, is_step = ROWS[node.op], node.op, node.op in "+-" and reads_gradient(node.value, name)

    def run(frame: Frame) -> None:
        box = holder(frame)
        if box.__class__ is Box:
            y = value(frame)
            try:
                store(box, recording_off(row, box.value, tensor(y)))
                if is_step:
                    before, box.spent = box.spent, sign
                    if before == sign and RUN.health is not None:  # a search for a good length goes back in between
                        RUN.health.spent_again(box, node.span)
            except Fault as fault:
                raise located(fault, node.op_span, [(where.span, box), (node.value.span, y)]) from None
        elif depth:
            from .mistaken_names import rebinding

            raise GradlangError([rebinding(where, where.binding.variable)])
        else:
            if is_step and RUN.health is not None and box.__class__ is Value and box.op.__class__ is Box:
                RUN.health.moves_nothing(name, box.op, node.span)
            frame[slot] = named(changed(frame), name)

    return run


def reads_gradient(node: tree.Node, name: str) -> bool:
    """Whether an expression reads the gradient of what a name stands for."""
    stack = [node]
    while stack:
        part = stack.pop()
        match part:
            case tree.Attribute(value=tree.Name(id=word), name="grad") if word == name:
                return True
        stack += tree.parts(part)
    return False
