"""Whether two records of the same objects differ in brightness to one side, as two magnitude systems do.

Names alone say which magnitudes a file holds, and names can be wrong: a column called ``u`` may be corrected for
extinction. Where files overlap on the sky, the objects that both have give it away. Computes only; refuses nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from cosmic.arrays import floats
from cosmic.columns import BANDS
from cosmic.records import Offset

ENOUGH: Final = 20
"""Objects from which a shift is believed."""
ONE_SIDED: Final = 0.8
"""Share of objects that differ to one side in all bands. Unrelated errors of five bands agree in sign once in 16."""
LEAST: Final = 0.01
"""Smallest median difference of every band, mag."""
EXTINCTION: Final = (5.155, 3.793, 2.751, 2.086, 1.479)
"""Galactic extinction in u g r i z for E(B-V) = 1 (Schlegel, Finkbeiner and Davis 1998, SDSS filters)."""
_LIKE: Final = 0.1


def systematic_offset(first: pa.Table, second: pa.Table) -> Offset | None:
    """Return the shift between two records of n objects, None where there is none to speak of.

    Records of one measurement, which are equal, are left aside.

    Parameters
    ----------
    first, second : pyarrow.Table
        u g r i z of the same objects in the same order; nulls are allowed.
    """
    difference = np.column_stack([floats(first, band) - floats(second, band) for band in BANDS])
    difference = difference[np.isfinite(difference).all(axis=1)]
    difference = difference[np.abs(difference).max(axis=1, initial=0.0) > LEAST]
    if len(difference) < ENOUGH:
        return None
    one_sided = np.abs(np.sign(difference).sum(axis=1)) == len(BANDS)
    medians = np.median(np.abs(difference), axis=0)
    if one_sided.mean() < ONE_SIDED or medians.min() < LEAST:
        return None
    ratios = (medians / medians[2]) / (np.array(EXTINCTION) / EXTINCTION[2])
    return Offset(len(difference), tuple(float(m) for m in medians), bool((np.abs(ratios - 1.0) < _LIKE).all()))


def in_words(offset: Offset) -> str:
    """Return what was found and what to do, in a sentence or two."""
    listed = ", ".join(f"{median:.3f}" for median in offset.medians)
    what = f"{offset.objects} objects have two records that differ to one side in all bands (median {listed} mag in u g r i z)"
    if offset.like_extinction:
        return (
            f"{what}, as Galactic extinction does: one file is probably dereddened, and the models saw a mixture. Give it "
            "a --home of its own, with --column system=dereddened."
        )
    return f"{what}: the files are probably in different magnitude systems, and the models saw a mixture."
