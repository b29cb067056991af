"""The compiled step of a training, and its images in the order of an epoch. Stores nothing and decides nothing.

Everything random follows from the seed and the number of the epoch or the step, and nothing else.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cosmic import artefacts
from cosmic.images.data import LabelledImages
from cosmic.images.networks import feeding
from cosmic.images.networks.architectures import COMPACT_SIDE, NONE, at_side
from cosmic.images.networks.asking import TOGETHER, ask
from cosmic.images.networks.recipes import Recipe, class_weights, learning_rate, planned_epochs
from cosmic.images.records import Loss, Preprocessing
from cosmic.records import Model
from cosmic.splits import PARTS

_TRIED: Final = 8
"""Steps that are timed before the epochs are planned; the first two compile and are left out."""
_SAFETY: Final = 0.92
"""Share of a budget that epochs are planned for."""
_FORM: Final = 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What is trained, wholly: equal orders give equal weights on one machine.

    Parameters
    ----------
    epochs : int or None
        Exactly so many; None plans them by the budget.
    budget : float or None
        Seconds; None takes the recipe's epochs.
    initial : Path or None
        Weights of another network to begin with, all but those of its last layer.
    refit : bool
        Whether validation images are trained on too; nothing is stopped or restored by them then.
    """

    model: Model
    data: str
    seed: int
    recipe: Recipe
    epochs: int | None = None
    budget: float | None = None
    threads: int = 2
    initial: Path | None = None
    imagenet: str = NONE
    refit: bool = False

    @property
    def id(self) -> str:
        """Return the sha256 of everything that decides the weights."""
        told = asdict(self) | {
            "initial": self.initial and f"{self.initial.parent.name}/{self.initial.name}",
            # a file may be replaced by another one of the same name
            "imagenet": artefacts.sha256_of(Path(self.imagenet)) if Path(self.imagenet).is_file() else self.imagenet,
            "form": _FORM,
        }
        return sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:40]


