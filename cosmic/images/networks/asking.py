"""Asks a network about images: in batches, so that memory does not grow with their number, and from several sides. Trains nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cosmic.images.networks import feeding
from cosmic.images.networks.feeding import Preprocessing

TOGETHER: Final = 256
"""Images that a network answers at a time."""


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
    for start in range(0, len(rows), TOGETHER):
        some = tf.constant(pixels[rows[start : start + TOGETHER]])
        n = len(some)
        for quarter, mirrored in turns:
            if preprocessing is Preprocessing.PLAIN:
                seen = feeding.plain_view(some, quarter=quarter, mirrored=mirrored)
            else:
                seen = feeding.study_view(some)
            found[start : start + n] += asked(seen).numpy() / len(turns)
        report(start + n, len(rows))
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
