"""The image half of a run: list, decode, label, train, average, score, tell. Each wraps one call; orders nothing."""

from __future__ import annotations

from pathlib import Path

from prefect import task

from cosmic.home import Home
from cosmic.images.records import (
    Imaged,
    ImageData,
    ImageFitted,
    ImageHeld,
    ImageList,
    ImageScored,
    Loss,
    Pixels,
    Preprocessing,
    Scheme,
)
from cosmic.machine import Settings
from cosmic.records import Kept, Model, SplitName
from tasks.policies import policy


@task(**policy("list-images"), task_run_name="list the images in {images}")
def list_folder(images: Path, labels: Path | None, *, folder: Path) -> ImageList:
    """List the images of a folder with what its table says of each."""
    from cosmic.images import listing

    return listing.from_folder(images, labels, folder=folder)


@task(**policy("list-catalogue-images"), task_run_name="list the catalogue's images")
def list_catalogue(*, home: Home) -> ImageList:
    """List the images that the catalogue has."""
    from cosmic.catalogue import open_catalogue
    from cosmic.images import listing

    with open_catalogue(home, Settings()) as catalogue:
        return listing.from_catalogue(catalogue.galaxy_images(), sky=home.sky, folder=home.pictures)


@task(**policy("list-simulated-images"), task_run_name="draw the simulated sky's galaxies")
def list_simulated(*, rows: int, seed: int, night: int = 0, faults: tuple[str, ...] = (), home: Home) -> ImageList:
    """Draw the galaxies of the simulated sky that volunteers saw, unless their pictures are there."""
    from cosmic.catalogue import open_catalogue
    from cosmic.images import simulated

    with open_catalogue(home, Settings()) as catalogue:
        objects = catalogue.rows()
    return simulated.simulated_list(
        objects, rows=rows, seed=seed, night=night, faults=faults, store=home.images, folder=home.pictures,
        workers=Settings().workers,
    )  # fmt: skip


@task(**policy("decode-images"), task_run_name="decode {listing.images} images at {size} px")
def decode(listing: ImageList, *, size: int, crop: float, folder: Path) -> Pixels:
    """Decode images once, judge them, and set apart what cannot be used."""
    from cosmic.images import pixels

    return pixels.make_pixels(
        listing, size=size, crop=crop, folder=folder, workers=Settings().workers, report=pixels.log_pace()
    )


@task(**policy("label-images"), task_run_name="label images")
def label(
    pixels: Pixels,
    *,
    scheme: Scheme | None,
    min_class_size: int,
    split: SplitName,
    salt: str,
    seed: int,
    folder: Path,
) -> ImageData:
    """Give images their labels and parts, or say why there are none."""
    from cosmic.images import labelling

    return labelling.label(
        pixels, scheme=scheme, min_class_size=min_class_size, split=split, salt=salt, seed=seed, folder=folder
    )


@task(**policy("network"), task_run_name="train {model}")
def network(
    data: ImageData,
    pixels: Pixels,
    model: Model,
    *,
    study: Preprocessing,
    loss: Loss,
    epochs: int | None,
    budget: float | None,
    seed: int,
    threads: int,
    imagenet: str,
    refit: bool,
    folder: Path,
    initial: Path | None = None,
) -> ImageFitted:
    """Train a network within a budget, or for exactly so many epochs; go on where an earlier run was stopped."""
    from cosmic.images import labelling
    from cosmic.images.networks import running, stored, training

    order = running.Order(
        model, data.id, seed, training.recipe_of(model, study=study, loss=loss), epochs=epochs, budget=budget,
        threads=threads, imagenet=imagenet, refit=refit, initial=initial,
    )  # fmt: skip
    images = labelling.load(data, pixels)
    return stored.fit_network(images, order, scheme=data.scheme, folder=folder, report=stored.log_pace(order))


@task(**policy("shapes"), task_run_name="measure shapes from image {start}")
def shapes(pixels: Pixels, start: int, *, folder: Path) -> Path:
    """Measure numbers of shape of one part of the images."""
    from cosmic.images import pixels as made
    from cosmic.images.morphology import SHAPES, kept_part

    return kept_part(made.load(pixels), start, pixels_id=pixels.id, folder=folder / SHAPES)


