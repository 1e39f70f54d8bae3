"""Breaks the gradient rules of the table, one piece at a time, and counts which of the table's tests notice.

    python tests/rule_mutants.py

A rule is changed where it stands in its file: a term or factor is dropped, an
operand is negated, the operands of an operation that does not commute, or the
arguments of a call, are swapped. What no test notices is printed.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import numpy
from table_cases import DIFFERENTIABLE
from test_table import EDGES
from test_table import test_first_order_against_differences as first_order
from test_table import test_gradients_at_the_edges as edge
from test_table import test_recorded_gradients_are_those_of_backward as recorded_agree
from test_table import test_second_derivatives_of_powers_at_the_edges as powers_again
from test_table import test_second_order_against_differences as second_order

from gradlang.engine.ops import TABLE

Rule = ast.Lambda | ast.FunctionDef
COMMUTES = (ast.Add, ast.Mult)
SYMMETRIC = ("eq", "ne", "maximum", "minimum")  # their arguments may be swapped


class Mutant(NamedTuple):
    row: str
    place: int  # of the input whose rule it is; -1 where one rule serves all
    what: str
    rule: Callable[..., Any]


@cache
def tree_of(file: str) -> ast.Module:
    return ast.parse(Path(file).read_text(encoding="utf-8"))


def node_of(rule: FunctionType) -> Rule | None:
    """The piece of source that a function was made of."""
    code = rule.__code__
    places = [(line, column) for line, _, column, end in code.co_positions() if line and column is not None and end]
    first = min(places)
    best: Rule | None = None
    for node in ast.walk(tree_of(code.co_filename)):
        if not isinstance(node, ast.Lambda | ast.FunctionDef) or node.end_lineno is None:
            continue
        is_name = (node.name if isinstance(node, ast.FunctionDef) else "<lambda>") == code.co_name
        is_around = (node.lineno, node.col_offset) <= first <= (node.end_lineno, node.end_col_offset or 0)
        if is_name and is_around and (best is None or (node.lineno, node.col_offset) > (best.lineno, best.col_offset)):
            best = node
    return best


def made(node: Rule, like: FunctionType) -> FunctionType:
    """A function of a piece of source, with the names that another one sees."""
    cells = dict(zip(like.__code__.co_freevars, like.__closure__ or (), strict=True))
    outer = ast.FunctionDef(
        name="outer",
        args=ast.arguments([], [ast.arg(name) for name in cells], None, [], [], None, []),
        body=[node, ast.Return(ast.Name(node.name, ast.Load()))]
        if isinstance(node, ast.FunctionDef)
        else [ast.Return(node)],
        decorator_list=[],
    )
    names = dict(like.__globals__)
    exec(compile(ast.fix_missing_locations(ast.Module([outer], [])), "<mutant>", "exec"), names)
    function: FunctionType = names["outer"](*[cell.cell_contents for cell in cells.values()])
    return function


def changes(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What an expression may be replaced by."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            if not isinstance(op, ast.Pow):
                yield "only its left", left
            yield "only its right", right
            yield "left negated", ast.BinOp(ast.UnaryOp(ast.USub(), left), op, right)
            if not isinstance(op, COMMUTES):
                yield "swapped", ast.BinOp(right, op, left)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield "without its sign", operand
        case ast.Call(func=function, args=[x, y, *more], keywords=keywords) if name_of(function) not in SYMMETRIC:
            yield "arguments swapped", ast.Call(function, [y, x, *more], keywords)


def name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else ""


def mutants_of(row: str, place: int, rule: FunctionType) -> Iterator[Mutant]:
    node = node_of(rule)
    if node is None:
        return
    body = node.body if isinstance(node, ast.FunctionDef) else [node.body]
    spots = [piece for part in body for piece in ast.walk(part)]
    if isinstance(node, ast.Lambda):
        negated = copy.deepcopy(node)
        negated.body = ast.UnaryOp(ast.USub(), negated.body)
        yield Mutant(row, place, f"-({ast.unparse(node.body)})", made(negated, rule))
    for at, spot in enumerate(spots):
        for count, (what, _) in enumerate(changes(spot)):
            changed = copy.deepcopy(node)
            inside = changed.body if isinstance(changed, ast.FunctionDef) else [changed.body]
            target = [piece for part in inside for piece in ast.walk(part)][at]
            _, new = list(changes(target))[count]
            Put(target, new).visit(changed)
            yield Mutant(row, place, f"{ast.unparse(spot)}: {what}", made(changed, rule))


class Put(ast.NodeTransformer):
    """Puts one piece in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def mutants() -> Iterator[Mutant]:
    for name in DIFFERENTIABLE:
        rules = TABLE[name].vjp
        for place, rule in enumerate(rules) if isinstance(rules, tuple) else [(-1, rules)]:
            if isinstance(rule, FunctionType):
                yield from mutants_of(name, place, rule)


def is_noticed(mutant: Mutant) -> bool:
    row = TABLE[mutant.row]
    before: Any = row.vjp
    rules = mutant.rule if mutant.place < 0 else (*before[: mutant.place], mutant.rule, *before[mutant.place + 1 :])
    row.vjp = rules
    try:
        with numpy.errstate(all="ignore"):
            for test in (first_order, recorded_agree, second_order):
                test(mutant.row)
            for name, inputs, expected in EDGES:
                if name == mutant.row:
                    edge(name, inputs, expected)
            if mutant.row == "pow":
                powers_again()
    except Exception:
        return True
    finally:
        row.vjp = before
    return False


def main() -> int:
    found = list(mutants())
    missed = [mutant for mutant in found if not is_noticed(mutant)]
    for mutant in missed:
        print(f"not noticed: {mutant.row}, rule {mutant.place}: {mutant.what}")
    rows = len({mutant.row for mutant in found})
    share = 100 * (1 - len(missed) / len(found))
    print(f"{len(found)} mutants of {rows} rows: {len(found) - len(missed)} noticed, {share:.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
