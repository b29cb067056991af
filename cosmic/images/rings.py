"""What a galaxy looks like ring by ring: brightness, colours, arms and bars, clumps, and its thickness along its length.

Takes galaxies that `cosmic.images.central` has cut out, all of a batch at once. Never gives NaN: a ring without light has 0.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from cosmic.images.central import Central, Floats, Mask, Numbers
from cosmic.images.light import Ellipses, Rings, ellipses, grid, growth, log_ratio

Named = dict[str, Numbers]

COLOURS: Final = (0.0, 0.15, 0.3, 0.5, 0.75, 1.0, 1.4)
"""Edges of the rings, in Petrosian radii, of colours and clumps."""
ARMS: Final = (0.1, 0.25, 0.4, 0.6, 0.85, 1.2)
"""Edges of the rings, in Petrosian radii, in which arms and bars are sought."""
MODES: Final = (1, 2, 3, 4)
ROUND: Final = 14
"""Rings of equal width in pixels over half the side: the same part of the sky in every galaxy."""
STEPS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.1)
"""Edges along the major axis, in Petrosian radii, between which the thickness is measured."""
LEVELS: Final = (0.1, 0.25, 0.5, 0.75)
"""Brightness of isophotes, in parts of the brightest."""
FLATTEST: Final = 0.3
"""Axis ratio below which a disc is not turned face-on any further: it is too thick."""
SCALES: Final = (3, 5, 9)
"""Sides of the squares, pixels, between which clumps are sought."""
_RIDGE: Final = 1.5
"""Pixels from the major axis within which its brightness is taken."""
_NOISE: Final = 1.0
"""Levels under which a brightness is not told from none."""


def binned(radius: Floats, unit: Numbers, edges: tuple[float, ...]) -> Rings:
    """Return the rings between edges in a unit of each image's own; pixels beyond the first or the last are in none."""
    scaled = radius / unit.astype(np.float32)[:, None, None]
    ring = np.searchsorted(np.array(edges, np.float32), scaled.ravel(), side="right").reshape(radius.shape) - 1
    return Rings.of(np.where(ring < 0, len(edges) - 1, ring), len(edges) - 1)


def fixed_rings(light: Floats) -> Named:
    """Return the brightness of round rings of fixed width, logarithmic."""
    side = light.shape[1]
    x, y = grid(side)
    ring = np.minimum((np.hypot(x, y) * (2 * ROUND / side)).astype(np.int64), ROUND)
    means = Rings.of(np.broadcast_to(ring, light.shape), ROUND).means(light)
    return {f"ring_{at}": np.log10(np.maximum(means[:, at], _NOISE)) for at in range(ROUND)}


def colours(bands: Floats, ring: Rings) -> Named:
    """Return slope and colours of the rings between `COLOURS`: log10 of mean g / r and r / i.

    The channels of the image, red to blue, show i, r and g; each is stretched, so these are no magnitudes.
    """
    rings = len(COLOURS) - 1
    g, r, i = (np.maximum(ring.means(bands[:, at]), _NOISE) for at in range(3))
    light = (g + r + i) / 3
    named: Named = {}
    for at in range(rings):
        named[f"g_r_{at}"] = log_ratio(g[:, at], r[:, at])
        named[f"r_i_{at}"] = log_ratio(r[:, at], i[:, at])
        if at:
            named[f"slope_{at}"] = log_ratio(light[:, at], light[:, at - 1])
    named["g_r_step"] = named[f"g_r_{rings - 2}"] - named["g_r_0"]
    return named


