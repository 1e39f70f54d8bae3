"""Where things stand in a tree: what a statement binds, and which block or statement an offset lies in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..syntax import tree
from ..syntax.tree import Node, Stmt, parts

OWN_SCOPE = (tree.Lambda, tree.Comprehension)  # what is bound inside of these is not seen outside


def targets(node: Node) -> list[tree.Name]:
    """The names that a statement binds itself, not by the statements inside of it; none for other parts."""
    match node:
        case tree.Assign(targets=found):
            return [name for name in found if isinstance(name, tree.Name)]
        case tree.Update(target=tree.Name() as name) | tree.Define(name=name) | tree.Param(name=name):
            return [name]
        case tree.Import(target=name):
            return [name]
        case tree.For(targets=names):
            return names
    return []


def own_parts(node: Node) -> Iterator[Node]:
    """A node and all that is inside of it and in its scope."""
    stack = [node]
    while stack:
        part = stack.pop()
        yield part
        if not isinstance(part, (*OWN_SCOPE, tree.Define)):
            stack += parts(part)


def bound_names(node: Stmt) -> list[tree.Name]:
    """All names of its scope that a statement binds, by the statements inside of it, too.

    What an update moves may be no such name: a parameter from outside of the function, or, by mistake, a builtin.
    """
    names = [name for part in own_parts(node) for name in targets(part)]
    return [name for name in names if name.binding.variable is not None and not name.binding.depth]


def has_return(loop: tree.For | tree.While) -> bool:
    """Whether a function may end inside of a loop."""
    return any(isinstance(part, tree.Return) for part in own_parts(loop))


def statements_at(body: Iterable[Stmt], offsets: Iterable[int]) -> set[Stmt]:
    """For each offset, the innermost statement that it lies in."""
    wanted = sorted(offsets)
    found: dict[int, Stmt] = {}
    stack: list[Node] = list(body) if wanted else []
    blocks = {id(node) for node in stack}  # statements: what stands in the body of a block or of the whole
    while stack:
        part = stack.pop()
        span = getattr(part, "span", None)
        inside = [at for at in wanted if span is None or span.start <= at < max(span.end, span.start + 1)]
        if not inside:
            continue
        if id(part) in blocks:
            found.update((at, part) for at in inside)  # type: ignore[misc]
        inner = parts(part)
        if isinstance(part, tree.Block):
            blocks.update(id(node) for node in inner)
        stack += inner
    return set(found.values())


def block_at(body: list[Stmt], offset: int) -> list[Stmt]:
    """The innermost block that an offset lies in, of a whole or below."""
    stack: list[Node] = list(body)
    while stack:
        part = stack.pop()
        span = getattr(part, "span", None)
        if span is None or span.start <= offset < span.end:
            if isinstance(part, tree.Block):
                body, stack = part.body, []
            stack += parts(part)
    return body
