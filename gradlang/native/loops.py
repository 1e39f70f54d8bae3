"""What is known of a loop: its tapes, one a path, and whether they are worth their time.

Owns the policy. The interpreter takes every pass that no tape takes. All of it
goes by counts and by what passes are expected to cost, never by a clock: two
runs of a program take the same way. (The one exception cannot be told: passes
that are replayed are the interpreter's, bit for bit.)
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from time import perf_counter
from typing import Any

from ..engine.value import STATE
from .ahead import Items
from .choice import Backend
from .compiled import Compiled
from .cost import compile_seconds, pass_seconds
from .glimpse import Glimpse, Onlooker
from .later import Later
from .recorder import Recorder
from .recording import Tape, View
from .run import EXPLAINED, Run

MOST_TAPES = 6
MOST_FAILURES = 12
IN_A_ROW, LOOKS = 3, 12  # recordings that must agree before a tape is used, and how many there may be till then
AGAIN = 2  # recordings of a further path before it is compiled
TRIES = 16  # entries after which it is asked whether they were worth their time
FEW = 2  # passes an entry that are too few
ENTRY, EACH = 60e-6, 2e-6  # seconds that an entry costs, and for each number that it looks up
LOSS = 1.5  # how much more that may be than what it saves: the next entries may be better
LOADING = 0.08  # seconds expected of loading LLVM; of every kernel, so that no run hangs on the one before
CLEARLY = 2.0  # times that what a loop still costs must outweigh what is expected of compiling it
OVERLAP = 0.3  # how much of that time the interpreter goes on at least; with a warm cache it takes no more
FASTER = 0.8  # times an interpreted pass that replay must take
GROWING = "its passes keep the history of those before, so that what they cost grows"
RARE = "no recorded path is taken often enough in a row"
NEVER = ("too long", "is carried", "items", "takes over")  # reasons that the next pass will have, too


class Loop:
    """What is known of one loop of the program."""

    def __init__(self, backend: Backend, is_patient: bool = False) -> None:
        self.backend = backend
        self.is_patient = is_patient  # whether tapes must be worth their time; else they are used at once
        self.tapes: list[Compiled] = []
        self.keys: list[Any] = []
        self.refused = ""  # why it stays in the interpreter,
        self.refused_at: Any = None  # and the span that it is about
        self.is_confirmed = not is_patient
        self.last: Any = None  # key of the last recording,
        self.in_a_row = self.looks = 0  # how many were like it, and all
        self.failures = 0
        self.vain = 0  # entries in a row that did nothing,
        self.rest = 0  # and so many passes are interpreted for it before the next
        self.entries = 0
        self.is_explained = False  # whether a pass that made a nan or an infinity was left to the interpreter
        self.native = self.replayed = 0  # passes by tapes; of which by NumPy
        self.native_seconds = self.replayed_seconds = 0.0  # to be told
        self.weight = 0.0  # seconds that an interpreted pass is expected to take,
        self.pace = 0.0  # and was seen to take
        self.tries = self.gained = 0  # entries, and passes by them
        self.spent = 0.0  # seconds expected of these
        self.notes: list[tuple[str, Any]] = []  # why recordings ended early, and the spans

    # ── recording ──

    def is_worth_recording(self) -> bool:
        return not self.refused and len(self.tapes) < MOST_TAPES and self.failures < MOST_FAILURES

    def learn(self, recorder: Recorder, counts: dict[Any, int], backwards: int, loss: int | None, units: int) -> None:
        """Takes in a pass that was recorded to its end, or as far as it went.

        It has differentiated so many times, the last time what is in the register `loss`, and cost so many units.
        """
        tape = recorder.finish()
        if tape is None:
            self.failures += 1
            self.in_a_row = 0
            self.notes.append((recorder.reason, recorder.span))
            most = IN_A_ROW if self.is_patient else MOST_FAILURES
            is_lasting = any(word in recorder.reason for word in NEVER) and (self.is_patient or self.failures >= 3)
            if is_lasting or self.failures >= most and not self.tapes or "too long" in recorder.reason:
                self.refused, self.refused_at = recorder.reason, recorder.span
            return
        if STATE.budget is not None and tape.drops_history:
            self.refused = GROWING
            return
        if not self.is_confirmed:
            self.confirm(tape)
        if not self.is_confirmed:
            return
        compiled = Compiled(tape, self.backend)
        compiled.counts = counts
        compiled.units = units
        compiled.glimpse = Glimpse(compiled, loss, backwards) if loss is not None else None
        key = compiled.key()
        if key in self.keys:
            self.failures += 1
            self.tapes[self.keys.index(key)].seen += 1
            return
        compiled.seen, self.in_a_row = max(1, self.in_a_row), 0
        kernel = compiled.main_kernel
        compiled.expect(compile_seconds(kernel), pass_seconds(kernel))
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
        if self.is_confirmed:
            self.last = None
        elif self.looks == LOOKS:
            self.refused = RARE

    def forget(self, compiled: Compiled) -> None:
        i = self.tapes.index(compiled)
        del self.tapes[i], self.keys[i]
        self.in_a_row = AGAIN  # in another frame it was confirmed

    # ── machine code that is made meanwhile ──

    def commission(self, passes: int, expected: int) -> None:
        """Has tapes compiled that are worth it, after so many passes, when so many more are expected."""
        for compiled in self.tapes:
            program = compiled.main
            if isinstance(program, Later) and not program.is_started and compiled.seen >= AGAIN:
                cost, native = compiled.cost, compiled.native
                if expected * (self.weight - native) > CLEARLY * (LOADING + cost):
                    program.start()
                    waited = OVERLAP + (1 - OVERLAP) * min(1.0, native / self.weight)
                    compiled.due = passes + ceil(waited * cost / self.weight)

    def until_ready(self, passes: int, goes_on: Callable[[], bool]) -> int | None:
        """How many passes to interpret before a tape can be used; None where no tape will be."""
        for compiled in self.tapes:
            program = compiled.main
            if isinstance(program, Later) and program.is_started and not compiled.is_ready:
                if compiled.due > passes:
                    return compiled.due - passes
                if not program.is_awaited(goes_on):
                    return 1
                compiled.is_ready = True
        return 0 if any(self.is_usable(compiled) for compiled in self.tapes) else None

    def is_usable(self, compiled: Compiled) -> bool:
        """Whether it can be run, and is no slower than the interpreter if that is by NumPy."""
        if isinstance(compiled.main, Later) and not compiled.is_ready:
            return False
        return not (self.is_patient and compiled.is_replayed and compiled.pace > FASTER * self.pace)

    # ── running ──

    def advance(
        self, view: View, items: Items | None, hold: bool, onlooker: Onlooker
    ) -> tuple[int, bool, dict[Any, int]]:
        """Runs what passes it can: how many, whether the next is to be interpreted, inner loops' passes in each.

        `hold` leaves the last of them to the interpreter in any case.
        """
        for compiled in list(self.tapes):
            if compiled.tape.frame is not view.frame:  # another call of the function: other names, other parameters
                self.forget(compiled)
                continue
            if not self.is_usable(compiled):
                continue
            started = perf_counter()
            run = Run(compiled, view, items, hold, onlooker, onlooker.is_wary and not self.is_explained)
            done, held = run.go()
            if run.to_explain:
                self.rest = run.to_explain
                self.is_explained = run.to_explain == EXPLAINED
            self.spent += ENTRY + EACH * (len(compiled.tape.inputs) + len(compiled.tape.outputs))
            if done or held:
                self.account(done)
                self.vain = 0
                self.took(compiled, done, perf_counter() - started)
                return done, held, compiled.counts
        self.account(0)
        self.vain += 1
        self.rest = 2 ** min(self.vain - 3, 16) if self.is_patient and self.vain >= 3 else 0
        return 0, False, {}

    def account(self, done: int) -> None:
        """Gives up tapes that cost more than they save."""
        self.tries += 1
        self.gained += done
        if self.tries == TRIES:
            if self.spent > LOSS * self.gained * self.weight if self.is_patient else self.gained < FEW * TRIES:
                self.refused = RARE
            self.tries, self.gained, self.spent = 0, 0, 0.0

    def took(self, compiled: Compiled, done: int, seconds: float) -> None:
        """Some passes by a tape were run."""
        self.native += done
        if not compiled.is_replayed:
            self.native_seconds += seconds
            return
        self.replayed += done
        self.replayed_seconds += seconds
        compiled.pace = seconds / max(1, done)

    def drop(self) -> None:
        """Forgets its tapes, and with them the values that they hold."""
        for compiled in self.tapes:
            compiled.glimpse = None  # which knows its tape: a cycle would keep both
        self.tapes, self.keys = [], []

    def add(self, before: Loop) -> None:
        """Counts passes of an earlier time as well."""
        self.native += before.native
        self.native_seconds += before.native_seconds
        self.replayed += before.replayed
        self.replayed_seconds += before.replayed_seconds
