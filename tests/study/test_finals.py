"""The best row of a family is scored on test rows that no matrix holds, with intervals and, where it has them, probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from cosmic.artefacts import check
from cosmic.datasets import Dataset
from cosmic.exploration.explore import Limits, explore
from cosmic.facts.grid import GridTest
from cosmic.records import Prepared, Task
from cosmic.study.explored import explore_task
from cosmic.study.finals import NO_PROBABILITIES, score_family
from cosmic.study.matrices import Matrix, Order, PreparedMatrix, prepare_matrix
from cosmic.study.published import Balance, GridRow, Setting, SvmSetting, TreeSetting
from tests.study.small_study import small_prepared


@pytest.fixture(scope="module")
def made(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> PreparedMatrix:
    folder = tmp_path_factory.mktemp("finals")
    return prepare_matrix(prepared, balance=Balance.RAREST, order=Order.SCALE_FIRST, seed=0, folder=folder)


def scored(setting: Setting, prepared: Prepared, made: PreparedMatrix, folder: Path) -> GridTest:
    row = GridRow(Task.SUPERCLASS, Balance.RAREST, setting)
    done = score_family(row, prepared, made, seed=0, resamples=100, folder=folder)
    return GridTest.model_validate_json(check(done.path).read_bytes())


def test_a_tree_s_test_scores_are_those_of_a_plain_fit(
    prepared: Prepared, made: PreparedMatrix, tmp_path: Path
) -> None:
    found = scored(TreeSetting("gini", 10, 5), prepared, made, tmp_path)
    assert prepared.path is not None
    data, matrix = Dataset.load(prepared.path), Matrix.load(made)
    tree = DecisionTreeClassifier(min_samples_split=10, max_depth=5, random_state=0).fit(matrix.X, matrix.y)
    of = data.within("test")
    X = (data.X[of] - np.array(matrix.card.mean)) / np.array(matrix.card.scale)
    assert found.test is not None
    assert found.validation is not None
    assert found.test.f1 == pytest.approx(f1_score(data.y[of], tree.predict(X), average="weighted"))
    assert found.n_test == len(of)
    low, high = found.test.interval["f1"]
    assert low <= (found.test.f1 or 0.0) <= high
    assert found.test.log_loss is not None
    assert found.test.majority is not None
    assert found.published is None
    assert found.notes == ()


def test_an_svm_has_scores_but_no_probabilities(prepared: Prepared, made: PreparedMatrix, tmp_path: Path) -> None:
    found = scored(SvmSetting(1.0, 100), prepared, made, tmp_path)
    assert found.test is not None
    assert (found.test.log_loss, found.test.brier) == (None, None)
    assert found.test.f1 is not None
    assert found.notes == (NO_PROBABILITIES,)


def test_a_matrix_of_another_data_set_is_refused(prepared: Prepared, made: PreparedMatrix, tmp_path: Path) -> None:
    other = Prepared("another", prepared.path, prepared.task, prepared.arm, prepared.features)
    with pytest.raises(ValueError, match="another data set"):
        scored(TreeSetting("gini", 10, 5), other, made, tmp_path)


def test_an_exploration_without_rows_says_why(prepared: Prepared, tmp_path: Path) -> None:
    from cosmic.facts.exploration import Exploration
    from cosmic.records import Sky

    none = Prepared("none", None, Task.STAR, prepared.arm, (), "no star subclass labels")
    found = explore_task(none, sky=Sky.REAL, seed=0, resamples=100, folder=tmp_path)
    facts = Exploration.model_validate_json(check(found.path).read_bytes())
    assert (facts.task, facts.simulated, facts.not_run) == ("star", False, "no star subclass labels")


def test_stars_without_elodie_are_explored_as_stars_and_have_no_lines(tmp_path: Path) -> None:
    five = small_prepared(tmp_path, task=Task.STAR, n=600, without=("elodie_bv", "elodie_teff", "elodie_feh"))
    assert five.path is not None
    data = Dataset.load(five.path)
    limits = Limits(numbers=(1, 2), points=10, pairs=10, resamples=100)
    facts = explore(data, seed=0, limits=limits)
    assert facts.task == "star"
    assert len(facts.features) == 5
    assert facts.no_lines is not None
    assert "no elodie" in facts.no_lines
