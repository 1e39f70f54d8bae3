"""Random numbers: one stream of 64-bit words, and what is made of it.

Owns `Generator`, and the running program's, `GENERATOR`. The
words are those of NumPy's PCG64 (M. E. O'Neill, "PCG: A Family of Simple Fast
Space-Efficient Statistically Good Algorithms for Random Number Generation",
2014), whose stream for a seed NumPy promises to keep; everything made of them
is ours, so the same program draws the same numbers on every machine.

Invariant: numbers are made in order, each from the next words: one word for each
uniform, normal or multinomial number, and for each bounded integer one word
and another for every word rejected. So drawing n numbers at once equals
drawing them one by one, and (seed, words drawn) is the whole state.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod
from typing import Any

from ..faults import Fault
from .charges import listing
from .portable import normal_quantile
from .value import STATE, Data, Shape, shape_text

State = tuple[int, int]  # seed, words drawn since
LARGEST = 2**64 - 1
ROOM, SHUFFLING = 64, 90  # bytes that are taken for a moment to make a number of a word, or to shuffle it
WHOLE_LIMIT = 2**53  # every whole number up to here is a float of its own


class Generator:
    """A stream of random numbers, seeded with 0.

    Draws of the shape () are Python floats, others arrays of the run's dtype.
    """

    __slots__ = ("_drawn", "_seed", "_source")

    def __init__(self) -> None:
        self.restore((0, 0))

    def seed(self, seed: float) -> None:
        """Starts the stream of this seed, a whole number from 0."""
        self.restore((_whole(seed, "a seed", 0), 0))

    def state(self) -> State:
        """What `restore` needs to draw the coming numbers once more."""
        return self._seed, self._drawn

    def restore(self, state: State) -> None:
        """Goes back (or on) to a state."""
        self._seed, self._drawn = state
        self._source: Any = None  # made at the first draw: a program without draws loads no NumPy

    def _words(self, count: int | None, room: int = ROOM) -> Any:
        """The next word, or an array of the next `count` words, of each of which something is made in so many bytes."""
        if self._source is None:
            from numpy.random import PCG64

            self._source = PCG64(self._seed).advance(self._drawn)
        if count is not None and STATE.budget is not None:
            STATE.budget.room(room * count)
        self._drawn += 1 if count is None else count
        return self._source.random_raw(count)

    def uniform(self, shape: Shape = ()) -> Data:
        """Numbers of [0, 1): the word's top 53 bits (24 in float32, so that 1 is not reached)."""
        return _uniform(self._words(None)) if not shape else _stored(_uniform(self._words(_count(shape), 32)), shape)

    def normal(self, shape: Shape = ()) -> Data:
        """Standard normal numbers: the normal quantile of the word's top 52 bits and a half.

        The half keeps 0 and 1 out and makes the numbers symmetric; 52 bits leave
        it room in a float. The largest number is 8.2.
        """
        return _stored(_normal(self._words(_count(shape) if shape else None)), shape)

    def integers(self, low: float, high: float, shape: Shape = ()) -> Data:
        """Whole numbers from `low` up to and without `high`, each as likely."""
        import numpy

        first, end = _whole(low, "a bound"), _whole(high, "a bound")
        if end <= first:
            raise Fault(
                "E0308",
                f"there is no whole number from {first} up to and without {end}",
                "the second bound must be larger than the first",
            )
        below = self._below(numpy.uint64(end - first), _count(shape))
        return _stored(below.astype(numpy.int64) + first, shape)

    def indices(self, n: int) -> Any:
        """0 ... n-1 in random order, as an array of indices.

        Fisher and Yates' shuffle in R. Durstenfeld's form ("Algorithm 235",
        Communications of the ACM 7 (1964) 420): from the last place down, each
        takes what stands at a random place not after it.
        """
        import numpy

        listing(n, SHUFFLING)
        order = list(range(n))
        places = self._below(numpy.arange(n, 1, -1, dtype=numpy.uint64), max(n - 1, 0)).tolist()
        for last, place in zip(range(n - 1, 0, -1), places, strict=True):
            order[last], order[place] = order[place], order[last]
        return numpy.array(order, numpy.int64)

    def permutation(self, n: float) -> Data:
        """0 ... n-1 in random order, as numbers."""
        count = _whole(n, "the length of a permutation", 0)
        return _stored(self.indices(count), (count,))

    def multinomial(self, probabilities: Data, n: float) -> Data:
        """n draws of an index, each index as likely as its share of the sum says; [n].

        Draws are independent (with replacement): the first index at which the running
        sum exceeds a uniform share of the whole sum.
        """
        import numpy

        count = _whole(n, "the number of draws", 0)
        sums = numpy.cumsum(_probabilities(probabilities))
        shares = (self._words(count) >> 11) * 2.0**-53 * sums[-1]
        drawn = numpy.searchsorted(sums, shares, side="right")
        # a share of a sum of the tiniest numbers may round up to it
        return _stored(numpy.minimum(drawn, numpy.searchsorted(sums, sums[-1])), (count,))

    def _below(self, bounds: Any, count: int) -> Any:
        """A whole number below each bound, or so many below one: the next word modulo the bound, without bias.

        The words above the largest multiple of the bound would favour small
        results; such a word is dropped and the next one taken. That is rare (below a
        millionth of a millionth for bounds up to a million), so words are drawn all
        at once, and each rejected one is cut out and the later ones move up. Where
        they come to meet other bounds by that, they are looked at again first.
        """
        import numpy

        accepted = _accepted(bounds)
        words = self._words(count)
        while len(rejected := numpy.flatnonzero(words > accepted)):
            rejected = rejected if bounds.ndim == 0 else rejected[:1]
            words = numpy.append(numpy.delete(words, rejected), self._words(len(rejected)))
        return words % bounds


