"""The ELODIE star that fits each stellar spectrum best: type, B-V, temperature and metallicity.

The published study labels a star by its subClass where the ELODIE type agrees, and gives the model that star's colour,
temperature and metallicity: since these belong to the template and not to the measurement, they give the label away.
The simulated sky has the same leak because it is built the same way, from a library of template stars.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from cosmic.simulation.population import STAR, Population, star_names
from cosmic.simulation.streams import Floats, Integers, pick_rows

LETTERS: Final = ("O", "B", "A", "F", "G", "K", "M")
"""Letters of ELODIE types, hot to cool."""
BV_LIMITS: Final = (-0.199, -0.15, -0.02, 0.30, 0.575, 0.82, 1.40, 1.787)
"""B - V in mag where each letter begins, and where the last one ends: the range seen in public rows."""

_METALLICITY: Final = (-0.1, -0.15, -0.3, -0.7, -0.45, -0.25, -0.1)
"""Metallicity in dex of the typical star of each letter: SDSS's F and G stars are of the halo and the thick disc."""
_VARIANTS: Final = 8
"""Template stars of each subtype."""
_LUMINOSITY: Final = ("V", "IV", "III", "V", "V", "III", "V", "IV")

# Letter of the subClass to weights of O B A F G K M among the ELODIE types that are fitted to it. Neither white and
# brown dwarfs nor carbon stars have templates.
_FITTED: Final[dict[str, tuple[float, ...]]] = {
    "O": (70, 20, 8, 2, 0, 0, 0), "B": (6, 80, 12, 2, 0, 0, 0), "A": (0, 3, 94, 3, 0, 0, 0),
    "F": (0, 0, 2, 93, 5, 0, 0), "G": (0, 0, 0, 7, 86, 7, 0), "K": (0, 0, 0, 0, 4, 94, 2),
    "M": (0, 0, 0, 0, 0, 3, 97), "D": (25, 40, 30, 5, 0, 0, 0), "d": (0, 0, 0, 0, 0, 2, 98),
    "C": (0, 0, 0, 0, 5, 45, 50), "CV?": (15, 25, 20, 15, 10, 10, 5),
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """The template stars, letter by letter and subtype by subtype; each row is one star.

    Parameters
    ----------
    types : tuple of str
        Spectral types, such as ``G2V``.
    bv, teff, feh : array, shape (m,)
        B - V in mag, effective temperature in K, [Fe/H] in dex. No B - V is 0, SDSS's mark for "none".
    """

    types: tuple[str, ...]
    bv: Floats
    teff: Floats
    feh: Floats


@cache
def library() -> Library:
    """Return the template stars. They are the same in every sky.

    Temperatures follow B - V by Ballesteros 2012, EPL 97, 34008, and metallicities scatter by 0.7 dex.
    """
    letter, digit, variant = (part.ravel() for part in np.indices((len(LETTERS), 10, _VARIANTS)))
    starts = np.array(BV_LIMITS)
    place = (digit + (variant + 0.5) / _VARIANTS) / 10
    bv = np.round(starts[letter] + place * (starts[letter + 1] - starts[letter]), 3)
    bv = np.where(bv == 0, 0.001, bv)
    teff = 4600 * (1 / (0.92 * bv + 1.7) + 1 / (0.92 * bv + 0.62))
    feh = np.array(_METALLICITY)[letter] + 0.7 * np.sin(2.4 * (digit * _VARIANTS + variant))
    types = tuple(
        f"{LETTERS[one]}{sub}{_LUMINOSITY[kind]}" for one, sub, kind in zip(letter, digit, variant, strict=True)
    )
    return Library(types, bv, np.round(teff), np.round(feh, 2))


def fit(people: Population, rng: np.random.Generator) -> Integers:
    """Return the template star fitted to each object: its row in `library`, or -1 where no fit is valid.

    Only stars have one, and of those the brighter: about 57 in 100, as in public rows.
    """
    n = len(people.kind)
    r = people.magnitudes[:, 2]
    fitted = (people.kind == STAR) & (rng.random(n) < 1 / (1 + np.exp((r - 18.7) / 0.8)))
    letter = pick_rows(rng, _weights()[people.star_type])
    own = _digits()[people.star_type] + 1.2 * rng.standard_normal(n)
    agrees = letter == _letters()[people.star_type]
    digit = np.where(agrees, np.clip(np.rint(own), 0, 9), np.floor(10 * rng.random(n))).astype(np.int64)
    variant = np.floor(_VARIANTS * rng.random(n)).astype(np.int64)
    return np.where(fitted, (letter * 10 + digit) * _VARIANTS + variant, -1)


@cache
def _weights() -> Floats:
    """Weights of the ELODIE letters for each name of `star_names`; a last row serves -1, what is no star."""
    rows = [_FITTED[letter] for letter in _star_letters()]
    return np.array([*rows, _FITTED["CV?"]], dtype=np.float64)


@cache
def _letters() -> Integers:
    """Index of each star name's own letter in `LETTERS`; -2 where it has none."""
    return np.array([LETTERS.index(one) if one in LETTERS else -2 for one in (*_star_letters(), "")])


@cache
def _digits() -> Floats:
    """Subtype of each star name: 5 for ``F5`` and where the name tells none."""
    digits = [next((float(mark) for mark in name.split(" (")[0] if mark.isdigit()), 5.0) for name in star_names()]
    return np.array([*digits, 5.0])


def _star_letters() -> tuple[str, ...]:
    from cosmic.vocabularies import STAR_SUBCLASSES

    return tuple(STAR_SUBCLASSES[name] for name in star_names())
