"""A matrix holds training and validation rows alone, scaled and rebalanced in the order that its name says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cosmic.datasets import Dataset
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.records import Prepared, Task
from cosmic.study.matrices import Matrix, Order, prepare_matrix
from cosmic.study.published import Balance, FeatureSet
from tests.study.small_study import small_prepared


def made(prepared: Prepared, folder: Path, *, balance: Balance, order: Order = Order.SCALE_FIRST) -> Matrix:
    return Matrix.load(prepare_matrix(prepared, balance=balance, order=order, seed=0, folder=folder))


@pytest.fixture
def data(prepared: Prepared) -> Dataset:
    assert prepared.path is not None
    return Dataset.load(prepared.path)


def test_the_scaler_learns_from_natural_rows_before_smote(prepared: Prepared, data: Dataset, matrix: Matrix) -> None:
    natural = data.X[data.within("train")]
    np.testing.assert_allclose(matrix.card.mean, natural.mean(axis=0))
    np.testing.assert_allclose(matrix.X[: len(natural)], (natural - natural.mean(axis=0)) / natural.std(axis=0))
    assert len(set(np.bincount(matrix.y))) == 1
    assert (matrix.card.n_train, matrix.card.n_fitted) == (len(natural), len(matrix.y))


def test_the_studys_order_scales_what_smote_made(prepared: Prepared, data: Dataset, tmp_path: Path) -> None:
    theirs = made(prepared, tmp_path, balance=Balance.SMOTE, order=Order.STUDY)
    np.testing.assert_allclose(theirs.X.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(theirs.X.std(axis=0), 1)
    assert not np.allclose(theirs.card.mean, data.X[data.within("train")].mean(axis=0))
    unscaled = theirs.X * theirs.card.scale + theirs.card.mean
    np.testing.assert_allclose(unscaled[: theirs.card.n_train], data.X[data.within("train")])


def test_validation_rows_keep_their_proportions_and_test_rows_are_not_in_it(
    prepared: Prepared, data: Dataset, matrix: Matrix
) -> None:
    at = data.within("validation")
    np.testing.assert_array_equal(matrix.y_validation, data.y[at])
    np.testing.assert_allclose(matrix.X_validation * matrix.card.scale + matrix.card.mean, data.X[at])
    held_out = {tuple(row) for row in (data.X[data.within("test")] - matrix.card.mean) / matrix.card.scale}
    assert not held_out & {tuple(row) for row in (*matrix.X, *matrix.X_validation)}


@pytest.mark.parametrize("balance", [Balance.NONE, Balance.CLASS_WEIGHT])
def test_class_weights_are_the_models_affair_and_leave_the_rows(
    prepared: Prepared, data: Dataset, tmp_path: Path, balance: Balance
) -> None:
    found = made(prepared, tmp_path, balance=balance)
    np.testing.assert_array_equal(found.y, data.y[data.within("train")])


def test_rarest_has_as_many_of_each_class_as_the_smallest(prepared: Prepared, data: Dataset, tmp_path: Path) -> None:
    found = made(prepared, tmp_path, balance=Balance.RAREST)
    smallest = int(np.bincount(data.y[data.within("train")]).min())
    assert np.bincount(found.y).tolist() == [smallest] * 3


def test_equal_data_and_seed_give_equal_bytes_and_another_order_others(prepared: Prepared, tmp_path: Path) -> None:
    one, two = (
        prepare_matrix(prepared, balance=Balance.SMOTE, order=Order.SCALE_FIRST, seed=0, folder=tmp_path / name)
        for name in "ab"
    )
    assert one.id == two.id
    other = prepare_matrix(prepared, balance=Balance.SMOTE, order=Order.STUDY, seed=0, folder=tmp_path)
    assert other.id != one.id


def test_feature_sets_are_read_from_one_matrix(matrix: Matrix) -> None:
    names = matrix.card.features
    assert names == ("redshift_log", "sum_p", "u-r_p", "g-i_p", "r-z_p")
    np.testing.assert_array_equal(matrix.reading(FeatureSet.X1).X, matrix.X[:, :1])
    np.testing.assert_array_equal(matrix.reading(FeatureSet.X2).X, matrix.X[:, [0, 3]])
    weighted = matrix.reading(FeatureSet.X3)
    np.testing.assert_allclose(weighted.X, matrix.X * [0.5, 0.125, 0.125, 0.125, 0.125])
    components = matrix.reading(FeatureSet.X7).X_validation
    assert components.shape == (len(matrix.y_validation), 3)
    with pytest.raises(ConfigError, match="X0"):
        weighted.reading(FeatureSet.X1)


def test_stars_have_eight_features_or_five_where_elodie_is_missing(tmp_path: Path) -> None:
    eight = small_prepared(tmp_path / "eight", task=Task.STAR, n=900)
    five = small_prepared(tmp_path / "five", task=Task.STAR, n=900, without=("elodie_bv", "elodie_teff", "elodie_feh"))
    assert eight.features[5:] == ("elodie_bv", "elodie_teff", "elodie_feh")
    assert five.features == eight.features[:5]
    assert five.not_run is None
    stars = made(eight, tmp_path, balance=Balance.NONE)
    np.testing.assert_allclose(stars.reading(FeatureSet.X3).X, stars.X * [0, *[1 / 7] * 7])


def test_rows_that_are_not_there_are_no_matrix_but_a_reason(tmp_path: Path) -> None:
    galaxies = small_prepared(tmp_path, task=Task.GALAXY, n=100)
    none = prepare_matrix(galaxies, balance=Balance.SMOTE, order=Order.SCALE_FIRST, seed=0, folder=tmp_path)
    assert none.path is None
    assert none.not_run == "no galaxy labels: no gz2_class is given"
    with pytest.raises(ConfigError, match="no galaxy labels"):
        Matrix.load(none)
    without = small_prepared(tmp_path / "z", task=Task.SUPERCLASS, n=100, without=("redshift",))
    assert without.not_run == "no redshift column, or no value in it"


def test_a_changed_file_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    found = prepare_matrix(prepared, balance=Balance.NONE, order=Order.SCALE_FIRST, seed=0, folder=tmp_path)
    assert found.path is not None
    found.path.write_bytes(found.path.read_bytes()[:-8])
    with pytest.raises(ArtefactCorrupt, match="differs from its digest"):
        Matrix.load(replace(found))
