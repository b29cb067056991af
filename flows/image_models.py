"""The models of images of one run: trained one after the other, scored, averaged, the best trained again. Orders tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cosmic.home import Home
from cosmic.images.morphology import starts
from cosmic.images.networks.architectures import NETWORKS, missing
from cosmic.images.networks.feeding import CUTS
from cosmic.images.networks.recipes import RECIPES
from cosmic.images.pixels import load
from cosmic.images.records import Cut, ImageData, ImageFitted, ImageList, ImageScored, Loss, Pixels, Preprocessing
from cosmic.images.scoring import choose, read_fit
from cosmic.images.shape_trees import CUT
from cosmic.machine import Settings
from cosmic.records import Model
from cosmic.settings import PipelineOptions
from flows.steps import Steps
from tasks import images as tasks

USUAL: Final = (Model.COMPACT_CNN, Model.MORPHOLOGY)
"""What is trained where no family is named; their average is made wherever both are there."""
BEFORE: Final = 0.25
"""Share of a network's time for training it on the training part alone, which serves only to choose between models and to weigh
them; the rest is for training it once more, with the validation part, for the model that is kept."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What every step on the images of a run is given. `initial` is a network that the compact one begins with."""

    listing: ImageList
    data: ImageData
    options: PipelineOptions
    settings: Settings
    home: Home
    steps: Steps
    initial: Path | None = None

    def pixels(self, cut: Cut) -> Pixels:
        """Return the run's images at a cut."""
        return self.steps.one(tasks.decode, self.listing, size=cut.size, crop=cut.crop, folder=self.home.pictures)


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


def trained(asked: Sequence[Model], shop: Workshop) -> tuple[ImageScored, ...]:
    """Train each family on the training part, one after the other, since each takes the whole machine; score them.

    The average is of the numbers of shape and of the compact network whose loss is best on validation.
    """
    share = _share(asked, shop.options)
    fits: list[ImageFitted] = []
    for model in asked:
        if model is Model.MORPHOLOGY:
            fits.append(_shapes(shop))
        elif model is Model.COMPACT_CNN:
            fits += [
                network(model, shop, loss=one, budget=share * BEFORE / len(shop.options.image_losses))
                for one in shop.options.image_losses
            ]
        else:
            fits.append(network(model, shop, budget=share))
    found = scored(tuple(fits), shop)
    best = [choose([one for one in found if one.fitted.model == model]) for model in USUAL]
    parts = tuple(one.fitted for one in best if one is not None)
    if len(parts) == len(USUAL):
        average = shop.steps.one(tasks.average, shop.data, parts, seed=shop.options.seed, folder=shop.home.pictures)
        found += scored((average,), shop)
    return found


def again(best: ImageFitted, fits: Sequence[ImageFitted], shop: Workshop) -> tuple[ImageFitted, ...]:
    """Train the chosen model once more, on training and validation images.

    The compact network has the rest of its time for that, so usually more epochs than it was chosen with; the study's have
    as many as were best. Of an average all parts are trained again, and weights and lean stay.
    """
    if best.model != Model.ENSEMBLE:
        return (_again(best, shop),)
    within = set(read_fit(best).parts)
    parts = tuple(_again(fit, shop) for fit in fits if fit.id in within)
    average = shop.steps.one(
        tasks.average, shop.data, parts, seed=shop.options.seed, folder=shop.home.pictures, like=best
    )
    return *parts, average


def scored(fits: tuple[ImageFitted, ...], shop: Workshop) -> tuple[ImageScored, ...]:
    """Score models on every part."""
    return shop.steps.many(
        "scoring models of images",
        fits,
        lambda fit: tasks.score.submit(
            fit, shop.data, resamples=shop.settings.resamples, seed=shop.options.seed, folder=shop.home.pictures
        ),
    )


def network(
    model: Model,
    shop: Workshop,
    *,
    loss: Loss = Loss.CROSS_ENTROPY,
    epochs: int | None = None,
    budget: float | None = None,
    refit: bool = False,
) -> ImageFitted:
    """Train a network for a number of epochs, else for those that the run names, else within a budget in seconds."""
    wanted = epochs or shop.options.image_epochs
    return shop.steps.one(
        tasks.network,
        shop.data,
        shop.pixels(_cut(model, shop.options.image_preprocessing)),
        model,
        study=shop.options.image_preprocessing,
        loss=loss,
        epochs=wanted,
        budget=None if wanted else budget,
        seed=shop.options.seed,
        threads=shop.settings.workers,
        imagenet=shop.settings.imagenet,
        refit=refit,
        folder=shop.home.pictures,
        initial=shop.initial if model is Model.COMPACT_CNN else None,
    )


def _again(fit: ImageFitted, shop: Workshop) -> ImageFitted:
    model = Model(fit.model)
    if model is Model.MORPHOLOGY:
        return _shapes(shop, like=fit)
    known = read_fit(fit)
    if model is not Model.COMPACT_CNN:
        return network(model, shop, epochs=known.best_epoch, refit=True)
    left = _share(asked_models(shop.options)[0], shop.options) * (1 - BEFORE)
    return network(model, shop, loss=Loss(known.loss or Loss.CROSS_ENTROPY), budget=left, refit=True)


def _share(asked: Sequence[Model], options: PipelineOptions) -> float:
    """Return the seconds that each network has; the compact one shares its own between its losses."""
    return options.image_seconds / max(1, sum(one in NETWORKS for one in asked))


def _shapes(shop: Workshop, like: ImageFitted | None = None) -> ImageFitted:
    pixels = shop.pixels(CUT)
    shop.steps.many(
        "measuring shapes", starts(len(load(pixels))),
        lambda start: tasks.shapes.submit(pixels, start, folder=shop.home.pictures),
    )  # fmt: skip
    return shop.steps.one(
        tasks.morphology, shop.data, pixels, seed=shop.options.seed, folder=shop.home.pictures, like=like
    )


def _cut(model: Model, study: Preprocessing) -> Cut:
    own = RECIPES[model].preprocessing
    return CUTS[own if own is Preprocessing.PLAIN else study]
