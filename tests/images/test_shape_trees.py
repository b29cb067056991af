"""Trees on numbers of shape: chosen on validation, stored, and answering as they did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.facts.images import ImageFit
from cosmic.images.morphology import SHAPES, read
from cosmic.images.records import ImageFitted
from cosmic.images.shape_trees import Kind, choice_loss, fit_morphology, load_morphology
from cosmic.records import Model, Rebalancing
from tests.images.labelled import drawn, record, with_other_test_labels

KINDS = (
    Kind(Model.EXTRA_TREES, Rebalancing.NONE, (("n_estimators", 30),)),
    Kind(Model.EXTRA_TREES, Rebalancing.CLASS_WEIGHT, (("n_estimators", 2), ("min_samples_leaf", 14))),
)
DATA = drawn()


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> ImageFitted:
    folder = tmp_path_factory.mktemp("models")
    return fit_morphology(DATA, record(folder), seed=0, folder=folder, kinds=KINDS, clock=lambda: 0.0)


def test_the_kind_with_the_least_loss_on_validation_is_kept_and_answers_unseen_images(
    fitted: ImageFitted,
) -> None:
    p = np.load(fitted.probabilities)
    facts = ImageFit.model_validate_json(fitted.facts.read_bytes())
    assert p.shape == (90, 3)
    assert p.sum(axis=1) == pytest.approx(np.ones(90))
    test = DATA.part == 2
    assert (p[test].argmax(axis=1) == DATA.codes[test]).mean() > 0.8
    assert facts.notes[0].startswith("extra_trees, unweighted: the least loss of 2 on 30 images of validation")
    validation = DATA.part == 1
    assert f"extra_trees, unweighted {choice_loss(DATA.codes[validation], p[validation]):.4f}" in facts.notes[0]
    assert (facts.model, facts.images, facts.size) == ("morphology", 30, 48)
    (measured,) = (fitted.folder.parent / SHAPES).glob("*.npz")
    assert facts.cpu_s == read([measured]).cpu_s > 0, "fitting took no time by this clock, measuring took some"


def test_the_loss_of_the_choice_counts_every_class_alike_in_one_half() -> None:
    y = np.array([0] * 9 + [1])
    p = np.where(np.arange(10)[:, None] < 9, [[0.8, 0.2]], [[0.6, 0.4]])
    by_image, by_class = -(9 * np.log(0.8) + np.log(0.4)) / 10, -(np.log(0.8) + np.log(0.4)) / 2
    assert choice_loss(y, p) == pytest.approx((by_image + by_class) / 2)


def test_the_stored_model_answers_images_as_when_it_was_fitted(fitted: ImageFitted) -> None:
    model = load_morphology(fitted.folder)
    assert model.card.labels == DATA.names
    assert np.array_equal(model.predict_proba(DATA.pixels[DATA.rows[:5]]), np.load(fitted.probabilities)[:5])
    with pytest.raises(ConfigError, match="48 pixels a side"):
        model.predict_proba(np.zeros((1, 64, 64, 3), np.uint8))


def test_a_second_run_reads_the_numbers_and_gives_the_same_bytes_and_no_test_label_decides(
    fitted: ImageFitted, tmp_path: Path
) -> None:
    folder = fitted.folder.parent
    blind = replace(with_other_test_labels(DATA), pixels=DATA.pixels.copy())
    again = fit_morphology(blind, record(folder), seed=0, folder=folder, kinds=KINDS, clock=lambda: 0.0)
    assert again == fitted
    elsewhere = fit_morphology(DATA, record(tmp_path), seed=0, folder=tmp_path, kinds=KINDS, clock=lambda: 0.0)
    assert (elsewhere.folder / "model.skops").read_bytes() == (fitted.folder / "model.skops").read_bytes()
    assert len(list((folder / SHAPES).glob("*.npz"))) == 1


def test_a_changed_model_is_refused(fitted: ImageFitted, tmp_path: Path) -> None:
    for name in ("model.skops", "model.json"):
        (tmp_path / name).write_bytes((fitted.folder / name).read_bytes())
        (tmp_path / f"{name}.sha256").write_bytes((fitted.folder / f"{name}.sha256").read_bytes())
    (tmp_path / "model.skops").write_bytes(b"something else")
    with pytest.raises(ArtefactCorrupt, match="differs from its digest"):
        load_morphology(tmp_path)


def test_labels_without_training_images_and_data_without_validation_are_refused_in_words(tmp_path: Path) -> None:
    no_disc = replace(DATA, part=np.where((DATA.part == 0) & (DATA.codes == 0), 2, DATA.part).astype(np.int8))
    with pytest.raises(ConfigError, match="no training image shows disc"):
        fit_morphology(no_disc, record(tmp_path), seed=0, folder=tmp_path, kinds=KINDS)
    none = replace(DATA, part=np.where(DATA.part == 1, 2, DATA.part).astype(np.int8))
    with pytest.raises(ConfigError, match="validation part"):
        fit_morphology(none, record(tmp_path), seed=0, folder=tmp_path, kinds=KINDS)
