"""Builtins every program uses: printing, sequences, text."""

from __future__ import annotations

import time as clock
from typing import Any

from ...engine.charges import growing, listing, making, ordering
from ...engine.ops import TABLE
from ...engine.value import STATE, Value, apply, leaf
from ...faults import Fault
from ..calls import call
from ..display import exact_text, joined, text
from ..iteration import going_over, iterate
from ..runtime import RUN
from ..values import FARTHEST, Builtin, Function, List, collect, constant, host, kind, read, sequence, tensor, whole
from .registry import builtin


@builtin("*values, sep=' '", "programs", "Writes values on one line.", 'print("x is", 2)')
def print_(values: list[Any], sep: Any) -> None:
    if not isinstance(sep, str):
        raise Fault("E0301", f"what stands between values is text, and this is {kind(sep)}")
    RUN.write(joined(sep, [text(read(x)) for x in values]) + "\n")


@builtin(
    "x",
    "programs",
    "All digits of a value, as text that reads back as the same value.",
    'repr(1 / 3)  #> "0.3333333333333333"',
)
def repr_(x: Any) -> str:
    return exact_text(x)


@builtin("x", "programs", "A value as text, as `print` writes it.", 'str(1 / 3)  #> "0.3333"')
def str_(x: Any) -> str:
    return text(x)


@builtin("name=none", "programs", "Prints what a builtin does, with its arguments and an example.", "help(relu)")
def help_(name: Any) -> None:
    from ..reference import help_text

    RUN.write(help_text(name))


@builtin(
    "start, stop=none, step=1",
    "programs",
    "Whole numbers from start up to and without stop; range(n) counts from 0.",
    "[i for i in range(3)]  #> [0, 1, 2]",
    is_recorded=True,
)
def range_(start: Any, stop: Any, step: Any) -> range:
    first, last = (
        (0, whole(start, "a bound", 0)) if stop is None else (whole(start, "a bound", 0), whole(stop, "a bound", 1))
    )
    by = whole(step, "the step", 2)
    if by == 0:
        raise Fault("E0308", "a range cannot go in steps of 0", at=2)
    if max(abs(first), abs(last)) > FARTHEST:
        raise Fault("E0308", "a range goes no farther than 1e18", "`while true` has no end, until a `break`")
    return range(first, last, by)


@builtin(
    "x", "programs", "How many items a list, text or first dimension has.", "len([4, 5, 6])  #> 3", is_recorded=True
)
def len_(x: Any) -> Value:
    if x.__class__ is Value and x.shape:
        return constant(x.shape[0])
    if isinstance(x, Value) or not hasattr(x, "__len__"):
        raise Fault("E0301", f"{kind(x)} has no length", at=0)
    return constant(len(x))


@builtin(
    "*sequences",
    "programs",
    "Goes through several sequences side by side, to the end of the shortest.",
    "[a * b for a, b in zip([1, 2], [3, 4])]  #> [3, 8]",
    is_recorded=True,
)
def zip_(sequences: list[Any]) -> List:
    parts = [iterate(x) for x in sequences]
    going_over(*sequences)
    return List(list(zip(*parts, strict=False)))


@builtin(
    "x, start=0",
    "programs",
    "Pairs of a counter and an item.",
    "[i * x for i, x in enumerate([5, 6])]  #> [0, 6]",
    is_recorded=True,
)
def enumerate_(x: Any, start: Any) -> List:
    items, first = iterate(x), whole(start, "where counting starts", 1)
    going_over(x)
    return List([(constant(i), item) for i, item in enumerate(items, first)])


@builtin(
    "x, key=none, reverse=false",
    "programs",
    "The items in rising order, or in the order of key(item).",
    "sorted([3, 1, 2])  #> [1, 2, 3]",
    is_recorded=True,
)
def sorted_(x: Any, key: Any, reverse: Any) -> Any:
    given = iterate(x)
    going_over(x)
    items = [read(item) for item in given]
    keys = items if key is None else [call(key, [item]) for item in items]  # first, so that no sort is on the stack
    plain = [host(k) for k in keys]
    if len({str if isinstance(k, str) else float for k in plain}) > 1 or any(
        not isinstance(k, str | float | int) for k in plain
    ):
        raise Fault("E0301", "sorting needs all numbers or all text", "`key=` gives a number or text for each item")
    if plain and isinstance(plain[0], str):
        ordering(plain)
    order = sorted(range(len(items)), key=plain.__getitem__, reverse=bool(host(reverse)))
    if x.__class__ is Value:
        return apply(TABLE["getitem"], x, constant(tuple(order)), attrs={"spec": (("at",),)})
    return collect([items[i] for i in order])


