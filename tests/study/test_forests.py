"""Small forests are the first trees of a large one; a fast forest is as good, and says what it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from cosmic.records import Task
from cosmic.study import accelerated
from cosmic.study.accelerated import NAME, STOCK
from cosmic.study.expressed import estimator
from cosmic.study.forests import ForestNest
from cosmic.study.matrices import Matrix
from cosmic.study.published import Balance, ForestSetting, GridRow, study_grid

ROWS = tuple(
    row
    for row in study_grid()
    if (row.task, row.balance) == (Task.SUPERCLASS, Balance.SMOTE) and isinstance(row.setting, ForestSetting)
)
OVERLAPPING = 6_000


def forests(*, bootstrap: bool) -> tuple[GridRow, ...]:
    return tuple(row for row in ROWS if isinstance(row.setting, ForestSetting) and row.setting.bootstrap is bootstrap)


def overlapping(seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, OVERLAPPING)
    return rng.normal(size=(OVERLAPPING, 4)) + 1.2 * y[:, None] * [1, 0.5, 0, 0], y


@pytest.mark.parametrize("bootstrap", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_forests_of_fewer_trees_are_the_first_trees_of_a_larger_one(
    matrix: Matrix, bootstrap: bool, threads: int
) -> None:
    hard = replace(matrix, X=matrix.X[:, 1:], X_validation=matrix.X_validation[:, 1:])
    rows = forests(bootstrap=bootstrap)
    nest = ForestNest(rows, seed=0, threads=threads)
    nest.fit(hard.X, hard.y, classes=3)
    found = nest.read(hard.X_validation)
    assert {row.setting.n_estimators for row in rows if isinstance(row.setting, ForestSetting)} == {2, 10, 50}
    for row, answer in zip(rows, found, strict=True):
        plain = estimator(row, seed=0).fit(hard.X, hard.y)
        np.testing.assert_array_equal(answer, plain.predict(hard.X_validation))
    assert set(nest.engines()) == {STOCK}
    assert nest.notes() == ((), (), ())


@pytest.mark.parametrize("bootstrap", [False, True])
def test_a_fast_forest_is_as_good_on_other_rows_and_says_what_it_is(bootstrap: bool) -> None:
    (X, y), (others, truth) = overlapping(0), overlapping(1)
    scores = []
    for fast_rows in (None, OVERLAPPING):
        nest = ForestNest(forests(bootstrap=bootstrap), seed=0, threads=1, fast_rows=fast_rows)
        nest.fit(X, y, classes=3)
        scores.append([float((answer == truth).mean()) for answer in nest.read(others)])
    np.testing.assert_allclose(scores[1], scores[0], atol=0.02)
    said = " ".join(nest.notes()[2])
    if nest.engines()[2] == NAME:
        assert f"{NAME} took the place of entropy" in said
        assert scores[1][0] == scores[0][0]  # two trees stay the study's
        assert nest.engines()[0] == STOCK
        assert nest.notes()[0] == ()
    else:
        assert scores[1] == scores[0]  # the study's own
    assert (NAME in said) == (accelerated.missing() is None)


def test_few_rows_stay_exact() -> None:
    X, y = overlapping(0)
    nest = ForestNest(forests(bootstrap=True), seed=0, threads=1, fast_rows=OVERLAPPING + 1)
    nest.fit(X, y, classes=3)
    plain = estimator(forests(bootstrap=True)[2], seed=0).fit(X, y)
    np.testing.assert_array_equal(nest.read(X)[2], plain.predict(X))


def test_forests_with_and_without_bootstrap_are_not_one() -> None:
    with pytest.raises(ValueError, match="bootstrap"):
        ForestNest(ROWS, seed=0, threads=1)
