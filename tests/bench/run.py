"""gradlang beside its peers: one command, one table.

    .venv/bin/python tests/bench/run.py [workload…] [--threads N] [--rounds N] [--markdown FILE]

Peers are optional and skipped when absent (peers/__init__.py says what each
needs). All start from the same numbers and must arrive at the same loss, to
1e-9; one that does not is reported and the command fails. Within a round each
peer is read once, one after the other, so that what else the machine does
falls on all; a figure is the median over the rounds of gradlang's time over the
peer's, below 1 where gradlang is faster. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import whole
from peers import MODULES
from pool import Peer, idlest_cpu
from readings import Bench
from table import Row, markdown, plain
from workloads import WORKLOADS

PACKAGES = ("gradlang", "numpy", "torch", "jax", "micrograd")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [*WORKLOADS, *whole.NAMES]
    parser.add_argument("workloads", nargs="*", metavar="workload", help=f"of {', '.join(names)}")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of every peer that can use them (1)")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="readings of each peer (7)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    parser.add_argument("--peers", metavar="NAMES", help=f"only these, with commas: {', '.join(list(MODULES)[1:])}")
    parser.add_argument("--backend", default="", metavar="NAME", help="of gradlang, where it has several")
    given = parser.parse_args()
    if unknown := set(given.workloads) - set(names):
        parser.error(f"there is no workload {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if not given.workloads:
        loops = [w for w in WORKLOADS.values() if not w.on_request]
        several = given.threads > 1
        given.workloads = [w.name for w in loops if w.matters_for_threads or not several]
        given.workloads += [] if several else whole.NAMES
    return given


def chosen(names: str | None) -> list[str]:
    """The modules of the peers asked for that are there, ours first."""
    wanted = set(MODULES) if names is None else {"ours", *names.split(",")}
    found = [name for name, is_there in MODULES.items() if name in wanted and is_there()]
    for name in sorted(wanted - set(found)):
        print(f"without {name}: not installed, or no such peer", file=sys.stderr)
    return found


def main() -> int:
    given = arguments()
    os.environ["BENCH_BACKEND"] = given.backend
    table: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="gradlang-bench-") as name, ExitStack() as closing:
        folder, cpu, modules = Path(name), idlest_cpu(), chosen(given.peers)
        loops = [n for n in given.workloads if n in WORKLOADS]
        peers = [Peer(m, folder, given.threads, cpu) for m in modules] if loops else []
        for peer in peers:
            closing.callback(peer.close)
        bench = Bench(folder, peers, given.rounds, given.threads)
        for n in given.workloads:
            if n in WORKLOADS:
                table += bench.loop_rows(WORKLOADS[n])
                continue
            for program in whole.wholes(n, folder, bench.problem, given.backend, modules):
                table += bench.program_rows(program)
        print(plain(table))
        if given.markdown:
            given.markdown.write_text(markdown(table, note(given.threads, given.rounds)))
    for mistake in bench.mistakes:
        print(f"WRONG  {mistake}", file=sys.stderr)
    return 1 if bench.mistakes else 0


def note(threads: int, rounds: int) -> str:
    versions = ", ".join(f"{name} {v}" for name in PACKAGES if (v := version(name)))
    several = "one thread" if threads == 1 else f"{threads} threads"
    return (
        f"Medians of {rounds} interleaved rounds, float64, {several}; {whole.described()}. "
        f"Python {platform.python_version()}, {versions}."
    )


def version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
