"""Decides once, for everybody, what every name means.

Writes `binding` and `scope` into the tree: a name is a slot in the frame of
its own scope, a slot some frames out, or a builtin. Reports what can be seen
without running: unknown names, assignments to parameters, `return` out of
place. Knows nothing of values.

Scopes are the module, functions and comprehensions; blocks open none. Frames
are lists whose element 0 is the enclosing frame, so slots count from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, assert_never

from ..diagnostics import Diagnostic
from ..source import Span
from ..syntax import tree
from ..syntax.tree import Expr, Stmt
from .scopes import Binding, Scope, Variable

if TYPE_CHECKING:
    from .mistaken_names import UnknownNames

# Programs that mention none of these never look at the graph, so it need not be kept.
GRAPH_WORDS = {
    "backward",
    "grad",
    "value_and_grad",
    "gradcheck",
    "parameters",
    "num_parameters",
    "draw",
    "draw_dot",
    "save",
    "load",
}
PICTURE_WORDS = {"draw", "draw_dot"}


def resolve(
    module: tree.Module, scope: Scope, is_builtin: Callable[[str], bool], builtin_names: Callable[[], Iterable[str]]
) -> Resolution:
    """Resolves a module's names in `scope`, which keeps what earlier modules of a session declared."""
    resolution = Resolution(is_builtin, builtin_names)
    module.scope = scope
    declared = set(scope.variables)
    collect(module.body, scope)
    for name, variable in scope.variables.items():
        if name not in declared:
            resolution.warn_shadow(variable)
    resolution.statements(module.body, scope, Place())
    resolution.diagnostics.sort(key=lambda d: d.span.start)
    return resolution


class Place:
    """Where a statement stands: what `return`, `break` and `continue` may do there."""

    __slots__ = ("loop", "loop_targets", "returns", "why")

    def __init__(
        self, returns: bool = False, loop: bool = False, loop_targets: frozenset[str] = frozenset(), why: str = ""
    ) -> None:
        self.returns = returns
        self.loop = loop
        self.loop_targets = loop_targets
        self.why = why

    def in_loop(self, targets: Iterable[tree.Name]) -> Place:
        return Place(self.returns, True, self.loop_targets.union(t.id for t in targets), self.why)


# Inside a larger expression, where control flow cannot leave.
OPERAND = Place(why="it stands inside a larger expression; give it a line of its own")


def collect(body: list[Stmt], scope: Scope) -> None:
    """Declares every name that statements bind in this scope, blocks included, functions not."""
    for statement in body:
        match statement:
            case tree.Assign(targets=targets):
                for target in targets:
                    if isinstance(target, tree.Name):
                        scope.declare(target.id, target.span)
            case tree.Define(name=name):
                scope.declare(name.id, name.span)
            case tree.Param(name=name):
                variable = scope.declare(name.id, name.span)
                variable.parameter = variable.boxed = True
            case tree.Import(target=target):
                scope.declare(target.id, target.span)
            case tree.For(targets=targets, body=block):
                for name in targets:
                    scope.declare(name.id, name.span).boxed = True
                collect(block.body, scope)
            case tree.While(body=block):
                collect(block.body, scope)
        for block in blocks_of(statement):
            collect(block.body, scope)


def blocks_of(statement: Stmt) -> list[tree.Block]:
    """The blocks inside a statement's expressions that belong to its scope."""
    found: list[tree.Block] = []
    stack: list[tree.Node] = list(expressions_of(statement))
    while stack:
        match stack.pop():
            case tree.Block() as block:
                found.append(block)
            case tree.If(branches=branches, otherwise=otherwise):
                for condition, block in branches:
                    stack.append(condition)
                    found.append(block)
                if otherwise is not None:
                    found.append(otherwise)
            case tree.Lambda():
                pass
            case tree.Comprehension(iterable=iterable):
                stack.append(iterable)
            case node:
                stack += tree.parts(node)
    return found


def expressions_of(statement: Stmt) -> list[Expr]:
    match statement:
        case tree.Assign(value=value) | tree.Update(value=value) | tree.Param(value=value):
            return [value]
        case tree.For(iterable=value) | tree.While(condition=value):
            return [value]
        case tree.Return(value=value):
            return [] if value is None else [value]
        case tree.Define(params=params):
            return [p.default for p in params if p.default is not None]
        case tree.Import() | tree.Break() | tree.Continue():
            return []
        case expression:
            return [expression]


