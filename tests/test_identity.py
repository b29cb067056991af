from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.columns import BANDS, OBJECT_SCHEMA
from cosmic.identity import FILLER, Links, link
from cosmic.objects import magnitude_digests

SDSS = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "sdss"
ARCSEC = 1 / 3600
STAR = (19.1, 18.2, 17.3, 16.4, 15.5)
OTHER = (20.1, 19.2, 18.3, 17.4, 16.5)
FINE = (19.12343, 18.23452, 17.34564, 16.45671, 15.56782)
ROUNDED = (19.123, 18.235, 17.346, 16.457, 15.568)


def table(rows: list[dict[str, Any]]) -> pa.Table:
    names = ["object_key", "ra", "dec", "plate", "mjd", "fiberid", *BANDS]
    columns = {
        name: pa.array([row.get(name) for row in rows], OBJECT_SCHEMA.field(name).type)
        for name in names
        if name not in BANDS
    }
    columns |= {
        band: pa.array([row.get("mags", STAR)[at] for row in rows], pa.float64()) for at, band in enumerate(BANDS)
    }
    return pa.table(columns | {"block": pa.array([row.get("block") for row in rows], pa.string())})


def links(*rows: dict[str, Any]) -> tuple[list[str], list[str | None]]:
    found = link(table(list(rows)))
    return found.block.to_pylist(), found.same_as.to_pylist()


def placed(key: str, ra: float = 10.0, dec: float = 20.0, **more: Any) -> dict[str, Any]:
    return {"object_key": key, "ra": ra, "dec": dec, **more}


def test_a_row_with_a_position_belongs_to_its_cell_and_one_without_to_its_magnitudes() -> None:
    blocks, same_as = links(placed("row:a", mags=OTHER), {"object_key": "row:b"})
    digest = magnitude_digests(table([{"object_key": "row:b"}])).to_pylist()[0]
    assert blocks == ["cell:64:19863", f"row:{digest}"]
    assert same_as == [None, None]


def test_rows_within_an_arcsecond_share_a_block_across_the_edge_of_a_cell() -> None:
    # dec 0 is an edge of base cells: two rows 0.8 arcsec apart on its sides lie in different cells.
    apart, _ = links(placed("row:a", 45.0, -2 * ARCSEC), placed("row:b", 45.0, 2 * ARCSEC, mags=OTHER))
    assert apart[0] != apart[1]
    near, _ = links(placed("row:a", 45.0, -0.4 * ARCSEC), placed("row:b", 45.0, 0.4 * ARCSEC, mags=OTHER))
    assert near == [apart[0], apart[0]]


def test_rows_at_ra_0_and_360_are_neighbours() -> None:
    _, same_as = links(placed("row:a", 0.0, 5.0, mjd=52000), placed("row:b", 360.0 - 0.1 * ARCSEC, 5.0, mjd=52000))
    assert same_as == [None, "row:a"]


def test_a_row_without_position_joins_the_block_of_equal_magnitudes() -> None:
    blocks, same_as = links({"object_key": "row:a"}, placed("pmf:300-52000-1", mjd=52000))
    assert blocks == ["cell:64:19863"] * 2
    assert same_as == ["pmf:300-52000-1", None]


def test_a_row_without_position_is_found_in_a_file_with_fewer_decimals_and_the_other_way_round() -> None:
    for here, there in ((FINE, ROUNDED), (ROUNDED, FINE)):
        blocks, same_as = links(placed("pmf:300-52000-1", mjd=52000, mags=here), {"object_key": "row:a", "mags": there})
        assert blocks == ["cell:64:19863"] * 2
        assert same_as == [None, "pmf:300-52000-1"]
    beside = (*ROUNDED[:4], 15.569)
    assert links(placed("row:a", mags=FINE), {"object_key": "row:b", "mags": beside})[1] == [None, None]


def test_equal_magnitudes_far_apart_are_not_one_object() -> None:
    blocks, same_as = links(placed("row:a", 10, 20), placed("row:b", 200, -20))
    assert blocks[0] != blocks[1]
    assert same_as == [None, None]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"mjd": 52000}, "pmf:300-52000-1"),  # the same night
        ({"mjd": 52001}, None),  # another night: another spectrum of the object
        ({}, None),  # nothing says which night, and the magnitudes differ
        ({"mags": STAR}, "pmf:300-52000-1"),  # the same photometry
        ({"mjd": 52000, "plate": 301, "fiberid": 1}, None),  # the same night on another plate
    ],
)
def test_near_rows_are_one_spectrum_only_with_evidence_and_without_contradiction(
    other: dict[str, Any], expected: str | None
) -> None:
    first = placed("pmf:300-52000-1", plate=300, mjd=52000, fiberid=1)
    blocks, same_as = links(first, placed("row:b", 10 + 0.5 * ARCSEC, **({"mags": OTHER} | other)))
    assert blocks[0] == blocks[1]
    assert same_as == [None, expected]