def fourier(light: Floats, major: Floats, minor: Floats, shape: Ellipses, petrosian: Numbers) -> Named:
    """Return strength and turn of Fourier modes by ring, with the disc turned face-on by its axis ratio.

    Strength is |sum I e^(i m phi)| / sum I (e.g. Elmegreen & Elmegreen 1985, ApJ 288, 438; Rix & Zaritsky 1995, ApJ 447,
    82): two arms and bars have m = 2. A bar keeps its angle from ring to ring, arms turn: the turn of m = 2 is
    |sin| of half the difference of phases, so neither the galaxy's angle nor its hand matters.
    """
    stretch = np.maximum(shape.ratio, FLATTEST).astype(np.float32)[:, None, None]
    across = minor / stretch
    radius = np.hypot(major, across)
    ring = binned(radius, petrosian, ARMS)
    rings = len(ARMS) - 1
    unit = np.maximum(radius, np.float32(1e-6))
    once = (major + 1j * across).astype(np.complex64) / unit
    total = np.maximum(ring.sums(light), 1.0)
    named: Named = {}
    power = np.ones_like(once)
    for mode in MODES:
        power = power * once
        turned = light * power
        wave = ring.sums(turned.real) + 1j * ring.sums(turned.imag)
        strength = np.minimum(np.abs(wave) / total, 1.0)
        named.update({f"m{mode}_ring_{at}": strength[:, at] for at in range(rings)})
        named[f"m{mode}_mean"] = strength.mean(axis=1)
        if mode == 2:
            phase = np.angle(wave)
            for at in range(1, rings):
                named[f"turn_{at}"] = np.abs(np.sin((phase[:, at] - phase[:, at - 1]) / 2))
            # along the major axis or across it: a bar may lie anywhere, a disc that is not flat lies along
            named["m2_inner_across"] = np.cos(phase[:, 0])
    return named


def clumps(light: Floats, radius: Floats, ring: Rings, rings_mean: Numbers) -> Named:
    """Return what is left when each ellipse's mean is taken away, by ring, and structure between three widths.

    Parameters
    ----------
    ring : Rings
        Those between `COLOURS`.
    rings_mean : numpy.ndarray
        Shape (b, t): mean brightness of rings one pixel wide, as `cosmic.images.light.growth` gives it.
    """
    from scipy.ndimage import uniform_filter

    rings = len(COLOURS) - 1
    at = np.minimum(radius.astype(np.int64), rings_mean.shape[1] - 1).reshape(len(light), -1)
    model = np.take_along_axis(rings_mean.astype(np.float32), at, axis=1).reshape(light.shape)
    rest = light - model
    total = np.maximum(ring.sums(light), 1.0)
    named: Named = {}
    away = ring.sums(np.abs(rest)) / total
    beyond = ring.sums(np.maximum(rest, 0) ** 2)
    below = ring.sums(np.minimum(rest, 0) ** 2)
    for place in range(rings):
        named[f"rest_{place}"] = away[:, place].clip(0, 4)
        named[f"lopsided_{place}"] = (beyond - below)[:, place] / np.maximum((beyond + below)[:, place], 1e-6)
    finer = light
    for side in SCALES:
        coarser = uniform_filter(light, (0, side, side), mode="nearest")
        structure = ring.sums(np.abs(finer - coarser)) / total
        for place in range(0, rings - 1):
            named[f"structure_{side}_{place}"] = structure[:, place].clip(0, 4)
        finer = coarser
    return named


def thickness(light: Floats, own: Mask, major: Floats, minor: Floats, petrosian: Numbers) -> Named:
    """Return how thick the galaxy is at steps along its major axis, in Petrosian radii, and how much light is there.

    A disc seen edge-on is as thick at its ends as in the middle, but for a bulge; a cigar tapers.
    """
    steps = len(STEPS) - 1
    weight = np.where(own, np.maximum(light, 0), 0).astype(np.float32)
    step = binned(np.abs(major), petrosian, STEPS)
    total = step.sums(weight)
    second = step.sums(weight * minor * minor)
    wide = np.sqrt(np.divide(second, total, out=np.zeros_like(total), where=total > 0)) / petrosian[:, None]
    on = (np.abs(minor) < _RIDGE).astype(np.float32)
    ridge = step.sums(light * on) / np.maximum(step.sums(on), 1)
    named: Named = {}
    for at in range(steps):
        named[f"thick_{at}"] = wide[:, at]
        if at:
            named[f"taper_{at}"] = log_ratio(wide[:, at], wide[:, 0], least=0.01)
            named[f"ridge_{at}"] = log_ratio(np.maximum(ridge[:, at], _NOISE), np.maximum(ridge[:, 0], _NOISE))
    return named


