"""Principal components of the study's features on standardised training rows. Scores no class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cosmic.evaluation.intervals import RESAMPLES, block_intervals, sums_by_block
from cosmic.exploration.standard import Floats, drawn_by_class
from cosmic.facts.exploration import Components, Sample

TARGET: Final = 0.85
"""Share of the variance that the study says two components explain."""
_DIGITS: Final = 3
"""Decimals of points that are only drawn."""


def components(
    X: Floats,
    y: NDArray[np.int64],
    blocks: pa.Array,
    *,
    target: float = TARGET,
    points: int,
    seed: int,
    resamples: int = RESAMPLES,
) -> Components:
    """Return the principal components of training rows.

    Parameters
    ----------
    X : numpy.ndarray
        Standardised training rows, shape (n, d).
    y, blocks : numpy.ndarray, pyarrow.Array
        Class and sky cell of each, shape (n,).
    target : float
        Share of variance for which the number of components is given.
    points : int
        At most so many rows are kept for the scatter.
    """
    from sklearn.decomposition import PCA

    fitted = PCA(svd_solver="covariance_eigh").fit(X)
    explained = np.asarray(fitted.explained_variance_ratio_)
    largest = np.abs(fitted.components_).argmax(axis=1)
    signs = np.sign(fitted.components_[np.arange(len(largest)), largest])
    loadings = fitted.components_ * signs[:, None]  # a component has no sign of its own: one is chosen for all machines
    chosen = drawn_by_class(np.arange(len(X)), y, points, seed=seed)
    scores = np.round((X[chosen] - fitted.mean_) @ loadings[:2].T, _DIGITS) + 0.0
    interval = None
    if X.shape[1] > 1:
        found = block_intervals(_moments(X, blocks), _first_two(X.shape[1]), resamples=resamples, seed=seed)
        interval = found.get("first_two")
    return Components(
        explained=tuple(map(float, explained)),
        target=target,
        # the sum of all shares may miss 1 by a rounding
        n_for_target=min(len(explained), int(np.searchsorted(np.cumsum(explained), target - 1e-12) + 1)),
        first_two=float(explained[:2].sum()) if len(explained) > 1 else None,
        interval=interval,
        loadings=tuple(tuple(map(float, row)) for row in loadings),
        sample=Sample(
            names=("first component", "second component")[: scores.shape[1]],
            values=tuple(tuple(map(float, row)) for row in scores),
            classes=tuple(map(int, y[chosen])),
        ),
    )


def _moments(X: Floats, blocks: pa.Array) -> Floats:
    """Number, sums and sums of products of each block's rows: shape (b, 1 + d + d * d)."""
    d = X.shape[1]
    upper = [X[:, i] * X[:, j] for i in range(d) for j in range(d)]
    return sums_by_block(blocks, np.column_stack([np.ones(len(X)), X, *upper]))


def _first_two(d: int) -> Callable[[Floats], dict[str, Floats]]:
    def figures(sums: Floats) -> dict[str, Floats]:
        n = sums[..., :1]
        mean = sums[..., 1 : 1 + d] / n
        square = sums[..., 1 + d :].reshape(*sums.shape[:-1], d, d) / n[..., None]
        covariance = square - mean[..., :, None] * mean[..., None, :]
        deviation = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
        values = np.linalg.eigvalsh(covariance / (deviation[..., :, None] * deviation[..., None, :]))
        return {"first_two": values[..., -2:].sum(axis=-1) / d}

    return figures
