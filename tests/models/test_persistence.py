"""A stored model answers as it did, or is refused; nothing untrusted is ever loaded."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.datasets import Dataset, prepare
from cosmic.errors import ArtefactCorrupt, NotServable
from cosmic.models.families import FAMILIES
from cosmic.models.fit import fit
from cosmic.models.persistence import TRUSTED, TrainedModel, load, to_bytes
from cosmic.models.predictions import Predictions
from cosmic.records import Arm, Fitted, MagnitudeSystem, Model, Prepared, Rebalancing, SplitName, Task
from tests.small_sky import replace, small_rows, small_snapshot

ROWS = small_rows(300)
MODEL = MagnitudeSystem.MODEL


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("persistence")
    return prepare(
        small_snapshot(folder, ROWS), task=Task.SUPERCLASS, arm=Arm.PHOTOMETRIC, split=SplitName.SKY, salt="cosmic", seed=0,
        min_class_size=5, filter="none", folder=folder,
    )  # fmt: skip


def fitted(prepared: Prepared, folder: Path, model: Model = Model.LOGISTIC) -> Fitted:
    return fit(prepared, model=model, rebalancing=Rebalancing.NONE, seed=0, folder=folder)


@pytest.fixture(scope="module")
def trained(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    return load(fitted(prepared, tmp_path_factory.mktemp("trained"), Model.RANDOM_FOREST).model)


@pytest.mark.parametrize("model", list(FAMILIES))
def test_a_stored_model_answers_as_when_fitted_and_needs_no_type_beyond_the_list(
    prepared: Prepared, tmp_path: Path, model: Model
) -> None:
    if (why := FAMILIES[model].missing()) is not None:
        pytest.skip(why)
    made = fitted(prepared, tmp_path, model)
    said = Predictions.load(made.predictions)
    rows = ROWS.filter(pa.array([key in set(said.keys.to_pylist()) for key in ROWS["object_key"].to_pylist()]))
    answers = load(made.model).predict_proba(rows, system=MODEL)
    assert answers.answered.all()
    np.testing.assert_allclose(answers.values, said.p, atol=1e-12)
    content = made.model.read_bytes()
    assert set(skops.io.get_untrusted_types(data=content)) <= set(TRUSTED)


def test_the_card_says_what_trained_the_model(prepared: Prepared, trained: TrainedModel) -> None:
    assert prepared.path is not None
    data = Dataset.load(prepared.path)
    card = trained.card
    assert (card.prepared, card.snapshot, card.labels, card.features) == (
        prepared.id, data.card.snapshot, data.card.labels, data.card.features)  # fmt: skip
    assert card.recipe.system is MODEL
    assert card.hyperparameters["n_estimators"] == 50
    assert {"python", "scikit-learn", "skops", "numpy"} <= set(card.versions)
    assert 0 < len(card.probe) <= 8


def test_rows_of_another_magnitude_system_are_refused(trained: TrainedModel) -> None:
    with pytest.raises(NotServable, match="psf"):
        trained.predict_proba(ROWS, system=MagnitudeSystem.PSF)


def test_a_row_that_lacks_a_value_has_no_answer_and_no_effect_on_others(trained: TrainedModel) -> None:
    rows = replace(ROWS, "g", [None, *ROWS["g"].to_pylist()[1:]])
    answers = trained.predict_proba(rows, system=MODEL)
    assert np.isnan(answers.values[0]).all()
    assert answers.answered.tolist() == [False] + [True] * (ROWS.num_rows - 1)
    np.testing.assert_array_equal(answers.values[1:], trained.predict_proba(ROWS, system=MODEL).values[1:])


def test_rows_without_a_whole_column_have_no_answer(trained: TrainedModel) -> None:
    answers = trained.predict_proba(ROWS.drop_columns(["extinction_u"]), system=MODEL)
    assert not answers.answered.any()


@given(st.lists(st.integers(0, ROWS.num_rows - 1), min_size=1, max_size=20))
@settings(max_examples=25)
def test_the_answer_for_one_row_does_not_depend_on_its_batch(trained: TrainedModel, batch: list[int]) -> None:
    whole = trained.predict_proba(ROWS, system=MODEL).values
    values = trained.predict_proba(ROWS.take(batch), system=MODEL).values
    np.testing.assert_allclose(values, whole[batch], atol=1e-12)
    np.testing.assert_allclose(values.sum(axis=1), 1.0, atol=1e-12)


def test_a_changed_byte_is_found_before_anything_is_loaded(prepared: Prepared, tmp_path: Path) -> None:
    path = fitted(prepared, tmp_path).model
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtefactCorrupt, match="differs from its digest"):
        load(path)


@pytest.mark.parametrize("name", ["model.skops", "model.json"])
def test_a_missing_file_is_named(prepared: Prepared, tmp_path: Path, name: str) -> None:
    path = fitted(prepared, tmp_path).model
    path.with_name(name).unlink()
    with pytest.raises(ArtefactCorrupt, match=name):
        load(path)


def rewrite(path: Path, **changes: object) -> None:
    card = path.with_name("model.json")
    card.write_text(json.dumps(json.loads(card.read_text("utf-8")) | changes), "utf-8")


def test_a_model_that_answers_its_stored_rows_otherwise_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    path = fitted(prepared, tmp_path).model
    answers = json.loads(path.with_name("model.json").read_text("utf-8"))["probe_answers"]
    answers[0][0] += 1e-5
    rewrite(path, probe_answers=answers)
    with pytest.raises(ArtefactCorrupt, match="stored rows"):
        load(path)


def test_another_scikit_learn_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    path = fitted(prepared, tmp_path).model
    rewrite(path, versions={"scikit-learn": "1.2.0"})
    with pytest.raises(NotServable, match=r"1\.2\.0"):
        load(path)


def test_a_card_of_another_version_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    path = fitted(prepared, tmp_path).model
    rewrite(path, colour="red")
    with pytest.raises(ArtefactCorrupt, match="colour"):
        load(path)


class Foreign:
    """A type that no model of ours has."""

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return X


def test_a_type_that_is_not_on_the_list_is_refused(prepared: Prepared, tmp_path: Path) -> None:
    path = fitted(prepared, tmp_path).model
    content = to_bytes(Foreign())
    path.write_bytes(content)
    rewrite(path, digest=hashlib.sha256(content).hexdigest())
    with pytest.raises(ArtefactCorrupt, match="Foreign"):
        load(path)
