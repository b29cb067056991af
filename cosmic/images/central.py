"""Finds the galaxy in the middle of an image and takes its neighbours away. Measures no shape.

All images of a batch are worked on at once. Brightness is what the JPEG holds: three channels, stretched, from 0 to 255;
nothing is turned back into fluxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]

SURE: Final = 2.0
"""Times the noise by which a pixel of a galaxy stands above the sky."""
FEWEST: Final = 12
"""Pixels of a galaxy at least."""
LEAST_NOISE: Final = 0.5
"""Levels: what rounding to whole numbers does, at least."""
SMOOTHED: Final = 3
"""Side of the square that pixels are averaged over before they are compared with the sky."""
_MAD: Final = 1.4826
_FRAME: Final = 12
"""The border whose median is the sky is this part of the side wide."""
_REACH: Final = 8
"""The middle of the galaxy lies within this part of the side of the image's."""


class Flaw(IntFlag):
    """What is wrong with a measurement."""

    NO_SOURCE = 1
    TOUCHES_EDGE = 2
    NO_PETROSIAN_RADIUS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Central:
    """The middle galaxies of b images, moved by whole pixels so that each one's middle is the middle pixel; w is odd.

    Parameters
    ----------
    light : numpy.ndarray
        float32, shape (b, w, w): mean of the three channels above the sky; 0 outside the image.
    bands : numpy.ndarray
        float32, shape (b, 3, w, w): the channels blue, green and red above their skies, which show g, r and i.
    alone : numpy.ndarray
        float32, shape (b, w, w): `light` without what has no counterpart across the middle.
    joined, own : numpy.ndarray
        Shape (b, w, w): the connected pixels about the middle that stand above the sky, of `light` and of `alone`.
    noise : numpy.ndarray
        float32, shape (b,): scatter of the sky, in levels.
    offset : numpy.ndarray
        float32, shape (b,): distance of the galaxy's middle from the image's, pixels.
    flaws : numpy.ndarray
        uint8, shape (b,): sums of `Flaw`.
    """

    light: Floats
    bands: Floats
    alone: Floats
    joined: Mask
    own: Mask
    noise: Floats
    offset: Floats
    flaws: NDArray[np.uint8]


def central(images: NDArray[np.uint8]) -> Central:
    """Return the middle galaxy of each image, shape (b, s, s, 3).

    A pixel that is brighter than the one across the middle by more than noise explains is given that one's value: the
    neighbour's light goes and the galaxy's own stays, as in the deblender of SDSS (Lupton et al. 2001, ASP Conf. 238, 269).
    """
    from scipy.ndimage import uniform_filter

    bands = np.moveaxis(images[..., ::-1], -1, 1).astype(np.float32)
    frame = _frame(bands)
    sky = np.median(frame, axis=2)
    bands -= sky[:, :, None, None]
    whole = (frame - sky[:, :, None]).mean(axis=1)
    noise = np.maximum(_MAD * np.median(np.abs(whole - np.median(whole, axis=1)[:, None]), axis=1), LEAST_NOISE)
    light = bands.mean(axis=1)
    smooth = uniform_filter(light, (0, 5, 5), mode="nearest")
    row, column = _middle(smooth)
    half = (light.shape[1] - 1) // 2
    bands = _moved(bands, row, column, half)
    light = bands.mean(axis=1)
    across = light[:, ::-1, ::-1]
    bright = light - across > 3 * np.float32(np.sqrt(2)) * noise[:, None, None]
    alone = np.where(bright, np.maximum(across, 0), light)
    joined = _connected(light, noise)
    own = _connected(alone, noise)
    found = own.sum(axis=(1, 2)) >= FEWEST
    edge = own[:, [0, -1], :].any(axis=(1, 2)) | own[:, :, [0, -1]].any(axis=(1, 2))
    middle = (images.shape[1] - 1) / 2
    return Central(
        light=light,
        bands=bands,
        alone=alone,
        joined=joined,
        own=own,
        noise=noise.astype(np.float32),
        offset=np.hypot(row - middle, column - middle).astype(np.float32),
        flaws=(np.where(found, 0, Flaw.NO_SOURCE) | np.where(edge, Flaw.TOUCHES_EDGE, 0)).astype(np.uint8),
    )


def _frame(bands: Floats) -> Floats:
    """Return the pixels of the border, shape (b, 3, m)."""
    wide = max(2, bands.shape[2] // _FRAME)
    sides = (bands[:, :, :wide], bands[:, :, -wide:], bands[:, :, wide:-wide, :wide], bands[:, :, wide:-wide, -wide:])
    return np.concatenate([side.reshape(*bands.shape[:2], -1) for side in sides], axis=2)


def _middle(smooth: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and column of the brightest place near the middle; the image's middle where all is equal."""
    side = smooth.shape[1]
    reach = max(1, side // _REACH)
    start, stop = side // 2 - reach, side // 2 + reach + 1
    window = smooth[:, start:stop, start:stop]
    best = window.reshape(len(window), -1).argmax(axis=1)
    row, column = np.divmod(best, window.shape[2])
    flat = np.ptp(window, axis=(1, 2)) == 0
    return np.where(flat, side // 2, row + start), np.where(flat, side // 2, column + start)


def _moved(bands: Floats, row: NDArray[np.int64], column: NDArray[np.int64], half: int) -> Floats:
    """Return the square of side 2 half + 1 about each middle, 0 where it leaves the image."""
    side = bands.shape[2]
    steps = np.arange(-half, half + 1)
    rows, columns = row[:, None] + steps, column[:, None] + steps
    inside = ((rows >= 0) & (rows < side))[:, :, None] & ((columns >= 0) & (columns < side))[:, None, :]
    place = (rows.clip(0, side - 1) * side)[:, :, None] + columns.clip(0, side - 1)[:, None, :]
    flat = bands.reshape(*bands.shape[:2], -1)
    taken = np.take_along_axis(flat, place.reshape(len(bands), 1, -1), axis=2)
    return np.asarray(taken.reshape(*bands.shape[:2], *place.shape[1:]) * inside[:, None])


def _connected(light: Floats, noise: Floats) -> Mask:
    """Return the connected pixels about the middle that stand above the sky."""
    from scipy.ndimage import label, uniform_filter

    side = light.shape[1]
    least = SURE * (noise + LEAST_NOISE)  # noise of a JPEG is alike in neighbouring pixels: no mean makes it less
    above = uniform_filter(light, (0, SMOOTHED, SMOOTHED), mode="nearest") > least[:, None, None]
    within = np.zeros((3, 3, 3), bool)
    within[1] = True  # eight neighbours in the image, none in the next image
    numbers, _ = label(above, within)
    own = numbers[:, side // 2, side // 2]
    return np.asarray((numbers == own[:, None, None]) & (own > 0)[:, None, None])
