"""What the command line asks for, as plain data."""

from __future__ import annotations


class Options:
    """What the command line asks for."""

    def __init__(
        self,
        file: str | None = None,
        code: str | None = None,
        dot: str | None = None,
        root: str | None = None,
        detail: str = "tensor",
        seed: int = 0,
        dtype: str = "float64",
        color: str = "auto",
        output_format: str = "text",
        debug: bool = False,
        interactive: bool = False,
        no_rc: bool = False,
        backend: str = "auto",
        profile: bool = False,
        show_tape: bool = False,
        threads: int | None = None,
    ) -> None:
        self.file = file
        self.code = code
        self.dot = dot
        self.root = root
        self.detail = detail
        self.seed = seed
        self.dtype = dtype
        self.color = color
        self.output_format = output_format
        self.debug = debug
        self.interactive = interactive
        self.no_rc = no_rc
        self.backend = backend
        self.profile = profile
        self.show_tape = show_tape
        self.threads = threads
