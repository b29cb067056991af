"""The score of a fit is made of its own files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cosmic.datasets import Dataset, prepare
from cosmic.errors import ArtefactCorrupt
from cosmic.evaluation.assessment import assess
from cosmic.evaluation.importance import permutation, tree_top
from cosmic.facts import Result, TreeNode
from cosmic.models.fit import fit
from cosmic.models.persistence import TrainedModel, load
from cosmic.models.predictions import Predictions
from cosmic.records import Arm, Fitted, Model, Prepared, Rebalancing, SplitName, Task
from tests.small_sky import small_rows, small_snapshot


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("assessment")
    return prepare(
        small_snapshot(folder, small_rows(500)), task=Task.SUPERCLASS, arm=Arm.PUBLISHED, split=SplitName.SKY, salt="cosmic",
        seed=0, min_class_size=5, filter="none", folder=folder,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fitted(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    return fit(
        prepared,
        model=Model.DECISION_TREE,
        rebalancing=Rebalancing.NONE,
        seed=0,
        folder=tmp_path_factory.mktemp("fitted"),
    )


@pytest.fixture(scope="module")
def trained(fitted: Fitted) -> TrainedModel:
    return load(fitted.model)


def test_the_result_has_scores_of_all_parts_and_intervals_of_the_test_part(prepared: Prepared, fitted: Fitted) -> None:
    found = assess(fitted, resamples=200)
    test = Predictions.load(fitted.predictions).within("test")
    assert found.test is not None
    assert found.train is not None
    assert found.validation is not None
    assert found.test.accuracy == pytest.approx((test.answer == test.y).mean())
    assert set(found.test.interval) == {"f1", "f1_macro", "accuracy", "balanced_accuracy"}
    assert all(lo <= getattr(found.test, name) <= hi for name, (lo, hi) in found.test.interval.items())
    assert found.test.majority == pytest.approx(found.test.per_class["galaxy"].n / found.n_test)
    assert (found.task, found.arm, found.model, found.split) == ("superclass", "published", "decision_tree", "sky")
    assert found.features == prepared.features
    assert found.hyperparameters["max_depth"] == 12
    assert Result.model_validate_json(found.model_dump_json()) == found


def test_the_same_fit_has_the_same_result(fitted: Fitted) -> None:
    assert assess(fitted, resamples=100, seed=3) == assess(fitted, resamples=100, seed=3)


def test_a_changed_prediction_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    made = fit(prepared, model=Model.LOGISTIC, rebalancing=Rebalancing.NONE, seed=0, folder=tmp_path)
    Predictions.load(made.predictions).within("test").write(tmp_path / "other.parquet")
    made.predictions.write_bytes((tmp_path / "other.parquet").read_bytes())
    with pytest.raises(ArtefactCorrupt, match=r"predictions\.parquet"):
        assess(made)


def test_the_feature_that_decides_is_the_most_important(prepared: Prepared, trained: TrainedModel) -> None:
    assert prepared.path is not None
    found = permutation(trained, Dataset.load(prepared.path), seed=0)
    assert {one.feature for one in found} == set(prepared.features)
    assert found[0].feature == "redshift_log"
    assert [one.value for one in found] == sorted((one.value for one in found), reverse=True)
    assert found == permutation(trained, Dataset.load(prepared.path), seed=0)


def test_the_drawn_tree_sends_rows_where_the_model_does(prepared: Prepared, trained: TrainedModel) -> None:
    assert prepared.path is not None
    data = Dataset.load(prepared.path)
    top = tree_top(trained)
    assert top is not None
    train = data.X[data.within("train")]

    def walk(node: TreeNode, rows: np.ndarray, level: int) -> None:
        assert node.n == len(rows)
        assert level <= 3
        if node.children:
            assert node.feature is not None
            assert node.threshold is not None
            left = rows[:, data.card.features.index(node.feature)] <= node.threshold
            walk(node.children[0], rows[left], level + 1)
            walk(node.children[1], rows[~left], level + 1)

    walk(top, train, 0)
    assert top.children


def test_only_a_tree_is_drawn(prepared: Prepared, tmp_path: Path) -> None:
    made = fit(prepared, model=Model.LOGISTIC, rebalancing=Rebalancing.NONE, seed=0, folder=tmp_path)
    assert tree_top(load(made.model)) is None