@task(**policy("morphology"), task_run_name="train on numbers of shape")
def morphology(
    data: ImageData, pixels: Pixels, *, seed: int, folder: Path, like: ImageFitted | None = None
) -> ImageFitted:
    """Train trees on numbers of shape, and measure those that are not there; the kind of an earlier fit on validation too."""
    from dataclasses import replace

    from cosmic.images import labelling, shape_trees

    images = labelling.load(data, pixels)
    return shape_trees.fit_morphology(images, replace(data, pixels=pixels), seed=seed, folder=folder, like=like)


@task(**policy("average"), task_run_name="average the models of images")
def average(
    data: ImageData, fits: tuple[ImageFitted, ...], *, seed: int, folder: Path, like: ImageFitted | None = None
) -> ImageFitted:
    """Average what several models say, weighed by the validation part, or as an earlier average was."""
    from cosmic.images import averaging, labelling

    return averaging.ensemble(labelling.load(data), fits, seed=seed, folder=folder, like=like)


@task(**policy("score-images"), task_run_name="score {fitted.model} on images")
def score(fitted: ImageFitted, data: ImageData, *, resamples: int, seed: int, folder: Path) -> ImageScored:
    """Score a model of images on every part."""
    from cosmic.images import labelling, scoring

    images = labelling.load(data)
    return scoring.score_fit(fitted, images, split=data.split, resamples=resamples, seed=seed, folder=folder)


@task(**policy("tell-images"), task_run_name="look at what {chosen.fitted.model} says of images")
def tell(
    data: ImageData,
    fits: tuple[ImageFitted, ...],
    scored: tuple[ImageScored, ...],
    *,
    chosen: ImageScored,
    budget_minutes: float | None,
    seed: int,
    folder: Path,
    notes: tuple[str, ...] = (),
    transfer: Path | None = None,
    fusion: Path | None = None,
) -> Imaged:
    """Find the label ceiling, where the chosen model fails, and examples."""
    from cosmic.images import explaining, telling

    return telling.tell(
        data, fits, scored, chosen=chosen, budget_minutes=budget_minutes,
        saliency=explaining.saliency(fits, data), seed=seed, folder=folder, notes=notes,
        transfer=transfer, fusion=fusion,
    )  # fmt: skip


@task(**policy("fuse"), task_run_name="weigh image and table of the same galaxies")
def fuse(data: ImageData, image: ImageFitted, table: Kept, *, resamples: int, seed: int, folder: Path) -> Path:
    """Weigh the answers of a model of images and of one of the table into one, beside each alone."""
    from cosmic.images import joining

    return joining.join(data, image, table, resamples=resamples, seed=seed, folder=folder)


@task(**policy("not-run-images"), task_run_name="say why nothing was learned from images")
def not_run(data: ImageData, why: str, *, folder: Path) -> Imaged:
    """Write down why nothing was learned from images."""
    from cosmic.images import telling

    return telling.not_run(data, why, folder=folder)


@task(**policy("list-held-images"), task_run_name="list the images set aside in {path}")
def list_held(path: Path, *, folder: Path) -> ImageList:
    """List the images of a folder set aside."""
    from cosmic.images import holdout

    return holdout.holdout_list(path, folder=folder)


@task(**policy("hold-out-images"), task_run_name="hold out {path}")
def hold_out(
    path: Path,
    listing: ImageList,
    sides: tuple[Pixels, ...],
    *,
    data: ImageData,
    fits: tuple[ImageFitted, ...],
    final: tuple[str, ...],
    resamples: int,
    seed: int,
    folder: Path,
) -> ImageHeld:
    """Score final models on a folder of images set aside."""
    from cosmic.images import serving

    return serving.hold_out(
        path, listing, serving.Sides(sides), data=data, fits=fits, final=final, resamples=resamples, seed=seed,
        folder=folder,
    )  # fmt: skip


@task(**policy("without-shared"), task_run_name="leave out galaxies that both sets show")
def without_shared(first: ImageData, data: ImageData, sides: tuple[Pixels, Pixels], *, folder: Path) -> ImageData:
    """Leave out images, of those to learn first, of galaxies that the run's own show too; `sides` are both sets, whole."""
    from cosmic.images import comparing

    return comparing.without_shared(first, data, sides, folder=folder)


@task(**policy("transfer"), task_run_name="learn other labels first, or not")
def transfer(
    data: ImageData,
    first: ImageData,
    fresh: ImageData,
    network: ImageFitted,
    *,
    seed: int,
    threads: int,
    folder: Path,
) -> Path:
    """Find by folds and seeds whether a network that learned the first labels does better."""
    from cosmic.images import comparing

    return comparing.compared(data, first, fresh, network, seed=seed, threads=threads, folder=folder)
