"""What images and other surveys measure beyond brightness: profiles, axis ratios, infrared, motion. Fits nothing.

A file has some of these and not others, so each is a `Measure` that an arm takes where enough rows have it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from cosmic.formulas import Feature, Floats, less, plain

Flags = NDArray[np.bool_]
Choice = TypeVar("Choice")

RICHER: Final = 0.95
"""A richer measure is preferred, or one more taken, while this share of the rows that the fullest one has keeps all."""
SCARCE: Final = 0.01
"""Fewer rows than this share with even the fullest measure tell nothing of the others: the arm is not run."""


class Measure(StrEnum):
    """A group of features that a row has together or not at all."""

    CONCENTRATION = "concentration"
    SURFACE_BRIGHTNESS = "surface brightness"
    AXIS_RATIOS = "axis ratios"
    PROFILE = "fracDeV"
    INFRARED = "W1 and W2"
    PARALLAX = "parallax"
    PROPER_MOTION = "proper motion"


MORPHOMETRY: Final = (Measure.CONCENTRATION, Measure.SURFACE_BRIGHTNESS, Measure.AXIS_RATIOS, Measure.PROFILE)
"""What describes the light of a galaxy beyond its colours."""
EXTERNAL: Final = (Measure.INFRARED, Measure.PARALLAX, Measure.PROPER_MOTION)
"""What other surveys measured of the same object."""


def features_of(measure: Measure, *, r: Feature, extinction: str | None) -> tuple[Feature, ...]:
    """Return the features of a measure.

    Parameters
    ----------
    r : Feature
        The r magnitude of the arm, corrected or not.
    extinction : str or None
        The column of the extinction in r where magnitudes are corrected here.
    """
    if measure is Measure.CONCENTRATION:
        return (Feature("petroR50/petroR90", "", ("petro_r50_r", "petro_r90_r"), _concentration),)
    if measure is Measure.SURFACE_BRIGHTNESS:
        return (_surface_brightness(extinction),)
    if measure is Measure.AXIS_RATIOS:
        return plain("dev_ab_r"), plain("exp_ab_r")
    if measure is Measure.PROFILE:
        return (plain("frac_dev_r"),)
    if measure is Measure.INFRARED:
        return less("r-W1", r, plain("w1")), less("W1-W2", plain("w1"), plain("w2"))
    if measure is Measure.PARALLAX:
        return (plain("parallax"),)
    return (Feature("proper_motion", "mas/yr", ("pm_ra", "pm_dec"), _proper_motion),)


def together(candidates: Sequence[tuple[Choice, Flags]]) -> tuple[Choice, ...]:
    """Return the candidates that about as many rows have together as have the fullest one, in the order given.

    Parameters
    ----------
    candidates : sequence of (choice, mask)
        Masks of shape (n,): which rows have it. Earlier ones are taken first, after the fullest.
    """
    if not candidates:
        return ()
    first = max(range(len(candidates)), key=lambda at: (int(candidates[at][1].sum()), -at))
    most = int(candidates[first][1].sum())
    if not most:
        return ()
    rows, taken = candidates[first][1], {first}
    for at, (_, mask) in enumerate(candidates):
        both = rows & mask
        if int(both.sum()) >= RICHER * most:
            rows, taken = both, taken | {at}
    return tuple(candidates[at][0] for at in sorted(taken))


def _concentration(columns: Mapping[str, Floats]) -> Floats:
    """Inverse concentration (Shimasaku et al. 2001): about 0.30 for de Vaucouleurs profiles, 0.43 for exponential ones."""
    r50, r90 = columns["petro_r50_r"], columns["petro_r90_r"]
    measured = (r50 > 0) & (r90 > 0)
    return np.divide(r50, r90, out=np.full_like(r50, np.nan), where=measured)


def _surface_brightness(extinction: str | None) -> Feature:
    """Mean surface brightness in r within the Petrosian half-light radius, mag/arcsec^2 (Strauss et al. 2002, eq. 5).

    mu50 = petroMag + 2.5 log10(2 pi petroR50^2): half of the flux, spread over the circle of that radius.
    """
    inputs = ("petro_r", "petro_r50_r", *((extinction,) if extinction else ()))

    def mu50(columns: Mapping[str, Floats]) -> Floats:
        r50 = columns["petro_r50_r"]
        area = np.log10(2 * np.pi * r50**2, out=np.full_like(r50, np.nan), where=r50 > 0)
        return columns["petro_r"] + 2.5 * area - (columns[extinction] if extinction else 0.0)

    return Feature("mu50_0" if extinction else "mu50", "mag/arcsec^2", inputs, mu50)


def _proper_motion(columns: Mapping[str, Floats]) -> Floats:
    """Total proper motion; its direction says where on the sky an object is rather than what it is."""
    return np.hypot(columns["pm_ra"], columns["pm_dec"])
