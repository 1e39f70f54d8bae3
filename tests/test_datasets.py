"""Synthetic data sets have scikit-learn's geometry; splits lose nothing."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from gradlang.engine import draws
from gradlang.engine.datasets import make_blobs, make_circles, make_moons, train_test_split
from gradlang.engine.value import STATE
from gradlang.faults import Fault


@pytest.fixture(autouse=True)
def fresh_stream() -> Any:
    state = draws.GENERATOR.state()
    draws.seed(0)
    yield
    draws.GENERATOR.restore(state)


def in_order(X: Any, labels: Any) -> Any:
    rows = numpy.column_stack([labels, X])
    return rows[numpy.lexsort(rows.round(9).T[::-1])]


@pytest.mark.parametrize("n", [2, 3, 10, 101])
def test_moons_and_circles_are_scikit_learns(n: int) -> None:
    reference = pytest.importorskip("sklearn.datasets")
    assert in_order(*make_moons(n, 0)) == pytest.approx(in_order(*reference.make_moons(n)), abs=1e-14)
    ours = in_order(*make_circles(n, 0, 0.3))
    assert ours == pytest.approx(in_order(*reference.make_circles(n, factor=0.3)), abs=1e-14)


def test_moons_lie_on_two_half_circles() -> None:
    X, labels = make_moons(200, 0)
    assert X.shape == (200, 2) and labels.shape == (200,) and (labels == 0).sum() == 100
    upper, lower = X[labels == 0], X[labels == 1]
    assert (upper**2).sum(axis=1) == pytest.approx(numpy.ones(100)) and (upper[:, 1] >= 0).all()
    assert ((lower - [1, 0.5]) ** 2).sum(axis=1) == pytest.approx(numpy.ones(100)) and (lower[:, 1] <= 0.5).all()


@pytest.mark.parametrize("make", [make_moons, make_circles])
def test_noise_is_normal_around_the_points(make: Any) -> None:
    clean, labels = make(4000, 0)
    draws.seed(0)
    noisy, same = make(4000, 0.2)
    assert (labels == same).all()
    assert (noisy - clean).std() == pytest.approx(0.2, rel=0.05)


def test_rows_are_shuffled_and_repeat_with_the_seed() -> None:
    X, labels = make_moons(100)
    assert 20 < (labels[1:] != labels[:-1]).sum() < 80
    Z, _ = make_moons(100)
    assert (X != Z).any()
    draws.seed(0)
    assert (make_moons(100)[0] == X).all()


def test_first_rows_are_pinned() -> None:
    X, labels = make_moons(100)
    assert [X[0].tolist(), labels[:8].tolist()] == [
        [0.9328450526232275, -0.49220017262519294],
        [1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
    ]


def test_blobs() -> None:
    X, labels = make_blobs(3001, 4, 0.5)
    counts = numpy.bincount(labels.astype(int))
    assert counts.tolist() == [751, 750, 750, 750]
    middles = numpy.array([X[labels == k].mean(axis=0) for k in range(4)])
    assert (abs(middles) < 10.2).all()
    assert (X - middles[labels.astype(int)]).std() == pytest.approx(0.5, rel=0.05)


def test_single_precision_runs() -> None:
    STATE.dtype = "float32"
    try:
        for X, labels in (make_moons(10), make_circles(10), make_blobs(10)):
            assert X.dtype == labels.dtype == numpy.float32
    finally:
        STATE.dtype = "float64"


@pytest.mark.parametrize(
    ("n", "test", "held"), [(10, 0.25, 3), (100, 0.25, 25), (30, 0.1, 3), (2, 0.99, 1), (2, 0.01, 1)]
)
def test_split_loses_nothing(n: int, test: float, held: int) -> None:
    X, y = numpy.arange(2.0 * n).reshape(n, 2), numpy.arange(float(n))
    X_train, X_test, y_train, y_test = train_test_split(X, y, test)
    assert len(X_test) == len(y_test) == held and len(X_train) == len(y_train) == n - held
    assert sorted([*y_train, *y_test]) == y.tolist()
    assert (X_train[:, 0] == 2 * y_train).all() and (X_test[:, 0] == 2 * y_test).all()


def test_split_of_lists() -> None:
    names = ["a", "b", "c", "d"]
    X_train, X_test, y_train, y_test = train_test_split(numpy.arange(4.0), names)
    assert [names[int(i)] for i in X_train] == y_train
    assert [names[int(i)] for i in X_test] == y_test and len(y_test) == 1


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("E0308", lambda: make_moons(1)),
        ("E0308", lambda: make_moons(10.5)),
        ("E0308", lambda: make_moons(10, -1)),
        ("E0308", lambda: make_moons(10, float("nan"))),
        ("E0308", lambda: make_circles(10, 0, 1)),
        ("E0308", lambda: make_blobs(10, 0)),
        ("E0308", lambda: make_blobs(10, 2.5)),
        ("E0308", lambda: make_blobs(10, 11)),
        ("E0308", lambda: make_blobs(10, float("nan"))),
        ("E0308", lambda: make_moons(float("inf"))),
        ("E0409", lambda: train_test_split(numpy.zeros(3), numpy.zeros(4))),
        ("E0308", lambda: train_test_split(numpy.zeros(3), numpy.zeros(3), 1)),
        ("E0308", lambda: train_test_split(numpy.zeros(1), numpy.zeros(1))),
    ],
)
def test_wrong_arguments(code: str, wrong: Any) -> None:
    with pytest.raises(Fault) as raised:
        wrong()
    assert raised.value.code == code
