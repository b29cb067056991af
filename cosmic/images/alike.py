"""Which images of two sets show the same galaxy, though the files differ: scaled, or compressed anew. Decides no split.

Two sets of the same survey share galaxies under different ids. Who trains on one and tests on the other must know which.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

LEAST: Final = 0.99
"""Correlation of grey values from which two images are of one galaxy: of 755 and 8,000 real ones, whole at 64 px, 26 pairs
have 0.997 or more, and the next one has 0.987."""
_TOGETHER: Final = 1024
"""Images compared at a time with as many others."""


def most_alike(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return, for each of n images, which of m others is most like it, and how much.

    Parameters
    ----------
    one, other : numpy.ndarray
        uint8, shapes (n, s, s, 3) and (m, s, s, 3), m at least 1: of the same size and crop. What surrounds a galaxy tells
        it from another, so whole images (crop 1) at 32 to 64 px serve best. They must be turned the same way.

    Returns
    -------
    place : numpy.ndarray
        Shape (n,): index into `other`.
    correlation : numpy.ndarray
        Shape (n,): Pearson's, of the grey values; -1 to 1, and 0 where an image is of one grey.
    """
    place = np.zeros(len(one), np.int64)
    best = np.full(len(one), -np.inf, np.float32)
    for start in range(0, len(other), _TOGETHER):
        theirs = _standard(other[start : start + _TOGETHER])
        for first in range(0, len(one), _TOGETHER):
            rows = slice(first, first + _TOGETHER)
            found = _standard(one[rows]) @ theirs.T
            at = found.argmax(axis=1)
            high = found[np.arange(len(at)), at]
            better = high > best[rows]
            place[rows][better] = at[better] + start
            best[rows][better] = high[better]
    return place, best


def shown_once(
    whole: NDArray[np.uint8], others: NDArray[np.uint8], galaxies: Sequence[str], other_galaxies: Sequence[str]
) -> NDArray[np.bool_]:
    """Return which of n images show a galaxy that none of m others does, by name and by looks, shape (n,).

    Parameters
    ----------
    whole, others : numpy.ndarray
        Whole images of both sets at one size, uint8, shapes (n, s, s, 3) and (m, s, s, 3).
    galaxies, other_galaxies : sequence of str
        Their names.
    """
    known = set(other_galaxies)
    _, correlation = most_alike(whole, others)
    return np.array([name not in known for name in galaxies]) & (correlation < LEAST)


def _standard(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return grey values of mean 0 and length 1, shape (n, s * s)."""
    grey = images.mean(axis=3, dtype=np.float32).reshape(len(images), -1)
    grey -= grey.mean(axis=1, keepdims=True)
    length = np.linalg.norm(grey, axis=1, keepdims=True)
    return np.asarray(np.divide(grey, length, out=np.zeros_like(grey), where=length > 0))
