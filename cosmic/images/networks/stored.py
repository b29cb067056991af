"""A network trained, asked about every labelled image, and stored so that it can be trusted when it is loaded. Scores nothing.

A stored network is loaded without compiling, after its digest is checked, and is asked about a few stored images again: it must
answer as it did.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cosmic import array_files, artefacts
from cosmic.errors import ArtefactCorrupt
from cosmic.facts.images import ImageFit
from cosmic.images.data import LabelledImages
from cosmic.images.networks import training
from cosmic.images.networks.architectures import NETWORKS, keras_library, layers_of
from cosmic.images.networks.asking import ask
from cosmic.images.networks.feeding import CUTS, STUDY_A_CLASS
from cosmic.images.networks.running import Order
from cosmic.images.networks.training import Pace, Progress
from cosmic.images.records import ImageFitted, Preprocessing, Scheme

NETWORK: Final = "network.keras"
CARD: Final = "network.json"
PROBE: Final = "probe.npz"
_PROBES: Final = 8
_TOLERANCE: Final = 1e-4
"""How far a probability of a stored network may be from what it was: other processors add up in another order."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredNetwork:
    """A network that was loaded and answered its probes alike."""

    network: Any
    names: tuple[str, ...]
    preprocessing: Preprocessing
    views: int

    def answer(
        self,
        pixels: NDArray[np.uint8],
        rows: NDArray[np.int64],
        *,
        report: Callable[[int, int], object] = lambda *_: None,
    ) -> NDArray[np.float32]:
        """Return probabilities, shape (n, k)."""
        return ask(self.network, pixels, rows, preprocessing=self.preprocessing, views=self.views, report=report)


def fit_network(
    images: LabelledImages,
    order: Order,
    *,
    scheme: Scheme,
    folder: Path,
    report: Callable[[Pace], object] = lambda _: None,
) -> ImageFitted:
    """Return a network trained by an order, with what it says of every labelled image; read again where it is stored.

    Parameters
    ----------
    folder : Path
        Where networks are kept, one folder each, and the state of a training that was stopped.
    """
    own = folder / f"{order.model}-{order.id}"
    probabilities, facts = own / "probabilities.npy", own / "fit.json"
    if not all(artefacts.intact(path) for path in (own / NETWORK, own / CARD, own / PROBE, probabilities, facts)):
        network, progress = training.train(images, order, folder=folder / "training", report=report)
        _keep(network, images, order, own)
        cpu = time.process_time()
        said = ask(
            network, images.pixels, images.rows, preprocessing=order.recipe.preprocessing, views=order.recipe.views
        )
        asked_s = time.process_time() - cpu
        artefacts.write(probabilities, lambda part: _save(part, said))
        fit = _told(network, images, order, progress, scheme=scheme, asked_s=asked_s)
        artefacts.write(facts, lambda part: part.write_text(fit.model_dump_json(indent=1), encoding="utf-8"))
        training.forget(order, folder / "training")
    return ImageFitted(order.id, order.model, own / NETWORK, probabilities, facts)


def load(folder: Path) -> StoredNetwork:
    """Return a stored network.

    Raises
    ------
    ArtefactCorrupt
        If a file is missing or changed, or the network answers its probes otherwise than when it was stored.
    """
    keras = keras_library()
    card = json.loads(artefacts.check(folder / CARD).read_text(encoding="utf-8"))
    network = keras.models.load_model(artefacts.check(folder / NETWORK), compile=False)
    stored = StoredNetwork(network, tuple(card["names"]), Preprocessing(card["preprocessing"]), card["views"])
    probe = array_files.load_all(artefacts.check(folder / PROBE))
    pixels = probe["pixels"]
    said = ask(network, pixels, np.arange(len(pixels)), preprocessing=stored.preprocessing, views=1)
    off = float(np.abs(said - probe["p"]).max())
    if off > _TOLERANCE:
        raise ArtefactCorrupt(
            f"{folder / NETWORK} answers otherwise than when it was stored, by {off:.3f} in a probability: another version of "
            "Keras or TensorFlow? Install the versions of constraints.txt, or remove the folder and train again."
        )
    return stored


def log_pace(order: Order) -> Callable[[Pace], None]:
    """Return what logs a line after each epoch."""

    def tell(pace: Pace) -> None:
        _log.info(
            "%s: epoch %d of %d, %.0f images a second, %s left", order.model, pace.epoch, pace.epochs, pace.images_a_s,
            f"{pace.left_s / 60:.0f} min" if pace.left_s >= 90 else f"{pace.left_s:.0f} s",
        )  # fmt: skip

    return tell


def is_network(model: str) -> bool:
    """Return whether a family is a network."""
    return model in tuple(NETWORKS)


def _keep(network: Any, images: LabelledImages, order: Order, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    artefacts.write(folder / NETWORK, lambda part: _save_network(network, part))
    pixels = np.array(images.pixels[images.rows[:_PROBES]])
    p = ask(network, pixels, np.arange(len(pixels)), preprocessing=order.recipe.preprocessing, views=1)

    def fill(part: Path) -> None:
        with part.open("wb") as file:
            np.savez(file, pixels=pixels, p=p)

    artefacts.write(folder / PROBE, fill)
    card = {
        "model": order.model,
        "names": images.names,
        "preprocessing": order.recipe.preprocessing,
        "views": order.recipe.views,
    }
    artefacts.write(folder / CARD, lambda part: part.write_text(json.dumps(card, indent=1), encoding="utf-8"))


def _save_network(network: Any, part: Path) -> None:
    whole = part.with_name(f"{part.name}.keras")  # Keras goes by the ending
    network.save(whole)
    whole.replace(part)


def _save(part: Path, values: NDArray[np.float32]) -> None:
    with part.open("wb") as file:
        np.save(file, values)


def _told(
    network: Any, images: LabelledImages, order: Order, progress: Progress, *, scheme: Scheme, asked_s: float
) -> ImageFit:
    recipe, cut = order.recipe, CUTS[order.recipe.preprocessing]
    trainable = sum(int(np.prod(one.shape)) for one in network.trainable_variables)
    return ImageFit(
        id=order.id,
        scheme=scheme,
        model=order.model,
        preprocessing=recipe.preprocessing,
        size=cut.size,
        crop=cut.crop,
        loss=recipe.loss,
        weights=progress.weights_from,
        images=progress.trained_on,
        parameters=network.count_params(),
        trainable=trainable,
        layers=layers_of(network),
        batch=recipe.batch,
        epochs_planned=progress.planned,
        best_epoch=progress.best,
        stopped=progress.stopped,
        views=recipe.views,
        refit=order.refit,
        seed=order.seed,
        cpu_s=progress.cpu_s,
        wall_s=progress.wall_s,
        trained_images_a_cpu_s=progress.images / progress.cpu_s if progress.cpu_s else None,
        answered_images_a_cpu_s=len(images.rows) / asked_s if asked_s else None,
        history=progress.epochs,
        notes=_notes(order, images, progress),
    )


def _notes(order: Order, images: LabelledImages, progress: Progress) -> tuple[str, ...]:
    if order.recipe.preprocessing is Preprocessing.PLAIN:
        return ()
    counts = np.bincount(images.codes, minlength=len(images.names))
    few = [name for name, n in zip(images.names, counts, strict=True) if n < STUDY_A_CLASS]
    short = f"; all there are of {', '.join(few)}, which have fewer" if few else ""
    return (
        f"trained on {progress.trained_on:,} images, at most the study's share of {STUDY_A_CLASS:,} a class{short}",
    )
