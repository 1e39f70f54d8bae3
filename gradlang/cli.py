"""The command line: what is asked for, and where output, errors and exit codes go.

Results go to standard output, everything else to standard error. Exit codes:
0 ok, 1 the program failed, 2 usage, 70 internal error, 130 interrupted, 143
ended by SIGTERM.

`-c CODE` and `FILE` alone are recognised by hand: argparse costs as much start-up
as half the engine, and is imported when options are given.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from . import __version__
from .options import Options
from .signals import FIRST, claim_signals, end_at_once, end_in_order
from .streams import bear_with_remarks, open_streams, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from .session import Session
    from .source import Source

OK, FAILED, INTERNAL, INTERRUPTED = 0, 1, 70, 130
COMMANDS = {"check", "explain", "fmt", "help", "lsp", "test", "watch"}


def main(argv: list[str] | None = None) -> int:
    """Runs gradlang with these arguments; the exit code. Without them, it is the process that is run."""
    if argv is not None:
        open_streams()
        return ended(lambda: dispatch(argv))
    claim_signals()
    open_streams()
    bear_with_remarks()
    return ended(lambda: dispatch(sys.argv[1:]))


def ended(do: Callable[[], int]) -> int:
    """The exit code of something that may be asked to end, or whose output nobody takes; its output is written."""
    code = OK
    try:
        code = do()
        sys.stdout.flush()
    except KeyboardInterrupt:
        end_at_once()
        print("interrupted", file=sys.stderr)
        code = INTERRUPTED
    except SystemExit as end:
        if not isinstance(end.code, int) or end.code <= FIRST:  # a usage message was shown
            raise
        code = end.code
    except BrokenPipeError:  # the reader went away: nobody is left to tell
        pass
    except OSError as error:  # those of files are told where they are met
        from .whole_file import reason

        print(f"error[E0603]: cannot write to standard output: {reason(error)}", file=sys.stderr)
        code = FAILED
    finally:
        end_at_once()
        settle()
    if code > FIRST:
        leave_if_compiling(code)
    return code


def leave_if_compiling(code: int) -> None:
    """Nobody who has asked for an end waits for a kernel; but Python cannot end in order while LLVM makes one."""
    later = sys.modules.get("gradlang.native.later")
    if later is not None and later.COMPILER.is_busy:
        os._exit(code)


def dispatch(arguments: list[str]) -> int:
    if arguments in (["--version"], ["-V"]):
        print(f"gradlang {__version__}")
        return OK
    if arguments and arguments[0] in COMMANDS:
        from . import commands

        command: Callable[[list[str]], int] = getattr(commands, arguments[0])
        end_in_order()
        return command(arguments[1:])
    if len(arguments) == 2 and arguments[0] == "-c":
        return run(Options(code=arguments[1]))
    if len(arguments) == 1 and (arguments[0] == "-" or not arguments[0].startswith("-")):
        return run(Options(file=arguments[0]))
    if not arguments:
        return run(Options(interactive=True) if sys.stdin.isatty() else Options(file="-"))
    from .arguments import parse_arguments

    options = parse_arguments(arguments)
    if options.seconds is not None:
        from .worker import run_apart

        return run_apart(options, run)
    return run(options)


def run(options: Options, deadline: AbstractContextManager[None] | None = None) -> int:
    """Runs a program; reports what it says and how it fails. The deadline counts while it is the program that runs."""
    import gc

    # Graphs have no cycles; Python's default thresholds more than double the cost of building them, and slow imports.
    gc.set_threshold(100_000, 10, 10)
    # Compiled loops have hashed names: hashlib loads OpenSSL, which takes 7 ms, or without it Python's own hashes.
    sys.modules.setdefault("_hashlib", None)  # type: ignore[arg-type]
    from .diagnostics import GradlangError, placed
    from .faults import Fault
    from .report import Reporter
    from .source import Source, Span
    from .strictness import judged

    reporter = Reporter(options.color, options.output_format)
    source = Source("", options.file or "<command line>")
    try:
        source = read_source(options)
        if options.interactive:
            from .repl.opening import open_prompt

            end_in_order()
            open_prompt(options, source)
        else:
            execute(options, source, judged(reporter.warn, options.strict, options.allow), deadline)
        return reporter.finish(OK)
    except GradlangError as error:
        if options.debug and error.__cause__ is not None:
            raise
        internal = any(d.code == "E0999" for d in error.diagnostics)
        return reporter.finish(INTERNAL if internal else FAILED, error.diagnostics)
    except Fault as fault:  # of the files named on the command line
        return reporter.finish(FAILED, [placed(fault, Span(source, 0, 0))])
    except (KeyboardInterrupt, OSError):  # the latter of a stream
        raise
    except Exception as error:  # after the program, while its graph was drawn
        if options.debug:
            raise
        from .session import internal_error

        return reporter.finish(INTERNAL, internal_error(error, Span(source, 0, 0)).diagnostics)


def read_source(options: Options) -> Source:
    """The program's text, empty where only the prompt is asked for. Raises Fault."""
    from .source import Source
    from .whole_file import bytes_of, decoded, first_bytes, read_text, within_length

    most = options.longest
    if options.code is not None:
        return Source(within_length(options.code, most), "<command line>")
    if options.file == "-":
        return Source(
            decoded(first_bytes(sys.stdin.buffer, bytes_of(most)), "standard input", most), "<standard input>"
        )
    return Source(read_text(options.file, most), options.file) if options.file is not None else Source("")


def execute(options: Options, source: Source, warn: Any, deadline: AbstractContextManager[None] | None) -> None:
    """Runs the program, shows the value of `-c`, and writes the graph that is asked for."""
    from contextlib import nullcontext

    from .engine.process import claim_process
    from .interrupts import StopAtSignal
    from .language.display import is_shown, text
    from .language.runtime import RUN, Stopped, running
    from .progress import Progress
    from .reach import folders_of
    from .report import colored
    from .session import Session, folder_of

    end_in_order()
    if options.outputs:
        from .after_run import check_targets

        check_targets(options)
    claim_process(options.threads)
    folder = folder_of(source)
    is_typed = options.code is not None and not options.sandbox  # who types may use any file
    folders = None if is_typed else folders_of(folder, options.files)
    with running(folder, sys.stdout.write, warn, options.dtype, folders, options.limits), StopAtSignal():
        RUN.backend = options.backend
        RUN.screen, RUN.color = sys.stdout, colored(options.color, sys.stdout)
        session = Session(options.seed, keeps_calls=bool(options.outputs))
        try:
            is_shown_on = options.output_format != "json"
            with reported(session, options, source), Progress(options.color, is_shown_on), deadline or nullcontext():
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
