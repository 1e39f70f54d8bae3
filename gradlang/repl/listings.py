"""What a session holds, as tables: `:vars` and `:grads`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..analysis.help.descriptions import brief, gradient
from ..draw.forms.dot import FEW, summary
from ..draw.terminal.fragments import Fragments, fitted, width_of
from ..engine import autodiff
from ..engine.printing import show
from ..engine.value import Box, Data, Value
from ..language.builtins.learning import boxes_of
from ..language.values import Function, List, Model

Row = Sequence[tuple[str, str]]  # a role and a text for each column


def variables(names: Mapping[str, Any], width: int) -> Fragments:
    """Every name: what it stands for, and its gradient."""
    rows = [[("name", name), ("", described(x)), ("gradient", gradient_text(x))] for name, x in names.items()]
    return table(rows, width)


def described(x: Any) -> str:
    x_value = x.value if x.__class__ is Box else x
    if x_value.__class__ is Value and x_value.shape:
        return f"{brief(x)}  {in_line(x_value.data)}"
    if isinstance(x, Model):
        count = sum(box.value.data.size if box.value.shape else 1 for box in x.boxes)
        return f"{brief(x)}  {count:,} parameters"
    return brief(x)


def gradient_text(x: Any) -> str:
    grad = gradient(x)
    return "" if grad is None else f"grad {in_line(grad)}"


def in_line(data: Data) -> str:
    return " ".join(summary(data).split("\n"))


# ── gradients ────────────────────────────────────────────────────────────────


def gradients(names: Mapping[str, Any], root: Value | None, width: int) -> Fragments:
    """Every leaf with a gradient: its value, the gradient, and whether the last backward gave it."""
    reached = set(autodiff.topological(root)) if root is not None else set()
    boxes = {v.op for v in reached if v.op.__class__ is Box}
    rows: list[Row] = []
    for name, leaf in leaves(names):
        grad = gradient(leaf)
        if grad is not None:
            earlier = "" if leaf in reached or leaf in boxes else "an earlier backward"
            value = leaf.value if isinstance(leaf, Box) else leaf
            rows.append([("name", name), ("", number_text(value)), ("gradient", number_text(grad)), ("muted", earlier)])
    if not rows:
        return [("muted", "no gradients yet: `backward(y)` sets them\n")]
    heading = [("heading", title) for title in ("leaf", "value", "gradient", "")]
    return [*origin(root), *table([heading, *rows], width), *norms(names, width)]


def norms(names: Mapping[str, Any], width: int) -> Fragments:
    """Each layer of a model, and each function or list that holds parameters: how long these are as one vector,

    how long their gradient is, and what part of the first the second is. A part much above or below that of other
    layers is what makes training unsteady, or slow.
    """
    layers: dict[str, list[Box]] = {}
    for name, leaf in leaves(names):
        owner, _, last = name.rpartition(".")
        if isinstance(leaf, Box) and owner and last:
            layers.setdefault(owner, []).append(leaf)
    if len(layers) > 1:
        layers["all"] = list(dict.fromkeys([box for boxes in layers.values() for box in boxes]))
    rows = [[("name", name), *norm_cells(boxes)] for name, boxes in layers.items()]
    if not rows:
        return []
    heading = [("heading", title) for title in ("layer", "numbers", "norm", "gradient norm", "gradient / norm")]
    return [("", "\n"), *table([heading, *rows], width)]


def norm_cells(boxes: Sequence[Box]) -> Row:
    gradients = [box.grad for box in boxes if box.grad is not None]
    length = norm([box.value.data for box in boxes])
    count = sum(getattr(box.value.data, "size", 1) for box in boxes)
    if not gradients:
        return [("", f"{count:,}"), ("", show(length)), ("gradient", "—"), ("", "—")]
    slope = norm(gradients)
    part = f"{slope / length:.2g}" if length else "—"
    return [("", f"{count:,}"), ("", show(length)), ("gradient", show(slope)), ("", part)]


def norm(parts: Sequence[Data]) -> float:
    """The length of all the numbers as one vector; none of their squares overflows."""
    sizes = [abs(x) if x.__class__ is float else float(abs(x).max(initial=0.0)) for x in parts]
    largest = next((x for x in sizes if x != x), max(sizes))
    if not largest or largest - largest != 0:
        return largest
    squares = [(x / largest) ** 2 if x.__class__ is float else float(((x / largest) ** 2).sum()) for x in parts]
    return float(largest * sum(squares) ** 0.5)


def number_text(x: Value | Data) -> str:
    """A number, or the shape of a tensor and its summary."""
    data = x.data if x.__class__ is Value else x
    if getattr(data, "size", 1) <= FEW:
        return in_line(data)  # all the numbers: they show the shape
    return f"{list(data.shape)} {in_line(data)}"


def origin(root: Value | None) -> Fragments:
    """Which backward the gradients come from."""
    if root is None:
        return []
    text = getattr(root, "name", "") or (root.span.text if root.span is not None else "")
    place = f", {root.span.source.name}, line {root.span.line}" if root.span is not None else ""
    first = text.split("\n")[0]
    return [("muted", "of "), ("name", first), ("muted", f" = {in_line(root.data)}{place}\n")]


def leaves(names: Mapping[str, Any]) -> Iterator[tuple[str, Value | Box]]:
    """Named leaves and parameters, each once; those inside of models and functions under the name of their owner."""
    declared = {x: name for name, x in names.items() if x.__class__ is Box and x.name == name}
    seen: set[Value | Box] = set(declared)
    for name, x in names.items():
        if x.__class__ is Box:  # under a loop's name, it is shown where it belongs
            if declared.get(x) == name:
                yield name, x
        elif x.__class__ is Value:
            if not x.inputs and x.op.__class__ is not Box and x not in seen:
                seen.add(x)
                yield name, x
        elif isinstance(x, Model | Function | List | tuple):
            for box in boxes_of(x):
                if box not in seen:
                    seen.add(box)
                    yield f"{name}.{box.name}", box


def leaves_of(root: Value, names: Mapping[str, Any]) -> list[tuple[str, Value]]:
    """The named leaves and parameters that a value got gradients in, each once, in the order of the computation.

    A leaf whose name stands for something else by now is an earlier one of that name.
    """
    found: dict[object, tuple[str, Value]] = {}
    for v in reversed(autodiff.topological(root)):
        if not v.inputs and hasattr(v, "name") and hasattr(v, "grad"):
            cell = v.op if v.op.__class__ is Box else v
            is_current = v.name not in names or names[v.name] is cell
            found.setdefault(cell, (v.name if is_current else f"{v.name} (earlier)", v))
    return list(found.values())


# ── tables ───────────────────────────────────────────────────────────────────


def table(rows: Sequence[Row], width: int) -> Fragments:
    """Rows in columns; what does not fit is cut, the widest column first."""
    if not rows:
        return []
    count = max(map(len, rows))
    widths = [max([width_of(row[i][1]) for row in rows if i < len(row)], default=0) for i in range(count)]
    gaps = 2 * (sum(w > 0 for w in widths) - 1)
    while sum(widths) + gaps > width and max(widths) > 4:
        widths[widths.index(max(widths))] -= 1
    fragments: Fragments = []
    for row in rows:
        line: Fragments = []
        for cell, room in zip(row, widths, strict=False):
            if room:
                line += [*fitted([cell], room), ("", " " * max(2, room - width_of(cell[1]) + 2))]
        fragments += [*trimmed(line), ("", "\n")]
    return fragments


def explained(rows: Sequence[Row], width: int) -> Fragments:
    """Two columns, the second of which goes on below where it is long."""
    from textwrap import wrap

    left = max(len(row[0][1]) for row in rows) + 2
    fragments: Fragments = []
    for (role, word), (_, text) in rows:
        lines = wrap(text, max(16, width - left)) or [""]
        fragments += [(role, word), ("", f"{'':{left - len(word)}}" + f"\n{'':{left}}".join(lines) + "\n")]
    return fragments


def trimmed(line: Fragments) -> Fragments:
    """A line without blanks at its end."""
    while line and not line[-1][1].strip():
        line.pop()
    return line