GENERATOR = Generator()


def draw(kind: str, *arguments: Any) -> Data:
    """Numbers from the running program's stream, by the name of a method; indices are numbers here, too."""
    data = getattr(GENERATOR, kind)(*arguments)
    return data.astype(STATE.dtype) if kind == "indices" else data


def _uniform(words: Any) -> Any:
    bits = 53 if STATE.dtype == "float64" else 24
    return (words >> (64 - bits)) * 2.0**-bits


def _normal(words: Any) -> Any:
    return normal_quantile(((words >> 12) + 0.5) * 2.0**-52)


def draw_ahead(wanted: Sequence[tuple[str, tuple[Any, ...]]], times: int) -> list[Any]:
    """Several draws one after the other, and that many times: of each, an array whose first axis counts the times.

    The numbers, and the state after them, are those of `draw` called for each in turn.
    """
    import numpy

    before = GENERATOR.state()
    if times and all(kind in ("uniform", "normal", "integers") for kind, _ in wanted):
        shapes = [_shape_of(kind, arguments) for kind, arguments in wanted]
        ends = list(accumulate([_count(shape) for shape in shapes], initial=0))
        words = GENERATOR._words(times * ends[-1]).reshape(times, ends[-1])
        parts = [words[:, start:end] for start, end in zip(ends, ends[1:], strict=False)]
        made = [_made(kind, arguments, part) for (kind, arguments), part in zip(wanted, parts, strict=True)]
        if all(numbers is not None for numbers in made):
            return [_stored(x, (times, *shape)) for x, shape in zip(made, shapes, strict=True)]
        GENERATOR.restore(before)
    rows = [[draw(kind, *arguments) for kind, arguments in wanted] for _ in range(times)]
    return [numpy.array(column) for column in zip(*rows, strict=True)] if rows else [numpy.empty(0) for _ in wanted]


def _accepted(bounds: Any) -> Any:
    """The last word that favours no number below a bound: those above the largest multiple of it are dropped."""
    return LARGEST - (LARGEST % bounds + 1) % bounds


def _shape_of(kind: str, arguments: tuple[Any, ...]) -> Shape:
    given = arguments[2:] if kind == "integers" else arguments
    return given[0] if given else ()


def _made(kind: str, arguments: tuple[Any, ...], words: Any) -> Any:
    """What a draw makes of one word for each number; None where it would have dropped one of them."""
    if kind != "integers":
        return _uniform(words) if kind == "uniform" else _normal(words)
    import numpy

    first, end = (_whole(x, "a bound") for x in arguments[:2])
    if end <= first or (words > _accepted(end - first)).any():
        return None
    return (words % numpy.uint64(end - first)).astype(numpy.int64) + first


def seed(n: float) -> None:
    """Starts the running program's stream anew."""
    GENERATOR.seed(n)


def _whole(x: float, what: str, least: int = -WHOLE_LIMIT) -> int:
    if not least <= x <= WHOLE_LIMIT or x != x // 1:
        from .printing import show

        low = "-2**53" if least < 0 else str(least)
        raise Fault("E0308", f"{what} must be a whole number from {low} to 2**53, not {show(float(x))}")
    return int(x)


def _count(shape: Shape) -> int:
    """How many numbers a shape holds."""
    for size in shape:
        if size < 0:
            raise Fault("E0308", f"a size cannot be negative, but this one is {size}")
    return prod(shape)


def _stored(data: Data, shape: Shape = ()) -> Data:
    """Drawn numbers in the run's dtype and shape; a single one as a float."""
    if data.__class__ is float:
        if STATE.dtype == "float64":
            return data
        import numpy

        return float(numpy.dtype(STATE.dtype).type(data))
    out = data.astype(STATE.dtype)
    return out.reshape(shape) if shape else float(out[0])


def _probabilities(data: Data) -> Any:
    """Checked weights: a vector of numbers from 0 on, not all of them 0."""
    import numpy

    weights = numpy.asarray(data, numpy.float64)
    if weights.ndim != 1 or not len(weights):
        this = f"this is a tensor of shape {shape_text(weights.shape)}" if weights.ndim else "this is one number"
        raise Fault("E0308", f"probabilities must be a vector with at least one number, and {this}", at=0)
    wrong = ~((weights >= 0) & (weights < numpy.inf))
    if wrong.any():
        from .printing import show

        i = int(wrong.argmax())
        raise Fault(
            "E0308",
            f"a probability cannot be {show(float(weights[i]))} (at index {i})",
            "softmax makes probabilities of any numbers",
            at=0,
        )
    if not weights.any():
        raise Fault("E0308", "at least one probability must be larger than 0", at=0)
    return weights
