"""The image's answer and the table's on the catalogue's galaxies that have both: fused, scored, written. Trains neither model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from cosmic import artefacts
from cosmic.errors import ConfigError
from cosmic.evaluation.assessment import with_intervals
from cosmic.evaluation.choice import best_on_validation
from cosmic.evaluation.comparison import compare
from cosmic.evaluation.metrics import score
from cosmic.facts.images import Apart, Fusion
from cosmic.facts.results import Scores
from cosmic.images import labelling
from cosmic.images.fusion import Fused, by_object, fuse
from cosmic.images.records import ImageData, ImageFitted
from cosmic.images.scoring import answers
from cosmic.models.fit import FitFacts
from cosmic.models.predictions import Predictions
from cosmic.records import Kept, Task
from cosmic.splits import PARTS


def table_model(kept: Sequence[Kept]) -> Kept | None:
    """Return the model of galaxies from the table that is best on validation; None where the run kept none."""
    galaxies = [one for one in kept if one.task is Task.GALAXY]
    at = best_on_validation([one.scored.validation_f1 for one in galaxies])
    return None if at is None else galaxies[at]


def join(data: ImageData, image: ImageFitted, table: Kept, *, resamples: int, seed: int, folder: Path) -> Path:
    """Return the file of a `Fusion`: both answers weighed into one, or the reason why not.

    Parameters
    ----------
    image : ImageFitted
        One that was not trained on validation images: the weights are fitted there.
    """
    told = Fusion(image=image.id, table_arm=table.arm, table_model=FitFacts.load(table.scored.fitted.facts).model)
    images = labelling.load(data)
    said = by_object(answers(image, images), images.table["object_key"].combine_chunks())
    counts = np.bincount(images.codes[images.part == PARTS.index("train")], minlength=len(images.names))
    try:
        found = fuse(said, Predictions.load(table.scored.fitted.predictions), counts / counts.sum())
    except ConfigError as exc:
        told = told.model_copy(update={"not_run": str(exc)})
    else:
        told = told.model_copy(update=_told(found, resamples=resamples, seed=seed))
    text = told.model_dump_json(indent=1)
    path = folder / f"fusion-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    return artefacts.write(path, lambda part: part.write_text(text, encoding="utf-8"))


def read(path: Path) -> Fusion:
    """Return a stored fusion."""
    return Fusion.model_validate_json(artefacts.check(path).read_bytes())


def _told(found: Fused, *, resamples: int, seed: int) -> dict[str, object]:
    majority = int(np.argmax(np.bincount(found.image.within("validation").y, minlength=len(found.image.labels))))

    def scores(of: Predictions) -> Scores:
        test = of.within("test")
        return with_intervals(
            score(test.y, test.p, test.labels, majority=majority), test, resamples=resamples, seed=seed
        )

    return {
        "labels": found.image.labels,
        "weights": found.weights,
        "n_validation": found.n_validation,
        "n_test": len(found.image.within("test").y),
        "left_out": found.left_out,
        "of_image": scores(found.image),
        "of_table": scores(found.table),
        "of_both": scores(found.both),
        "apart": (
            _apart("both less image", found.image, found.both, resamples=resamples, seed=seed),
            _apart("both less table", found.table, found.both, resamples=resamples, seed=seed),
            _apart("image less table", found.table, found.image, resamples=resamples, seed=seed),
        ),
    }


def _apart(
    what: Literal["both less image", "both less table", "image less table"],
    before: Predictions,
    now: Predictions,
    *,
    resamples: int,
    seed: int,
) -> Apart:
    found = compare(before, now, resamples=resamples, seed=seed)
    return Apart(
        what=what, accuracy=found.accuracy, interval=found.accuracy_interval, f1=found.f1, f1_interval=found.f1_interval
    )
