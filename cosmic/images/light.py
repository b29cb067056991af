"""How the light of a galaxy is spread, as single numbers: moments, concentration, asymmetry, smoothness, Gini, M20.

Takes galaxies that `cosmic.images.central` has cut out, all of a batch at once. Never gives NaN: what cannot be measured
is 0, and a flag of the galaxy says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic.images.central import Central, Floats, Mask, Numbers

ETA: Final = 0.2
"""Brightness at the Petrosian radius over the mean brightness within it (Lotz et al. 2004, ApJ 128, 163)."""
SHARES: Final = (0.2, 0.5, 0.8, 0.9)
"""Parts of the light whose radii are measured."""
WHOLE: Final = 1.5
"""Petrosian radii within which all light is taken to be (Conselice 2003, ApJS 147, 1)."""
THINNEST: Final = 0.1
"""Least axis ratio: thinner galaxies are not resolved."""
_ROUNDING: Final = 1 / 12
"""Variance of a pixel's own square, pixels squared."""


@dataclass(frozen=True, slots=True, eq=False)
class Ellipses:
    """Second moments of b galaxies as ellipses about the middle pixel.

    `major` is the square root of the larger moment, in pixels; `ratio` the minor axis over the major one; `cosine` and
    `sine` of the major axis' angle. Each has shape (b,).
    """

    major: Numbers
    ratio: Numbers
    cosine: Numbers
    sine: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """Curves of growth of b galaxies over t rings one pixel wide.

    Parameters
    ----------
    mean : numpy.ndarray
        Shape (b, t): brightness of the ring, levels.
    petrosian : numpy.ndarray
        Shape (b,): pixels along the major axis.
    radii : numpy.ndarray
        Shape (b, 4): of `SHARES` of the light within `WHOLE` Petrosian radii.
    total : numpy.ndarray
        Shape (b,): that light, levels times pixels.
    found : numpy.ndarray
        Shape (b,): whether the Petrosian radius lies within the image.
    """

    mean: Numbers
    petrosian: Numbers
    radii: Numbers
    total: Numbers
    found: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """Which of t rings each pixel of b images is in.

    Parameters
    ----------
    place : numpy.ndarray
        Shape (b * w * w,): t + 1 places an image, of which the last is no ring.
    count : numpy.ndarray
        Shape (b, t): pixels of each ring.
    """

    place: NDArray[np.int64]
    count: Numbers

    @classmethod
    def of(cls, ring: NDArray[np.int64], rings: int) -> Rings:
        """Return the rings of pixels, shape (b, w, w); a pixel whose ring is `rings` is in none."""
        images = len(ring)
        place = (ring.reshape(images, -1) + np.arange(images)[:, None] * (rings + 1)).ravel()
        count = np.bincount(place, minlength=images * (rings + 1)).reshape(images, rings + 1)[:, :rings]
        return cls(place, count.astype(np.float64))

    def sums(self, values: Floats) -> Numbers:
        """Return the sum over each ring, shape (b, t)."""
        images, rings = self.count.shape
        found = np.bincount(self.place, weights=values.ravel(), minlength=images * (rings + 1))
        return np.asarray(found.reshape(images, rings + 1)[:, :rings])

    def means(self, values: Floats) -> Numbers:
        """Return the mean of each ring, shape (b, t); 0 of none."""
        total = self.sums(values)
        return np.divide(total, self.count, out=np.zeros_like(total), where=self.count > 0)


def grid(side: int) -> tuple[Floats, Floats]:
    """Return x and y of each pixel from the middle one, shape (side, side)."""
    steps = np.arange(side, dtype=np.float32) - (side - 1) / 2
    x, y = np.meshgrid(steps, steps)
    return x.astype(np.float32), y.astype(np.float32)


def ellipses(weights: Floats) -> Ellipses:
    """Return the second moments of weights about the middle pixel, shape (b, w, w); 0 and round where there are none."""
    x, y = grid(weights.shape[1])
    # sums, and no matrix product: its order of adding would depend on the number of images
    flat = weights.reshape(len(weights), -1).astype(np.float64)
    powers = [power.ravel().astype(np.float64) for power in (np.ones_like(x), x * x, y * y, x * y)]
    sums = np.column_stack([(flat * power).sum(axis=1) for power in powers])
    total = np.where(sums[:, 0] > 0, sums[:, 0], 1.0)
    xx, yy, xy = (sums[:, place] / total for place in (1, 2, 3))
    middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    larger = np.maximum(middle + spread, 0)
    smaller = np.maximum(middle - spread - _ROUNDING, 0)
    ratio = np.sqrt(smaller / np.maximum(larger - _ROUNDING, 1e-9))
    angle = np.arctan2(2 * xy, xx - yy) / 2
    known = larger > 2 * _ROUNDING
    return Ellipses(np.sqrt(larger), np.where(known, ratio.clip(THINNEST, 1), 1.0), np.cos(angle), np.sin(angle))


