"""The network as an estimator of scikit-learn, to be fitted, stored and asked like every other family.

The order of rows is drawn from the given seed. A fitted network is its weights, plain arrays, so it answers without
TensorFlow.
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from cosmic.models.network import BATCHES_A_STEP, build

STEPS: Final = 400
"""Steps that a fit takes at least; small data are passed more often."""
_CHUNK: Final = 65_536


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
