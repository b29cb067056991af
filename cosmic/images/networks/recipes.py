"""How each network is trained: settings in one frozen record each, and what follows from them by arithmetic. Trains nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic.images.networks.feeding import Turns
from cosmic.images.records import Loss, Preprocessing
from cosmic.records import Model


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained.

    Parameters
    ----------
    epochs : int
        Passes over the training images where time allows; fewer are planned where a budget does not.
    learning_rate : float
        At its highest. It rises over the first epoch and falls along a cosine to 0, or stays where `cosine` is False.
    weight_decay : float
        Of AdamW; 0 is Adam.
    smoothing : float
        Share of a label that is spread evenly over all labels.
    patience : int
        Epochs without a smaller loss on validation after which training ends.
    views : int
        Turned and mirrored views that an answer is averaged over, 1 or 8.
    doubled : bool
        Whether every image comes twice an epoch, as it is and changed, as in the study.
    small_side, small_share : int, float
        The first share of the epochs sees the same field at fewer pixels a side, which costs less; 0 is none.
    """

    preprocessing: Preprocessing
    epochs: int
    batch: int
    learning_rate: float
    cosine: bool = True
    weight_decay: float = 0.0
    smoothing: float = 0.0
    loss: Loss = Loss.CROSS_ENTROPY
    patience: int = 10
    views: int = 1
    doubled: bool = False
    small_side: int = 0
    small_share: float = 0.0
    turns: Turns = field(default_factory=Turns)

    def small(self, epoch: int, *, epochs: int) -> bool:
        """Return whether an epoch, from 0, is one of fewer pixels."""
        return bool(self.small_side) and epoch < self.small_share * epochs


_STUDY: Final = Recipe(
    Preprocessing.STUDY, epochs=50, batch=32, learning_rate=1e-3, cosine=False, patience=50, doubled=True
)
RECIPES: Final = {
    Model.FFNN: _STUDY,
    Model.CNN: _STUDY,
    Model.LSTM: _STUDY,
    Model.RESNET50: _STUDY,
    Model.COMPACT_CNN: Recipe(
        Preprocessing.PLAIN,
        epochs=40,
        batch=64,
        learning_rate=2e-3,
        weight_decay=1e-2,
        smoothing=0.05,
        patience=15,
        views=8,
        small_side=48,
        small_share=0.5,
    ),
}
"""The study's: Adam as it comes, batches of 32, 50 epochs, no stopping."""


def planned_epochs(
    *, wanted: int, budget: float | None, step_s: float, steps: int, between_s: float, after_s: float = 0.0
) -> int:
    """Return how many epochs fit into a budget, at least one and at most those wanted.

    Parameters
    ----------
    budget : float or None
        Seconds; None does not limit.
    step_s, steps : float, int
        Seconds that a step takes, on average over all epochs, and steps an epoch.
    between_s, after_s : float
        Seconds between two epochs (validation, a checkpoint), and once after the last.
    """
    if budget is None:
        return wanted
    return max(1, min(wanted, int((budget - after_s) / (step_s * steps + between_s))))


def learning_rate(recipe: Recipe, step: int, *, steps: int, epochs: int) -> float:
    """Return the learning rate of a step: up over the first epoch, then down along a cosine."""
    if not recipe.cosine:
        return recipe.learning_rate
    if step < steps:
        return recipe.learning_rate * (step + 1) / steps
    share = (step - steps) / max(1, steps * epochs - steps)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * share))


def class_weights(recipe: Recipe, codes: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """Return the weight of each class in the loss, shape (k,), with a mean of 1 over the training images."""
    counts = np.maximum(np.bincount(codes, minlength=classes), 1)
    weights = np.ones(classes)
    if recipe.loss is Loss.BALANCED:
        weights = (counts.max() / counts) ** 0.5
    return np.asarray(weights / weights[codes].mean(), np.float32)


def stopped_early(losses: list[float], patience: int) -> bool:
    """Return whether the smallest validation loss is so many epochs ago that training ends."""
    return len(losses) - 1 - int(np.argmin(losses)) >= patience if losses else False
