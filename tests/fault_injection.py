"""One-token faults: does the dry run find what crashes a run?

    python tests/fault_injection.py FIRST COUNT     so many faults, from a seed on, in the programs of scripts/

A token of a program is replaced, left out or doubled. If a whole run of that fails, the checks must find an error,
too; which of them did, static ones or the dry run, is counted. A fault whose run succeeds must not be reported by the
dry run: that would be a false alarm, unless the place is never reached.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from gradlang.analysis.mistakes.findings import findings
from gradlang.dryrun.process import dry_run
from gradlang.source import Source
from gradlang.syntax.parser import tokens

SCRIPTS = Path(__file__).parent.parent / "scripts"
SECONDS = 10  # that a whole run may take; what takes longer is left out
OPERATORS = ["+", "-", "*", "/", "//", "%", "@", "**", "==", "<", ">=", "and", ","]


def faulty(text: str, chance: random.Random) -> str:
    """The text with one token changed."""
    found = [t for t in tokens(text) if t.strip()]
    names = sorted({str(t) for t in found if t.type == "NAME"})
    numbers = ["0", "1", "2", "3", "7", "-1", "0.5", "100"]
    token = chance.choice(found)
    change = chance.random()
    if change < 0.15:
        new = ""
    elif change < 0.2:
        new = f"{token} {token}"
    elif token.type == "NAME":
        new = chance.choice(names)
    elif token.type == "NUMBER":
        new = chance.choice([*numbers, chance.choice(names), f"[{token}, {token}]"])
    elif token.type == "STRING":
        new = chance.choice(['"nothing"', "1", "none"])
    else:
        new = chance.choice([*OPERATORS, chance.choice(found)])
    return text[: token.start_pos] + new + text[token.end_pos :]


def crashes(path: str) -> str | None:
    """What a whole run of a file reports, empty when it ends well, None when it takes too long."""
    try:
        run = subprocess.run(
            [sys.executable, "-m", "gradlang", path], capture_output=True, text=True, timeout=SECONDS, cwd=SCRIPTS
        )
    except subprocess.TimeoutExpired:
        return None
    return run.stderr if run.returncode else ""


def examined(seed: int) -> tuple[str, str, str]:
    """What became of one fault, the text, and what a run said."""
    chance = random.Random(seed)
    script = chance.choice(sorted(SCRIPTS.glob("*.grad")))
    text = faulty(script.read_text(encoding="utf-8"), chance)
    source = Source(text, script.name)
    static = [d for d in findings(source).diagnostics if d.severity == "error"]
    seen = dry_run(Source(text, str(SCRIPTS / "x.grad")), str(SCRIPTS))
    dynamic = [d for d in seen.diagnostics if d.severity == "error"]
    if static:
        return "static", text, ""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(SCRIPTS / "data", os.path.join(folder, "data"))
        path = os.path.join(folder, script.name)
        Path(path).write_text(text, encoding="utf-8")
        said = crashes(path)
    if said is None:
        return "slow", text, ""
    if said:
        return ("found" if dynamic else "missed"), text, said
    return ("false alarm" if dynamic else "harmless"), text, "\n".join(map(lambda d: f"{d.code} {d.message}", dynamic))


def main(first: int, count: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(first, first + count):
        what, text, said = examined(seed)
        counts[what] += 1
        if what in ("missed", "false alarm"):
            print(f"--- {seed} {what}\n{said}")
    crashed = counts["found"] + counts["missed"]
    print(dict(counts))
    print(f"of {crashed + counts['static']} that crash: static {counts['static']}, by the dry run {counts['found']}")
    if crashed:
        print(f"the dry run finds {counts['found'] / crashed:.1%} of those that only a run shows")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
