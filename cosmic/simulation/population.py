"""What there is in the simulated sky: class, type, redshift, colours, brightness and size of each object.

Knows nothing of telescopes: neither noise nor position nor what a pipeline would call an object.

Medians and scatters come from `measured`. What the tables do not say is a choice, made to look like public SDSS rows:

- Colours of an object scatter together: one standard-normal `hue` an object, positive for redder, enters each colour
  with a loading that depends on class and redshift (`_loadings`), the rest is independent. Galaxies up to redshift
  0.2 follow one sequence (loadings about 0.9); faint ones and quasars much less.
- Measured scatter holds the noise of the measurement and the run of the median within a bin. Both are taken off in
  quadrature, so bright objects scatter less than faint ones, as real ones do.
- A few objects scatter three times as far (`_wild`), and one quasar in twelve is reddened by its own dust.
- Brightness within a class is bounded (surveys have limits) and goes with hue: at low redshift fainter galaxies are
  bluer, and faint quasars redder.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from cosmic.columns import CLASSES
from cosmic.simulation import measured
from cosmic.simulation.measured import Loci, Track
from cosmic.simulation.photometry import magnitude_errors
from cosmic.simulation.streams import Booleans, Component, Floats, Integers, pick, stream

GALAXY, QUASAR, STAR = (CLASSES.index(name) for name in ("GALAXY", "QSO", "STAR"))

EXTINCTION: Final = np.array([5.155, 3.793, 2.751, 2.086, 1.479])
"""Extinction in u g r i z for a colour excess E(B-V) of 1 mag (Schlegel, Finkbeiner and Davis 1998, SDSS bands)."""

STAR_REDSHIFTS: Final = np.array(
    [
        (0.0, -0.004), (0.001, -0.003098), (0.01, -0.001099), (0.05, -0.000706), (0.16, -0.000328), (0.25, -0.00019),
        (0.5, -0.000018), (0.75, 0.000153), (0.84, 0.00026), (0.95, 0.000629), (0.99, 0.001069), (0.999, 0.003677),
        (1.0, 0.004),
    ]
)  # fmt: skip
"""Quantiles of stellar redshifts: measured on 28,611 public SDSS spectra, but for the ends, which are the limits of
the pipeline's search (1,200 km/s)."""

RARE_TYPES: Final[dict[str, str]] = {
    "K5Ve (118100)": "K5", "F0IV (81937)": "F2", "K0V (10780)": "K1", "G8V (101501)": "K1", "M1 (204445)": "M1",
    "A2II (39866)": "A0", "M5III (221615)": "M5", "M4.5:III (123657)": "M4", "L5": "L5.5", "L1": "M9",
    "K5 (G_19-24)": "K5", "G0 (63791)": "G0", "G4V (32923)": "G2", "O8/O9 (167771)": "O", "F6V (16673)": "F5",
    "WDhotter": "WD", "F8V (G_243-63)": "F9", "B9Vn (177756)": "B9", "G0Va (143761)": "G0", "sd:F0 (G_84-29)": "F2",
}  # fmt: skip
"""Type strings too rare to have a measured locus, and the type whose locus they take."""
RARE_SHARE: Final = 0.006
"""Share of stars with a string of `RARE_TYPES`, as in public rows."""

_POINT_LIKE: Final = ((0.02, 0.2, 0.3, 0.5, 0.7, 0.9), (0.015, 0.02, 0.07, 0.07, 0.25, 0.5))
"""Redshift, and the share of galaxies that look like a point there."""
_HOST_SEEN: Final = ((0.1, 0.3, 0.5, 0.7, 1.0), (0.81, 0.59, 0.12, 0.03, 0.0))
"""Redshift, and the share of quasars whose host galaxy makes them look extended there."""
_FAINT_LIMIT: Final = 23.0
"""Magnitude in r beyond which nothing is chosen for a spectrum."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the classes among the objects drawn; they need not sum to 1.

    Each object is drawn by itself, so the shares of a small sky scatter about these.
    """

    galaxy: float
    quasar: float
    star: float


STUDY_SHARES: Final = Shares(galaxy=0.488, quasar=0.174, star=0.338)
"""The published study's cleaned set."""


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """n objects as they are.

    Parameters
    ----------
    kind : array of int, shape (n,)
        Index into `cosmic.columns.CLASSES`.
    star_type : array of int, shape (n,)
        Index into `star_names`; -1 for what is not a star.
    redshift : array, shape (n,)
        Redshift.
    magnitudes : array, shape (n, 5)
        Asinh model magnitudes u g r i z without noise, behind the median dust of the sky.
    hue : array, shape (n,)
        How red for its group, about standard normal.
    size : array, shape (n,)
        Half-light radius, arcsec; 0 for a point.
    """

    kind: Integers
    star_type: Integers
    redshift: Floats
    magnitudes: Floats
    hue: Floats
    size: Floats