def along(shape: Ellipses, side: int) -> tuple[Floats, Floats]:
    """Return each pixel's distances along the major and the minor axis, pixels, shape (b, side, side)."""
    x, y = grid(side)
    cosine, sine = (part.astype(np.float32)[:, None, None] for part in (shape.cosine, shape.sine))
    return cosine * x + sine * y, cosine * y - sine * x


def growth(light: Floats, radius: Floats, ratio: Numbers) -> Growth:
    """Return the curve of growth in rings of a radius, each ring's mean times its area.

    Parameters
    ----------
    light, radius : numpy.ndarray
        Shape (b, w, w); the radius along the major axis, pixels.
    ratio : numpy.ndarray
        Axis ratio of the rings, shape (b,).
    """
    images, side = light.shape[:2]
    rings = side // 2
    mean = Rings.of(np.minimum(radius.astype(np.int64), rings), rings).means(light)
    edges = np.arange(rings + 1)
    area = np.pi * np.diff(edges**2) * ratio[:, None]
    within = np.cumsum(mean * area, axis=1)
    inner = within / (np.pi * edges[1:] ** 2 * ratio[:, None])
    eta = np.divide(mean, inner, out=np.zeros_like(mean), where=inner > 0)
    # the ring's own radius is its middle; the innermost is never the answer
    fallen = (eta < ETA) & (edges[:-1] > 0)
    found = fallen.any(axis=1) & (within[:, 0] > 0)
    first = np.where(found, fallen.argmax(axis=1), rings - 1)
    rows = np.arange(images)
    above, below = eta[rows, first - 1], eta[rows, first]
    step = np.divide(above - ETA, above - below, out=np.ones(images), where=above > below)
    petrosian = np.where(found, first - 0.5 + step.clip(0, 1), rings - 0.5)
    curve = np.maximum.accumulate(np.concatenate([np.zeros((images, 1)), within], axis=1), axis=1)
    total = _value_at(curve, np.minimum(WHOLE * petrosian, rings))
    radii = np.column_stack([_reached(curve, share * total) for share in SHARES])
    return Growth(mean, petrosian, radii, total, found)


def _value_at(curve: Numbers, radius: Numbers) -> Numbers:
    left = np.minimum(radius.astype(np.int64), curve.shape[1] - 2)
    rows = np.arange(len(curve))
    return np.asarray(curve[rows, left] + (radius - left) * (curve[rows, left + 1] - curve[rows, left]))


def _reached(curve: Numbers, value: Numbers) -> Numbers:
    """Return the radius at which each rising curve reaches a value; between rings light grows with the area."""
    right = (curve >= value[:, None]).argmax(axis=1).clip(1)
    rows = np.arange(len(curve))
    low, high = curve[rows, right - 1], curve[rows, right]
    part = np.divide(value - low, high - low, out=np.zeros(len(curve)), where=high > low).clip(0, 1)
    squared = (right - 1.0) ** 2 + part * (2 * right - 1.0)
    return np.where(value > 0, np.sqrt(squared), 0.0)


def concentration(radii: Numbers) -> Numbers:
    """Return C = 5 log10(r80 / r20) (Conselice 2003), shape (b,), of radii of `SHARES`; 0 without light."""
    return 5 * log_ratio(radii[:, 2], radii[:, 0])


def log_ratio(above: Numbers, below: Numbers, *, least: float = 0.05) -> Numbers:
    """Return log10(above / below), each held at `least`."""
    return np.asarray(np.log10(np.maximum(above, least) / np.maximum(below, least)))


def asymmetry(light: Floats, within: Mask, noise: Floats) -> dict[str, Numbers]:
    """Return the asymmetry under half and quarter turns, each of shape (b,).

    A = sum |I - I_turned| / sum |I| over the aperture, less what noise alone gives, least over middles half a pixel and a
    pixel apart (Conselice 2003). Of a quarter turn, which arms of spirals show and discs seen edge-on, about the middle pixel.

    Parameters
    ----------
    light, within : numpy.ndarray
        Shape (b, w, w); the aperture is symmetric about the middle.
    """
    weights = within.astype(np.float32)
    total = np.maximum((np.abs(light) * weights).sum(axis=(1, 2)), 1e-6)
    # |difference| of two equal Gaussians: 2 / sqrt(pi) times their scatter
    sky = 2 / np.sqrt(np.pi) * noise * weights.sum(axis=(1, 2))
    turned = light[:, ::-1, ::-1]
    half = np.min(
        [
            (np.abs(light - _shifted(turned, down, right)) * weights).sum(axis=(1, 2))
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
        ],
        axis=0,
    )
    quarter = (np.abs(light - np.rot90(light, axes=(1, 2))) * weights).sum(axis=(1, 2))
    return {
        "asymmetry_180": np.asarray((half - sky) / total, np.float64),
        "asymmetry_90": np.asarray((quarter - sky) / total, np.float64),
    }


