"""A galaxy is the object of its id, else the one at its place; what could be several objects is none."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from cosmic.galaxyzoo.matching import Matches, crosswalk, match, with_photometric_ids

ARCSEC = 1 / 3600


def galaxies(*rows: tuple[int | None, float | None, float | None]) -> pa.Table:
    names, kinds = ("dr8objid", "ra", "dec"), (pa.int64(), pa.float64(), pa.float64())
    return pa.table(
        {
            name: pa.array([row[at] for row in rows], kind)
            for at, (name, kind) in enumerate(zip(names, kinds, strict=True))
        }
    )


def objects(*rows: tuple[str, str | None, float | None, float | None, int | None]) -> pa.Table:
    kinds = {
        "object_key": pa.string(), "obj_id": pa.string(), "ra": pa.float64(), "dec": pa.float64(),
        "science_primary": pa.int64(),
    }  # fmt: skip
    return pa.table({name: pa.array([row[at] for row in rows], kind) for at, (name, kind) in enumerate(kinds.items())})


def keys(found: Matches) -> list[str | None]:
    return list(found.object_key.to_pylist())


def test_the_id_decides_before_the_place() -> None:
    found = match(
        galaxies((7, 10.0, 0.0)), objects(("row:near", None, 10.0, 0.0, None), ("row:same", "7", 10.0, ARCSEC, None))
    )
    assert keys(found) == ["row:same"]
    assert found.matched_by.to_pylist() == ["dr8objid"]
    assert found.separation.to_pylist() == pytest.approx([1.0])


@pytest.mark.parametrize(("far", "expected"), [(1.4, "row:a"), (1.6, None)])
def test_without_an_id_the_place_decides_within_an_arcsecond_and_a_half(far: float, expected: str | None) -> None:
    found = match(galaxies((None, 359.9999, 60.0)), objects(("row:a", None, 359.9999, 60.0 + far * ARCSEC, None)))
    assert keys(found) == [expected]
    assert found.separation.to_pylist() == ([pytest.approx(far, abs=1e-4)] if expected else [None])


def test_right_ascension_shrinks_with_declination_and_wraps_at_360() -> None:
    one = ARCSEC / math.cos(math.radians(60.0))
    found = match(galaxies((None, 360 - one / 2, 60.0)), objects(("row:a", None, one / 2, 60.0, None)))
    assert found.separation.to_pylist() == pytest.approx([1.0], abs=1e-4)


def test_of_several_spectra_the_science_primary_one_is_taken_else_the_nearest() -> None:
    places = [("pmf:1-1-1", 0.0), ("pmf:1-1-2", 0.3 * ARCSEC)]
    plain = objects(*((key, None, 10.0, dec, None) for key, dec in places))
    assert keys(match(galaxies((None, 10.0, 0.0)), plain)) == ["pmf:1-1-1"]
    told = objects(*((key, None, 10.0, dec, at) for at, (key, dec) in enumerate(places)))
    assert keys(match(galaxies((None, 10.0, 0.0)), told)) == ["pmf:1-1-2"]


def test_two_objects_near_a_galaxy_are_ambiguous_and_named() -> None:
    two = objects(("row:a", None, 10.0, -ARCSEC, None), ("row:b", None, 10.0, ARCSEC, None))
    found = match(galaxies((None, 10.0, 0.0), (None, 50.0, 0.0)), two)
    assert keys(found) == [None, None]
    assert list(found.ambiguous) == [0]
    assert "row:a" in found.ambiguous[0]
    assert "row:b" in found.ambiguous[0]


def test_two_galaxies_that_claim_one_object_both_go_without() -> None:
    found = match(galaxies((None, 10.0, 0.0), (None, 10.0, ARCSEC)), objects(("row:a", None, 10.0, 0.0, None)))
    assert keys(found) == [None, None]
    assert set(found.ambiguous) == {0, 1}


def test_what_has_neither_id_nor_place_has_no_object_and_no_reason() -> None:
    found = match(galaxies((None, None, None)), objects(("row:a", None, None, None, None)))
    assert (keys(found), found.ambiguous) == ([None], {})
    assert keys(match(galaxies(), objects())) == []


def test_ids_of_one_release_complete_another_by_the_galaxy() -> None:
    ids = {"dr7objid": pa.array([1, 2, None], pa.int64()), "dr8objid": pa.array([11, None, 13], pa.int64())}
    told = crosswalk([pa.table(ids)])
    assert told == {1: 11}
    other = pa.table({"dr7objid": pa.array([2, 1], pa.int64()), "dr8objid": pa.nulls(2, pa.int64())})
    assert with_photometric_ids(other, told)["dr8objid"].to_pylist() == [None, 11]
