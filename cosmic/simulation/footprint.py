"""Where and when objects are observed: plates, fibres, dates, positions, dust, and the ids that follow from them.

Knows nothing of what the objects are, but for the survey that took them. Plates lie in stripes over a footprint like
SDSS's: the northern cap, three southern stripes, and SEGUE's fields at lower galactic latitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cosmic.simulation.streams import PLATES_BLOCK, Component, Floats, Integers, stream

BLOCK: Final = 262_144
"""Objects that are drawn together: what bounds the memory of a large sky."""
MOST_ROWS: Final = 50_000_000
"""Objects of the largest sky: beyond, dates of observation would run into the future."""
PLATE_RADIUS: Final = 1.49
"""Radius of a plate, deg."""
MEDIAN_DUST: Final = 0.027
"""Median colour excess E(B-V) of SDSS's spectra, mag: what the measured colours are behind."""

_FILL: Final = 40
"""Objects of a small sky on one plate: few, so that a small sky too covers many cells."""
_MOST_PLATES: Final = 1500
"""Plates of one survey in a large sky."""


@dataclass(frozen=True, slots=True)
class Survey:
    """One of the spectroscopic surveys that make up SDSS.

    Parameters
    ----------
    plates : tuple of int
        First and last plate number. Real Legacy and SEGUE numbers interleave; here they do not, so that a plate has
        one survey.
    mjd : tuple of int
        First and last Modified Julian date, d.
    fibres : int
        Fibres of a plate.
    run2d : int
        Number of the reduction as specObjID carries it: 26 and 103, or 1300 for ``v5_13_0``.
    share : float
        Share of a study-like sky, for the number of plates.
    """

    plates: tuple[int, int]
    mjd: tuple[int, int]
    fibres: int
    run2d: int
    share: float


LEGACY, SEGUE, BOSS, EBOSS = range(4)
SURVEYS: Final = (
    Survey((266, 2300), (51_608, 54_632), 640, 26, 0.5),
    Survey((2301, 3509), (53_299, 54_999), 640, 103, 0.1),
    Survey((3586, 7338), (55_180, 56_850), 1000, 1300, 0.2),
    Survey((7339, 12_547), (56_850, 58_932), 1000, 1300, 0.2),
)
"""Legacy, SEGUE, BOSS and eBOSS, by the constants above. Most eBOSS plates exceed 8191, and their ids 2**63."""


