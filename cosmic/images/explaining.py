"""What an answer hangs on: the network among some fits is asked again with parts of an image covered. Trains nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cosmic.images import labelling
from cosmic.images.examples import Saliency
from cosmic.images.networks import stored
from cosmic.images.networks.asking import occlusion
from cosmic.images.records import ImageData, ImageFitted, Preprocessing


def saliency(fits: Sequence[ImageFitted], data: ImageData) -> Saliency | None:
    """Return what shows where an answer comes from, by the last network of some fits that sees plain pixels; None without."""
    plain = [fit for fit in fits if stored.is_network(fit.model)]
    loaded = (stored.load(fit.folder) for fit in reversed(plain))
    seeing = next((one for one in loaded if one.preprocessing is Preprocessing.PLAIN), None)
    if seeing is None:
        return None
    images, network, preprocessing = labelling.load(data), seeing.network, seeing.preprocessing

    def covered(rows: NDArray[np.int64], answers: NDArray[np.int64]) -> NDArray[np.float32]:
        return occlusion(network, images.pixels, images.rows[rows], answers, preprocessing=preprocessing)

    return covered
