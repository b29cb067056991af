"""Components are those of the standardised training rows, with a sign of their own and an interval that covers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from cosmic.datasets import Dataset
from cosmic.exploration.components import components
from cosmic.exploration.standard import standardised


def blobs(n: int, *, seed: int, d: int = 4) -> tuple[np.ndarray, np.ndarray, pa.Array]:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    X = common * np.linspace(1, 0.2, d) + rng.normal(0, 0.5, (n, d))
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return X, rng.integers(0, 3, n), pa.array([f"cell:{at // 5}" for at in range(n)])


def test_shares_are_the_eigenvalues_of_the_correlation_matrix() -> None:
    X, y, blocks = blobs(500, seed=0)
    found = components(X, y, blocks, points=30, seed=0, resamples=50)
    values = np.sort(np.linalg.eigvalsh(np.corrcoef(X, rowvar=False)))[::-1]
    np.testing.assert_allclose(found.explained, values / values.sum(), rtol=1e-9)
    assert found.first_two == pytest.approx(sum(found.explained[:2]))


def test_the_interval_of_two_components_holds_the_share_of_many_more_rows() -> None:
    truth = components(*blobs(60_000, seed=1), points=3, seed=0, resamples=2).first_two
    held = 0
    for trial in range(20):
        ends = components(*blobs(400, seed=2 + trial), points=3, seed=trial, resamples=200).interval
        assert ends is not None
        assert truth is not None
        held += ends[0] <= truth <= ends[1]
    assert held >= 16


@pytest.mark.parametrize(("target", "n"), [(0.0, 1), (0.5, 2), (1.0, 4)])
def test_the_number_of_components_for_a_share_is_the_least_that_reaches_it(target: float, n: int) -> None:
    X, y, blocks = blobs(300, seed=3)
    decorrelated = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[0] * np.array([4.0, 3.9, 3.8, 3.7])
    found = components(decorrelated, y, blocks, target=target, points=3, seed=0, resamples=2)
    assert found.n_for_target == n


def test_a_component_points_the_same_way_whatever_the_order_of_rows() -> None:
    X, y, blocks = blobs(300, seed=4)
    first = components(X, y, blocks, points=3, seed=0, resamples=2)
    turned = components(X[::-1], y[::-1], blocks.take(pa.array(np.arange(300)[::-1])), points=3, seed=0, resamples=2)
    np.testing.assert_allclose(first.loadings, turned.loadings, atol=1e-9)
    for row in np.array(first.loadings):
        assert row[np.abs(row).argmax()] > 0
        assert np.linalg.norm(row) == pytest.approx(1)


def test_standardising_learns_from_the_training_part_alone(superclass: Dataset) -> None:
    train = superclass.within("train")
    X = standardised(superclass)[train]
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(X.std(axis=0), 1, rtol=1e-9)