def test_two_spectra_of_one_night_are_not_joined_through_a_row_that_fits_both() -> None:
    one = placed("pmf:300-52000-1", plate=300, mjd=52000, fiberid=1)
    two = placed("pmf:301-52000-7", plate=301, mjd=52000, fiberid=7)
    blocks, same_as = links(placed("row:b", mjd=52000), two, one)
    assert len(set(blocks)) == 1
    assert same_as == ["pmf:300-52000-1", None, None]


def test_the_same_plate_mjd_and_fibre_is_the_same_spectrum_whatever_else_differs() -> None:
    fibre = {"plate": 300, "mjd": 52000, "fiberid": 1}
    rows = [
        placed("spec:00000000000000000002", 10.1, 20, mags=OTHER, **fibre),
        placed("spec:00000000000000000001", **fibre),
        {"object_key": "pmf:300-52000-1", "mags": OTHER, **fibre},
    ]
    blocks, same_as = links(*rows)
    assert len(set(blocks)) == 1
    assert same_as == ["spec:00000000000000000001", None, "spec:00000000000000000001"]


def test_two_spectrum_ids_are_two_spectra() -> None:
    blocks, same_as = links(
        placed("spec:00000000000000000001", mjd=52000), placed("spec:00000000000000000002", mjd=52000)
    )
    assert blocks[0] == blocks[1]
    assert same_as == [None, None]


def test_the_best_kind_of_key_stands_for_the_others_then_the_smallest() -> None:
    rows = [
        placed("row:0", mjd=52000),
        placed("pmf:9-52000-1", mjd=52000),
        placed("spec:00000000000000000009", mjd=52000),
    ]
    assert links(*rows)[1] == ["spec:00000000000000000009", "spec:00000000000000000009", None]
    assert links(placed("row:1", mjd=52000), placed("row:0", mjd=52000))[1] == ["row:0", None]


def test_a_stored_block_never_changes_and_is_taken_over() -> None:
    rows = [{"object_key": "row:old", "block": "row:before"}, placed("pmf:1-52000-1", mjd=52000)]
    assert links(*rows)[0] == ["row:before", "row:before"]


def test_of_several_stored_blocks_the_one_of_a_positioned_row_is_taken_over_and_counted() -> None:
    found = link(
        table(
            [
                {"object_key": "row:a", "block": "row:before"},
                placed("row:z", 10 + 0.5 * ARCSEC, mags=OTHER, block="cell:64:7"),
                placed("row:new"),
            ]
        )
    )
    assert found.block.to_pylist() == ["row:before", "cell:64:7", "cell:64:7"]
    assert found.bridged == 1


def test_a_position_that_hundreds_of_rows_share_is_a_filler() -> None:
    mags = [(19.0, 18.0, 17.0, 16.0, 15.0 + at / 1000) for at in range(FILLER + 1)]
    fillers, _ = links(*(placed(f"row:{at:04d}", 0.0, 0.0, mags=mag) for at, mag in enumerate(mags)))
    assert len(set(fillers)) == FILLER + 1
    kept, _ = links(*(placed(f"row:{at:04d}", 0.0, 0.0, mags=mag) for at, mag in enumerate(mags[:FILLER])))
    assert len(set(kept)) == 1


def test_a_row_beside_a_filler_position_keeps_its_own() -> None:
    mags = [(19.0, 18.0, 17.0, 16.0, 15.0 + at / 1000) for at in range(FILLER + 1)]
    fillers = [placed(f"row:{at:04d}", 50.0, 50.0, mags=mag) for at, mag in enumerate(mags)]
    blocks, same_as = links(placed("row:a", 50.0, 50 - 0.5 * ARCSEC, mags=OTHER), *fillers)
    assert blocks[0].startswith("cell:")
    assert blocks.count(blocks[0]) == 1
    assert set(same_as) == {None}


def test_magnitudes_that_hundreds_of_rows_share_are_a_filler() -> None:
    rows = [placed(f"pmf:{at}-52000-1", float(at), plate=at, mjd=52000, fiberid=1) for at in range(1, FILLER + 2)]
    blocks, same_as = links({"object_key": "row:a"}, *rows)
    assert blocks[0].startswith("row:")
    assert same_as[0] is None


