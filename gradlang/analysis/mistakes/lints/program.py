"""A resolved module as the lints see it: its nodes by kind, what surrounds each, and what its names stand for.

Read once, for all lints. Knows the tree and what the resolver wrote into it;
reports nothing. What it cannot know (a function that was passed in, a member
of an imported file) it says is unknown, and lints leave that alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from ....language.scopes import Variable
from ....source import Span
from ....syntax import tree
from ....syntax.tree import Node

N = TypeVar("N", bound=Node)
Loop = tree.For | tree.While
Test = Callable[[Node], bool]
BINDING = {
    tree.Assign, tree.Param, tree.Update, tree.Define, tree.Import, tree.Parameter, tree.For, tree.Comprehension,
}  # fmt: skip


class Site(NamedTuple):
    """A place that gives a name its value: the statement or parameter, and the expression that it comes from."""

    node: Node
    name: tree.Name
    value: tree.Expr | None


def span_of(site: Site) -> Span:
    """The whole statement or parameter."""
    span: Span = site.node.span  # type: ignore[attr-defined]  # all nodes that bind have one
    return span


class Program:
    """What the lints ask of a module."""

    def __init__(self, module: tree.Module) -> None:
        self.module = module
        self.sites: dict[Variable, list[Site]] = {}  # where a variable is bound, updates included
        self.reads: dict[Variable, list[tree.Name | tree.Attribute]] = {}
        self._imported: set[Variable] = set()
        self._passed: set[Variable] = set()
        self._parents: dict[Node, Node] = {}
        self._kinds: defaultdict[type[Node], list[Any]] = defaultdict(list)
        self._names(self._walk())

    def _walk(self) -> list[Node]:
        """Files all nodes; those that bind names, in order."""
        binding: list[Node] = []
        stack: list[Node] = [self.module]
        while stack:
            node = stack.pop()
            self._kinds[node.__class__].append(node)
            if node.__class__ in BINDING:
                binding.append(node)
            inner = tree.parts(node)
            for child in inner:
                self._parents[child] = node
            inner.reverse()
            stack += inner
        return binding

    def _names(self, binding: list[Node]) -> None:
        bound: set[Node] = set()
        for node in binding:
            for site in sites_of(node):
                bound.add(site.name)
                variable = variable_of(site.name)
                if variable is not None:
                    self.sites.setdefault(variable, []).append(site)
                    if isinstance(node, tree.Import):
                        self._imported.add(variable)
                    elif isinstance(node, tree.Parameter):
                        self._passed.add(variable)
        names: list[tree.Name | tree.Attribute] = [*self.every(tree.Name), *self.every(tree.Attribute)]
        for name in names:
            if name not in bound and name.binding is not None and name.binding.variable is not None:
                self.reads.setdefault(name.binding.variable, []).append(name)

    # ── what surrounds what ──

    def every(self, kind: type[N]) -> Sequence[N]:
        """All nodes of a kind, in order."""
        return self._kinds[kind]

    def within(self, node: Node) -> list[Node]:
        """A node and all below it."""
        found = [node]
        for inner in found:
            found += tree.parts(inner)
        return found

    def contains(self, outer: Loop, node: Node) -> bool:
        span: Span = node.span  # type: ignore[attr-defined]  # all nodes below the module have one
        return outer.span.start <= span.start and span.end <= outer.span.end

    def parent(self, node: Node) -> Node | None:
        return self._parents.get(node)

    def above(self, node: Node) -> Iterator[Node]:
        """What surrounds a node, the nearest first."""
        at = self.parent(node)
        while at is not None:
            yield at
            at = self.parent(at)

    def loops_around(self, node: Node) -> list[Loop]:
        """The loops whose every pass comes to a node, the innermost first; those of its own function."""
        found: list[Loop] = []
        inner = node
        for outer in self.above(node):
            if isinstance(outer, tree.Define | tree.Lambda):
                break
            if isinstance(outer, tree.For | tree.While) and inner is outer.body:
                found.append(outer)
            inner = outer
        return found

    # ── what names stand for ──

    def sites_at(self, variable: Variable | None) -> list[Site]:
        return self.sites.get(variable, []) if variable is not None else []

    def leading_to(
        self, is_wanted: Test, nodes: Iterable[Node], is_followed: Test, body_of: Callable[[Site], Node | None]
    ) -> set[Variable]:
        """The names that stand for a body in which a node is wanted, or such a name is followed.

        Of those that are followed in `nodes`, and in the bodies that these lead to. Each is looked into once.
        """
        found: list[Variable] = []
        followed_in: defaultdict[Variable, list[Variable]] = defaultdict(list)

        def followed(nodes: Iterable[Node]) -> list[Variable]:
            return [v for node in nodes if (v := variable_of(node)) is not None and is_followed(node)]

        waiting = followed(nodes)
        known: set[Variable] = set()
        while waiting:
            variable = waiting.pop()
            if variable in known:
                continue
            known.add(variable)
            bodies = [body for site in self.sites_at(variable) if (body := body_of(site)) is not None]
            inside = [node for body in bodies for node in self.within(body)]
            if any(map(is_wanted, inside)):
                found.append(variable)
            for inner in followed(inside):
                followed_in[inner].append(variable)
                waiting.append(inner)
        leading = set(found)
        while found:
            outer = [variable for variable in followed_in[found.pop()] if variable not in leading]
            leading.update(outer)
            found += outer
        return leading

    def leads_outside(self, node: Node) -> bool:
        """Whether a name leads out of what can be seen: into another file, or into a function that was passed in."""
        variable = variable_of(node)
        return variable in self._imported or variable in self._passed and self.is_called(node)

    def is_called(self, node: Node) -> bool:
        parent = self.parent(node)
        return isinstance(parent, tree.Call) and parent.function is node


def sites_of(node: Node) -> Iterator[Site]:
    """The names that a node binds or updates."""
    match node:
        case tree.Assign(targets=targets, value=value):
            yield from (Site(node, t, value) for t in targets if isinstance(t, tree.Name))
        case tree.Param(name=name, value=value):
            yield Site(node, name, value)
        case tree.Update(target=tree.Name() as name, value=value):
            yield Site(node, name, value)
        case tree.Define(name=name) | tree.Import(target=name):
            yield Site(node, name, None)
        case tree.Parameter(name=name, default=value):
            yield Site(node, name, value)
        case tree.For(targets=names, iterable=value) | tree.Comprehension(targets=names, iterable=value):
            yield from (Site(node, name, value) for name in names)


def variable_of(node: Any) -> Variable | None:
    """The variable that a name, or a function behind a dot, stands for."""
    if isinstance(node, tree.Name | tree.Attribute) and node.binding is not None:
        found: Variable | None = node.binding.variable
        return found
    return None


def builtin_called(call: tree.Call) -> str:
    """The builtin that is called, as `f(x)` or `x.f()`; empty where it is something else."""
    function = call.function
    if isinstance(function, tree.Name | tree.Attribute) and function.binding is not None:
        return function.binding.builtin or ""
    return ""


def arguments_of(call: tree.Call) -> list[tree.Expr]:
    """The arguments, and before them what stands before the dot."""
    before = [call.function.value] if isinstance(call.function, tree.Attribute) else []
    return [*before, *(argument.value for argument in call.arguments)]


def plain(node: tree.Expr) -> tree.Expr:
    """An expression without the parentheses around it."""
    while isinstance(node, tree.Paren):
        node = node.inner
    return node
