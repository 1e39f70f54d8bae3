"""A picture in the forms in which it is written: what programs, the prompt and the command line offer.

Owns the list of forms and how one is chosen by the name of a file. Knows
nothing of files themselves, nor of what a form looks like: each has a module.
"""

from __future__ import annotations

import os

from ...faults import Fault
from ...source import Source
from ..pictures.listing import with_lines_of
from ..pictures.picture import DETAILS, Picture

KINDS = ("dot", "svg", "png", "pdf", "html", "json")


def written(
    picture: Picture, kind: str, source: Source | None = None, title: str = "graph", live: bool = False
) -> bytes:
    """The contents of a file. Raises Fault where they cannot be made.

    source  the program; None where there is more than one
    live    whether an open page looks for its next version
    """
    if kind == "html":
        from ..page import page_text

        return page_text(picture, source, title, live).encode()
    picture = with_lines_of(picture, source)
    if kind == "svg":
        from .svg import svg_text

        return svg_text(picture).encode()
    if kind == "json":
        from .records import json_text

        return json_text(picture).encode(errors="backslashreplace")  # as JSON spells it, too
    from .dot import dot_of

    if kind == "dot":
        return dot_of(picture).encode()
    from .dot_program import made_by_dot

    return made_by_dot(dot_of(picture), kind)


def kind_of(path: str, at: int | None = None) -> str:
    """The form that the name of a file asks for. Raises Fault E0308; `at` is the argument it was given as."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix[1:] not in KINDS:
        what = f'"{path}" ends in {suffix}' if suffix else f'"{path}" has no ending'
        raise Fault("E0308", f"{what}, which is no form of a picture", f"there are {listed()}", at=at)
    return suffix[1:]


def listed() -> str:
    return ", ".join([f".{kind}" for kind in KINDS])


def check_detail(detail: object, at: int) -> None:
    """Raises Fault E0308 for a level of detail that there is not."""
    if detail is not None and detail not in DETAILS:
        names = ", ".join([f'"{name}"' for name in DETAILS[:-1]])
        raise Fault("E0308", f'there is no detail "{detail}"', f'there are {names} and "{DETAILS[-1]}"', at=at)
