"""Compiles the tree, once, to nested Python closures, and runs them.

A piece of code is a function of a frame, a list of slots whose element 0 is
the enclosing frame. Expressions return what they are worth; statements return
None, or a signal: BREAK, CONTINUE, or the value of a `return`. Signals travel
by value because an exception costs seven times as much.

Why closures: they cost 100 to 160 ns of dispatch an operation, a `match` that
runs costs 440 and more, and generated Python source dies of deep nesting. The
`match` statements below run once a program, not once an operation.
"""

from __future__ import annotations

from typing import Any, assert_never

from ..engine.charges import making
from ..engine.table import number, plain, single
from ..engine.value import STATE, Box, Value, leaf, seen
from ..faults import Fault
from ..shapes import size_of
from ..source import Span
from ..syntax import tree
from ..syntax.tree import Expr, Stmt
from .call_sites import attribute, function_call, method_call
from .display import formatted, joined
from .explain import located
from .items import BREAK, CONTINUE
from .iteration import unpack
from .lists import comprehension, list_display
from .loop_sites import for_loop, while_loop
from .members import store_member
from .operators import NEGATE, ROWS, Code, Frame, Step, chain, comparison, logical, negation, unary
from .runtime import RUN, interrupted
from .slots import Put, binding_to, constant_code, held, loop_parameter_assigned, reading
from .subscripts import SliceCode, subscript
from .updates import update_of_name
from .values import FALSE, NONE, TRUE, Function, condition, read, tensor

# ── statements ───────────────────────────────────────────────────────────────


def statement(node: Stmt, tail: bool = False) -> Code:
    """Compiles a statement. In `tail` position, the end of a function, its value is returned."""
    return compiled(node, tail) if RUN.watch is None else RUN.watch(node, tail)


def compiled(node: Stmt, tail: bool) -> Code:
    match node:
        case tree.Assign():
            return assign(node)
        case tree.Update():
            return update(node)
        case tree.Define():
            return define(node)
        case tree.Param():
            return param(node)
        case tree.For():
            return for_loop(node, expression(node.iterable), block(node.body.body))
        case tree.While():
            return while_loop(node, test(node.condition), block(node.body.body))
        case tree.Return(value=result):
            return constant_code(NONE) if result is None else expression(result)
        case tree.Break():
            return lambda frame: BREAK
        case tree.Continue():
            return lambda frame: CONTINUE
        case tree.Import():
            return import_file(node)
        case tree.If():
            return if_statement(node, tail)
        case tree.Block(body=body):
            return block(body, tail)
        case _:
            value = expression(node)
            return value if tail else discard(value)


def discard(value: Code) -> Code:
    def run(frame: Frame) -> None:
        value(frame)

    return run


def block(body: list[Stmt], tail: bool = False) -> Code:
    """Statements in order, until one hands out a signal."""
    codes = [statement(s, tail and i == len(body) - 1) for i, s in enumerate(body)]
    if len(codes) == 1:
        return codes[0]
    steps = list(zip(body, codes, strict=True))

    def run(frame: Frame) -> Any:
        for node, code in steps:
            if RUN.stop:
                interrupted(node.span, before=node if frame[0] is None else None)
            signal = code(frame)
            if signal is not None:
                return signal
        return None

    return run


def if_statement(node: tree.If, tail: bool) -> Code:
    branches = [(test(c), block(b.body, tail)) for c, b in node.branches]
    otherwise = block(node.otherwise.body, tail) if node.otherwise is not None else None

    def run(frame: Frame) -> Any:
        for holds, body in branches:
            if holds(frame):
                return body(frame)
        return otherwise(frame) if otherwise is not None else None

    return run


def test(node: Expr) -> Code:
    """A condition: Python's True or False."""
    value = expression(node)

    def run(frame: Frame) -> bool:
        x = value(frame)
        if x.__class__ is Value and x.data.__class__ is bool:
            return seen(x) if STATE.recorder is not None else x.data
        try:
            return condition(x)
        except Fault as fault:
            raise located(fault, node.span) from None

    return run


