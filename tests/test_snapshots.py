from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.columns import OBJECT_SCHEMA
from cosmic.errors import ArtefactCorrupt, ConfigError
from cosmic.records import MagnitudeSystem, Sky, Snapshot
from cosmic.snapshots import SNAPSHOT_SCHEMA, fold, freeze, read

MAGS = {"u": 19.0, "g": 18.0, "r": 17.0, "i": 16.0, "z": 15.0}


def row(key: str, *, same_as: str | None = None, block: str = "cell:64:1", **cells: Any) -> dict[str, Any]:
    return MAGS | {"class": "STAR"} | cells | {"object_key": key, "block": block, "same_as": same_as}


def table(*rows: dict[str, Any]) -> pa.Table:
    schema = pa.schema([*OBJECT_SCHEMA, ("block", pa.string()), ("same_as", pa.string())])
    return pa.Table.from_pylist(list(rows), schema=schema)


def frozen(
    rows: pa.Table, folder: Path, *, system: MagnitudeSystem = MagnitudeSystem.MODEL, sky: Sky = Sky.REAL
) -> Snapshot:
    return freeze(rows, folder=folder, system=system, sky=sky)


def objects(*rows: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {found["object_key"]: found for found in fold(table(*rows)).rows.to_pylist()}


@given(st.permutations(range(6)))
def test_the_same_rows_in_any_order_are_the_same_snapshot(tmp_path_factory: Any, order: list[int]) -> None:
    rows = [row(f"row:{at}", redshift=at / 7, subclass=None if at % 2 else "K5") for at in range(6)]
    folder = tmp_path_factory.mktemp("snapshots")
    one, other = frozen(table(*rows), folder), frozen(table(*(rows[at] for at in order)), folder)
    assert one == other
    assert read(one).equals(read(other))
    assert read(one)["object_key"].to_pylist() == [f"row:{at}" for at in range(6)]


def test_chunks_and_the_spelling_of_nothing_do_not_change_the_snapshot(tmp_path: Path) -> None:
    one = table(row("row:a", redshift=0.0), row("row:b", redshift=None))
    other = pa.concat_tables(
        [table(row("row:b", redshift=float("nan"), subclass="")), table(row("row:a", redshift=-0.0))]
    )
    assert frozen(one, tmp_path).id == frozen(other, tmp_path).id


def test_columns_that_nobody_filled_may_be_absent(tmp_path: Path) -> None:
    whole = table(row("row:a"))
    assert frozen(whole, tmp_path).id == frozen(whole.drop_columns(["elodie_bv", "obj_id"]), tmp_path).id


def test_values_system_and_sky_are_part_of_the_id(tmp_path: Path) -> None:
    rows = table(row("row:a"))
    ids = {
        frozen(rows, tmp_path).id,
        frozen(rows, tmp_path, system=MagnitudeSystem.PSF).id,
        frozen(rows, tmp_path, sky=Sky.SIMULATED).id,
        frozen(table(row("row:a", block="cell:64:2")), tmp_path).id,
        frozen(table(row("row:a", u=19.00001)), tmp_path).id,
        frozen(table(row("row:a"), row("row:b")), tmp_path).id,
    }
    assert len(ids) == 6


def test_a_snapshot_holds_its_rows_exactly(tmp_path: Path) -> None:
    rows = table(
        row("spec:18446744073709551615", spec_obj_id="18446744073709551615", obj_id="1237648720138732503", mjd=55000)
    )
    snapshot = frozen(rows, tmp_path)
    back = read(snapshot)
    assert back.schema.equals(SNAPSHOT_SCHEMA)
    assert back.drop_columns(["block"]).to_pylist() == rows.drop_columns(["block", "same_as"]).to_pylist()
    assert snapshot == Snapshot(snapshot.id, tmp_path / f"{snapshot.id}.parquet", 1, MagnitudeSystem.MODEL, Sky.REAL)


def test_freezing_twice_writes_once_and_mends_a_damaged_file(tmp_path: Path) -> None:
    rows = table(row("row:a"))
    snapshot = frozen(rows, tmp_path)
    first = snapshot.path.stat().st_mtime_ns
    assert frozen(rows, tmp_path) == snapshot
    assert snapshot.path.stat().st_mtime_ns == first
    snapshot.path.write_bytes(snapshot.path.read_bytes()[:-9])
    with pytest.raises(ArtefactCorrupt, match="cannot be read"):
        read(snapshot)
    assert frozen(rows, tmp_path) == snapshot
    assert read(snapshot).num_rows == 1
    assert not list(tmp_path.glob("*.part"))


def test_a_snapshot_with_other_rows_than_its_name_is_refused(tmp_path: Path) -> None:
    snapshot = frozen(table(row("row:a")), tmp_path)
    pq.write_table(read(frozen(table(row("row:b")), tmp_path)), snapshot.path)
    with pytest.raises(ArtefactCorrupt, match="other rows"):
        read(snapshot)
    with pytest.raises(ArtefactCorrupt, match="cannot be read"):
        read(dataclasses.replace(snapshot, path=tmp_path / "gone.parquet"))


def test_a_repeated_key_is_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="row:b more than once"):
        frozen(table(row("row:b"), row("row:a"), row("row:b", u=20.0)), tmp_path)


