"""Which pass of a repetition stands for all of them, and what goes from one pass to the next.

Owns what the drawing of a repetition by its last pass must know. What is in an
earlier pass is like something in the last one; a value that one pass makes and
the next uses goes around, and is not drawn, or there would be a circle.
"""

from __future__ import annotations

from collections.abc import Sequence

from .nodes import Node
from .repeats import Group, Part, operations

Spot = tuple[tuple[int, int], ...]  # the repetitions that something is in, from the outermost, and in which pass


class Passes:
    """The repetitions of a tree of groups, each known by its block.

    spots   by operation
    last    by repetition, its last pass
    chains  the repetitions whose passes go on from the one before
    """

    def __init__(self, nodes: Sequence[Node], root: Group) -> None:
        self.nodes = nodes
        self.spots: dict[int, Spot] = {}
        self.last: dict[int, int] = {}
        self.like: dict[int, int] = {}  # by operation of an earlier pass, what it is like in a later one
        stack: list[tuple[Part, Spot]] = [(root, ())]
        while stack:
            part, spot = stack.pop()
            if not isinstance(part, Group):
                self.spots[part] = spot
            elif not part.others:
                stack += [(x, spot) for x in part.parts]
            else:
                self.last[part.block.id] = len(part.others)
                for i, passed in enumerate(part.passes):
                    stack += [(x, (*spot, (part.block.id, i))) for x in passed]
                for passed in part.others:
                    self.like |= dict(zip(operations(passed), operations(part.parts), strict=True))
        links = [self.link(i, node.id) for node in nodes for i in node.inputs]
        self.chains = {repeat for repeat in links if repeat is not None}

    def drawn(self, i: int) -> int:
        """The operation that stands for one: the one that it is like in the last passes."""
        while i in self.like:
            i = self.like[i]
        return i

    def link(self, i: int, user: int) -> int | None:
        """The repetition of which an operation is in one pass and an input of it in an earlier one."""
        if i in self.spots:
            for (repeat, one), (other, another) in zip(self.spots[i], self.spots[user], strict=False):
                if repeat != other:
                    break
                if one != another:
                    return repeat
        return None

    def earlier(self, user: int) -> list[tuple[int, int]]:
        """The repetitions of which an operation is not in the last pass, and in which one it is."""
        return [(repeat, i) for repeat, i in self.spots[user] if i != self.last[repeat]]

    def is_told(self, k: int, user: int) -> bool:
        """Whether a leaf is drawn as the k-th input of an operation.

        Of what earlier passes use, only what a chain begins with is.
        """
        earlier = self.earlier(user)
        if not earlier:
            return True
        if any(i for _, i in earlier) or self.nodes[self.nodes[user].inputs[k]].kind == "constant":
            return False
        like = self.drawn(user)
        inputs = self.nodes[like].inputs
        return k < len(inputs) and self.link(inputs[k], like) is not None
