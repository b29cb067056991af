"""Stored models asked about images that they were not trained with: each sees its own cut of the same images. Trains nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic import artefacts
from cosmic.evaluation.assessment import with_intervals
from cosmic.evaluation.metrics import score
from cosmic.facts.results import Holdout
from cosmic.images import holdout, labelling
from cosmic.images import pixels as decoded
from cosmic.images.averaging import read_weighing
from cosmic.images.data import LabelledImages
from cosmic.images.networks import stored
from cosmic.images.networks.feeding import CUTS
from cosmic.images.records import Cut, ImageData, ImageFitted, ImageHeld, ImageList, Pixels
from cosmic.images.shape_trees import CUT, load_morphology
from cosmic.models.predictions import Predictions
from cosmic.records import Model


@dataclass(frozen=True, slots=True)
class Sides:
    """The same images at every cut that models see."""

    pixels: tuple[Pixels, ...]

    def at(self, cut: Cut) -> Pixels:
        """Return the pixels of a cut.

        Raises
        ------
        KeyError
            If the images were not decoded so.
        """
        found = next((one for one in self.pixels if (one.size, one.crop) == (cut.size, cut.crop)), None)
        if found is None:
            raise KeyError(f"the images were not decoded at {cut.size} px with crop {cut.crop}")
        return found


def answer(fit: ImageFitted, among: Sequence[ImageFitted], sides: Sides, images: LabelledImages) -> NDArray[np.float32]:
    """Return what a model says of images, shape (n, k).

    Parameters
    ----------
    among : sequence of ImageFitted
        Where the parts of an average are found.
    images : LabelledImages
        Which of the images, at whatever cut.
    """
    if fit.model == Model.ENSEMBLE:
        parts = {one.id: one for one in among}
        weighing = read_weighing(fit)
        return weighing.together([answer(parts[name], among, sides, images) for name in weighing.parts])
    if fit.model == Model.MORPHOLOGY:
        pixels = sides.at(CUT)
        return load_morphology(fit.folder).predict_proba(decoded.load(pixels)[_places(pixels, images)])
    network = stored.load(fit.folder)
    pixels = sides.at(CUTS[network.preprocessing])
    return network.answer(decoded.load(pixels), _places(pixels, images))


def hold_out(
    path: Path,
    listing: ImageList,
    sides: Sides,
    *,
    data: ImageData,
    fits: Sequence[ImageFitted],
    final: Sequence[str],
    resamples: int,
    seed: int,
    folder: Path,
) -> ImageHeld:
    """Return the scores of final models on a folder of images, written to `folder`.

    Parameters
    ----------
    path : Path
        The folder, as it was named.
    final : sequence of str
        Ids of the fits that are scored.
    """
    pixels, trained = sides.at(Cut(data.pixels.size, data.pixels.crop)), labelling.load(data)
    held = holdout.held_out(pixels, trained=trained, scheme=data.scheme)
    trained_on = sum(held.left_out.get(why, 0) for why in (holdout.SAME_FILE, holdout.SAME_GALAXY))
    others = {why: n for why, n in held.left_out.items() if why not in (holdout.SAME_FILE, holdout.SAME_GALAXY)}
    told = Holdout(
        path=path.name,
        sha256=pixels.id,
        n=0 if held.images is None else len(held.images.rows),
        n_rows=listing.images,
        n_quarantined=sum(pixels.reasons.values()),
        n_excluded=sum(others.values()),
        excluded=others,
        n_trained_on=trained_on,
        not_run=held.not_run,
    )
    majority = int(np.argmax(np.bincount(trained.codes[trained.part == 0], minlength=len(trained.names))))
    found = []
    for fit in fits:
        if fit.id not in final:
            continue
        if held.images is not None:
            told = _scored(told, fit, fits, sides, held.images, majority=majority, resamples=resamples, seed=seed)
        file = folder / f"held-{pixels.id[:24]}-{fit.id[:24]}.json"
        text = told.model_dump_json(indent=1)
        artefacts.write(file, lambda part, text=text: part.write_text(text, encoding="utf-8"))  # type: ignore[misc]
        found.append((fit.id, file))
    return ImageHeld(tuple(found))


def _scored(
    told: Holdout,
    fit: ImageFitted,
    fits: Sequence[ImageFitted],
    sides: Sides,
    images: LabelledImages,
    *,
    majority: int,
    resamples: int,
    seed: int,
) -> Holdout:
    p = answer(fit, fits, sides, images).astype(np.float64)
    said = Predictions(
        labels=images.names,
        keys=images.table["image"].combine_chunks(),
        blocks=images.table["block"].combine_chunks(),
        part=images.part,
        y=images.codes,
        p=p / p.sum(axis=1, keepdims=True),
        r=np.full(len(p), np.nan),
    )
    scores = with_intervals(score(said.y, said.p, said.labels, majority=majority), said, resamples=resamples, seed=seed)
    return told.model_copy(update={name: getattr(scores, name) for name in type(scores).model_fields})


def _places(pixels: Pixels, images: LabelledImages) -> NDArray[np.int64]:
    """Return where these images lie among pixels of another cut."""
    rows = decoded.read_rows(pixels)
    at = pc.index_in(images.table["sha256"], value_set=rows["sha256"].combine_chunks())
    found: NDArray[np.int64] = rows["place"].take(at.combine_chunks()).to_numpy()
    return found