def test_a_row_that_repeats_one_that_is_not_there_is_refused_and_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="row:b as repeating"):
        frozen(table(row("row:a"), row("row:b", same_as="row:c")), tmp_path)


def test_a_twin_is_no_object_and_fills_the_gaps_of_the_row_that_stands_for_it() -> None:
    found = fold(
        table(
            row("pmf:1-52000-1", block="cell:64:7", ra=10.0),
            row("row:a", same_as="pmf:1-52000-1", block="row:x", ra=11.0, subclass="K5"),
            row("row:b"),
        )
    )
    assert (found.folded, found.conflicting) == (1, 0)
    assert found.rows["object_key"].to_pylist() == ["pmf:1-52000-1", "row:b"]
    assert found.rows.select(["ra", "subclass", "block"]).to_pylist()[0] == {
        "ra": 10.0,
        "subclass": "K5",
        "block": "cell:64:7",
    }


def test_a_twin_of_another_class_gives_no_label_and_is_counted() -> None:
    found = fold(
        table(
            row("pmf:1-52000-1", **{"class": "GALAXY"}),
            row("row:a", same_as="pmf:1-52000-1", subclass="K5", redshift=0.1, prob_psf=1.0),
        )
    )
    assert (found.folded, found.conflicting) == (1, 1)
    values = found.rows.to_pylist()[0]
    assert (values["class"], values["subclass"], values["redshift"], values["prob_psf"]) == ("GALAXY", None, None, 1.0)


def test_of_several_twins_the_one_with_the_best_key_fills_first_and_each_may_fill_something() -> None:
    spec = "spec:00000000000000000001"
    found = objects(
        row(spec),
        row("row:a", same_as=spec, subclass="K7", dec=3.0),
        row("row:0", same_as=spec, ra=1.0),
        row("pmf:1-52000-1", same_as=spec, subclass="K5"),
        row("row:z", subclass="M0"),
    )
    assert list(found) == ["row:z", spec]
    assert (found[spec]["subclass"], found[spec]["ra"], found[spec]["dec"]) == ("K5", 1.0, 3.0)
    assert found["row:z"]["subclass"] == "M0"


def test_no_rows_are_an_empty_snapshot(tmp_path: Path) -> None:
    snapshot = frozen(table(), tmp_path)
    assert read(snapshot).num_rows == snapshot.rows == 0


TWINS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["GALAXY", "STAR"]), st.sampled_from([None, "K5", "AGN"])), max_size=8
)


@given(TWINS)
def test_no_label_comes_from_another_class(drawn: list[tuple[int, str, str | None]]) -> None:
    hosts = [row(f"pmf:{at}-52000-1", **{"class": "STAR" if at % 2 else "GALAXY"}) for at in range(4)]
    twins = [
        row(f"row:{at}", same_as=f"pmf:{host}-52000-1", **{"class": kind}, subclass=subclass)
        for at, (host, kind, subclass) in enumerate(drawn)
    ]
    found = objects(*hosts, *twins)
    for at, host in enumerate(hosts):
        offered = [
            twin["subclass"]
            for twin in twins
            if twin["same_as"] == host["object_key"] and twin["class"] == host["class"]
        ]
        known = [subclass for subclass in offered if subclass is not None]
        assert found[f"pmf:{at}-52000-1"]["subclass"] == (known[0] if known else None)
        assert found[f"pmf:{at}-52000-1"]["class"] == host["class"]
