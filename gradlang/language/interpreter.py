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

from ..diagnostics import GradlangError
from ..engine.ops import TABLE
from ..engine.table import Row, number, single
from ..engine.value import STATE, Box, Value, apply, leaf
from ..faults import Fault
from ..source import Span
from ..syntax import tree
from ..syntax.tree import Expr, Stmt
from . import builtins
from .calls import call, enter
from .display import formatted
from .explain import located
from .members import MISSING, VALUE_MEMBERS, member, no_member, store, store_member
from .operators import NEGATE, ROWS, Code, Frame, Step, chain, comparison, logical, negation, recording_off, unary
from .resolver import Binding, Variable, rebinding
from .runtime import RUN, failure, interrupted
from .subscripts import SliceCode, subscript
from .values import FALSE, NONE, TRUE, Builtin, Function, collect, condition, iterate, kind, read, tensor, unpack


class Signal:
    """What a statement hands to the loop around it."""

    def __init__(self, name: str) -> None:
        self.name = name


BREAK = Signal("break")
CONTINUE = Signal("continue")


# ── statements ───────────────────────────────────────────────────────────────


def statement(node: Stmt, tail: bool = False) -> Code:
    """Compiles a statement. In `tail` position, the end of a function, its value is returned."""
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
            return for_loop(node)
        case tree.While():
            return while_loop(node)
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

    def run(frame: Frame) -> Any:
        for code in codes:
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
            return x.data
        try:
            return condition(x)
        except Fault as fault:
            raise located(fault, node.span) from None

    return run


def named(x: Any, name: str) -> Any:
    """What binding does to a value: it remembers its first name, and a number becomes a leaf of that name."""
    if x.__class__ is Value:
        if x.needs:
            if not hasattr(x, "name"):
                x.name = name
        elif STATE.recording and x.data.__class__ is not bool and (x.data.__class__ is float or x.data.dtype != bool):
            cut = x.op  # an operation without a gradient is remembered: backward from here explains itself with it
            x = leaf(x.data, True, x.span)
            x.name = name
            if cut.__class__ is Row and cut.vjp is None:
                x.op = cut
        elif x.data.__class__ is not bool and x.data.__class__ is not float and not hasattr(x, "name"):
            x.name = name  # for messages about shapes
    return x


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


def target(node: tree.Name | tree.Attribute) -> Any:
    """How to store in a target: a function of the frame and the value."""
    if isinstance(node, tree.Attribute):
        return attribute_target(node)
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
    row, value = ROWS[node.op], expression(node.value)
    where = node.target
    step = Step(row, value, node.value.span, node.op_span, node.span)
    if isinstance(where, tree.Attribute):
        old, put = expression(where), attribute_target(where)
        changed = chain(old, where.span, [step])
        return lambda frame: put(frame, changed(frame))
    holder, name = cell(where), where.id
    rebound = chain(expression(where), where.span, [step])
    depth, slot = where.binding.depth, where.binding.variable.slot

    def run(frame: Frame) -> None:
        box = holder(frame)
        if box.__class__ is Box:
            y = value(frame)
            try:
                store(box, recording_off(row, box.value, tensor(y)))
            except Fault as fault:
                raise located(fault, node.op_span, [(where.span, box), (node.value.span, y)]) from None
        elif depth:
            raise GradlangError([rebinding(where)])
        else:
            frame[slot] = named(rebound(frame), name)

    return run


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
            frame[slot] = Box(number(tensor(x).data), name, node.value.span)
        except Fault as fault:
            raise located(fault, node.value.span) from None

    return run


def for_loop(node: tree.For) -> Code:
    iterable, body, put = expression(node.iterable), block(node.body.body), loop_targets(node.targets)
    span = node.iterable.span

    def run(frame: Frame) -> Any:
        over = iterable(frame)
        try:
            items = iterate(over)
        except Fault as fault:
            raise located(fault, span) from None
        naming = over.__class__ is not range  # counting makes constants, not leaves
        for item in items:
            put(frame, item, naming)
            signal = body(frame)
            if signal is not None:
                if signal is BREAK:
                    break
                if signal is not CONTINUE:
                    return signal
            if RUN.stop:
                interrupted()
        return None

    return run


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


