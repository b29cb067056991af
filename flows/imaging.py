"""The order of the image steps, for every flow that learns from images. Orders tasks; computes nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from cosmic.errors import ConfigError
from cosmic.home import Home
from cosmic.images.comparing import WHOLE, helps
from cosmic.images.joining import table_model
from cosmic.images.networks.architectures import NETWORKS, missing
from cosmic.images.networks.feeding import CUTS, Preprocessing
from cosmic.images.networks.recipes import RECIPES
from cosmic.images.records import Cut, Imaged, ImageData, ImageFitted, ImageHeld, ImageList, ImageScored
from cosmic.images.scoring import choose, read_fit
from cosmic.images.shape_trees import CUT
from cosmic.machine import Settings
from cosmic.records import Arm, Kept, Model, Sky, Task
from cosmic.settings import PipelineOptions
from flows.steps import Steps
from tasks import images as tasks

log = logging.getLogger(__name__)

USUAL: Final = (Model.COMPACT_CNN, Model.MORPHOLOGY)
"""What is trained where no family is named; their average is made wherever both are there."""
BEFORE: Final = 0.25
"""Share of a network's time for training it on the training part alone, which serves only to choose between models and to weigh
them; the rest is for training it once more, with the validation part, for the model that is kept."""


def learn_from_images(
    options: PipelineOptions, kept: Sequence[Kept], *, salt: str, settings: Settings, home: Home, steps: Steps
) -> Imaged | None:
    """Train, compare and choose models of galaxy images, and weigh the best with the kept model of the table.

    None where the run was not asked for them.
    """
    if Task.GALAXY_IMAGE not in options.tasks or (options.arm and Arm.IMAGES not in options.arm):
        return None
    listing = _listing(options, home=home, steps=steps)
    if not listing.images:
        return Imaged(
            study=None, not_run="the catalogue has no images of galaxies: bring some with --gz2, --cutouts or --images"
        )
    cut = CUTS[Preprocessing.PLAIN]
    pixels = steps.one(tasks.decode, listing, size=cut.size, crop=cut.crop, folder=home.pictures)
    data = steps.one(
        tasks.label,
        pixels,
        scheme=options.label_scheme,
        min_class_size=options.image_class_size,
        split=options.split,
        salt=salt,
        seed=options.seed,
        folder=home.pictures,
    )
    if data.not_run is not None:
        return steps.one(tasks.not_run, data, data.not_run, folder=home.pictures)
    asked, notes = asked_models(options)
    for note in notes:
        log.info("%s", note)
    if not asked:
        return steps.one(tasks.not_run, data, "; ".join(notes), folder=home.pictures)
    transfer, initial = _pretrained(
        listing, data, options=options, salt=salt, settings=settings, home=home, steps=steps
    )
    fits = _fits(asked, listing, data, initial, options=options, settings=settings, home=home, steps=steps)
    scored = _scored(fits, data, options=options, settings=settings, home=home, steps=steps)
    best = choose(scored)
    if best is None:
        return steps.one(tasks.not_run, data, "no model could be scored on validation", folder=home.pictures)
    table = table_model(kept)
    fusion = None
    if table is not None:
        fusion = steps.one(
            tasks.fuse, data, best.fitted, table, resamples=settings.resamples, seed=options.seed, folder=home.pictures
        )
    again = _refit(
        best.fitted, fits, listing, data, initial, options=options, settings=settings, home=home, steps=steps
    )
    if again:
        fits += again
        scored += _scored(again, data, options=options, settings=settings, home=home, steps=steps)
        best = scored[-1]
    told = steps.one(
        tasks.tell,
        data,
        fits,
        scored,
        chosen=best,
        budget_minutes=None if options.image_epochs else options.image_seconds / 60,
        seed=options.seed,
        folder=home.pictures,
        notes=notes,
        transfer=transfer,
        fusion=fusion,
    )
    held = _held_out(best, fits, data, options=options, settings=settings, home=home, steps=steps)
    return replace(told, held=held)


def _held_out(
    best: ImageScored,
    fits: tuple[ImageFitted, ...],
    data: ImageData,
    *,
    options: PipelineOptions,
    settings: Settings,
    home: Home,
    steps: Steps,
) -> tuple[ImageHeld, ...]:
    """Score the final model, and every family as it was last trained, on each folder set aside."""
    last = {fit.model: fit for fit in fits}  # those that were trained again come later
    final = tuple(dict.fromkeys((*(fit.id for fit in last.values()), best.fitted.id)))
    held = []
    for path in options.held_images:
        listing = steps.one(tasks.list_held, path, folder=home.pictures)
        sides = tuple(
            steps.one(tasks.decode, listing, size=cut.size, crop=cut.crop, folder=home.pictures)
            for cut in dict.fromkeys(_cut(Model(fit.model)) for fit in fits if fit.model != Model.ENSEMBLE)
        )
        plain = CUTS[Preprocessing.PLAIN]
        if (plain.size, plain.crop) not in [(one.size, one.crop) for one in sides]:
            sides += (steps.one(tasks.decode, listing, size=plain.size, crop=plain.crop, folder=home.pictures),)
        held.append(
            steps.one(
                tasks.hold_out, path, listing, sides, data=data, fits=fits, final=final, resamples=settings.resamples,
                seed=options.seed, folder=home.pictures,
            )
        )  # fmt: skip
    return tuple(held)


def _cut(model: Model) -> Cut:
    return CUT if model is Model.MORPHOLOGY else CUTS[RECIPES[model].preprocessing]


def _listing(options: PipelineOptions, *, home: Home, steps: Steps) -> ImageList:
    if options.images is not None:
        return steps.one(tasks.list_folder, options.images, options.labels, folder=home.pictures)
    if options.sky is Sky.SIMULATED:
        return steps.one(tasks.list_simulated, rows=options.rows, seed=options.seed, home=home)
    return steps.one(tasks.list_catalogue, home=home)


def asked_models(options: PipelineOptions) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """Return the families to train here, and why others are not."""
    named = tuple(one for one in dict.fromkeys(options.model) if one in (*NETWORKS, Model.MORPHOLOGY))
    asked = named or (() if options.model else USUAL)
    if not asked:
        return (), (
            f"none of {', '.join(options.model)} looks at images; {', '.join((*NETWORKS, Model.MORPHOLOGY))} do",
        )
    why = missing()
    if why is None:
        return asked, ()
    notes = tuple(f"{one}: not run, {why}" for one in asked if one in NETWORKS)
    return tuple(one for one in asked if one not in NETWORKS), notes


def _pretrained(
    listing: ImageList,
    data: ImageData,
    *,
    options: PipelineOptions,
    salt: str,
    settings: Settings,
    home: Home,
    steps: Steps,
) -> tuple[Path | None, Path | None]:
    """Train a network on other labels and find whether beginning with it helps; return that, and its weights where it does."""
    if options.image_pretraining is None or missing() is not None:
        return None, None
    folder = home.pictures
    others = steps.one(tasks.list_held, options.image_pretraining, folder=folder)
    cut = CUTS[Preprocessing.PLAIN]
    pixels = steps.one(tasks.decode, others, size=cut.size, crop=cut.crop, folder=folder)
    first = steps.one(tasks.label, pixels, scheme=None, min_class_size=options.image_class_size, split=options.split,
                      salt=salt, seed=options.seed, folder=folder)  # fmt: skip
    if first.not_run is not None:
        raise ConfigError(f"{options.image_pretraining} teaches nothing: {first.not_run}.")
    sides = tuple(
        steps.one(tasks.decode, one, size=WHOLE.size, crop=WHOLE.crop, folder=folder) for one in (others, listing)
    )
    fresh = steps.one(tasks.without_shared, first, data, sides, folder=folder)
    network = _network(Model.COMPACT_CNN, others, fresh, None, options=options, settings=settings, home=home, steps=steps,
                       epochs=options.image_epochs, budget=None if options.image_epochs else options.image_seconds,
                       refit=True)  # fmt: skip
    found = steps.one(
        tasks.transfer, data, first, fresh, network, seed=options.seed, threads=settings.workers, folder=folder
    )
    return found, network.file if helps(found) else None


def _fits(
    asked: tuple[Model, ...],
    listing: ImageList,
    data: ImageData,
    initial: Path | None,
    *,
    options: PipelineOptions,
    settings: Settings,
    home: Home,
    steps: Steps,
) -> tuple[ImageFitted, ...]:
    """Train each family on the training part, one after the other, since each takes the whole machine."""
    share = _share(asked, options)
    fits = []
    for model in asked:
        if model is Model.MORPHOLOGY:
            fits.append(_shapes(listing, data, options=options, home=home, steps=steps))
            continue
        budget = share * BEFORE if model is Model.COMPACT_CNN else share
        fits.append(
            _network(model, listing, data, initial, options=options, settings=settings, home=home, steps=steps,
                     epochs=options.image_epochs, budget=None if options.image_epochs else budget, refit=False)
        )  # fmt: skip
    if set(USUAL) <= set(asked):
        parts = tuple(fit for fit in fits if fit.model in USUAL)
        fits.append(steps.one(tasks.average, data, parts, seed=options.seed, folder=home.pictures))
    return tuple(fits)


def _refit(
    best: ImageFitted,
    fits: tuple[ImageFitted, ...],
    listing: ImageList,
    data: ImageData,
    initial: Path | None,
    *,
    options: PipelineOptions,
    settings: Settings,
    home: Home,
    steps: Steps,
) -> tuple[ImageFitted, ...]:
    """Train the chosen model once more, on training and validation images.

    The compact network has the rest of its time for that, so usually more epochs than it was chosen with; the study's have as
    many as were best. Of an average all parts are trained again, and their weights stay.
    """
    average = best.model == Model.ENSEMBLE
    parts = tuple(fit for fit in fits if fit.model in USUAL) if average else (best,)
    again = tuple(
        _again(fit, listing, data, initial, options=options, settings=settings, home=home, steps=steps) for fit in parts
    )
    if not average:
        return again
    return *again, steps.one(tasks.average, data, again, seed=options.seed, folder=home.pictures, like=best)


def _again(
    fit: ImageFitted,
    listing: ImageList,
    data: ImageData,
    initial: Path | None,
    *,
    options: PipelineOptions,
    settings: Settings,
    home: Home,
    steps: Steps,
) -> ImageFitted:
    model = Model(fit.model)
    if model is Model.MORPHOLOGY:
        return _shapes(listing, data, options=options, home=home, steps=steps, like=fit)
    epochs, budget = options.image_epochs, None
    if model is not Model.COMPACT_CNN:
        epochs = read_fit(fit).best_epoch
    elif epochs is None:
        budget = _share(asked_models(options)[0], options) * (1 - BEFORE)
    return _network(model, listing, data, initial, options=options, settings=settings, home=home, steps=steps,
                    epochs=epochs, budget=budget, refit=True)  # fmt: skip


def _share(asked: Sequence[Model], options: PipelineOptions) -> float:
    """Return the seconds that each network has."""
    return options.image_seconds / max(1, sum(one in NETWORKS for one in asked))


def _shapes(
    listing: ImageList,
    data: ImageData,
    *,
    options: PipelineOptions,
    home: Home,
    steps: Steps,
    like: ImageFitted | None = None,
) -> ImageFitted:
    pixels = steps.one(tasks.decode, listing, size=CUT.size, crop=CUT.crop, folder=home.pictures)
    return steps.one(tasks.morphology, data, pixels, seed=options.seed, folder=home.pictures, like=like)


def _network(
    model: Model,
    listing: ImageList,
    data: ImageData,
    initial: Path | None,
    *,
    options: PipelineOptions,
    settings: Settings,
    home: Home,
    steps: Steps,
    epochs: int | None,
    budget: float | None,
    refit: bool,
) -> ImageFitted:
    cut = CUTS[RECIPES[model].preprocessing]
    pixels = steps.one(tasks.decode, listing, size=cut.size, crop=cut.crop, folder=home.pictures)
    return steps.one(
        tasks.network,
        data,
        pixels,
        model,
        epochs=epochs,
        budget=budget,
        seed=options.seed,
        threads=settings.workers,
        imagenet=settings.imagenet,
        refit=refit,
        folder=home.pictures,
        initial=initial if model is Model.COMPACT_CNN else None,
    )


def _scored(
    fits: tuple[ImageFitted, ...],
    data: ImageData,
    *,
    options: PipelineOptions,
    settings: Settings,
    home: Home,
    steps: Steps,
) -> tuple[ImageScored, ...]:
    return steps.many(
        "scoring models of images",
        fits,
        lambda fit: tasks.score.submit(
            fit, data, resamples=settings.resamples, seed=options.seed, folder=home.pictures
        ),
    )
