"""New rows and those behind a model as one pool, and which of them can be compared. Tests nothing.

Coverage is not change: a new row in a cell of the sky, or of a brightness in its class, that the model has not seen is
set aside and counted. All others stand beside old rows of their own magnitude and region.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cosmic.arrays import as_floats, floats

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

UNPLACED: Final = -1
"""Code of what has no position, no magnitude, no class."""
CELL_NSIDE: Final = 16
"""HEALPix resolution by which sky is known: cells of 3.7 deg, a little more than a plate."""
KNOWN_RANGE: Final = (0.001, 0.999)
"""Quantiles of r between which the magnitudes of a class are known."""
REGION_NSIDE: Final = 2
"""HEALPix resolution of regions: 48 of 29 deg."""
REGION_LEAST: Final = 20
"""Old rows that a magnitude range must have in a region, or in all regions with fewer together, to be compared there."""

_BLOCK = r"^cell:64:(?P<cell>\d+)$"
_CELL_SHIFT, _REGION_SHIFT = 4, 10  # nested cells: from nside 64 to 16 and to 2, two bits a halving


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """n rows, old and new.

    Parameters
    ----------
    new : numpy.ndarray
        Shape (n,): which rows are new.
    block : numpy.ndarray
        Shape (n,): number of the unit of resampling (a cell of nside 64, or a row without a position).
    cell, region, bin : numpy.ndarray
        Shape (n,): cell of nside 16, region of nside 2, whole magnitude of r; `UNPLACED` where there is none.
    r : numpy.ndarray
        Shape (n,): r magnitude, NaN where there is none.
    group : numpy.ndarray
        Shape (n,): index into `groups`; `UNPLACED` where a row has no class.
    groups : tuple of str
        Names of the classes.
    """

    new: Mask
    block: Codes
    cell: Codes
    region: Codes
    r: Floats
    bin: Codes
    group: Codes
    groups: tuple[str, ...]

    def of(self, keep: Mask) -> Pool:
        """Return these rows alone."""
        return Pool(
            self.new[keep], self.block[keep], self.cell[keep], self.region[keep], self.r[keep], self.bin[keep],
            self.group[keep], self.groups,
        )  # fmt: skip


def pooled(reference: pa.Table, new: pa.Table, *, groups: tuple[str, ...], column: str = "class") -> Pool:
    """Return the pool of both, the old rows first.

    Parameters
    ----------
    reference, new : pyarrow.Table
        ``block``, ``r`` and the column of the groups.
    groups : tuple of str
        Values of that column; others have no group.
    """
    parts = (reference, new)
    blocks = pa.chunked_array([chunk for one in parts for chunk in one["block"].cast(pa.string()).chunks], pa.string())
    encoded = blocks.combine_chunks().dictionary_encode()
    named = pc.struct_field(pc.extract_regex(encoded.dictionary, pattern=_BLOCK), "cell").cast(pa.int64())
    cell_of = pc.fill_null(named, UNPLACED).to_numpy(zero_copy_only=False)
    block = encoded.indices.cast(pa.int64()).to_numpy(zero_copy_only=False)
    cell = cell_of[block] if len(block) else block
    r = np.concatenate([floats(one, "r") for one in parts])
    members = np.concatenate([_members(one, column, groups) for one in parts])
    return Pool(
        new=np.repeat([False, True], [one.num_rows for one in parts]),
        block=block,
        cell=np.where(cell < 0, UNPLACED, cell >> _CELL_SHIFT),
        region=np.where(cell < 0, UNPLACED, cell >> _REGION_SHIFT),
        r=r,
        bin=np.floor(np.where(np.isfinite(r), r, UNPLACED)).astype(np.int64),
        group=members,
        groups=groups,
    )


def _members(rows: pa.Table, column: str, groups: tuple[str, ...]) -> Codes:
    if column not in rows.column_names:
        return np.full(rows.num_rows, UNPLACED)
    found = pc.index_in(rows[column].combine_chunks(), value_set=pa.array(groups, pa.string()))
    return np.nan_to_num(as_floats(found), nan=UNPLACED).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Which rows of a pool are where the other side is, shape (n,) each: `known` for both sides, the others for new ones."""

    known: Mask
    new_sky: Mask
    new_magnitudes: Mask
    unplaced: Mask


def coverage(pool: Pool) -> Coverage:
    """Return which new rows lie in known sky and known magnitudes.

    Sky is known where an old row lies in the same cell of nside 16; magnitudes are known between the 0.1 % and 99.9 %
    quantiles of r of the old rows of a class; for rows without one, of all old rows.
    """
    seen = np.isin(pool.cell, np.unique(pool.cell[~pool.new]))
    bright = np.zeros(len(pool.new), bool)
    placed = (pool.cell >= 0) & np.isfinite(pool.r)
    for group in range(UNPLACED, len(pool.groups)):
        own = placed & (pool.group == group)
        old = placed & ~pool.new & ((pool.group == group) | (group == UNPLACED))
        if old.any():
            lo, hi = np.quantile(pool.r[old], KNOWN_RANGE)
            bright |= own & (pool.r >= lo) & (pool.r <= hi)
    return Coverage(
        known=placed & seen & bright,  # of both sides alike, or shares would differ at the edges
        new_sky=pool.new & placed & ~seen,
        new_magnitudes=pool.new & placed & seen & ~bright,
        unplaced=pool.new & ~placed,
    )


def strata(pool: Pool, *, by_magnitude: bool, least: int = REGION_LEAST) -> Codes:
    """Return the stratum of each row, shape (n,): magnitude range and region, `UNPLACED` where no old rows are.

    Regions with fewer than `least` old rows of a magnitude range are taken together within it.
    """
    bins = pool.bin if by_magnitude else np.zeros_like(pool.bin)
    apart = bins * 100 + pool.region
    together = bins * 100 + 99
    fine = np.where(_frequent(apart, pool.new, least), apart, together)
    return np.where(_frequent(fine, pool.new, least), fine, UNPLACED)


def _frequent(codes: Codes, new: Mask, least: int) -> Mask:
    values, counts = np.unique(codes[~new], return_counts=True)
    return np.isin(codes, values[counts >= least])


@cache
def region_name(region: int) -> str:
    """Return where a region is, in words: its middle in deg."""
    from astropy_healpix import HEALPix

    lon, lat = HEALPix(nside=REGION_NSIDE, order="nested").healpix_to_lonlat([region])
    return f"around ra {lon.deg[0]:.0f}, dec {lat.deg[0]:+.0f} deg"


def bin_name(bin: int) -> str:
    """Return a magnitude range in words."""
    return f"r {bin} to {bin + 1}"
