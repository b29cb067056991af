"""Which rows are the same object on the sky, and which the same spectrum. Pure: rows in, links out.

Two questions with two answers. `block` is the unit of the split: everything that belongs together, so that no object
is learned from in one file and tested on in another. `same_as` says that a row repeats another one and is not to be
counted again. Reads and writes nothing; never looks at a label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cosmic.arrays import floats
from cosmic.columns import BANDS
from cosmic.objects import magnitude_digests
from cosmic.roundings import same_photometry

NSIDE: Final = 64
"""HEALPix resolution of the blocks: cells of about 0.84 square degrees, 49,152 on the sky."""
MATCH_ARCSEC: Final = 1.0
"""Rows nearer than this are one object: a spectrograph's fibre is 2 to 3 arcsec wide."""
FILLER: Final = 200
"""A position or five magnitudes that more rows than this share exactly are fillers, constants or coarse roundings:
they say nothing about a row. (The most observed SDSS objects have under 100 spectra at one position.)"""
COLUMNS: Final = ("object_key", "ra", "dec", "plate", "mjd", "fiberid", *BANDS)
"""What linking reads of a row, beside the block it may already have."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_KINDS: Final = ("spec", "pmf", "row")


@dataclass(frozen=True, slots=True)
class Links:
    """How n rows belong together, in the order of the rows.

    Parameters
    ----------
    block : pyarrow.Array
        Text: ``cell:64:…`` or ``row:…``; no nulls.
    same_as : pyarrow.Array
        Text: the key of the row that stands for this one; null where it stands for itself.
    bridged : int
        Groups of rows whose stored members were in several blocks before: what a new row revealed too late.
    """

    block: pa.Array
    same_as: pa.Array
    bridged: int


def link(rows: pa.Table) -> Links:
    """Return how these rows belong together. The order of the rows does not matter.

    Rows belong to one block when they lie within 1 arcsec of each other, when they name the same plate, mjd and
    fibre, or when their five magnitudes are equal, up to rounding (`cosmic.roundings`), and one of them has no
    position; and so does whatever is joined through a chain of these. A block that a row already has never changes,
    and rows that join it take it over; of several, that of a row with a position and then of the best rank. A new
    block is the nested HEALPix cell of the positioned row of the best rank, or the magnitudes where no row has a
    position.

    Rows are the same spectrum when one of these holds and nothing contradicts it: within 1 arcsec and equal mjd;
    within 1 arcsec and equal magnitudes; equal magnitudes and one of them without a position; equal plate, mjd and
    fibre. What contradicts: two values of mjd; two plates or fibres; two specObjID, unless plate, mjd and fibre are
    equal. The row that stands for the others is of the best rank: the best kind of key (``spec:``, ``pmf:``,
    ``row:``) and, among equals, the smallest.

    A position or magnitudes that more than `FILLER` rows share exactly count as none.

    Parameters
    ----------
    rows : pyarrow.Table
        n canonical rows with the columns of `COLUMNS` (optional ones may be absent) and ``block``, text, null in
        rows that are new. ra and dec in deg.
    """
    order = np.argsort(_ranks(rows["object_key"]), kind="stable")
    sky = _Sky.of(rows.take(pa.array(order)))
    members = _components(sky)
    block, bridged = _blocks(sky, members)
    same_as = _representatives(sky, members)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return Links(pa.array(block, pa.string()).take(pa.array(back)), same_as.take(pa.array(back)), bridged)


def belong_to(rows: pa.Table, known: pa.Table) -> npt.NDArray[np.bool_]:
    """Return which rows are objects of `known`, shape (n,).

    They have its key, belong together with one of its rows as in `link`, or have its five magnitudes. A position or
    magnitudes that more than `FILLER` rows share exactly count as none.

    Parameters
    ----------
    rows, known : pyarrow.Table
        Canonical rows with the columns of `COLUMNS` (optional ones may be absent). ra and dec in deg.
    """
    tables = [table.select([name for name in COLUMNS if name in table.column_names]) for table in (known, rows)]
    both = pa.concat_tables(tables, promote_options="default")
    sky = _Sky.of(both.append_column("block", pa.nulls(both.num_rows, pa.string())))
    ours = np.arange(both.num_rows) < known.num_rows
    found = pc.is_in(sky.keys, value_set=known["object_key"]).to_numpy().astype(bool)
    found |= np.isin(sky.photometry, np.unique(sky.photometry[ours & (sky.photometry >= 0)]))
    for group in _components(sky):
        found[group] |= ours[group].any()
    return np.asarray(found[known.num_rows :])


@dataclass(frozen=True, slots=True)
class _Sky:
    """Rows in order of rank (kind of key, then key), as arrays; -1 where an integer is missing.

    `place` and `photometry` number equal positions and equal magnitudes; `near` are pairs of places within 1 arcsec.
    """

    keys: pa.ChunkedArray
    stored: list[str | None]
    ra: Floats
    dec: Floats
    place: Ints
    near: tuple[Ints, Ints]
    digests: pa.Array
    photometry: Ints
    plate: Ints
    mjd: Ints
    fiberid: Ints
    spectrum: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, rows: pa.Table) -> _Sky:
        ra, dec = floats(rows, "ra"), floats(rows, "dec")
        place = np.full(rows.num_rows, -1, np.int64)
        given = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
        _, first, place[given] = np.unique(ra[given] + 1j * dec[given], return_index=True, return_inverse=True)
        place, digests = _without_fillers(place), magnitude_digests(rows)
        exact = _without_fillers(digests.dictionary_encode().indices.to_numpy().astype(np.int64))
        magnitudes = np.column_stack([floats(rows, band) for band in BANDS])
        return cls(
            keys=rows["object_key"],
            stored=rows["block"].to_pylist(),
            ra=ra,
            dec=dec,
            place=place,
            near=_neighbours(ra[given[first]], dec[given[first]]),
            digests=digests,
            photometry=_without_fillers(same_photometry(magnitudes, exact, place < 0)),
            plate=_integers(rows, "plate"),
            mjd=_integers(rows, "mjd"),
            fiberid=_integers(rows, "fiberid"),
            spectrum=pc.starts_with(rows["object_key"], "spec:").to_numpy().astype(bool),
        )


def _without_fillers(codes: Ints) -> Ints:
    known = codes[codes >= 0]
    common = np.append(np.bincount(known, minlength=1) > FILLER, False)  # the last one is for -1
    return np.where(common[codes], -1, codes)


def cells(ra: Floats, dec: Floats) -> Ints:
    """Return the nested HEALPix cell (nside 64) of positions in deg, shape (n,)."""
    from astropy import units
    from astropy_healpix import HEALPix

    grid = HEALPix(nside=NSIDE, order="nested")
    return np.asarray(grid.lonlat_to_healpix(ra * units.deg, dec * units.deg), dtype=np.int64)


def _neighbours(ra: Floats, dec: Floats) -> tuple[Ints, Ints]:
    """Return all pairs (i < j) of distinct positions in deg within `MATCH_ARCSEC` of each other."""
    if len(ra) < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    from astropy import units
    from astropy.coordinates import SkyCoord, search_around_sky

    sky = SkyCoord(ra * units.deg, dec * units.deg)
    first, second, _, _ = search_around_sky(sky, sky, MATCH_ARCSEC * units.arcsec)
    once = first < second
    return first[once], second[once]


def _components(sky: _Sky) -> list[Ints]:
    """Return the groups of two or more rows that belong together, each in order of rank."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(sky.place)
    placed = np.flatnonzero(sky.place >= 0)
    someone = np.full(max(sky.place.max(initial=-1), *(side.max(initial=-1) for side in sky.near)) + 1, -1, np.int64)
    someone[sky.place[placed]] = placed  # a row at each place; -1 at fillers
    ends = np.stack([someone[places] for places in sky.near])
    unplaced = np.zeros(sky.photometry.max(initial=-1) + 2, bool)  # photometry of some row without a position
    unplaced[sky.photometry[(sky.place < 0) & (sky.photometry >= 0)]] = True  # the last one is for -1
    alike = np.flatnonzero(unplaced[sky.photometry])
    known = np.flatnonzero((sky.plate >= 0) & (sky.mjd >= 0) & (sky.fiberid >= 0))
    triples = np.column_stack((sky.plate[known], sky.mjd[known], sky.fiberid[known]))
    exposure = np.unique(triples, axis=0, return_inverse=True)[1].reshape(-1)
    first, second = np.concatenate(
        (
            ends[:, (ends >= 0).all(axis=0)],
            _chains(placed, sky.place[placed]),
            _chains(alike, sky.photometry[alike]),
            _chains(known, exposure),
        ),
        axis=1,
    )
    _, labels = connected_components(
        coo_array((np.ones(len(first), bool), (first, second)), shape=(n, n)), directed=False
    )
    joined = np.unique(np.concatenate((first, second)))
    by_label = joined[np.argsort(labels[joined], kind="stable")]
    return np.split(by_label, np.flatnonzero(np.diff(labels[by_label])) + 1) if len(by_label) else []


