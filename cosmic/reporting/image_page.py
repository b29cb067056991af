"""The page of galaxy images: facts.json and its pictures to images.html. Reads nothing else, computes no score, needs no network."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic import array_files
from cosmic.errors import ArtefactCorrupt
from cosmic.facts import ArrayFile, Facts
from cosmic.facts.file import facts_json, read_facts, write_whole
from cosmic.facts.images import ImageFit, ImageStudy
from cosmic.reporting import image_figures as figures
from cosmic.reporting import words
from cosmic.reporting.page import environment
from cosmic.reporting.shown import At
from cosmic.reporting.style import Picture

NAME: Final = "images.html"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Strip:
    """The examples of one class: their places in the facts, and their pictures."""

    label: str
    shown: tuple[tuple[int, str, str | None], ...]


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows of one scheme beside the facts: places, pictures, strips."""

    at: int
    chosen: int | None
    rows: tuple[int, ...]
    published: tuple[int, ...]
    plates: tuple[tuple[str, Picture, str], ...]
    strips: tuple[Strip, ...]


def build_images(facts_path: Path) -> Path | None:
    """Write images.html beside a facts.json and return its path; None where the facts hold nothing of images.

    Raises
    ------
    ArtefactCorrupt
        If facts.json or a file of pictures is missing, broken or changed.
    """
    began = time.perf_counter()
    facts = read_facts(facts_path)
    if not facts.images:
        return None
    html = render_images(facts, folder=facts_path.parent)
    path = write_whole(facts_path.with_name(NAME), html.encode())
    _log.info("images, %.0f kB, %.1f s: %s", len(html) / 1000, time.perf_counter() - began, path)
    return path


def render_images(facts: Facts, *, folder: Path) -> str:
    """Return the page of these facts, as they are written, whose pictures are in `folder`."""
    text = facts_json(facts)
    facts, f = Facts.model_validate_json(text), At(json.loads(text))
    pages = environment()
    pages.filters |= {"in_words": words.number, "fit_name": lambda at: figures.named(_fit(facts, at))}
    views = tuple(_view(facts, at, folder) for at in range(len(facts.images)))
    return pages.get_template("images_page.html.j2").render(f=f, views=views)


def _fit(facts: Facts, place: tuple[int, int]) -> ImageFit:
    return facts.images[place[0]].fits[place[1]]


def _view(facts: Facts, at: int, folder: Path) -> View:
    study = facts.images[at]
    chosen = next((place for place, fit in enumerate(study.fits) if fit.id == study.chosen), None)
    published: tuple[int, ...] = ()
    if not facts.source.simulated:
        published = tuple(i for i, r in enumerate(facts.published_study) if (r.task, r.data) == ("galaxy", "image"))
    return View(
        at=at,
        chosen=chosen,
        rows=tuple(place for place, fit in enumerate(study.fits) if fit.result is not None),
        published=published if study.scheme != "clean5" else (),
        plates=_plates(facts, study, chosen),
        strips=_strips(study, folder),
    )


def _plates(facts: Facts, study: ImageStudy, chosen: int | None) -> tuple[tuple[str, Picture, str], ...]:
    result = None if chosen is None else study.fits[chosen].result
    test = None if result is None else facts.results[result].test
    calibrated = None if test is None or test.reliability is None else figures.reliability(test.reliability, study)
    limit = "" if study.ceiling is None else "The level grey line is the label ceiling of accuracy."
    found = (
        (
            "Networks while they learn",
            figures.learning(study),
            f"Dotted: training images, as they are changed. {limit}".strip(),
        ),
        ("What accuracy costs", figures.cost(facts, study), limit),
        ("How far volunteers agree with themselves", figures.ceiling(study), ""),
        ("Where the chosen model is right", figures.strata(study), "Bars hold the interval of each part."),
        ("Whether it is as often right as it says", calibrated, limit),
    )
    return tuple((title, picture, caption) for title, picture, caption in found if picture is not None)


def _strips(study: ImageStudy, folder: Path) -> tuple[Strip, ...]:
    examples = study.examples
    if examples is None:
        return ()
    pictures = _array(examples.pictures, folder)
    maps = None if examples.maps is None else _array(examples.maps, folder)
    strips = []
    for label in dict.fromkeys(one.label for one in examples.shown):
        shown = []
        for place, one in enumerate(examples.shown):
            if one.label != label:
                continue
            picture = pictures[one.picture].astype(np.uint8)
            why = None if maps is None or one.saliency is None else figures.covered(picture, maps[one.saliency])
            shown.append((place, figures.png(picture), None if why is None else figures.png(why)))
        strips.append(Strip(label, tuple(shown)))
    return tuple(strips)


def _array(file: ArrayFile, folder: Path) -> NDArray[np.float32]:
    try:
        found: NDArray[np.float32] = array_files.load(folder / file.file)
    except (OSError, ValueError) as exc:
        raise ArtefactCorrupt(
            f"{folder / file.file} cannot be read ({exc}). Run the pipeline again to make it."
        ) from exc
    return found
