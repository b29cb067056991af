"""Labelled pixels in memory: what every model of images is trained on and asked. The pixels themselves stay on disk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImages:
    """Images with labels of one scheme.

    Parameters
    ----------
    pixels : numpy.ndarray
        uint8, shape (N, s, s, 3): a memory map of all decoded images.
    rows : numpy.ndarray
        Shape (n,): place of each labelled image in `pixels`, ascending.
    codes : numpy.ndarray
        Shape (n,): index into `names`.
    part : numpy.ndarray
        Shape (n,): index into `cosmic.splits.PARTS`.
    names : tuple of str
        The k labels kept.
    table : pyarrow.Table
        n rows of what is known of each (`cosmic.images.listing.SCHEMA`, and ``sha256``).
    soft : numpy.ndarray or None
        float32, shape (n, k): probability of each label by the volunteers' votes, where every image has votes.
    """

    pixels: NDArray[np.uint8]
    rows: NDArray[np.int64]
    codes: NDArray[np.int64]
    part: NDArray[np.int8]
    names: tuple[str, ...]
    table: pa.Table
    soft: NDArray[np.float32] | None = None
