"""Each saving of the grid gives what plain scikit-learn gives with a fit for every row."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import NearestNeighbors

from cosmic.records import Task
from cosmic.study.expressed import estimator
from cosmic.study.matrices import Matrix
from cosmic.study.nested import LogisticNest, NeighboursNest, Nest, PlainNest, TreeNest
from cosmic.study.published import (
    Balance,
    Family,
    GridRow,
    LogisticSetting,
    SvmSetting,
    TreeSetting,
    study_grid,
)

GRID = [row for row in study_grid() if row.task is Task.SUPERCLASS and row.balance is Balance.SMOTE]


@pytest.fixture(scope="module")
def hard(matrix: Matrix) -> Matrix:
    """The same rows without their redshift, which tells the classes apart so well that all settings agree."""
    return replace(matrix, X=matrix.X[:, 1:], X_validation=matrix.X_validation[:, 1:])


def of(family: Family) -> tuple[GridRow, ...]:
    return tuple(row for row in GRID if row.family is family)


def agreement(nest: Nest, rows: tuple[GridRow, ...], matrix: Matrix) -> list[float]:
    """Share of rows, of training and validation, on which a nest and a plain fit of each setting agree."""
    nest.fit(matrix.X, matrix.y, classes=3)
    found = []
    for X in (matrix.X, matrix.X_validation):
        for row, answer in zip(rows, nest.read(X), strict=True):
            plain = estimator(row, seed=0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                plain.fit(matrix.X, matrix.y)
            found.append(float((plain.predict(X) == answer).mean()))
    return found


def tied(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows on a coarse grid, so that many are at equal distances or good for equal splits."""
    return np.round(X, 0)


@pytest.mark.parametrize("threads", [1, 2])
def test_one_query_answers_every_number_of_neighbours(hard: Matrix, threads: int) -> None:
    rows = of(Family.KNN)
    nest = NeighboursNest(rows, index=lambda count: NearestNeighbors(n_neighbors=count, n_jobs=threads))
    assert agreement(nest, rows, hard) == [1.0] * 6


def test_votes_that_are_equal_go_to_the_first_class_as_in_scikit_learn(hard: Matrix) -> None:
    rows = tuple(
        replace(row, setting=replace(row.setting, n_neighbors=k))
        for row, k in zip(of(Family.KNN), (6, 2, 4), strict=True)
    )
    nest = NeighboursNest(rows, index=lambda count: NearestNeighbors(n_neighbors=count))
    assert agreement(nest, rows, hard) == [1.0] * 6


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
def test_one_deep_tree_is_read_at_every_depth_and_size_of_node(hard: Matrix, criterion: str) -> None:
    rows = tuple(row for row in of(Family.DECISION_TREE) if row.setting.criterion == criterion)  # type: ignore[union-attr]
    assert len(rows) == 6
    nest = TreeNest(rows, seed=0)
    agreed = agreement(nest, rows, hard)
    assert min(agreed) > 0.999
    assert len({tuple(answer) for answer in nest.read(hard.X)}) >= 3  # the settings do answer differently


def test_trees_whose_splits_are_equally_good_may_differ_a_little(hard: Matrix) -> None:
    coarse = replace(hard, X=tied(hard.X), X_validation=tied(hard.X_validation))
    rows = tuple(row for row in of(Family.DECISION_TREE) if row.setting.criterion == "gini")  # type: ignore[union-attr]
    assert min(agreement(TreeNest(rows, seed=0), rows, coarse)) > 0.95


def test_a_converged_solver_answers_every_limit(hard: Matrix) -> None:
    rows = tuple(row for row in of(Family.LOGISTIC) if row.setting == replace(row.setting, penalty="l2", C=0.1))
    assert {row.setting.max_iter for row in rows} == {50, 5000}  # type: ignore[union-attr]
    nest = LogisticNest(rows, seed=0)
    assert agreement(nest, rows, hard) == [1.0] * 4
    assert nest.models_[0] == nest.models_[1]  # one fit
    assert nest.notes() == ((), ())


def test_a_solver_that_ran_into_its_limit_is_fitted_again_with_the_next_and_says_so(hard: Matrix) -> None:
    base = of(Family.LOGISTIC)[0]
    assert isinstance(base.setting, LogisticSetting)
    rows = tuple(replace(base, setting=replace(base.setting, max_iter=limit)) for limit in (6, 5000))
    nest = LogisticNest(rows, seed=0)
    assert agreement(nest, rows, hard) == [1.0] * 4
    assert "not converged after 6 iterations (" in nest.notes()[0][0]
    assert nest.notes()[1] == ()
    assert not set(map(id, nest.models_[0])) & set(map(id, nest.models_[1]))


