"""Which photometry is the same, written with fewer digits. Pure: arrays in, numbers out; knows no position and no key.

The same object comes as 19.41061 from one export, as 19.4106 from another, and as a 32-bit float from a third. Five
bands to 3 decimals still tell objects apart (a test counts it on 200,000 real ones), 2 do not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FEWEST_DECIMALS: Final = 3
"""Magnitudes with fewer decimals are matched exactly or not at all."""
_SINGLE: Final = 1.2e-6
"""More than the error of a magnitude below 32 in a 32-bit float."""
_HALF: Final = {5: 5e-6, 4: 5e-5, FEWEST_DECIMALS: 5e-4}
"""Decimals to the largest error that rounding to them makes, in mag."""


def same_photometry(magnitudes: Floats, codes: Ints, without_position: Flags) -> Ints:
    """Return the codes with those of rounded photometry replaced by the code of what was rounded.

    Rounded photometry is known by its values, and takes the code of the finer one in whose reach it lies in all five
    bands, if it is the only one there. Only rows of which one has no position are compared: for the others their
    positions speak.

    Parameters
    ----------
    magnitudes : array of float, shape (n, 5)
        u g r i z in mag; NaN where missing.
    codes : array of int64, shape (n,)
        Equal where five magnitudes are equal to 1e-5 mag; -1 in rows that take no part.
    without_position : array of bool, shape (n,)
        Rows without a position.
    """
    codes = codes.copy()
    if not without_position.any():
        return codes
    levels = _levels(magnitudes)
    levels[codes < 0] = -1
    reaches = (_SINGLE, *(half + _SINGLE for half in _HALF.values()))
    for level, reach in enumerate(reaches, start=1):  # the finest first, so that what is equal has one code by then
        rounded, finer = np.flatnonzero(levels == level), np.flatnonzero((levels >= 0) & (levels < level))
        bare, placed = rounded[without_position[rounded]], rounded[~without_position[rounded]]
        pairs = np.concatenate(
            [
                _within(magnitudes, bare, finer, reach=reach),
                _within(magnitudes, placed, finer[without_position[finer]], reach=reach),
            ]
        )
        candidates = np.unique(codes[pairs], axis=0)
        found, first, counts = np.unique(candidates[:, 0], return_index=True, return_counts=True)
        alone = counts == 1
        taken_over = np.arange(codes.max(initial=0) + 1)
        taken_over[found[alone]] = candidates[first[alone], 1]
        codes = np.where(codes < 0, codes, taken_over[codes])
    return codes


def too_rough(magnitudes: Floats) -> Flags:
    """Return which rows have too few decimals to be recognised as the rounding of others."""
    return np.isfinite(magnitudes).all(axis=1) & _is_rounded(magnitudes, FEWEST_DECIMALS - 1)


def _levels(magnitudes: Floats) -> Ints:
    """Return how roughly each row is written: 0 in full, 1 as 32-bit floats, then by decimals; -1 too roughly."""
    levels = np.zeros(len(magnitudes), np.int64)
    levels[(magnitudes == magnitudes.astype(np.float32)).all(axis=1)] = 1
    for level, decimals in enumerate(_HALF, start=2):
        levels[_is_rounded(magnitudes, decimals)] = level
    levels[too_rough(magnitudes) | ~np.isfinite(magnitudes).all(axis=1)] = -1
    return levels


def _is_rounded(magnitudes: Floats, decimals: int) -> Flags:
    return np.asarray((np.abs(magnitudes - np.round(magnitudes, decimals)) <= _SINGLE).all(axis=1))


def _within(magnitudes: Floats, rounded: Ints, finer: Ints, *, reach: float) -> Ints:
    """Return the pairs (rounded, finer) that lie within `reach` of each other in every band, shape (pairs, 2)."""
    if not len(rounded) or not len(finer):
        return np.empty((0, 2), np.int64)
    from scipy.spatial import KDTree

    near = KDTree(magnitudes[finer]).query_ball_point(magnitudes[rounded], r=reach, p=np.inf)
    counts = np.fromiter(map(len, near), np.int64, len(near))
    found = np.fromiter((at for one in near for at in one), np.int64, counts.sum())
    return np.column_stack((np.repeat(rounded, counts), finer[found]))
