"""Makes the tree while the parser reads: one method for each named alternative of the grammar.

Owns how nodes are put together, and the checks that need a node rather than a
token: what may stand left of `=`, what parameters look like, how deep the tree
is. Knows tokens and nodes, not the resolver. Invariants: every span runs from
the start of the first child to the end of the last; chains of one precedence
level are flat; no path through the tree is longer than `NESTING_LIMIT`.

Why no tree of the grammar's rules first: methods that the parser calls need no
recursion, so a sum of 100,000 terms parses, and half the objects are never made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar

from ..diagnostics import Diagnostic, GradlangError, Label
from ..source import Source, Span
from . import tree
from .targets import check_target, definition_parameters, lambda_parameters
from .tokens import Token

Children = list[Any]  # tokens, nodes, and lists of these
N = TypeVar("N", bound=Any)
LOGICAL: dict[str, Literal["and", "or"]] = {"and": "and", "or": "or"}
UNARY: dict[str, Literal["-", "+", "not"]] = {"-": "-", "+": "+", "not": "not"}
LEVELS = {"+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "%": 2, "@": 2, "**": 3}


class Builder:
    """What one parse knows; `read_hole` parses the expression between two offsets."""

    def __init__(self, read_hole: Callable[[int, int], tree.Expr | None]) -> None:
        self.read_hole = read_hole
        self.begin(Source(""))

    def begin(self, source: Source, nesting: int | None = None) -> None:
        self.source = source
        self.deepest = tree.NESTING_LIMIT if nesting is None else min(nesting, tree.NESTING_LIMIT)
        self.errors: list[Diagnostic] = []
        self.heights: dict[Any, int] = {}  # of every node that is not a leaf; nodes hash by identity

    # ── spans and heights ────────────────────────────────────────────────────

    def span(self, first: Any, last: Any) -> Span:
        start = first.start_pos if type(first) is Token else first.span.start
        end = last.end_pos if type(last) is Token else last.span.end
        return Span(self.source, start, end)

    def whole(self, children: Children) -> Span:
        return self.span(children[0], children[-1])

    def of(self, token: Token) -> Span:
        return Span(self.source, token.start_pos, token.end_pos)

    def nest(self, node: N, parts: Iterable[Any]) -> N:
        """The node, now that it is known to lie over these parts."""
        height = self.highest(parts) + 1
        if height > self.deepest:
            raise GradlangError([too_deep(node.span, limit=self.deepest)])
        self.heights[node] = height
        return node

    def carry(self, node: N, parts: Iterable[Any]) -> N:
        """The same for a node that is only a part of another, or a statement: it adds no level of its own."""
        self.heights[node] = self.highest(parts)
        return node

    def highest(self, parts: Iterable[Any]) -> int:
        highest = 0
        heights = self.heights
        for part in parts:
            if part in heights and heights[part] > highest:
                highest = heights[part]
        return highest

    def report(self, error: Diagnostic) -> None:
        self.errors.append(error)

    # ── statements ───────────────────────────────────────────────────────────

    def start(self, children: Children) -> list[tree.Stmt]:
        return [child for child in children if type(child) is not Token]

    def block(self, children: Children) -> tree.Block:
        body = self.start(children)
        return self.nest(tree.Block(self.whole(children), body), body)

    def import_(self, children: Children) -> tree.Import:
        module = self.name(children[1:2])
        target = self.name(children[3:]) if len(children) > 2 else module
        return tree.Import(self.whole(children), module, target)

    def param(self, children: Children) -> tree.Param:
        _, name, _, value = children
        return self.carry(tree.Param(self.whole(children), self.name([name]), value), [value])

    def assign(self, children: Children) -> tree.Assign | tree.Define:
        left, _, value = children
        span = self.whole(children)
        doc = comment_above(self.source.text, span.start)
        if isinstance(left, tree.Call) and isinstance(left.function, tree.Name):
            params = definition_parameters(left, self.report)
            defaults = [param.default for param in params]
            return self.carry(tree.Define(span, left.function, params, value, doc), [*defaults, value])
        targets: Children = left.items if isinstance(left, tree.TupleDisplay) else [left]
        for target in targets:
            check_target(target, self.report)
        return self.carry(tree.Assign(span, targets, value, doc), [*targets, value])

    def update(self, children: Children) -> tree.Update:
        target, op, value = children
        check_target(target, self.report, update=True)
        node = tree.Update(self.whole(children), target, op[0], self.of(op), value)
        return self.carry(node, [target, value])

    def names(self, children: Children) -> list[tree.Name]:
        return [self.name([child]) for child in children[::2]]

    def for_(self, children: Children) -> tree.For:
        _, names, _, iterable, body = children
        return self.carry(tree.For(self.whole(children), names, iterable, body), [iterable, body])

    def while_(self, children: Children) -> tree.While:
        _, condition, body = children
        return self.carry(tree.While(self.whole(children), condition, body), [condition, body])

    def return_(self, children: Children) -> tree.Return:
        value = children[1] if len(children) > 1 else None
        return self.carry(tree.Return(self.whole(children), value), [value])

    def break_(self, children: Children) -> tree.Break:
        return tree.Break(self.whole(children))

    def continue_(self, children: Children) -> tree.Continue:
        return tree.Continue(self.whole(children))

    # ── atoms ────────────────────────────────────────────────────────────────

    def number(self, children: Children) -> tree.Number:
        return tree.Number(self.of(children[0]), float(children[0].replace("_", "")))

    def string(self, children: Children) -> tree.Text | tree.Interpolated:
        (token,) = children
        span = self.of(token)
        if token[0] == "f":
            return self._interpolated(span)
        if "\\" not in token:
            return tree.Text(span, token[1:-1])
        from .strings import unescape

        return tree.Text(span, unescape(self.source, span.start + 1, span.end - 1, self.report))

    def _interpolated(self, span: Span) -> tree.Interpolated:
        from .strings import interpolation

        parts: list[str | tree.Hole] = []
        for piece in interpolation(self.source, span.start + 2, span.end - 1, self.report):
            if isinstance(piece, str):
                parts.append(piece)
            elif value := self.read_hole(piece.start, piece.end):
                parts.append(self.carry(tree.Hole(piece.span, value, piece.format), [value]))
        return self.nest(tree.Interpolated(span, parts), parts)

    def name(self, children: Children) -> tree.Name:
        return tree.Name(self.of(children[0]), str(children[0]))

    def constant(self, children: Children) -> tree.Constant:
        return tree.Constant(self.of(children[0]), str(children[0]))  # type: ignore[arg-type]

    def paren(self, children: Children) -> tree.Paren:
        return self.nest(tree.Paren(self.whole(children), children[1]), children[1:2])

    def tuple(self, children: Children) -> tree.TupleDisplay:
        items = children[::2]
        return self.nest(tree.TupleDisplay(self.whole(children), items), items)

    def list(self, children: Children) -> tree.ListDisplay:
        items = children[1:-1:2]
        return self.nest(tree.ListDisplay(self.whole(children), items), items)

    def comprehension(self, children: Children) -> tree.Comprehension:
        _, body, _, names, _, iterable, *rest = children
        condition = rest[1] if len(rest) > 1 else None
        node = tree.Comprehension(self.whole(children), body, names, iterable, condition)
        return self.nest(node, [body, iterable, condition])

    # ── calls, subscripts, attributes ────────────────────────────────────────

    def call(self, children: Children) -> tree.Call:
        function = children[0]
        arguments = children[2] if len(children) == 4 else []
        return self.nest(tree.Call(self.whole(children), function, arguments), [function, *arguments])

    def args(self, children: Children) -> Children:
        return [self._argument(child) for child in children[::2]]

    def _argument(self, value: Any) -> tree.Argument:
        if isinstance(value, tree.Argument):
            return value
        return self.carry(tree.Argument(value.span, None, None, value), [value])

    def named(self, children: Children) -> tree.Argument:
        name, _, value = children
        return self.carry(tree.Argument(self.whole(children), str(name), self.of(name), value), [value])

    def index(self, children: Children) -> tree.Index:
        value, subscripts = children[0], children[2:-1:2]
        return self.nest(tree.Index(self.whole(children), value, subscripts), [value, *subscripts])

    def slice(self, children: Children) -> tree.Slice:
        bounds: list[tree.Expr | None] = [None]
        for child in children:
            if type(child) is Token:
                bounds.append(None)
            else:
                bounds[-1] = child
        start, stop, step = [*bounds, None][:3]
        return self.carry(tree.Slice(self.whole(children), start, stop, step), bounds)

    def attribute(self, children: Children) -> tree.Attribute:
        value, _, name = children
        return self.nest(tree.Attribute(self.whole(children), value, str(name), self.of(name)), [value])

    # ── operators ────────────────────────────────────────────────────────────

    def binary(self, children: Children) -> tree.Chain:
        left, op, right = children
        step = self._operation(op, right)
        if isinstance(left, tree.Chain) and LEVELS[left.rest[0].op] == LEVELS[op] != LEVELS["**"]:
            return self._extend(left, left.rest, step)
        return self.nest(tree.Chain(self.whole(children), left, [step]), [left, right])

    def compare(self, children: Children) -> tree.Compare:
        first, *rest = children
        steps = [self._operation(op, operand) for op, operand in zip(rest[::2], rest[1::2], strict=True)]
        return self.nest(tree.Compare(self.whole(children), first, steps), children[::2])

    def logical(self, children: Children) -> tree.Logical:
        left, op, right = children
        if isinstance(left, tree.Logical) and left.op == op:
            return self._extend(left, left.operands, right)
        return self.nest(tree.Logical(self.whole(children), LOGICAL[op], [left, right]), [left, right])

    def _operation(self, op: Token, operand: tree.Expr) -> tree.Operation:
        return self.carry(tree.Operation(self.of(op), str(op), operand), [operand])

    def _extend(self, chain: N, parts: Children, part: Any) -> N:
        """One more part at the end of a chain, in place: a long sum stays linear."""
        parts.append(part)
        chain.span.end = (part.operand if isinstance(part, tree.Operation) else part).span.end
        height = self.heights[chain]
        self.nest(chain, [part])
        self.heights[chain] = max(height, self.heights[chain])
        return chain

    def unary(self, children: Children) -> tree.Unary:
        op, operand = children
        return self.nest(tree.Unary(self.whole(children), UNARY[op], operand), [operand])

    def lambda_(self, children: Children) -> tree.Lambda:
        left, _, body = children
        return self.nest(tree.Lambda(self.whole(children), lambda_parameters(left, self.report), body), [body])

    def if_(self, children: Children) -> tree.If:
        branches: list[tuple[tree.Expr, tree.Block]] = []
        otherwise: tree.Block | None = None
        words = [child for child in children if type(child) is not Token]
        if len(words) % 2:
            otherwise = words[-1]
        branches = list(zip(words[0::2], words[1::2], strict=False))
        return self.nest(tree.If(self.whole(children), branches, otherwise), words)


def comment_above(text: str, start: int) -> str:
    """The block of comment lines directly above the line on which a statement starts, without its `# `."""
    line_start = text.rfind("\n", 0, start) + 1
    if text[line_start:start].strip():
        return ""  # something stands before the statement on its line
    lines: list[str] = []
    while line_start:
        above = text.rfind("\n", 0, line_start - 1) + 1
        line = text[above : line_start - 1].strip()
        if not line.startswith("#") or (above == 0 and line.startswith("#!")):
            break
        lines.append(line[1:].removeprefix(" "))
        line_start = above
    return "\n".join(reversed(lines))


def too_deep(span: Span, *labels: Label, limit: int = tree.NESTING_LIMIT) -> Diagnostic:
    return Diagnostic(
        "E0103",
        f"this is nested more than {limit} levels deep",
        span,
        labels=list(labels),
        help=[
            "name the inner parts, and build the rest from the names",
            *(["`--limit-nesting` allows more"] if limit < tree.NESTING_LIMIT else []),
        ],
    )