def test_optional_columns_may_be_absent() -> None:
    rows = table([placed("row:a"), placed("row:b")]).drop_columns(["plate", "mjd", "fiberid"])
    assert link(rows).same_as.to_pylist() == [None, "row:a"]


def test_no_rows_have_no_links() -> None:
    assert link(table([])) == Links(pa.array([], pa.string()), pa.array([], pa.string()), 0)


SPOTS = st.sampled_from(
    [(None, None), (10.0, 20.0), (10.0, 20.0 + 0.7 * ARCSEC), (10.0, 20 + 1.4 * ARCSEC), (80.0, -5.0)]
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["spec:", "pmf:", "row:"]),
        SPOTS,
        st.sampled_from([STAR, OTHER, FINE, ROUNDED]),
        st.sampled_from([None, 52000, 52001]),
        st.sampled_from([None, 300, 301]),
    ),
    min_size=1,
    max_size=8,
)


def rows_of(drawn: list[Any]) -> list[dict[str, Any]]:
    return [
        {"object_key": f"{kind}{at:02d}", "ra": spot[0], "dec": spot[1], "mags": mags, "mjd": mjd, "plate": plate,
         "fiberid": None if plate is None else 1}
        for at, (kind, spot, mags, mjd, plate) in enumerate(drawn)
    ]  # fmt: skip


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(drawn: list[Any], random: Any) -> None:
    rows = rows_of(drawn)
    shuffled = list(rows)
    random.shuffle(shuffled)

    def by_key(given: list[dict[str, Any]]) -> dict[str, tuple[str, str | None]]:
        found = links(*given)
        return {row["object_key"]: (found[0][at], found[1][at]) for at, row in enumerate(given)}

    assert by_key(rows) == by_key(shuffled)


@given(ROWS, st.integers(0, 8))
def test_rows_that_come_later_move_no_stored_block_and_links_never_chain(drawn: list[Any], cut: int) -> None:
    rows = rows_of(drawn)
    before, _ = links(*rows[:cut]) if rows[:cut] else ([], [])
    stored = [row | {"block": block} for row, block in zip(rows, before, strict=False)]
    blocks, same_as = links(*stored, *rows[len(stored) :])
    assert blocks[: len(stored)] == before
    standing = {row["object_key"] for row, same in zip(rows, same_as, strict=True) if same is None}
    assert {same for same in same_as if same is not None} <= standing


@pytest.mark.skipif(not SDSS.exists(), reason="the shared real tables are not beside this checkout")
def test_real_rows_without_position_are_found_in_the_file_that_has_it() -> None:
    import pandas as pd

    from cosmic.objects import object_keys

    def read(name: str) -> pa.Table:
        frame = pd.read_csv(SDSS / name)
        frame = frame[(frame[list(BANDS)] > 1).all(axis=1)].rename(columns={"subClass": "subclass"})
        frame["class"] = frame.get("class", "STAR")
        columns = [name for name in OBJECT_SCHEMA.names if name in frame.columns]
        rows = pa.Table.from_pandas(frame[columns], preserve_index=False).cast(
            pa.schema([OBJECT_SCHEMA.field(name) for name in columns])
        )
        return rows.add_column(0, "object_key", object_keys(rows))

    spectra, stars = read("spectra.csv.gz"), read("stars.csv.gz")
    stars = stars.filter(pa.compute.is_null(stars["ra"]))
    assert _repeats(spectra, stars) == 3_609
    for band in BANDS:  # the same rows from a program that writes four decimals
        rounded = pa.compute.round(stars[band], ndigits=4)
        stars = stars.set_column(stars.column_names.index(band), band, rounded)
    stars = stars.set_column(0, "object_key", object_keys(stars))
    assert _repeats(spectra, stars) == 3_609


def _repeats(spectra: pa.Table, stars: pa.Table) -> int:
    """Return how many of the stars are rows of spectra, once it is clear that no row of spectra is one of theirs."""
    both = pa.concat_tables([spectra, stars], promote_options="default")
    found = link(both.append_column("block", pa.nulls(both.num_rows, pa.string())))
    assert found.same_as.slice(0, spectra.num_rows).null_count == spectra.num_rows
    repeats = found.same_as.slice(spectra.num_rows).drop_null()
    return sum(key.startswith("pmf:") for key in repeats.to_pylist())
