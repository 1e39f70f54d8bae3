"""Cards: what stands on the box of a node, and where.

Owns the lines of a card and its size, so that every picture that draws cards
draws the same ones. Knows nothing of formats: a line has a role, a place and a
text; how a role looks is the picture's matter.

Invariants: every text fits its card in any monospaced font; a text has nothing
in it that cannot be seen; a gradient that no backward has reached is "—", and a
constant has none.

Why monospaced: the width of a text must be known here, without any font, for
readers with other fonts. In such fonts a cell is 0.6 of the size wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from ...engine.table import Row
from ...engine.value import Data, shape_text
from ..pictures.nodes import Node
from .dot import summary

Role = Literal["op", "name", "shape", "label", "data", "grad", "more"]

TITLE, TEXT = 12.0, 11.0  # sizes of the first line and of the others
CELL = 0.605  # width of a character by its size
LINE = 14.0  # from line to line
PAD = 7.0
CHIP_PAD = 5.0
CHIP_HEIGHT = 16.0
SPACE = 6.0  # between the parts of the first line
LONGEST = 26  # characters of one text
ROOM = 8  # characters that a number has room for, whatever it is now
MARKS = {"parameter": "param", "leaf": "leaf", "constant": "const"}  # said where others have their operation


class Line(NamedTuple):
    """A text; `x` is its end where `is_right`, and `y` its base line."""

    role: Role
    x: float
    y: float
    text: str
    is_right: bool = False


@dataclass(slots=True)
class Card:
    """A box of a size with its lines. `chip` is the width of the chip behind the first line's operation, or 0.

    kind    that of the node
    family  of operations: a group of the table, or empty
    """

    kind: str
    family: str
    width: float
    height: float
    chip: float
    lines: list[Line]


def card(node: Node) -> Card:
    """The card of a node: operation, name and shape, then data and gradient."""
    if node.kind == "constant" and not node.shape and not node.name:
        return literal(node)
    mark = shortened(visible(node.op)) or MARKS.get(node.kind, "")
    chip = round(cells(mark) * TEXT * CELL + 2 * CHIP_PAD, 1)
    lines = [Line("op", PAD - 2 + CHIP_PAD, 16.0, mark)]
    x = PAD - 2 + chip + SPACE
    for role, text, size in (
        ("name", "" if node.kind == "module" and node.name == node.op else shortened(visible(node.name)), TITLE),
        ("shape", shape_text(node.shape) if node.shape else "", TEXT),
    ):
        if text:
            lines.append(Line(role, round(x, 1), 16.0, text))  # type: ignore[arg-type]
            x += cells(text) * size * CELL + SPACE
    rows = [*rows_of("data", node.data)]
    if node.kind != "constant":
        rows += rows_of("grad", node.grad)
    room = max([cells(text) for _, text in rows] + [ROOM])
    width = max(x - SPACE + PAD, 2 * PAD + (len("data ") + room) * TEXT * CELL)
    if node.cut:
        rows.append(("more", "1 input not shown" if node.cut == 1 else f"{node.cut:,} inputs not shown"))
        width = max(width, 2 * PAD + cells(rows[-1][1]) * TEXT * CELL)
    width = round(width, 1)
    y, above = 20.0, ""
    for role, text in rows:
        y += LINE
        if role == "more":
            lines.append(Line("more", PAD, y, text))
            continue
        if role != above:
            lines.append(Line("label", PAD, y, role))
        lines.append(Line(role, round(width - PAD, 1), y, text, True))
        above = role
    below = 8.0 if node.kind == "module" else 6.0  # there is a second frame in that of a module
    return Card(node.kind, family(node), width, y + below, chip, lines)


def literal(node: Node) -> Card:
    """A number that nobody named is only that."""
    text = visible(summary(node.data))
    width = round(2 * PAD + max(cells(text), 1) * TEXT * CELL, 1)
    return Card(node.kind, "", width, 20.0, 0.0, [Line("data", round(width - PAD, 1), 14.0, text, True)])


def rows_of(role: Role, data: Data) -> list[tuple[Role, str]]:
    text = "—" if data is None else summary(data)
    return [(role, shortened(visible(line), 2 * LONGEST)) for line in text.split("\n")]


def family(node: Node) -> str:
    """The group of the table that an operation is in."""
    row = node.value.op if node.value is not None and node.kind == "operation" else None
    return row.group if isinstance(row, Row) else ""


# ── texts ────────────────────────────────────────────────────────────────────


def visible(text: str) -> str:
    """Text on one line, in which what cannot be seen is spelt out."""
    return text if text.isprintable() else "".join([c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text])


def shortened(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def cells(text: str) -> int:
    """How many characters wide a text is: those of East Asia, and signs a font may lack, are wide."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum([0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text])
