"""What is known of a loop: its tapes, one a path, and whether they are worth their time.

Owns the policy. The interpreter takes every pass that no tape takes. Where
a backend is asked for by name it depends on counts alone, so that runs can be
repeated; `auto` looks at the clock.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from .compiled import Backend, Compiled
from .later import COMPILER, Later
from .recorder import Recorder
from .recording import Tape, View
from .run import EARNED, SHORTEST, SLICE_SECONDS, Items, Run

MOST_TAPES = 6
MOST_FAILURES = 12
TRIES = 16  # entries after which it is asked whether they were worth their time
LOSS = 1.5  # how much more time they may take than they save: clocks are not exact, and the next may be better
FEW = 2  # passes an entry that are too few
IN_A_ROW, LOOKS = 3, 12  # recordings that must agree before a tape is used, and how many there may be till then
RARE = "no recorded path is taken often enough in a row"
FASTER = 0.8  # times an interpreted pass that replay must take
NEVER = ("too long", "is carried", "items", "takes over")  # reasons that the next pass will have, too


class Loop:
    """What is known of one loop of the program."""

    def __init__(self, backend: Backend, is_patient: bool = False) -> None:
        self.backend = backend
        self.is_patient = is_patient
        self.tapes: list[Compiled] = []
        self.keys: list[Any] = []
        self.refused = ""  # why it stays in the interpreter,
        self.refused_at: Any = None  # and the span that it is about
        self.is_confirmed = not is_patient
        self.last: Any = None  # key of the last recording,
        self.in_a_row = self.looks = 0  # how many were like it, and all
        self.failures = 0
        self.vain = 0  # entries in a row that did nothing
        self.entries = 0
        self.interpreted = self.native = self.recorded = 0  # passes; `native`: by tapes,
        self.replayed = 0  # of which by NumPy
        self.native_seconds = self.replayed_seconds = 0.0
        self.seconds = 0.0  # that a plain interpreted pass takes
        self.left: int | None = None  # passes, where that is known
        self.tries = self.gained = 0  # entries, and passes by them
        self.spent = self.saved = 0.0  # seconds, in these tries
        self.notes: list[tuple[str, Any]] = []  # why recordings ended early, and the spans

    # ── recording ──

    def is_worth_recording(self) -> bool:
        return not self.refused and len(self.tapes) < MOST_TAPES and self.failures < MOST_FAILURES

    def learn(self, recorder: Recorder, counts: dict[Any, int]) -> None:
        """Takes in a pass that was recorded to its end, or as far as it went."""
        tape = recorder.finish()
        if tape is None:
            self.failures += 1
            self.notes.append((recorder.reason, recorder.span))
            is_lasting = any(word in recorder.reason for word in NEVER) and self.failures >= (
                1 if self.is_patient else 3
            )
            if is_lasting or self.failures >= MOST_FAILURES and not self.tapes or "too long" in recorder.reason:
                self.refused, self.refused_at = recorder.reason, recorder.span
            return
        if not self.is_confirmed:
            self.confirm(tape)
        if not self.is_confirmed:
            return
        compiled = Compiled(tape, self.backend)
        compiled.counts = counts
        if self.seconds:
            compiled.passes = compiled.first = max(SHORTEST, min(compiled.passes, int(SLICE_SECONDS / self.seconds)))
        key = compiled.key()
        if key in self.keys:
            self.failures += 1
            return
        self.recorded += 1
        self.tapes.insert(0, compiled)
        self.keys.insert(0, key)

    def confirm(self, tape: Tape) -> None:
        """Waits for passes of one path in a row: where paths alternate nothing is to be gained."""
        constants = {r: x for r, x in tape.constants.items() if tape.registers[r].shape == ()}
        key = (tape.code, tape.registers, repr(constants), [place.key for _, place, _ in tape.inputs])
        self.in_a_row = self.in_a_row + 1 if key == self.last else 1
        self.last = key
        self.looks += 1
        self.is_confirmed = self.in_a_row >= IN_A_ROW
        if self.looks == LOOKS and not self.is_confirmed:
            self.refused = RARE

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
        self.account(result[0], perf_counter() - started)
        return result

    def account(self, done: int, seconds: float) -> None:
        """Gives up tapes that cost more than they save."""
        self.tries += 1
        self.gained += done
        self.spent += seconds
        self.saved += done * self.seconds
        if self.tries == TRIES:
            if self.spent > LOSS * self.saved if self.is_patient else self.gained < FEW * TRIES:
                self.refused = RARE
            self.tries, self.gained, self.spent, self.saved = 0, 0, 0.0, 0.0

    def enter_any(self, view: View, items: Items | None, hold: bool) -> tuple[int, bool, dict[Any, int]]:
        for compiled in list(self.tapes):
            if compiled.tape.frame is not view.frame:  # another call of the function: other names, other parameters
                self.forget(compiled)
                continue
            if self.is_slow(compiled):
                continue
            started, is_replayed = perf_counter(), compiled.is_replayed
            done, held = Run(compiled, view, items, hold).go()
            if done or held:
                self.vain = 0
                self.native += done
                self.took(compiled, done, perf_counter() - started, is_replayed)
                return done, held, compiled.counts
        self.vain += 1
        return 0, False, {}

    def took(self, compiled: Compiled, done: int, seconds: float, is_replayed: bool) -> None:
        """Some passes by a tape were run; a tape that has earned it is compiled."""
        if not is_replayed:
            self.native_seconds += seconds
            return
        self.replayed += done
        self.replayed_seconds += seconds
        compiled.pace = seconds / max(1, done)
        self.compile()

    def compile(self) -> None:
        """Has those tapes compiled that have earned it, if enough is left to do."""
        for compiled in self.tapes:
            if compiled.earned >= EARNED and isinstance(compiled.main, Later):
                passes = self.native + self.interpreted if self.left is None else self.left
                if COMPILER.is_worth(passes * min(compiled.pace, self.seconds)):
                    compiled.main.start()

    def has_ready(self) -> bool:
        """Whether there is a tape that is faster than the interpreter now."""
        return self.is_confirmed and any(not self.is_slow(c) for c in self.tapes)

    def is_slow(self, compiled: Compiled) -> bool:
        """Whether to wait for machine code, because NumPy is no faster on this than the interpreter."""
        return self.is_patient and compiled.pace > FASTER * self.seconds and compiled.is_replayed
