"""What the command line asks for, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .engine.limits import Limits

# The forms in which a graph can be written; last those that may fail, for another program makes them.
PICTURES = ("html", "svg", "dot", "json", "png", "pdf")
BY_DOT = {"png", "pdf"}


class Options:
    """What the command line asks for; what is not given is as it stands here."""

    file: str | None = None
    code: str | None = None
    dot: str | None = None
    svg: str | None = None
    png: str | None = None
    pdf: str | None = None
    html: str | None = None
    json: str | None = None
    report: str | None = None
    root: str | None = None
    detail: str | None = None
    focus: str | None = None
    depth: int | None = None
    hide_constants: bool = False
    live: bool = False
    seed: int = 0
    dtype: str = "float64"
    color: str = "auto"
    output_format: str = "text"
    debug: bool = False
    interactive: bool = False
    no_rc: bool = False
    backend: str = "auto"
    profile: bool = False
    show_tape: bool = False
    threads: int | None = None
    files: Sequence[str] = ()
    limits: Limits | None = None
    sandbox: bool = False
    strict: bool = False
    allow: tuple[str, ...] = ()

    def __init__(self, **given: Any) -> None:
        for name, choice in given.items():
            if name not in Options.__annotations__:
                raise TypeError(f"there is no option {name}")
            setattr(self, name, choice)

    @property
    def seconds(self) -> float | None:
        """What the program may take by the clock, where that is limited: then it runs in a process of its own."""
        return None if self.limits is None else self.limits.seconds

    @property
    def longest(self) -> int | None:
        """How many characters the program may have, where that is limited."""
        return None if self.limits is None else self.limits.source

    @property
    def pictures(self) -> dict[str, str]:
        """Where the graph is written, by the form."""
        targets = {kind: getattr(self, kind) for kind in PICTURES}
        return {kind: target for kind, target in targets.items() if target is not None}

    @property
    def outputs(self) -> dict[str, str]:
        """Where everything is written that is made after the run."""
        return self.pictures if self.report is None else {**self.pictures, "report": self.report}

    @property
    def title(self) -> str:
        """What the program is called in pictures and pages."""
        return "graph" if self.file in (None, "-") else self.file.replace("\\", "/").rpartition("/")[2]
