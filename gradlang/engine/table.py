"""A row of the table of operations, and the namespaces its rules compute in.

One rule text serves three worlds. `eval` and `vjp` are written over a
namespace `xp` and over operators:

* `scalars`: Python floats with IEEE behaviour, never an exception;
* `arrays`: NumPy, with our names (`dim`, not `axis`);
* `recorded`: values; every function is `apply`, so a gradient has a gradient.

A name that a namespace does not define itself falls back to the row of that
name, so rows may be written with rows.

Why `vjp` holds one rule an input: gradients nobody needs are then never
computed. Rules receive and return unbroadcast-free data: broadcasting is
undone once, in `autodiff`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from ..shapes import check_room
from ..signature import Signature
from .value import STATE, Data, Shape, Value, apply, leaf, shape_of

Rule = Callable[..., Any]

TABLE: dict[str, Row] = {}  # filled by the modules of `ops`, in the order of the reference


class Row:
    """One operation.

    name       what programs and pictures call it
    signature  its parameters; the first `inputs` of them are values, the rest attributes
    eval       (xp, *data, **attrs) -> data
    vjp        one rule an input, (xp, g, out, *inputs, **attrs) -> gradient of that input, or
               None where that input has none; for an operation of any number of inputs a single
               function that returns all gradients; None: not differentiable
    shape      (*shapes, **attrs) -> shape; raises Fault
    numeric    whether true and false are turned into 1 and 0 before eval
    elementwise  whether eval works on Python floats and broadcasts over arrays
    domain     per input (low, high): where the gradient tests sample
    kinks      inputs near these points are not sampled
    symbol     how pictures and messages write it
    """

    __slots__ = (
        "attribute_names", "doc", "domain", "elementwise", "eval", "example", "group", "inputs", "kinks", "name",
        "numeric", "on_floats", "operator", "shape", "signature", "symbol", "vjp",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        signature: str,
        eval: Rule,
        vjp: tuple[Rule | None, ...] | Rule | None,
        *,
        shape: Callable[..., Shape],
        group: str,
        doc: str,
        example: str,
        inputs: int = 1,
        numeric: bool = True,
        elementwise: bool = False,
        operator: bool = False,
        domain: tuple[tuple[float, float], ...] = (),
        kinks: tuple[float, ...] = (),
        symbol: str = "",
    ) -> None:
        self.name = name
        self.signature = Signature(signature)
        self.inputs = inputs  # how many of the parameters are values; -1: a sequence of values
        self.attribute_names = self.signature.names[inputs:] if inputs >= 0 else self.signature.names[1:]
        self.eval = eval
        self.vjp = vjp
        self.shape = shape
        self.group = group
        self.doc = doc
        self.example = example
        self.numeric = numeric
        self.elementwise = elementwise
        self.operator = operator  # reached by its symbol, not by its name
        self.domain = domain or ((-2.0, 2.0),) * max(inputs, 1)
        self.kinks = kinks
        self.symbol = symbol or name
        # numbers only, no attributes: the short way of `apply`
        self.on_floats: Callable[..., Data] = (
            partial(eval, scalars) if elementwise else lambda *d: self.evaluate(d, None)
        )
        TABLE[name] = self

    def evaluate(self, data: Sequence[Data], attrs: dict[str, Any] | None) -> Data:
        """Data for data: chooses the namespace, checks shapes, and keeps scalars Python's own."""
        given = attrs or {}
        if self.elementwise and all([d.__class__ is float or d.__class__ is bool for d in data]):
            if self.numeric:
                data = [float(d) for d in data]
            return single(self.eval(scalars, *data, **given))
        if not self.elementwise or len(data) > 1 and not alike(data):
            check_room(self.shape(*[shape_of(d) for d in data], **given))
        if self.numeric:
            data = [number(d) for d in data]
        return plain(self.eval(arrays, *data, **given))


def alike(data: Sequence[Data]) -> bool:
    """Whether arrays are of one shape, besides single numbers: nothing can be wrong with that."""
    first: Any = None
    for d in data:
        if d.__class__ is not float and d.__class__ is not bool:
            if first is None:
                first = d.shape
            elif d.shape != first:
                return False
    return True


def number(data: Data) -> Data:
    """Numbers for array functions: true and false as 1 and 0.

    In float32, scalars come as arrays too: NumPy would take what a function
    makes of a Python float for float64, and everything after it.
    """
    if data.__class__ is float or data.__class__ is bool:
        return float(data) if STATE.dtype == "float64" else arrays.typed(float(data))
    return data.astype(STATE.dtype) if data.dtype == bool else data


def plain(data: Data) -> Data:
    """Normal form of a result: a Python float or bool when it has no axes, else an array."""
    if data.__class__ is float or data.__class__ is bool:
        return data
    if data.shape == ():
        return data.item() if data.dtype == bool else float(data)
    return data


def single(data: Data) -> Data:
    """A scalar as the run keeps it: rounded to float32 in a float32 run."""
    if STATE.dtype == "float64" or data.__class__ is not float:
        return data
    return float(arrays.typed(data))


def use_dtype(dtype: str) -> None:
    """Sets the number type of the run; in float32 every scalar result is rounded to it."""
    STATE.dtype = dtype
    for row in TABLE.values():
        if row.elementwise:
            row.on_floats = rounded(row.eval) if dtype == "float32" else partial(row.eval, scalars)


def rounded(rule: Rule) -> Callable[..., Data]:
    return lambda *data: single(rule(scalars, *data))


class Namespace:
    """Functions of a module by name; the module is imported when it is first asked for one.

    A name that the module lacks is the row of that name, computed in this
    namespace, or on arrays where the row knows nothing else.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        function = getattr(import_module(self._module, __package__), name, None)
        if function is None:
            row = TABLE.get(name)
            if row is None:
                raise AttributeError(name)
            function = partial(row.eval, self if row.elementwise else arrays)
        setattr(self, name, function)
        return function


class Recorded:
    """The namespace of values: every function applies the row of its name."""

    def __getattr__(self, name: str) -> Any:
        row = TABLE.get(name)
        if row is None:
            raise AttributeError(name)

        def call(*inputs: Any, **attrs: Any) -> Value:
            return apply(row, *[as_value(x) for x in inputs], attrs=attrs or None)

        setattr(self, name, call)
        return call


def as_value(x: Any) -> Value:
    """A value, or raw data as a constant."""
    return x if x.__class__ is Value else leaf(x)


scalars: Any = Namespace("..scalars")
arrays: Any = Namespace(".arrays")
recorded: Any = Recorded()
