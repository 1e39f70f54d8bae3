"""What `backward` did, written down: the gradient rules of the table, run on symbols instead of numbers.

Owns `Adjoint`, the instructions by which one operation contributes to the
gradients of its inputs. They depend on the operation, on attributes and on
shapes, never on numbers; so they are found out once for all operations that
have those in common, and written as often as there are such (`Adjoints`). The
engine meanwhile runs the very same rules on raw numbers, in the same order:
the pass that is recorded is an ordinary one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache
from typing import Any, NamedTuple

from ..engine.ops import METHODS, TABLE
from ..engine.value import Shape, Value
from .passes import kind_of
from .tape import NUMBER, Attrs, Register, attrs_of, register_of

Step = tuple[str, tuple[int, ...], Attrs, Register, bool]


class Adjoint(NamedTuple):
    """The contributions of one operation, over cells: its gradient, its result, its inputs, numbers, and what is made.

    reads     the cells of the result and of inputs that are read
    numbers   the known numbers
    steps     (row, cells that it reads, attributes, what it makes, whether it depends on the gradient), each of which
              makes the next cell
    given     (position of an input, cell of what it is given)
    """

    reads: tuple[int, ...]
    numbers: tuple[float, ...]
    steps: tuple[Step, ...]
    given: tuple[tuple[int, int], ...]


class Symbol:
    """A cell, as rules compute with it."""

    __slots__ = ("form", "key", "rules")

    def __init__(self, rules: Rules, key: Hashable, form: Register) -> None:
        self.rules = rules
        self.key = key
        self.form = form

    @property
    def shape(self) -> Shape:
        return self.form.shape

    @property
    def dtype(self) -> type:
        """What rules ask to tell truths from numbers."""
        return bool if self.form.kind == "truth" else float


class Rules:
    """The namespace of rules: every function is a step."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, tuple[Hashable, ...], Attrs, Register]] = []

    def __getattr__(self, name: str) -> Callable[..., Symbol]:
        if name not in TABLE:
            raise AttributeError(name)
        return lambda *inputs, **attrs: self.step(name, inputs, attrs)

    def symbol(self, x: Any) -> Symbol:
        return x if x.__class__ is Symbol else Symbol(self, ("number", x, repr(x)), NUMBER)

    def step(self, name: str, inputs: Sequence[Any], attrs: dict[str, Any]) -> Symbol:
        given = [self.symbol(x) for x in inputs]
        forms = [x.form for x in given]
        form = Register(tuple(TABLE[name].shape(*[f.shape for f in forms], **attrs)), kind_of(name, forms))
        self.steps.append((name, tuple([x.key for x in given]), attrs_of(attrs), form))
        return Symbol(self, len(self.steps) - 1, form)

    def fitted(self, d: Any, shape: Shape) -> Symbol:
        """A contribution in the shape of its input, as `autodiff.fit` has it."""
        out = self.symbol(d)
        if len(shape) > len(out.shape):
            out = self.step("broadcast_to", [out], {"shape": shape})
        return out if out.shape == shape else self.step("sum_to", [out], {"shape": shape})


def attach(method: str, name: str) -> None:
    """`Symbol.__add__` and `Symbol.__radd__` from the row `add`."""
    setattr(Symbol, f"__{method}__", lambda *inputs: inputs[0].rules.step(name, inputs, {}))
    setattr(Symbol, f"__r{method}__", lambda y, x: y.rules.step(name, (x, y), {}))


for method, name in METHODS.items():
    attach(method, name)


@cache
def adjoint(name: str, attrs: Attrs, forms: tuple[Register, ...], needs: tuple[bool, ...]) -> Adjoint:
    """The contributions of a row, given what its result and its inputs are, and which inputs gradients flow to."""
    rules, row = Rules(), TABLE[name]
    out, *inputs = [Symbol(rules, ("given", i), form) for i, form in enumerate(forms, 1)]
    g = Symbol(rules, ("given", 0), Register(out.shape, "number"))
    assert row.vjp is not None
    if callable(row.vjp):
        found = row.vjp(rules, g, out, *inputs, **dict(attrs))
        contributions = [(i, d) for i, d in enumerate(found) if needs[i]]
    else:
        contributions = [
            (i, rule(rules, g, out, *inputs, **dict(attrs)))
            for i, rule in enumerate(row.vjp[: len(inputs)])
            if needs[i] and rule is not None
        ]
    fitted = [(i, rules.fitted(d, inputs[i].shape).key) for i, d in contributions]
    return numbered(rules, len(forms), fitted)


def numbered(rules: Rules, count: int, fitted: list[tuple[int, Any]]) -> Adjoint:
    """Cells by number: the gradient and `count` that are given, then numbers, then what is made."""
    keys = [key for _, read, _, _ in rules.steps for key in read] + [key for _, key in fitted]
    numbers = list(dict.fromkeys([key for key in keys if key.__class__ is tuple and key[0] == "number"]))
    cells: dict[Hashable, int] = {("given", i): i for i in range(count + 1)}
    cells.update({key: count + 1 + i for i, key in enumerate(numbers)})
    cells.update({i: count + 1 + len(numbers) + i for i in range(len(rules.steps))})
    reads = sorted({cells[key] for key in keys if 0 < cells[key] <= count})
    following: set[Hashable] = {("given", 0)}
    steps: list[Step] = []
    for i, (row, read, attrs, form) in enumerate(rules.steps):
        follows = not following.isdisjoint(read)
        following.update([i] if follows else [])
        steps.append((row, tuple([cells[key] for key in read]), attrs, form, follows))
    known = tuple([float(x) for _, x, _ in numbers])
    return Adjoint(tuple(reads), known, tuple(steps), tuple([(i, cells[key]) for i, key in fitted]))


def adjoint_of(v: Value) -> Adjoint:
    """The contributions of the operation that made a value."""
    forms = (register_of(v.data), *[register_of(x.data) for x in v.inputs])
    attrs = attrs_of(v.attrs) if v.attrs else ()
    return adjoint(v.op.name, attrs, forms, tuple([x.needs for x in v.inputs]))  # type: ignore[union-attr]
