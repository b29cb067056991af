"""How bright an object looks: asinh magnitudes with errors, in SDSS's systems, and its radii.

Knows nothing of classes or redshift: an object is its true magnitudes and its size.

The constants were fitted by eye to the errors and sizes that SDSS quotes for about a thousand public DR16 rows: a
point source is measured to 0.2 mag at `DEPTH`; the counts of its photons alone allow 0.01 mag at `PHOTON_LIMIT`;
nothing is measured better than `FLOOR`. An extended object gathers more sky.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cosmic.columns import ASINH_SOFTENING, BANDS
from cosmic.simulation.streams import Booleans, Floats

DEPTH: Final = np.array([22.23, 22.95, 22.70, 22.30, 20.90])
"""Magnitude at which a point source has five times the noise of the sky, u g r i z."""
PHOTON_LIMIT: Final = np.array([17.5, 19.2, 19.1, 18.6, 17.1])
"""Magnitude at which photon counting alone leaves an error of 0.01 mag, u g r i z."""
FLOOR: Final = 0.006
"""Error of the flux scale, as a share of the flux."""

_POGSON: Final = 2.5 / np.log(10.0)
_SOFTENING: Final = np.array([ASINH_SOFTENING[band] for band in BANDS])
_SEEING: Final = 0.68
"""Radius of half the light of a point source, arcsec."""
_R: Final = BANDS.index("r")


@dataclass(frozen=True, slots=True, eq=False)
class Photometry:
    """What the imaging pipeline measures of n objects.

    Parameters
    ----------
    model, psf, cmodel : array, shape (n, 5)
        Magnitudes in u g r i z.
    petro : array, shape (n,)
        Petrosian magnitude in r.
    r50, r90 : array, shape (n,)
        Radii of 50 and 90 % of the Petrosian flux in r, arcsec.
    extended : array of bool, shape (n,)
        Whether the pipeline calls it a galaxy: psfMag - cModelMag above 0.145 in r.
    """

    model: Floats
    psf: Floats
    cmodel: Floats
    petro: Floats
    r50: Floats
    r90: Floats
    extended: Booleans


def flux(magnitudes: Floats) -> Floats:
    """Return the fluxes, in units of the zero point, of asinh magnitudes (n, 5).

    Lupton, Gunn and Szalay 1999, AJ 118, 1406, solved for the flux. Fainter than zero flux is negative.
    """
    return np.asarray(2 * _SOFTENING * np.sinh(-magnitudes / _POGSON - np.log(_SOFTENING)))


def asinh_magnitudes(fluxes: Floats) -> Floats:
    """Return the asinh magnitudes (Lupton, Gunn and Szalay 1999) of fluxes (n, 5) in units of the zero point."""
    return np.asarray(-_POGSON * (np.arcsinh(fluxes / (2 * _SOFTENING)) + np.log(_SOFTENING)))


def flux_errors(fluxes: Floats, size: Floats) -> Floats:
    """Return the standard errors of true fluxes (n, 5) of objects with half-light radii `size` (n,) in arcsec."""
    sky = 10 ** (-0.4 * DEPTH) / 5
    spread = np.sqrt(1 + (size / 0.75) ** 2)[:, None]
    bright = np.maximum(fluxes, 0.0)
    photons = (0.01 / _POGSON) ** 2 * 10 ** (-0.4 * PHOTON_LIMIT) * bright * spread
    return np.asarray(np.sqrt((sky * spread) ** 2 + photons + (FLOOR * bright) ** 2))


def magnitude_errors(magnitudes: Floats, size: Floats) -> Floats:
    """Return the standard errors, in mag, of true asinh magnitudes (n, 5)."""
    fluxes = flux(magnitudes)
    return _in_magnitudes(flux_errors(fluxes, size), fluxes)


def observe(magnitudes: Floats, size: Floats, concentrated: Floats, rng: np.random.Generator) -> Photometry:
    """Return what is measured of objects.

    Noise is drawn in flux and shared by the systems, as it is in the survey. Since an asinh magnitude rises with
    flux, the median measurement of an object is its true magnitude, down to and below zero flux.

    Parameters
    ----------
    magnitudes : array, shape (n, 5)
        True asinh magnitudes u g r i z, dimmed by extinction.
    size : array, shape (n,)
        Half-light radius before seeing, arcsec; 0 for a point.
    concentrated : array, shape (n,)
        How concentrated the light is: about standard normal, positive for elliptical profiles.
    rng : numpy.random.Generator
        The stream of the noise.
    """
    n = len(size)
    true = flux(magnitudes)
    errors = flux_errors(true, size)
    measured = true + errors * rng.standard_normal((n, 5))
    model = asinh_magnitudes(measured)
    error = _in_magnitudes(errors, measured)
    point = (size == 0)[:, None]
    # A profile wider than the seeing sends light past the point-spread function.
    beyond = 2.5 * np.log10(1 + (size / 0.85) ** 1.1)[:, None]
    spill = beyond * (1 + 0.05 * rng.standard_normal((n, 5)))
    psf = model + spill + np.hypot(0.011, 0.3 * error) * rng.standard_normal((n, 5))
    cmodel = model + np.where(point, 0.1 * error, 0.04 + 0.35 * error) * rng.standard_normal((n, 5))
    cmodel[:, _R] = np.where(size == 0, model[:, _R], cmodel[:, _R])
    error_r = error[:, _R]
    petro = cmodel[:, _R] + 0.06 + (0.04 + 0.5 * error_r) * rng.standard_normal(n)
    r50 = np.hypot(size, _SEEING) * np.exp(np.minimum(0.04 + error_r, 0.4) * rng.standard_normal(n))
    ratio = np.where(size == 0, 0.45, 0.38 - 0.04 * concentrated) + (0.02 + 0.3 * error_r) * rng.standard_normal(n)
    return Photometry(model, psf, cmodel, petro, r50, r50 / np.clip(ratio, 0.22, 0.85), (psf - cmodel)[:, _R] > 0.145)


def _in_magnitudes(errors: Floats, fluxes: Floats) -> Floats:
    """Errors of fluxes as errors of their asinh magnitudes: the derivative of the definition."""
    return np.asarray(_POGSON * errors / np.hypot(fluxes, 2 * _SOFTENING))
