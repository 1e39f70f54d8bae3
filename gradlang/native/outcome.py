"""What a recorded pass has left behind: whether passes like it may be run unseen, and what must come back.

Every name that somebody may read, every parameter and every gradient that can
be asked for is an output of the tape, or the pass is refused. Derivatives
through the loop stay exact: what is carried with a history must have a past
that nobody else holds, because that past is cut off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..engine.value import STATE, Box, Value
from .places import Gradient, Item, Name, Parameter, Template, leaves, named, reached
from .recording import Output
from .tape import register_of

if TYPE_CHECKING:
    from .recorder import Recorder


class Outcome:
    """What a recorded pass has left where, and whether others like it may leave the same unseen."""

    def __init__(self, recorder: Recorder) -> None:
        self.r = recorder
        self.outputs: list[Output] = []
        self.grown: list[tuple[int, int, Template]] = []
        self.private: list[Name] = []
        self.step_back = ""
        self.where: dict[int, Name] = {}  # id of a value -> the name it was left in

    def boxes(self) -> None:
        for box in self.r.updates:
            place = Parameter(box)
            self.outputs.append(Output(place, self.r.by_place[place.key], self.r.by_value[id(box.value)], None))

    def name(self, slot: int) -> None:
        """What is left in a name that somebody may read."""
        r = self.r
        old, new, word = r.start[slot], r.view.frame[slot], r.view.names.get(slot, "a name")
        if new is old:
            return
        is_moving = slot in r.view.exposed
        if id(old) in r.lists or id(new) in r.lists:
            return self.list(slot, old, new, word)
        olds, news = list(leaves(old)), list(leaves(new))
        if any(v.__class__ is not Value for _, v in news) or not news:
            if is_moving:
                return r.ends(f"`{word}` becomes something else than numbers")
            self.step_back = self.step_back or word
            return
        if is_moving:
            if [alike(x) for x in olds] != [alike(x) for x in news]:
                return r.ends(f"`{word}` changes its shape or kind")
        elif new.__class__ is tuple:
            self.step_back = self.step_back or word
            return
        for i, (path, v) in enumerate(news):
            self.value(Name(r.view.frame, slot, path, True), olds[i][1] if is_moving else None, v, word)

    def list(self, slot: int, old: Any, new: Any, word: str) -> None:
        r = self.r
        known = r.lists.get(id(new))
        if known is None or known[0] != slot or id(old) not in r.lists or r.lists[id(old)][0] != slot:
            return r.ends(f"`{word}` is a list that does not grow by `append`")
        for x in known[1]:
            if id(x) in r.gradients or id(x) in r.found:
                return r.ends("what is appended has a gradient, or another name")
            self.grown.append((slot, r.constant(x), Template(x)))

    def value(self, place: Name, old: Any, v: Value, word: str) -> None:
        r = self.r
        if v is old:
            return
        is_moving = old is not None
        was_there = id(v) not in r.made or v.op.__class__ is Box
        if v.needs and (was_there or id(v) in self.where):
            if is_moving or id(v) in self.where:
                return r.ends(f"`{word}` takes over a value that another name has")
            self.step_back = self.step_back or word
            return
        if v.inputs and not is_moving:
            self.step_back = self.step_back or word
            return
        if v.inputs and STATE.is_pictured:
            return r.ends(f"`{word}` is carried, and the graph is drawn with all its past")
        if v.inputs:
            self.history(v, word)
        if v.needs:
            self.where[id(v)] = place
        # what can be read is handed on, even if no operation has read it: it may stand in a tuple or a closure
        start = r.place_register(place, old) if is_moving else None
        self.outputs.append(Output(place, start, r.constant(v), Template(v)))

    def history(self, v: Value, word: str) -> None:
        """The past of a carried value: of this pass, and of values that passes before it carried."""
        r = self.r
        carried = {
            id(x): n for x, n in ((x, r.found.get(id(x))) for x in r.keep) if isinstance(n, Name) and n.is_moving
        }
        kept = [x for x in r.keep if id(x) in carried]
        for x in reached([v], kept):
            if id(x) in carried:
                self.alone(carried[id(x)], x)
            elif x.op.__class__ is Box:
                return r.ends(f"`{word}` is carried, and depends on the parameter `{x.op.name}`")
            elif id(x) not in r.made:
                return r.ends(f"`{word}` is carried, and depends on {named(x)} from outside")

    def alone(self, name: Name, value: Value) -> None:
        """Nobody else may hold what a name held when the pass began."""
        if id(value) in self.r.held_back:
            return self.r.ends(f"`{self.r.called(name)}` is carried, and {self.r.held_back[id(value)]}")
        if all(name.key != n.key for n in self.private):
            self.private.append(name)

    def gradients(self) -> None:
        r = self.r
        grown = {t.identity for _, _, t in self.grown}
        begun = [x for slot in r.view.exposed if slot in r.start for _, x in leaves(r.start[slot])]
        past = {id(x) for x in reached([x for x in begun if x.__class__ is Value and x.inputs])}
        left: set[Any] = set()
        if r.held_items & r.gradients.keys():
            return r.ends("an item gets a gradient")
        for owner, g in r.gradients.values():
            place: Gradient | None
            if isinstance(owner, Box) or id(owner) not in r.made:
                found = r.found.get(id(owner))
                if isinstance(found, Item):
                    return r.ends("an item gets a gradient")
                if isinstance(found, Name) and found.is_moving and found.content() is not owner:
                    self.alone(found, owner)  # type: ignore[arg-type]
                    continue
                if not isinstance(owner, Box) and found is None and (owner.op.__class__ is Box or id(owner) in past):
                    continue  # a reading of a parameter, or the past of what is carried: nobody holds it
                place = r.gradient_place(owner)
            elif id(owner) in grown:
                return r.ends("what is appended has a gradient")
            else:
                place = Gradient(self.where[id(owner)]) if id(owner) in self.where else None
            if place is not None:
                left.add(place.key)
                self.outputs.append(Output(place, r.by_place.get(place.key), g, None))
        for _, place_read, _ in r.inputs:
            if isinstance(place_read, Gradient) and isinstance(place_read.of, Name) and place_read.key not in left:
                name = place_read.of
                if name.is_moving and name.content() is not r.start_value(name):
                    return r.ends("a carried value loses its gradient")


def alike(x: tuple[Any, Any]) -> Any:
    """What must stay the same of what a name holds."""
    path, v = x
    return (path, register_of(v.data), v.needs) if v.__class__ is Value else (path, id(v))
