"""From the records of the image steps to their facts: results, what is best, and the study with its pictures. Computes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from cosmic import artefacts
from cosmic.facts import Best, Holdout, Result
from cosmic.facts.images import ImageStudy
from cosmic.images.records import Imaged
from cosmic.records import Arm, Task


def image_results(imaged: Imaged | None) -> tuple[Result, ...]:
    """Return the scores of every model of images, in the order of training; or the reason why there are none."""
    if imaged is None:
        return ()
    if imaged.not_run is not None:
        return (Result(task=Task.GALAXY_IMAGE, arm=Arm.IMAGES, not_run=imaged.not_run),)
    held: dict[str, list[Holdout]] = {}
    for name, path in (pair for one in imaged.held for pair in one.scores):
        held.setdefault(name, []).append(Holdout.model_validate_json(artefacts.check(path).read_bytes()))
    found = []
    for one in imaged.scored:
        result = Result.model_validate_json(artefacts.check(one.result).read_bytes())
        found.append(result.model_copy(update={"holdout": tuple(held.get(one.fitted.id, ()))}))
    return (*found, *_fused(imaged))


def _fused(imaged: Imaged) -> tuple[Result, ...]:
    """Return the scores of image and table together, where the run weighed them."""
    fusion = None if imaged.study is None else _study(imaged.study).fusion
    if fusion is None or fusion.of_both is None:
        return ()
    note = f"on galaxies with both; weights fitted on {fusion.n_validation} galaxies of validation"
    return (
        Result(
            task=Task.GALAXY_IMAGE, arm=Arm.IMAGES_TABLE, model="fusion", n_test=fusion.n_test, test=fusion.of_both,
            notes=(note,),
        ),
    )  # fmt: skip


def best_of_images(imaged: Imaged | None, results: Sequence[Result]) -> tuple[Best, ...]:
    """Return the final model of images: the best on validation, or what was trained again of it."""
    if imaged is None or imaged.chosen is None:
        return ()
    at = _places(imaged, results)[imaged.chosen]
    return (Best(task=Task.GALAXY_IMAGE, arm=Arm.IMAGES, result=at, model=results[at].model or "", rebalancing=""),)


def image_studies(imaged: Imaged | None, results: Sequence[Result], *, folder: Path) -> tuple[ImageStudy, ...]:
    """Return what was learned from images, every fit with its place in the results; pictures are copied beside the facts."""
    if imaged is None or imaged.study is None:
        return ()
    study = _study(imaged.study)
    if study.examples is not None:
        for file, path in ((study.examples.pictures, imaged.pictures), (study.examples.maps, imaged.maps)):
            if file is not None and path is not None:
                artefacts.write(folder / file.file, partial(shutil.copyfile, artefacts.check(path)), sealed=False)
    places = _places(imaged, results)
    fits = tuple(fit.model_copy(update={"result": places.get(fit.id)}) for fit in study.fits)
    return (study.model_copy(update={"fits": fits}),)


def _study(path: Path) -> ImageStudy:
    return ImageStudy.model_validate_json(artefacts.check(path).read_bytes())


def _places(imaged: Imaged, results: Sequence[Result]) -> dict[str, int]:
    first = next((at for at, one in enumerate(results) if one.task == Task.GALAXY_IMAGE), 0)
    return {one.fitted.id: first + at for at, one in enumerate(imaged.scored)}
