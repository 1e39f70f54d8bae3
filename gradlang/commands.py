"""The words that are commands of their own: `check FILE…`, `explain CODE`, `fmt FILE…`, `help NAME` and more."""

from __future__ import annotations

import sys


def explain(arguments: list[str]) -> int:
    """Prints the page of a diagnostic code, or the list of codes."""
    from .diagnostics.codes import CODES, page

    if not arguments:
        print("\n".join(f"{code}  {title}" for code, title in CODES.items()))
        return 0
    if len(arguments) != 1:
        return usage("gradlang explain CODE")
    code = arguments[0].upper()
    text = page(code)
    if text is None:
        near = [c for c in CODES if c.startswith(code[:3])]
        print(f"there is no code {code}" + (f"; there are {', '.join(near)}" if near else ""), file=sys.stderr)
        return 1
    print(text.rstrip("\n"))
    return 0


def help(arguments: list[str]) -> int:
    """Prints what a builtin does, or all of them by group."""
    from .faults import Fault
    from .language.reference import help_text

    if len(arguments) > 1:
        return usage("gradlang help NAME")
    try:
        print(help_text(arguments[0] if arguments else None), end="")
    except Fault as fault:
        print("; ".join([fault.message, *fault.help]), file=sys.stderr)
        return 1
    return 0


def fmt(arguments: list[str]) -> int:
    """Rewrites programs in one style."""
    from .fmt import fmt

    return fmt(arguments)


def check(arguments: list[str]) -> int:
    """Finds mistakes in programs."""
    from .check import check

    return check(arguments)


def lsp(arguments: list[str]) -> int:
    """Serves an editor at standard input and output."""
    if set(arguments) - {"--stdio"}:  # which some editors add; there is no other way
        return usage("gradlang lsp")
    try:
        from .lsp.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        print('the language server needs pygls: `pip install "gradlang[lsp]"`', file=sys.stderr)
        return 1
    return serve()


def test(arguments: list[str]) -> int:
    """Runs programs and compares what they come to with what they say."""
    from .expectations.command import test

    return test(arguments)


def watch(arguments: list[str]) -> int:
    """Runs a program whenever it is saved."""
    from .watch.command import watch

    return watch(arguments)


def usage(line: str) -> int:
    print(f"usage: {line}", file=sys.stderr)
    return 2