def _chains(rows: Ints, groups: Ints) -> Ints:
    """Return pairs that join all rows of the same group, shape (2, pairs)."""
    order = np.argsort(groups, kind="stable")
    same = groups[order][1:] == groups[order][:-1]
    return np.stack((rows[order][:-1][same], rows[order][1:][same]))


def _blocks(sky: _Sky, members: list[Ints]) -> tuple[list[str], int]:
    own = np.array([f"row:{digest}" for digest in sky.digests.to_pylist()], dtype=object)
    placed = np.flatnonzero(sky.place >= 0)
    if len(placed):
        own[placed] = [f"cell:{NSIDE}:{cell}" for cell in cells(sky.ra[placed], sky.dec[placed]).tolist()]
    blocks: list[str] = [stored or new for stored, new in zip(sky.stored, own.tolist(), strict=True)]
    bridged = 0
    for group in members:
        # A row without a position that repeats a positioned one is folded into it later, so its block matters less.
        ranked = group[np.argsort(sky.place[group] < 0, kind="stable")].tolist()
        held = [stored for row in ranked if (stored := sky.stored[row])]
        shared = held[0] if held else str(own[ranked[0]])
        bridged += len(set(held)) > 1
        for row in ranked:
            blocks[row] = sky.stored[row] or shared
    return blocks, bridged


