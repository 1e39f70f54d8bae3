"""Random streams: pinned numbers, order of consumption, and whether they look as they should."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradlang.engine import draws
from gradlang.engine.draws import GENERATOR, Generator
from gradlang.engine.portable import circle_points, log, normal_quantile
from gradlang.engine.value import STATE
from gradlang.faults import Fault

METHODS: dict[str, Any] = {
    "uniform": lambda g, shape: g.uniform(shape),
    "normal": lambda g, shape: g.normal(shape),
    "integers": lambda g, shape: g.integers(-3, 2**53, shape),  # rejects a word now and then
}


@pytest.fixture(params=["float64", "float32"])
def dtype(request: pytest.FixtureRequest) -> Iterator[str]:
    before, STATE.dtype = STATE.dtype, request.param
    yield request.param
    STATE.dtype = before


def seeded(seed: int) -> Generator:
    generator = Generator()
    generator.seed(seed)
    return generator


class Canned(Generator):
    """A generator of given words."""

    __slots__ = ("given",)

    def __init__(self, *words: int) -> None:
        super().__init__()
        self.given = list(words)

    def _words(self, count: int | None, room: int = 0) -> Any:
        if count is None:
            return self.given.pop(0)
        words, self.given = self.given[:count], self.given[count:]
        assert len(words) == count, "more words were drawn than needed"
        return numpy.array(words, numpy.uint64)


def test_first_numbers_are_pinned() -> None:
    g = Generator()
    assert g.uniform() == 0.6369616873214543
    assert g.uniform((2,)).tolist() == [0.2697867137638703, 0.04097352393619469]
    assert g.normal() == -2.131411320626396
    assert g.normal((3,)).tolist() == [0.8900118529686627, 1.3579207088807153, 0.2705613202510436]
    assert g.integers(0, 100, (6,)).tolist() == [57, 63, 1, 60, 44, 32]
    assert g.permutation(8).tolist() == [3, 6, 0, 5, 4, 2, 1, 7]
    assert g.multinomial(numpy.array([1.0, 2.0, 3.0]), 8).tolist() == [0, 0, 2, 2, 2, 1, 2, 2]
    assert g.state() == (0, 28)
    assert seeded(1337).normal((2,)).tolist() == [1.1655505787940323, -0.894497207376825]


def test_uniform_numbers_are_those_of_numpy() -> None:
    assert seeded(7).uniform((100,)).tolist() == numpy.random.Generator(numpy.random.PCG64(7)).random(100).tolist()


@pytest.mark.parametrize("name", METHODS)
def test_many_at_once_equal_one_by_one(name: str, dtype: str) -> None:
    draw = METHODS[name]
    at_once, one_by_one = seeded(3), seeded(3)
    many = draw(at_once, (10, 50))
    assert many.shape == (10, 50) and many.dtype == dtype
    singles = [draw(one_by_one, ()) for _ in range(500)]
    assert many.ravel().tolist() == singles
    assert all(type(x) is float for x in singles)
    assert at_once.state() == one_by_one.state()


def test_multinomial_at_once_equals_one_by_one() -> None:
    weights = numpy.array([0.5, 0.0, 0.25, 0.25])
    one_by_one = seeded(5)
    assert seeded(5).multinomial(weights, 40).tolist() == [one_by_one.multinomial(weights, 1)[0] for _ in range(40)]


def test_permutation_draws_like_bounded_integers_in_order() -> None:
    g, order = seeded(9), list(range(30))
    for last in range(29, 0, -1):
        place = int(g.integers(0, last + 1))
        order[last], order[place] = order[place], order[last]
    assert seeded(9).permutation(30).tolist() == order


def test_rejected_words_are_dropped_in_order() -> None:
    top = 2**64 - 1  # 2**64 leaves 1 modulo 3 and modulo 5, so this one word is biased for both
    assert Canned(top, 7, top, top, 8).integers(0, 3, (2,)).tolist() == [1, 2]
    assert Canned(top, top, 5).integers(0, 3) == 2
    # permutation(5): bounds 5, 4, 3, 2; the word is fine for 4 and 2
    assert Canned(top, 0, top, top, 1, top).permutation(5).tolist() == [4, 2, 1, 3, 0]
    assert Canned(top, 11).integers(-2, 2) == 1


def test_many_rejected_words_are_dropped_at_once() -> None:
    asked: list[int | None] = []

    class Asking(draws.Generator):
        __slots__ = ()

        def _words(self, count: int | None, room: int = draws.ROOM) -> Any:
            asked.append(count)
            return super()._words(count, room)

    at_once, one_by_one = Asking(), draws.Generator()
    low, high = -(2**53), 2**52 + 3  # of whose words one in a thousand is rejected
    found = at_once.integers(low, high, (30_000,)).tolist()
    assert len(asked) <= 3 < sum(map(int, asked[1:]))
    assert found == [one_by_one.integers(low, high) for _ in range(30_000)]
    assert at_once.state() == one_by_one.state()


@given(st.integers(0, 2**53), st.integers(0, 200), st.integers(0, 200))
def test_state_restores(seed: int, before: int, between: int) -> None:
    g = seeded(seed)
    g.uniform((before,))
    state = g.state()
    wanted = [g.normal((between,)).tolist(), g.uniform(), g.permutation(10).tolist()]
    g.restore(state)
    assert [g.normal((between,)).tolist(), g.uniform(), g.permutation(10).tolist()] == wanted
    other = Generator()
    other.restore(state)
    other.normal((between,))
    assert other.uniform() == wanted[1]


def test_seed_restarts_the_programs_stream() -> None:
    state = GENERATOR.state()
    draws.seed(11)
    first = GENERATOR.uniform((3,)).tolist()
    draws.seed(12)
    assert GENERATOR.uniform((3,)).tolist() != first
    draws.seed(11.0)
    assert GENERATOR.uniform((3,)).tolist() == first
    GENERATOR.restore(state)


def test_uniform_stays_below_one(dtype: str) -> None:
    top = 2**64 - 1
    assert 0.9999 < Canned(top).uniform() < 1
    assert (Canned(top, top).uniform((2,)) < 1).all()
    assert Canned(0).uniform() == 0


def test_normal_ends_are_finite_and_symmetric() -> None:
    low, high = Canned(0, 2**64 - 1).normal((2,)).tolist()
    assert low == -high and 8.2 < high < 8.3
    assert Canned(0).normal() == low


def test_moments() -> None:
    g, n = seeded(1), 200_000
    u, z = g.uniform((n,)), g.normal((n,))
    assert abs(u.mean() - 0.5) < 4 / math.sqrt(12 * n)
    assert abs(u.var() - 1 / 12) < 0.001
    assert abs(z.mean()) < 4 / math.sqrt(n)
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / n)
    assert abs((z**3).mean()) < 4 * math.sqrt(15 / n)
    assert abs((z**4).mean() - 3) < 4 * math.sqrt(96 / n)
    assert abs(numpy.corrcoef(z[:-1], z[1:])[0, 1]) < 4 / math.sqrt(n)


def chi_squared(counts: Any, expected: Any) -> float:
    return float(((counts - expected) ** 2 / expected).sum())


def test_integers_are_even() -> None:
    counts = numpy.bincount(seeded(2).integers(5, 15, (100_000,)).astype(int), minlength=15)
    assert not counts[:5].any() and len(counts) == 15
    assert chi_squared(counts[5:], 10_000) < 27.9  # 9 degrees of freedom: 0.1 %


def test_permutations_are_even() -> None:
    g = seeded(4)
    seen: dict[tuple[int, ...], int] = {}
    for _ in range(24_000):
        order = tuple(g.indices(4).tolist())
        seen[order] = seen.get(order, 0) + 1
    assert len(seen) == 24
    assert chi_squared(numpy.array(list(seen.values())), 1000) < 49.7  # 23 degrees of freedom: 0.1 %


def test_large_permutation_holds_everything_once() -> None:
    order = seeded(6).indices(60_000)
    assert sorted(order.tolist()) == list(range(60_000))
    assert (order == numpy.arange(60_000)).sum() < 10


def test_multinomial_follows_its_weights() -> None:
    drawn = seeded(8).multinomial(numpy.array([0.0, 1.0, 0.0, 3.0, 0.0]), 40_000).astype(int)
    counts = numpy.bincount(drawn, minlength=5)
    assert counts[0] == counts[2] == counts[4] == 0
    assert abs(counts[3] - 30_000) < 4 * math.sqrt(40_000 * 3 / 16)
    tiny = numpy.array([5e-324, 0.0])
    assert Canned(2**64 - 1).multinomial(tiny, 1).tolist() == [0]


def test_nothing_to_draw() -> None:
    g = Generator()
    assert g.uniform((0, 3)).shape == (0, 3)
    assert g.normal((0,)).shape == (0,)
    assert g.permutation(0).tolist() == [] and g.permutation(1).tolist() == [0]
    assert g.integers(0, 5, (0,)).shape == (0,)
    assert g.multinomial(numpy.array([1.0]), 0).shape == (0,)
    assert g.state() == (0, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda g: g.seed(-1),
        lambda g: g.seed(1.5),
        lambda g: g.seed(math.inf),
        lambda g: g.integers(3, 3),
        lambda g: g.integers(0.5, 3),
        lambda g: g.uniform((2, -1)),
        lambda g: g.permutation(-1),
        lambda g: g.multinomial(numpy.array([[1.0]]), 1),
        lambda g: g.multinomial(numpy.array([]), 1),
        lambda g: g.multinomial(numpy.array([1.0, -0.5]), 1),
        lambda g: g.multinomial(numpy.array([1.0, math.nan]), 1),
        lambda g: g.multinomial(numpy.array([0.0, 0.0]), 1),
        lambda g: g.multinomial(1.0, 1),
        lambda g: g.multinomial(numpy.array([1.0]), 1.5),
    ],
)
def test_wrong_arguments(wrong: Any) -> None:
    with pytest.raises(Fault) as raised:
        wrong(Generator())
    assert raised.value.code == "E0308"


def test_logarithm_is_accurate_and_the_same_for_one_and_many() -> None:
    x = numpy.exp(numpy.random.default_rng(0).uniform(-700, 700, 5000))
    x = numpy.concatenate([x, numpy.linspace(0.5, 2, 5001), [5e-324, 2.0**-52, 1.0]])
    many = log(x)
    assert (abs(many - numpy.log(x)) <= 2 * numpy.spacing(abs(many))).all()
    assert many.tolist() == [log(v) for v in x.tolist()]
    assert log(1.0) == 0


def test_quantile_inverts_the_error_function() -> None:
    p = numpy.concatenate([numpy.linspace(0.001, 0.999, 999), 10.0 ** numpy.arange(-15, -3)])
    many = normal_quantile(p)
    assert many.tolist() == [normal_quantile(v) for v in p.tolist()]
    back = [math.erfc(-x / math.sqrt(2)) / 2 for x in many.tolist()]
    assert back == pytest.approx(p.tolist(), rel=1e-13)
    # the table in Wichura's paper
    assert normal_quantile(0.25) == pytest.approx(-0.6744897501960817, rel=1e-15)
    assert normal_quantile(0.001) == pytest.approx(-3.090232306167814, rel=1e-15)
    assert normal_quantile(1e-20) == pytest.approx(-9.262340089798408, rel=1e-15)


@pytest.mark.parametrize("turns", [1, 2, 3, 4, 7, 12, 1000])
def test_circle_points(turns: int) -> None:
    angle = 2 * numpy.pi * numpy.arange(turns) / turns
    wanted = numpy.stack([numpy.cos(angle), numpy.sin(angle)], axis=1)
    assert circle_points(turns, turns) == pytest.approx(wanted, abs=1.5e-15)


def test_quarter_points_are_exact() -> None:
    assert circle_points(4, 4).tolist() == [[1, 0], [0, 1], [-1, 0], [0, -1]]


def test_draws_ahead_are_draws_one_by_one() -> None:
    kinds: list[tuple[str, tuple[Any, ...]]] = [
        ("uniform", ((),)),
        ("normal", ((2, 3),)),
        ("integers", (-3.0, 7.0, (4,))),
        ("integers", (-3.0, 2.0**53, (50,))),  # rejects a word now and then
    ]
    for wanted in (kinds[:1], kinds[:3], kinds, [*kinds, ("permutation", (5.0,))]):
        draws.seed(5)
        ahead = draws.draw_ahead(wanted, 40)
        state = draws.GENERATOR.state()
        draws.seed(5)
        for i in range(40):
            for (kind, arguments), rows in zip(wanted, ahead, strict=True):
                assert numpy.array_equal(rows[i], draws.draw(kind, *arguments))
        assert draws.GENERATOR.state() == state
