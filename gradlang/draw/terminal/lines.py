"""A graph drawn in a terminal: one value a line, the root on top, inputs below their users.

Owns the words of a line (name, operation, data, gradient) and their columns;
`rails` draws what stands left of them. Rails may take about a third of the
width: inputs for which there is no room are said, by name or by a number
(`· + (5)`). Literals are always said (`· * 2`), named inputs too; `·` is an
input that only its rail shows.

Invariants: every value but a literal has its line, and only one; no line is
wider than the width; the same graph gives the same drawing in every run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from ...engine.printing import show
from ...engine.value import Data, Value, shape_of, shape_text
from ..forms.dot import summary
from ..formulas.notation import Formula, number, written
from ..pictures.nodes import Node, nodes_of
from .fragments import Fragments, fitted, plain, width_of
from .rails import MANY, Line, drawing_order, rail_lines, unrailed

LEAST_RAILS = 3  # so many there are however narrow the terminal is
NAME, OPERATION, DATA, GRADIENT = range(4)
CUTS = ((OPERATION, 12), (NAME, 10), (OPERATION, 8), (NAME, 6))  # what is cut, to how much, until all fits
ANY = Formula("·")
PLAIN = str.maketrans({"…": "..", "—": "-", "·": "_", "×": "x"})


class Style(NamedTuple):
    """The characters of a drawing besides its rails."""

    unicode: bool
    dots: dict[str, str]
    ellipsis: str

    def text(self, text: str) -> str:
        return text if self.unicode else text.translate(PLAIN)


PRETTY = Style(True, {"operation": "●", "parameter": "◆", "leaf": "○", "constant": "○"}, "…")
ASCII = Style(False, dict.fromkeys(PRETTY.dots, "o"), "..")


def graph_lines(root: Value, width: int, height: int | None, unicode: bool = True) -> Fragments:
    """The graph of a value in lines of at most `width` columns.

    Beyond `height` lines it is cut, and the last line says how many values are not shown.
    """
    graph = Graph(nodes_of([root]), max(LEAST_RAILS, width // 8), height)
    style = PRETTY if unicode else ASCII
    kinds = [style.dots[n.kind] for n in graph.nodes]
    drawn = rail_lines(graph.order, graph.inputs, graph.given_up, kinds, unicode)
    lines = list(islice(drawn, None if height is None else height + 1))
    table = Table(graph, lines, width, style)
    heading = table.heading if height is None or height > 2 else []
    if height is not None and len(lines) + bool(heading) > height:
        lines = lines[: max(height - 1 - bool(heading), 0)]
    text = heading + [piece for line in lines for piece in table.line(line)]
    left = len(graph.nodes) - sum([line.node is not None for line in lines])
    if left and height != 0:
        words = style.text(f"… {left:,} more value{'' if left == 1 else 's'}")
        text += [*fitted([("muted", words)], width, style.ellipsis), ("", "\n")]
    return text


class Graph:
    """The nodes that have lines, in order, and what the others call them.

    all    every node, by id                 place     the position in `nodes` of an id
    nodes  without literals, inputs first    inputs    positions
    order  positions, from above to below    given_up  those that no rail leads to
    """

    def __init__(self, nodes: list[Node], rails: int, height: int | None) -> None:
        self.all = nodes
        self.nodes = [n for n in nodes if n is nodes[-1] or not is_literal(n)]
        self.place = {n.id: i for i, n in enumerate(self.nodes)}
        self.inputs = [[self.place[x] for x in n.inputs if x in self.place] for n in self.nodes]
        self.order = drawing_order(self.inputs)
        self.given_up = unrailed(self.order, self.inputs, rails, len(nodes) if height is None else height)
        self.marks = self.numbered()

    def numbered(self) -> dict[int, str]:
        """`(1)`, `(2)`, … from above to below, for given up values that no name of their own tells from others."""
        names = Counter([n.name for n in self.nodes if n.name])
        marks: dict[int, str] = {}
        for n in self.order if self.given_up else ():
            for x in self.inputs[n]:
                if x in self.given_up and x not in marks and names[self.nodes[x].name] != 1:
                    marks[x] = f"({len(marks) + 1})"
        return marks

    def operation(self, node: Node) -> str:
        """The operation as nodes say it, with the inputs that have something to be called by."""
        inputs = [self.place.get(x) for x in node.inputs]
        if len(inputs) > MANY and not any([x is None or x in self.given_up for x in inputs]):
            return node.op
        operands = [self.operand(x) for x in node.inputs]
        return node.op if all([x is ANY for x in operands]) else written(node.op, operands).text

    def operand(self, id: int) -> Formula:
        node, place = self.all[id], self.place.get(id)
        if place is None:
            return number(node.data)
        called = self.marks.get(place, node.name)
        return Formula(called) if called else ANY


def is_literal(node: Node) -> bool:
    """Whether operations say this number, and it has no line."""
    return node.kind == "constant" and not node.name and node.shape == ()


# ── words ────────────────────────────────────────────────────────────────────


class Table:
    """The columns of the words, as wide as these lines need them and the terminal lets them be.

    Where there is little room, tensors are told by shape and mean alone; then the
    words go into a heading; then operations and names are cut; then data is left out.
    """

    def __init__(self, graph: Graph, lines: Sequence[Line], width: int, style: Style) -> None:
        self.graph = graph
        self.style = style
        self.width = width
        self.rails = max([len(line.rails) for line in lines], default=0)
        self.numbers = all([n.shape == () for n in graph.nodes])  # then they are aligned at the right
        values = [line for line in lines if line.node is not None]
        for self.short, self.headed in ((False, False), (True, False), (True, True)):
            self.gap = 1 if self.headed else 2
            rows = [self.cells(line) for line in values] + [self.headings()] * self.headed
            natural = [max([width_of(plain(row[c])) for row in rows], default=0) for c in range(4)]
            if self.fits(natural):
                break
        self.widths = self.narrowed(natural)
        self.heading = self.row("", self.headings()) if self.headed and any(self.widths[DATA:]) else []

    def headings(self) -> list[Fragments]:
        data, gradient = ("data", "grad") if self.numbers else ("shape", "mean grad")
        return [[], [], [("heading", data)], [("heading", gradient)]]

    def fits(self, widths: Sequence[int]) -> bool:
        return self.rails + sum([w + self.gap for w in widths if w]) <= self.width

    def narrowed(self, natural: Sequence[int]) -> list[int]:
        """The columns' widths; a column of width 0 is not there."""
        for without in ((), (DATA,), (DATA, GRADIENT)):
            widths = [0 if c in without else w for c, w in enumerate(natural)]
            for c, least in CUTS:
                over = self.rails + sum([w + self.gap for w in widths if w]) - self.width
                widths[c] -= min(max(over, 0), max(widths[c] - least, 0))
            if self.fits(widths):
                break
        return widths

    def line(self, line: Line) -> Fragments:
        if line.node is None:
            return [*fitted([("muted", line.rails)], self.width, self.style.ellipsis), ("", "\n")]
        return self.row(line.rails, self.cells(line))

    def row(self, rails: str, cells: list[Fragments]) -> Fragments:
        words: Fragments = [("muted", rails.ljust(self.rails))]
        for c, (cell, width) in enumerate(zip(cells, self.widths, strict=True)):
            if width:
                shown = fitted(cell, width, self.style.ellipsis)
                space = ("", " " * (width - width_of(plain(shown))))
                at_right = self.numbers and c >= DATA
                words += [("", " " * self.gap), *([space, *shown] if at_right else [*shown, space])]
        while words and not words[-1][1].strip():
            words.pop()
        return [*fitted(words, self.width, self.style.ellipsis), ("", "\n")]

    def cells(self, line: Line) -> list[Fragments]:
        """Name, operation, data and gradient of a value."""
        assert line.node is not None
        node = self.graph.nodes[line.node]
        mark = self.graph.marks.get(line.node, "")
        name = [("muted", f"×{line.times}" if line.times else ""), ("muted", mark), ("name", node.name)]
        operation = ("operator", self.graph.operation(node)) if node.op else ("muted", "")
        data = shape_text(node.shape) if self.short and node.shape else numeral(node.data, False)
        cells = [name, [operation], [("number", data)], self.gradient(node)]
        if node.shape and not self.short:
            name.append(("muted", shape_text(node.shape)))
        if node.kind == "parameter":
            cells[OPERATION] = [("muted", "param")]
        return [spaced([(role, self.style.text(text)) for role, text in cell if text]) for cell in cells]

    def gradient(self, node: Node) -> Fragments:
        if node.kind == "constant":  # has none, ever
            return []
        if node.grad is None:
            shown = ("muted", "—")
        else:
            shown = ("gradient", numeral(node.grad, self.short).removeprefix("mean " if self.headed else ""))
        return [shown] if self.headed else [("muted", "grad"), shown]


def numeral(data: Data, short: bool) -> str:
    """One number, or a tensor summed up in one line."""
    if short and shape_of(data) and data.size:
        return f"mean {show(float(data.mean()))}"
    return summary(data).replace("\n", ", ")


def spaced(cell: Fragments) -> Fragments:
    """The pieces of a cell with a space between."""
    return [piece for at in range(len(cell)) for piece in ([("", " ")] if at else []) + [cell[at]]]
