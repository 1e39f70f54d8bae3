"""Builtins that read and write files: data, parameters, pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...diagnostics import Diagnostic
from ...engine.value import Box, Value, leaf, shape_text
from ...faults import Fault, listed
from ...reach import of_program
from ...source import Span
from ..runtime import BUILTIN_SOURCE, RUN, path_of
from ..values import Batches, Checkpointed, List, host, kind, tensor, whole
from .learning import boxes_of
from .registry import builtin

COLUMN = str | float | int


@contextmanager
def file_named(x: Any, at: int | None) -> Iterator[str]:
    """The path of a file that a program names, for as long as it uses it; faults name it as the program does."""
    if not isinstance(x, str):
        raise Fault("E0301", f"a file name is text, and this is {kind(x)}", 'for instance "data.csv"', at=at)
    path = path_of(x)
    try:
        with of_program(RUN.folders):
            yield path
    except Fault as fault:
        fault.message = fault.message.replace(f'"{path}"', f'"{x}"')
        raise


@builtin(
    "path, columns=none, header=none, missing=none, delimiter=none",
    "data",
    "The numbers of a CSV file [rows, columns]; columns= chooses, and one column of text gives a list.",
    'load_csv("data/iris.csv", columns=["petal_length", "petal_width"])',
)
def load_csv(path: Any, columns: Any, header: Any, missing: Any, delimiter: Any) -> Any:
    from ...engine.csv_file import load_csv as read_csv

    if not isinstance(delimiter, str | None):
        raise Fault("E0301", f"a delimiter is text, and this is {kind(delimiter)}", at=4)
    chosen, has_header, gap = host(columns), host(header), host(missing)
    if not all([isinstance(c, COLUMN) for c in (chosen if isinstance(chosen, tuple) else [chosen or 0])]):
        raise Fault("E0301", "columns are chosen by their names or numbers", 'columns=["a", "b"]', at=1)
    if not isinstance(has_header, bool | None):
        raise Fault("E0301", f"header is true or false, and this is {kind(header)}", at=2)
    if not isinstance(gap, float | int | None):
        raise Fault("E0301", f"missing is the number to read, and this is {kind(missing)}", "missing=0", at=3)
    with file_named(path, 0) as file:
        read = read_csv(file, chosen, has_header, gap, delimiter)
    if read.missing:
        RUN.warn(missing_values(path, read.missing, read.first_missing))
    return List(read.data) if isinstance(read.data, list) else leaf(read.data)


def missing_values(path: str, count: int, first: str) -> Diagnostic:
    cells = f"{count} value{'s are' if count != 1 else ' is'} missing"
    return Diagnostic(
        "W0601",
        f"{cells} in {path} and read as nan, the first at {first}",
        RUN.calling or Span(BUILTIN_SOURCE, 0, 0),
        severity="warning",
        help=["`missing=0` reads them as 0"],
    )


def named_boxes(model: Any) -> dict[str, Box]:
    """Parameters under names that tell them apart: repeated names are numbered from the second on."""
    boxes = boxes_of(model)
    if not boxes:
        raise Fault(
            "E0308", f"{kind(model)} has no parameters", "declare them with `param w = …`, or give a model", at=0
        )
    named: dict[str, Box] = {}
    seen: dict[str, int] = {}
    for box in boxes:
        name, k = box.name, seen.get(box.name, 1)
        while name in named:
            k += 1
            name = f"{box.name}.{k}"
        named[name], seen[box.name] = box, k
    return named


@builtin(
    "model, path",
    "data",
    "Writes parameters to a safetensors file, whole or not at all.",
    'save(model, "model.safetensors")',
)
def save(model: Any, path: Any) -> None:
    from ...engine.model_file import save_parameters

    with file_named(path, 1) as file:
        save_parameters(file, {name: box.value.data for name, box in named_boxes(model).items()})


@builtin(
    "model, path",
    "data",
    "Reads parameters that `save` wrote back into a model of the same shape.",
    'load(model, "model.safetensors")',
)
def load(model: Any, path: Any) -> None:
    from ...engine.model_file import load_parameters

    boxes = named_boxes(model)
    with file_named(path, 1) as file:
        found = load_parameters(file)
    missing = [name for name in boxes if name not in found]
    if missing or len(found) != len(boxes):
        raise Fault(
            "E0607",
            f"the file holds {listed(found) or 'nothing'}; the model has {listed(boxes)}",
            "load into a model built as the saved one was",
        )
    values = {name: tensor(leaf(data)) for name, data in found.items()}
    for name, box in boxes.items():  # all are checked before any is changed
        if values[name].shape != box.value.shape:
            raise Fault(
                "E0607",
                f"`{name}` is {shape_text(values[name].shape)} in the file, {shape_text(box.value.shape)} in the model",
            )
    for name, box in boxes.items():
        box.store(values[name].data)


@builtin(
    "steps, path, every=100",
    "data",
    "A loop over it saves all that it changes every so many passes; killed, it goes on from there when run again.",
    'for step in checkpointed(range(1000), "run.ckpt") { }',
)
def checkpointed(steps: Any, path: Any, every: Any) -> Checkpointed:
    if steps.__class__ is Batches:
        help = "save after whole epochs: `for epoch in checkpointed(range(50), …) { for Xb, yb in batches(…) { … } }`"
        raise Fault("E0301", "a loop over batches, which come in random order, cannot be gone on with", help, at=0)
    if not isinstance(steps, range | List | tuple | str) and not (steps.__class__ is Value and steps.shape):
        raise Fault("E0306", f"a loop needs something to go over, and this is {kind(steps)}", "`range(1000)`", at=0)
    passes = whole(every, "how many passes lie between saves", 2)
    if passes < 1:
        raise Fault("E0308", f"a save comes after 1 pass or more, and this asks for {passes}", at=2)
    with file_named(path, 1):
        return Checkpointed(steps, path, passes)


@builtin(
    "y, path, detail=none",
    "data",
    "Draws the graph that y was computed through; the file's ending says how: .html .svg .png .pdf .dot .json.",
    'draw(loss, "loss.svg")',
)
def draw(y: Any, path: Any, detail: Any) -> None:
    from ...draw.forms.outputs import kind_of

    root = drawable(y)
    with file_named(path, 1) as file:
        write_picture(root, file, kind_of(path, 1), detail)


@builtin(
    "y, path, detail='tensor'",
    "data",
    "Writes the graph that y was computed through as a DOT file.",
    'draw_dot(loss, "loss.dot")',
)
def draw_dot(y: Any, path: Any, detail: Any) -> None:
    root = drawable(y)
    with file_named(path, 1) as file:
        write_picture(root, file, "dot", detail)


def write_picture(root: Value, file: str, kind: str, detail: Any) -> None:
    """Writes a picture; that one is drawn more coarsely than was asked for is a warning."""
    from ...draw.forms.outputs import check_detail, written
    from ...draw.pictures.picture import View, picture_of
    from ...whole_file import check_target, reaches_the_disk, write_whole

    check_detail(detail, 2)
    if not reaches_the_disk():  # nobody will look at it
        write_whole(file, b"")
        return
    check_target(file)
    picture = picture_of(root, View(detail))
    span = RUN.calling or Span(BUILTIN_SOURCE, 0, 0)
    if picture.remark:
        more = ['`detail="tensor"` draws them all'] if picture.is_spared else []
        RUN.warn(Diagnostic("W0602", picture.remark, span, severity="warning", help=more))
    write_whole(file, written(picture, kind, span.source, os.path.basename(span.source.name)))


def drawable(y: Any) -> Value:
    if isinstance(y, Box | Value | List | tuple | range):
        return tensor(y, 0)
    raise Fault("E0301", f"pictures show how numbers were computed, and this is {kind(y)}", at=0)
