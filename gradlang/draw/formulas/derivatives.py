"""Local derivatives as formulas, found by running the table's own rules on terms that write themselves.

Owns `Term` (data together with the text of how it was computed) and the
namespace of terms. Knows no rule: a new row needs nothing here.

An elementwise rule is run with the incoming gradient 1, and the 1 is left out
where it says nothing: `g * (1.0 - out * out)` becomes `1 - out**2`. Of any
other rule the whole contribution is told: `h.grad @ W.T`. Where a rule chooses
by a condition that is known, the branch taken stands for the choice, and the
condition is kept as the reason: 1, since x > 0.

Invariants: the text of a term computes its data; nothing is applied, recorded
or stored; a rule that cannot be followed gives no formula, never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from ...engine.ops import METHODS, TABLE
from ...engine.table import Row, arrays, plain, scalars
from ...engine.value import Data, Shape, Value, shape_of, shape_text
from ...shapes import size_of
from ..pictures.nodes import default_of, index_text, is_literal, name_of, text_of
from .naming import called, text_with, unlike
from .notation import ROUNDED, SIGN, SUM, WORDS, Formula, inside, number, written

LONGEST = 120  # a formula with more characters explains nothing

NEGATION = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}


class TooLong(Exception):
    """A formula has grown beyond what anybody would read."""


class Term:
    """Data, and how it is written.

    literal  whether it is a number that the program or a rule wrote, so that it may be computed with
    since    conditions that were decided on the way
    denied   what a condition says where it is false, if that is worth saying
    """

    __slots__ = ("data", "denied", "formula", "literal", "since")

    def __init__(self, data: Data, formula: Formula, literal: bool = False, since: tuple[str, ...] = ()) -> None:
        self.data = data
        self.formula = formula
        self.literal = literal
        self.since = since
        self.denied = ""

    @property
    def shape(self) -> Shape:
        return shape_of(self.data)

    @property
    def text(self) -> str:
        return self.formula.text

    @property
    def name(self) -> str:
        """What a subscript says."""
        return "" if self.literal else self.text

    def __bool__(self) -> bool:
        return bool(self.data)

    def is_number(self, x: float) -> bool:
        return self.literal and self.text == number(x).text


def as_term(x: Any) -> Term:
    """A term, or raw data as a literal."""
    if x.__class__ is Term:
        return x
    data = float(x) if x.__class__ is int else x
    return Term(data, number(data), True) if shape_of(data) == () else Term(data, Formula("…"))


# ── operations on terms ──────────────────────────────────────────────────────


class Terms:
    """The namespace of terms: every function computes the data and writes the text."""

    def __getattr__(self, name: str) -> Callable[..., Term]:
        return lambda *inputs, **attrs: applied(name, [as_term(x) for x in inputs], attrs)

    def where(self, condition: Any, x: Any, y: Any) -> Term:
        """A choice that is the same for all elements is made."""
        c, x, y = as_term(condition), as_term(x), as_term(y)
        taken = c.data if c.shape == () else bool(c.data.any())
        if c.shape == () or taken == bool(c.data.all()) or not c.data.size:
            chosen = x if taken else y
            reason = () if c.literal else (c.text,) if taken else (c.denied,) if c.denied else ()
            return Term(chosen.data, chosen.formula, chosen.literal, since(reason, chosen.since, c.since))
        return applied("where", [c, x, y], {})


TERMS = Terms()


def applied(name: str, inputs: Sequence[Term], attrs: dict[str, Any]) -> Term:
    """One function of the namespaces on terms."""
    single = all([x.data.__class__ is float or x.data.__class__ is bool for x in inputs])
    xp = scalars if single else arrays
    row = TABLE.get(name)
    data = [x.data for x in inputs]
    function = partial(row.eval, xp) if row is not None and row.operator else getattr(xp, name)
    out = plain(function(*data, **attrs))
    reasons = since(*[x.since for x in inputs])
    if single and all([x.literal for x in inputs]) and not attrs:
        return Term(out, number(out), True, reasons)
    if name in ("reshape", "squeeze", "broadcast_to") and same_but_ones(inputs[0].shape, shape_of(out)):
        return Term(out, inputs[0].formula, inputs[0].literal, reasons)
    simple = simplified(name, inputs)
    formula = simple.formula if simple is not None else formula_of(name, row, inputs, attrs)
    if len(formula.text) > LONGEST:
        raise TooLong
    term = Term(out, formula, simple is not None and simple.literal, reasons)
    if name in NEGATION:
        opposite = TABLE[NEGATION[name]]
        if all_true(opposite.eval(xp, *data)):  # not where there is a nan
            term.denied = formula_of(opposite.name, opposite, inputs, {}).text
    return term


def since(*reasons: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([r for each in reasons for r in each]))


def all_true(data: Data) -> bool:
    return data if data.__class__ is bool else bool(data.all())


def formula_of(name: str, row: Row | None, inputs: Sequence[Term], attrs: dict[str, Any]) -> Formula:
    """A function written as the language writes it; in words, if it is none of the language's."""
    formulas = [x.formula for x in inputs]
    x = inside(formulas[0], SUM)
    if name == "broadcast_to":
        return Formula(f"{x} spread over {shape_text(attrs['shape'])}", WORDS)
    if name == "sum_to":
        return Formula(f"{x} summed to {shape_text(attrs['shape'])}", WORDS)
    if "spec" in attrs and row is not None:
        subscripts: Any = inputs[1:]
        subscript = index_text(TABLE["getitem"], attrs["spec"], subscripts)
        return (
            written(subscript, formulas[:1])
            if name == "getitem"
            else Formula(f"{x} at {subscript}, 0 elsewhere", WORDS)
        )
    symbol = row.symbol if row is not None and row.operator else name
    given = [f"{key}={text_of(x)}" for key, x in attrs.items() if said(row, key, x)]
    return written(" ".join([symbol, *given]), formulas)


