"""What is computed side by side, and where every number is.

Owns `Schedule`: nodes of one operation that do not wait for each other are a
group, which the machine computes as vectors. Its results lie side by side in
memory, so they are stored as they come; what it reads is gathered. A node's
level is one more than the highest of what it reads, so groups run level by
level.

Within a group, nodes are in the order of what they read, that which fewer of
them differ in first: then what they read next to each other often lies next to
each other, too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import LEAF, Graph
from .machine import OPERATIONS
from .sums import Node

HEADER = 5  # numbers that describe a group: operation, first result, results, arguments of each, where they are

Array = Any


class Schedule:
    """
    size     numbers in memory: the constants, what is given, and what is computed
    groups   a row of `HEADER` numbers for each
    indices  what the groups read: for each argument, a place for each result
    place    of every name: place[name], and for constants place[-1], place[-2], … as for any list
    """

    def __init__(self, graph: Graph, nodes: list[Node]) -> None:
        leaves = [name for name, row in enumerate(graph.rows) if row == LEAF]
        known = len(graph.constants)
        count = max([len(graph.rows), *[node.name + 1 for node in nodes]])
        self.place = np.zeros(count + known, np.int32)
        self.place[-1 - np.arange(known)] = np.arange(known)
        self.place[leaves] = known + np.arange(len(leaves))
        self.size = known + len(leaves)
        headers: list[tuple[int, ...]] = []
        indices: list[Array] = []
        at = 0
        for row, arguments, names in self.grouped(nodes, count):
            read = self.place[arguments]
            order = read_order(read)
            read = read[:, order]
            self.place[names[order]] = self.size + np.arange(len(names))
            headers.append((OPERATIONS[row], self.size, len(names), len(read), at))
            indices.append(read.ravel())
            self.size += len(names)
            at += read.size
        self.groups = np.array(headers, np.int32).reshape(-1, HEADER)
        self.indices = np.concatenate([np.zeros(0, np.int32), *indices])

    def grouped(self, nodes: list[Node], count: int) -> list[tuple[str, Array, Array]]:
        """(row, arguments by position and node, names) of each group, by level."""
        levels = [0] * count
        found: dict[tuple[int, str, int], list[Node]] = {}
        for node in nodes:
            _, row, arguments = node
            level = 1 + max([levels[x] for x in arguments if x >= 0], default=0)
            levels[node.name] = level
            key = (level, row, len(arguments))
            if key in found:
                found[key].append(node)
            else:
                found[key] = [node]
        return [
            (row, np.array([n.arguments for n in group]).T, np.array([n.name for n in group]))
            for (_, row, _), group in sorted(found.items())
        ]


def read_order(read: Array) -> Array:
    """The order of a group's nodes, by the first two things that they read."""
    if read.shape[1] < 3:
        return np.arange(read.shape[1])
    first = read[:2]
    if len(first) > 1:
        distinct = [len(np.unique(row)) for row in first]
        if distinct[1] < distinct[0]:
            first = first[::-1]
    return np.lexsort(first[::-1])