def isophotes(smooth: Floats, joined: Mask, shape: Ellipses) -> Named:
    """Return size, axis ratio, shift and twist of the pixels brighter than parts of the brightest, all counted alike.

    Shift is the distance of their middle from the galaxy's over their size; twist |sin| of the angle to the whole galaxy.
    """
    x, y = grid(smooth.shape[1])
    light = np.where(joined, smooth, 0)
    top = light.reshape(len(light), -1).max(axis=1)
    named: Named = {}
    for level in LEVELS:
        inside = (light > level * top[:, None, None]) & joined
        size = inside.sum(axis=(1, 2)).astype(np.float64)
        own = ellipses(inside.astype(np.float32))
        middle = np.hypot(*(np.where(inside, axis, 0).sum(axis=(1, 2)) for axis in (x, y))) / np.maximum(size, 1)
        name = f"{level * 100:.0f}"
        named[f"size_{name}"] = np.sqrt(size)
        named[f"ratio_{name}"] = own.ratio
        named[f"shift_{name}"] = middle / np.maximum(np.sqrt(size), 1)
        named[f"twist_{name}"] = np.abs(own.sine * shape.cosine - own.cosine * shape.sine)
        # an ellipse of these second moments has the area 4 pi a b: less is filled where arms stand apart
        named[f"filled_{name}"] = size / np.maximum(4 * np.pi * own.major**2 * own.ratio, 1)
    return named


def peaks(smooth: Floats, joined: Mask, radius: Floats, petrosian: Numbers, noise: Floats) -> Named:
    """Return the number of peaks in the connected light, and how bright and how far off the second one is.

    As the multi-mode statistic of Freeman et al. (2013, MNRAS 434, 282) asks: does a second nucleus or a knot stand out?
    """
    from scipy.ndimage import maximum_filter

    images = len(smooth)
    tops = (smooth == maximum_filter(smooth, (0, 7, 7), mode="nearest")) & joined
    tops &= smooth > 5 * noise[:, None, None]
    heights = np.where(tops, smooth, 0).reshape(images, -1)
    first = heights.max(axis=1)
    far = np.where((radius > 3).reshape(images, -1), heights, 0)
    second = far.max(axis=1)
    rows = np.arange(images)
    distance = radius.reshape(images, -1)[rows, far.argmax(axis=1)] / petrosian
    return {
        "peaks": tops.sum(axis=(1, 2)).astype(np.float64),
        "second_peak": np.divide(second, first, out=np.zeros(images), where=first > 0).astype(np.float64),
        "second_distance": np.where(second > 0, distance, 0.0),
    }


def neighbours(found: Central) -> Named:
    """Return how much of the connected light has no counterpart across the middle: companions, mergers, one-armed ones."""
    images = len(found.light)
    weight = np.maximum(found.light, 0)
    together = np.where(found.joined, weight, 0).reshape(images, -1).sum(axis=1, dtype=np.float64)
    own = np.where(found.own, np.maximum(found.alone, 0), 0).reshape(images, -1).sum(axis=1, dtype=np.float64)
    everything = np.maximum(weight.reshape(images, -1).sum(axis=1, dtype=np.float64), 1.0)
    return {
        "own_of_joined": own / np.maximum(together, 1.0),
        "joined_of_all": together / everything,
        "own_area": np.sqrt(found.own.sum(axis=(1, 2))),
        "joined_area": np.sqrt(found.joined.sum(axis=(1, 2))),
    }


def round_growth(found: Central) -> tuple[Numbers, Numbers]:
    """Return radii and total light of the curve of growth in circles, of the galaxy without its neighbours."""
    x, y = grid(found.light.shape[1])
    radius = np.broadcast_to(np.hypot(x, y), found.light.shape)
    curve = growth(found.alone, radius, np.ones(len(found.light)))
    return curve.radii, curve.total
