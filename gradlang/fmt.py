"""`gradlang fmt`: programs in one style, file by file.

Owns which files are meant, and what is done with their new text. A file is
rewritten whole or not at all, and one that cannot be read or parsed is reported,
left as it is, and keeps no other file waiting. What was asked for (differences,
names of files, the program from standard input) goes to standard output, all
else to standard error. Exit codes: 0; 1 where a file failed, or with `--check`
would change; 70 where gradlang is to blame.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator

from .diagnostics import Diagnostic
from .formatting import formatted
from .named_files import STDIN, SUFFIX, complaints, named_files, text_of, unread
from .report import TOO_MANY, Reporter
from .whole_file import write_whole

DESCRIPTION = "rewrite programs in one style; comments, empty lines and line breaks in brackets stay where they are"
OK, FAILED, INTERNAL = 0, 1, 70


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="gradlang fmt", description=DESCRIPTION, allow_abbrev=False)
    p.add_argument(
        "paths",
        nargs="+",
        metavar="FILE",
        help=f"is rewritten; a folder means all *{SUFFIX} below it; - reads standard input and writes standard output",
    )
    p.add_argument("--check", action="store_true", help="write nothing; name the files that would change, and exit 1")
    p.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    p.add_argument("--color", choices=["auto", "always", "never"], default="auto", help="colour in diagnostics")
    p.add_argument("--output-format", choices=["text", "json"], default="text", help="the form of diagnostics")
    return p


def fmt(arguments: list[str]) -> int:
    """Formats the files that the arguments name; the exit code."""
    gc.set_threshold(100_000, 10, 10)  # trees have no cycles, and long programs have many nodes
    given = parser().parse_args(arguments)
    job = _Job(given.check, given.diff, Reporter(given.color, given.output_format))
    for path in named_files(given.paths, job.fail):
        job.do(path)
    return job.reporter.finish(job.code)


class _Job:
    """What is asked for, and the exit code so far."""

    def __init__(self, check: bool, diff: bool, reporter: Reporter) -> None:
        self.check = check
        self.diff = diff
        self.reporter = reporter
        self.code = OK

    def do(self, path: str) -> None:
        """Formats one file, and reports what is wrong with it."""
        source = unread(path)
        try:
            source.text = text_of(path)
            self._hand_out(path, source.text, formatted(source))
        except OSError:  # of a stream
            raise
        except Exception as error:
            self.fail(complaints(error, source))

    def _hand_out(self, path: str, before: str, after: str) -> None:
        if before != after:
            if self.check:
                self.code = max(self.code, FAILED)
            if self.diff:
                sys.stdout.writelines(_differences(before, after, path))
            elif self.check:
                print(path)
            elif path != STDIN:
                write_whole(path, after.encode())
        if path == STDIN and not (self.check or self.diff):
            sys.stdout.flush()
            sys.stdout.buffer.write(after.encode())  # as it is read: in UTF-8, whatever the terminal's encoding

    def fail(self, diagnostics: list[Diagnostic]) -> None:
        sys.stdout.flush()
        self.code = max(self.code, INTERNAL if any(d.code == "E0999" for d in diagnostics) else FAILED)
        for diagnostic in diagnostics[:TOO_MANY]:
            self.reporter.warn(diagnostic)


def _differences(before: str, after: str, path: str) -> Iterator[str]:
    from difflib import unified_diff

    return unified_diff(_lines(before), _lines(after), path, path)


def _lines(text: str) -> list[str]:
    *whole, rest = text.split("\n")
    return [line + "\n" for line in whole] + ([rest + "\n\\ No newline at end of file\n"] if rest else [])