@dataclass(frozen=True, slots=True, eq=False)
class Plates:
    """All plates of a sky, each survey's together: number, date, centre in deg and dust E(B-V) in mag."""

    number: Integers
    mjd: Integers
    ra: Floats
    dec: Floats
    dust: Floats
    first: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where n objects are: instrument, position (deg, J2000), dust E(B-V) (mag) and exact ids."""

    plate: Integers
    mjd: Integers
    fibre: Integers
    ra: Floats
    dec: Floats
    dust: Floats
    spec_obj_id: npt.NDArray[np.uint64]
    best_obj_id: Integers


def lay_plates(rows: int, *, seed: int) -> Plates:
    """Return the plates of a sky of this many objects.

    Parameters
    ----------
    rows : int
        Objects of the whole sky.
    seed : int
        The sky.
    """
    rng = stream(seed, block=PLATES_BLOCK, component=Component.PLATES)
    numbers, dates, low_latitude = [], [], []
    for index, survey in enumerate(SURVEYS):
        first, last = survey.plates
        capacity = last - first + 1
        count = int(min(max(np.ceil(rows * survey.share / _FILL), 1), _MOST_PLATES, capacity))
        chosen = np.sort(np.argsort(rng.random(capacity), kind="stable")[:count])
        start, end = survey.mjd
        # Plates were drilled in about the order of their numbers, and some waited a year for the sky.
        date = start + (chosen / capacity) * (end - start - 400) + 400 * rng.random(count)
        numbers.append(first + chosen)
        dates.append(date.astype(np.int64))
        low_latitude.append((index == SEGUE) & (rng.random(count) < 0.5))
    ra, dec = _centres(np.concatenate(low_latitude), rng)
    counts = [len(chosen) for chosen in numbers]
    return Plates(
        number=np.concatenate(numbers),
        mjd=np.concatenate(dates),
        ra=ra,
        dec=dec,
        dust=_dust(ra, dec, rng),
        first=tuple(int(value) for value in np.cumsum([0, *counts])),
    )


def place(survey: Integers, plates: Plates, *, seed: int, block: int) -> Placement:
    """Return where the objects of one block are.

    Objects of a survey go to its plates in turn, each to the next free fibre. Each block is another night on the
    same plates, so no plate, date and fibre occurs twice in a sky.

    Parameters
    ----------
    survey : array of int, shape (n,)
        Index into `SURVEYS`.
    plates : Plates
        Of this sky.
    seed, block : int
        The sky, and the part of it.
    """
    rng = stream(seed, block=block, component=Component.PLACES)
    n = len(survey)
    at, fibre = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    for index, (start, end) in enumerate(zip(plates.first[:-1], plates.first[1:], strict=True)):
        own = np.flatnonzero(survey == index)
        turn, position = np.divmod(np.arange(len(own)), end - start)
        at[own] = start + position
        fibre[own] = 1 + (turn * 7 + 13 * position) % SURVEYS[index].fibres  # 7 divides neither 640 nor 1000
    reach, angle = PLATE_RADIUS * np.sqrt(rng.random(n)), 2 * np.pi * rng.random(n)
    dec = np.round(plates.dec[at] + reach * np.sin(angle), 6)
    ra = np.round(plates.ra[at] + reach * np.cos(angle) / np.cos(np.radians(dec)), 6) % 360.0
    plate, mjd = plates.number[at], plates.mjd[at] + block
    run2d = np.array([one.run2d for one in SURVEYS])[survey]
    return Placement(
        plate=plate,
        mjd=mjd,
        fibre=fibre,
        ra=np.round(ra, 6),
        dec=dec,
        dust=plates.dust[at] * np.exp(0.12 * rng.standard_normal(n)),
        spec_obj_id=spec_obj_ids(plate, mjd, fibre, run2d),
        best_obj_id=_best_obj_ids(block * BLOCK + np.arange(n)),
    )


def spec_obj_ids(plate: Integers, mjd: Integers, fibre: Integers, run2d: Integers) -> npt.NDArray[np.uint64]:
    """Return specObjID as SDSS packs it (sqlloader, spSpectro.sql): plate, fibre, MJD - 50000 and run2d in 64 bits."""
    parts = ((plate, 50), (fibre, 38), (mjd - 50_000, 24), (run2d, 10))
    packed = np.zeros(len(plate), dtype=np.uint64)
    for values, shift in parts:
        packed |= values.astype(np.uint64) << np.uint64(shift)
    return packed


def _best_obj_ids(running: Integers) -> Integers:
    """objID as SDSS packs it: sky version 2, rerun 301, then run, camcol, field and object from a running number."""
    rest, obj = np.divmod(running, 900)
    rest, field = np.divmod(rest, 800)
    run, camcol = np.divmod(rest, 6)
    packed = np.full(len(running), (2 << 59) | (301 << 48))
    packed |= ((756 + run) << 32) | ((1 + camcol) << 29) | ((11 + field) << 16) | (1 + obj)
    return packed


def _centres(low_latitude: npt.NDArray[np.bool_], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Plate centres in deg: three quarters in the northern cap, in stripes of 2.5 deg."""
    n = len(low_latitude)
    south, across, along, jitter = rng.random(n) < 0.25, rng.random(n), rng.random(n), rng.random(n)
    cap = np.degrees(np.arcsin(across * (np.sin(np.radians(67)) - np.sin(np.radians(-2))) + np.sin(np.radians(-2))))
    cap = np.round(cap / 2.5) * 2.5
    side = 2 * along - 1
    stripes = np.array([-7.5, 0.0, 14.5, 22.0])[(across * 4).astype(np.int64)]
    # Stripes are great circles: the northern ones bend towards the equator at both ends.
    dec = np.where(south, stripes, cap * (1 - 0.4 * side**2)) + (jitter - 0.5)
    ra = np.where(south, -50 + 110 * along, 185 + 68 * side)
    dec = np.where(low_latitude, -8 + 66 * across, dec)
    return np.where(low_latitude, 360 * along, ra) % 360.0, dec


def _dust(ra: Floats, dec: Floats, rng: np.random.Generator) -> Floats:
    """Colour excess E(B-V) in mag towards plate centres: more near the galactic plane, and patchy."""
    from astropy import units
    from astropy.coordinates import SkyCoord

    latitude = SkyCoord(ra * units.deg, dec * units.deg).galactic.b.radian
    path = 1 / np.maximum(np.abs(np.sin(latitude)), 0.12)
    return np.asarray((0.003 + 0.0165 * path) * np.exp(0.45 * rng.standard_normal(len(ra))))
