"""Runs of a program whose loop saves, ended behind a save and run again, against a run that was not ended.

    python tests/resumptions.py FIRST COUNT [BACKEND]     random training loops, from a seed on

Everything that can be told apart afterwards must be the same, to the last bit: what is printed from the save on, what
names hold, gradients, parameters, the generator, and all gradients once more after each number was differentiated.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from native_differences import Ran, differences, differing
from native_fuzz import training

from gradlang.engine import checkpoint_file
from gradlang.language.checkpoints import histories, parts
from gradlang.native.loops import Loop

FILE = "run.ckpt"


class Killed(BaseException):
    """The process has ended."""


@contextmanager
def killed_after(saves: int) -> Iterator[list[Any]]:
    """The process ends behind so many saves (0: never); the structures that were saved."""
    write, saved = checkpoint_file.write, []

    def counting(path: str, structure: Any, floats: Any, arrays: Any) -> None:
        write(path, structure, floats, arrays)
        saved.append(structure)
        if len(saved) == saves:
            raise Killed

    checkpoint_file.write = counting
    try:
        yield saved
    finally:
        checkpoint_file.write = write


def resumed(text: str, backend: str, saves: int, folder: str, dtype: str = "float64") -> Ran:
    """The run that goes on behind so many saves of one that was ended there."""
    Path(folder, FILE).unlink(missing_ok=True)
    with killed_after(saves):
        try:
            Ran(text, backend, folder, dtype=dtype)
        except Killed:
            before, histories.PAST.vjp = histories.PAST.vjp, (lambda xp, g, out, x: g,)  # `Ran` asks for all gradients
            try:
                return Ran(text, backend, folder, dtype=dtype)
            finally:
                histories.PAST.vjp = before
    raise AssertionError("it was never saved so often")


def whole(text: str, backend: str, folder: str, dtype: str = "float64") -> tuple[Ran, int]:
    """The run that is never ended, and how often it saves."""
    Path(folder, FILE).unlink(missing_ok=True)
    with killed_after(0) as saved:
        return Ran(text, backend, folder, dtype=dtype), len(saved)


def unlike(full: Ran, again: Ran) -> list[str]:
    """What a run that went on does not have in common with one that was never ended.

    A name that no pass reads may have held a value with a history: that is lost, but not its numbers.
    """
    printed = full.out[len(full.out) - len(again.out) :]
    found = [] if printed == again.out else [f"out: {printed} / {again.out}"]
    found += [] if full.error == again.error else [f"error: {full.error} / {again.error}"]
    if found or full.error:
        return found
    found += [] if full.generator == again.generator else [f"generator: {full.generator} / {again.generator}"]
    found += differing("name", full.state, again.state)
    has_pasts = all(getattr(x, "op", None) is not histories.PAST for x in again.names.values())
    if has_pasts and not found:
        for (name, one), (_, other) in zip(full.afterwards, again.afterwards, strict=True):
            found += differing(f"after backward({name}),", one, other)
    return found


def checkpointed(text: str, every: int) -> str:
    """A program whose outermost loop over a range saves."""
    return re.sub(r"^for (\w+) in (range\(\d+\))", rf'for \1 in checkpointed(\2, "{FILE}", {every})', text, flags=re.M)


def unsaved(text: str) -> str:
    """The same without saving, everything in its place."""
    return re.sub(r"checkpointed\((range\(\d+\)), [^)]*\)", lambda m: m[1].ljust(len(m[0])), text)


def main(first: int, count: int, backend: str) -> None:
    seen: Counter[str] = Counter()
    took = Loop.took

    def counting(loop: Loop, compiled: Any, done: int, seconds: float) -> None:
        seen["passes by tape"] += done
        took(loop, compiled, done, seconds)

    Loop.took = counting  # type: ignore[method-assign]
    parts.WORTH = 0.0  # machine code is worth it for every loop
    for seed in range(first, first + count):
        chance = random.Random(seed)
        every = chance.choice([1, 3, 5, 11])
        text = checkpointed(training(seed), every)
        plain = unsaved(text)
        with tempfile.TemporaryDirectory() as folder:
            full, saves = whole(text, backend, folder)
            found: list[str] = []
            if full.error.startswith("E0610"):
                seen["refused"] += 1
                continue
            if backend in ("interp", "replay"):
                found = differences(Ran(plain, "interp"), full)
            for k in chance.sample(range(1, saves + 1), min(3, saves)):
                again = resumed(text, backend, k, folder)
                seen["resumed"] += 1
                found += unlike(full, again)
        if found:
            seen["differ"] += 1
            print(seed, every, *found[:3], sep="\n  ")
            print(text[text.index("for i in") :])
    print(*[f"{number} {what}" for what, number in seen.most_common()], sep="\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *[*sys.argv[3:], "replay"][:1])
