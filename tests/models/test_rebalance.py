"""Rebalancing gives the class sizes that its name promises."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cosmic.models.rebalance import Rebalanced, limited, rebalance
from cosmic.records import Rebalancing

SIZES = (60, 25, 12)


def rows(sizes: tuple[int, ...] = SIZES) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(1)
    y = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(size=(len(y), 3)) + y[:, None] * 5.0, y


def test_none_returns_the_rows_as_they_are() -> None:
    X, y = rows()
    found = rebalance(X, y, method=Rebalancing.NONE, seed=0)
    assert found.X is X
    assert found.y is y


def test_rarest_draws_as_many_of_each_class_as_the_smallest_has() -> None:
    X, y = rows()
    found = rebalance(X, y, method=Rebalancing.RAREST, seed=0)
    assert np.bincount(found.y).tolist() == [12, 12, 12]
    assert {tuple(row) for row in found.X} <= {tuple(row) for row in X}


def test_smote_fills_every_class_up_to_the_largest_and_keeps_the_real_rows() -> None:
    X, y = rows()
    found = rebalance(X, y, method=Rebalancing.SMOTE, seed=0)
    assert np.bincount(found.y).tolist() == [60, 60, 60]
    np.testing.assert_array_equal(found.X[: len(X)], X)
    for code in range(3):  # a synthetic row lies between two of its class
        mine, real = found.X[found.y == code], X[y == code]
        assert (mine >= real.min(axis=0) - 1e-9).all()
        assert (mine <= real.max(axis=0) + 1e-9).all()
    assert not found.notes


def test_smote_repeats_rows_of_a_class_that_is_too_small_for_neighbours() -> None:
    X, y = rows((60, 25, 3, 1))
    found = rebalance(X, y, method=Rebalancing.SMOTE, seed=0)
    assert np.bincount(found.y).tolist() == [60, 60, 60, 60]
    assert {tuple(row) for row in found.X[found.y == 2]} == {tuple(row) for row in X[y == 2]}
    assert "2 classes" in found.notes[0]


@pytest.mark.parametrize("method", [Rebalancing.SMOTE, Rebalancing.RAREST])
def test_a_seed_decides_the_rows(method: Rebalancing) -> None:
    X, y = rows()
    one, same, other = (rebalance(X, y, method=method, seed=seed).X for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_class_weights_leave_the_rows_and_give_every_class_the_same_sum() -> None:
    X, y = np.arange(12.0).reshape(-1, 1), np.repeat([0, 1, 2], [8, 3, 1])
    found = rebalance(X, y, method=Rebalancing.CLASS_WEIGHT, seed=0)
    np.testing.assert_array_equal(found.X, X)
    assert found.weights is not None
    np.testing.assert_allclose(np.bincount(y, weights=found.weights), [4.0, 4.0, 4.0])


def test_rows_beyond_a_limit_are_drawn_within_each_class_and_a_note_says_so() -> None:
    y = np.repeat([0, 1, 2], [900, 90, 2])
    found = limited(Rebalanced(np.arange(992.0).reshape(-1, 1), y, weights=y + 1.0), most=100, fewest=3, seed=0)
    assert np.bincount(found.y).tolist() == [91, 9, 3]
    assert found.weights is not None
    np.testing.assert_array_equal(found.weights, found.y + 1.0)
    assert found.notes == ("exact on 103 of 992 rows, drawn at random within each class",)
    few = limited(Rebalanced(np.arange(4.0).reshape(-1, 1), np.array([0, 0, 0, 1])), most=100, fewest=3, seed=0)
    assert (np.bincount(few.y).tolist(), few.notes) == ([3, 3], ())