def children(node: object) -> list[Expr]:
    """The direct subexpressions of an expression that opens no scope and no block."""
    match node:
        case tree.Name() | tree.Number():  # most are
            return []
        case tree.Chain(first=first, rest=rest) | tree.Compare(first=first, rest=rest):
            return [first, *[step.operand for step in rest]]
        case tree.Logical(operands=operands):
            return operands
        case tree.Unary(operand=operand):
            return [operand]
        case tree.Call(function=function, arguments=arguments):
            return [function, *[a.value for a in arguments]]
        case tree.Index(value=value, subscripts=subscripts):
            parts: list[Expr] = [value]
            for s in subscripts:
                parts += [p for p in (s.start, s.stop, s.step) if p is not None] if isinstance(s, tree.Slice) else [s]
            return parts
        case tree.Attribute(value=value):
            return [value]
        case tree.Paren(inner=inner):
            return [inner]
        case tree.TupleDisplay(items=items) | tree.ListDisplay(items=items):
            return items
        case tree.Interpolated(parts=parts_):
            return [p.value for p in parts_ if isinstance(p, tree.Hole)]
        case _:
            return []


class Resolution:
    """The pass over one module, and what it found."""

    def __init__(self, is_builtin: Callable[[str], bool], builtin_names: Callable[[], Iterable[str]]) -> None:
        self.is_builtin = is_builtin
        self.builtin_names = builtin_names
        self.diagnostics: list[Diagnostic] = []
        self.differentiates = False  # whether the program can ask for gradients or pictures,
        self.draws = False  # and whether for pictures
        self.unknown: UnknownNames | None = None  # what is said of these, once there is one
        self._shadowed: set[str] = set()

    # ── statements ──

    def statements(self, body: list[Stmt], scope: Scope, place: Place) -> None:
        for statement in body:
            self.statement(statement, scope, place)

    def statement(self, node: Stmt, scope: Scope, place: Place) -> None:
        match node:
            case tree.Import(target=target):
                self.differentiates = True  # the other file may differentiate what it is given
                self.bind(target, scope)
            case tree.Param(name=name, value=value):
                self.expression(value, scope)
                self.bind(name, scope)
            case tree.Define(name=name):
                self.bind(name, scope)
                self.assignable(name, scope, place)
                self.function(node, scope)
            case tree.Assign(targets=targets, value=value):
                self.expression(value, scope)
                for target in targets:
                    if isinstance(target, tree.Name):
                        self.bind(target, scope)
                        self.assignable(target, scope, place, node)
                    else:
                        self.expression(target, scope)
            case tree.Update(target=target, value=value):
                self.expression(value, scope)
                self.update(target, scope)
            case tree.For(targets=targets, iterable=iterable, body=block):
                self.expression(iterable, scope)
                for name in targets:
                    self.bind(name, scope)
                node.is_nested, node.scope = place.loop, scope
                self.statements(block.body, scope, place.in_loop(targets))
            case tree.While(condition=condition, body=block):
                self.expression(condition, scope)
                node.is_nested, node.scope = place.loop, scope
                self.statements(block.body, scope, place.in_loop(()))
            case tree.Return(value=result):
                if not place.returns:
                    why = place.why or "there is no function here to return from"
                    self.error("E0110", "`return` cannot leave from here", node.span, why)
                if result is not None:
                    self.expression(result, scope)
            case tree.Break() | tree.Continue():
                if not place.loop:
                    word = "break" if isinstance(node, tree.Break) else "continue"
                    why = place.why or "there is no loop around it"
                    self.error("E0110", f"`{word}` cannot leave from here", node.span, why)
            case tree.If(branches=branches, otherwise=otherwise):
                for condition, block in branches:
                    self.expression(condition, scope)
                    self.statements(block.body, scope, place)
                if otherwise is not None:
                    self.statements(otherwise.body, scope, place)
            case tree.Block(body=body):
                self.statements(body, scope, place)
            case expression:
                self.expression(expression, scope)

    def bind(self, name: tree.Name, scope: Scope) -> None:
        name.binding = Binding(scope.variables[name.id], 0)

    def assignable(self, name: tree.Name, scope: Scope, place: Place, node: tree.Assign | None = None) -> None:
        variable = scope.variables[name.id]
        if variable.parameter:
            from .mistaken_names import parameter_assigned

            self.diagnostics.append(parameter_assigned(name, variable, node))
        else:
            name.binding.checked = name.id in place.loop_targets

    def update(self, target: tree.Name | tree.Attribute, scope: Scope) -> None:
        if isinstance(target, tree.Attribute):
            self.expression(target, scope)
            return
        self.name(target, scope)
        binding = target.binding
        if (
            binding is not None
            and (binding.depth > 0 or binding.builtin)
            and not (binding.variable and binding.variable.boxed)
        ):
            from .mistaken_names import rebinding

            self.diagnostics.append(rebinding(target, binding.variable))

    def function(self, node: tree.Define | tree.Lambda, outer: Scope) -> None:
        scope = node.scope = Scope("function", outer)
        for p in node.params:
            if p.default is not None:
                self.expression(p.default, outer)
            p.name.binding = Binding(scope.declare(p.name.id, p.name.span), 0)
        collect([node.body], scope)
        for variable in list(scope.variables.values())[len(node.params) :]:
            self.warn_shadow(variable)
        if isinstance(node.body, tree.Block | tree.If):
            self.statement(node.body, scope, Place(returns=True))
        else:
            self.expression(node.body, scope)

    # ── expressions ──

    def expression(self, node: Expr, scope: Scope) -> None:
        match node:
            case tree.Name():
                self.name(node, scope)
            case tree.Number() | tree.Text() | tree.Constant():
                pass
            case tree.Call(arguments=arguments) if any([a.name for a in arguments]) and self.given_twice(arguments):
                pass
            case tree.Attribute(value=value, name=word):
                self.mentioned(word)
                node.binding = self.lookup(word, scope)
                self.expression(value, scope)
            case (
                tree.Chain() | tree.Compare() | tree.Logical() | tree.Unary() | tree.Call() | tree.Index()
                | tree.Paren() | tree.TupleDisplay() | tree.ListDisplay() | tree.Interpolated()
            ):  # fmt: skip
                for child in children(node):
                    self.expression(child, scope)
            case tree.Lambda():
                self.function(node, scope)
            case tree.Comprehension():
                self.comprehension(node, scope)
            case tree.Block(body=body):
                self.statements(body, scope, OPERAND)
            case tree.If(branches=branches, otherwise=otherwise):
                for condition, block in branches:
                    self.expression(condition, scope)
                    self.statements(block.body, scope, OPERAND)
                if otherwise is not None:
                    self.statements(otherwise.body, scope, OPERAND)
            case _:
                assert_never(node)

    def given_twice(self, arguments: list[tree.Argument]) -> bool:
        """Reports names that are given twice."""
        seen: set[str] = set()
        before = len(self.diagnostics)
        for a in arguments:
            if a.name is not None and a.name in seen:
                self.error("E0208", f"`{a.name}` is given twice", a.name_span or a.span, "drop one of them")
            seen.add(a.name or "")
        return len(self.diagnostics) > before

    def comprehension(self, node: tree.Comprehension, outer: Scope) -> None:
        self.expression(node.iterable, outer)
        scope = node.scope = Scope("comprehension", outer)
        for name in node.targets:
            scope.declare(name.id, name.span).boxed = True
        collect([node.body, *([node.condition] if node.condition is not None else [])], scope)
        for name in node.targets:
            self.bind(name, scope)
        if node.condition is not None:
            self.expression(node.condition, scope)
        self.expression(node.body, scope)

    def name(self, node: tree.Name, scope: Scope) -> None:
        node.binding = self.lookup(node.id, scope)
        if node.binding is None:
            if self.unknown is None:
                from .mistaken_names import UnknownNames

                self.unknown = UnknownNames(self.is_builtin, self.builtin_names)
            self.diagnostics.append(self.unknown.told(node, scope))
        elif node.binding.builtin is not None:
            self.mentioned(node.binding.builtin)

    def mentioned(self, word: str) -> None:
        """A builtin, or what may be one behind a dot."""
        self.differentiates |= word in GRAPH_WORDS
        self.draws |= word in PICTURE_WORDS

    def lookup(self, word: str, scope: Scope) -> Binding | None:
        depth = 0
        inner: list[Scope] = []
        at: Scope | None = scope
        while at is not None:
            variable = at.variables.get(word)
            if variable is not None:
                for distance, closure in enumerate(reversed(inner), 1):
                    closure.free[variable] = distance
                    variable.captured |= closure.kind == "function"
                return Binding(variable, depth)
            inner.append(at)
            depth += 1
            at = at.parent
        return Binding(None, 0, word) if self.is_builtin(word) else None

    # ── what it says ──

    def error(self, code: str, message: str, span: Span, *help: str) -> None:
        self.diagnostics.append(Diagnostic(code, message, span, help=list(help)))

    def warn_shadow(self, variable: Variable) -> None:
        if self.is_builtin(variable.name) and variable.span is not None and variable.name not in self._shadowed:
            self._shadowed.add(variable.name)
            self.diagnostics.append(
                Diagnostic(
                    "W0201",
                    f"`{variable.name}` hides the builtin of that name",
                    variable.span,
                    severity="warning",
                    help=[f"from here on `{variable.name}` means this value; another name keeps the builtin in reach"],
                )
            )