def _representatives(sky: _Sky, members: list[Ints]) -> pa.Array:
    """Return for each row the key of the row that stands for it.

    Rows join, in order of rank, the first set that has a row of the same spectrum and none that contradicts.
    """
    stands_for = np.full(len(sky.place), -1, np.int64)
    pairs = _Pairs(sky)
    for group in members:
        sets: list[list[int]] = []
        for row in group.tolist():
            for others in sets:
                if any(pairs.same(other, row) for other in others) and not any(
                    pairs.contradict(other, row) for other in others
                ):
                    stands_for[row] = others[0]
                    others.append(row)
                    break
            else:
                sets.append([row])
    indices = pa.array(stands_for, mask=stands_for < 0)
    return sky.keys.combine_chunks().take(indices)


class _Pairs:
    """Answers about two rows."""

    def __init__(self, sky: _Sky) -> None:
        first, second = (side.tolist() for side in sky.near)
        self.near = {*zip(first, second, strict=True), *zip(second, first, strict=True)}
        self.place: list[int] = sky.place.tolist()
        self.photometry: list[int] = sky.photometry.tolist()
        self.mjd: list[int] = sky.mjd.tolist()
        self.fibre: list[list[int]] = [values.tolist() for values in (sky.plate, sky.mjd, sky.fiberid)]
        self.spectrum: list[bool] = sky.spectrum.tolist()

    def same(self, one: int, other: int) -> bool:
        """Return whether something says that both are the same spectrum."""
        if self._same_exposure(one, other):
            return True
        alike = self.photometry[one] == self.photometry[other] >= 0
        if self.place[one] < 0 or self.place[other] < 0:
            return alike
        if self.place[one] != self.place[other] and (self.place[one], self.place[other]) not in self.near:
            return False
        return alike or self.mjd[one] == self.mjd[other] >= 0

    def contradict(self, one: int, other: int) -> bool:
        """Return whether something says that they are not."""
        if self._same_exposure(one, other):
            return False
        if self.spectrum[one] and self.spectrum[other]:
            return True
        return any(values[one] >= 0 and values[other] >= 0 and values[one] != values[other] for values in self.fibre)

    def _same_exposure(self, one: int, other: int) -> bool:
        return all(values[one] == values[other] >= 0 for values in self.fibre)


def rank(keys: pa.ChunkedArray) -> Ints:
    """Return how good a kind of key each is: 0 ``spec:``, 1 ``pmf:``, 2 ``row:``."""
    ranks = np.full(len(keys), len(_KINDS), np.int64)
    for index, kind in enumerate(_KINDS):
        ranks[pc.starts_with(keys, f"{kind}:").to_numpy().astype(bool)] = index
    return ranks


def _ranks(keys: pa.ChunkedArray) -> Ints:
    """Return the place of each key among all by kind, then by bytes."""
    table = pa.table({"kind": rank(keys), "key": keys})
    order = pc.sort_indices(table, sort_keys=[("kind", "ascending"), ("key", "ascending")]).to_numpy()
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places


def _integers(rows: pa.Table, name: str) -> Ints:
    values = pc.fill_null(rows[name], -1).to_numpy() if name in rows.column_names else np.full(rows.num_rows, -1)
    return np.asarray(values, np.int64)
