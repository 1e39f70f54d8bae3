"""Texts that nobody would write, done everything to that a text can meet: each gives output or diagnostics.

    python tests/program_fuzz.py [COUNT [FIRST [PROCESSES]]]

does that with so many texts (2,000) from a seed on, in as many processes as there are processors: mutated programs of
scripts/ and tests/golden, calls of builtins with anything, programs from the grammar, and bytes that are no text. Every
kind of fault is told once, with the seed and a program cut down to what brings it out.

A text is worked on in a process of its own making, with bounded memory, so that one that brings Python down is a
finding, too, and costs nothing but a new process.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import random_programs

ROOT = Path(__file__).parent.parent
PROGRAMS = [
    program
    for path in [*sorted((ROOT / "scripts").glob("*.grad")), *sorted((ROOT / "tests" / "golden").glob("*.grad"))]
    for program in path.read_text(encoding="utf-8").split("---\n")
]
TOKEN = re.compile(r"\w+|\*\*|[-+*/]=|->|[^\w\s]|\s+")
WORDS = [
    "1", "0", "-1", "2.5", "[1, 2]", "[[1, 2], [3, 4]]", '"a"', "none", "true", "x", "m", "f", "(1, 2)", "[]", "nan",
    "1e308", '["a", 1]', "false", "0.5", "x > 1", "zeros(0)", "zeros(2, 0)", "range(3)", "(x, m)", '"c.csv"', "tanh",
    "1e18",
]  # fmt: skip
BYTES = [
    b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3", b"\r", b"\r\n", b"\n\r", b"\x1b[31m",
    b"\xe2\x80\xae", b"\xe2\x80\xa8", b"\xf4\x8f\xbf\xbf", b"\xf0\x9f\x98\x80", b"\x80", b"\t", b"\xc2\x85",
    b"\x0c", b"(", b"[", b"{", b"f\"{", b"\"", b"'", b"#", b";", b"\\", b"\\u{",
    b"0", b"e", b".", b"\xc2\xb2", b"\xcc\x81", b"\x7f", b" ",
]  # fmt: skip
OPENINGS = [b"(", b"[", b"{", b"-", b"not ", b"f(", b"x[", b"if x {", b"x -> ", b"1 + (", b'f"{', b"2**"]
JOINTS = [b" + ", b"; ", b", ", b" == ", b".T", b" and ", b"()", b"[0]", b" -> ", b"\n", b"**", b""]
MEMORY = 1 << 30  # bytes that a process may take beyond what it has at its start
EACH = 500  # texts a process gets at a time
PATIENCE = 20.0  # seconds to make a finding smaller
SHOWN = 2000  # bytes of a finding


# ── texts ────────────────────────────────────────────────────────────────────


def mutated(rng: random.Random) -> str:
    """A program with one to four tokens changed, left out or put in; numbers are small, so that it ends."""
    tokens = TOKEN.findall(rng.choice(PROGRAMS)) or ["x"]
    pool = TOKEN.findall(rng.choice(PROGRAMS)) or ["1"]
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(tokens))
        tokens[at : at + rng.randint(0, 1)] = rng.choice([[], [rng.choice(pool)], [rng.choice(WORDS)]])
        tokens = tokens or ["x"]
    return re.sub(r"\b\d{4,}\b", "10", "".join(tokens))


def called(rng: random.Random) -> str:
    """A builtin called with anything, and something done with the result."""
    from gradlang.language import builtins

    name = rng.choice(builtins.names())
    given = [rng.choice(WORDS) for _ in range(rng.randint(0, 4))]
    signature = getattr(builtins.lookup(name), "signature", None)
    for parameter in signature.names if signature is not None and rng.random() < 0.4 else ():
        given += [f"{parameter}={rng.choice(WORDS)}"] * (rng.random() < 0.4)
    arguments = ", ".join(given)
    use = rng.choice(
        ["{0}({1})", "x.{0}({1})", "y = {0}({1}); print(y, repr(y)); y + 1; y[0]", "for q in {0}({1}) {{ q += 1 }}"]
    )
    return "x = [1.0, 2.0]; m = mlp(2, [1]); f(a) = a * 2\n" + use.format(name, arguments)


def raw(rng: random.Random) -> bytes:
    """Bytes: a program with some put in or taken out, or strange ones alone, or deep brackets, or one long line."""
    data = bytearray(rng.choice(PROGRAMS).encode())
    match rng.randrange(6):
        case 0:
            return rng.randbytes(rng.choice([1, 10, 100, 1000]))
        case 1:
            return b"".join(rng.choices(BYTES, k=rng.choice([1, 5, 50, 500])))
        case 2:
            return rng.choice(OPENINGS) * rng.choice([5, 50, 190, 210, 2000]) + data[: rng.randrange(50)]
        case 3:
            return rng.choice(JOINTS).join(
                [rng.choice([b"x", b"1", b"a1", b'"a"', b"(x)"])] * rng.choice([10, 100, 100, 2000])
            )
        case _:
            for _ in range(rng.randint(1, 8)):
                at = rng.randrange(len(data) + 1)
                data[at : at + rng.choice([0, 0, 1, 2])] = rng.choice(BYTES)
            return bytes(data)


KINDS: tuple[Callable[[random.Random], str | bytes], ...] = (
    mutated, random_programs.program, mutated, random_programs.program, mutated, random_programs.program, raw, called,
)  # fmt: skip


def made(seed: int) -> bytes:
    """The text of a seed; its kind goes by the seed, too."""
    text = KINDS[seed % len(KINDS)](random.Random(seed))
    return text if isinstance(text, bytes) else text.encode()


# ── processes ────────────────────────────────────────────────────────────────


def work(answers: Connection, first: int, end: int) -> None:
    """What a process does: tells each seed before it begins with it, and each fault."""
    from gradlang.engine.process import claim_process, limit

    claim_process()
    os.chdir(ROOT / "scripts")
    from examination import faults  # loads all of gradlang, before memory is bounded

    limit(MEMORY)
    for seed in range(first, end):
        answers.send((seed, None))
        data = made(seed)
        for fault in faults(data):
            answers.send((seed, fault))
    answers.close()


def findings(
    first: int, count: int, processes: int | None = None, task: Callable[..., None] = work
) -> Iterator[tuple[int, str]]:
    """The seeds of texts that something is wrong with, and what; `task` is what a process does."""
    context = multiprocessing.get_context("spawn")
    waiting = [(at, min(at + EACH, first + count)) for at in range(first, first + count, EACH)][::-1]
    running: dict[Connection, tuple[Any, int, int]] = {}  # with the seed that is worked on, and the last one
    while waiting or running:
        while waiting and len(running) < (processes or os.cpu_count() or 1):
            at, end = waiting.pop()
            here, there = context.Pipe(duplex=False)
            process = context.Process(target=task, args=(there, at, end), daemon=True)
            process.start()
            there.close()
            running[here] = process, at, end
        for answers in wait(list(running)):
            assert isinstance(answers, Connection)
            process, at, end = running[answers]
            try:
                seed, fault = answers.recv()
            except EOFError:
                del running[answers]
                process.join()
                if process.exitcode:
                    yield at, f"the process ended with {process.exitcode}\n"
                    waiting += [(at + 1, end)] * (at + 1 < end)
                continue
            running[answers] = process, seed, end
            if fault is not None:
                yield seed, fault


# ── smaller ──────────────────────────────────────────────────────────────────


def kind_of(fault: str) -> str:
    return fault.partition("\n")[0]


def smaller(data: bytes, kind: str) -> bytes:
    """A text that brings out the same kind of fault, with lines, tokens or bytes left out while that can be."""
    from examination import faults

    end = time.perf_counter() + PATIENCE
    for pieces in (cut_lines, cut_tokens):
        parts = pieces(data)
        size = max(len(parts) // 2, 1)
        while size:
            at = 0
            while at < len(parts) and time.perf_counter() < end:
                rest = parts[:at] + parts[at + size :]
                if any(kind_of(fault) == kind for fault in faults(b"".join(rest))):
                    parts = rest
                else:
                    at += size
            size //= 2
        data = b"".join(parts)
    return data


def cut_lines(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\n;]*[\n;]?", data)


def cut_tokens(data: bytes) -> list[bytes]:
    return re.findall(rb"\w+|.", data, re.DOTALL)


def main(count: int, first: int = 0, processes: int | None = None) -> int:
    started = time.perf_counter()
    counts: Counter[str] = Counter()
    for seed, fault in findings(first, count, processes):
        kind = kind_of(fault)
        counts[kind] += 1
        if counts[kind] == 1:
            os.chdir(ROOT / "scripts")
            data = made(seed)
            if "the process ended" not in kind:
                data = smaller(data, kind)
            print(f"── seed {seed}: {fault}\n{data[:SHOWN]!r}", flush=True)
    for kind, number in counts.most_common():
        print(f"{number:7} {kind}")
    print(f"{count} texts in {time.perf_counter() - started:.0f} s: {counts.total()} faults of {len(counts)} kinds")
    return 1 if counts else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:] or ["2000"])))
