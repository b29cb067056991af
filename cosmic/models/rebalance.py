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
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    notes: tuple[str, ...] = ()


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
    has too few neighbours for that: its rows are repeated at random instead, and a note says so.

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
