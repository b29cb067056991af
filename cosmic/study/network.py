"""The study's network for tables, as the study trained it. `cosmic.models.network` builds it; nothing is imported early.

No global seed is set: weights and the order of rows are drawn from the given one.
"""

from __future__ import annotations

import itertools
import math
from typing import Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from cosmic.facts.grid import Epoch
from cosmic.models import network
from cosmic.models.network import BATCHES_A_STEP, LAYERS, NOT_INSTALLED, missing
from cosmic.study.published import NetworkSetting

__all__ = ["BATCHES_A_STEP", "LAYERS", "NOT_INSTALLED", "Network", "build", "missing", "parameters"]

BATCH: Final = 2_048
EPOCHS: Final = 5
LEAST: Final = 1e-7
"""The least probability whose logarithm Keras takes."""


def parameters(features: int, classes: int) -> int:
    """Return how many weights the network has: 69,123 for five features and three classes.

    Examples
    --------
    >>> parameters(5, 3), parameters(8, 5)
    (69123, 70917)
    """
    sizes = (features, *LAYERS, classes)
    return sum((before + 1) * after for before, after in itertools.pairwise(sizes))


class History(Protocol):
    """What Keras reports of its passes over the rows."""

    history: dict[str, list[float]]


class KerasModel(Protocol):
    """What is used of a keras.Model, whose types are unknown where TensorFlow is not installed."""

    def compile(self, **settings: object) -> None:
        """Set how it is trained."""

    def fit(self, x: object, y: object = None, **settings: object) -> History:
        """Train."""
        ...

    def predict(self, x: object, **settings: object) -> NDArray[np.float32]:
        """Return probabilities, shape (n, k)."""
        ...

    def count_params(self) -> int:
        """Return the number of weights."""
        ...


class Network:
    """The study's network as an estimator of n rows.

    Parameters
    ----------
    setting : NetworkSetting
        Activation of the hidden layers, and learning rate of Adam.
    seed : int
        Of weights and of the order of rows in each epoch.
    balanced : bool
        Whether rows of small classes weigh more, so that classes weigh alike.
    watched : tuple of numpy.ndarray, optional
        Rows and codes that are asked after each epoch, for `epochs_` alone: nothing is learnt from them.

    Attributes
    ----------
    epochs_ : tuple of Epoch
        Loss and accuracy as Keras reports them: means over the batches of an epoch, while it learns.
    """

    watched: tuple[NDArray[np.float64], NDArray[np.int64]] | None = None

    def __init__(self, setting: NetworkSetting, *, seed: int, balanced: bool = False) -> None:
        self.setting, self.seed, self.balanced = setting, seed, balanced

    def fit(self, X: NDArray[np.float64], y: NDArray[np.int64], *, classes: int) -> Network:
        """Train five epochs on rows X, shape (n, d), with class codes y, shape (n,).

        Raises
        ------
        ModuleNotFoundError
            If TensorFlow is not installed; `missing` says so beforehand.
        """
        self.model_ = build(self.setting, features=X.shape[1], classes=classes, seed=self.seed)
        rows, codes = X.astype(np.float32), y.astype(np.int32)
        weights = _weights(y) if self.balanced else None
        reports = []
        for epoch in range(EPOCHS):
            order = np.random.default_rng([self.seed, epoch]).permutation(len(codes))
            learnt = self.model_.fit(
                rows[order],
                codes[order],
                sample_weight=None if weights is None else weights[order],
                batch_size=BATCH,
                epochs=1,
                shuffle=False,
                verbose=0,
            )
            reports.append(self._epoch(learnt))
        self.epochs_ = tuple(reports)
        return self

    def _epoch(self, learnt: History) -> Epoch:
        seen = {name: _number(values[-1]) for name, values in learnt.history.items()}
        if self.watched is None:
            return Epoch(loss=seen["loss"], accuracy=cast(float, seen["accuracy"]))
        X, y = self.watched
        # not by `evaluate`, which would compile one more function for each network
        p = self.model_.predict(X.astype(np.float32), batch_size=8 * BATCH, verbose=0)
        true = np.maximum(p[np.arange(len(y)), y], LEAST).astype(np.float64)  # no number stays none
        return Epoch(
            loss=seen["loss"],
            accuracy=cast(float, seen["accuracy"]),
            validation_loss=_number(float(-np.log(true).mean())),
            validation_accuracy=float((np.argmax(p, axis=1) == y).mean()),
        )

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the class code of each row, shape (n,)."""
        p = self.model_.predict(X.astype(np.float32), batch_size=8 * BATCH, verbose=0)
        return np.asarray(np.argmax(p, axis=1), np.int64)

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of each class, shape (n, k); rows add up to 1."""
        p = self.model_.predict(X.astype(np.float32), batch_size=8 * BATCH, verbose=0).astype(np.float64)
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    @property
    def weights(self) -> int:
        """How many weights Keras counts."""
        return int(self.model_.count_params())


def build(
    setting: NetworkSetting, *, features: int, classes: int, seed: int, batches_a_step: int = BATCHES_A_STEP
) -> KerasModel:
    """Return the compiled, untrained network."""
    built = network.build(
        activation=setting.activation,
        learning_rate=setting.learning_rate,
        features=features,
        classes=classes,
        seed=seed,
        batches_a_step=batches_a_step,
        metrics=("accuracy",),
    )
    return cast(KerasModel, built)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _weights(y: NDArray[np.int64]) -> NDArray[np.float32]:
    """A weight for each row, so that each class has the same sum and the mean is 1."""
    sizes = np.bincount(y)
    present = int((sizes > 0).sum())
    weights: NDArray[np.float32] = (len(y) / (present * sizes[y])).astype(np.float32)
    return weights
