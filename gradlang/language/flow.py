"""Which names one pass of a loop may bind, binds whatever happens, and may read first: pure functions on the tree.

Owns the static half of liveness, which watching one pass cannot give: another
pass may take another path. Knows names as the resolver's variables, and only
those of the scope that the loop stands in: no other can change while it runs.

Invariant: may is never too small, must never too large, exposed never too
small. What a function reads when it is called is not asked here: a variable
that any function reads is `captured` (the resolver says so), and a captured
name may be read at any time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from ..syntax import tree
from ..syntax.tree import Expr, Stmt
from .resolver import children
from .scopes import Scope, Variable

Bound = frozenset[Variable] | None  # bound for sure where control stands; None: it does not get there


class Flow(NamedTuple):
    """What a pass does to the names of its scope, by slot.

    may      bound on some path
    must     bound on every path, one that leaves by `break` or `continue` included
    exposed  read before they are bound, on some path, or by a function
    """

    may: frozenset[int]
    must: frozenset[int]
    exposed: frozenset[int]

    @property
    def live(self) -> frozenset[int]:
        """What the next pass may read of what this one leaves."""
        return (self.exposed | (self.may - self.must)) & self.may


def flow(loop: tree.For | tree.While, scope: Scope, never_empty: Collection[object] = ()) -> Flow:
    """The flow of one pass of a loop; the loops in `never_empty`, inside of it, run at least once."""
    walk = Walk(scope, never_empty)
    start: Bound = frozenset()
    if isinstance(loop, tree.For):
        start = walk.bind(loop.targets, frozenset())
    else:
        start = walk.expression(loop.condition, frozenset())
    end = walk.block(loop.body, start)
    ends = [e for e in (end, *walk.exits) if e is not None]
    must = frozenset.intersection(*ends) if ends else frozenset()
    captured = {v for v in scope.variables.values() if v.captured}
    return Flow(slots(walk.may), slots(must), slots(walk.exposed | captured))


def mentioned(loop: tree.For | tree.While) -> set[Variable]:
    """Every name that a loop mentions, of whatever scope."""
    found: set[Variable] = set()
    stack: list[object] = [loop]
    while stack:
        part = stack.pop()
        if isinstance(part, list | tuple):
            stack += part
        elif isinstance(part, tree.Node):
            binding = getattr(part, "binding", None)
            if binding is not None and binding.variable is not None:
                found.add(binding.variable)
            stack += [getattr(part, field, None) for field in part._fields]
    return found


def slots(variables: Iterable[Variable]) -> frozenset[int]:
    return frozenset(v.slot for v in variables)


class Walk:
    """One walk in the order of evaluation. Every method takes what is bound before and gives what is bound after."""

    def __init__(self, scope: Scope, never_empty: Collection[object]) -> None:
        self.scope = scope
        self.never_empty = never_empty
        self.may: set[Variable] = set()
        self.exposed: set[Variable] = set()
        self.exits: list[Bound] = []

    def bind(self, names: Iterable[tree.Name], bound: Bound) -> Bound:
        for name in names:
            variable = name.binding.variable
            if variable.scope is self.scope:
                self.may.add(variable)
                bound = bound | {variable} if bound is not None else None
        return bound

    def read(self, variable: Variable | None, bound: Bound) -> None:
        if variable is not None and variable.scope is self.scope and bound is not None and variable not in bound:
            self.exposed.add(variable)

    # ── statements ──

    def block(self, block: tree.Block, bound: Bound) -> Bound:
        for node in block.body:
            bound = self.statement(node, bound)
        return bound

    def statement(self, node: Stmt, bound: Bound) -> Bound:
        match node:
            case tree.Assign(targets=targets, value=value):
                bound = self.expression(value, bound)
                for target in targets:
                    bound = (
                        self.bind([target], bound) if isinstance(target, tree.Name) else self.expression(target, bound)
                    )
                return bound
            case tree.Update(target=target, value=value):
                bound = self.expression(value, self.expression(target, bound))
                return self.bind([target], bound) if isinstance(target, tree.Name) else bound
            case tree.Define(name=name):
                return self.bind([name], self.function(node, bound))
            case tree.Param(name=name, value=value):
                return self.bind([name], self.expression(value, bound))
            case tree.Import(target=target):
                return self.bind([target], bound)
            case tree.For() | tree.While():
                return self.loop(node, bound)
            case tree.Break() | tree.Continue():
                self.exits.append(bound)
                return None
            case tree.Return(value=result):
                self.exits.append(self.expression(result, bound) if result is not None else bound)
                return None
            case expression:
                return self.expression(expression, bound)

    def loop(self, node: tree.For | tree.While, bound: Bound) -> Bound:
        """An inner loop: its passes may be none, and its `break` and `continue` end inside of it."""
        inner = Walk(self.scope, self.never_empty)
        inner.may, inner.exposed = self.may, self.exposed
        if isinstance(node, tree.For):
            bound = self.expression(node.iterable, bound)
            end = inner.block(node.body, inner.bind(node.targets, bound))
        else:
            bound = self.expression(node.condition, bound)
            end = inner.block(node.body, bound)
        ends = [e for e in (end, *inner.exits) if e is not None]
        return frozenset.intersection(*ends) if bound is not None and node in self.never_empty and ends else bound

    def branches(self, node: tree.If, bound: Bound) -> Bound:
        ends: list[Bound] = []
        for condition, block in node.branches:
            bound = self.expression(condition, bound)
            ends.append(self.block(block, bound))
        ends.append(self.block(node.otherwise, bound) if node.otherwise is not None else bound)
        reached = [e for e in ends if e is not None]
        return frozenset.intersection(*reached) if reached else None

    # ── expressions ──

    def expression(self, node: Expr, bound: Bound) -> Bound:
        match node:
            case tree.Name():
                self.read(node.binding.variable, bound)
                return bound
            case tree.Lambda():
                return self.function(node, bound)
            case tree.Block():
                return self.block(node, bound)
            case tree.If():
                return self.branches(node, bound)
            case tree.Logical(operands=operands):  # the first is always computed, the others perhaps not
                bound = after = self.expression(operands[0], bound)
                for operand in operands[1:]:
                    after = self.expression(operand, after)
                return bound
            case tree.Comprehension(iterable=iterable, body=body, condition=condition):
                bound = after = self.expression(iterable, bound)
                if condition is not None:
                    after = self.expression(condition, after)
                self.expression(body, after)
                return bound
            case tree.Attribute(binding=binding):
                if binding is not None:
                    self.read(binding.variable, bound)
                return self.expression(node.value, bound)
            case _:
                for child in children(node):
                    bound = self.expression(child, bound)
                return bound

    def function(self, node: tree.Define | tree.Lambda, bound: Bound) -> Bound:
        """Making a function computes its defaults; its body runs later, and what it reads is captured."""
        for parameter in node.params:
            if parameter.default is not None:
                bound = self.expression(parameter.default, bound)
        return bound
