"""Labelled images of three kinds of drawn galaxies, small and quick to learn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from cosmic.images.data import LabelledImages
from cosmic.images.records import ImageData, Pixels, Scheme
from cosmic.records import Sky, SplitName
from tests.images.drawn import arms, picture, sersic

NAMES = ("disc", "edge-on", "spiral")
SIDE = 48


def drawn(n: int = 90, *, seed: int = 0) -> LabelledImages:
    """Return n images with noise, a third of each kind; every third one is of each part, and two are not labelled."""
    rng = np.random.default_rng(seed)
    images, codes = [], []
    for at in range(n + 2):
        kind = at % 3
        size, angle = rng.uniform(4, 7), rng.uniform(0, np.pi)
        layer = (
            sersic(side=SIDE, half_light=size, angle=angle, ratio=rng.uniform(0.7, 1.0))
            if kind == 0
            else sersic(side=SIDE, half_light=2 * size, angle=angle, ratio=rng.uniform(0.12, 0.3))
            if kind == 1
            else arms(2, side=SIDE, winding=rng.uniform(2, 4))
        )
        images.append(picture(layer, noise=3.0, seed=at))
        codes.append(kind)
    rows = np.arange(1, n + 1)
    return LabelledImages(
        pixels=np.concatenate(images),
        rows=rows,
        codes=np.array(codes)[rows],
        part=((rows // 3) % 3).astype(np.int8),
        names=NAMES,
        table=pa.table({"image": [f"{row}.jpg" for row in rows.tolist()]}),
    )


def with_other_test_labels(data: LabelledImages) -> LabelledImages:
    """Return the same images with other labels in the test part."""
    codes = np.where(data.part == 2, (data.codes + 1) % 3, data.codes)
    return replace(data, codes=codes)


def record(folder: Path, *, images: int = 92) -> ImageData:
    """Return the record of `drawn`; its files do not exist."""
    pixels = Pixels(
        id="p" * 64, path=folder / "pixels.npy", rows=folder / "rows.parquet", bad=folder / "bad.parquet", images=images,
        size=SIDE, crop=1.0, sky=Sky.SIMULATED, origin="drawn",
    )  # fmt: skip
    return ImageData(
        id="d" * 64, path=folder / "data.parquet", pixels=pixels, scheme=Scheme.GIVEN, split=SplitName.SKY, names=NAMES
    )
