"""The options of the command line, by argparse; imported only when some are given."""

from __future__ import annotations

import argparse
import sys

from . import __version__
from .options import Options

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
    p.add_argument("--dot", metavar="OUT", help="after the run, write the graph as DOT; - writes to standard output")
    p.add_argument("--root", metavar="NAME", help="the value whose graph is drawn (default: of the last backward)")
    p.add_argument(
        "--detail", choices=["tensor", "scalar"], default="tensor", help="one node an operation, or a number"
    )
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
    if given.threads is not None and given.threads < 1:
        p.error("--threads is a whole number from 1")
    if given.code is None and given.file is None:
        given.interactive = given.interactive or sys.stdin.isatty()
        given.file = None if given.interactive else "-"
    if given.interactive and given.file == "-":
        p.error("-i reads entries from standard input, so the program cannot come from there; give a FILE or -c CODE")
    if given.interactive and (given.profile or given.show_tape):
        p.error("--profile and --show-tape are for programs that are run; at the prompt there is `:time`")
    if given.interactive and (given.output_format != "text" or given.dot is not None):
        p.error("--output-format json and --dot are for programs that are run; at the prompt there is `:dot FILE`")
    return Options(**vars(given))