def assign(node: tree.Assign) -> Code:
    value = expression(node.value)
    if len(node.targets) == 1:
        put = target(node.targets[0])
        return lambda frame: put(frame, value(frame))
    puts = [target(t) for t in node.targets]
    span = node.targets[0].span.to(node.targets[-1].span)

    def run(frame: Frame) -> None:
        try:
            parts = unpack(value(frame), len(puts))
        except Fault as fault:
            raise located(fault, span) from None
        for put, part in zip(puts, parts, strict=True):
            put(frame, read(part))

    return run


def target(node: tree.Name | tree.Attribute) -> Put:
    """How to store in a target."""
    return attribute_target(node) if isinstance(node, tree.Attribute) else binding_to(node)


def attribute_target(node: tree.Attribute) -> Any:
    owner = cell(node.value)

    def put(frame: Frame, x: Any) -> None:
        where = owner(frame)
        try:
            store_member(where, node.name, x)
        except Fault as fault:
            raise located(fault, node.span) from None

    return put


def update(node: tree.Update) -> Code:
    """`x += e`: stores into a parameter, rebinds anything else."""
    value, where = expression(node.value), node.target
    step = Step(ROWS[node.op], value, node.value.span, node.op_span, node.span)
    changed = chain(expression(where), where.span, [step])
    if isinstance(where, tree.Name):
        return update_of_name(node, where, value, cell(where), changed)
    put = attribute_target(where)
    return lambda frame: put(frame, changed(frame))


def define(node: tree.Define) -> Code:
    make = function(node, node.name.id, node.doc)
    slot = node.name.binding.variable.slot
    checked = node.name.binding.checked

    def run(frame: Frame) -> None:
        if checked and frame[slot].__class__ is Box:
            raise loop_parameter_assigned(node.name)
        frame[slot] = make(frame)

    return run


def param(node: tree.Param) -> Code:
    value, name, slot = expression(node.value), node.name.id, node.name.binding.variable.slot

    def run(frame: Frame) -> None:
        x = value(frame)
        try:
            numbers = tensor(x)
            making(size_of(numbers.shape))
            frame[slot] = Box(plain(number(numbers.data)), name, node.value.span)
        except Fault as fault:
            raise located(fault, node.value.span) from None

    return run


def import_file(node: tree.Import) -> Code:
    slot = node.target.binding.variable.slot

    def run(frame: Frame) -> None:
        from .imports import load

        frame[slot] = load(node.module.id, node.module.span)

    return run


# ── expressions ──────────────────────────────────────────────────────────────


def expression(node: Expr) -> Code:
    match node:
        case tree.Number(value=value):
            return constant_code(leaf(single(value), span=node.span))
        case tree.Name():
            return reading(node)
        case tree.Chain(first=first, rest=rest):
            return chain(expression(first), first.span, steps(first, rest))
        case tree.Call():
            return call_site(node)
        case tree.Attribute():
            return attribute(node, cell(node.value))
        case tree.Index(value=value, subscripts=subscripts):
            parts = [(slice_code(s) if isinstance(s, tree.Slice) else expression(s), s.span) for s in subscripts]
            return subscript(expression(value), value.span, parts, node.span)
        case tree.Paren(inner=inner):
            return expression(inner)
        case tree.Unary(op="-", operand=tree.Number(value=value)):
            return constant_code(leaf(single(-value), span=node.span))
        case tree.Unary(op="not", operand=operand):
            return negation(expression(operand), operand.span, node.span)
        case tree.Unary(op=sign, operand=operand):
            return unary(NEGATE, expression(operand), operand.span, node.span) if sign == "-" else expression(operand)
        case tree.Compare(first=first, rest=rest):
            return comparison(expression(first), first.span, steps(first, rest))
        case tree.Logical(op=op, operands=operands):
            return logical(op, [(expression(o), o.span) for o in operands], node.span)
        case tree.Constant(value=word):
            return constant_code({"true": TRUE, "false": FALSE, "none": NONE}[word])
        case tree.Text(value=text):
            return constant_code(text)
        case tree.Interpolated(parts=pieces):
            return interpolated(pieces, node.span)
        case tree.Lambda():
            return function(node, "", "")
        case tree.Block(body=body):
            return block_value(body)
        case tree.If(branches=branches, otherwise=otherwise):
            return if_value(branches, otherwise)
        case tree.TupleDisplay(items=items):
            codes = [expression(i) for i in items]
            return lambda frame: tuple([code(frame) for code in codes])
        case tree.ListDisplay(items=items):
            return list_display(node, [expression(i) for i in items])
        case tree.Comprehension(iterable=iterable, body=item, condition=condition):
            keep = test(condition) if condition is not None else None
            return comprehension(node, expression(iterable), expression(item), keep)
        case _:
            assert_never(node)