def populate(rows: int, *, seed: int, block: int, shares: Shares = STUDY_SHARES) -> Population:
    """Return the objects of one block of a sky.

    Parameters
    ----------
    rows : int
        Objects in this block, at least 1.
    seed, block : int
        The sky, and the part of it: the same numbers give the same objects.
    shares : Shares
        How many of each class.
    """
    classes = stream(seed, block=block, component=Component.CLASSES)
    weights = np.zeros(len(CLASSES))
    weights[[GALAXY, QUASAR, STAR]] = shares.galaxy, shares.quasar, shares.star
    kind = pick(classes, weights, rows)
    star_type = np.full(rows, -1)
    redshift = np.empty(rows)
    position = classes.random(rows)
    types = pick(classes, _type_weights(), rows)
    centre, scatter = np.empty((rows, 5)), np.empty((rows, 5))
    loadings, wild = np.empty((rows, 5)), np.empty(rows)
    for code, name in ((GALAXY, "GALAXY"), (QUASAR, "QSO")):
        own = np.flatnonzero(kind == code)
        track = measured.track(name)
        redshift[own] = _redshifts(track, position[own])
        centre[own], scatter[own] = _along(name, redshift[own])
        loadings[own] = _loadings(name, redshift[own])
        wild[own] = np.interp(redshift[own], (0.15, 0.3), (0.02, 0.08)) if code == GALAXY else 0.04
    own = np.flatnonzero(kind == STAR)
    star_type[own] = types[own]
    redshift[own] = np.interp(position[own], STAR_REDSHIFTS[:, 0], STAR_REDSHIFTS[:, 1])
    centre[own], scatter[own] = (table[_locus_of_type()[types[own]]] for table in _star_tables())
    loadings[own], wild[own] = (0.35, 0.8, 0.8, 0.6, 0.1), 0.05
    rng = stream(seed, block=block, component=Component.COLOURS)
    colours, r, hue = _scattered(centre, scatter, loadings, wild, rng)
    dusty = np.flatnonzero((kind == QUASAR) & (rng.random(rows) < 1 / 12))
    excess = -0.2 * np.log1p(-rng.random(len(dusty)))
    colours[dusty] += excess[:, None] * -np.diff(EXTINCTION)
    return Population(
        kind=kind,
        star_type=star_type,
        redshift=redshift,
        magnitudes=measured.magnitudes(colours, r),
        hue=hue,
        size=_sizes(kind, redshift, r, stream(seed, block=block, component=Component.SHAPES)),
    )


@cache
def star_names() -> tuple[str, ...]:
    """Return every stellar subClass string that the simulated sky knows: the measured ones, then the rare ones."""
    return (*measured.star_types()[0], *RARE_TYPES)


