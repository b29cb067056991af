"""The scores of a model of images on every part, and what is chosen by them. Trains nothing; never chooses by the test part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cosmic import array_files, artefacts
from cosmic.arrays import floats
from cosmic.evaluation.assessment import with_intervals
from cosmic.evaluation.choice import best_on_validation
from cosmic.evaluation.metrics import score
from cosmic.evaluation.reliability import reliability
from cosmic.facts.images import ImageFit
from cosmic.facts.results import Result
from cosmic.images.data import LabelledImages
from cosmic.images.records import ImageFitted, ImageScored
from cosmic.models.predictions import Predictions
from cosmic.records import Arm, SplitName, Task
from cosmic.splits import PARTS


def read_fit(fitted: ImageFitted) -> ImageFit:
    """Return what is known of a fit."""
    return ImageFit.model_validate_json(artefacts.check(fitted.facts).read_bytes())


def answers(fitted: ImageFitted, images: LabelledImages) -> Predictions:
    """Return what a model said of every labelled image.

    Raises
    ------
    ArtefactCorrupt
        If the file of its probabilities is missing or changed.
    """
    p = array_files.load(artefacts.check(fitted.probabilities)).astype(np.float64)
    return Predictions(
        labels=images.names,
        keys=images.table["image"].combine_chunks(),
        blocks=images.table["block"].combine_chunks(),
        part=images.part,
        y=images.codes,
        p=p / p.sum(axis=1, keepdims=True),
        r=floats(images.table, "r"),
    )


def score_fit(
    fitted: ImageFitted, images: LabelledImages, *, split: SplitName, resamples: int, seed: int, folder: Path
) -> ImageScored:
    """Return the scores of a fit, written to `folder`. A refit has seen the validation part, which scores nothing then."""
    fit, said = read_fit(fitted), answers(fitted, images)
    result = assess(fit, said, split=split, resamples=resamples, seed=seed)
    path = folder / f"{fitted.id}.result.json"
    artefacts.write(path, lambda part: part.write_text(result.model_dump_json(indent=1), encoding="utf-8"))
    return ImageScored(fitted, path, result.validation.f1 if result.validation else None)


def assess(fit: ImageFit, said: Predictions, *, split: SplitName, resamples: int, seed: int) -> Result:
    """Return the scores of a fit on train, validation and test, with intervals of the test figures."""
    majority = _largest(said)
    train, validation, test = (said.within(part) for part in PARTS)
    tested = with_intervals(score(test.y, test.p, said.labels, majority=majority), test, resamples=resamples, seed=seed)
    return Result(
        task=Task.GALAXY_IMAGE,
        arm=Arm.IMAGES,
        model=fit.model,
        split=split,
        hyperparameters={"preprocessing": fit.preprocessing, "size": fit.size, "views": fit.views},
        seed=fit.seed,
        n_train=len(train.y) + (len(validation.y) if fit.refit else 0),
        n_validation=0 if fit.refit else len(validation.y),
        n_test=len(test.y),
        fit_s=fit.wall_s,
        train=score(train.y, train.p, said.labels, majority=majority).model_copy(
            update={"log_loss": None, "brier": None}
        ),
        validation=None if fit.refit else score(validation.y, validation.p, said.labels, majority=majority),
        test=tested.model_copy(update={"reliability": reliability(test.y, test.p, seed=seed)}),
        notes=fit.notes,
    )


def choose(scored: Sequence[ImageScored]) -> ImageScored | None:
    """Return the fit with the highest weighted F1 on validation; the first of equals, None where there is none."""
    at = best_on_validation([one.validation_f1 for one in scored])
    return None if at is None else scored[at]


def _largest(said: Predictions) -> int:
    train: NDArray[np.int64] = said.within("train").y
    return int(np.argmax(np.bincount(train, minlength=len(said.labels))))
