"""Giving an expression of a program a name of its own, on a line above its statement.

Invariant: the program comes to what it came to before. So only what is computed
once, always, and before anything that could matter to it is taken out: nothing
of a function's body that is one expression, of a comprehension, of a condition
that is tested again, or behind an `and`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...language import builtins
from ...language.resolver import children
from ...language.values import Builtin
from ...source import Source
from ...syntax import tree
from ...syntax.recovery import recovered
from ..names.naming import OUTSIDE, Variable, naming

Edit = tuple[int, int, str]
TRIVIAL = (tree.Name, tree.If, tree.Block, tree.Slice)  # what has a name, or would take statements along


class Extraction(NamedTuple):
    name: str
    edits: list[Edit]


class Found(NamedTuple):
    """An expression, what is evaluated before it in its statement, and that statement."""

    expression: tree.Expr
    before: list[tree.Expr]
    statement: tree.Stmt


def extraction(source: Source, module: tree.Module, start: int, end: int) -> Extraction | None:
    """The edits that give what is selected a name; None where it is no whole expression, or has to stay where it is."""
    text = source.text
    start, end = start + len(text[start:end]) - len(text[start:end].lstrip()), start + len(text[start:end].rstrip())
    found = next(selected(module.body, start, end), None)
    if found is None or not is_movable(source, found):
        return None
    name = fresh_name(text)
    value = f"({text[start:end]})" if "\n" in text[start:end] else text[start:end]
    at = found.statement.span.start
    line_start = text.rfind("\n", 0, at) + 1
    indent = text[line_start:at]
    edits = [(at, at, f"{name} = {value}" + (f"\n{indent}" if not indent.strip() else "; ")), (start, end, name)]
    return Extraction(name, edits) if is_readable(source, edits) else None


def fresh_name(text: str) -> str:
    """A name that stands nowhere in a text."""
    count = 1
    while (name := f"value{count if count > 1 else ''}") in text:
        count += 1
    return name


def is_readable(source: Source, edits: list[Edit]) -> bool:
    """Whether the text with these edits is a program."""
    (at, _, added), (start, end, name) = edits
    text = source.text
    return not recovered(Source(text[:at] + added + text[at:start] + name + text[end:])).diagnostics


# ── what is selected ─────────────────────────────────────────────────────────


def selected(body: list[tree.Stmt], start: int, end: int) -> Iterator[Found]:
    """The expression in `[start, end)`, if its value can be computed in front of its statement."""
    for statement in body:
        if statement.span.start <= start and end <= statement.span.end:
            for found, before in within(first_evaluated(statement), read_first(statement), start, end):
                yield Found(found, before, statement)
            for block in blocks(statement):
                yield from selected(block.body, start, end)


def first_evaluated(statement: tree.Stmt) -> list[tree.Expr]:
    """What a statement evaluates before anything else, each time it is reached; not a whole right side."""
    match statement:
        case tree.Assign(targets=[tree.Name()], value=value) | tree.Param(value=value):
            return parts(value)
        case tree.Assign(value=value) | tree.Update(value=value) | tree.For(iterable=value):
            return [value]
        case tree.Return(value=value) if value is not None:
            return [value]
        case (
            tree.Define() | tree.While() | tree.Return() | tree.Import() | tree.Break() | tree.Continue() | tree.Block()
        ):
            return []
        case tree.If():
            return parts(statement)
        case expression:
            return parts(expression)


def read_first(statement: tree.Stmt) -> list[tree.Expr]:
    """`w.data` in `w.data -= e`."""
    match statement:
        case tree.Update(target=tree.Attribute() as target):
            return [target]
    return []


def within(
    expressions: list[tree.Expr], before: list[tree.Expr], start: int, end: int
) -> Iterator[tuple[tree.Expr, list[tree.Expr]]]:
    """The expression in `[start, end)` among these and their parts, and what is evaluated before it."""
    for k, expression in enumerate(expressions):
        if expression.span.start <= start and end <= expression.span.end:
            earlier = [*before, *expressions[:k]]
            if (expression.span.start, expression.span.end) == (start, end):
                yield expression, earlier
            yield from within(parts(expression), earlier, start, end)


def parts(expression: tree.Expr) -> list[tree.Expr]:
    """The parts that are always evaluated, once, in their order; not what is called."""
    match expression:
        case tree.Logical(operands=operands):
            return operands[:1]
        case tree.Compare(first=first, rest=rest):
            return [first, rest[0].operand]
        case tree.If(branches=branches):
            return [branches[0][0]]
        case tree.Comprehension(iterable=iterable):
            return [iterable]
        case tree.Call(function=function, arguments=arguments):
            first = function.value if isinstance(function, tree.Attribute) else function
            return [first, *[a.value for a in sorted(arguments, key=lambda a: a.name is not None)]]
        case tree.Lambda() | tree.Block():
            return []
        case _:
            return children(expression)


def blocks(statement: tree.Stmt) -> Iterator[tree.Block]:
    """The blocks whose statements can get another one before them, wherever they stand in a statement."""
    stack: list[tree.Node] = [statement]
    while stack:
        match stack.pop():
            case tree.Block() as block:
                yield block
            case tree.Define(body=value) | tree.Lambda(body=value):  # not what stands in a default
                stack.append(value)
            case node:
                stack += tree.parts(node)


# ── whether it can be moved ──────────────────────────────────────────────────


def is_movable(source: Source, found: Found) -> bool:
    """Whether nothing that is evaluated before it can change it, and it can change none of that."""
    if isinstance(found.expression, TRIVIAL) or any([isinstance(node, tree.Block) for node in nodes(found.expression)]):
        return False
    if not is_quiet(source, found.before):
        return False
    return is_quiet(source, [found.expression]) or not any(map(depends, found.before))


def depends(expression: tree.Expr) -> bool:
    """Whether anything is read that a call could change."""
    return any([isinstance(node, tree.Name | tree.Attribute) for node in nodes(expression)])


def is_quiet(source: Source, expressions: list[tree.Expr]) -> bool:
    """Whether these call nothing but operations, which change and draw nothing."""
    calls = [node for expression in expressions for node in nodes(expression) if isinstance(node, tree.Call)]
    return all([is_operation(source, call.function) for call in calls])


def is_operation(source: Source, function: tree.Expr) -> bool:
    match function:
        case tree.Name(span=span, id=name) | tree.Attribute(name_span=span, name=name):
            found = naming(source.text)
            at = {lexeme.start: i for i, lexeme in enumerate(found.seen.lexemes)}
            x = builtins.lookup(name)
            is_free = found.keys.get(at[span.start]) == Variable(OUTSIDE, name)
            return is_free and isinstance(x, Builtin) and x.row is not None
    return False


def nodes(expression: object) -> Iterator[object]:
    """An expression and all that it consists of, where it is evaluated with it."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        match node:
            case tree.Lambda():
                pass
            case tree.Comprehension(body=body, iterable=iterable, condition=condition):
                stack += [body, iterable, *([condition] if condition is not None else [])]
            case tree.If(branches=branches, otherwise=otherwise):
                stack += [part for branch in branches for part in branch] + [otherwise]
            case _:
                stack += children(node)
