"""The command line: what is asked for, and where output, errors and exit codes go.

Results go to standard output, everything else to standard error. Exit codes:
0 ok, 1 the program failed, 2 usage, 70 internal error, 130 interrupted.

`-c CODE` and `FILE` alone are recognised by hand: argparse costs as much start-up
as half the engine, and is imported when options are given.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Any

from . import __version__
from .options import Options

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from .session import Session
    from .source import Source

OK, FAILED, USAGE, INTERNAL, INTERRUPTED = 0, 1, 2, 70, 130
COMMANDS = {"check", "explain", "fmt", "help", "lsp", "test", "watch"}


def main(argv: list[str] | None = None) -> int:
    """Runs gradlang with these arguments; the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    open_streams()
    try:
        return dispatch(arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        leave_if_compiling()
        return INTERRUPTED
    except BrokenPipeError:  # the reader went away: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def leave_if_compiling() -> None:
    """Nobody who has pressed Ctrl-C waits for a kernel; but Python cannot end in order while LLVM makes one."""
    later = sys.modules.get("gradlang.native.later")
    if later is not None and later.COMPILER.is_busy:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)


def open_streams() -> None:
    """Standard streams that are closed lead nowhere; what an encoding lacks is spelt out, not an error."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def dispatch(arguments: list[str]) -> int:
    if arguments in (["--version"], ["-V"]):
        print(f"gradlang {__version__}")
        return OK
    if arguments and arguments[0] in COMMANDS:
        from . import commands

        command: Callable[[list[str]], int] = getattr(commands, arguments[0])
        return command(arguments[1:])
    if len(arguments) == 2 and arguments[0] == "-c":
        return run(Options(code=arguments[1]))
    if len(arguments) == 1 and (arguments[0] == "-" or not arguments[0].startswith("-")):
        return run(Options(file=arguments[0]))
    if not arguments:
        return run(Options(interactive=True) if sys.stdin.isatty() else Options(file="-"))
    from .arguments import parse_arguments

    return run(parse_arguments(arguments))


def run(options: Options) -> int:
    """Runs a program; reports what it says and how it fails."""
    import gc

    # Graphs have no cycles; Python's default thresholds more than double the cost of building them, and slow imports.
    gc.set_threshold(100_000, 10, 10)
    # Compiled loops have hashed names: hashlib loads OpenSSL, which takes 7 ms, or without it Python's own hashes.
    sys.modules.setdefault("_hashlib", None)  # type: ignore[arg-type]
    from .diagnostics import GradlangError, placed
    from .faults import Fault
    from .report import Reporter
    from .source import Source, Span

    reporter = Reporter(options.color, options.output_format)
    source = Source("", options.file or "<command line>")
    try:
        source = read_source(options)
        if options.interactive:
            from .repl.opening import open_prompt

            open_prompt(options, source)
        else:
            execute(options, source, reporter.warn)
        return reporter.finish(OK)
    except GradlangError as error:
        if options.debug and error.__cause__ is not None:
            raise
        internal = any(d.code == "E0999" for d in error.diagnostics)
        return reporter.finish(INTERNAL if internal else FAILED, error.diagnostics)
    except Fault as fault:  # of the files named on the command line
        return reporter.finish(FAILED, [placed(fault, Span(source, 0, 0))])
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:  # after the program, while its graph was drawn
        if options.debug:
            raise
        from .session import internal_error

        return reporter.finish(INTERNAL, internal_error(error, Span(source, 0, 0)).diagnostics)


def read_source(options: Options) -> Source:
    """The program's text, empty where only the prompt is asked for. Raises Fault."""
    from .source import Source
    from .whole_file import decoded, read_text

    if options.code is not None:
        return Source(options.code, "<command line>")
    if options.file == "-":
        return Source(decoded(sys.stdin.buffer.read(), "standard input"), "<standard input>")
    return Source(read_text(options.file), options.file) if options.file is not None else Source("")


def execute(options: Options, source: Source, warn: Any) -> None:
    """Runs the program, shows the value of `-c`, and writes the graph that is asked for."""
    from .engine.process import claim_process
    from .interrupts import StopAtSignal
    from .language.display import is_shown, text
    from .language.runtime import RUN, Stopped, running
    from .progress import Progress
    from .report import colored
    from .session import Session, folder_of

    if options.outputs:
        from .after_run import check_targets

        check_targets(options)
    claim_process(options.threads)
    with running(folder_of(source), sys.stdout.write, warn, options.dtype), StopAtSignal():
        RUN.backend = options.backend
        RUN.screen, RUN.color = sys.stdout, colored(options.color, sys.stdout)
        session = Session(options.seed, keeps_calls=bool(options.outputs))
        try:
            with reported(session, options, source), Progress(options.color, options.output_format != "json"):
                value = session.run(source, warn, keep_graph=bool(options.outputs))
                if options.code is not None and is_shown(value):
                    RUN.write(text(value) + "\n")
        except Stopped:
            raise KeyboardInterrupt from None
        finally:
            if options.profile or options.show_tape:
                report_loops(options)
        if options.pictures:
            from .after_run import draw

            draw(session, options, source, warn)
        sys.stdout.flush()


def reported(session: Session, options: Options, source: Source) -> AbstractContextManager[None]:
    """Writes a page about what is run inside, if that is asked for."""
    if options.report is None:
        from contextlib import nullcontext

        return nullcontext()
    from .after_run import picture_reported
    from .run_page.reporting import reporting

    return reporting(session, options.report, source, options.title, lambda: picture_reported(session, options))


def report_loops(options: Options) -> None:
    """What ran the loops, and what was recorded of them, to standard error."""
    from .loop_report import loop_lines, tape_lines

    sys.stdout.flush()
    if options.profile:
        print(*(list(loop_lines()) or ["no loop was watched"]), sep="\n", file=sys.stderr)
    if options.show_tape:
        print(*(list(tape_lines()) or ["nothing was recorded"]), sep="\n", file=sys.stderr)
