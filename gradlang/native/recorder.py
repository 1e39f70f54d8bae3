"""Follows one pass of a loop as the interpreter takes it, and writes it down.

Owns `Recorder`, which stands in STATE.recorder for the length of one pass and
is told what passes through `apply` and the few things that do not. What comes
out is a `Tape`: the pass as instructions over registers, where its numbers
come from and go to, and what must be so that it can be repeated.

Invariant: recording leaves no trace, because the pass is a real one: nothing
in the program's state is another for it, and a recording may end at any
moment (`ends`) without a word to the program.

What a name held when the pass began is known by the identity of the value, not
by watching names being read. So two names that hold one value, one of which
may be bound in the loop, cannot be told apart, and the pass is not recorded;
nearly always the next one is different.
"""

from __future__ import annotations

from typing import Any

from ..engine.charges import unpaid
from ..engine.ops import TABLE
from ..engine.table import arrays
from ..engine.value import STATE, Box, Data, Value, apply, leaf, seen
from .places import Broad, Draw, Gradient, Held, Item, Name, Parameter, leaves
from .recording import CONSTANT, VARYING, Tape, View, shared_pasts
from .registers import Registers, last_span

BROAD = "a tuple is too long for a tape"
AT = {"spec": (("at",),)}


class Recorder(Registers):
    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.gradients: dict[int, tuple[Value | Box, int]] = {}  # by id of the owner: it, and a register
        self.updates: dict[Box, int] = {}
        self.settings: list[tuple[Any, Any]] = []
        self.shared: list[tuple[Name, Name]] = []
        self.lists: dict[int, tuple[int, tuple[Value, ...]]] = {}  # id of a growing list -> its slot, what was appended
        self.never_empty: list[Any] = []  # inner loops that were met before any guard, and had a pass
        self.items_of: Any = None
        self.held_items: set[int] = set()  # ids of items whose gradient can be asked for after the pass
        self.start: dict[int, Any] = {}
        try:
            self.find_names()
        except Broad:
            self.ends(BROAD)

    # ── before the pass ──

    def find_names(self) -> None:
        view = self.view
        names = [
            Name(frame, slot, path, frame is view.frame and slot in view.may)
            for frame, slot in view.cells
            if not (frame is view.frame and slot in view.may and slot not in view.exposed)
            for path, _ in leaves(frame[slot])
        ]
        self.held_back = shared_pasts(view, names)
        for name in names:
            x = name.content()
            if x.__class__ is Value:
                self.find(name, x)
            elif name.is_moving and not name.path and hasattr(x, "buffer"):
                self.lists[id(x)] = (name.slot, ())
            else:
                self.conditions.append((name, x))
        self.start = {slot: view.frame[slot] for slot in view.may}

    def find(self, name: Name, value: Value) -> None:
        other = self.found.get(id(value))
        if value.op.__class__ is Box and value.op.value is value:
            self.ends(f"`{self.called(name)}` holds the numbers that a parameter has now")
        elif other is None:
            self.found[id(value)] = name
            self.keep.append(value)
        elif isinstance(other, Name) and not (name.is_moving or other.is_moving):
            self.shared.append((other, name))
        else:
            self.ends(f"`{self.called(name)}` and another name hold one value")

    def begin(self) -> bool:
        """Starts to listen; False where this pass cannot be followed."""
        if self.reason:
            return False
        STATE.recorder = self
        STATE.watchers = (*STATE.watchers, self.operation)
        return True

    def stop(self) -> None:
        """Listens no longer."""
        if STATE.recorder is self:
            STATE.recorder = None
            STATE.watchers = tuple([w for w in STATE.watchers if w != self.operation])

    def ends(self, why: str, span: Any = None) -> None:
        """This pass cannot be repeated, and why."""
        self.span = span or last_span(self.heard) or self.span
        self.reason = self.reason or why
        self.keep, self.heard = [], []
        self.stop()

    def item(self, x: Any, is_held: bool) -> None:
        """The item of this pass, before it is bound; whether the program holds it after the pass, too."""
        try:
            parts = list(leaves(x))
        except Broad:
            return self.ends(BROAD)
        for path, v in parts:
            if v.__class__ is not Value:
                self.ends("the items are no numbers")
            elif not v.inputs and not v.needs:
                self.found[id(v)] = Item(path, False)
                self.keep.append(v)
            elif v.inputs and v.attrs == AT and len(v.inputs) == 2 and not v.inputs[1].needs:
                self.items_of = (*(self.items_of or ()), (path, v.inputs[0]))
                self.found[id(v.inputs[1])] = Item(path, True)
                self.keep.append(v.inputs[1])
                self.operation(v, v.inputs)
                self.held_items |= {id(v)} if is_held else set()
            else:
                self.ends("the items have a history")

    # ── what the engine says ──

    def same(self, new: Value, old: Value) -> None:
        self.catch_up()
        self.made.add(id(new))
        self.keep.append(new)
        register = self.register(old)
        if register is not None:
            self.by_value[id(new)] = register

    def forced(self, v: Value) -> None:
        if self.level(v) == CONSTANT:
            return
        if v.shape:
            return self.ends("a tensor decides what happens next")
        self.guard(self.by_value[id(v)], v.data)

    def written(self, v: Value) -> None:
        if self.level(v) > CONSTANT:
            self.ends("text is made of a number")

    def drawn(self, kind: str, arguments: tuple[Any, ...], v: Value) -> None:
        self.streams.append((self.new(v, VARYING), Draw(kind, arguments)))

    def relies_on(self, optimiser: Any) -> None:
        if all(optimiser is not o for o, _ in self.settings):
            self.settings.append((optimiser, optimiser.state()))

    def stored(self, box: Box, x: Value) -> None:
        self.catch_up()
        self.place_register(Parameter(box), leaf(x.data, True))
        self.same(box.value, x)
        self.by_value[id(box.value)] = self.constant(x)
        self.updates[box] = self.updates.get(box, 0) + 1

    def gradient_set(self, owner: Value | Box, g: Value) -> None:
        self.catch_up()
        self.gradients[id(owner)] = (owner, self.constant(g))
        self.keep.append(owner)

    def differentiated(self, order: list[Value], before: dict[Value | Box, Data]) -> None:
        """Gradients of some values, in topological order, were set: those of the last one.

        They were added to what some owners had `before`.
        """
        self.catch_up()
        if self.reason:
            return
        root = order[-1]
        one = leaf(1.0 if root.shape == () else arrays.ones_like(root.data))
        gradients = {id(root): self.constant(one)}
        for v in reversed(order):
            if v.inputs and (g := gradients.get(id(v))) is not None:
                for x, d in self.adjoint(v, g):
                    total = gradients.get(id(x))
                    gradients[id(x)] = d if total is None else self.sum(total, d)
        self.keep += order
        totals: dict[Value | Box, int] = {}
        for v in order:
            g = gradients.get(id(v))
            if g is not None:
                totals[v] = g
                if v.op.__class__ is Box:
                    box: Any = v.op
                    totals[box] = g if box not in totals else self.sum(totals[box], g)
        for owner, total in totals.items():
            if owner in before:
                total = self.sum(self.earlier(owner, before[owner]), total)
            self.gradients[id(owner)] = (owner, total)

    def earlier(self, owner: Value | Box, data: Data) -> int:
        """The register of the gradient that something had."""
        known = self.gradients.get(id(owner))
        if known is not None:
            return known[1]
        like, place = leaf(data), self.gradient_place(owner)
        return self.constant(like) if place is None else self.place_register(place, like)

    def sum(self, x: int, y: int) -> int:
        """The register of a sum of two gradients of one shape."""
        return self.write("add", (x, y), (), self.registers[x])

    def gradient_read(self, owner: Value | Box, g: Value) -> Value:
        self.catch_up()
        self.made.add(id(g))
        self.keep.append(g)
        known = self.gradients.get(id(owner))
        if known is not None:
            self.by_value[id(g)] = known[1]
        else:
            place = self.gradient_place(owner)
            if place is None:
                self.ends("a gradient is read that has no place")
            else:
                self.by_value[id(g)] = self.place_register(place, g)
        return g

    def gradient_place(self, owner: Value | Box) -> Gradient | None:
        """Where the gradient of something that was there before the pass is."""
        if isinstance(owner, Box):
            return Gradient(owner)
        found = self.found.get(id(owner))
        if isinstance(found, Item) or id(owner) in self.made:
            return None
        return Gradient(found if found is not None else Held(owner))

    # ── what the language says ──

    def listed(self, items: Any) -> None:
        if id(items) in self.lists:
            self.ends("a growing list is read")

    def appended(self, before: Any, after: Any, x: Any) -> None:
        if STATE.budget is not None and after.buffer is not before.buffer:
            return self.ends("a list is copied, which costs the more the longer it is")
        known = self.lists.get(id(before))
        if known is None:
            return
        if x.__class__ is not Value or x.inputs:
            return self.ends("what is appended has a history")
        self.lists[id(after)] = (known[0], (*known[1], x))
        self.keep += [after, x]

    def window(self, start: Any, stop: Any, size: int) -> Value | None:
        """The positions of a slice whose start varies, and whose length does not; None where it is an ordinary one."""
        if start.__class__ is not Value or stop.__class__ is not Value:
            return None
        if self.level(start) < VARYING and self.level(stop) < VARYING or start.shape or stop.shape:
            return None
        with unpaid():  # an ordinary slice computes nothing
            length = seen(apply(TABLE["sub"], stop, start))
        if STATE.recorder is not self or length != length // 1 or not (0 <= start.data <= size - length and length > 0):
            return None
        if start.data != start.data // 1:
            return None
        with unpaid():
            return apply(TABLE["add"], start, leaf(arrays.arange(0.0, length, 1.0)))

    def start_value(self, name: Name) -> Any:
        """What a name held when the pass began."""
        x = self.start[name.slot]
        for i in name.path:
            x = x[i]
        return x

    def entered(self, loop: Any) -> None:
        """An inner loop begins a first pass."""
        self.catch_up()
        if not self.guarded:
            self.never_empty.append(loop)

    # ── after the pass ──

    def finish(self) -> Tape | None:
        """The tape of the pass, or None, and then there is a reason."""
        self.stop()
        self.catch_up()
        if self.reason:
            return None
        from .outcome import Outcome

        outcome = Outcome(self)
        try:
            outcome.boxes()
            for slot in sorted(self.view.may):
                if slot in self.view.live:
                    outcome.name(slot)
            outcome.gradients()
        except Broad:
            self.ends(BROAD)
        if self.reason:
            return None
        return Tape(
            self.view.frame, self.registers, self.levels, tuple(self.code), self.constants, self.inputs, self.streams,
            outcome.outputs, outcome.grown, self.conditions, self.shared, self.settings, self.items_of,
            outcome.private, outcome.step_back, self.updates,
            {box: box.spent for box, _ in self.gradients.values() if isinstance(box, Box)},
        )  # fmt: skip
