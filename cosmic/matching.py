"""Draw equally many objects of each class at each brightness, so that brightness cannot tell classes apart.

Looks at magnitudes, classes, parts and keys; changes no object's part and fits nothing.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

BIN: Final = 0.25
"""Width of a bin of magnitude, mag. Within it, brightness may still tell a little."""


def matched(
    usable: NDArray[np.bool_],
    magnitude: NDArray[np.float64],
    codes: NDArray[np.int64],
    part: NDArray[np.int8],
    keys: pa.Array,
    *,
    seed: int,
) -> NDArray[np.bool_]:
    """Return which of n objects are drawn: in each part and bin of magnitude as many of each class as the rarest has.

    Which objects of a class are drawn follows from the sha256 of the seed and their keys, so neither their order nor
    most objects that come later change the draw.

    Parameters
    ----------
    usable : array of bool, shape (n,)
        Others are not drawn; their values are not looked at.
    magnitude : array of float, shape (n,)
        Finite where usable.
    codes, part : array of int, shape (n,)
        Class and part of each object. A bin without a class that any usable object is of is left out.
    keys : pyarrow.Array
        n unique texts.
    seed : int
        Another one draws others.
    """
    at = np.flatnonzero(usable)
    names, own = np.unique(codes[at], return_inverse=True)
    bins = np.floor(magnitude[at] / BIN).astype(np.int64)
    cell, quota = _quotas(np.column_stack([part[at].astype(np.int64), bins]), own, len(names))
    lots = (hashlib.sha256(f"{seed}\0{key}".encode()).digest()[:8] for key in keys.take(pa.array(at)).to_pylist())
    lot = np.fromiter((int.from_bytes(one) for one in lots), np.uint64, len(at))
    group = cell * len(names) + own
    order = np.lexsort((lot, group))
    rank = np.empty(len(at), np.int64)
    rank[order] = np.arange(len(at)) - np.searchsorted(group[order], group[order], side="left")
    drawn = np.zeros(len(usable), bool)
    drawn[at[rank < quota]] = True
    return drawn


def at_most(magnitude: NDArray[np.float64], codes: NDArray[np.int64]) -> int:
    """Return how many of n objects would be drawn if all were in one part; a split leaves at most as many."""
    names, own = np.unique(codes, return_inverse=True)
    bins = np.floor(magnitude / BIN).astype(np.int64)[:, None]
    cell, quota = _quotas(bins, own, len(names))
    return int(quota[np.unique(cell, return_index=True)[1]].sum()) * len(names)


def _quotas(
    bins: NDArray[np.int64], own: NDArray[np.int64], classes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the bin of each object, and how many of its class are drawn there."""
    cells, cell = np.unique(bins, axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    counts = np.zeros((len(cells), classes), np.int64)
    np.add.at(counts, (cell, own), 1)
    return cell, counts.min(axis=1, initial=len(own))[cell]


def in_words(usable: NDArray[np.bool_], drawn: NDArray[np.bool_]) -> str:
    """Return what was drawn of n objects, for people."""
    return (
        f"classes are matched in brightness: in each part and each {BIN:g} mag of r as many objects of each class as the "
        f"rarest has there, drawn with the seed; {int(drawn.sum()):,} of {int(usable.sum()):,} objects are left, and "
        "scores are of these"
    )
