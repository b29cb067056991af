"""Change the class sizes of training rows. Never sees validation or test rows; imbalanced-learn does the work.

imbalanced-learn is imported here alone, when it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cosmic.records import Rebalancing

if TYPE_CHECKING:
    from sklearn.neighbors import NearestNeighbors

NEIGHBOURS: Final = 5
"""SMOTE's neighbours of a row, within its class (Chawla et al. 2002)."""


@dataclass(frozen=True, slots=True)
class Rebalanced:
    """Rows to fit on.

    Parameters
    ----------
    X : numpy.ndarray
        Shape (n, d).
    y : numpy.ndarray
        Class codes, shape (n,).
    notes : tuple of str
        What had to be done differently, if anything.
    weights : numpy.ndarray or None
        Of the rows, shape (n,), with mean 1; None where all count alike.
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    notes: tuple[str, ...] = ()
    weights: NDArray[np.float64] | None = None


def rebalance(
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    *,
    method: Rebalancing,
    seed: int,
    neighbours: NearestNeighbors | None = None,
) -> Rebalanced:
    """Return training rows with the class sizes of a method.

    ``none`` leaves them; ``rarest`` draws from every class as many rows as the smallest has; ``smote`` adds
    synthetic rows between neighbours until every class is as large as the largest. A class with at most five rows
    has too few neighbours for that: its rows are repeated at random instead, and a note says so. ``class-weight`` leaves
    the rows too and weighs them, so that every class has the same sum.

    Parameters
    ----------
    X : numpy.ndarray
        Training rows in scaled features, shape (n, d), since SMOTE measures distances.
    y : numpy.ndarray
        Class codes, shape (n,).
    neighbours : NearestNeighbors, optional
        What finds SMOTE's neighbours, unfitted, for ``NEIGHBOURS + 1`` of them since a row finds itself;
        scikit-learn's own by default.
    """
    if method is Rebalancing.NONE:
        return Rebalanced(X, y)
    if method is Rebalancing.CLASS_WEIGHT:
        from sklearn.utils.class_weight import compute_sample_weight

        return Rebalanced(X, y, weights=compute_sample_weight("balanced", y))
    if method is Rebalancing.RAREST:
        from imblearn.under_sampling import RandomUnderSampler

        return Rebalanced(*RandomUnderSampler(random_state=seed).fit_resample(X, y))
    from imblearn.over_sampling import SMOTE, RandomOverSampler

    codes, sizes = np.unique(y, return_counts=True)
    target = int(sizes.max())
    wanted = {int(code): target for code, size in zip(codes, sizes, strict=True) if NEIGHBOURS < size < target}
    repeated = {
        int(code): target for code, size in zip(codes, sizes, strict=True) if size <= NEIGHBOURS and size < target
    }
    notes: tuple[str, ...] = ()
    if wanted:
        X, y = SMOTE(sampling_strategy=wanted, k_neighbors=neighbours or NEIGHBOURS, random_state=seed).fit_resample(
            X, y
        )
    if repeated:
        X, y = RandomOverSampler(sampling_strategy=repeated, random_state=seed).fit_resample(X, y)
        notes = (f"SMOTE repeated rows of {len(repeated)} classes with at most {NEIGHBOURS} training rows",)
    return Rebalanced(X, y, notes)


def limited(rows: Rebalanced, *, most: int, fewest: int, seed: int) -> Rebalanced:
    """Return at most about `most` of the rows, drawn at random within each class, and at least `fewest` of each class.

    Classes keep their shares. A class with fewer rows than `fewest` has them repeated. A note says how many were drawn.
    """
    rng = np.random.default_rng(seed)
    share = min(1.0, most / len(rows.y))
    taken = []
    for code in np.unique(rows.y):
        of = np.flatnonzero(rows.y == code)
        if share < 1.0:
            of = np.sort(rng.choice(of, max(min(fewest, len(of)), round(share * len(of))), replace=False))
        taken.append(np.resize(of, max(fewest, len(of))))
    at = np.sort(np.concatenate(taken))
    notes = rows.notes
    if share < 1.0:
        notes = (*notes, f"exact on {len(at):,} of {len(rows.y):,} rows, drawn at random within each class")
    weights = None if rows.weights is None else rows.weights[at]
    return Rebalanced(rows.X[at], rows.y[at], notes, weights)
