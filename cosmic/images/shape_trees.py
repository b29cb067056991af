"""Trees on numbers of shape: several are fitted on the training part, the best on validation is kept. Sees no test label."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, ValidationError

from cosmic import artefacts
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.facts.images import ImageFit
from cosmic.facts.results import Setting
from cosmic.images.data import LabelledImages
from cosmic.images.morphology import SHAPES, Shapes, kept, measure, read
from cosmic.images.records import Cut, ImageData, ImageFitted
from cosmic.models.families import FAMILIES, Sizes
from cosmic.models.fit import PROBE_ROWS, one_thread, train_pipeline
from cosmic.models.persistence import Estimator, Proof, load_estimator, save_estimator
from cosmic.records import Model, Rebalancing
from cosmic.splits import PARTS

MODEL: Final = "morphology"
CUT: Final = Cut(96, 240 / 424)
"""The pixels that are measured: the central 240 of 424 px, at 96."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """A family with or without class weights, and what of its settings differs."""

    model: Model
    rebalancing: Rebalancing
    settings: tuple[tuple[str, Setting], ...] = ()

    def __str__(self) -> str:
        weighed = "with class weights" if self.rebalancing is Rebalancing.CLASS_WEIGHT else "unweighted"
        return f"{self.model}, {weighed}"


_MANY: Final = (("n_estimators", 300),)
KINDS: Final = (
    Kind(Model.EXTRA_TREES, Rebalancing.NONE, _MANY),
    Kind(Model.EXTRA_TREES, Rebalancing.CLASS_WEIGHT, _MANY),
    Kind(Model.BOOSTING, Rebalancing.NONE),
    Kind(Model.BOOSTING, Rebalancing.CLASS_WEIGHT),
    Kind(Model.ENSEMBLE, Rebalancing.NONE),
)
"""What is tried: trees that are told to look at the rare classes, trees that are not, and both kinds with two networks."""
SPEED_ROWS: Final = 64
"""Images that are measured and answered once more, to tell how fast answers are."""


class ShapeCard(Proof):
    """The card of a stored model on numbers of shape; the names of its features are in the order that it takes them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    model: Model
    rebalancing: Rebalancing
    labels: tuple[str, ...]
    features: tuple[str, ...]
    hyperparameters: dict[str, Setting]
    data: str
    size: int
    crop: float
    seed: int
    n_train: int


