"""Taking the readings: peers one after the other, round by round, and a check of every loss."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import whole
from peers import Reading
from peers.numpy_by_hand import loss_after
from pool import Peer, PeerFailed
from table import OURS, Row, rows
from workloads import WORKLOADS, Problem, Workload, make_numbers

TOLERANCE = 1e-9
TIMED_TOLERANCE = 1e-6  # of a training of many thousand steps, in which roundings add up
Readers = dict[str, Callable[[], Reading]]


class Bench:
    """One run of the command: its peers, and what went wrong so far."""

    def __init__(self, folder: Path, peers: list[Peer], rounds: int, threads: int) -> None:
        self.folder = folder
        self.peers = peers
        self.rounds = rounds
        self.threads = threads
        self.mistakes: list[str] = []
        self.problem = cache(self._problem)
        self.after = cache(loss_after)

    def _problem(self, name: str) -> Problem:
        problem = make_numbers(WORKLOADS[name])
        problem.save(self.folder)
        return problem

    def mistake(self, text: str) -> None:
        print(f"WRONG  {text}", file=sys.stderr)
        self.mistakes.append(text)

    def readers(self, workload: Workload) -> Readers:
        """Every variant of every peer, prepared."""
        found: Readers = {}
        for peer in self.peers:
            try:
                answer = peer.ask(do="open", workload=workload.name)
            except PeerFailed as failure:
                self.mistake(f"{workload.name}: {failure}")
                continue
            for variant, why in answer["failed"].items():
                self.mistake(f"{workload.name}: {variant}: {why}")
            for variant in answer["variants"]:
                found[variant] = reader(peer, variant)
        return found

    def loop_rows(self, workload: Workload) -> list[Row]:
        """The rows of a training loop."""
        problem = self.problem(workload.name)
        readers = self.readers(workload)
        results = self.measured(workload.name, readers, lambda reading: problem.expected(reading.steps), problem)
        goals = {} if self.threads > 1 and not workload.matters_for_threads else workload.goals
        return rows(workload.name, workload.unit, results, goals) if results else []

    def program_rows(self, program: whole.Whole) -> list[Row]:
        """The rows of whole processes."""
        try:
            expected = whole.loss_of_reference(program)
        except PeerFailed as failure:
            self.mistake(f"{program.name}: {failure}")
            return []
        readers = {peer: program.reader(peer) for peer in program.programs}
        results = self.measured(program.name, readers, lambda reading: expected)
        return rows(program.name, "run", results, program.goals) if results else []

    def measured(
        self,
        name: str,
        readers: Readers,
        expected: Callable[[Reading], float | None],
        problem: Problem | None = None,
    ) -> list[dict[str, float]]:
        """Per round, each one's seconds; without those that fail or find another loss. Empty without gradlang."""
        print(f"{name}: {len(readers)} peers, {self.rounds} rounds", file=sys.stderr)
        rounds: list[dict[str, float]] = []
        for number in range(self.rounds + 1):  # the first one warms up
            seconds: dict[str, float] = {}
            for peer in list(readers):
                try:
                    reading = readers[peer]()
                except PeerFailed as failure:
                    self.mistake(f"{name}: {failure}")
                    del readers[peer]
                    continue
                checks = [(reading.steps, reading.loss, expected(reading), TOLERANCE)]
                if problem is not None and reading.timed_steps > reading.steps:
                    right = self.after(problem, reading.timed_steps)
                    checks.append((reading.timed_steps, reading.timed_loss, right, TIMED_TOLERANCE))
                wrong = [
                    f"{name}: {peer} finds the loss {loss!r}, not {right!r}, after {steps} steps"
                    for steps, loss, right, tolerance in checks
                    if right is not None and not abs(loss - right) <= tolerance * abs(right)
                ]
                if wrong:
                    self.mistake(wrong[0])
                    del readers[peer]
                    continue
                seconds[peer] = reading.seconds
            if number:
                rounds.append(seconds)
        if OURS not in readers:
            return []
        return [{peer: r[peer] for peer in readers} for r in rounds]


def reader(peer: Peer, variant: str) -> Callable[[], Reading]:
    return lambda: Reading(**peer.ask(do="read", variant=variant))
