"""W0301: a line whose value is worked out and nobody sees.

A value is seen where it is the last line of a function, or of a block that
stands in an expression; beside `#> 14` it is an expectation. Lines that may do
something stay unmentioned: calls, unless nothing behind them does anything, and
all of them in a program that looks at the clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import get_args

from ....diagnostics import Diagnostic, Fix
from ....language import builtins
from ....language.members import VALUE_MEMBERS
from ....language.scopes import Variable
from ....language.values import Builtin
from ....source import Span
from ....syntax import tree
from .program import Program, Site, arguments_of, builtin_called, variable_of

EXPECTATION = re.compile(r"[^\n]*#[>!]")
EXPRESSIONS = get_args(tree.Expr)
ACTING_GROUPS = {"random", "data", "models"}  # they draw random numbers, read and write files
ACTING = {"backward", "zero_grad", "gradcheck", "print", "help", "map"}
ENTERED = "<command line>"  # shows the value of its last line


def thrown_away(program: Program) -> Iterator[Diagnostic]:
    is_timed = any(builtin_called(call) == "time" for call in program.every(tree.Call))
    text = program.module.source.text
    is_expecting = "#>" in text or "#!" in text
    lost = [
        statement
        for statement in unseen(program)
        if isinstance(statement, EXPRESSIONS) and not (is_timed and isinstance(statement, tree.Call))
        if not (is_expecting and is_expectation(statement))
        and is_resolved(program, statement)
        and not acts(program, statement)
    ]
    called = acting_functions(program, lost)
    for statement in lost:
        if not any([is_handed(program, v) and variable_of(v) in called for v in program.within(statement)]):
            yield finding(program, statement)


def unseen(program: Program) -> Iterator[tree.Stmt]:
    """The statements whose value leads nowhere."""
    body = program.module.body
    is_shown = program.module.source.name == ENTERED
    for statement in body[:-1] if is_shown else body:
        yield from last_lines(statement)
    for block in program.every(tree.Block):
        is_loop = isinstance(program.parent(block), tree.For | tree.While)
        for statement in block.body if is_loop else block.body[:-1]:
            yield from last_lines(statement)


def last_lines(statement: tree.Stmt) -> Iterator[tree.Stmt]:
    """A statement, or what its value would come from where it is an `if` or a block."""
    match statement:
        case tree.If(branches=branches, otherwise=otherwise):
            for block in [*(b for _, b in branches), *([otherwise] if otherwise else [])]:
                yield from last_lines(block)
        case tree.Block(body=body):
            if body:
                yield from last_lines(body[-1])
        case _:
            yield statement


def is_expectation(statement: tree.Expr) -> bool:
    """Whether `#> …` or `#! …` stands behind it on its line."""
    return EXPECTATION.match(statement.span.source.text, statement.span.end) is not None


def is_resolved(program: Program, node: tree.Node) -> bool:
    """Whether all its names are known; else it is a slip, and no value at all."""
    return all(part.binding is not None for part in program.within(node) if isinstance(part, tree.Name))


def acts(program: Program, node: tree.Node) -> bool:
    """Whether what stands in an expression may do something; a lone `none` says that nothing is to be done."""
    if isinstance(node, tree.Constant):
        return node.value == "none"
    return any([is_action(program, part) for part in program.within(node)])


def acting_functions(program: Program, statements: list[tree.Expr]) -> set[Variable]:
    """Of the functions that statements call or hand on, those that may do anything but give a value."""
    nodes = [node for statement in statements for node in program.within(statement)]
    return program.leading_to(partial(is_action, program), nodes, partial(is_handed, program), function_of)


def is_handed(program: Program, node: tree.Node) -> bool:
    """Whether something is called or handed on."""
    return isinstance(program.parent(node), tree.Call | tree.Argument)


def function_of(site: Site) -> tree.Node | None:
    """The function that is given a name, if it is one that can be seen."""
    body = site.node if isinstance(site.node, tree.Define) else site.value
    return body if isinstance(body, tree.Define | tree.Lambda) else None


def is_action(program: Program, node: tree.Node) -> bool:
    """Whether a node by itself does something, or calls what is no function that can be seen."""
    match node:
        case tree.Update(target=target):
            return isinstance(target, tree.Attribute) or (v := variable_of(target)) is None or v.boxed
        case tree.Assign(targets=targets):
            return any(isinstance(t, tree.Attribute) for t in targets)
        case tree.Call():
            return is_acting_call(node)
        case tree.Name() | tree.Attribute() if program.is_called(node):
            return any([function_of(site) is None for site in program.sites_at(variable_of(node))])
    return False


def is_acting_call(call: tree.Call) -> bool:
    """A call of a builtin that acts, or of something unknown. A function of the program is looked into by itself."""
    name = builtin_called(call)
    if not name:
        return variable_of(call.function) is None
    return name in ACTING or getattr(builtins.lookup(name), "group", "") in ACTING_GROUPS


# ── what it says ─────────────────────────────────────────────────────────────


def finding(program: Program, node: tree.Expr) -> Diagnostic:
    message, help, fix = told(program, node)
    fixes = [Fix(*fix)] if fix else []
    return Diagnostic("W0301", message, node.span, severity="warning", help=[help], fixes=fixes)


def told(program: Program, node: tree.Expr) -> tuple[str, str, tuple[str, list[tuple[Span, str]]] | None]:
    """The message, what to do, and the fix as title and edits."""
    text = node.span.text
    match node:
        case tree.Compare(first=tree.Name() | tree.Attribute(), rest=[step]) if step.op == "==":
            meant = f"{node.first.span.text} = {step.operand.span.text}"
            return (
                "this comparison is thrown away",
                f"`==` compares; did you mean `{meant}`?" if "\n" not in meant else "`==` compares, and `=` binds",
                ("bind the name", [(step.span, "=")]),
            )
        case tree.Compare(first=tree.Name() as left, rest=[step]) if text[len(left.id) :].lstrip().startswith("<-"):
            at = step.span.source.text.index("<-", step.span.start)
            return (
                "this comparison is thrown away",
                f"`{left.id} = …` binds a name; `<-` asks whether it is below a negative number",
                ("bind the name", [(Span(step.span.source, at, at + 2), "=")]),
            )
        case tree.Unary(op="+" | "-" as op, operand=tree.Unary(op=again, operand=tree.Name() as number)) if op == again:
            meant = f"{number.id} {op}= 1"
            return (
                "this value is thrown away",
                f"there is no `{op}{op}`: write `{meant}`",
                (meant, [(node.span, meant)]),
            )
        case tree.Text():
            return "this text is thrown away", "a comment starts with `#`; `print(…)` shows a text", None
        case tree.Call() if items := list_appended_to(node):
            meant = f"{items} = {text}"
            return (
                f"the longer list is thrown away: `{items}` stays as it was",
                f"values never change: write `{meant}`" if "\n" not in meant else f"bind it: `{items} = …`",
                (f"bind it to `{items}`", [(node.span, meant)]),
            )
        case tree.Name() | tree.Attribute() if is_function(program, node):
            name = node.id if isinstance(node, tree.Name) else node.name
            meant = f"`{text}(…)`" if isinstance(node, tree.Name) else f"`{text}()`"
            return (
                f"`{name}` is not called here",
                f"a call has parentheses: {meant}",
                ("call it", [(node.span, f"{text}()")]),
            )
        case tree.Lambda():
            return "this function is thrown away", "give it a name: `f(x) = …`", None
    return (
        "this value is thrown away",
        "show it with `print(…)`, give it a name, or leave it out",
        ("show it", [(node.span, f"print({text})")]),
    )


def list_appended_to(call: tree.Call) -> str:
    """The name in `append(xs, x)` or `xs.append(x)`; empty for other calls."""
    items = arguments_of(call)[:1] if builtin_called(call) == "append" else []
    return items[0].id if items and isinstance(items[0], tree.Name) else ""


def is_function(program: Program, node: tree.Name | tree.Attribute) -> bool:
    """Whether a name, or what stands behind a dot, is there to be called."""
    if isinstance(node, tree.Attribute):
        return node.name == "step" or node.binding is not None and node.name not in VALUE_MEMBERS
    sites = program.sites_at(variable_of(node))
    if sites:
        return all(isinstance(site.node, tree.Define) for site in sites)
    return node.binding is not None and isinstance(builtins.lookup(node.binding.builtin or ""), Builtin)