@dataclass(frozen=True, slots=True)
class ShapeModel:
    """A fitted model that answers images."""

    card: ShapeCard
    estimator: Estimator

    def predict_proba(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return P(label), shape (n, k), of images cut and scaled as those it was trained on, uint8, (n, s, s, 3).

        Raises
        ------
        ConfigError
            If the images have another size than those it was trained on.
        """
        if images.shape[1] != self.card.size:
            raise ConfigError(
                f"the model was trained on images of {self.card.size} pixels a side, these have {images.shape[1]}; "
                f"decode them at {self.card.size} with crop {self.card.crop}."
            )
        return self.of_shapes(measure(images))

    def of_shapes(self, shapes: Shapes) -> NDArray[np.float32]:
        """Return P(label), shape (n, k), of numbers already measured.

        Raises
        ------
        ConfigError
            If they are other numbers than those it was trained on.
        """
        if shapes.names != self.card.features:
            raise ConfigError(
                "the model was trained on other numbers of shape than this version measures; train it again."
            )
        return self.estimator.predict_proba(shapes.values.astype(np.float64)).astype(np.float32)


def fit_morphology(
    data: LabelledImages,
    about: ImageData,
    *,
    seed: int,
    folder: Path,
    kinds: tuple[Kind, ...] = KINDS,
    like: ImageFitted | None = None,
    clock: Callable[[], float] = time.process_time,
) -> ImageFitted:
    """Return trees on numbers of shape, the kind with the least loss on validation, and what they say of every image.

    The loss is the mean of two log losses: every image counts alike in one, every class in the other, as in accuracy and in
    macro F1. These two themselves would jump with single images where a class has a dozen of validation, and averages and
    fusions need probabilities that are meant.

    Parameters
    ----------
    about : ImageData
        The record of `data`: ids, size and crop.
    like : ImageFitted, optional
        An earlier fit, whose kind is fitted once more, on training and validation images.
    folder : Path
        Where models lie; the numbers of all pixels lie in `SHAPES` there and are read by the next run.
    clock : callable
        CPU-seconds, for the cost of fitting; that of measuring is kept with the numbers.

    Raises
    ------
    ConfigError
        If a label has no training image, or no image is of the validation part.
    """
    train, validation = (np.flatnonzero(data.part == PARTS.index(part)) for part in ("train", "validation"))
    _refuse(data, train, validation)
    if like is not None:
        card = load_morphology(like.folder).card
        kinds = tuple(one for one in kinds if (one.model, one.rebalancing) == (card.model, card.rebalancing))
        train = np.sort(np.concatenate([train, validation]))
    shapes = read(kept(data.pixels, pixels_id=about.pixels.id, folder=folder / SHAPES))
    measured = clock()
    values = shapes.values[data.rows].astype(np.float64)
    tried: list[tuple[float, Kind, Estimator, dict[str, Setting]]] = []
    with one_thread():
        for kind in kinds:
            settings = _settings(kind, len(train), values.shape[1])
            estimator, _, _, _ = train_pipeline(
                values[train], data.codes[train], n_labels=len(data.names), model=kind.model,
                rebalancing=kind.rebalancing, seed=seed, settings=settings,
            )  # fmt: skip
            loss = choice_loss(data.codes[validation], estimator.predict_proba(values[validation]))
            _log.info("numbers of shape: %s, loss %.4f on %d images of validation", kind, loss, len(validation))
            tried.append((loss, kind, estimator, settings))
        fitted = clock()
        loss, kind, estimator, settings = min(tried, key=lambda one: one[0])
        p = estimator.predict_proba(values).astype(np.float32)
        speed = _speed(estimator, data, clock)
    what = [about.id, MODEL, str(kind), seed, settings, like is not None, hashlib.sha256(p.tobytes()).hexdigest()]
    key = hashlib.sha256(json.dumps(what).encode()).hexdigest()
    home = folder / key[:32]
    probe = values[validation[np.linspace(0, len(validation) - 1, min(PROBE_ROWS, len(validation))).astype(int)]]
    _, proof = save_estimator(estimator, probe=probe, folder=home)
    card = ShapeCard(
        model=kind.model, rebalancing=kind.rebalancing, labels=data.names, features=shapes.names,
        hyperparameters=settings, data=about.id, size=about.pixels.size, crop=about.pixels.crop, seed=seed,
        n_train=len(train), **dict(proof),
    )  # fmt: skip
    artefacts.write(home / "model.json", lambda part: part.write_text(card.model_dump_json(indent=1), "utf-8"))
    others = "; ".join(f"{one} {value:.4f}" for value, one, _, _ in tried)
    facts = ImageFit(
        id=key,
        scheme=about.scheme,
        model=MODEL,
        preprocessing=f"{len(shapes.names)} numbers of shape",
        size=about.pixels.size,
        crop=about.pixels.crop,
        loss="log loss, the mean of by image and by class",
        images=len(train),
        stopped="all trees grown",
        refit=like is not None,
        seed=seed,
        cpu_s=fitted - measured + (0.0 if like else shapes.cpu_s),
        answered_images_a_cpu_s=speed,
        notes=(
            f"{kind}: the least loss of {len(tried)} on {len(validation)} images of validation ({others})"
            if like is None
            else f"{kind}, as chosen before; fitted on training and validation images",
            *(() if like else (_flawed(shapes, data),)),
        ),
    )
    _log.info("numbers of shape: measured in %.1f CPU-s, %s fitted in %.1f", shapes.cpu_s, MODEL, fitted - measured)
    return ImageFitted(
        id=key,
        model=MODEL,
        file=home / "model.skops",
        probabilities=save_probabilities(p, home),
        facts=artefacts.write(
            home / "facts.json", lambda part: part.write_text(facts.model_dump_json(indent=1), "utf-8")
        ),
    )


def load_morphology(folder: Path) -> ShapeModel:
    """Return the model in the folder of an `ImageFitted`.

    Raises
    ------
    ArtefactCorrupt
        If a file is missing or changed, or the model does not answer its stored rows as it did.
    """
    path = folder / "model.json"
    try:
        card = ShapeCard.model_validate_json(artefacts.check(path).read_bytes())
    except ValidationError as exc:
        raise ArtefactCorrupt(f"{path} was written by another version of Cosmic; train the model again.") from exc
    return ShapeModel(card, load_estimator(folder / "model.skops", card))


def log_loss(y: NDArray[np.int64], p: NDArray[np.floating]) -> float:
    """Return the mean of -log P(true label), nats, of probabilities of any precision."""
    from sklearn.metrics import log_loss as mean_loss

    exact = p.astype(np.float64)  # stored ones add up to 1 in 32 bits only, which scikit-learn warns of
    return float(mean_loss(y, exact / exact.sum(axis=1, keepdims=True), labels=np.arange(p.shape[1])))


def choice_loss(y: NDArray[np.int64], p: NDArray[np.floating]) -> float:
    """Return half the log loss over images and half its mean over the classes that occur, nats."""
    each = [log_loss(y[y == code], p[y == code]) for code in np.unique(y)]
    return (log_loss(y, p) + float(np.mean(each))) / 2


def save_probabilities(p: NDArray[np.float32], folder: Path) -> Path:
    """Return the path of ``probabilities.npy`` in a folder after writing it."""

    def fill(part: Path) -> None:
        with part.open("wb") as file:
            np.save(file, p)

    return artefacts.write(folder / "probabilities.npy", fill)


def _speed(estimator: Estimator, data: LabelledImages, clock: Callable[[], float]) -> float | None:
    """Return images a CPU-second from pixels to answers; None where the clock did not move."""
    some = np.asarray(data.pixels[data.rows[:SPEED_ROWS]])
    started = clock()
    estimator.predict_proba(measure(some).values.astype(np.float64))
    spent = clock() - started
    return len(some) / spent if spent > 0 else None


def _flawed(shapes: Shapes, data: LabelledImages) -> str:
    return (
        f"{int((shapes.flaws[data.rows] > 0).sum()):,} of {len(data.rows):,} images have a flaw: no source, one at the edge, or no "
        "Petrosian radius; their numbers are used as they are"
    )


def _settings(kind: Kind, rows: int, features: int) -> dict[str, Setting]:
    usual = FAMILIES[kind.model].settings(Sizes(natural=rows, rebalanced=rows, features=features))
    return {**usual, **dict(kind.settings)}


def _refuse(data: LabelledImages, train: NDArray[np.intp], validation: NDArray[np.intp]) -> None:
    if not len(validation):
        raise ConfigError("no labelled image is of the validation part, so no model can be chosen; give more images.")
    there = np.bincount(data.codes[train], minlength=len(data.names)) > 0
    if not there.all():
        lacking = [name for name, found in zip(data.names, there, strict=True) if not found]
        raise ConfigError(
            f"no training image shows {', '.join(lacking[:5])}; leave out labels of few images (min_class_size) or give more."
        )