def same_but_ones(x: Shape, y: Shape) -> bool:
    """Whether two shapes are the same but for dimensions of size 1."""
    return [n for n in x if n != 1] == [n for n in y if n != 1]


def said(row: Row | None, name: str, x: Any) -> bool:
    """Whether an argument is not the default."""
    return row is None or default_of(row, name) != x


def simplified(name: str, inputs: Sequence[Term]) -> Term | None:
    """What an operation with 0 or 1, or of a thing with itself, is written as.

    Dimensions of size 1 that come or go are not written: rules broadcast over them.
    """
    x, y = inputs[0], inputs[-1]
    if name == "mul" and (x.is_number(1.0) or y.is_number(1.0)):
        return y if x.is_number(1.0) else x
    if name == "mul" and x.is_number(-1.0):
        return Term(y.data, written("-", [y.formula]))
    if name == "neg" and x.literal:
        return Term(x.data, Formula(f"-{x.text}", SIGN), True)
    if name in ("div", "pow") and y.is_number(1.0):
        return x
    if name in ("add", "sub") and y.is_number(0.0):
        return x
    if name == "add" and x.is_number(0.0):
        return y
    if name == "pow" and y.is_number(0.0):
        return Term(1.0, number(1.0), True)
    if name == "mul" and x.text == y.text:
        return Term(x.data, written("**2", [x.formula]))
    if name == "add" and x.text == y.text:
        return Term(x.data, written("*", [number(2.0), x.formula]))
    if name == "neg" and x.text.startswith("-") and not x.literal and x.formula.level > ROUNDED:
        return Term(x.data, Formula(x.text[1:], x.formula.level))
    if name == "matmul" and 1 in (size_of(x.shape), size_of(y.shape)):  # a vector or number scaled
        return Term(x.data, written("*", [lying(x), lying(y)]))
    return None


def lying(x: Term) -> Formula:
    """A vector without the transposition that made it a row or a column."""
    upright = x.text.endswith(".T") and len([n for n in x.shape if n > 1]) < 2
    return Formula(x.text[:-2]) if upright else x.formula


def attach(method: str, name: str) -> None:
    """`Term.__add__` and `Term.__radd__` from the row `add`."""
    setattr(Term, f"__{method}__", lambda *inputs: applied(name, [as_term(x) for x in inputs], {}))
    setattr(Term, f"__r{method}__", lambda y, x: applied(name, [as_term(x), y], {}))


for method, name in METHODS.items():
    attach(method, name)


# ── what one operation does ──────────────────────────────────────────────────


class Explanation(NamedTuple):
    """One operation in formulas.

    result     what they call its result    text   the operation with its inputs
    inputs     what they call each input    local  by input, its local derivative; None where there is none to say
    stand_ins  inputs called by what only   whole  by input, what is added to its gradient; None likewise
               the row calls them
    """

    result: str
    text: str
    inputs: list[Formula]
    stand_ins: list[int]
    local: list[Term | None]
    whole: list[Term | None]


def explained(v: Value, gradient: Data) -> Explanation:
    """What the rules of an operation say, with the user's own names."""
    row = v.op
    assert isinstance(row, Row)
    inputs, stand_ins = called(v)
    taken = {formula.text for formula in inputs}
    result = name_of(v) if name_of(v) and name_of(v) not in taken else unlike(taken, "out")
    out, g = Term(v.data, Formula(result)), Term(gradient, Formula(f"{result}.grad"))
    terms = [Term(x.data, formula, is_literal(x)) for x, formula in zip(v.inputs, inputs, strict=True)]
    local: list[Term | None] = [None] * len(terms)
    whole = list(local)
    if row.elementwise:
        one = Term(1.0 if v.shape == () else arrays.ones_like(v.data), number(1.0), True)
        local = followed(v, one, out, terms)
        for i, (term, x) in enumerate(zip(local, v.inputs, strict=True)):
            whole[i] = None if term is None else tried(lambda term, to: summed(term * g, to), term, x.shape)
    else:
        whole = followed(v, g, out, terms)
    return Explanation(result, text_with(v, inputs), inputs, stand_ins, local, whole)


def followed(v: Value, g: Term, out: Term, inputs: list[Term]) -> list[Term | None]:
    """What the rules of an operation make of terms, by input."""
    rules: Any = v.op.vjp  # type: ignore[union-attr]
    attrs = v.attrs or {}
    if callable(rules):
        return tried(rules, TERMS, g, out, *inputs, **attrs) or [None] * len(inputs)
    made: list[Term | None] = [None] * len(inputs)
    for i, (x, rule) in enumerate(zip(v.inputs, rules, strict=False)):
        if x.needs and rule is not None:
            d = tried(rule, TERMS, g, out, *inputs, **attrs)
            made[i] = None if d is None else as_term(d)
    return made


def tried(function: Callable[..., Any], *inputs: Any, **attrs: Any) -> Any:
    """None where terms are not enough, or too long: rules are written for data, and any row may be asked."""
    try:
        return function(*inputs, **attrs)
    except Exception:
        return None


def summed(x: Term, shape: Shape) -> Term:
    """A contribution in the shape of its input."""
    return x if len(x.shape) < len(shape) or x.shape == shape else applied("sum_to", [x], {"shape": shape})