def test_newtons_method_finds_the_optimum_of_lbfgs_and_says_who_did(hard: Matrix) -> None:
    for at in (0, 6):
        rows = of(Family.LOGISTIC)[at : at + 2]
        nest = LogisticNest(rows, seed=0, fast_rows=1)
        assert min(agreement(nest, rows, hard)) > 0.99
        assert nest.notes()[1] == ("3 of 3 fits by newton-cholesky, which finds the same optimum as lbfgs",)


def test_where_lbfgs_may_be_stopped_it_is_not_replaced(hard: Matrix) -> None:
    base = of(Family.LOGISTIC)[0]
    assert isinstance(base.setting, LogisticSetting)
    rows = tuple(replace(base, setting=replace(base.setting, max_iter=limit)) for limit in (6, 5000))
    nest = LogisticNest(rows, seed=0, fast_rows=1)
    assert agreement(nest, rows, hard) == [1.0] * 4
    assert not any("newton" in note for notes in nest.notes() for note in notes)


def saga() -> tuple[GridRow, ...]:
    return tuple(row for row in of(Family.LOGISTIC) if cast(LogisticSetting, row.setting).solver == "saga")


@pytest.mark.parametrize("threads", [1, 2])
def test_saga_is_fitted_again_only_for_classes_that_its_limit_stopped(hard: Matrix, threads: int) -> None:
    low, high = saga()
    rows = (replace(low, setting=replace(cast(LogisticSetting, low.setting), max_iter=16)), high)
    nest = LogisticNest(rows, seed=0, threads=threads)
    assert agreement(nest, rows, hard) == [1.0] * 4
    shared = [id(one) == id(two) for one, two in zip(nest.models_[0], nest.models_[1], strict=True)]
    assert set(shared) == {False, True}


def test_saga_that_starts_near_its_optimum_ends_at_the_same_and_says_where_it_began(hard: Matrix) -> None:
    rows = tuple(
        replace(row, setting=replace(cast(LogisticSetting, row.setting), max_iter=limit))
        for row, limit in zip(saga(), (5, 5_000), strict=True)
    )
    nest = LogisticNest(rows, seed=0, fast_rows=1)
    found = agreement(nest, rows, hard)
    assert found[0] == found[2] == 1.0  # where it is stopped, its start is the study's
    assert min(found) > 0.99
    assert nest.notes()[0] == ("not converged after 5 iterations (3 of 3 fits)",)
    assert nest.notes()[1] == (
        "3 of 3 fits start at the optimum that newton-cholesky finds with l2, and end where saga converges",
    )


def test_two_classes_are_one_fit_as_in_scikit_learn(hard: Matrix) -> None:
    kept, seen = hard.y < 2, hard.y_validation < 2
    two = replace(hard, X=hard.X[kept], y=hard.y[kept], X_validation=hard.X_validation[seen])
    rows = of(Family.LOGISTIC)[:2]
    nest = LogisticNest(rows, seed=0)
    nest.fit(two.X, two.y, classes=2)
    for row, answer in zip(rows, nest.read(two.X_validation), strict=True):
        np.testing.assert_array_equal(answer, estimator(row, seed=0).fit(two.X, two.y).predict(two.X_validation))


def test_a_plain_fit_says_that_it_stopped_early(hard: Matrix) -> None:
    svm = next(row for row in of(Family.SVM) if row.setting == SvmSetting(1.0, 10))
    nest = PlainNest(estimator(svm, seed=0))
    assert agreement(nest, (svm,), hard) == [1.0, 1.0]
    assert nest.notes() == (("not converged after 10 iterations (3 of 3 fits)",),)
    saga = next(row for row in of(Family.LOGISTIC) if row.setting.solver == "saga")  # type: ignore[union-attr]
    stopped = PlainNest(estimator(saga, seed=0).set_params(estimator__max_iter=2))
    stopped.fit(hard.X, hard.y, classes=3)
    assert stopped.notes() == (("not converged after 2 iterations (3 of 3 fits)",),)


def test_what_has_no_fit_in_common_is_refused() -> None:
    trees, logistic = of(Family.DECISION_TREE), of(Family.LOGISTIC)
    assert isinstance(trees[0].setting, TreeSetting)
    with pytest.raises(ValueError, match="criteria"):
        TreeNest(trees, seed=0)
    with pytest.raises(ValueError, match="penalties"):
        LogisticNest(logistic, seed=0)
