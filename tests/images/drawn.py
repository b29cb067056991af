"""Galaxies drawn by a formula, whose numbers of shape are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def sersic(
    *,
    side: int = 97,
    index: float = 1.0,
    half_light: float = 9.0,
    ratio: float = 1.0,
    angle: float = 0.0,
    top: float = 200.0,
    shift: tuple[float, float] = (0.0, 0.0),
    sky: float = 0.0,
) -> NDArray[np.float64]:
    """Return brightness, shape (side, side), of a Sersic (1963) profile with b = 2 n - 1/3; each pixel a mean over 5 x 5."""
    fine = (np.arange(side * 5) + 0.5) / 5 - side / 2
    x, y = np.meshgrid(fine - shift[0], fine - shift[1])
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    radius = np.hypot(along, across / ratio) / half_light
    light = np.exp(-(2 * index - 1 / 3) * radius ** (1 / index))
    light = light.reshape(side, 5, side, 5).mean(axis=(1, 3))
    return np.asarray(sky + top * light / light.max())


def picture(*layers: NDArray[np.float64], noise: float = 0.0, seed: int = 0) -> NDArray[np.uint8]:
    """Return an image, uint8, shape (1, side, side, 3), of the sum of layers in grey."""
    light = sum(layers)[:, :, None] + noise * np.random.default_rng(seed).standard_normal((*layers[0].shape, 3))
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)[None]


def arms(number: int, *, side: int = 97, winding: float = 3.0, hand: int = 1) -> NDArray[np.float64]:
    """Return a disc with so many logarithmic arms."""
    steps = np.arange(side) - (side - 1) / 2
    x, y = np.meshgrid(steps, steps)
    phi, radius = np.arctan2(y, x), np.hypot(x, y)
    wave = np.cos(number * (phi - hand * winding * np.log(np.maximum(radius, 1))))
    return np.asarray(150 * np.exp(-radius / 12) * (1 + 0.6 * wave * np.minimum(radius / 6, 1)))
