"""The simulated sky as a table of raw rows, with SDSS's names, precision and marks for what is missing.

Draws the blocks of a sky one after another, so a large one needs the memory of one block where it is streamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.columns import BANDS, CLASSES, SENTINEL
from cosmic.errors import ConfigError
from cosmic.planted import MOST_NIGHTS
from cosmic.simulation import elodie, footprint, photometry, population, spectroscopy
from cosmic.simulation.morphology import block_votes, hubble_labels
from cosmic.simulation.population import EXTINCTION, STUDY_SHARES, Population, Shares
from cosmic.simulation.spectroscopy import SUBCLASSES, TARGETS
from cosmic.simulation.streams import Booleans, Component, Floats, Integers, stream

GENERATOR_VERSION: Final = "2"
"""Raised whenever the same seed and rows give other values."""

UNKNOWN_SUBCLASSES: Final = ("M10V (999999)", "K2p (Barnard)", "PECULIAR", "WDE", "sdO?")
"""Strings that no pipeline writes, so that quarantine has work."""
UNKNOWN_RATE: Final = 1e-4
"""Share of rows with one of them."""
SENTINEL_RATE: Final = 2e-4
"""Share of magnitudes that were not measured, in each band."""

_MOST_BLOCKS: Final = -(-footprint.MOST_ROWS // footprint.BLOCK)
_SYSTEMS: Final = ("modelMag", "psfMag", "cModelMag")
_FLOAT, _INTEGER, _TEXT = pa.float64(), pa.int64(), pa.string()

COLUMNS: Final = pa.schema(
    [
        ("specObjID", pa.uint64()), ("bestObjID", _INTEGER), ("plate", _INTEGER), ("mjd", _INTEGER),
        ("fiberID", _INTEGER), ("ra", _FLOAT), ("dec", _FLOAT),
        ("z", _FLOAT), ("zErr", _FLOAT), ("zWarning", _INTEGER), ("class", _TEXT), ("subClass", _TEXT),
        ("sourceType", _TEXT), ("class_noqso", _TEXT),
        ("elodieSpType", _TEXT), ("elodieBV", _FLOAT), ("elodieTEff", _FLOAT), ("elodieFeH", _FLOAT),
        ("type", _INTEGER), ("clean", _INTEGER), ("mode", _INTEGER), ("score", _FLOAT), ("probPSF", _FLOAT),
        *((f"{system}_{band}", _FLOAT) for system in _SYSTEMS for band in BANDS),
        ("petroMag_r", _FLOAT), ("petroR50_r", _FLOAT), ("petroR90_r", _FLOAT),
        *((f"extinction_{band}", _FLOAT) for band in BANDS),
        ("gz2_class", _TEXT), ("gz2_source", _TEXT), ("sciencePrimary", _INTEGER),
    ]
)  # fmt: skip
"""Columns of a simulated sky, as a SkyServer query would name and order them. ``z`` is the redshift."""


def simulate(*, rows: int, seed: int, shares: Shares = STUDY_SHARES, night: int = 0) -> pa.Table:
    """Return the raw rows of a simulated sky.

    The same rows, seed and shares give the same values on every run; a sky of fewer rows is another sky, not the
    beginning of this one. Values are rounded to SDSS's decimals, which hides the last bits in which processors differ.

    Parameters
    ----------
    rows : int
        Objects, from 1 to `footprint.MOST_ROWS`.
    seed : int
        Not negative.
    shares : Shares
        How many of each class; the published study's by default.
    night : int
        Each night of a sky has other rows of the same population on the same plates, and repeats no row of another one.

    Returns
    -------
    pyarrow.Table
        `rows` rows of `COLUMNS`: magnitudes in mag, angles in deg, radii in arcsec. specObjID is exact.

    Raises
    ------
    ConfigError
        If rows, seed or shares are outside their limits.
    """
    return pa.Table.from_batches(simulate_blocks(rows=rows, seed=seed, shares=shares, night=night), schema=COLUMNS)


def simulate_blocks(*, rows: int, seed: int, shares: Shares = STUDY_SHARES, night: int = 0) -> Iterator[pa.RecordBatch]:
    """Yield the rows of `simulate` in blocks of at most `footprint.BLOCK`."""
    if not 1 <= rows <= footprint.MOST_ROWS:
        raise ConfigError(f"A simulated sky of {rows} rows cannot be made: choose 1 to {footprint.MOST_ROWS} rows.")
    if seed < 0:
        raise ConfigError(f"A simulated sky cannot have the seed {seed}: choose 0 or more.")
    weights = (shares.galaxy, shares.quasar, shares.star)
    if min(weights) < 0 or not 0 < sum(weights) < np.inf:
        raise ConfigError(
            f"Class shares {weights} cannot be drawn from: none may be negative, and one must be positive."
        )
    if not 0 <= night <= MOST_NIGHTS or (night + 1) * _blocks_of(rows) > _MOST_BLOCKS:
        raise ConfigError(
            f"Night {night} of a simulated sky of {rows} rows a night cannot be made: it would be dated in the future. "
            f"Choose a night from 0 to {min(MOST_NIGHTS, _MOST_BLOCKS // _blocks_of(rows) - 1)}."
        )
    return _blocks(rows, seed, shares, night)


def _blocks_of(rows: int) -> int:
    return -(-rows // footprint.BLOCK)


def _parts(rows: int, night: int) -> Iterator[tuple[int, int]]:
    """Yield the number and the size of each block of a night. Each block of a sky is observed on a date of its own."""
    for part in range(_blocks_of(rows)):
        yield night * _blocks_of(rows) + part, min(footprint.BLOCK, rows - part * footprint.BLOCK)


@dataclass(frozen=True, slots=True, eq=False)
class ShownGalaxies:
    """Galaxies of a block of the sky that were shown to volunteers.

    Parameters
    ----------
    spec_obj_id : pyarrow.Array
        Text, shape (n,).
    votes : pyarrow.Table
        In `cosmic.galaxyzoo.votes.SCHEMA`; their strings are the ``gz2_class`` of the sky's rows.
    labels : pyarrow.Array
        Text, shape (n,): their true labels, which no page has.
    r, r90 : array, shape (n,)
        Magnitude, and the radius of 90 % of the light, arcsec.
    """

    spec_obj_id: pa.Array
    votes: pa.Table
    labels: pa.Array
    r: Floats
    r90: Floats


def simulate_sky_votes(
    *, rows: int, seed: int, shares: Shares = STUDY_SHARES, night: int = 0
) -> Iterator[tuple[pa.Array, pa.Table]]:
    """Yield, block by block, the specObjID (text) and the votes of each galaxy of the sky that was shown to volunteers."""
    for block, people, place in _placed(rows, seed, shares, night):
        votes = block_votes(people, seed=seed, block=block)
        ids = pa.array(place.spec_obj_id).cast(pa.string()).take(votes["row"].combine_chunks())
        yield ids, votes.drop_columns(["row"])


def simulate_shown_galaxies(
    *, rows: int, seed: int, shares: Shares = STUDY_SHARES, night: int = 0
) -> Iterator[ShownGalaxies]:
    """Yield, block by block, what there is to draw of each galaxy of the sky that was shown to volunteers."""
    for block, people, place in _placed(rows, seed, shares, night):
        votes = block_votes(people, seed=seed, block=block)
        own = votes["row"].to_numpy()
        noise = stream(seed, block=block, component=Component.NOISE)
        seen = photometry.observe(people.magnitudes, people.size, people.hue, noise)
        yield ShownGalaxies(
            spec_obj_id=pa.array(place.spec_obj_id).cast(pa.string()).take(pa.array(own)),
            votes=votes.drop_columns(["row"]),
            labels=pa.array(hubble_labels(people, seed=seed, block=block)[own]),
            r=people.magnitudes[own, BANDS.index("r")],
            r90=seen.r90[own],
        )


def _placed(rows: int, seed: int, shares: Shares, night: int) -> Iterator[tuple[int, Population, footprint.Placement]]:
    """Yield each block of the sky: its number, its objects, and where they are."""
    plates = footprint.lay_plates(rows, seed=seed)
    for block, size in _parts(rows, night):
        people = population.populate(size, seed=seed, block=block, shares=shares)
        survey = spectroscopy.assign_surveys(people, stream(seed, block=block, component=Component.SPECTRA))
        yield block, people, footprint.place(survey, plates, seed=seed, block=block)


def _blocks(rows: int, seed: int, shares: Shares, night: int) -> Iterator[pa.RecordBatch]:
    plates = footprint.lay_plates(rows, seed=seed)
    for block, size in _parts(rows, night):
        people = population.populate(size, seed=seed, block=block, shares=shares)
        spectra = stream(seed, block=block, component=Component.SPECTRA)
        survey = spectroscopy.assign_surveys(people, spectra)
        place = footprint.place(survey, plates, seed=seed, block=block)
        dimmed = people.magnitudes + (place.dust - footprint.MEDIAN_DUST)[:, None] * EXTINCTION
        noise = stream(seed, block=block, component=Component.NOISE)
        seen = photometry.observe(dimmed, people.size, people.hue, noise)
        verdicts = spectroscopy.judge(people, survey, spectra)
        star = elodie.fit(people, stream(seed, block=block, component=Component.ELODIE))
        flaws = stream(seed, block=block, component=Component.FLAWS)
        columns = {
            **_identity(place),
            **_spectrum(people, verdicts, flaws),
            **_elodie(star),
            **_imaging(seen, flaws),
            **_extinction(place.dust),
            **_volunteers(people, seed=seed, block=block),
            "sciencePrimary": pa.repeat(1, size),
        }
        yield pa.record_batch([columns[name] for name in COLUMNS.names], schema=COLUMNS)


def _identity(place: footprint.Placement) -> dict[str, pa.Array]:
    return {
        "specObjID": pa.array(place.spec_obj_id),
        "bestObjID": pa.array(place.best_obj_id),
        "plate": pa.array(place.plate),
        "mjd": pa.array(place.mjd),
        "fiberID": pa.array(place.fibre),
        "ra": pa.array(place.ra),
        "dec": pa.array(place.dec),
    }


def _spectrum(people: Population, verdicts: spectroscopy.Verdicts, rng: np.random.Generator) -> dict[str, pa.Array]:
    names = (*SUBCLASSES, *population.star_names(), *UNKNOWN_SUBCLASSES)
    subclass = np.where(people.star_type >= 0, len(SUBCLASSES) + people.star_type, verdicts.subclass)
    unknown = np.flatnonzero(rng.random(len(subclass)) < UNKNOWN_RATE)
    subclass[unknown] = len(names) - 1 - np.floor(rng.random(len(unknown)) * len(UNKNOWN_SUBCLASSES)).astype(np.int64)
    return {
        "z": pa.array(np.round(people.redshift, 7)),
        "zErr": pa.array(np.round(verdicts.redshift_error, 9)),
        "zWarning": pa.array(verdicts.warning),
        "class": _named(people.kind, CLASSES),
        "subClass": _named(subclass, names),
        "sourceType": _named(verdicts.target, TARGETS),
        "class_noqso": _named(verdicts.noqso, (*CLASSES, "")),
        "clean": pa.array(verdicts.clean),
        "mode": pa.array(verdicts.mode),
        "score": pa.array(np.round(verdicts.score, 5)),
    }


def _elodie(star: Integers) -> dict[str, pa.Array]:
    """ELODIE columns; 0 and the empty string where there is no fit, as in SDSS."""
    library = elodie.library()
    return {
        "elodieSpType": _named(star, (*library.types, "")),
        "elodieBV": pa.array(np.append(library.bv, 0.0)[star]),
        "elodieTEff": pa.array(np.append(library.teff, 0.0)[star]),
        "elodieFeH": pa.array(np.append(library.feh, 0.0)[star]),
    }


def _imaging(seen: photometry.Photometry, rng: np.random.Generator) -> dict[str, pa.Array]:
    columns: dict[str, pa.Array] = {
        "type": pa.array(np.where(seen.extended, 3, 6)),
        "probPSF": pa.array(np.where(seen.extended, 0.0, 1.0)),
    }
    missing = rng.random((len(seen.petro), len(BANDS))) < SENTINEL_RATE
    for system, values in zip(_SYSTEMS, (seen.model, seen.psf, seen.cmodel), strict=True):
        for index, band in enumerate(BANDS):
            columns[f"{system}_{band}"] = _measured(values[:, index], missing[:, index])
    no_profile = missing[:, BANDS.index("r")] | (rng.random(len(seen.petro)) < SENTINEL_RATE)
    columns["petroMag_r"] = _measured(seen.petro, no_profile)
    columns["petroR50_r"] = _measured(seen.r50, no_profile)
    columns["petroR90_r"] = _measured(seen.r90, no_profile)
    return columns


def _extinction(dust: Floats) -> dict[str, pa.Array]:
    return {f"extinction_{band}": pa.array(np.round(dust * k, 5)) for band, k in zip(BANDS, EXTINCTION, strict=True)}


def _volunteers(people: Population, *, seed: int, block: int) -> dict[str, pa.Array]:
    """What volunteers called each galaxy near enough to be shown to them; the empty string elsewhere."""
    votes = block_votes(people, seed=seed, block=block)
    place = pc.index_in(
        pa.array(range(len(people.kind)), pa.int64()), value_set=votes["row"].combine_chunks(), skip_nulls=True
    )
    strings = pc.fill_null(votes["gz2_class"].combine_chunks().take(place), "")
    return {"gz2_class": strings, "gz2_source": pc.if_else(pc.equal(strings, ""), "", "simulated")}


def _measured(values: Floats, missing: Booleans) -> pa.Array:
    """Values to SDSS's five decimals, and its mark where there is none."""
    return pa.array(np.where(missing, SENTINEL, np.round(values, 5)))


def _named(codes: Integers, names: Sequence[str]) -> pa.Array:
    """Strings for codes; -1 is the last name."""
    return pa.array(list(names), _TEXT).take(pa.array(np.where(codes < 0, len(names) - 1, codes)))
