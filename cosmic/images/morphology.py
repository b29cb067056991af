"""Numbers of shape of galaxies: about 150 of each image, computed once and kept by the pixels they are of. Fits nothing.

Two public libraries measure such numbers and were tried on real images: `docs/dependencies.md` has their cost. The
formulas here follow the papers that the functions of `light` and `rings` name.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosmic import array_files, artefacts
from cosmic.errors import ConfigError
from cosmic.images import central as central_module
from cosmic.images import light as light_module
from cosmic.images import rings as rings_module
from cosmic.images.central import Central, Flaw, Numbers, central
from cosmic.images.light import WHOLE, apertures, asymmetry, concentration, gini_m20, growth, log_ratio, smoothness
from cosmic.images.rings import (
    COLOURS,
    binned,
    clumps,
    colours,
    fixed_rings,
    fourier,
    isophotes,
    neighbours,
    peaks,
    round_growth,
    thickness,
)

TOGETHER: Final = 8
"""Images measured at once: an array of them stays in a core's own cache, which is half again as fast as 64."""
PART: Final = 128 * TOGETHER
"""Images whose numbers are kept in one file: some seconds of work."""
SHAPES: Final = "shapes"
"""Folder, below that of the pictures, of numbers that were measured."""
SMALLEST: Final = 32
"""Pixels a side that an image needs."""
_log = logging.getLogger(__name__)
_EVERY: Final = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """Numbers of shape of n images.

    Parameters
    ----------
    names : tuple of str
        What each of the d columns is.
    values : numpy.ndarray
        float32, shape (n, d); finite throughout.
    flaws : numpy.ndarray
        uint8, shape (n,): sums of `cosmic.images.central.Flaw`; 0 where nothing is wrong.
    cpu_s : float
        What measuring them took, s of one core, where they were kept.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    flaws: NDArray[np.uint8]
    cpu_s: float = 0.0


def measure(images: NDArray[np.uint8], *, report: Callable[[int], object] | None = None) -> Shapes:
    """Return the numbers of shape of images, uint8, shape (n, s, s, 3), in memory that n does not change.

    Where no galaxy stands above the sky all numbers are what an empty image has, and the flaw says so.

    Parameters
    ----------
    report : callable, optional
        Told the number of images measured after each batch.

    Raises
    ------
    ConfigError
        If the images are too small to measure.
    """
    if images.ndim != 4 or images.shape[3] != 3 or images.shape[1] != images.shape[2]:
        raise ConfigError(f"images have the shape (n, s, s, 3), not {images.shape}.")
    if images.shape[1] < SMALLEST:
        raise ConfigError(
            f"images of {images.shape[1]} pixels a side are too small for numbers of shape, which need {SMALLEST}; "
            "decode them at a larger size."
        )
    names = tuple(_batch(np.zeros((1, *images.shape[1:]), np.uint8))[0])
    values = np.empty((len(images), len(names)), np.float32)
    flaws = np.empty(len(images), np.uint8)
    for start in range(0, len(images), TOGETHER):
        of = slice(start, min(start + TOGETHER, len(images)))
        named, flaws[of] = _batch(np.asarray(images[of]))
        values[of] = np.column_stack([named[name] for name in names])
        if report is not None:
            report(of.stop)
    return Shapes(names, values, flaws)


def _batch(images: NDArray[np.uint8]) -> tuple[dict[str, Numbers], NDArray[np.uint8]]:
    from scipy.ndimage import uniform_filter

    found: Central = central(images)
    shape, major, minor, radius = apertures(found)
    curve = growth(found.alone, radius, shape.ratio)
    size = curve.petrosian
    radii, total = round_growth(found)
    scaled = radius / size.astype(np.float32)[:, None, None]
    smooth = uniform_filter(found.light, (0, 3, 3), mode="nearest")
    named: dict[str, Numbers] = {
        "axis_ratio": shape.ratio,
        "major": shape.major,
        "petrosian": size,
        "concentration": concentration(radii),
        "concentration_elliptical": concentration(curve.radii),
        "r90_r50": log_ratio(radii[:, 3], radii[:, 1]),
        "r50": radii[:, 1],
        "r90": radii[:, 3],
        "brightness": np.log10(np.maximum(total, 1.0)),
        "surface_brightness": np.log10(np.maximum(total / np.maximum(np.pi * radii[:, 1] ** 2, 1.0), 0.1)),
        "noise": found.noise.astype(np.float64),
        "offset": found.offset.astype(np.float64),
        "smoothness": smoothness(found.light, radius, size, found.noise),
    }
    named |= asymmetry(found.light, scaled < WHOLE, found.noise)
    named |= {f"{name}_inner": value for name, value in asymmetry(found.light, scaled < 0.5, found.noise).items()}
    rows = np.arange(len(images))
    faint = curve.mean[rows, np.minimum(size.astype(np.int64), curve.mean.shape[1] - 1)].astype(np.float32)
    named |= gini_m20(found.light, found.joined & (smooth > faint[:, None, None]))
    named |= {f"{name}_alone": value for name, value in gini_m20(found.alone, found.own).items()}
    named |= fixed_rings(found.alone)
    ring = binned(radius, size, COLOURS)
    named |= colours(found.bands, ring)
    named |= fourier(found.alone, major, minor, shape, size)
    named |= clumps(found.light, radius, ring, curve.mean)
    named |= thickness(found.alone, found.own, major, minor, size)
    named |= isophotes(smooth, found.joined, shape)
    named |= peaks(smooth, found.joined, radius, size, found.noise)
    named |= neighbours(found)
    flaws = found.flaws | np.where(curve.found, 0, Flaw.NO_PETROSIAN_RADIUS).astype(np.uint8)
    return named, flaws


def starts(n: int) -> range:
    """Return where each part of n images begins: what is measured and kept together, whoever measures it."""
    return range(0, n, PART)


def kept_part(pixels: NDArray[np.uint8], start: int, *, pixels_id: str, folder: Path) -> Path:
    """Return the file in `folder` with the numbers of one part of these pixels, measuring them unless it is there.

    Its name is a digest of the pixels' id, of the place of the part and of the code that measures, so a change of any
    measures anew.

    Parameters
    ----------
    pixels : numpy.ndarray
        uint8, shape (N, s, s, 3), such as a memory map.
    start : int
        Where the part begins: one of `starts`.
    pixels_id : str
        What they are known by.
    """
    name = hashlib.sha256(json.dumps([pixels_id, start, PART, _code()]).encode()).hexdigest()[:32]
    path = folder / f"shapes-{name}.npz"
    if not artefacts.intact(path):
        begun = time.thread_time()
        shapes = measure(pixels[start : start + PART])
        artefacts.write(path, lambda part: _write(part, shapes, time.thread_time() - begun))
    return path


def kept(pixels: NDArray[np.uint8], *, pixels_id: str, folder: Path) -> tuple[Path, ...]:
    """Return the files with the numbers of all these pixels, one after the other; what is there is not measured again."""
    begun = said = time.perf_counter()
    found: list[Path] = []
    for start in starts(len(pixels)):
        found.append(kept_part(pixels, start, pixels_id=pixels_id, folder=folder))
        if (now := time.perf_counter()) - said > _EVERY:
            said = now
            done = min(start + PART, len(pixels))
            left = (now - begun) / done * (len(pixels) - done)
            _log.info("numbers of shape: %d of %d images, %.0f s left", done, len(pixels), left)
    return tuple(found)


def read(paths: Sequence[Path]) -> Shapes:
    """Return the numbers in files of `kept`, in their order.

    Raises
    ------
    ArtefactCorrupt
        If a file is missing or changed.
    """
    parts = [array_files.load_all(artefacts.check(path)) for path in paths]
    return Shapes(
        tuple(parts[0]["names"].tolist()),
        np.concatenate([part["values"] for part in parts]),
        np.concatenate([part["flaws"] for part in parts]),
        cpu_s=float(sum(part["cpu_s"] for part in parts)),
    )


def _write(path: Path, shapes: Shapes, cpu_s: float) -> None:
    with path.open("wb") as file:
        np.savez(file, names=np.array(shapes.names), values=shapes.values, flaws=shapes.flaws, cpu_s=np.array(cpu_s))


def _code() -> str:
    sources = (central_module.__file__, light_module.__file__, rings_module.__file__, __file__)
    return hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()
