"""The sky of a run: catalogue, new, quarantined and test cells. Draws; finds no neighbours, stores nothing.

Each pixel asks which HEALPix cell it lies in, so cells have their true shape anywhere, at the map's edge too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cosmic.facts import ArrayFile, Facts
from cosmic.facts.file import read_array
from cosmic.reporting import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CENTRE: Final = 180.0
"""Right ascension at the middle of the map, degrees; it grows to the left, as on the sky."""
FIELD: Final = 11.0
"""Height of the close-up, degrees."""
_OVERSAMPLING: Final = 2
_MANY: Final = 800
"""Cells with quarantined rows that are still drawn as dots; more are painted."""
_LABELS_AT: Final = -31.0
"""Declination of the labels of right ascension, degrees: the survey has nothing there."""
_PARENT_SHIFT: Final = 8
"""Bits between a cell and its ancestor four levels up in nested order: the close-up is drawn around one of those."""


@dataclass(frozen=True, slots=True)
class SkyPictures:
    """The whole sky, and a close-up in which single cells can be seen."""

    whole: style.Picture
    close: style.Picture


@dataclass(frozen=True, slots=True)
class _Layers:
    """Counts per cell: each an array of the length of the grid."""

    nside: int
    catalogue: NDArray[np.int64]
    new: NDArray[np.int64]
    test: NDArray[np.int64]
    quarantined: NDArray[np.int64]


def sky_pictures(facts: Facts, folder: Path, *, width: int = 560) -> SkyPictures | None:
    """Return the sky of a run from the arrays in `folder`, or None where no object has a position.

    Raises
    ------
    ArtefactCorrupt
        If an array is missing or has changed.
    """
    if facts.sky is None or facts.sky.catalogue is None or facts.sky.catalogue.rows == 0:
        return None
    nside = facts.sky.nside
    layers = _Layers(
        nside,
        *(
            _dense(each, folder, nside)
            for each in (facts.sky.catalogue, facts.run.sky_new, facts.sky.test, facts.sky.quarantined)
        ),
    )
    return SkyPictures(_whole(layers, width), _close(layers, width // 2))


def _whole(layers: _Layers, width: int) -> style.Picture:
    from matplotlib.projections.geo import MollweideAxes

    height = width // 2
    half_x, half_y = 2 * np.sqrt(2), np.sqrt(2)
    x = (np.arange(width * _OVERSAMPLING) + 0.5) / (width * _OVERSAMPLING) * 2 * half_x - half_x
    y = half_y - (np.arange(height * _OVERSAMPLING) + 0.5) / (height * _OVERSAMPLING) * 2 * half_y
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    inside = (grid[:, 0] / half_x) ** 2 + (grid[:, 1] / half_y) ** 2 < 1
    lon_lat = MollweideAxes.InvertedMollweideTransform(1).transform(grid[inside])
    cells = np.full(len(grid), -1)
    cells[inside] = _cells(CENTRE - np.degrees(lon_lat[:, 0]), np.degrees(lon_lat[:, 1]), layers.nside)
    image = _painted(cells.reshape(len(y), len(x)), layers, stripe=4)
    flat = MollweideAxes.MollweideTransform(60)
    marked = _dots(layers)

    def draw(figure: Figure) -> None:
        figure.set_layout_engine("none")
        frame = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        frame.imshow(image, extent=(-half_x, half_x, -half_y, half_y), interpolation="nearest", aspect="auto")
        for ra in range(0, 360, 60):
            lon = np.full(61, np.radians(_offset(ra)))
            line = flat.transform(np.stack([lon, np.radians(np.linspace(-90, 90, 61))], axis=1))
            frame.plot(line[:, 0], line[:, 1], color=style.SOFT, lw=0.5, alpha=0.5)
            if ra:
                x_label, y_label = flat.transform([[lon[0], np.radians(_LABELS_AT)]])[0]
                frame.text(x_label, y_label, f" {ra}°", fontsize=10, color=style.SOFT, va="top")
        for dec in (-60, -30, 0, 30, 60):
            lon = np.radians(np.linspace(-180, 180, 61))
            line = flat.transform(np.stack([lon, np.full(61, np.radians(dec))], axis=1))
            frame.plot(line[:, 0], line[:, 1], color=style.SOFT, lw=0.5, alpha=0.5)
            if dec:
                frame.text(line[0, 0], line[0, 1], f" {dec:+d}°", fontsize=10, color=style.SOFT, va="center")
        angle = np.linspace(0, 2 * np.pi, 200)
        frame.plot(half_x * np.cos(angle), half_y * np.sin(angle), color=style.SOFT, lw=0.9)
        if len(marked):
            lon, lat = _centres(marked, layers.nside)
            at = flat.transform(np.radians(np.stack([_offset(lon), lat], axis=1)))
            frame.plot(at[:, 0], at[:, 1], ls="", marker="o", ms=3.4, mfc=style.BAD, mec=style.PAPER, mew=0.5)
        frame.set(xlim=(-half_x * 1.005, half_x * 1.005), ylim=(-half_y * 1.01, half_y * 1.01))
        frame.set_axis_off()

    alt = (
        "Map of the whole sky in Mollweide projection, right ascension growing to the left: cells of the catalogue in "
        "grey, with new objects in blue, test cells hatched, quarantined rows as red dots."
    )
    return style.picture("sky-whole", width=width, height=height, alt=alt, draw=draw)


def _close(layers: _Layers, width: int) -> style.Picture:
    from matplotlib.ticker import MaxNLocator

    ra0, dec0 = _interesting(layers)
    stretch = max(np.cos(np.radians(dec0)), 0.2)
    size = width * _OVERSAMPLING
    ra = ra0 + (0.5 - (np.arange(size) + 0.5) / size) * FIELD / stretch
    dec = np.clip(dec0 + (0.5 - (np.arange(size) + 0.5) / size) * FIELD, -90, 90)
    lon, lat = np.meshgrid(ra, dec)
    cells = _cells(lon.ravel(), lat.ravel(), layers.nside).reshape(size, size)
    image = _painted(cells, layers, stripe=12)
    image[_edges(cells)] = (255, 255, 255, 255)
    marked = _dots(layers)

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        frame.imshow(image, extent=(ra[0], ra[-1], dec[-1], dec[0]), interpolation="nearest", aspect="auto")
        if len(marked):
            x, y = _centres(marked, layers.nside)
            x = ra0 + (x - ra0 + 180) % 360 - 180
            frame.plot(x, y, ls="", marker="o", ms=6, mfc=style.BAD, mec=style.PAPER, mew=0.8)
        frame.set(xlim=(ra[0], ra[-1]), ylim=(dec[-1], dec[0]), xlabel="RA [°]", ylabel="Dec [°]")
        frame.xaxis.set_major_locator(MaxNLocator(3, integer=True))
        frame.xaxis.set_major_formatter(lambda value, _: f"{value % 360:.0f}")
        frame.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        frame.grid(visible=False)

    alt = "Close-up of the sky: single cells, those of the test part hatched."
    return style.picture("sky-close", width=width, height=width, alt=alt, draw=draw)


def _painted(cells: NDArray[np.int64], layers: _Layers, *, stripe: int) -> NDArray[np.uint8]:
    """The colour of each pixel, RGBA; `stripe` is the period of the hatch in pixels; cell -1 is outside the sky."""
    image = np.zeros((*cells.shape, 4), dtype=np.uint8)
    seen = np.where(cells >= 0, layers.catalogue[cells], 0)
    image[cells >= 0] = (246, 248, 250, 255)
    depth = np.log1p(seen) / np.log1p(max(int(layers.catalogue.max()), 2))
    fresh = np.where(cells >= 0, layers.new[cells], 0) > 0
    for mask, light, dark in (
        ((seen > 0) & ~fresh, (206, 212, 219), (132, 143, 156)),
        (fresh, (150, 197, 238), (24, 104, 180)),
    ):
        shade = depth[mask][:, None]
        image[mask, :3] = (1 - shade) * np.array(light) + shade * np.array(dark)
    row, column = np.indices(cells.shape)
    refused = np.where(cells >= 0, layers.quarantined[cells], 0) > 0
    if np.count_nonzero(layers.quarantined) > _MANY:
        image[refused, :3] = (200, 50, 31)
    hatch = ((row + column) % stripe) < max(1, stripe // 4)
    image[hatch & (cells >= 0) & (np.where(cells >= 0, layers.test[cells], 0) > 0), :3] = (29, 39, 51)
    return image


def _dots(layers: _Layers) -> NDArray[np.int64]:
    """Cells with quarantined rows, where they are few enough for dots."""
    marked = np.flatnonzero(layers.quarantined)
    return marked if len(marked) <= _MANY else marked[:0]


def _edges(cells: NDArray[np.int64]) -> NDArray[np.bool_]:
    edge = np.zeros(cells.shape, dtype=bool)
    edge[:-1] |= cells[:-1] != cells[1:]
    edge[:, :-1] |= cells[:, :-1] != cells[:, 1:]
    return edge


def _interesting(layers: _Layers) -> tuple[float, float]:
    """Right ascension and declination of the part of the sky that shows most: test, new and occupied cells."""
    shift = min(_PARENT_SHIFT, 2 * (layers.nside.bit_length() - 1))
    parents = np.arange(len(layers.catalogue)) >> shift
    kinds = [np.bincount(parents, weights=layer > 0) for layer in (layers.catalogue, layers.test, layers.quarantined)]
    new = np.bincount(parents, weights=layers.new > 0)
    score = kinds[0] + 2 * kinds[1] + 8 * np.minimum(kinds[2], 1) + 2 * np.minimum(new, kinds[0] - new)
    ra, dec = _centres(np.array([int(np.argmax(score))]), layers.nside >> (shift // 2))
    return float(ra[0]), float(dec[0])


def _offset(ra: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitude on the map, degrees: zero at its middle, growing to the right as right ascension falls."""
    return np.asarray((CENTRE - ra + 180) % 360 - 180)


def _cells(ra: NDArray[np.float64], dec: NDArray[np.float64], nside: int) -> NDArray[np.int64]:
    from astropy import units
    from astropy_healpix import lonlat_to_healpix

    return np.asarray(lonlat_to_healpix(ra * units.deg, dec * units.deg, nside, order="nested"), dtype=np.int64)


def _centres(cells: NDArray[np.int64], nside: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from astropy_healpix import healpix_to_lonlat

    lon, lat = healpix_to_lonlat(cells, nside, order="nested")
    return np.degrees(np.asarray(lon)), np.degrees(np.asarray(lat))


def _dense(ref: ArrayFile | None, folder: Path, nside: int) -> NDArray[np.int64]:
    counts = np.zeros(12 * nside * nside, dtype=np.int64)
    if ref is not None:
        pairs = read_array(ref, folder)
        counts[pairs[:, 0]] = pairs[:, 1]
    return counts