def _scattered(
    centre: Floats, scatter: Floats, loadings: Floats, wild: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Colours (n, 4), r (n,) and hue (n,) around the centres; the fifth column of each array is r."""
    n = len(centre)
    hue = rng.standard_normal(n)
    far: Booleans = rng.random(n) < wild
    deviation = loadings * hue[:, None] + np.sqrt(1 - loadings**2) * rng.standard_normal((n, 5))
    deviation[:, :4] *= np.where(far, 3.0, 0.93)[:, None]
    # Bounded at 2.4 scatters, with the measured share inside one: the selection of targets has sharp edges.
    deviation[:, 4] = 2.4 * np.tanh(deviation[:, 4] / 2.15)
    values = centre + scatter * deviation
    r = values[:, 4]
    return values[:, :4], np.where(r > _FAINT_LIMIT, 2 * _FAINT_LIMIT - r, r), hue


def _redshifts(track: Track, position: Floats) -> Floats:
    """Redshifts spread over the bins as the measured rows are; nothing outside the pipeline's limits."""
    edges = track.edges.copy()
    edges[0] = max(edges[0], -0.001) if edges[0] < 0 else max(edges[0], 0.0334)
    below = np.append(0.0, np.cumsum(track.loci.count))
    return np.interp(position, below / below[-1], edges)


@cache
def _knots(name: str) -> tuple[Floats, Floats, Floats]:
    """Redshifts of a track's knots, and centre and intrinsic scatter (k, 5) there."""
    track = measured.track(name)
    size = _typical_size(track.loci.r) if name == "GALAXY" else np.zeros(len(track.loci.r))
    scatter = _intrinsic(track.loci, track.drift, size)
    return track.centres, np.column_stack([track.loci.colours, track.loci.r]), scatter


def _along(name: str, redshift: Floats) -> tuple[Floats, Floats]:
    """Centre and intrinsic scatter (n, 5) at these redshifts, between the middles of the bins."""
    at, centre, scatter = _knots(name)
    bin_ = np.interp(redshift, at, np.arange(len(at)))
    low = np.minimum(bin_.astype(np.int64), len(at) - 2)
    share = (bin_ - low)[:, None]
    return (
        centre[low] * (1 - share) + centre[low + 1] * share,
        scatter[low] * (1 - share) + scatter[low + 1] * share,
    )


def _intrinsic(loci: Loci, drift: Floats, size: Floats) -> Floats:
    """Scatter (m, 5) that is left when noise and the run of the median within a bin are taken off."""
    variance = magnitude_errors(loci.magnitudes, size) ** 2
    noise = variance[:, 1:] + variance[:, :-1]
    left = np.sqrt(np.maximum(loci.scatter**2 - noise - drift**2 / 12, (0.35 * loci.scatter) ** 2))
    return np.column_stack([left, loci.r_scatter])


@cache
def _star_tables() -> tuple[Floats, Floats]:
    """Centre and intrinsic scatter (m, 5) of the measured star types."""
    _, loci = measured.star_types()
    scatter = _intrinsic(loci, np.zeros_like(loci.colours), np.zeros(len(loci.r)))
    return np.column_stack([loci.colours, loci.r]), scatter


@cache
def _locus_of_type() -> Integers:
    """Row of the measured table that serves each name of `star_names`."""
    names, _ = measured.star_types()
    return np.array([names.index(RARE_TYPES.get(name, name)) for name in star_names()])


@cache
def _type_weights() -> Floats:
    _, loci = measured.star_types()
    rare = np.full(len(RARE_TYPES), RARE_SHARE / len(RARE_TYPES))
    return np.append(loci.count / loci.count.sum() * (1 - RARE_SHARE), rare)


def _loadings(name: str, redshift: Floats) -> Floats:
    """How much of each colour's scatter, and of r's, is the object's hue, shape (n, 5)."""
    at, values = {
        "GALAXY": ((0.02, 0.05, 0.12, 0.2, 0.3, 0.5), ((0.7, 0.85, 0.75, 0.6, -0.25), (0.92, 0.97, 0.85, 0.85, -0.6),
                   (0.9, 0.97, 0.8, 0.9, -0.5), (0.75, 0.8, 0.7, 0.7, -0.2), (0.4, 0.65, 0.6, 0.3, -0.2),
                   (0.1, 0.6, 0.6, 0.35, 0.2))),
        "QSO": ((0.3, 0.6, 1.2, 2.0, 3.0), ((0.7, 0.85, 0.8, 0.4, 0.3), (0.65, 0.85, 0.85, 0.6, 0.5),
                (0.35, 0.6, 0.6, 0.5, 0.35), (0.5, 0.35, 0.25, 0.3, 0.2), (0.4, 0.4, 0.2, 0.1, 0.0))),
    }[name]  # fmt: skip
    return np.column_stack([np.interp(redshift, at, column) for column in zip(*values, strict=True)])


def _typical_size(r: Floats) -> Floats:
    """Half-light radius, arcsec, of the median galaxy of this r magnitude."""
    return np.asarray(2.0 * np.exp(-0.29 * (r - 17.0)))


def _sizes(kind: Integers, redshift: Floats, r: Floats, rng: np.random.Generator) -> Floats:
    """Half-light radii, arcsec: 0 for points, among them compact galaxies and most quasars."""
    spread, chance = rng.standard_normal(len(r)), rng.random(len(r))
    galaxies = np.clip(_typical_size(r) * np.exp(0.45 * spread), 0.1, 60.0)
    hosts = np.clip(0.35 * np.exp(0.5 * spread), 0.1, 3.0)
    seen = np.where(kind == GALAXY, chance >= np.interp(redshift, *_POINT_LIKE), False)
    seen |= (kind == QUASAR) & (chance < np.interp(redshift, *_HOST_SEEN))
    seen |= (kind == STAR) & (chance < 0.012)  # blends and double stars
    return np.where(seen, np.where(kind == GALAXY, galaxies, hosts), 0.0)
