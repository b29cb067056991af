"""Which object of a catalogue each galaxy of Galaxy Zoo 2 is: by id where there is one, else by place. Reads no file.

Nothing is guessed: a galaxy with two objects near it, and galaxies that claim one object together, get none and a
reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cosmic.arrays import as_floats
from cosmic.identity import MATCH_ARCSEC, rank

RADIUS_ARCSEC: Final = 1.5
"""Galaxy Zoo's positions are of another reduction of the images; 1.5 arcsec is half a fibre."""
BY_ID: Final = "dr8objid"
BY_PLACE: Final = "position"
GIVEN: Final = "given"
"""How a galaxy was matched."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Matches:
    """The objects of n galaxies.

    Parameters
    ----------
    object_key, matched_by : pyarrow.Array
        Text, shape (n,): the object, and `BY_ID` or `BY_PLACE`; null where there is none.
    separation : pyarrow.Array
        Distance in arcsec, shape (n,); null where either position is not known.
    ambiguous : dict of int to str
        Galaxies, by place in the table, that could be several objects, and why.
    """

    object_key: pa.Array
    matched_by: pa.Array
    separation: pa.Array
    ambiguous: dict[int, str]

    def slice(self, start: int, rows: int) -> Matches:
        """Return those of some galaxies that follow one another."""
        here = {at - start: why for at, why in self.ambiguous.items() if start <= at < start + rows}
        key, how, far = (column.slice(start, rows) for column in (self.object_key, self.matched_by, self.separation))
        return Matches(key, how, far, here)


@dataclass(frozen=True, slots=True)
class _Near:
    """One object that a galaxy may be: its row, and how far it is, in arcsec (NaN: unknown)."""

    row: int
    separation: float


def match(votes: pa.Table, objects: pa.Table) -> Matches:
    """Return which object each galaxy is.

    A galaxy with a ``dr8objid`` that objects have is one of them; any other one that lies within 1.5 arcsec of objects
    is the one there. Where all that come into question are one object on the sky (within 1 arcsec of the nearest, or of
    one photometric id), they are its spectra: the one that is ``science_primary`` is taken, else the nearest, else that
    of the best key.

    Parameters
    ----------
    votes : pyarrow.Table
        n rows with ``dr8objid``, ``ra`` and ``dec`` (deg), as in `votes.SCHEMA`.
    objects : pyarrow.Table
        ``object_key``, ``obj_id``, ``ra``, ``dec``, ``science_primary``: rows that stand for themselves.
    """
    sky = _Objects(objects)
    ra, dec = (as_floats(votes[name].combine_chunks()) for name in ("ra", "dec"))
    by_id = sky.by_id(votes["dr8objid"].to_pylist(), ra, dec)
    near = sky.near(ra, dec, [row for row in range(votes.num_rows) if row not in by_id])
    chosen: dict[int, _Near] = {}
    ambiguous: dict[int, str] = {}
    for galaxy, candidates in (by_id | near).items():
        found = sky.choose(candidates, one_object=galaxy in by_id)
        if isinstance(found, str):
            ambiguous[galaxy] = found
        else:
            chosen[galaxy] = found
    claims = Counter(found.row for found in chosen.values())
    for galaxy, found in list(chosen.items()):
        if claims[found.row] > 1:
            key = sky.keys[found.row]
            ambiguous[galaxy] = f"{claims[found.row]} galaxies claim one object, {key}"
            del chosen[galaxy]
    how = [None if row not in chosen else BY_ID if row in by_id else BY_PLACE for row in range(votes.num_rows)]
    return Matches(
        pa.array([sky.keys[chosen[row].row] if row in chosen else None for row in range(len(how))], pa.string()),
        pa.array(how, pa.string()),
        pa.array([chosen[row].separation if row in chosen else None for row in range(len(how))], from_pandas=True),
        dict(sorted(ambiguous.items())),
    )


class _Objects:
    """The objects as arrays, and what lies near a place."""

    def __init__(self, objects: pa.Table) -> None:
        self.keys: list[str] = objects["object_key"].to_pylist()
        self._ids: list[str | None] = objects["obj_id"].to_pylist()
        self._ra, self._dec = (as_floats(objects[name].combine_chunks()) for name in ("ra", "dec"))
        self._primary = [value == 1 for value in objects["science_primary"].to_pylist()]
        self._rank = rank(objects["object_key"])
        self._of_id: dict[str, list[int]] = {}
        for row, one in enumerate(self._ids):
            if one is not None:
                self._of_id.setdefault(one, []).append(row)

    def by_id(self, ids: Sequence[int | None], ra: Floats, dec: Floats) -> dict[int, list[_Near]]:
        """Return the objects of each galaxy whose photometric id is known here."""
        pairs = [
            (galaxy, row) for galaxy, one in enumerate(ids) if one is not None for row in self._of_id.get(str(one), ())
        ]
        if not pairs:
            return {}
        galaxies, rows = (np.array(side) for side in zip(*pairs, strict=True))
        distance = _distance(ra[galaxies], dec[galaxies], self._ra[rows], self._dec[rows])
        return _grouped(pairs, distance)

    def near(self, ra: Floats, dec: Floats, galaxies: Sequence[int]) -> dict[int, list[_Near]]:
        """Return the objects within 1.5 arcsec of each of these galaxies that has any."""
        own = np.array([row for row in galaxies if np.isfinite(ra[row] + dec[row])], np.int64)
        here = np.flatnonzero(np.isfinite(self._ra + self._dec))
        if not len(own) or not len(here):
            return {}
        from astropy import units
        from astropy.coordinates import SkyCoord, search_around_sky

        theirs = SkyCoord(ra[own] * units.deg, dec[own] * units.deg)
        ours = SkyCoord(self._ra[here] * units.deg, self._dec[here] * units.deg)
        first, second, distance, _ = search_around_sky(theirs, ours, RADIUS_ARCSEC * units.arcsec)
        pairs = list(zip(own[first].tolist(), here[second].tolist(), strict=True))
        return _grouped(pairs, distance.to_value(units.arcsec))

    def choose(self, candidates: Sequence[_Near], *, one_object: bool) -> _Near | str:
        """Return the spectrum that stands for a galaxy, or why none can be chosen."""
        ordered = sorted(candidates, key=lambda one: (_far(one), self._rank[one.row], self.keys[one.row]))
        nearest = ordered[0]
        others = [one for one in ordered[1:] if not (one_object or self._together(nearest.row, one.row))]
        if others:
            keys = ", ".join(self.keys[one.row] for one in (nearest, *others[:2]))
            return f"{len(others) + 1} objects within {RADIUS_ARCSEC:g} arcsec: {keys}"
        primary = [one for one in ordered if self._primary[one.row]]
        return primary[0] if primary else nearest

    def _together(self, one: int, other: int) -> bool:
        if self._ids[one] is not None and self._ids[one] == self._ids[other]:
            return True
        places = [self._ra[[one]], self._dec[[one]], self._ra[[other]], self._dec[[other]]]
        return bool(_distance(*places)[0] <= MATCH_ARCSEC)


def _grouped(pairs: Sequence[tuple[int, int]], distance: Floats) -> dict[int, list[_Near]]:
    found: dict[int, list[_Near]] = {}
    for (galaxy, row), far in zip(pairs, distance.tolist(), strict=True):
        found.setdefault(galaxy, []).append(_Near(row, far))
    return found


def _distance(ra: Floats, dec: Floats, other_ra: Floats, other_dec: Floats) -> Floats:
    """Return separations in arcsec, NaN where a position is not known."""
    from astropy.coordinates import angular_separation

    radians = angular_separation(*(np.radians(one) for one in (ra, dec, other_ra, other_dec)))
    return np.asarray(np.degrees(radians) * 3600.0)


def _far(one: _Near) -> float:
    return one.separation if np.isfinite(one.separation) else np.inf


def crosswalk(tables: Sequence[pa.Table]) -> Mapping[int, int]:
    """Return the photometric id (data release 8) of each galaxy's old one (data release 7), of tables that have both."""
    found: dict[int, int] = {}
    for table in tables:
        for old, new in zip(table["dr7objid"].to_pylist(), table["dr8objid"].to_pylist(), strict=True):
            if old is not None and new is not None:
                found.setdefault(old, new)
    return found


def with_photometric_ids(votes: pa.Table, known: Mapping[int, int]) -> pa.Table:
    """Return the votes with ``dr8objid`` filled in where its galaxy's is known from another table."""
    filled = [
        new if new is not None else known.get(old) if old is not None else None
        for old, new in zip(votes["dr7objid"].to_pylist(), votes["dr8objid"].to_pylist(), strict=True)
    ]
    at = votes.schema.get_field_index("dr8objid")
    return votes.set_column(at, votes.schema.field(at), pa.array(filled, pa.int64()))
