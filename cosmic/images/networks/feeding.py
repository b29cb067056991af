"""What a network sees of an image: the study's preprocessing as its code and its slide have it, and a plain one. Trains nothing.

Random turns, flips and zooms follow from a seed and the number of the step alone, so a run that was killed goes on with the
same ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cosmic.images.networks.architectures import COMPACT_SIDE, STUDY_SIDE
from cosmic.images.records import Cut, Preprocessing

RELEASE_SIDE: Final = 424
"""Side of the images of Galaxy Zoo's release, px."""
STUDY_A_CLASS: Final = 1_600
"""Images of each class that the study drew, of all parts together."""


CUTS: Final = {
    Preprocessing.STUDY: Cut(STUDY_SIDE, STUDY_SIDE / RELEASE_SIDE),
    Preprocessing.STUDY_SLIDE: Cut(STUDY_SIDE, 1.0),
    # the middle 64 of these 96 px are seen; the rim is what a turned or shrunk square needs at its corners
    Preprocessing.PLAIN: Cut(96, 0.85),
}
BRIGHTER: Final = 0.3
COPY_BRIGHTER: Final = 0.1
COPY_CONTRAST: Final = 2.0


def brightened(delta: float = BRIGHTER) -> NDArray[np.float32]:
    """Return what each value 0 … 255 of an 8-bit image becomes, shape (256,), in units of the full range.

    TensorFlow raises the brightness of 8-bit images as fractions of the full range and brings them back to 8 bits, by 255.5
    and cut off at both ends; then the study divides by 255.
    """
    raised = np.arange(256, dtype=np.float32) / np.float32(255) + np.float32(delta)
    back = np.clip(np.floor(raised * np.float32(255.5)), 0, 255)
    return np.asarray(back / 255, np.float32)


def study_draw(codes: NDArray[np.int64], *, a_class: int, seed: int) -> NDArray[np.int64]:
    """Return places of at most so many images of each class, drawn at random and in order; all of a smaller class."""
    rng = np.random.default_rng([seed, len(codes)])
    drawn = [rng.permutation(np.flatnonzero(codes == code))[:a_class] for code in np.unique(codes)]
    return np.sort(np.concatenate(drawn))


@dataclass(frozen=True, slots=True)
class Turns:
    """How far images are changed at random in training: zoom as a factor's logarithm, shift in px; turns are of any angle."""

    zoom: float = 0.12
    shift: float = 1.5


def study_batch(images: Any, copies: Any, step: Any, seed: int) -> Any:
    """Return a batch as the study's networks are trained on: floats, shape (n, 224, 224, 3).

    Parameters
    ----------
    images : tensor of uint8
        Shape (n, 224, 224, 3).
    copies : tensor of bool
        Shape (n,): the second half of the doubled training set, brighter by 0.1, with twice the contrast, and mirrored by
        chance.
    """
    import tensorflow as tf

    plain = study_view(images)
    raised = plain + COPY_BRIGHTER
    mean = tf.reduce_mean(raised, axis=(1, 2), keepdims=True)
    changed = (raised - mean) * COPY_CONTRAST + mean
    chance = tf.random.stateless_uniform([tf.shape(images)[0]], [seed, step])
    changed = tf.where((chance < 0.5)[:, None, None, None], changed, changed[:, :, ::-1])
    return tf.where(copies[:, None, None, None], changed, plain)


def study_view(images: Any) -> Any:
    """Return images as the study's networks are asked, floats, shape (n, 224, 224, 3)."""
    import tensorflow as tf

    return tf.gather(tf.constant(brightened()), tf.cast(images, tf.int32))


def turned_batch(images: Any, turns: Turns, step: Any, seed: int, *, side: int = COMPACT_SIDE) -> Any:
    """Return the middle of each image, turned by any angle, mirrored by chance, zoomed and shifted: floats, (n, side, side, 3).

    Whatever the side, the same field is seen: the middle 64 px.
    """
    import tensorflow as tf

    n = tf.shape(images)[0]
    drawn = tf.random.stateless_uniform([5, n], [seed, step])
    angle = drawn[0] * (2 * math.pi)
    scale = tf.exp((drawn[1] * 2 - 1) * turns.zoom) * (COMPACT_SIDE / side)
    mirror = tf.where(drawn[2] < 0.5, -1.0, 1.0)
    across, down = ((drawn[at] * 2 - 1) * turns.shift for at in (3, 4))
    return _sampled(images, tf.cos(angle) * scale, tf.sin(angle) * scale, mirror, across, down, side)


def plain_view(images: Any, *, quarter: int = 0, mirrored: bool = False) -> Any:
    """Return the middle of each image, turned by quarters of a circle, floats, shape (n, 64, 64, 3): pixels as they are."""
    import tensorflow as tf

    side = int(images.shape[1])
    rim = (side - COMPACT_SIDE) // 2
    # floats first: turning bytes is refused by the fast library, which says so on the terminal
    middle = tf.cast(images[:, rim : rim + COMPACT_SIDE, rim : rim + COMPACT_SIDE], tf.float32) / 255.0
    if mirrored:
        middle = middle[:, :, ::-1]
    return tf.image.rot90(middle, quarter)


def _sampled(images: Any, cos: Any, sin: Any, mirror: Any, across: Any, down: Any, side: int) -> Any:
    import tensorflow as tf

    centre = (images.shape[1] - 1) / 2
    own = (side - 1) / 2
    a, b = cos * mirror, -sin
    c, d = sin * mirror, cos
    zeros = tf.zeros_like(cos)
    rows = [a, b, centre + across - (a + b) * own, c, d, centre + down - (c + d) * own, zeros, zeros]
    sampled = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(images, tf.float32),
        transforms=tf.stack(rows, axis=1),
        output_shape=[side, side],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )
    return sampled / 255.0
