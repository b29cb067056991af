"""Rows as the study saw them: each feature less its training mean, over its training deviation. Fits nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cosmic.datasets import Dataset
from cosmic.errors import ConfigError

Floats = NDArray[np.float64]


def standardised(data: Dataset) -> Floats:
    """Return all rows, shape (n, d), standardised by the mean and standard deviation of the training part.

    Raises
    ------
    ConfigError
        If a feature has one value in all training rows.
    """
    train = data.X[data.within("train")]
    mean, scale = train.mean(axis=0), train.std(axis=0)
    spread = np.ptp(train, axis=0)  # the deviation of equal values may miss 0 by a rounding
    if flat := [name for name, width in zip(data.card.features, spread, strict=True) if not width > 0]:
        raise ConfigError(
            f"{data.card.recipe.task}: {', '.join(flat)} has one value in all training rows, so it cannot be "
            "standardised. Give rows in which it differs."
        )
    found: Floats = (data.X - mean) / scale
    return found


def drawn(rows: NDArray[np.intp], limit: int, *, seed: int) -> NDArray[np.intp]:
    """Return at most `limit` of these row numbers, drawn at random without replacement, ascending."""
    if len(rows) <= limit:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))


def drawn_by_class(rows: NDArray[np.intp], classes: NDArray[np.int64], limit: int, *, seed: int) -> NDArray[np.intp]:
    """Return at most `limit` row numbers, as evenly from all classes as there are rows, in random order.

    The order is random so that no class hides another in a picture.
    """
    rng = np.random.default_rng(seed)
    codes = np.unique(classes[rows])
    each = max(1, limit // max(1, len(codes)))
    of_class = [rows[classes[rows] == code] for code in codes]
    chosen = [rng.choice(one, min(each, len(one)), replace=False) for one in of_class]
    return rng.permutation(np.concatenate(chosen)) if chosen else rows[:0]
