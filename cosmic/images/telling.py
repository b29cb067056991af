"""What is told of the image half of a run: fits, label ceiling, where the chosen model fails, examples. Trains nothing."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic import artefacts
from cosmic.facts.images import ImagesRead, ImageStudy
from cosmic.images import comparing, joining, labelling
from cosmic.images.ceiling import of_images
from cosmic.images.decode import decoder
from cosmic.images.examples import Shown, pick
from cosmic.images.pixels import read_rows
from cosmic.images.records import Imaged, ImageData, ImageFitted, ImageScored, Scheme
from cosmic.images.scoring import answers, read_fit
from cosmic.images.strata import of_test_images
from cosmic.records import Sky

DRAWS: Final = 20
_log = logging.getLogger(__name__)


def tell(
    data: ImageData,
    fits: Sequence[ImageFitted],
    scored: Sequence[ImageScored],
    *,
    chosen: ImageScored | None,
    budget_minutes: float | None,
    saliency: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]] | None = None,
    seed: int,
    folder: Path,
    notes: Sequence[str] = (),
    transfer: Path | None = None,
    fusion: Path | None = None,
) -> Imaged:
    """Return everything that is told of the images of a run, written to `folder`.

    Parameters
    ----------
    chosen : ImageScored or None
        The final model: the best on validation, refitted where that was done.
    saliency : callable, optional
        Gives, for rows of the labelled images and the classes answered, how far each answer falls where a part of the image
        is covered, shape (n, g, g).
    """
    images = labelling.load(data)
    read = _read(data)
    told = ImageStudy(
        scheme=data.scheme,
        read=read,
        labels=labelling.facts_of(data),
        dropped=data.dropped,
        budget_minutes=budget_minutes,
        fits=tuple(read_fit(one) for one in fits),
        chosen=None if chosen is None else chosen.fitted.id,
        transfer=None if transfer is None else comparing.read(transfer),
        fusion=None if fusion is None else joining.read(fusion),
        notes=tuple(notes),
    )
    shown: Shown | None = None
    scheme = Scheme.HUBBLE14 if data.scheme is Scheme.VOTES else data.scheme
    limit, again = of_images(images, scheme=scheme, draws=DRAWS, seed=seed, source=data.pixels.origin) or (None, None)
    if chosen is not None:
        said = answers(chosen.fitted, images)
        told = told.model_copy(update={"ceiling": limit, "strata": of_test_images(images, said.p, again=again)})
        shown = pick(said, images, fit=chosen.fitted.id, saliency=saliency, folder=folder)
    elif limit is not None:
        told = told.model_copy(update={"ceiling": limit})
    if shown is not None:
        told = told.model_copy(update={"examples": shown.facts})
    return Imaged(
        study=_kept(told, folder),
        scored=tuple(scored),
        chosen=told.chosen,
        pictures=shown.pictures if shown else None,
        maps=shown.maps if shown else None,
    )


def not_run(data: ImageData, why: str, *, folder: Path) -> Imaged:
    """Return the reason why nothing was learned from images that were read, written to `folder`."""
    told = ImageStudy(scheme=data.scheme, read=_read(data), dropped=data.dropped, not_run=why)
    return Imaged(study=_kept(told, folder), not_run=why)


def _kept(told: ImageStudy, folder: Path) -> Path:
    text = told.model_dump_json(indent=1)
    path = folder / f"images-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    return artefacts.write(path, lambda part: part.write_text(text, encoding="utf-8"))


def _read(data: ImageData) -> ImagesRead:
    rows = read_rows(data.pixels)
    sides = pc.value_counts(rows["width"].combine_chunks())
    return ImagesRead(
        origin=data.pixels.origin,
        simulated=data.pixels.sky is Sky.SIMULATED,
        images=data.pixels.images,
        galaxies=int(pc.count_distinct(rows["galaxy"]).as_py()),
        bad=data.pixels.reasons,
        sides={str(one["values"]): int(one["counts"]) for one in sides.to_pylist()},
        size=data.pixels.size,
        crop=data.pixels.crop,
        decoder=decoder(),
    )
