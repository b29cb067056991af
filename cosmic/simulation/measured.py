"""The measured statistics of the real sky that the simulated one is built on. Draws nothing.

Medians and robust scatters (half the range from the 16th to the 84th percentile) of colours and r brightness, from the
three ``sky_*.csv`` tables of ``cosmic/data``; the README there says where they come from. Magnitudes are SDSS model
magnitudes as observed, not corrected for extinction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from cosmic.simulation.streams import Floats

COLOURS: Final = ("u_g", "g_r", "r_i", "i_z")
"""Columns of the colour tables, in the order of every (n, 4) array of colours here."""


@dataclass(frozen=True, slots=True, eq=False)
class Loci:
    """Colours and brightness of m groups of objects.

    Parameters
    ----------
    count : array, shape (m,)
        Rows that were measured.
    colours, scatter : array, shape (m, 4)
        Median and robust scatter of u-g, g-r, r-i, i-z, in mag.
    r, r_scatter : array, shape (m,)
        The same of the r magnitude.
    """

    count: Floats
    colours: Floats
    scatter: Floats
    r: Floats
    r_scatter: Floats

    @property
    def magnitudes(self) -> Floats:
        """Return u g r i z of the median object of each group, in mag, shape (m, 5)."""
        return magnitudes(self.colours, self.r)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """How colours and brightness of a class run with redshift.

    Parameters
    ----------
    edges : array, shape (m + 1,)
        Bin edges in redshift, rising.
    loci : Loci
        Statistics of the m bins.
    """

    edges: Floats
    loci: Loci

    @property
    def centres(self) -> Floats:
        """Return the middles of the bins, shape (m,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @property
    def drift(self) -> Floats:
        """Return how far the median colours run within each bin, in mag, shape (m, 4)."""
        slope = np.gradient(self.loci.colours, self.centres, axis=0)
        return np.asarray(np.abs(slope) * np.diff(self.edges)[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Galaxy labels of the volunteers: name, colours and redshift of the galaxies that carry each."""

    names: tuple[str, ...]
    loci: Loci
    redshift: Floats
    redshift_scatter: Floats


@cache
def track(name: str) -> Track:
    """Return the colour-redshift track of a class: GALAXY or QSO."""
    table = _read("sky_colour_redshift.csv")
    table = table.filter(pc.equal(table["class"], name))
    return Track(np.append(_floats(table, "z_lo"), _floats(table, "z_hi")[-1]), _loci(table))


@cache
def star_types() -> tuple[tuple[str, ...], Loci]:
    """Return the measured stellar subClass strings and their loci."""
    table = _read("sky_star_loci.csv")
    return tuple(table["subClass"].to_pylist()), _loci(table)


@cache
def galaxy_labels() -> Labels:
    """Return the measured galaxy labels."""
    table = _read("sky_galaxy_label_colours.csv")
    names = tuple(table["label"].to_pylist())
    return Labels(names, _loci(table), _floats(table, "redshift"), _floats(table, "redshift_sigma"))


def magnitudes(colours: Floats, r: Floats) -> Floats:
    """Return u g r i z, shape (n, 5), of objects with these colours (n, 4) and r magnitudes (n,)."""
    g = r + colours[:, 1]
    i = r - colours[:, 2]
    return np.stack([g + colours[:, 0], g, r, i, i - colours[:, 3]], axis=1)


def _read(name: str) -> pa.Table:
    data = resources.files("cosmic").joinpath("data", name).read_bytes()
    return pa_csv.read_csv(pa.BufferReader(data))


def _floats(table: pa.Table, name: str) -> Floats:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def _loci(table: pa.Table) -> Loci:
    return Loci(
        count=_floats(table, "n"),
        colours=np.stack([_floats(table, name) for name in COLOURS], axis=1),
        scatter=np.stack([_floats(table, f"{name}_sigma") for name in COLOURS], axis=1),
        r=_floats(table, "r"),
        r_scatter=_floats(table, "r_sigma"),
    )