def steps(first: Expr, rest: list[tree.Operation]) -> list[Step]:
    return [
        Step(ROWS[s.op], expression(s.operand), s.operand.span, s.span, first.span.to(s.operand.span)) for s in rest
    ]


def slice_code(node: tree.Slice) -> SliceCode:
    return SliceCode(*[None if part is None else expression(part) for part in (node.start, node.stop, node.step)])


def interpolated(pieces: list[str | tree.Hole], span: Span) -> Code:
    codes = [constant_code(p) if isinstance(p, str) else hole(p) for p in pieces]

    def run(frame: Frame) -> str:
        try:
            return joined("", [code(frame) for code in codes])
        except Fault as fault:
            raise located(fault, span) from None

    return run


def hole(node: tree.Hole) -> Code:
    value = expression(node.value)

    def run(frame: Frame) -> str:
        x = value(frame)
        try:
            return formatted(x, node.format)
        except Fault as fault:
            raise located(fault, node.span) from None

    return run


def block_value(body: list[Stmt]) -> Code:
    """A block in an operand: the value of its last line. No signal leaves it; the resolver saw to that."""
    if not body:
        return constant_code(NONE)
    before = [statement(s) for s in body[:-1]]
    last, place = value_of(body[-1]), body[-1].span

    def run(frame: Frame) -> Any:
        for code in before:
            code(frame)
            if RUN.stop:
                interrupted(place)
        return last(frame)

    return run if before else last


def value_of(node: Stmt) -> Code:
    """The value of a statement: an expression's own, `none` for the others."""
    match node:
        case (
            tree.Import() | tree.Param() | tree.Define() | tree.Assign() | tree.Update() | tree.For() | tree.While()
            | tree.Return() | tree.Break() | tree.Continue()
        ):  # fmt: skip
            run = statement(node)

            def code(frame: Frame) -> Any:
                run(frame)
                return NONE

            return code
        case _:
            return expression(node)


def if_value(branches: list[tuple[Expr, tree.Block]], otherwise: tree.Block | None) -> Code:
    compiled = [(test(c), block_value(b.body)) for c, b in branches]
    last = block_value(otherwise.body) if otherwise is not None else constant_code(NONE)

    def run(frame: Frame) -> Any:
        for holds, value in compiled:
            if holds(frame):
                return value(frame)
        return last(frame)

    return run


def function(node: tree.Define | tree.Lambda, word: str, doc: str) -> Code:
    """Makes a function of the frame it closes over."""
    names = tuple(p.name.id for p in node.params)
    defaults = [expression(p.default) for p in node.params if p.default is not None]
    is_block = isinstance(node.body, tree.Block | tree.If)
    body = statement(node.body, tail=True) if is_block else expression(node.body)
    scope, span = node.scope, node.span

    def make(frame: Frame) -> Function:
        made = Function(word, names, tuple([d(frame) for d in defaults]), span, scope, doc)
        made.frame = frame
        made.body = body
        return made

    return make


def call_site(node: tree.Call) -> Code:
    arguments = [expression(a.value) for a in node.arguments if a.name is None]
    named_arguments = [(a.name, expression(a.value)) for a in node.arguments if a.name is not None]
    if isinstance(node.function, tree.Attribute):
        return method_call(node, node.function, cell(node.function.value), arguments, named_arguments)
    return function_call(node, expression(node.function), arguments, named_arguments)


def cell(node: Expr) -> Code:
    """What stands in a name's slot, a box included; the value of anything that is not a name."""
    return held(node) if isinstance(node, tree.Name) and node.binding.variable is not None else expression(node)
