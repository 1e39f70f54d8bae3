"""Random edits of programs, recovered with what is known of the texts before, and without.

    .venv/bin/python tests/edit_fuzz.py FIRST COUNT

goes through COUNT edits, those of the seeds from FIRST on, and prints the texts of which the chunks that were read
before give another result than reading all anew, or that disturb a result of before that is still kept.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fmt_fuzz

from gradlang.diagnostics import Diagnostic
from gradlang.source import Source, Span
from gradlang.syntax import recovery, tree
from gradlang.syntax.chunks import Pool
from gradlang.syntax.recovery import Recovered, recovered

ROOT = Path(__file__).parent.parent
SCRIPTS = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "scripts").glob("*.grad")))
PIECES = [
    "(", ")", "[", "]", "{", "}", "\n", "  ", "x", "=", "+", '"', "'", "#", "for ", "else", "\n}", "\nf(x) = {\n", "/*",
    "*/", '"""', ";", "1", ".", " }", "#!", "é😀", "\r\n", "\t",
]  # fmt: skip
EACH = 50  # edits of one text


def edited(text: str, r: random.Random) -> str:
    at = r.randrange(len(text) + 1)
    end = min(len(text), at + r.randrange(80))
    match r.randrange(10):
        case 0:
            to = r.randrange(len(text) + 1)
            return text[:to] + text[at:end] + text[to:]
        case 1:
            return text[:at] + text[end:]
        case 2 | 3 | 4:
            return text[:at] + text[at + r.randint(1, 3) :]
        case _:
            return text[:at] + r.choice(PIECES) + text[at:]


def texts(seed: int) -> Iterator[str]:
    """A program as it is edited."""
    r = random.Random(seed)
    text = "\n".join(fmt_fuzz.program(r.randrange(10**6)) for _ in range(6)) if seed % 2 else SCRIPTS
    for _ in range(EACH):
        text = edited(text, r)
        yield text


def plain(x: Any, text: str) -> Any:
    """A tree or a result as plain data with its places; spans must be those of this text."""
    match x:
        case Span():
            assert x.source.text == text and 0 <= x.start <= x.end <= len(text)
            return x.start, x.end
        case tree.Node():
            fields = [field for field in x._fields if field not in ("source", "binding", "scope", "is_nested")]
            return type(x).__name__, *(plain(getattr(x, field), text) for field in fields)
        case Diagnostic():
            labels = [(label.text, plain(label.span, text)) for label in x.labels]
            edits = [(new, plain(span, text)) for fix in x.fixes for span, new in fix.edits]
            return x.code, x.message, plain(x.span, text), labels, edits
        case list() | tuple():
            return [plain(part, text) for part in x]
        case _:
            return repr(x)


def anew(source: Source) -> Recovered:
    """The same without what is known of other texts."""
    known, recovery._pool = recovery._pool, Pool()
    try:
        return recovered(source)
    finally:
        recovery._pool = known


def faults(seed: int) -> Iterator[str]:
    """The texts in the course of these edits that are not recovered as they should be."""
    r = random.Random(seed)
    kept: list[tuple[Recovered, Any, str]] = []  # some of the results so far, and what they were
    for text in texts(seed):
        found = recovered(Source(text))
        kept = [*kept, (found, plain(found, text), text)][-r.randint(1, 4) :]
        if plain(anew(Source(text)), text) != kept[-1][1]:
            yield "not as anew:\n" + text
        if any(plain(before, its) != what for before, what, its in kept):
            yield "disturbed:\n" + text


def main(first: int, count: int) -> None:
    failed = 0
    for seed in range(first, first + count // EACH):
        for fault in faults(seed):
            failed += 1
            if failed <= 3:
                print(f"── seed {seed} ──\n{fault}")
    print(f"{count} edits, {failed} failed")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
