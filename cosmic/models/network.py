"""The feed-forward network for tables. The one module that imports TensorFlow, late; without it, says so.

No global seed is set: weights and the order of rows are drawn from the given one. A fitted network is its weights, plain
arrays, so that it is stored like every other model and answers without TensorFlow.
"""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

LAYERS: Final = (512, 128)
BATCH: Final = 2_048
BATCHES_A_STEP: Final = 32
"""Batches that one call of the compiled step trains on: half the time of one by one, and the same arithmetic."""
STEPS: Final = 400
"""Steps that a fit takes at least; small data are passed more often."""
NOT_INSTALLED: Final = "extra neural is not installed"
_CHUNK: Final = 65_536


def missing() -> str | None:
    """Return why networks cannot be fitted here, or None where they can."""
    return None if find_spec("tensorflow") else NOT_INSTALLED


class KerasModel(Protocol):
    """What is used of a keras.Model, whose types are unknown where TensorFlow is not installed."""

    def fit(self, x: object, y: object = None, **settings: object) -> object:
        """Train."""

    def get_weights(self) -> list[NDArray[np.float32]]:
        """Return the kernel and the bias of each layer, in order."""
        ...


def build(
    *,
    activation: str,
    learning_rate: float,
    features: int,
    classes: int,
    seed: int,
    batches_a_step: int,
    metrics: tuple[str, ...] = (),
) -> KerasModel:
    """Return the compiled, untrained network of `features` → 512 → 128 → `classes`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # its greetings at import are no news
    from tensorflow import keras

    # it warns of many models in one process, which is the point
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    inputs = keras.Input((features,))
    inner = inputs
    for at, width in enumerate(LAYERS):
        normal = keras.initializers.RandomNormal(seed=seed + at)
        inner = keras.layers.Dense(width, activation=activation, kernel_initializer=normal)(inner)
    last = keras.initializers.RandomNormal(seed=seed + len(LAYERS))
    outputs = keras.layers.Dense(classes, activation="softmax", kernel_initializer=last)(inner)
    model: KerasModel = keras.Model(inputs, outputs)
    model.compile(  # type: ignore[attr-defined] # of every keras.Model
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=list(metrics),
        steps_per_execution=batches_a_step,
        jit_compile=False,  # slower on these small layers
    )
    return model


class NetworkClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """The network as a scikit-learn classifier of class codes 0 … k - 1.

    Parameters
    ----------
    learning_rate : float
        Of Adam.
    batch_size : int
        Rows of a step.
    epochs : int
        Passes over the rows; more where they are fewer than 400 steps.
    random_state : int
        Of weights and of the order of rows in each epoch.
    """

    def __init__(
        self, *, learning_rate: float = 1e-3, batch_size: int = 512, epochs: int = 20, random_state: int = 0
    ) -> None:
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.random_state = random_state

    def fit(
        self, X: NDArray[np.float64], y: NDArray[np.int64], sample_weight: NDArray[np.float64] | None = None
    ) -> Self:
        """Train on rows X, shape (n, d), with class codes y, shape (n,).

        Raises
        ------
        ModuleNotFoundError
            If TensorFlow is not installed; `missing` says so beforehand.
        """
        self.classes_ = np.unique(y)
        self.n_features_in_ = X.shape[1]
        steps = -(-len(y) // self.batch_size)
        model = build(
            activation="relu",
            learning_rate=self.learning_rate,
            features=X.shape[1],
            classes=len(self.classes_),
            seed=self.random_state,
            batches_a_step=min(BATCHES_A_STEP, steps),
        )
        rows, codes = X.astype(np.float32), y.astype(np.int32)
        weights = None if sample_weight is None else sample_weight.astype(np.float32)
        passes = max(self.epochs, -(-STEPS // steps))
        together = max(1, BATCHES_A_STEP // steps)  # a call has its price: small data are passed several times in one
        for first in range(0, passes, together):
            order = np.concatenate([
                np.random.default_rng([self.random_state, epoch]).permutation(len(codes))
                for epoch in range(first, min(first + together, passes))
            ])  # fmt: skip
            model.fit(
                rows[order],
                codes[order],
                sample_weight=None if weights is None else weights[order],
                batch_size=self.batch_size,
                epochs=1,
                shuffle=False,
                verbose=0,
            )
        self.weights_ = [each.astype(np.float64) for each in model.get_weights()]
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return probabilities, shape (n, k)."""
        from scipy.special import softmax

        return np.concatenate(
            [softmax(self._scores(X[at : at + _CHUNK]), axis=1) for at in range(0, max(1, len(X)), _CHUNK)]
        )

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the most probable class code, shape (n,)."""
        return np.asarray(self.classes_[np.argmax(self.predict_proba(X), axis=1)], np.int64)

    def _scores(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        inner = np.asarray(X, np.float64)
        for at in range(0, len(self.weights_), 2):
            inner = inner @ self.weights_[at] + self.weights_[at + 1]
            if at + 2 < len(self.weights_):
                inner = np.maximum(inner, 0.0)
        return inner
