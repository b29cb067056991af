"""Trains a network on images within a time budget, an epoch at a time, so that a killed run goes on. Scores nothing.

Everything random follows from the seed and the number of the epoch or the step, and nothing else; after each epoch weights,
optimizer, plan and history are stored. So a run that was killed ends with the very weights of one that was not, on the same
machine with the same number of threads. Pixels are read from their memory map, a batch at a time.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cosmic import array_files, artefacts
from cosmic.errors import ConfigError
from cosmic.facts.images import Epoch
from cosmic.images.data import LabelledImages
from cosmic.images.networks.architectures import build, keras_library
from cosmic.images.networks.recipes import RECIPES, Recipe, stopped_early
from cosmic.images.networks.running import Order, Run
from cosmic.images.records import Loss, Preprocessing
from cosmic.records import Model

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How far training is: epochs done and planned, images a second, and the seconds that are left."""

    epoch: int
    epochs: int
    images_a_s: float
    left_s: float


@dataclass(slots=True)
class Progress:
    """What is known after some epochs."""

    planned: int = 0
    done: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    images: int = 0
    trained_on: int = 0
    stopped: str = ""
    weights_from: str = ""
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """Return the history as facts."""
        return tuple(Epoch.model_validate(one) for one in self.history)

    @property
    def best(self) -> int:
        """Return the number of the epoch with the smallest loss on validation, from 1; the last where none was asked."""
        losses = [one["validation_loss"] for one in self.history if "validation_loss" in one]
        return int(np.argmin(losses)) + 1 if losses else self.done


def recipe_of(model: Model, *, study: Preprocessing = Preprocessing.STUDY, loss: Loss = Loss.CROSS_ENTROPY) -> Recipe:
    """Return how a network is trained.

    Parameters
    ----------
    study : Preprocessing
        What the study's networks see; the compact one sees its own.
    loss : Loss
        What the compact network makes small; the study's have theirs.
    """
    recipe = RECIPES[model]
    if recipe.preprocessing is Preprocessing.PLAIN:
        return replace(recipe, loss=loss)
    return replace(recipe, preprocessing=study)


def train(
    images: LabelledImages, order: Order, *, folder: Path, report: Callable[[Pace], object] = lambda _: None
) -> tuple[Any, Progress]:
    """Return a trained network with the weights of its best epoch, and how training went; goes on where it was stopped.

    Parameters
    ----------
    folder : Path
        Where the state after each epoch is kept while training lasts.
    report : callable
        Told the pace after each epoch.

    Raises
    ------
    ConfigError
        If training diverges before there are weights to go back to.
    """
    keras = keras_library()
    _limit_threads(order.threads)
    network, told = build(order.model, classes=len(images.names), seed=order.seed, imagenet=order.imagenet)
    if order.initial is not None:
        told = begin_with(network, order.initial)
    optimizer = keras.optimizers.AdamW(1.0, weight_decay=order.recipe.weight_decay) if order.recipe.weight_decay else (
        keras.optimizers.Adam(1.0))  # fmt: skip
    optimizer.build(network.trainable_variables)
    run = Run(images, order, network, optimizer)
    state, best = folder / f"{order.id}.state.npz", folder / f"{order.id}.best.npz"
    progress = _resume(run, state) or Progress(weights_from=told)
    if not progress.planned:
        progress.planned = run.plan()
        progress.trained_on = run.trained_on
    while progress.done < progress.planned and not progress.stopped:
        started, cpu = time.perf_counter(), time.process_time()
        line = run.epoch(progress.done)
        if not np.isfinite(list(line.values())).all():
            progress.stopped = _diverged(order, progress)
            break
        progress.done += 1
        progress.wall_s += time.perf_counter() - started
        progress.cpu_s += time.process_time() - cpu
        progress.images += run.seen_an_epoch
        progress.history.append({"epoch": progress.done, **line, "cpu_s": time.process_time() - cpu})
        took = time.perf_counter() - started
        ahead = max(took, progress.wall_s / progress.done)  # later epochs may be those of more pixels
        if not order.refit:
            if progress.best == progress.done:
                _store(best, {str(at): one.numpy() for at, one in enumerate(network.weights)}, {})
            if stopped_early([one["validation_loss"] for one in progress.history], order.recipe.patience):
                progress.stopped = f"no smaller loss on validation for {order.recipe.patience} epochs"
        if not progress.stopped and order.budget is not None and progress.done < progress.planned:
            progress.stopped = "the budget was used up" if progress.wall_s + took > order.budget else ""
        _store(state, run.arrays(), asdict(progress))
        report(
            Pace(
                progress.done,
                progress.planned,
                progress.images / progress.wall_s,
                ahead * (progress.planned - progress.done),
            )
        )
    progress.stopped = progress.stopped or "all planned epochs done"
    if not order.refit:
        found = array_files.load_all(artefacts.check(best))
        for at, one in enumerate(network.weights):
            one.assign(found[str(at)])
    return network, progress


def _diverged(order: Order, progress: Progress) -> str:
    """Return why training ends where a loss is no number any more; an error where no weights from before are kept."""
    number = progress.done + 1
    if order.refit or not progress.done:
        raise ConfigError(
            f"the loss of {order.model} is no number in epoch {number}: training diverged, and no epoch with sound weights is "
            f"kept. Give a smaller learning rate than {order.recipe.learning_rate:g}, or leave this network out."
        )
    return f"the loss was no number in epoch {number}"


def forget(order: Order, folder: Path) -> None:
    """Remove the state of a training that is done and whose network is stored."""
    for name in (f"{order.id}.state.npz", f"{order.id}.best.npz"):
        for path in (folder / name, folder / f"{name}.sha256"):
            path.unlink(missing_ok=True)


def begin_with(network: Any, path: Path) -> str:
    """Give a network the weights of another one of its kind, all but those of the last layer; return where they are from."""
    keras = keras_library()
    other = keras.models.load_model(artefacts.check(path), compile=False)
    for mine, theirs in zip(network.layers[:-1], other.layers[:-1], strict=True):
        mine.set_weights(theirs.get_weights())
    return f"those of {path.parent.name}"


def _limit_threads(threads: int) -> None:
    """Let TensorFlow use so many threads; it can be told only before its first work in a process."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        _log.debug(
            "TensorFlow has begun its work with %d threads", tf.config.threading.get_intra_op_parallelism_threads()
        )


def _store(path: Path, arrays: dict[str, NDArray[Any]], told: dict[str, Any]) -> None:
    def fill(part: Path) -> None:
        with part.open("wb") as file:
            np.savez(file, told=np.frombuffer(json.dumps(told).encode(), np.uint8), **arrays)  # type: ignore[arg-type]

    artefacts.write(path, fill)


def _resume(run: Run, path: Path) -> Progress | None:
    """Take the state of an earlier process back; None where there is none, or a kill left half of one."""
    if not artefacts.intact(path):
        return None
    found = array_files.load_all(path)
    told = json.loads(found["told"].tobytes().decode())
    run.restore(found)
    run.planned = told["planned"]
    _log.info("training goes on after epoch %d of %d", told["done"], told["planned"])
    return Progress(**told)
