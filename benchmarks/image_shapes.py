"""What numbers of shape and the label ceiling cost: `python -m benchmarks.image_shapes [--images FOLDER] [--libraries]`.

CPU-seconds of this process, one thread. Without a folder galaxies are drawn. `--libraries` measures statmorph and photutils
on 50 of the same images, where they are installed; Cosmic itself does not need them.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEW = 50
_CROP = 240 / 424


def main() -> None:
    """Print a line for each measurement."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.image_shapes", description=__doc__)
    parser.add_argument("--images", type=Path, help="a folder of JPEGs")
    parser.add_argument("--side", type=int, default=96, help="pixels a side (default 96)")
    parser.add_argument("--count", type=int, default=512, help="images (default 512)")
    parser.add_argument("--galaxies", type=int, default=20_000, help="galaxies whose votes are redrawn (default 20000)")
    parser.add_argument("--libraries", action="store_true", help="statmorph and photutils too")
    given = parser.parse_args()
    images = _read(given.images, given.side, given.count) if given.images else _drawn(given.side, given.count)
    print(f"{'what':34}{'n':>8}{'CPU-s':>9}{'n/CPU-s':>10}")
    _shapes(images)
    _ceiling(given.galaxies)
    if given.libraries:
        _libraries(images[:FEW])
    unit = 1e6 if sys.platform == "darwin" else 1e3
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit:,.0f} MB")


def _timed(what: str, n: int, work: Callable[[], object]) -> None:
    started = time.process_time()
    work()
    spent = time.process_time() - started
    print(f"{what:34}{n:8,}{spent:9.2f}{n / spent:10,.0f}")


def _shapes(images: NDArray[np.uint8]) -> None:
    from cosmic.images.morphology import measure

    measure(images[:1])
    _timed(f"numbers of shape, {images.shape[1]} px", len(images), lambda: measure(images))


def _ceiling(galaxies: int) -> None:
    import pyarrow as pa

    from cosmic.galaxyzoo.grammar import LABELS
    from cosmic.galaxyzoo.volunteers import simulate_votes
    from cosmic.galaxyzoo.votes import best_fractions
    from cosmic.images.ceiling import DRAWS, ceiling
    from cosmic.images.records import Scheme

    table = simulate_votes(pa.array(np.random.default_rng(0).choice(LABELS, galaxies).tolist()), seed=0)
    fractions, total = best_fractions(table), table["total_classifications"].to_numpy().astype(np.int64)
    _timed(
        f"label ceiling, {DRAWS} draws, 3 truths", galaxies,
        lambda: ceiling(fractions, total, scheme=Scheme.HUBBLE14, names=LABELS, seed=0, source="simulated"),
    )  # fmt: skip


def _libraries(images: NDArray[np.uint8]) -> None:
    from scipy import ndimage

    warnings.simplefilter("ignore")  # both warn of whatever they cannot measure
    light = images.astype(float).mean(axis=-1)
    middle = light.shape[1] // 2
    made = []
    for one in light:
        frame = np.concatenate([one[:8].ravel(), one[-8:].ravel(), one[:, :8].ravel(), one[:, -8:].ravel()])
        sky = np.median(frame)
        noise = 1.4826 * np.median(np.abs(frame - sky)) + 0.5
        numbers, _ = ndimage.label(ndimage.uniform_filter(one - sky, 5) > 1.5 * noise)
        if numbers[middle, middle]:
            made.append((one - sky, (numbers == numbers[middle, middle]).astype(int), noise))
    for name, measured in (("statmorph", _statmorph), ("photutils", _photutils)):
        if importlib.util.find_spec(name) is None:
            print(f"{name:34}not installed")
        else:
            _timed(name, len(made), lambda measured=measured: [measured(*one) for one in made])


def _statmorph(light: NDArray[np.float64], own: NDArray[np.int64], noise: float) -> Any:
    import statmorph

    return statmorph.source_morphology(light, own, weightmap=np.full(light.shape, noise))


def _photutils(light: NDArray[np.float64], own: NDArray[np.int64], noise: float) -> Any:
    from photutils.segmentation import SegmentationImage, SourceCatalog, deblend_sources, detect_sources

    found = detect_sources(light, 1.5 * noise, 10)
    if found is not None:
        deblend_sources(light, found, 10, progress_bar=False)
    catalogue = SourceCatalog(light, SegmentationImage(own))
    return catalogue.gini, catalogue.ellipticity, [catalogue.fluxfrac_radius(part) for part in (0.2, 0.5, 0.8, 0.9)]


def _drawn(side: int, count: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    steps = np.arange(side) - (side - 1) / 2
    x, y = np.meshgrid(steps, steps)
    images = np.empty((count, side, side, 3), np.uint8)
    for one in images:
        angle, ratio, size = rng.uniform(0, np.pi), rng.uniform(0.15, 1), rng.uniform(0.05, 0.15) * side
        across = (y * np.cos(angle) - x * np.sin(angle)) / ratio
        light = 180 * np.exp(-np.hypot(x * np.cos(angle) + y * np.sin(angle), across) / size)
        one[:] = np.clip(light[..., None] + 3 * rng.standard_normal(one.shape), 0, 255)
    return images


def _read(folder: Path, side: int, count: int) -> NDArray[np.uint8]:
    from PIL import Image

    images = np.empty((min(count, len(list(folder.glob("*.jpg")))), side, side, 3), np.uint8)
    for one, path in zip(images, sorted(folder.glob("*.jpg")), strict=False):
        with Image.open(path) as image:
            wide = round(image.width * _CROP)
            edge = (image.width - wide) // 2
            box = (edge, edge, edge + wide, edge + wide)
            one[:] = np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR, box=box))
    return images


if __name__ == "__main__":
    main()
