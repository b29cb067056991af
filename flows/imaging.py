"""The order of the image steps, for every flow that learns from images. Orders tasks; computes nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cosmic.errors import ConfigError
from cosmic.home import Home
from cosmic.images.comparing import WHOLE, helps
from cosmic.images.joining import table_model
from cosmic.images.networks.architectures import missing
from cosmic.images.networks.feeding import CUTS
from cosmic.images.records import Cut, Imaged, ImageData, ImageFitted, ImageHeld, ImageList, ImageScored, Preprocessing
from cosmic.images.scoring import choose, read_fit
from cosmic.machine import Settings
from cosmic.records import Arm, Kept, Model, Sky, Task
from cosmic.settings import PipelineOptions
from flows.image_models import Workshop, again, asked_models, network, scored, trained
from flows.steps import Steps
from tasks import images as tasks

log = logging.getLogger(__name__)


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
    shop = Workshop(listing, data, options, settings, home, steps)
    transfer = None
    if options.image_pretraining is not None and missing() is None:
        transfer, initial = _pretrained(options.image_pretraining, shop, salt=salt)
        shop = replace(shop, initial=initial)
    found = trained(asked, shop)
    best = choose(found)
    if best is None:
        return steps.one(tasks.not_run, data, "no model could be scored on validation", folder=home.pictures)
    table, fusion = table_model(kept), None
    if table is not None:
        fusion = steps.one(
            tasks.fuse, data, best.fitted, table, resamples=settings.resamples, seed=options.seed, folder=home.pictures
        )
    found += scored(again(best.fitted, [one.fitted for one in found], shop), shop)
    best = found[-1]
    fits = tuple(one.fitted for one in found)
    told = steps.one(
        tasks.tell,
        data,
        fits,
        found,
        chosen=best,
        budget_minutes=None if options.image_epochs else options.image_seconds / 60,
        seed=options.seed,
        folder=home.pictures,
        notes=notes,
        transfer=transfer,
        fusion=fusion,
    )
    return replace(told, held=_held_out(best, fits, shop))


def _held_out(best: ImageScored, fits: tuple[ImageFitted, ...], shop: Workshop) -> tuple[ImageHeld, ...]:
    """Score the final model, and every family as it was last trained, on each folder set aside."""
    last = {fit.model: fit for fit in fits}  # those that were trained again come later
    final = tuple(dict.fromkeys((*(fit.id for fit in last.values()), best.fitted.id)))
    known = [read_fit(fit) for fit in fits if fit.model != Model.ENSEMBLE]
    cuts = dict.fromkeys((*(Cut(one.size, one.crop) for one in known), CUTS[Preprocessing.PLAIN]))
    held = []
    for path in shop.options.held_images:
        listing = shop.steps.one(tasks.list_held, path, folder=shop.home.pictures)
        aside = replace(shop, listing=listing)
        held.append(
            shop.steps.one(
                tasks.hold_out, path, listing, tuple(aside.pixels(cut) for cut in cuts), data=shop.data, fits=fits,
                final=final, resamples=shop.settings.resamples, seed=shop.options.seed, folder=shop.home.pictures,
            )
        )  # fmt: skip
    return tuple(held)


def _listing(options: PipelineOptions, *, home: Home, steps: Steps) -> ImageList:
    if options.images is not None:
        return steps.one(tasks.list_folder, options.images, options.labels, folder=home.pictures)
    if options.sky is Sky.SIMULATED:
        return steps.one(
            tasks.list_simulated, rows=options.rows, seed=options.seed, night=options.night, faults=options.faults,
            home=home,
        )  # fmt: skip
    return steps.one(tasks.list_catalogue, home=home)


def _pretrained(folder: Path, shop: Workshop, *, salt: str) -> tuple[Path, Path | None]:
    """Train a network on other labels and find whether beginning with it helps; return that, and its weights where it does."""
    options, steps, place = shop.options, shop.steps, shop.home.pictures
    others = replace(shop, listing=steps.one(tasks.list_held, folder, folder=place))
    first: ImageData = steps.one(
        tasks.label, others.pixels(CUTS[Preprocessing.PLAIN]), scheme=None, min_class_size=options.image_class_size,
        split=options.split, salt=salt, seed=options.seed, folder=place,
    )  # fmt: skip
    if first.not_run is not None:
        raise ConfigError(f"{folder} teaches nothing: {first.not_run}.")
    sides = (others.pixels(WHOLE), shop.pixels(WHOLE))
    fresh = steps.one(tasks.without_shared, first, shop.data, sides, folder=place)
    learned = network(Model.COMPACT_CNN, replace(others, data=fresh), budget=options.image_seconds, refit=True)
    found = steps.one(
        tasks.transfer, shop.data, first, fresh, learned, seed=options.seed, threads=shop.settings.workers, folder=place
    )
    return found, learned.file if helps(found) else None
