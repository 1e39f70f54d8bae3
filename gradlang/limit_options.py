"""The options for programs of other people: what one may take, and which warnings are heard.

Owns how they are written, and what does not go together.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from .engine.limits import SANDBOX, Limits

THOUSAND = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
MOST = 1 << 50
KIBI = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
COUNTS = {
    "cost": "units of work: about one for each statement, pass, call and operation, and for 100 numbers computed",
    "memory": "bytes beyond those of the start; 512M and 2G are understood",
    "elements": "numbers of one tensor, items of one list",
    "text": "characters of one text",
    "output": "characters printed, and bytes written to files",
    "depth": "calls that are open at once (10,000)",
    "nesting": "levels of brackets and blocks (200, and no more)",
    "source": "characters of the program, and of each file that it imports",
}


def add_limits(p: argparse.ArgumentParser) -> None:
    group = p.add_argument_group("programs of other people; what goes beyond a limit is an error")
    group.add_argument(
        "--sandbox",
        action="store_true",
        help="run in a process of its own, within all of these limits and with the files of its folder only",
    )
    group.add_argument(
        "--limit-time", dest=name_of("seconds"), type=seconds, metavar="SECONDS", help="time by the clock"
    )
    for name, what in COUNTS.items():
        kind = memory if name == "memory" else count
        group.add_argument(f"--limit-{name}", dest=name_of(name), type=kind, metavar="N", help=what)
    group.add_argument("--strict", action="store_true", help="a warning of the run is an error")
    group.add_argument(
        "--allow",
        action="extend",
        type=codes,
        default=[],
        metavar="CODE",
        help="no word about this warning; may be given several times",
    )


def name_of(limit: str) -> str:
    """Where a limit is kept until they are put together: `--depth` is of pictures."""
    return f"limit_{limit}"


def amount(text: str, units: dict[str, int], otherwise: str) -> int:
    found = re.fullmatch(r"(\d[\d_,]*|\d*\.\d+|\d+\.)([kmg]?)", text.strip().lower().removesuffix("b"))
    number = 0.0 if found is None else float(re.sub("[_,]", "", found[1])) * units[found[2]]
    if not round(min(number, MOST)):
        raise argparse.ArgumentTypeError(otherwise.format(text))
    if number > MOST:
        raise argparse.ArgumentTypeError(f"{text} is more than any run comes to; the most is 1000000G")
    return round(number)


def count(text: str) -> int:
    return amount(text, THOUSAND, "{} is no number from 1; 50000, 50k and 2M are")


def memory(text: str) -> int:
    return amount(text, KIBI, "{} is no amount of memory; a number of bytes is, or 512M, or 2G")


def seconds(text: str) -> float:
    try:
        number = float(text.strip().removesuffix("s"))
    except ValueError:
        number = 0.0
    if not 0 < number < 1e8:
        raise argparse.ArgumentTypeError(f"{text} is no time; a number of seconds is, like 10 or 0.5")
    return number


def codes(text: str) -> list[str]:
    """The warnings of a list with commas."""
    from .diagnostics.codes import CODES

    found = [code.strip().upper() for code in text.split(",") if code.strip()]
    for code in found:
        if code in CODES and code[0] != "W":
            raise argparse.ArgumentTypeError(f"{code} is an error, which ends a run; a warning begins with W")
        if code not in CODES:
            near = [known for known in CODES if known[0] == "W" and known[:3] == code[:3]]
            listed = f"; there are {', '.join(near)}" if near else "; `gradlang explain` lists the codes"
            raise argparse.ArgumentTypeError(f"no warning has the code {code}{listed}")
    return found


def settle_limits(given: argparse.Namespace, p: argparse.ArgumentParser) -> None:
    """Puts the limits together as `limits`; what does not go together is a usage message."""
    asked = {name: vars(given).pop(name_of(name)) for name in ("seconds", *COUNTS)}
    single: dict[str, Any] = {name: most for name, most in asked.items() if most is not None}
    usual = SANDBOX.given if given.sandbox else {}
    given.limits = Limits(**usual | single) if usual or single else None
    given.allow = tuple(given.allow)
    option = (
        "--sandbox" if given.sandbox
        else "--limit-time" if "seconds" in single
        else f"--limit-{next(iter(single))}" if single
        else "--strict" if given.strict
        else "--allow" if given.allow
        else None
    )  # fmt: skip
    if given.interactive and option is not None:
        p.error(f"{option} is for programs that are run; who types at the prompt can stop with Ctrl-C")
    if given.file == "-" and (given.sandbox or "seconds" in single) and sys.stdin.isatty():
        p.error(f"{option} is for a program that is in a file or comes through a pipe; this would be typed by you")
    if given.files and given.code is not None and not given.sandbox:
        p.error("-c may use any file; --files is for a FILE, or with --sandbox")
