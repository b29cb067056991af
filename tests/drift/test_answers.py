"""What a model says of new rows beside what it said of rows it was not trained on, and which model is in use."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from cosmic import features
from cosmic.catalogue import ModelVersion
from cosmic.drift import compare
from cosmic.drift.answers import EVERY_ROW, UNLABELLED, answers
from cosmic.drift.looking import model_in_use
from cosmic.errors import NotServable
from cosmic.facts.drift import DriftFacts, DriftKind, DriftVerdict
from cosmic.features import Recipe
from cosmic.models.persistence import ModelCard, TrainedModel
from cosmic.records import Arm, MagnitudeSystem, Model, Rebalancing, Sky, SnapshotId, SplitName, Task
from cosmic.splits import SALT
from tests.drift.made import made, put

REFERENCE = made(4000, seed=1)
RECIPE = Recipe(Task.SUPERCLASS, Arm.PHOTOMETRIC, MagnitudeSystem.MODEL)


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    matrix = features.build(REFERENCE, RECIPE)
    names = np.array(REFERENCE["class"].to_pylist())
    estimator = LogisticRegression(max_iter=2000, C=10).fit(matrix.values - 18, names)

    class Centred:
        def predict_proba(self, X: np.ndarray) -> np.ndarray:
            return np.asarray(estimator.predict_proba(X - 18))

    card = ModelCard(
        model=Model.LOGISTIC, rebalancing=Rebalancing.NONE, recipe=RECIPE, labels=tuple(estimator.classes_),
        features=matrix.names, units=matrix.units, snapshot="s", prepared="p", sky=Sky.SIMULATED, split=SplitName.SKY,
        salt=SALT, seed=0, hyperparameters={}, n_train=4000, majority="GALAXY", digest="d", versions={}, probe=(),
        probe_answers=(),
    )  # fmt: skip
    return TrainedModel(card, Centred())


def judged(model: TrainedModel, **given: object) -> DriftFacts:
    new = made(2000, seed=2, **given)  # type: ignore[arg-type]
    for name in ("class", "subclass"):  # a stellar subclass would be a label too
        new = put(new, name, [None] * new.num_rows)
    return compare(new, REFERENCE, answers=(answers(model, new, REFERENCE, system=MagnitudeSystem.MODEL),))


def test_predictions_of_unlabelled_rows_of_the_same_sky_are_fine(model: TrainedModel) -> None:
    facts = judged(model)
    said = [one for one in facts.records if one.kind in (DriftKind.PREDICTIONS, DriftKind.CONFIDENCE)]
    assert {one.group for one in said} == {UNLABELLED}
    assert len([one for one in said if one.where == "all"]) == 4
    assert max(one.n_reference for one in said) < 0.5 * REFERENCE.num_rows  # never rows that it was trained on
    assert (facts.verdict, facts.n_unplaced) == (DriftVerdict.FINE, 0)
    assert facts.n_known > 1980


def test_predictions_tell_of_another_mixture_without_any_label(model: TrainedModel) -> None:
    facts = judged(model, shares=(0.3, 0.4, 0.3))
    assert facts.verdict.rank >= DriftVerdict.RETRAIN.rank
    assert DriftKind.PREDICTIONS in {one.kind for one in facts.found}
    assert DriftKind.LABELS not in {one.kind for one in facts.found}


def test_where_all_rows_are_labelled_all_are_asked_and_another_system_is_refused(model: TrainedModel) -> None:
    new = made(300, seed=3)
    said = answers(model, new, REFERENCE, system=MagnitudeSystem.MODEL)
    assert {one.group for one in said.records} == {EVERY_ROW}
    with pytest.raises(NotServable):
        answers(model, new, REFERENCE, system=MagnitudeSystem.PSF)


def version(arm: Arm, day: int, task: Task = Task.SUPERCLASS) -> ModelVersion:
    return ModelVersion(
        id=f"{arm}-{day}", task=task, arm=arm, family=Model.LOGISTIC, rebalancing=Rebalancing.NONE, path=Path("m"),
        digest="d", snapshot=SnapshotId("s"), metrics={}, trained_at=datetime(2026, 1, day, tzinfo=UTC),
    )  # fmt: skip


def test_the_model_in_use_is_the_newest_and_needs_no_spectrum() -> None:
    assert model_in_use([]) is None
    assert model_in_use([version(Arm.PHOTOMETRIC, 1, Task.STAR)]) is None
    old, new = version(Arm.PHOTOMETRIC_SHAPE, 1), version(Arm.PHOTOMETRIC, 2)
    assert model_in_use([old, version(Arm.PUBLISHED, 2), new]) == new
    assert model_in_use([old]) == old
