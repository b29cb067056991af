"""Accelerated and stock scikit-learn agree, each says who did the work, and without the accelerator stock does it."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cosmic.models.rebalance import NEIGHBOURS
from cosmic.records import Prepared
from cosmic.study import accelerated
from cosmic.study.accelerated import NAME, STOCK, WHY_NOT, nearest, ran
from cosmic.study.matrices import Matrix, Order, prepare_matrix
from cosmic.study.published import Balance, Family, study_grid
from cosmic.study.units import Kind, Speed, Unit, run_unit, units

installed = pytest.mark.skipif(accelerated.missing() is not None, reason="scikit-learn-intelex is not installed")


def unit_of(kind: Kind) -> Unit:
    return next(unit for unit in units(study_grid()) if unit.kind is kind)


@pytest.mark.skipif(accelerated.missing() is None, reason="scikit-learn-intelex is installed")
def test_without_the_accelerator_fast_is_stock_and_says_so(matrix: Matrix) -> None:
    assert accelerated.missing() == "scikit-learn-intelex is not installed"
    exact, fast = (run_unit(unit_of(Kind.NEIGHBOURS), matrix, seed=0, speed=speed) for speed in Speed)
    assert {result.engine for result in fast} == {STOCK}
    assert [result.validation for result in fast] == [result.validation for result in exact]


def test_every_family_but_neighbours_and_forests_has_a_reason_to_stay_with_scikit_learn() -> None:
    assert set(WHY_NOT) == set(Family) - {Family.KNN, Family.RANDOM_FOREST}


@pytest.mark.parametrize("kind", [Kind.NEIGHBOURS, Kind.FOREST, Kind.LOGISTIC, Kind.TREE])
def test_fast_and_exact_scores_agree(matrix: Matrix, kind: Kind) -> None:
    exact, fast = (run_unit(unit_of(kind), matrix, seed=0, speed=speed) for speed in Speed)
    for one, two in zip(exact, fast, strict=True):
        assert one.validation is not None
        assert two.validation is not None
        assert two.validation.f1 == pytest.approx(one.validation.f1, abs=0.02)
        assert two.validation.f1_macro == pytest.approx(one.validation.f1_macro, abs=0.02)


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
