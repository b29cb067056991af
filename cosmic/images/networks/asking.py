"""Asks a network about images: in batches, so that memory does not grow with their number, and from several sides. Trains nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cosmic.images.networks import feeding
from cosmic.images.records import Preprocessing

TOGETHER: Final = 256
"""Images that a network answers at a time, at most."""
_TOGETHER_PX: Final = TOGETHER * 96**2
"""Pixels that a network answers at a time: ResNet50 would hold 2.7 GB for 256 images of 224 px."""


def ask(
    network: Any,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    *,
    preprocessing: Preprocessing,
    views: int,
    report: Callable[[int, int], object] = lambda *_: None,
) -> NDArray[np.float32]:
    """Return probabilities of images, shape (n, k), averaged over views.

    Parameters
    ----------
    pixels : numpy.ndarray
        uint8, shape (N, s, s, 3), read where `rows`, shape (n,), says.
    views : int
        1, or 8: four quarters of a circle, each mirrored too. The study's networks have one.
    """
    import tensorflow as tf

    turns = [(quarter, mirrored) for mirrored in (False, True) for quarter in range(4)][: max(1, views)]
    asked = _asked(network)
    found = np.zeros((len(rows), network.output_shape[-1]), np.float32)
    together = max(1, min(TOGETHER, _TOGETHER_PX // pixels.shape[1] ** 2))
    for start in range(0, len(rows), together):
        some = tf.constant(pixels[rows[start : start + together]])
        n = len(some)
        for quarter, mirrored in turns:
            if preprocessing is Preprocessing.PLAIN:
                seen = feeding.plain_view(some, quarter=quarter, mirrored=mirrored)
            else:
                seen = feeding.study_view(some)
            found[start : start + n] += asked(seen).numpy() / len(turns)
        report(start + n, len(rows))
    return found


def occlusion(
    network: Any,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    answers: NDArray[np.int64],
    *,
    preprocessing: Preprocessing,
    grid: int = 8,
) -> NDArray[np.float32]:
    """Return how far the probability of each answer falls where a part of the image is covered, shape (n, grid, grid).

    A square of twice the grid's step, in the image's median colour, is moved over the image (Zeiler & Fergus 2014).

    Parameters
    ----------
    answers : numpy.ndarray
        Shape (n,): index of the class whose probability is watched.
    """
    side = pixels.shape[1]
    step = side / grid
    found = np.zeros((len(rows), grid, grid), np.float32)
    for at, row in enumerate(rows):
        image = np.array(pixels[row])
        colour = np.median(image, axis=(0, 1)).astype(np.uint8)
        covered = np.repeat(image[None], grid * grid + 1, axis=0)
        for place in range(grid * grid):
            middle = ((place // grid + 0.5) * step, (place % grid + 0.5) * step)
            down, across = (slice(max(0, round(one - step)), min(side, round(one + step))) for one in middle)
            covered[place, down, across] = colour
        p = ask(network, covered, np.arange(len(covered)), preprocessing=preprocessing, views=1)[:, answers[at]]
        found[at] = (p[-1] - p[:-1]).reshape(grid, grid)
    return found


def _asked(network: Any) -> Callable[[Any], Any]:
    """Return the network compiled for being asked, once for each."""
    import tensorflow as tf

    if not hasattr(network, "cosmic_asked"):
        network.cosmic_asked = tf.function(
            lambda seen: tf.nn.softmax(network(seen, training=False)), reduce_retracing=True
        )
    compiled: Callable[[Any], Any] = network.cosmic_asked
    return compiled
