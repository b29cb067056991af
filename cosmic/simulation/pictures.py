"""A picture of each galaxy of the simulated sky, drawn from its label: bulge, disc, bar, arms, sky. Stores nothing.

Pictures are framed as Galaxy Zoo's are: a side is 8.48 times the radius of 90 % of the light, so a far galaxy is as large as a
near one and only less sharp. Everything of one galaxy follows from the seed and its own key, whatever is drawn beside it.

GalSim would draw the same profiles at some sixty pictures a CPU-second; plain arrays do at over two hundred, which is why it is
no dependency.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

VERSION: Final = "1"
"""Raised whenever the same galaxy is drawn otherwise."""
FRAME: Final = 8.48
"""Side of a picture in units of the Petrosian radius of 90 % of the light, as in Galaxy Zoo 2 (Willett et al. 2013)."""
SEEING: Final = 1.3
"""Width of a point at half its height, arcsec."""
_SOFTENING: Final = 8.0
_STRETCH: Final = 0.03
"""Q and alpha of the stretch of Lupton et al. (2004)."""
_NOISE: Final = 2.4
"""Noise of a pixel of a picture of 128 px, in units in which a galaxy of `_REFERENCE` mag has a total of `_TOTAL`."""
_REFERENCE: Final = 16.5
_TOTAL: Final = 60_000.0
_RED: Final = np.array([1.0, 0.76, 0.44])
_BLUE: Final = np.array([0.80, 0.88, 1.0])
"""Colours of old and of young stars in i, r, g, which are shown as red, green and blue."""
_BULGES: Final = {"a": (0.55, 0.75), "b": (0.25, 0.45), "c": (0.08, 0.18), "d": (0.0, 0.02)}
"""Share of the light in the bulge, by the last letter of a disc's label."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a galaxy looks like; lengths in units of the disc's half-light radius."""

    bulge: float
    bulge_index: float
    bulge_size: float
    bulge_ratio: float
    ratio: float
    bar: float
    arms: int
    winding: float
    contrast: float
    boxy: float
    red: float


def shape_of(label: str, rng: np.random.Generator) -> Shape:
    """Return a shape that volunteers would give this label, one of the study's 14, or ``A`` for a star."""

    def between(low: float, high: float) -> float:
        return low + (high - low) * rng.random()

    if label == "A":
        return Shape(1.0, 0.5, 0.05, 1.0, 1.0, 0.0, 0, 0.0, 0.0, 2.0, between(0, 1))
    if label[0] == "E":
        ratio = {"r": between(0.86, 1.0), "e": between(0.55, 0.78), "c": between(0.24, 0.42)}[label[1]]
        return Shape(1.0, between(2.5, 4.0), 0.6, ratio, ratio, 0.0, 0, 0.0, 0.0, 2.0, between(0.85, 1.0))
    if label.startswith("Se"):
        bulge = 0.0 if label == "Sen" else between(0.25, 0.45)
        boxy = 4.0 if label == "Seb" else 2.0
        return Shape(bulge, 1.5, 0.35, between(0.7, 0.9), between(0.1, 0.18), 0.0, 0, 0.0, 0.0, boxy, between(0.4, 0.8))
    barred = label.startswith("SB")
    low, high = _BULGES[label[-1]]
    return Shape(
        bulge=between(low, high), bulge_index=between(1.5, 3.0), bulge_size=between(0.25, 0.4), bulge_ratio=between(0.85, 1.0),
        ratio=between(0.55, 1.0), bar=between(0.15, 0.3) if barred else 0.0, arms=int(rng.choice([2, 2, 2, 3, 4])),
        winding=between(2.2, 5.0), contrast=between(0.55, 0.95), boxy=2.0, red=between(0.1, 0.5),
    )  # fmt: skip


