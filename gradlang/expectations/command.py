"""`gradlang test`: programs run, and what they say of themselves compared with what they do.

A program is run for real: in its own folder, and what it writes is written. One
that fails keeps no other waiting. How it went goes to standard output in a line,
everything else to standard error. Exit codes: 0; 1 where anything is not as
expected; 70 where gradlang is to blame.
"""

from __future__ import annotations

import argparse
import gc
import sys

from ..diagnostics import Diagnostic
from ..engine.process import claim_process
from ..faults import Fault, counted
from ..interrupts import StopAtSignal
from ..language.runtime import Stopped
from ..named_files import SUFFIX, add_files_option, complaints, named_files, unread
from ..report import TOO_MANY, Reporter
from ..session import folder_of
from ..whole_file import read_text, write_whole
from . import Program, programs
from .rewriting import Edit, edits, rewritten
from .trial import failures, surprises, tried

DESCRIPTION = "run programs and compare what their lines come to with what the comments beside them say"
EPILOG = """\
comments:
  2 + 3 * 4         #> 14       the value of the expression that ends here, or what was printed
  loss              #> 0.69...  a number cut short; ... alone stands for any text
  [1, 2] @ [1]      #! E0401    a code that is reported on this line
  ---                           a line of its own: what follows is a program of its own
"""
OK, FAILED, INTERNAL = 0, 1, 70


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="gradlang test",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    p.add_argument("paths", nargs="+", metavar="FILE", help=f"is run; a folder means all *{SUFFIX} below it")
    p.add_argument("--update", action="store_true", help="rewrite the comments #> that do not hold to what was seen")
    p.add_argument("-v", "--verbose", action="store_true", help="show what the programs print")
    p.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the random numbers (default 0)")
    p.add_argument("--backend", choices=["auto", "interp", "llvm", "replay"], default="auto", help="what runs loops")
    add_files_option(p)
    p.add_argument("--color", choices=["auto", "always", "never"], default="auto", help="colour in diagnostics")
    p.add_argument("--output-format", choices=["text", "json"], default="text", help="the form of diagnostics")
    return p


def test(arguments: list[str]) -> int:
    """Runs the programs that the arguments name; the exit code."""
    gc.set_threshold(100_000, 10, 10)  # as for a run
    p = parser()
    given = p.parse_args(arguments)
    if given.seed < 0:
        p.error("--seed is a whole number from 0")
    claim_process()
    job = _Job(given, Reporter(given.color, given.output_format))
    for path in named_files(given.paths, job.fail):
        job.do(path)
    code = job.reporter.finish(job.code)
    print(job.summary)
    return code


class _Job:
    """What is asked for, what was counted, and the exit code so far."""

    def __init__(self, given: argparse.Namespace, reporter: Reporter) -> None:
        self.given = given
        self.reporter = reporter
        self.code = OK
        self.programs = self.expectations = self.failures = self.rewritten = 0

    def do(self, path: str) -> None:
        """Runs the programs of one file, and reports what is not as expected."""
        try:
            text = read_text(path)
            if changes := [edit for program in programs(text, path) for edit in self._run(program)]:
                if read_text(path) != text:
                    raise Fault("E0603", f'"{path}" is not rewritten: it was changed while it ran')
                write_whole(path, rewritten(text, changes).encode())
        except OSError:  # of a stream
            raise
        except Exception as error:
            self.fail(complaints(error, unread(path)))

    def _run(self, program: Program) -> list[Edit]:
        """One program; what is to be rewritten in its file."""
        write = sys.stdout.write if self.given.verbose else lambda text: None
        if self.given.verbose:
            print(program.id)
        try:
            with StopAtSignal():
                given = self.given
                trial = tried(program, folder_of(program.source), write, given.seed, given.backend, given.files)
        except Stopped:
            raise KeyboardInterrupt from None
        self.programs += 1
        self.expectations += program.count
        if not self.given.update:
            self.fail(failures(program, trial))
            return []
        self.fail(surprises(program, trial))
        changes = list(edits(program, trial))
        self.rewritten += len(changes)
        return [edit for expectation in changes for edit in expectation]

    def fail(self, diagnostics: list[Diagnostic]) -> None:
        """Reports diagnostics; a warning is no failure."""
        sys.stdout.flush()
        for diagnostic in diagnostics[:TOO_MANY]:
            self.reporter.warn(diagnostic)
        errors = [d.code for d in diagnostics if d.severity == "error"]
        self.failures += len(errors)
        if errors:
            self.code = max(self.code, INTERNAL if "E0999" in errors else FAILED)

    @property
    def summary(self) -> str:
        among = f"{counted(self.expectations, 'expectation')} in {counted(self.programs, 'program')}"
        how = f": {counted(self.failures, 'failure')}" if self.failures else " hold" + "s" * (self.expectations == 1)
        return f"{among}{how}" + (f", {self.rewritten} rewritten" if self.rewritten else "")
