"""Accelerated and stock scikit-learn agree, each says who did the work, and without the accelerator stock does it."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from cosmic.facts.grid import GridScores
from cosmic.models.rebalance import NEIGHBOURS
from cosmic.records import Prepared, Sky, SplitName, Task
from cosmic.study import accelerated
from cosmic.study.accelerated import NAME, STOCK, WHY_NOT, nearest, ran
from cosmic.study.expressed import estimator
from cosmic.study.matrices import Matrix, MatrixCard, Order, prepare_matrix
from cosmic.study.published import Balance, Family, GridRow, LogisticSetting, study_grid
from cosmic.study.results import grid_scores
from cosmic.study.units import Kind, Speed, Unit, build, run_unit, units

installed = pytest.mark.skipif(accelerated.missing() is not None, reason="extra fast is not installed")


FITTED: Final = 6_000
TOLERANCE: Final = {
    "knn": 0.001,  # its tree misses a neighbour now and then
    "random_forest": 0.02,  # other trees of the same quality, on so few rows that a seed moves a score nearly as much
    "decision_tree": 0.003,  # splits that are equally good are drawn
    "logistic": 0.001,  # the same optimum, found by another way
    "logistic-saga": 0.001,
    "svm": 0.0,  # the very same fit
}
"""By how much weighted and macro F1 may differ from a plain fit of each row."""


def family_of(unit: Unit) -> str:
    """The family of a unit; saga is one of its own."""
    setting = unit.rows[0].setting
    return "logistic-saga" if isinstance(setting, LogisticSetting) and setting.solver == "saga" else setting.family


UNITS: Final = {
    family_of(unit): unit for unit in units(study_grid(), converged=False) if unit.rows[0].task is Task.SUPERCLASS
}


def unit_of(kind: Kind) -> Unit:
    return next(unit for unit in units(study_grid()) if unit.kind is kind)


@pytest.fixture(params=["with", "without"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether the accelerator is there: Python itself finds no package whose entry in sys.modules is None."""
    if request.param == "without":
        monkeypatch.setitem(sys.modules, "sklearnex", None)
        assert accelerated.missing() == "scikit-learn-intelex is not installed"
        return STOCK
    if accelerated.missing() is not None:
        pytest.skip("extra fast is not installed")
    return NAME


@pytest.fixture(scope="module")
def overlapping() -> Matrix:
    """Three classes of unequal size that overlap, so that settings and engines could differ."""
    rng = np.random.default_rng(0)
    y = rng.choice(3, 2 * FITTED, p=[0.6, 0.3, 0.1])
    X = rng.normal(size=(2 * FITTED, 4)) + y[:, None] * [1.5, 0.7, 0.3, 0.0]
    card = MatrixCard(
        prepared="", task=Task.SUPERCLASS, sky=Sky.SIMULATED, split=SplitName.SKY, salt="", seed=0,
        balance=Balance.SMOTE, order=Order.SCALE_FIRST, labels=("a", "b", "c"), features=("p", "q", "r", "s"),
        n_train=FITTED, n_fitted=FITTED, n_validation=FITTED, mean=(), scale=(), components=(), centre=(),
    )  # fmt: skip
    return Matrix("", card, X[:FITTED], y[:FITTED], X[FITTED:], y[FITTED:])


@pytest.fixture(scope="module")
def plainly(overlapping: Matrix) -> Callable[[GridRow], GridScores]:
    """What plain scikit-learn scores with a setting of the grid."""

    @functools.cache
    def scores(row: GridRow) -> GridScores:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = estimator(row, seed=0).fit(overlapping.X, overlapping.y)
        return grid_scores(overlapping.y_validation, model.predict(overlapping.X_validation), overlapping.card.labels)

    return scores


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("family", TOLERANCE)
def test_fast_scores_are_plain_scikit_learns_within_a_tolerance_with_the_accelerator_and_without(
    family: str, engine: str, overlapping: Matrix, plainly: Callable[[GridRow], GridScores]
) -> None:
    unit = UNITS[family]
    nest = build(unit.kind, unit.rows, seed=0, speed=Speed.FAST, threads=2, from_rows=1)
    nest.fit(overlapping.X, overlapping.y, classes=3)
    for row, answer in zip(unit.rows, nest.read(overlapping.X_validation), strict=True):
        plain, ours = plainly(row), grid_scores(overlapping.y_validation, answer, overlapping.card.labels)
        assert ours.f1 == pytest.approx(plain.f1, abs=TOLERANCE[family]), row.key
        assert ours.f1_macro == pytest.approx(plain.f1_macro, abs=TOLERANCE[family]), row.key
    assert nest.engines()[-1] == (engine if family in ("knn", "random_forest") else STOCK)


def test_every_family_but_neighbours_and_forests_has_a_reason_to_stay_with_scikit_learn() -> None:
    assert set(WHY_NOT) == set(Family) - {Family.KNN, Family.RANDOM_FOREST}


@installed
@pytest.mark.filterwarnings("ignore")
def test_the_accelerator_finds_nearly_the_same_neighbours_and_says_that_it_ran(matrix: Matrix) -> None:
    one = nearest(100, threads=1, accelerate=False).fit(matrix.X)
    two = nearest(100, threads=1).fit(matrix.X)
    assert (ran(one), ran(two)) == (STOCK, NAME)
    same = one.kneighbors(matrix.X_validation, return_distance=False) == two.kneighbors(
        matrix.X_validation, return_distance=False
    )
    assert same.mean() > 0.99
    results = run_unit(unit_of(Kind.NEIGHBOURS), matrix, seed=0, speed=Speed.FAST)
    assert {result.engine for result in results} == {NAME}


@installed
@pytest.mark.filterwarnings("ignore")
def test_smote_makes_nearly_the_same_rows_with_the_accelerators_neighbours(
    prepared: Prepared, matrix: Matrix, tmp_path: Path
) -> None:
    made = prepare_matrix(
        prepared,
        balance=Balance.SMOTE,
        order=Order.SCALE_FIRST,
        seed=0,
        folder=tmp_path,
        neighbours=nearest(NEIGHBOURS + 1, threads=1),
    )
    same = np.isclose(Matrix.load(made).X, matrix.X).all(axis=1)
    assert same.mean() > 0.99  # its tree misses one neighbour in a few hundred


def test_smote_with_stock_neighbours_given_is_smote(prepared: Prepared, matrix: Matrix, tmp_path: Path) -> None:
    search = nearest(NEIGHBOURS + 1, threads=2, accelerate=False)
    made = prepare_matrix(
        prepared, balance=Balance.SMOTE, order=Order.SCALE_FIRST, seed=0, folder=tmp_path, neighbours=search
    )
    assert made.id == matrix.id


@installed
def test_asked_by_another_thread_it_stays_silent_once_that_is_expected(matrix: Matrix) -> None:
    def asked() -> list[str]:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            if expected:
                accelerated.expect_threads()
            with ThreadPoolExecutor(1) as pool:
                pool.submit(lambda: nearest(5, threads=1).fit(matrix.X)).result()
        return [str(one.message) for one in seen]

    expected = False
    assert any("parallel backend" in text for text in asked()), "what is expected does not happen any more"
    expected = True
    assert asked() == []