def _shifted(light: Floats, down: int, right: int) -> Floats:
    """Return light moved by at most a pixel, its border kept: a turn about a middle half a pixel away."""
    return np.roll(light, (down, right), axis=(1, 2))


def smoothness(light: Floats, radius: Floats, petrosian: Numbers, noise: Floats) -> Numbers:
    """Return S, the part of the light that a box of 0.25 Petrosian radii takes away, shape (b,).

    S = sum (I - I_smooth, where positive) / sum I between 0.25 and 1.5 Petrosian radii, less what noise alone gives
    (Conselice 2003; box and inner limit as Lotz et al. 2004).
    """
    from scipy.ndimage import uniform_filter

    wide = np.maximum(2 * np.rint(0.125 * petrosian).astype(np.int64) + 1, 3)
    rest = np.empty_like(light)
    for side in np.unique(wide):  # few different ones: images of one are filtered together
        of = wide == side
        rest[of] = light[of] - uniform_filter(light[of], (0, side, side), mode="nearest")
    scaled = radius / petrosian.astype(np.float32)[:, None, None]
    ring = (scaled > 0.25) & (scaled < WHOLE)
    clumps = (np.maximum(rest, 0) * ring).sum(axis=(1, 2))
    kept = np.sqrt(1 - 1 / wide.astype(np.float64) ** 2)  # of the noise, after its own mean is taken away
    sky = noise * kept / np.sqrt(2 * np.pi) * ring.sum(axis=(1, 2))
    total = np.maximum((light * ring).sum(axis=(1, 2)), 1.0)
    return np.asarray((clumps - sky) / total, np.float64)


def gini_m20(light: Floats, own: Mask) -> dict[str, Numbers]:
    """Return Gini, M20 and the brightness that encloses parts of the light, each of shape (b,).

    G = sum (2 i - n - 1) |X_i| / (mean |X| n (n - 1)) over the n pixels in rising order (Abraham et al. 2003, ApJ 588,
    218). M20 = log10(sum M_i / M) over the brightest pixels that hold a fifth of the light, M the second moment of all
    (Lotz et al. 2004).

    Parameters
    ----------
    own : numpy.ndarray
        Shape (b, w, w): the galaxy's pixels; those brighter than its mean at the Petrosian radius, in Lotz et al.
    """
    images = len(light)
    values = np.where(own, np.abs(light), 0.0).reshape(images, -1)
    rising = np.sort(values, axis=1)
    n = own.sum(axis=(1, 2))
    size = rising.shape[1]
    # pixels outside are 0 and come first: their rank is not counted
    rank = np.arange(1, size + 1)[None, :] - (size - n)[:, None]
    total = rising.sum(axis=1, dtype=np.float64)
    gini = ((2 * rank - n[:, None] - 1) * rising).sum(axis=1, dtype=np.float64)
    gini = np.divide(gini, total * (n - 1), out=np.zeros(images), where=(total > 0) & (n > 1))
    falling = np.cumsum(rising[:, ::-1], axis=1, dtype=np.float64)
    x, y = grid(light.shape[1])
    distance = (x * x + y * y).ravel()
    moment = (values * distance).sum(axis=1, dtype=np.float64)
    found = {"gini": gini}
    rows = np.arange(images)
    for share in (0.2, 0.5, 0.8):
        last = (falling >= share * total[:, None]).argmax(axis=1)
        level = rising[rows, size - 1 - last]
        brightest = np.where(values >= level[:, None], values * distance, 0).sum(axis=1, dtype=np.float64)
        found[f"m{share * 100:.0f}"] = np.where(moment > 0, log_ratio(brightest, moment, least=1e-3), 0.0)
        found[f"level_{share * 100:.0f}"] = np.divide(
            level, rising[:, -1], out=np.zeros(images), where=rising[:, -1] > 0
        )
    return found


def apertures(found: Central) -> tuple[Ellipses, Floats, Floats, Floats]:
    """Return the galaxies' ellipses, each pixel's distances along both axes, and its radius in the ellipse."""
    shape = ellipses(np.where(found.own, np.maximum(found.alone, 0), 0).astype(np.float32))
    major, minor = along(shape, found.light.shape[1])
    radius = np.hypot(major, minor / shape.ratio.astype(np.float32)[:, None, None])
    return shape, major, minor, radius