class Run:
    """The compiled step, and the images in the order of an epoch."""

    def __init__(self, images: LabelledImages, order: Order, network: Any, optimizer: Any) -> None:
        self._images, self._order, self._network, self._optimizer = images, order, network, optimizer
        recipe = order.recipe
        mine = images.part == PARTS.index("train")
        if order.refit:
            mine |= images.part == PARTS.index("validation")
        self._train = np.flatnonzero(mine)
        if recipe.preprocessing is not Preprocessing.PLAIN:
            own = feeding.study_draw(images.codes[self._train], a_class=a_class(order), seed=order.seed)
            self._train = self._train[own]
        self._validation = np.flatnonzero(images.part == PARTS.index("validation"))
        self._weights = class_weights(recipe, images.codes[self._train], len(images.names))
        self._soft = images.soft
        self.seen_an_epoch = len(self._train) * (2 if recipe.doubled else 1)
        self._steps = max(1, self.seen_an_epoch // recipe.batch)
        self._step = self._compiled(network, COMPACT_SIDE)
        self._small_step = self._step
        if recipe.small_side:
            self._small_step = self._compiled(at_side(network, recipe.small_side), recipe.small_side)
        self.planned = 0

    @property
    def trained_on(self) -> int:
        """Return how many different images are trained on."""
        return len(self._train)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state of network and optimizer."""
        variables = [*self._network.weights, *self._optimizer.variables]
        return {str(at): one.numpy() for at, one in enumerate(variables)}

    def restore(self, arrays: Any) -> None:
        """Take a state back."""
        for at, one in enumerate([*self._network.weights, *self._optimizer.variables]):
            one.assign(arrays[str(at)])

    def plan(self) -> int:
        """Return how many epochs to train: those asked for, or what the budget allows by the time that some steps take."""
        order, recipe = self._order, self._order.recipe
        if order.epochs is not None or order.budget is None:
            self.planned = order.epochs or recipe.epochs
            return self.planned
        before = self.arrays()
        step_s = (1 - recipe.small_share) * self._timed(small=False)
        if recipe.small_side:
            step_s += recipe.small_share * self._timed(small=True)
        started = time.perf_counter()
        if not order.refit:
            self._validate(limit=4 * TOGETHER)
        asked = min(len(self._validation), 4 * TOGETHER)
        between = 0.0 if order.refit else (time.perf_counter() - started) * len(self._validation) / max(1, asked)
        self.restore(before)
        planned = planned_epochs(
            wanted=recipe.epochs, budget=order.budget * _SAFETY, step_s=step_s, steps=self._steps, between_s=between,
        )  # fmt: skip
        _log.info("%s: %d epochs planned for %.0f s", order.model, planned, order.budget)
        self.planned = planned
        return planned

    def _timed(self, *, small: bool) -> float:
        """Return the seconds that a step takes."""
        took = []
        for step, batch in zip(range(_TRIED), self._batches(0), strict=False):
            started = time.perf_counter()
            self._learn(batch, step, epochs=self._order.recipe.epochs, small=small)
            took.append(time.perf_counter() - started)
        return float(np.median(took[2:] or took))

    def epoch(self, epoch: int) -> dict[str, float]:
        """Train one epoch and return its line of the history."""
        reseed(self._network, seed=self._order.seed, epoch=epoch)
        losses = right = 0.0
        small = self._order.recipe.small(epoch, epochs=self.planned)
        for at, batch in enumerate(self._batches(epoch)):
            loss, hits = self._learn(batch, epoch * self._steps + at, epochs=self.planned, small=small)
            losses += loss
            right += hits
        told = {"loss": losses / self._steps, "accuracy": right / (self._steps * self._batch)}
        return told | self._validate()

    def _validate(self, limit: int | None = None) -> dict[str, float]:
        from sklearn.metrics import f1_score

        if self._order.refit:
            return {}
        at = self._validation[:limit]
        rows = self._images.rows[at]
        p = ask(self._network, self._images.pixels, rows, preprocessing=self._order.recipe.preprocessing, views=1)
        codes = self._images.codes[at]
        own = np.maximum(p[np.arange(len(at)), codes], 1e-7)
        answer = p.argmax(axis=1)
        return {
            "validation_loss": float(-np.log(own).mean()),
            "validation_accuracy": float((answer == codes).mean()),
            "validation_f1_macro": float(f1_score(codes, answer, average="macro")),
        }

    @property
    def _batch(self) -> int:
        return min(self._order.recipe.batch, self.seen_an_epoch)

    def _batches(self, epoch: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
        """Yield places of images, and whether each is the changed copy, in an order that seed and epoch decide."""
        n = len(self._train)
        order = np.random.default_rng([self._order.seed, epoch]).permutation(self.seen_an_epoch)
        for at in range(self._steps):
            drawn = order[at * self._batch : (at + 1) * self._batch]
            yield self._train[drawn % n], drawn >= n

    def _learn(
        self, batch: tuple[NDArray[np.int64], NDArray[np.bool_]], step: int, *, epochs: int, small: bool
    ) -> tuple[float, float]:
        places, copies = batch
        rate = learning_rate(self._order.recipe, step, steps=self._steps, epochs=epochs)
        self._optimizer.learning_rate.assign(rate)
        codes = self._images.codes[places]
        targets = np.eye(len(self._images.names), dtype=np.float32)[codes] if self._soft is None else self._soft[places]
        loss, hits = (self._small_step if small else self._step)(
            self._images.pixels[self._images.rows[places]], targets, self._weights[codes], copies, np.int32(step)
        )
        return float(loss), float(hits)

    def _compiled(self, network: Any, side: int) -> Callable[..., tuple[Any, Any]]:
        import tensorflow as tf

        recipe, optimizer, seed = self._order.recipe, self._optimizer, self._order.seed
        weights_of = self._network.trainable_variables
        k = len(self._images.names)
        plain = recipe.preprocessing is Preprocessing.PLAIN

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
        def step(pixels: Any, targets: Any, weights: Any, copies: Any, number: Any) -> tuple[Any, Any]:
            seen = (
                feeding.turned_batch(pixels, recipe.turns, number, seed, side=side)
                if plain
                else feeding.study_batch(pixels, copies, number, seed)
            )
            wanted = targets * (1 - recipe.smoothing) + recipe.smoothing / k
            with tf.GradientTape() as tape:
                logits = network(seen, training=True)
                each = tf.nn.softmax_cross_entropy_with_logits(wanted, logits)
                if recipe.loss is Loss.FOCAL:
                    p = tf.reduce_sum(tf.nn.softmax(logits) * targets, axis=1)
                    each = each * (1 - p) ** 2
                loss = tf.reduce_mean(each * weights)
            optimizer.apply(tape.gradient(loss, weights_of), weights_of)
            same = tf.equal(tf.argmax(logits, axis=1), tf.argmax(targets, axis=1))
            return loss, tf.reduce_sum(tf.cast(same, tf.float32))

        return step  # type: ignore[no-any-return]


def reseed(network: Any, *, seed: int, epoch: int) -> None:
    """Set what layers draw from: their own states are not part of a stored network.

    Layers keep their generators under names of their own (Dropout and RandomRotation differ), so the states are found among
    the variables.
    """
    for at, layer in enumerate(network.layers):
        rng = np.random.default_rng([seed, epoch, at])
        for one in layer.variables:
            if one.name == "seed_generator_state":
                one.assign(rng.integers(0, 2**31, 2).astype(one.dtype))


def a_class(order: Order) -> int:
    """Return how many images of a class the study's networks are trained on here: the share of the trained parts of 1,600."""
    return int(feeding.STUDY_A_CLASS * (0.8 if order.refit else 0.6))
