"""A run that is told about: what is done around it, from the first statement to the page.

Invariant: a program that fails, or is stopped, fails or stops as it would
without a page, and has one that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ..diagnostics import GradlangError
from ..diagnostics.render import render_text
from ..draw.pictures.picture import Picture
from ..faults import Fault
from ..language.runtime import Stopped
from ..session import Session
from ..source import Source
from ..whole_file import write_out
from .page import page_text
from .recording import Recording

MOST = 5  # errors that are shown


@contextmanager
def reporting(
    session: Session, target: str, source: Source, title: str, drawn: Callable[[], Picture | None]
) -> Iterator[None]:
    """Writes a page to `target` about the run of a session inside, with its graph as it is drawn after the run.

    Raises Fault where the page cannot be written and, once it is, where the graph cannot be drawn.
    """
    recording = Recording()
    recording.begin()

    def write(failure: str) -> None:
        recording.end()
        picture, fault = None, None
        try:
            picture = drawn()
        except Fault as found:
            fault = found
        text = page_text(recording, source, title, session.names(), picture, failure)
        write_out(target, text.encode(errors="backslashreplace"))
        if fault is not None:
            raise fault

    try:
        yield
    except (GradlangError, Stopped, KeyboardInterrupt, SystemExit) as error:
        with suppress(Fault):  # what ended the run is what is to be heard of
            write(failure_text(error))
        raise
    write("")


def failure_text(error: BaseException) -> str:
    if not isinstance(error, GradlangError):
        return "stopped before its end"
    return "\n\n".join([render_text(diagnostic) for diagnostic in error.diagnostics[:MOST]])