def while_loop(node: tree.While) -> Code:
    holds, body = test(node.condition), block(node.body.body)

    def run(frame: Frame) -> Any:
        while holds(frame):
            signal = body(frame)
            if signal is not None:
                if signal is BREAK:
                    break
                if signal is not CONTINUE:
                    return signal
            if RUN.stop:
                interrupted()
        return None

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
            return name(node)
        case tree.Chain(first=first, rest=rest):
            return chain(expression(first), first.span, steps(first, rest))
        case tree.Call():
            return call_site(node)
        case tree.Attribute():
            return attribute(node)
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
            return interpolated(pieces)
        case tree.Lambda():
            return function(node, "", "")
        case tree.Block(body=body):
            return block_value(body)
        case tree.If(branches=branches, otherwise=otherwise):
            return if_value(branches, otherwise)
        case tree.TupleDisplay(items=items):
            codes = [expression(i) for i in items]
            return lambda frame: tuple([code(frame) for code in codes])
        case tree.ListDisplay():
            return list_display(node)
        case tree.Comprehension():
            return comprehension(node)
        case _:
            assert_never(node)


def constant_code(x: Any) -> Code:
    return lambda frame: x


def steps(first: Expr, rest: list[tree.Operation]) -> list[Step]:
    return [
        Step(ROWS[s.op], expression(s.operand), s.operand.span, s.span, first.span.to(s.operand.span)) for s in rest
    ]


def slice_code(node: tree.Slice) -> SliceCode:
    return SliceCode(*[None if part is None else expression(part) for part in (node.start, node.stop, node.step)])


def name(node: tree.Name) -> Code:
    """Reading a name: a slot some frames out, or a builtin."""
    binding: Binding = node.binding
    if binding.variable is None:
        assert binding.builtin is not None
        return constant_code(builtins.lookup(binding.builtin))
    slot, depth = binding.variable.slot, binding.depth
    if binding.variable.boxed:
        holder = cell(node)
        return lambda frame: read(holder(frame))
    if depth == 0:

        def local(frame: Frame) -> Any:
            x = frame[slot]
            if x is None:
                raise unbound(node, binding.variable)
            return x

        return local
    if depth == 1:

        def outer(frame: Frame) -> Any:
            x = frame[0][slot]
            if x is None:
                raise unbound(node, binding.variable)
            return x

        return outer
    return cell(node)


def cell(node: Expr) -> Code:
    """What stands in a name's slot, a box included; the value of anything that is not a name."""
    if not isinstance(node, tree.Name) or node.binding.variable is None:
        return expression(node)
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
            return GradlangError([rebinding(node)])
        scope = scope.parent
    help = f"the line that binds `{node.id}` has not run yet"
    return failure("E0202", f"`{node.id}` has no value yet", node.span, help)


def interpolated(pieces: list[str | tree.Hole]) -> Code:
    codes = [constant_code(p) if isinstance(p, str) else hole(p) for p in pieces]
    return lambda frame: "".join([code(frame) for code in codes])


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
    last = value_of(body[-1])

    def run(frame: Frame) -> Any:
        for code in before:
            code(frame)
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


def list_display(node: tree.ListDisplay) -> Code:
    items = [expression(i) for i in node.items]
    rows = all(isinstance(i, tree.ListDisplay | tree.Comprehension) for i in node.items)

    def run(frame: Frame) -> Any:
        try:
            made = collect([item(frame) for item in items], rows)
        except Fault as fault:
            raise located(fault, node.span) from None
        if made.__class__ is Value and made.span is None:
            made.span = node.span
        return made

    if not is_literal(node):
        return run
    kept: list[Any] = []

    def literal(frame: Frame) -> Any:
        if not kept:
            kept.append(run(frame))
        return kept[0]

    return literal


def is_literal(node: Expr) -> bool:
    """Whether a list is made of numbers alone: then it is one constant."""
    match node:
        case tree.ListDisplay(items=items):
            return bool(items) and all(is_literal(i) for i in items)
        case tree.Unary(op="-" | "+", operand=tree.Number()) | tree.Number():
            return True
        case _:
            return False


def comprehension(node: tree.Comprehension) -> Code:
    """Each pass has a frame of its own, so closures made in it keep their own names."""
    iterable, body, put = expression(node.iterable), expression(node.body), loop_targets(node.targets)
    keep = test(node.condition) if node.condition is not None else None
    empty, span = [None] * (node.scope.size - 1), node.iterable.span

    def run(frame: Frame) -> Any:
        over = iterable(frame)
        out: list[Any] = []
        try:
            items = iterate(over)
        except Fault as fault:
            raise located(fault, span) from None
        naming = over.__class__ is not range
        for item in items:
            inner = [frame, *empty]
            put(inner, item, naming)
            if keep is None or keep(inner):
                out.append(body(inner))
            if RUN.stop:
                interrupted()
        try:
            return collect(out)
        except Fault as fault:
            raise located(fault, node.span) from None

    return run


# ── calls and members ────────────────────────────────────────────────────────