def render(label: str, *, key: str, seed: int, r: float, r90: float, size: int = 128) -> NDArray[np.uint8]:
    """Return the picture of a galaxy, uint8, shape (size, size, 3).

    Parameters
    ----------
    label : str
        Its true label.
    key : str
        Of the galaxy: with the seed it decides everything that is drawn by lot.
    r : float
        Magnitude; fainter galaxies are noisier.
    r90 : float
        Radius of 90 % of the light, arcsec; smaller galaxies are less sharp.
    """
    from scipy.ndimage import gaussian_filter

    number = int.from_bytes(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:8], "big")
    rng = np.random.default_rng(number)
    shape = shape_of(label, rng)
    scale = size / FRAME / 2.2  # px: the half-light radius of a disc whose 90 % radius is size / FRAME
    light = _galaxy(shape, size=size, scale=scale, rng=rng)
    light *= _TOTAL * 10 ** (-0.4 * (r - _REFERENCE)) / light.sum() * 3
    light += _neighbours(size, rng)
    width = SEEING / 2.355 / (FRAME * r90 / size)
    for band in range(3):
        light[:, :, band] = gaussian_filter(light[:, :, band], width, mode="constant")
    finer = 128 / size
    light += _NOISE * finer * rng.standard_normal(light.shape)
    return _stretched(light / finer**2)


def _galaxy(shape: Shape, *, size: int, scale: float, rng: np.random.Generator) -> Floats:
    steps = np.arange(size) - (size - 1) / 2
    shift = 0.02 * size * (rng.random(2) - 0.5)
    x, y = np.meshgrid(steps - shift[0], steps - shift[1])
    angle = 2 * np.pi * rng.random()
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    flat = across / shape.ratio
    radius = np.hypot(along, flat) / scale
    disc = np.exp(-1.678 * radius)
    if shape.arms:
        turn = np.arctan2(flat, along)
        phase = shape.arms * (
            turn - shape.winding * np.log(np.maximum(radius, 0.05)) * (1 if rng.random() < 0.5 else -1)
        )
        wave = np.exp(2.2 * (np.cos(phase) - 1))
        disc *= 1 - shape.contrast + shape.contrast * 2.4 * wave * np.clip((radius - 0.3) / 0.4, 0, 1)
    disc /= disc.sum()
    rounded = shape.boxy
    reach = (np.abs(along) ** rounded + np.abs(across / shape.bulge_ratio) ** rounded) ** (1 / rounded)
    own = np.maximum(reach / (scale * shape.bulge_size), 0.03)
    b = 2 * shape.bulge_index - 1 / 3
    bulge = np.exp(-b * own ** (1 / shape.bulge_index))
    bulge /= bulge.sum()
    old = shape.bulge * bulge
    if shape.bar:
        long = 0.75 * scale
        bar = np.exp(-2.0 * ((np.abs(along) / long) ** 4 + (np.abs(flat) / (0.22 * long)) ** 2))
        old = old + shape.bar * bar / bar.sum()
    young = (1 - shape.bulge) * disc
    tint = shape.red * _RED + (1 - shape.red) * _BLUE
    return np.asarray(old[:, :, None] * _RED + young[:, :, None] * tint)


def _neighbours(size: int, rng: np.random.Generator) -> Floats:
    """Return other galaxies and stars in the frame: few, mostly faint, anywhere."""
    found = np.zeros((size, size, 3))
    steps = np.arange(size)
    for _ in range(int(rng.choice([0, 0, 1, 1, 2, 3]))):
        at = size * rng.random(2)
        wide = size / 128 * (0.8 if rng.random() < 0.5 else 1.0 + 2.5 * rng.random())
        bright = 500 * 10 ** (1.4 * rng.random()) * (size / 128) ** 2
        spot = np.exp(-((steps[None] - at[0]) ** 2 + (steps[:, None] - at[1]) ** 2) / (2 * wide**2))
        red = rng.random()
        found += bright / (2 * np.pi * wide**2) * spot[:, :, None] * (red * _RED + (1 - red) * _BLUE)
    return found


def _stretched(light: Floats) -> NDArray[np.uint8]:
    """Return the colours of Lupton et al. (2004): brightness by an inverse hyperbolic sine, hue as it is."""
    mean = np.maximum(light.mean(axis=2), 1e-6)
    factor = np.arcsinh(_SOFTENING * _STRETCH * mean) / (_SOFTENING * mean) * 1.6
    colours = np.maximum(light, 0) * factor[:, :, None] * 255 * 0.55
    top = colours.max(axis=2, keepdims=True)
    return np.asarray(np.where(top > 255, colours * 255 / np.maximum(top, 1), colours), np.uint8)
