"""One time through a checkpointed loop: what is saved of it, whether a file fits, and how the loop is put back.

Owns the meaning of a checkpoint's structure.

Invariants: a file is used only if the loop, the functions it can call, its
parameters, optimisers and what they were set to are those that it was written
for; everything is checked and made before anything changes.

A name that a pass may read of what an earlier one bound (`exposed`) must come
back as it was, and is refused where it cannot. Others that a pass may leave
alone may hold anything (the loss of a loop inside, which might have no pass):
numbers come back, gradients through them are refused when they are asked for
(`histories`), and a name of a function or model has no value until it is bound
again. None of that can go unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from ...engine import draws
from ...engine.checkpoint_file import ANEW, bits, damaged
from ...engine.value import STATE, Box, Data, Value, changing, leaf, shape_text
from ...faults import Fault
from ...source import PRELUDE
from ...syntax import tree
from ...syntax.parser import tokens
from ..flow import flow
from ..headway import length
from ..scopes import Scope
from ..values import kind
from .histories import FREE, drop_history
from .reach import contents, reached
from .record import Plain, Reader, Unsavable, Writer

VERSION = 2
SMALL = 1000  # numbers


class Course:
    """What a loop can change, found before its first pass."""

    def __init__(self, node: tree.For, frame: list[Any], steps: Any) -> None:
        self.frame = frame
        self.steps = plain_steps(steps)
        surely = flow(node, node.scope)
        found = flow(node, node.scope, set(loops_in(node)))  # as if loops inside always had a pass
        names = {v.slot: v.name for v in node.scope.variables.values()}
        carried = sorted(found.exposed & found.may)
        self.carried = {names[slot]: slot for slot in carried}
        self.left = {names[slot]: slot for slot in sorted(surely.live - found.exposed)}
        self.unread = sorted(found.may - found.live)  # what a pass leaves there nobody reads
        everything = reached(contents(node, frame, found.may))
        reached([frame[slot] for slot in carried], kept := reached([]))
        self.boxes = list(everything.boxes | kept.boxes)
        self.optimisers = list(everything.optimisers)
        self.text = text_of(node.body.span.text)
        bodies = [f for f in everything.functions if f.span.source.name != PRELUDE]
        self.functions = [[f.name, text_of(f.span.text)] for f in bodies]
        held = everything.leaves | dict.fromkeys([box.value for box in self.boxes])  # other names may hold these, too
        self.leaves = [x for x in held if is_asked_for(x, [self.text, *[t for _, t in self.functions]])]
        # at a prompt the loop may have been begun before, by the same process
        self.is_open = is_open(node.scope)
        self.begun = None if self.is_open else [list(draws.GENERATOR.state()), self.settings()]
        for name, slot in self.carried.items():
            self.check_kind(name, frame[slot])

    def settings(self) -> list[Any]:
        return [list(optimiser.state()) for optimiser in self.optimisers]

    def check_kind(self, name: str, x: Any) -> None:
        """Raises Fault E0610 where a name holds what no checkpoint can, whatever its history."""
        try:
            if x is not None:
                Writer({box: i for i, box in enumerate(self.boxes)}).place(x)
        except Unsavable as problem:
            if problem.thing.__class__ is not Value:
                raise unsavable(name, problem) from None

    # ── saving ──

    def saved(self, passes: int, is_native: bool) -> tuple[Plain, list[float], list[Data]]:
        """The state after so many passes, as a structure, its numbers and arrays. Raises Fault E0610."""
        for name, slot in self.carried.items():
            drop_history(name, slot, self.frame, self.unread, self.is_open)
        writer = Writer({box: i for i, box in enumerate(self.boxes)})
        names: dict[str, Plain] = {}
        for name, slot in (self.carried | self.left).items():
            x = self.frame[slot]
            writer.takes_histories = name in self.left
            try:
                names[name] = None if x is None else writer.place(x)
            except Unsavable as problem:
                if name in self.carried:
                    raise unsavable(name, problem) from None
                names[name] = None
        structure = {
            "version": VERSION, "dtype": STATE.dtype, "begun": self.begun, "steps": self.steps,
            "passes": passes, "native": is_native, "text": self.text, "functions": self.functions,
            "random": list(draws.GENERATOR.state()), "names": names, "table": writer.table,
            "parameters": [
                [box.name, list(box.value.shape), box.version, writer.data(box.value.data),
                 writer.data(box.grad), writer.gradient(box.value)]
                for box in self.boxes
            ],
            "optimisers": [[o.name, o.state()] for o in self.optimisers],
            "gradients": [writer.gradient(x) for x in self.leaves],
            "spent": [box.spent for box in self.boxes],
        }  # fmt: skip
        return structure, writer.floats, writer.arrays

    # ── going on ──

    def restore(self, path: str, structure: Plain, floats: list[float], arrays: list[Data]) -> tuple[int, bool]:
        """Makes everything what it was when the file was written: how many passes were done, and `is_native`.

        Raises Fault E0609, and then has changed nothing.
        """
        try:
            if structure["version"] != VERSION:
                raise misfit(path, "another version of gradlang has written it")
            self.check(path, structure)
            reader = Reader(floats, arrays)
            states: list[tuple[Value, Data, int, str]] = []
            gradients: list[tuple[Value, Data]] = []
            saved = zip(self.boxes, structure["parameters"], structure["spent"], strict=True)
            for box, (_, _, version, data, grad, own_grad), spent in saved:
                numbers, gradient = reader.numbers(data), reader.numbers(grad)
                state = self.leaf_of(box, numbers, version), gradient, int(version), str(spent)
                if state[0].shape != box.value.shape:
                    raise ValueError
                reader.check(state[1], box.value.shape)
                states.append(state)
                if own_grad is not None:
                    gradients.append((states[-1][0], reader.numbers(own_grad[0])))
            things = reader.things(structure["table"], self.boxes, [state[0] for state in states])
            held = {name: None if at is None else things[at] for name, at in structure["names"].items()}
            found = [(slot, held[name]) for name, slot in (self.carried | self.left).items()]
            set_to = [[float(x) for x in state] for _, state in structure["optimisers"]]
            kept = structure["gradients"]
            gradients += [(x, reader.numbers(plain[0])) for x, plain in zip(self.leaves, kept, strict=True) if plain]
            for x, gradient in gradients:
                reader.check(gradient, x.shape)
            seed, drawn = (int(x) for x in structure["random"])
            passes, is_native = int(structure["passes"]), bool(structure["native"])
            if not 0 < passes < self.steps[-1] or min(seed, drawn) < 0:
                raise ValueError
            if [len(numbers) for numbers in set_to] != [len(o.settings) for o in self.optimisers]:
                raise ValueError
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError):
            raise damaged(path) from None
        for box, state in zip(self.boxes, states, strict=True):
            changing(box)
            box.restore(state)
        for optimiser, numbers in zip(self.optimisers, set_to, strict=True):
            changing(optimiser)
            optimiser.restore(numbers)
        for x, gradient in gradients:
            x.grad = gradient
        for slot, thing in found:
            self.frame[slot] = thing
        draws.GENERATOR.restore((seed, drawn))
        return passes, is_native

    @staticmethod
    def leaf_of(box: Box, data: Data, version: int) -> Value:
        """What a parameter will hold: what it holds, if it was never updated, for others may hold that very value."""
        if version == box.version and bits(data) == bits(box.value.data):
            return box.value
        x = leaf(data, True, box.span)
        x.op, x.name = box, box.name
        return x

    def check(self, path: str, structure: Plain) -> None:
        """Raises Fault E0609 unless a file was written for this loop, in this program."""
        if structure["dtype"] != STATE.dtype:
            raise misfit(path, f"it was written by a run in {structure['dtype']}")
        if structure["text"] != self.text:
            raise misfit(path, "the loop was another when it was written")
        for (name, text), (now, text_now) in zip(structure["functions"], self.functions, strict=False):
            if name == now and text != text_now:
                raise misfit(path, f"`{name}` was another function when it was written")
        if [f[1] for f in structure["functions"]] != [f[1] for f in self.functions]:
            raise misfit(path, "the loop used other functions when it was written")
        *steps, total = self.steps
        if structure["steps"][:-1] != steps:
            raise misfit(path, "the loop went over something else when it was written")
        if structure["passes"] >= total:
            raise misfit(path, f"it was written after {structure['passes']} passes, and now there are {total}")
        shapes = {f"`{name}`": tuple(shape) for name, shape, *_ in structure["parameters"]}
        for box, (name, shape, *_) in zip(self.boxes, structure["parameters"], strict=False):
            if name == box.name and tuple(shape) != box.value.shape:
                raise misfit(
                    path, f"`{name}` is {shape_text(tuple(shape))} in it, {shape_text(box.value.shape)} in the program"
                )
        if [name for name, *_ in structure["parameters"]] != [box.name for box in self.boxes]:
            raise misfit(path, f"it holds the parameters {', '.join(shapes) or 'of nothing'}; the program has others")
        if [name for name, _ in structure["optimisers"]] != [o.name for o in self.optimisers]:
            raise misfit(path, "the program had other optimisers when it was written")
        if self.begun is not None and structure["begun"] is not None:
            random, settings = structure["begun"]
            if random[0] != self.begun[0][0]:
                raise misfit(path, f"it was written by a run with the seed {random[0]}")
            if random != self.begun[0]:
                raise misfit(path, "the program had drawn other random numbers before the loop when it was written")
            if settings != self.begun[1]:
                raise misfit(path, "the optimiser began with other settings when it was written")


def misfit(path: str, why: str) -> Fault:
    return Fault("E0609", f'"{path}" does not fit: {why}', ANEW)


def unsavable(name: str, problem: Unsavable) -> Fault:
    """What a name holds that no file can, in words."""
    x = problem.thing
    if x.__class__ is Value:
        return Fault(
            "E0610", f"`{name}` holds values with their history, and a checkpoint keeps numbers alone",
            f"begin with `{name} = []`, and keep numbers: `{name} = append({name}, loss.item())`", FREE,
        )  # fmt: skip
    what = f"the parameter `{x.name}`, which the loop makes" if x.__class__ is Box else kind(x)
    return Fault(
        "E0610",
        f"`{name}` holds {what}, which a checkpoint cannot keep from one pass to the next",
        "make it before the loop, or anew in each pass before it is read",
    )


def plain_steps(steps: Any) -> list[Any]:
    """What a loop goes over; its length comes last, and may grow."""
    if steps.__class__ is range:
        return ["range", steps.start, steps.step, len(steps)]
    return [steps.__class__.__name__, length(steps)]


def text_of(part: str) -> str:
    """A part of a program, whatever its layout and comments."""
    return " ".join([token for token in tokens(part) if token.strip()])


def loops_in(node: tree.For) -> Iterator[tree.Node]:
    stack: list[tree.Node] = [node.body]
    while stack:
        part = stack.pop()
        stack += tree.parts(part)
        if isinstance(part, tree.For | tree.While):
            yield part


def is_asked_for(x: Value, texts: list[str]) -> bool:
    """Whether a loop might look at a gradient that this value had before the pass.

    Of data in large tensors nobody does as a rule, and saves would be twice as long.
    """
    if prod(x.shape) <= SMALL:
        return True
    asked = f"{x.name} . grad" if hasattr(x, "name") and x.op.__class__ is not Box else ""
    return any(["accumulate" in text or asked and asked in f" {text}" for text in texts])


def is_open(scope: Scope) -> bool:
    """Whether the names of the program stay for further sources."""
    while scope.parent is not None:
        scope = scope.parent
    return scope.open
