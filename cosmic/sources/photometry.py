"""Units of brightness: nanomaggies or magnitudes, told apart by values and converted. Knows no files and no names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic.columns import ASINH_SOFTENING, BANDS, BY_NAME
from cosmic.records import MagnitudeUnit

Floats = NDArray[np.float64]

MAGGIES_PER_NANOMAGGIE: Final = 1e-9

_MAGNITUDES: Final = (7.0, 30.0)
"""Medians outside are no magnitudes of SDSS sources, which saturate at 13 to 14 and fade out at 25."""
_FLUXES: Final = (1e-4, 3e6)
"""Medians outside are no fluxes in nanomaggies: the same objects at 32.5 and 6.3 mag."""
_REDSHIFT_BELOW: Final = 4.0
"""Medians of z below are redshifts where u g r i are magnitudes."""
_TILT: Final = (-0.12, 0.5)
"""ln(u / z) of magnitudes: from the bluest stars, u - z of -1.8 at 18 mag, to the coolest, 9 at 24."""
_FLAT: Final = 0.12
"""ln(largest / smallest) of an object's fluxes is larger; that of its magnitudes may be."""
_WIDE: Final = 0.25
"""Spread of ln(band), typical of the five, from which a sample cannot be magnitudes."""
_NEGATIVE: Final = 0.35
"""Largest believable share of negative fluxes in r or i: more are standardised values, not fluxes."""


@dataclass(frozen=True, slots=True)
class UnitGuess:
    """What the values of five bands look like.

    Parameters
    ----------
    unit : MagnitudeUnit or None
        None where the values fit neither or both.
    reason : str
        The figures that decided, for people.
    """

    unit: MagnitudeUnit | None
    reason: str


def magnitudes(flux: Floats, band: str) -> Floats:
    """Return SDSS asinh magnitudes of fluxes, also of zero and negative ones.

    ``m = -(2.5 / ln 10) [asinh((f / f0) / (2 b)) + ln b]`` (Lupton, Gunn and Szalay 1999), with the band's
    softening b. Brighter than 22 mag (z: 20) it is within 1 % of Pogson's ``22.5 - 2.5 log10 f``.

    Parameters
    ----------
    flux : array of float, shape (n,)
        Fluxes in nanomaggies; NaN stays NaN.
    band : str
        One of u g r i z.
    """
    softening = ASINH_SOFTENING[band]
    found: Floats = np.arcsinh(flux * MAGGIES_PER_NANOMAGGIE / (2.0 * softening)) + np.log(softening)
    found *= -2.5 / np.log(10.0)
    return found


def guess_unit(bands: Mapping[str, Floats]) -> UnitGuess:
    """Return whether five brightness columns are magnitudes or nanomaggies, or neither.

    Magnitudes lie between 7 and 30; the five of one object are within some tens of percent of each other, larger
    in u than in z except for the hottest stars; and a sample of them spreads by a few percent. Fluxes may lie
    anywhere; those of one object differ by factors, larger in z than in u except for the hottest stars; and a
    sample of them spreads by factors. Where these signs disagree, nothing is decided.

    Parameters
    ----------
    bands : mapping of str to array of float, shape (n,)
        u g r i z; NaN and sentinels are passed over.
    """
    values = {band: _measured(bands[band], band) for band in BANDS}
    if any(np.isnan(column).all() for column in values.values()):
        return UnitGuess(MagnitudeUnit.MAGNITUDE, "a band holds no values, so nothing speaks against magnitudes")
    medians = {band: float(np.nanmedian(column)) for band, column in values.items()}
    tilt, within = _tilt(values), _range_within_objects(values)
    spread = float(np.median([_spread(column) for column in values.values()]))  # of most bands: one may be narrow
    figures = (
        "medians " + ", ".join(f"{band} {medians[band]:.4g}" for band in BANDS)
        + f"; u/z of an object is typically {np.exp(tilt):.2f}; a band typically spreads by {100 * spread:.0f} %"
    )  # fmt: skip
    low, high = _MAGNITUDES
    if all(low <= medians[band] <= high for band in "ugri") and medians["z"] < min(_REDSHIFT_BELOW, 0.4 * medians["i"]):
        return UnitGuess(None, f"{figures}: z looks like a redshift beside the magnitudes u g r i")
    if all(low <= median <= high for median in medians.values()) and _TILT[0] <= tilt <= _TILT[1]:
        calm = within < _FLAT or tilt > _TILT[0] / 2
        unit = MagnitudeUnit.MAGNITUDE if calm and spread < _WIDE else None
        if unit is None and within >= _FLAT and spread >= _WIDE:
            unit = MagnitudeUnit.NANOMAGGIES
        return UnitGuess(unit, figures)
    # magnitudes with one band in another unit, or in the place of another, are no fluxes
    nearly_magnitudes = sum(low <= median <= high for median in medians.values()) >= 4 and 0 < spread < _WIDE
    believable = (
        not nearly_magnitudes
        and max(medians.values()) <= _FLUXES[1]
        and max(medians["i"], medians["z"]) >= _FLUXES[0]
        and max(_share_negative(values[band]) for band in "ri") <= _NEGATIVE
        and within >= _FLAT
    )
    return UnitGuess(MagnitudeUnit.NANOMAGGIES if believable else None, figures)


def _measured(column: Floats, band: str) -> Floats:
    return np.where(np.isin(column, BY_NAME[band].sentinels) | ~np.isfinite(column), np.nan, column)


def _tilt(values: Mapping[str, Floats]) -> float:
    """Median over objects of ln(u / z); -inf where most u values are not positive."""
    u, z = values["u"], values["z"]
    both, positive = np.isfinite(u) & np.isfinite(z), (u > 0) & (z > 0)
    if 2 * positive.sum() < both.sum():
        return -np.inf
    return float(np.median(np.log(u[positive] / z[positive]))) if positive.any() else 0.0


def _range_within_objects(values: Mapping[str, Floats]) -> float:
    """Median over objects of ln(largest / smallest band); inf where most objects have a value that is not positive."""
    stacked = np.stack([values[band] for band in BANDS])
    stacked = stacked[:, np.isfinite(stacked).all(axis=0)]
    if not stacked.shape[1]:
        return 0.0
    smallest, largest = stacked.min(axis=0), stacked.max(axis=0)
    positive = smallest > 0
    ratios = np.full(len(smallest), np.inf)
    ratios[positive] = np.log(largest[positive] / smallest[positive])
    return float(np.median(ratios))


def _spread(column: Floats) -> float:
    """Half the range of the middle 68 % of ln(value); 0 for fewer than ten values, which show none."""
    positive = column[column > 0]
    if len(positive) < 10:
        return 0.0
    low, high = np.percentile(np.log(positive), [16.0, 84.0])
    return float(high - low) / 2.0


def _share_negative(column: Floats) -> float:
    return float(np.mean(column[np.isfinite(column)] < 0))
