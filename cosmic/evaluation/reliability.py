"""Whether a model is right as often as it says: confidence held against the share of right answers. Calibrates nothing."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic.facts.results import Reliability, ReliabilityBin

BINS: Final = 15
"""Bins of equal width over the confidence; empty ones are left out."""
DRAWS: Final = 200
"""Imagined sets of right and wrong answers of a perfectly calibrated model."""


def reliability(y: NDArray[np.int64], p: NDArray[np.float64], *, seed: int, bins: int = BINS) -> Reliability | None:
    """Return the confidence of n answers, bin by bin, beside the share of them that is right; None of no answers.

    The expected calibration error is the mean over answers of the distance of the two (Guo et al. 2017). It is never 0
    for a finite n: `expected` is its mean, and `expected_upper` its 95th percentile, where each answer is right with
    exactly the probability that it claims.

    Parameters
    ----------
    y : numpy.ndarray
        Index of the true label, shape (n,).
    p : numpy.ndarray
        Probabilities, shape (n, k); the answer is the largest, which is its confidence.
    """
    if not len(y):
        return None
    confidence = p.max(axis=1)
    right = np.argmax(p, axis=1) == y
    at = np.minimum((confidence * bins).astype(int), bins - 1)
    n = np.bincount(at, minlength=bins)
    claimed = np.bincount(at, weights=confidence, minlength=bins)

    def error(hits: NDArray[np.bool_]) -> float:
        return float(np.abs(np.bincount(at, weights=hits, minlength=bins) - claimed).sum() / len(y))

    rng = np.random.default_rng(seed)
    by_chance = [error(rng.random(len(y)) < confidence) for _ in range(DRAWS)]
    hits = np.bincount(at, weights=right, minlength=bins)
    return Reliability(
        error=error(right),
        expected=float(np.mean(by_chance)),
        expected_upper=float(np.percentile(by_chance, 95)),
        n=len(y),
        bins=tuple(
            ReliabilityBin(
                lo=i / bins, hi=(i + 1) / bins, n=int(n[i]), confidence=claimed[i] / n[i], right=hits[i] / n[i]
            )
            for i in np.flatnonzero(n).tolist()
        ),
    )
