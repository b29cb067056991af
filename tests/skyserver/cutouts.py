"""Cutouts as the image service would send them: a galaxy of light on a dark sky, always the same at the same place.

Draws; asks no database. The limits are those of SkyServerWS (ImgCutout.cs).
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

SMALLEST, LARGEST = 64, 2048
"""Width and height are clipped to these, px."""
SCALES = (0.015, 2400.0)
"""Scale is clipped to these, arcsec a pixel."""
DEFAULT_SCALE, DEFAULT_SIZE = 0.396127, 128


def draw(*, ra: float, dec: float, scale: float, width: int, height: int, blank: bool = False) -> bytes:
    """Return a JPEG of `width` x `height` px, clipped as the service clips them.

    Parameters
    ----------
    ra, dec : float
        Centre, deg: decides what is drawn.
    scale : float
        Arcsec a pixel. As the service does, a smaller scale shows the same light larger.
    blank : bool
        Draw nothing.
    """
    width, height = (min(max(size, SMALLEST), LARGEST) for size in (width, height))
    scale = min(max(scale, SCALES[0]), SCALES[1])
    if blank:
        return _jpeg(np.zeros((height, width, 3)))
    rng = np.random.default_rng([int(ra * 1e4) % 3_600_000, int((dec + 90) * 1e4)])
    y, x = np.mgrid[:height, :width].astype(np.float64)
    x, y = (x - width / 2) * scale, (y - height / 2) * scale
    turn, flat, size = rng.uniform(0, np.pi), rng.uniform(0.3, 1.0), rng.uniform(1.5, 4.0)
    along, across = x * np.cos(turn) + y * np.sin(turn), (y * np.cos(turn) - x * np.sin(turn)) / flat
    radius = np.hypot(along, across)
    arms = 1 + 0.4 * np.cos(2 * np.arctan2(across, along) - 2 * radius / size)
    light = np.exp(-radius / size) * arms
    colour = np.array([1.0, rng.uniform(0.7, 1.0), rng.uniform(0.4, 1.0)])
    sky = rng.normal(8, 3, (height, width, 1))
    return _jpeg(sky + 240 * light[:, :, None] * colour)


def _jpeg(light: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(light.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()
