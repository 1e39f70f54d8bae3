"""How a prompt is opened: settings, the init file, the program that comes first, and the right reader."""

from __future__ import annotations

import sys

from .. import __version__
from ..engine.process import claim_process
from ..language.runtime import RUN, running
from ..options import Options
from ..report import Reporter, colored
from ..session import Session, folder_of
from ..source import Source
from ..strictness import judged
from .plain import PlainReader, can_edit
from .screen import Screen
from .settings import Settings, init_file, load_settings
from .shell import Reader, Shell


def open_prompt(options: Options, program: Source) -> None:
    """Runs `program`, then what is entered, until the user leaves. Raises Fault."""
    claim_process(options.threads)
    reporter = Reporter(options.color, "text")
    settings = Settings() if options.no_rc else load_settings(lambda text: print(f"warning: {text}", file=sys.stderr))
    screen = Screen(colored(options.color, sys.stdout), sys.stdin.isatty() and sys.stdout.isatty())
    warn = judged(reporter.warn)
    with running(folder_of(Source("")), sys.stdout.write, warn, options.dtype):
        RUN.backend, RUN.screen, RUN.color = options.backend, sys.stdout, screen.color
        session = Session(options.seed, interactive=True)
        shell = Shell(session, reader(session, settings, screen), screen, warn)
        first = None if options.no_rc else init_file()
        if first is not None:
            shell.load(first)
        if screen.interactive and settings.banner and not program.text:
            screen.say(f"gradlang {__version__}   :help lists what can be done, Ctrl-D leaves")
        if program.text:
            shell.run_file(program, keep=True, folders=None if options.code is not None else options.files)
        shell.loop()


def reader(session: Session, settings: Settings, screen: Screen) -> Reader:
    """The editor where there is a terminal for it, else lines."""
    if not can_edit():
        return PlainReader(sys.stdin.isatty())
    from .editor import Editor

    return Editor(session, settings, screen.color)