@builtin(
    "*x_and_sizes",
    "shape",
    "The same numbers in another shape; one size may be -1.",
    "reshape([1, 2, 3, 4], 2, 2)  #> [[1, 2], [3, 4]]",
    is_recorded=True,
)
def reshape(given: list[Any]) -> Value:
    if len(given) < 2:
        raise Fault(
            "E0204", "`reshape` needs a tensor and a shape", "`reshape(x, 2, 3)`, or -1 for the size that follows"
        )
    sizes = given[1:] if len(given) > 2 or not isinstance(given[1], tuple | List) else sequence(given[1])
    shape = tuple([whole(n, "a size", i) for i, n in enumerate(sizes, 1)])
    return apply(TABLE["reshape"], tensor(given[0], 0), attrs={"shape": shape})


@builtin("f, x", "programs", "f of every item.", "map(x -> x * 2, [1, 2])  #> [2, 4]", is_recorded=True)
def map_(f: Any, x: Any) -> Any:
    if isinstance(x, Function | Builtin):
        help = "the function stands in front: `map(f, xs)`"
        raise Fault("E0306", f"`map` goes over its second argument, and this is {kind(x)}", help, at=1)
    items = iterate(x)
    going_over(x)
    return collect([call(f, [read(item)]) for item in items])


@builtin("items, x", "programs", "The list with one more item.", "len(append([], 5))  #> 1", is_recorded=True)
def append(items: Any, x: Any) -> List:
    if items.__class__ is List:
        growing(items.length + 1)
        longer: List = items.append(x)
        if STATE.recorder is not None:
            STATE.recorder.appended(items, longer, x)
        return longer
    if items.__class__ is Value and items.shape or isinstance(items, tuple | range):
        given = iterate(items)
        going_over(items)
        return List([*given]).append(x)
    raise Fault(
        "E0301", f"`append` adds to a list, and this is {kind(items)}", "start with an empty list: `losses = []`", at=0
    )


@builtin(
    "text",
    "text",
    "The different characters of a text (or items of a list of texts), in order.",
    'vocab("banana")  #> ["a", "b", "n"]',
)
def vocab(text: Any) -> List:
    different = list(set(texts(text)))
    ordering(different)
    return List(sorted(different))


def texts(x: Any) -> list[str]:
    """The characters of a text, or the texts of a list."""
    if isinstance(x, str | List | tuple):
        listing(len(x), 64)
    items = list(x) if isinstance(x, str) else [read(i) for i in sequence(x)] if isinstance(x, List | tuple) else None
    if items is None or any(not isinstance(i, str) for i in items):
        raise Fault("E0301", f"text or a list of texts is needed here, and this is {kind(x)}", at=0)
    return items


@builtin(
    "text, vocab",
    "text",
    "The place of each character (or text) in a vocabulary.",
    'encode("nab", vocab("banana"))  #> [2, 0, 1]',
)
def encode(text: Any, vocab: Any) -> Value:
    place = {c: float(i) for i, c in enumerate(texts(vocab))}
    items = texts(text)
    for c in items:
        if c not in place:
            raise Fault("E0308", f"`{c}` is not in the vocabulary", "make it from all the text: `vocab(text)`", at=0)
    making(len(items), 2)
    return constant(tuple(place[c] for c in items))


@builtin(
    "indices, vocab",
    "text",
    "The text whose characters stand at these places of a vocabulary.",
    'decode([2, 0], vocab("banana"))  #> "na"',
)
def decode(indices: Any, vocab: Any) -> str:
    words, places = texts(vocab), tensor(indices, 0)
    listing(places.shape[0] if places.shape else 1)
    flat = [places] if not places.shape else list(iterate(places))
    out: list[str] = []
    for i in flat:
        k = whole(i, "a place in the vocabulary", 0)
        if not 0 <= k < len(words):
            raise Fault("E0406", f"place {k} is out of range: the vocabulary has {len(words)} entries", at=0)
        out.append(words[k])
    return joined("", out)


@builtin("", "programs", "Seconds since some fixed moment; differences are durations.", "t = time()")
def time() -> Value:
    return leaf(clock.perf_counter())
