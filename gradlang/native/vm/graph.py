"""A pass as a graph of single numbers: nodes in the order in which they are computed.

Owns `Graph`: which operation makes a number of which others. A number is named
by a whole one: nodes and leaves count up from 0, constants count down from -1,
so that what is known already is known by its sign.

Nodes are rows of the table that are elementwise (truths are the numbers 1 and
0), and besides them:

    sum    of any number of numbers
    dot    of pairs: a * b + c * d + …
    take   the number at a position that is computed, of those that follow it

Invariants: a node comes after what it reads; nothing is a node that is known
already or that another number is equal to without computing (x + 0, x * 1).
x + 0 is x here, so a zero may keep the minus sign that the interpreter's loses.
"""

from __future__ import annotations

import math

from ...engine.ops import TABLE
from ...engine.value import Data

LEAF = ""
TRUTHS = frozenset(("and", "or", "not"))  # rows whose inputs are truths throughout

Arguments = tuple[int, ...]


class Graph:
    """
    rows, arguments   of every node; LEAF and () for what is given
    constants         the known numbers: -1 is the first, -2 the second, …
    """

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.arguments: list[Arguments] = []
        self.constants: list[float] = []
        self.known: dict[tuple[float, float] | str, int] = {}
        self.zero = self.constant(0.0)
        self.one = self.constant(1.0)
        self.minus_one = self.constant(-1.0)

    def constant(self, x: Data) -> int:
        number = float(x)
        key = (number, math.copysign(1.0, number)) if number == number else "nan"
        name = self.known.get(key)
        if name is None:
            self.constants.append(number)
            name = self.known[key] = -len(self.constants)
        return name

    def value(self, constant: int) -> float:
        return self.constants[-1 - constant]

    def leaves(self, count: int) -> list[int]:
        """Numbers that are given."""
        start = len(self.rows)
        self.rows += [LEAF] * count
        self.arguments += [()] * count
        return list(range(start, start + count))

    def node(self, row: str, *arguments: int) -> int:
        """What a row makes of some numbers."""
        if min(arguments) < 0:
            same = self.simpler(row, arguments)
            if same is not None:
                return same
        self.rows.append(row)
        self.arguments.append(arguments)
        return len(self.rows) - 1

    def sums(self, left: list[int], right: list[int]) -> list[int]:
        """The row `add`, number by number. Most of what is added up in a backward pass are the zeros of scattering."""
        zero, node = self.zero, self.node
        return [y if x == zero else x if y == zero else node("add", x, y) for x, y in zip(left, right, strict=True)]

    def simpler(self, row: str, arguments: Arguments) -> int | None:
        """The number that a row of some constants is without computing."""
        if row == "add":
            x, y = arguments
            if x == self.zero or y == self.zero:
                return y if x == self.zero else x
        elif row == "mul":
            x, y = arguments
            if x == self.one or y == self.one:
                return y if x == self.one else x
        elif row == "where" and arguments[0] < 0:
            return arguments[1] if self.value(arguments[0]) else arguments[2]
        elif row in ("sub", "div") and arguments[1] == (self.zero if row == "sub" else self.one):
            return arguments[0]
        if max(arguments) >= 0 or row == "take":
            return None
        return self.constant(evaluated(row, [self.value(x) for x in arguments]))

    def sum(self, numbers: list[int]) -> int:
        """The sum of some numbers."""
        terms = [x for x in numbers if x != self.zero]
        if len(terms) < 2:
            return terms[0] if terms else self.zero
        if len(terms) == 2 or max(terms) < 0:
            total = terms[0]
            for x in terms[1:]:
                total = self.node("add", total, x)
            return total
        self.rows.append("sum")
        self.arguments.append(tuple(terms))
        return len(self.rows) - 1

    def dot(self, pairs: list[int]) -> int:
        """The sum of the products of pairs."""
        if len(pairs) == 2:
            return self.node("mul", *pairs)
        if not pairs:
            return self.zero
        self.rows.append("dot")
        self.arguments.append(tuple(pairs))
        return len(self.rows) - 1

    def tree(self, row: str, numbers: list[int]) -> int:
        """Some numbers joined by a row of two inputs, in pairs, pairs of pairs and so on."""
        while len(numbers) > 1:
            odd = numbers[-1:] if len(numbers) % 2 else []
            numbers = [self.node(row, x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=False)] + odd
        return numbers[0]


def evaluated(row: str, numbers: list[float]) -> float:
    """A row on numbers that are known."""
    given: list[Data] = list(numbers)
    if row in TRUTHS:
        given = [x != 0.0 for x in numbers]
    elif row == "where":
        given[0] = numbers[0] != 0.0
    return float(TABLE[row].evaluate(given, None))
