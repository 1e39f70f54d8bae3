"""`gradlang check`: what is wrong with programs, without running them to their end.

Owns how findings are gathered and handed out: what can be read off the text
(`analysis.mistakes.findings`), and what a dry run meets.
Findings are what was asked for and go to standard output, the count of them to
standard error; with `--fix -` the program itself is what was asked for. Exit
codes: 0; 1 where there are errors, or with `--strict` anything; 70 where
gradlang is to blame.

A mistake in an imported file is told once, with that file's name, whichever
programs import it.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from .diagnostics import Diagnostic
from .faults import counted
from .named_files import STDIN, SUFFIX, add_files_option, complaints, named_files, text_of, unread
from .report import colored, terminal_width
from .source import Source
from .whole_file import write_whole

if TYPE_CHECKING:
    from .dryrun.worker import Worker

DESCRIPTION = "find mistakes in programs: in what is written, and in a dry run that leaves no trace"
OK, FAILED, INTERNAL = 0, 1, 70
ROUNDS = 10  # of mending: a fix may bring to light what the next one mends


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="gradlang check", description=DESCRIPTION, allow_abbrev=False)
    p.add_argument(
        "paths",
        nargs="+",
        metavar="FILE",
        help=f"is checked; a folder means all *{SUFFIX} below it; - reads standard input",
    )
    p.add_argument("--no-run", action="store_true", help="look at what is written only; no dry run")
    p.add_argument("--fix", action="store_true", help="mend what can be mended without a choice, then check the rest")
    p.add_argument("--strict", action="store_true", help="exit 1 for warnings, too")
    p.add_argument(
        "--output-format",
        choices=["text", "json", "github", "sarif"],
        default="text",
        help="the form of findings: for people, for programs, for GitHub's log, or SARIF 2.1.0",
    )
    add_files_option(p)
    p.add_argument("--color", choices=["auto", "always", "never"], default="auto", help="colour in findings")
    return p


def check(arguments: list[str]) -> int:
    """Checks the programs that the arguments name; the exit code."""
    gc.set_threshold(100_000, 10, 10)  # trees have no cycles, and long programs have many nodes
    job = _Job(parser().parse_args(arguments))
    job.start()
    try:
        for path in named_files(job.given.paths, job.report):
            job.do(path)
    finally:
        job.close()
    return job.finish()


class _Job:
    """What is asked for, and what was found so far."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.out = sys.stderr if given.fix and STDIN in given.paths else sys.stdout
        self.found: list[Diagnostic] = []
        self.mended = 0  # files
        self.known: set[tuple[str, int, int, str]] = set()
        self._worker: Worker | None = None

    # ── one file ──

    def do(self, path: str) -> None:
        """Checks one file; one that cannot be read keeps no other waiting."""
        source = unread(path)
        try:
            source.text = text_of(path)
            if self.given.fix:
                source = self._mend(path, source)
            self.report(self._findings(source))
        except OSError:  # of a stream
            raise
        except Exception as error:
            self.report(complaints(error, source))

    def start(self) -> None:
        """Has the process for dry runs get ready while the first text is read."""
        if not self.given.no_run:
            from .dryrun.worker import Worker

            self._worker = Worker()
            with suppress(OSError):  # the system gives no more processes
                self._worker.start()

    def _findings(self, source: Source) -> list[Diagnostic]:
        """What can be told from the text, and what a dry run shows of the rest, which goes on meanwhile."""
        if self._worker is None:
            return _written(source)
        from .dryrun.seen import together
        from .session import folder_of

        self._worker.begin(source, folder_of(source), more=self.given.files)
        try:
            written = _written(source)
        finally:
            seen = self._worker.finish(source)
        return sorted(together(written, seen.diagnostics), key=lambda d: _place(d, source))

    def _mend(self, path: str, source: Source) -> Source:
        """The source after its safe fixes, written whole; never one with more errors than before."""
        from .analysis.mistakes.actions import fix_all

        now, diagnostics = source, _written(source)
        for _ in range(ROUNDS):
            action = fix_all(diagnostics)
            if action is None:
                break
            text = now.text
            for start, end, replacement in reversed(action.edits):
                text = text[:start] + replacement + text[end:]
            after = Source(text, source.name)
            found = _written(after)
            if _errors(found) > _errors(diagnostics):
                break
            now, diagnostics = after, found
        if path == STDIN:
            sys.stdout.flush()
            sys.stdout.buffer.write(now.text.encode())
        elif now is not source:
            write_whole(path, now.text.encode())
        self.mended += now is not source
        return now

    # ── what is handed out ──

    def report(self, diagnostics: list[Diagnostic]) -> None:
        """Hands out what was found in one file, or keeps it where the format is one document."""
        new = [d for d in diagnostics if self._is_new(d)]
        self.found += new
        if self.given.output_format == "github":
            from .diagnostics.exchange import github_line

            for d in new:
                print(github_line(d), file=self.out)
        elif self.given.output_format == "text" and new:
            from .diagnostics.render import render_text

            color, width = colored(self.given.color, self.out), terminal_width(self.out)
            for d in new:
                print(render_text(d, color, width), end="\n\n", file=self.out)

    def _is_new(self, d: Diagnostic) -> bool:
        """Once for each mistake; the name of an imported file is shortened to what is seen from here."""
        source = d.span.source
        key = os.path.realpath(source.name), d.span.start, d.span.end, d.code + d.message
        is_new = key not in self.known
        self.known.add(key)
        if os.path.isabs(source.name) and source.name not in self.given.paths:
            below = os.path.relpath(source.name)
            source.name = source.name if below.startswith(os.pardir) else below
        return is_new

    def close(self) -> None:
        if self._worker is not None:
            self._worker.close()

    def finish(self) -> int:
        """Writes the document, if it is one, and the count; the exit code."""
        if self.given.output_format == "json":
            from .diagnostics.render import render_json

            print(render_json(self.found), file=self.out)
        elif self.given.output_format == "sarif":
            from .diagnostics.exchange import render_sarif

            print(render_sarif(self.found), file=self.out)
        sys.stdout.flush()
        if self.found or self.mended:
            print(self.summary, file=sys.stderr)
        if any(d.code == "E0999" for d in self.found):
            return INTERNAL
        return FAILED if _errors(self.found) or self.given.strict and self.found else OK

    @property
    def summary(self) -> str:
        """`2 errors, 1 warning in 3 files; 1 file mended`."""
        errors = _errors(self.found)
        counts = [(errors, "error"), (len(self.found) - errors, "warning")]
        said = ", ".join(counted(n, what) for n, what in counts if n)
        files = len({d.span.source.name for d in self.found})
        mended = f"{counted(self.mended, 'file')} mended" if self.mended else ""
        return "; ".join(filter(None, [said and f"{said} in {counted(files, 'file')}", mended]))


def _written(source: Source) -> list[Diagnostic]:
    """What can be told from the text. (Loaded when the dry run has begun.)"""
    from .analysis.mistakes.findings import findings

    return findings(source).diagnostics


def _errors(diagnostics: list[Diagnostic]) -> int:
    return sum(d.severity == "error" for d in diagnostics)


def _place(d: Diagnostic, source: Source) -> tuple[bool, int]:
    """In order of place, those of other files last."""
    return d.span.source is not source, d.span.start
