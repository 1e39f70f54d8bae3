"""The options of the command line, by argparse; imported only when some are given."""

from __future__ import annotations

import argparse
import os
import sys

from . import __version__
from .limit_options import add_limits, settle_limits
from .named_files import add_files_option
from .options import BY_DOT, PICTURES, Options

DESCRIPTION = "micrograd as a language: every number has a gradient and remembers the graph it came from"
EPILOG = """commands:
  explain CODE    what a diagnostic means, with a failing and a mended program
  help [NAME]     what a builtin does
  fmt FILE…       rewrite programs in one style; --check and --diff only look
  check FILE…     find mistakes; --fix mends what can be mended without a choice
  test FILE…      run programs and compare them with the comments #> and #! in them
  watch FILE      run a program whenever it is saved
  lsp             serve an editor at standard input and output
"""


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="gradlang",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    p.add_argument("file", nargs="?", metavar="FILE", help="the program to run; - reads standard input")
    p.add_argument("-c", dest="code", metavar="CODE", help="run CODE and show the value of its last line")
    p.add_argument("-i", dest="interactive", action="store_true", help="stay at the prompt after FILE or CODE")
    p.add_argument("--no-rc", action="store_true", help="start the prompt without init.grad and config.toml")
    pictures = p.add_argument_group("pictures of the graph, written after the run; - writes to standard output")
    pictures.add_argument("--html", metavar="OUT", help="a page to walk through the graph in, step by step")
    pictures.add_argument("--svg", metavar="OUT", help="a picture that browsers show")
    pictures.add_argument("--png", metavar="OUT", help="a picture by Graphviz, which must be installed")
    pictures.add_argument("--pdf", metavar="OUT", help="likewise, for print")
    pictures.add_argument("--dot", metavar="OUT", help="the graph in Graphviz's language")
    pictures.add_argument("--json", metavar="OUT", help="the graph for other programs")
    pictures.add_argument("--root", metavar="NAME", help="the value that is drawn (default: of the last backward)")
    pictures.add_argument(
        "--detail",
        choices=["module", "tensor", "scalar"],
        help="one node a call, an operation, or a number (default: an operation; a call where that is too much)",
    )
    pictures.add_argument("--focus", metavar="NAME", help="only what this was computed from, or is used in")
    pictures.add_argument("--depth", type=int, metavar="N", help="only what is so many steps away")
    pictures.add_argument("--hide-constants", action="store_true", help="without numbers that nothing changes")
    pictures.add_argument("--report", metavar="OUT", help="a page about the run: program, output, losses, graph, times")
    pictures.add_argument("--live", action="store_true", help=argparse.SUPPRESS)  # said by `watch`: the page is renewed
    p.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the random numbers (default 0)")
    p.add_argument("--dtype", choices=["float64", "float32"], default="float64", help="the number type of the run")
    p.add_argument(
        "--backend",
        choices=["auto", "interp", "llvm", "replay"],
        default="auto",
        help="what runs loops: machine code where it is worth it (auto, the default), the interpreter alone, machine "
        "code wherever it can (llvm), or tapes by NumPy (replay)",
    )
    p.add_argument("--threads", type=int, metavar="N", help="of large matrix products (default 1)")
    add_files_option(p)
    add_limits(p)
    p.add_argument("--profile", action="store_true", help="after the run, say for each loop what ran it, and why")
    p.add_argument("--show-tape", action="store_true", help="after the run, show what was recorded of each loop")
    p.add_argument("--color", choices=["auto", "always", "never"], default="auto", help="colour in diagnostics")
    p.add_argument("--output-format", choices=["text", "json"], default="text", help="the form of diagnostics")
    p.add_argument("--debug", action="store_true", help="show Python's traceback of an internal error")
    p.add_argument("-V", "--version", action="version", version=f"gradlang {__version__}")
    return p


def parse_arguments(arguments: list[str], p: argparse.ArgumentParser | None = None) -> Options:
    """Options, or an exit with a usage message (code 2)."""
    p = p or parser()
    given = p.parse_args(arguments)
    if given.code is not None and given.file is not None:
        p.error("give either FILE or -c CODE")
    if given.seed < 0:
        p.error("--seed is a whole number from 0")
    if given.threads is not None and not 1 <= given.threads <= 10_000:
        p.error("--threads is a whole number from 1 to 10000")
    check_pictures(given, p)
    if given.code is None and given.file is None:
        given.interactive = given.interactive or sys.stdin.isatty()
        given.file = None if given.interactive else "-"
    if given.interactive and given.file == "-":
        p.error("-i reads entries from standard input, so the program cannot come from there; give a FILE or -c CODE")
    if given.interactive and (given.profile or given.show_tape):
        p.error("--profile and --show-tape are for programs that are run; at the prompt there is `:time`")
    if given.interactive and given.output_format != "text":
        p.error("--output-format json is for programs that are run")
    settle_limits(given, p)
    options = Options(**vars(given))
    if given.interactive and options.outputs:
        kind = next(iter(options.outputs))
        p.error(f"--{kind} is for programs that are run; at the prompt there are `:html`, `:svg` and `draw(x, path)`")
    return options


def check_pictures(given: argparse.Namespace, p: argparse.ArgumentParser) -> None:
    """What does not go together, as a usage message."""
    kinds = (*PICTURES, "report")
    targets = [getattr(given, kind) for kind in kinds if getattr(given, kind) is not None]
    chosen = [
        option
        for option, is_given in (
            ("--root", given.root is not None),
            ("--detail", given.detail is not None),
            ("--focus", given.focus is not None),
            ("--depth", given.depth is not None),
            ("--hide-constants", given.hide_constants),
        )
        if is_given
    ]
    if chosen and not targets:
        p.error(f"{chosen[0]} says what a picture shows, and none is asked for; add --html OUT or --svg OUT, say")
    for kind in kinds:
        if (getattr(given, kind) or "").endswith(".grad"):
            name = f"OUT.{kind if kind != 'report' else 'html'}"
            p.error(f"--{kind} would be written over {getattr(given, kind)}; give it a name: --{kind} {name} FILE")
    if targets.count("-") > 1:
        p.error("only one of them can go to standard output; give the others a file name")
    files = [os.path.abspath(target) for target in targets if target != "-"]
    if len(set(files)) < len(files):
        p.error("two of them would have the same file name")
    if sys.stdout.isatty() and any(getattr(given, kind) == "-" for kind in BY_DOT):
        p.error("a terminal cannot show the bytes of a PNG or PDF; give a file name")
    if given.depth is not None and given.depth < 0:
        p.error("--depth is a whole number from 0")
