"""What is written after a run: its graph, in every form that is asked for.

Owns the way from the options of the command line to files. What stands in them
is made by `draw.forms.outputs`. Invariant: what cannot be written is said before the
run, as far as that is known then; a file is written whole or not at all.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .diagnostics import Diagnostic
from .faults import Fault
from .options import BY_DOT, Options
from .session import Session, root_named
from .source import Source, Span
from .whole_file import check_target, write_out

if TYPE_CHECKING:
    from .draw.pictures.picture import Detail, Picture


def check_targets(options: Options) -> None:
    """Finds out before a long run what pictures could not be made after it. Raises Fault."""
    if BY_DOT & options.pictures.keys():
        from .draw.forms.dot_program import require_dot

        require_dot()
    for target in options.outputs.values():
        if target != "-":
            check_target(target)


def say(remark: str, options: Options, source: Source, warn: Any) -> None:
    """A remark on a picture, to standard error: a line, or where programs read that, a diagnostic."""
    sys.stdout.flush()
    if options.output_format == "json":
        warn(Diagnostic("W0602", remark, Span(source, 0, 0), severity="warning"))
    else:
        print(f"note: {remark}", file=sys.stderr)


def draw(session: Session, options: Options, source: Source, warn: Any) -> None:
    """Writes the graph in every form that is asked for. Raises Fault."""
    from .draw.forms.outputs import written

    picture = picture_asked(session, options)
    if picture.remark:
        say(picture.remark + ("; `--detail tensor` draws them all" if picture.is_spared else ""), options, source, warn)
    for kind, target in options.pictures.items():
        write_out(target, written(picture, kind, source, options.title, options.live))


def picture_asked(session: Session, options: Options, usual: Detail | None = None) -> Picture:
    """The part of the graph that the options choose, in the usual detail where they name none. Raises Fault."""
    from .draw.pictures.picture import View, picture_of

    root = root_named(session, options.root)
    if root is None:
        name = options.root
        message = (
            f"`{name}` is no value with a graph"
            if name
            else "there is no graph to draw: the program computes no number from a name"
        )
        raise Fault("E0503", message, "`--root NAME` picks the value to draw")
    view = View(options.detail or usual, options.hide_constants, options.focus, options.depth)  # type: ignore[arg-type]
    return picture_of(root, view)


def picture_reported(session: Session, options: Options) -> Picture | None:
    """What a page about a run shows of the graph, if there is one. Raises Fault for names that are not in it."""
    is_there = options.root is not None or root_named(session, None) is not None
    return picture_asked(session, options, "module") if is_there else None