def call_site(node: tree.Call) -> Code:
    arguments = [expression(a.value) for a in node.arguments if a.name is None]
    named_arguments = [(a.name, expression(a.value)) for a in node.arguments if a.name is not None]
    spans = [a.value.span for a in node.arguments]
    if isinstance(node.function, tree.Attribute):
        return method_call(node, node.function, arguments, named_arguments, spans)
    callee = expression(node.function)
    row = None if named_arguments else row_of(node.function, len(arguments))
    if row is not None:
        return row_call(row, arguments, spans, node.span)
    span = node.span

    def run(frame: Frame) -> Any:
        f = callee(frame)
        given = [a(frame) for a in arguments]
        if f.__class__ is Function and len(given) == f.arity and not named_arguments:
            return enter(f, given, span)
        return called(f, given, {n: a(frame) for n, a in named_arguments}, span, spans)

    return run


def row_of(node: tree.Expr, count: int) -> Row | None:
    """The operation that a callee stands for, if it takes `count` values and nothing else."""
    binding = node.binding if isinstance(node, tree.Name | tree.Attribute) else None
    if binding is None or binding.builtin is None:
        return None
    found = builtins.lookup(binding.builtin)
    row: Row | None = found.row if isinstance(found, Builtin) else None
    return row if row is not None and row.inputs == count and not row.attribute_names else None


def row_call(row: Row, arguments: list[Code], spans: list[Span], span: Span) -> Code:
    """A call of an operation without attributes: straight to `apply`."""
    if len(arguments) == 1:
        return unary(row, arguments[0], spans[0], span)
    return lambda frame: applied(row, [a(frame) for a in arguments], spans, span)


def applied(row: Row, given: list[Any], spans: list[Span], span: Span) -> Value:
    try:
        return apply(row, *[x if x.__class__ is Value else tensor(x, i) for i, x in enumerate(given)], span=span)
    except Fault as fault:
        raise located(fault, span, list(zip(spans, given, strict=True))) from None


def called(f: Any, given: list[Any], named_given: dict[str, Any], span: Span, spans: list[Span]) -> Any:
    """A call with its failures placed."""
    try:
        return call(f, given, named_given, span)
    except Fault as fault:
        raise located(fault, span, list(zip(spans, [*given, *named_given.values()], strict=False))) from None


def method_call(
    node: tree.Call,
    callee: tree.Attribute,
    arguments: list[Code],
    named_arguments: list[tuple[str, Code]],
    spans: list[Span],
) -> Code:
    """`x.f(y)`: the member `f` of `x` if it has one, else the function `f` with `x` first."""
    receiver, word, span = cell(callee.value), callee.name, node.span
    function_in_scope = scope_function(callee)
    all_spans = [callee.value.span, *spans]
    row = None if named_arguments or word in VALUE_MEMBERS else row_of(callee, len(arguments) + 1)

    def run(frame: Frame) -> Any:
        x = receiver(frame)
        if row is not None and x.__class__ is Value:  # the common case, without looking for members
            return applied(row, [x, *[a(frame) for a in arguments]], all_spans, span)
        given = [a(frame) for a in arguments]
        named_given = {n: a(frame) for n, a in named_arguments}
        f = member_of(x, callee)
        if f is not MISSING:
            return called(f, given, named_given, span, spans)
        f = function_in_scope(frame) if function_in_scope is not None else None
        if f is None:
            raise located(no_member(read(x), word), callee.name_span)
        if f.__class__ is Function and len(given) + 1 == f.arity and not named_given:
            return enter(f, [read(x), *given], span)
        return called(f, [read(x), *given], named_given, span, all_spans)

    return run


def scope_function(node: tree.Attribute) -> Code | None:
    """The function that `name` means where `x.name` stands; None where it means nothing."""
    if node.binding is None:
        return None
    return name(tree.Name(node.name_span, node.name, node.binding))


def member_of(x: Any, node: tree.Attribute) -> Any:
    try:
        return member(x, node.name)
    except Fault as fault:
        raise located(fault, node.span) from None


def attribute(node: tree.Attribute) -> Code:
    owner = cell(node.value)

    def run(frame: Frame) -> Any:
        x = owner(frame)
        found = member_of(x, node)
        if found is MISSING:
            fault = no_member(read(x), node.name)
            if node.binding is not None:
                fault = Fault(
                    "E0206", f"{kind(x)} has no member `{node.name}`", f"to call the function, write `.{node.name}()`"
                )
            raise located(fault, node.name_span)
        return found

    return run


__all__ = ["BREAK", "CONTINUE", "TABLE", "block", "expression", "statement", "value_of"]
