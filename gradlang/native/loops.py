"""What is known of a loop: its tapes, one a path, and whether they are worth their time.

Owns the policy. The interpreter takes every pass that no tape takes.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from .compiled import Backend, Compiled
from .recorder import Recorder
from .recording import View
from .run import Items, Run

MOST_TAPES = 6
MOST_FAILURES = 12
TRIES = 16  # entries after which it is asked whether they were worth their time
LOSS = 1.5  # how much more time they may take than they save: clocks are not exact, and the next may be better
NEVER = ("too long", "is carried", "items", "takes over")  # reasons that the next pass will have, too


class Loop:
    """What is known of one loop of the program."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.tapes: list[Compiled] = []
        self.keys: list[Any] = []
        self.refused = ""  # why it stays in the interpreter,
        self.refused_at: Any = None  # and the span that it is about
        self.failures = 0
        self.vain = 0  # entries in a row that did nothing
        self.entries = 0
        self.interpreted = self.native = self.recorded = 0  # passes
        self.seconds = 0.0  # that a plain interpreted pass takes
        self.tries = 0
        self.spent = self.saved = 0.0  # seconds, in these tries
        self.notes: list[str] = []

    # ── recording ──

    def is_worth_recording(self) -> bool:
        return not self.refused and len(self.tapes) < MOST_TAPES and self.failures < MOST_FAILURES

    def learn(self, recorder: Recorder, counts: dict[Any, int]) -> None:
        """Takes in a pass that was recorded to its end, or as far as it went."""
        tape = recorder.finish()
        if tape is None:
            self.failures += 1
            self.notes.append(recorder.reason)
            is_lasting = any(word in recorder.reason for word in NEVER) and self.failures >= 3
            if is_lasting or self.failures >= MOST_FAILURES and not self.tapes or "too long" in recorder.reason:
                self.refused, self.refused_at = recorder.reason, recorder.span
            return
        compiled = Compiled(tape, self.backend)
        compiled.counts = counts
        key = compiled.key()
        if key in self.keys:
            self.failures += 1
            return
        self.recorded += 1
        self.tapes.insert(0, compiled)
        self.keys.insert(0, key)

    def timed(self, seconds: float) -> None:
        """How long an interpreted pass took that was not recorded."""
        self.seconds = 0.75 * self.seconds + 0.25 * seconds if self.seconds else seconds

    def forget(self, compiled: Compiled) -> None:
        i = self.tapes.index(compiled)
        del self.tapes[i], self.keys[i]

    # ── running ──

    def advance(self, view: View, items: Items | None, hold: bool) -> tuple[int, bool, dict[Any, int]]:
        """Runs what passes it can: how many, whether the next is to be interpreted, inner loops' passes in each.

        `hold` leaves the last of them to the interpreter in any case.
        """
        if self.vain >= 3 and (self.vain & self.vain - 1):  # several did nothing: try ever less often
            self.vain += 1
            return 0, False, {}
        started = perf_counter()
        result = self.enter_any(view, items, hold)
        self.spent += perf_counter() - started
        self.saved += result[0] * self.seconds
        self.tries += 1
        if self.tries == TRIES:
            if self.spent > LOSS * self.saved:
                self.refused = "no recorded path is taken often enough in a row"
            self.tries, self.spent, self.saved = 0, 0.0, 0.0
        return result

    def enter_any(self, view: View, items: Items | None, hold: bool) -> tuple[int, bool, dict[Any, int]]:
        for compiled in list(self.tapes):
            if compiled.tape.frame is not view.frame:  # another call of the function: other names, other parameters
                self.forget(compiled)
                continue
            done, held = Run(compiled, view, items, hold).go()
            if done or held:
                self.vain = 0
                self.native += done
                return done, held, compiled.counts
        self.vain += 1
        return 0, False, {}
