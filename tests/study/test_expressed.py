"""Every published setting has an estimator that scikit-learn takes without a warning, and words that say the same."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.svm import SVC

from cosmic.study.expressed import cannot, converged_svm, estimator, expression
from cosmic.study.published import (
    Balance,
    Family,
    LogisticSetting,
    NetworkSetting,
    published_by_key,
    study_grid,
)

GRID = study_grid()
ROWS = {row.key: row for row in GRID}


def test_every_setting_is_put_in_words_and_no_two_alike() -> None:
    settings = {row.setting for row in GRID}
    assert len({expression(setting).today for setting in settings}) == len(settings) == 41
    assert all(expression(setting).published and expression(setting).same for setting in settings)


@pytest.mark.parametrize("family", [family for family in Family if family is not Family.FFNN])
def test_words_are_those_of_the_estimator(family: Family) -> None:
    for row in GRID[:: 1 if family is not Family.LOGISTIC else 5]:
        if row.family is not family:
            continue
        given = estimator(row, seed=3)
        inner = given.estimator if family is Family.LOGISTIC else given
        words = expression(row.setting).today
        assert type(inner).__name__ in words
        for name in ("C", "max_iter", "n_neighbors", "min_samples_split", "max_depth", "n_estimators", "l1_ratio"):
            if f"{name}=" in words:
                value = inner.get_params()[name]
                text = "np.inf" if value == math.inf else f"{value:g}"
                assert f"{name}={text}" in words


def test_the_studys_logistic_is_one_against_the_rest_with_balanced_weights_and_no_deprecated_word() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 2)), np.arange(90) % 3
    for setting in {row.setting for row in GRID if isinstance(row.setting, LogisticSetting)}:
        row = next(row for row in GRID if row.setting == setting)
        model = estimator(row, seed=0).set_params(estimator__max_iter=500)
        model.fit(X, y)  # a deprecated parameter would raise here
        assert len(model.estimators_) == 3
        assert model.estimator.class_weight == "balanced"
        assert "penalty=" not in expression(setting).today


def test_no_penalty_is_an_infinite_c() -> None:
    row = ROWS["star/X0/smote/logistic/solver=lbfgs,penalty=none,C=1,l1_ratio=none,max_iter=50"]
    assert math.isinf(estimator(row, seed=0).estimator.C)


def test_class_weights_reach_what_takes_them_and_neighbours_say_that_they_cannot() -> None:
    tree = next(row for row in GRID if row.family is Family.DECISION_TREE)
    assert estimator(replace(tree, balance=Balance.CLASS_WEIGHT), seed=0).class_weight == "balanced"
    assert estimator(tree, seed=0).class_weight is None
    knn = replace(GRID[0], balance=Balance.CLASS_WEIGHT)
    assert cannot(knn) == "nearest neighbours know no class weights"
    with pytest.raises(ValueError, match="no class weights"):
        estimator(knn, seed=0)


def test_a_network_is_no_scikit_learn_estimator() -> None:
    row = next(row for row in GRID if isinstance(row.setting, NetworkSetting))
    with pytest.raises(ValueError, match="network"):
        estimator(row, seed=0)


def test_a_converged_svm_has_no_limit_and_the_same_c() -> None:
    row = ROWS["star/X0/smote/svm/C=10,max_iter=100"]
    assert converged_svm(row).get_params() == SVC(C=10.0).get_params()
    with pytest.raises(ValueError, match="no SVM"):
        converged_svm(GRID[0])


def test_every_published_row_can_be_fitted() -> None:
    assert not [key for key, row in published_by_key().items() if cannot(row.row)]
