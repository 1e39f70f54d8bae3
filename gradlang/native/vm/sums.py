"""Sums of sums and products as one node each.

Owns `fused`, from a graph to its `Work`: what is needed of it, in which sums,
differences, negatives and products that nobody else reads have become terms of
the sum that reads them. A training step written number by number is mostly
such: a neuron's sum, and the hundred contributions to a gradient, each added
to the one before. So those are not a hundred steps one after the other.

The terms are added in another order than the interpreter's, and products are
not rounded before they are added where the processor has such an instruction:
results are the same to rounding.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .graph import LEAF, Arguments, Graph

LINEAR = frozenset(("add", "sub", "neg", "sum", "dot", "mul"))
LONGEST = 64  # terms of one sum; longer ones are sums of sums


class Node(NamedTuple):
    """One number to compute."""

    name: int
    row: str
    arguments: Arguments


class Fusion:
    def __init__(self, graph: Graph, results: Iterable[int]) -> None:
        self.graph = graph
        self.uses = [0] * len(graph.rows)
        for name in results:
            if name >= 0:
                self.uses[name] += 2  # a result is no term of another sum
        self.count_uses()
        self.is_needed = bytearray(len(graph.rows))
        for name in results:
            if name >= 0:
                self.is_needed[name] = True
        self.fresh = len(graph.rows)  # names of the parts of long sums
        self.made: list[Node] = []  # in reverse

    def count_uses(self) -> None:
        """How often each number is read by those that a result needs."""
        uses, arguments = self.uses, self.graph.arguments
        for name in range(len(uses) - 1, -1, -1):
            if uses[name]:
                for x in arguments[name]:
                    if x >= 0:
                        uses[x] += 1

    def nodes(self) -> list[Node]:
        """What is needed, in an order in which it can be computed."""
        rows, is_needed, made = self.graph.rows, self.is_needed, self.made
        for name in range(len(rows) - 1, -1, -1):
            if not is_needed[name] or rows[name] == LEAF:
                continue
            row, arguments = rows[name], self.graph.arguments[name]
            if row in LINEAR and row != "mul":
                self.sum(name)
            else:
                made.append(Node(name, row, arguments))
                for x in arguments:
                    if x >= 0:
                        is_needed[x] = True
        made.reverse()
        return made

    def sum(self, name: int) -> None:
        """Collects the terms of a sum, and writes the node."""
        pairs = self.terms(name)
        one = self.graph.one
        if all([y == one for y in pairs[1::2]]):
            self.write(name, "sum", pairs[::2], 1)
        else:
            self.write(name, "dot", pairs, 2)
        for x in pairs:
            if x >= 0:
                self.is_needed[x] = True

    def terms(self, root: int) -> list[int]:
        """The pairs whose products add up to a number, in the order in which the interpreter adds them."""
        graph, uses = self.graph, self.uses
        rows, arguments, one, minus_one = graph.rows, graph.arguments, graph.one, graph.minus_one
        pairs: list[int] = []
        stack = [(root, False)]
        while stack:
            name, is_negative = stack.pop()
            row = rows[name] if name >= 0 else LEAF
            given = arguments[name] if name >= 0 else ()
            if row == "mul" and not is_negative and not self.is_needed[name]:
                pairs += given
            elif row in LINEAR and row != "mul" and (name == root or uses[name] == 1):
                if row == "dot":
                    if is_negative:
                        pairs += (name, minus_one)
                    else:
                        pairs += given
                elif row == "neg":
                    stack.append((given[0], not is_negative))
                elif row == "sub":
                    stack += ((given[1], not is_negative), (given[0], is_negative))
                else:
                    stack += [(x, is_negative) for x in reversed(given)]
            else:
                pairs += (name, minus_one if is_negative else one)
        return pairs

    def write(self, name: int, row: str, terms: list[int], width: int) -> None:
        """A node of some terms, each of `width` arguments; of parts that are added up where it would be long."""
        count = len(terms) // width
        if count <= LONGEST:
            self.made.append(Node(name, row, tuple(terms)))
            return
        parts = -(-count // LONGEST)
        size = -(-count // parts) * width
        names = list(range(self.fresh, self.fresh + -(-len(terms) // size)))
        self.fresh += len(names)
        self.write(name, "sum", names, 1)
        for part, start in zip(names, range(0, len(terms), size), strict=True):
            self.made.append(Node(part, row, tuple(terms[start : start + size])))


def fused(graph: Graph, results: Iterable[int]) -> list[Node]:
    """What is to be computed for some numbers of a graph, in order."""
    return Fusion(graph, list(results)).nodes()
