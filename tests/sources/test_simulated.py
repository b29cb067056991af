"""The simulated source: bytes first, the same bytes every time, read back exactly by the parser of all files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from cosmic.columns import BANDS, OBJECT_COLUMNS, OBJECT_SCHEMA, SENTINEL, Kind
from cosmic.errors import ConfigError
from cosmic.records import MagnitudeSystem, MagnitudeUnit, Sky
from cosmic.settings import PipelineOptions
from cosmic.simulation import COLUMNS, GENERATOR_VERSION, simulate
from cosmic.sources import source_for
from cosmic.sources.base import PageStore, Source, check_page
from cosmic.sources.simulated import SimulatedSource

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)

NOT_SIMULATED = {"dev_ab_r", "exp_ab_r", "frac_dev_r", "w1", "w2", "parallax", "pm_ra", "pm_dec"}
"""Columns that the simulated sky leaves out: nothing in it would depend on them."""


def source(rows: int = 3000, seed: int = 7) -> Source:
    return SimulatedSource(rows, seed, lambda: NOON)


def test_the_source_is_found_by_its_name_and_is_of_the_simulated_sky() -> None:
    found = source_for(PipelineOptions(source="simulated", rows=3000, seed=7))
    assert isinstance(found, SimulatedSource)
    assert (found.rows, found.seed) == (3000, 7)
    assert (found.kind, found.sky) == ("simulated", Sky.SIMULATED)


def test_same_rows_and_seed_give_the_same_page_and_others_do_not(tmp_path: Path) -> None:
    first, again = (next(source().pages(PageStore(tmp_path / name))) for name in ("a", "b"))
    assert first.id == again.id
    assert first.path.read_bytes() == again.path.read_bytes()
    others = {next(source(rows, seed).pages(PageStore(tmp_path / "c"))).id for rows, seed in ((3000, 8), (2999, 7))}
    assert first.id not in others
    assert len(others) == 2


def test_the_page_is_one_csv_as_skyserver_sends_it_with_a_manifest_that_can_make_it_again(tmp_path: Path) -> None:
    pages = list(source(rows=50).pages(PageStore(tmp_path)))
    assert len(pages) == 1
    lines = pages[0].path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["#Table1", ",".join(COLUMNS.names)]
    assert len(lines) == 52
    assert '"' not in "".join(lines)
    check_page(pages[0])
    manifest = json.loads(pages[0].manifest.read_text(encoding="utf-8"))
    assert manifest["origin"] == "simulated (rows=50, seed=7, generator=2)"
    assert manifest["started"] == NOON.isoformat()


def test_every_row_comes_back_exactly_through_the_parser_of_files(tmp_path: Path) -> None:
    raw = simulate(rows=3000, seed=7)
    parsed = source().parse(next(source().pages(PageStore(tmp_path))))
    assert parsed.rows.num_rows == 3000
    assert parsed.uncastable.num_rows == 0
    assert (parsed.system, parsed.unit) == (MagnitudeSystem.MODEL, MagnitudeUnit.MAGNITUDE)
    assert parsed.unmapped == ()
    assert set(parsed.rows.column_names) == {"row_number", *OBJECT_SCHEMA.names} - {"object_key", *NOT_SIMULATED}
    assert [int(value) for value in parsed.rows["spec_obj_id"].to_pylist()] == raw["specObjID"].to_pylist()
    assert any(value >= 2**63 for value in raw["specObjID"].to_pylist())
    assert parsed.mapping["redshift"] == "z"
    assert parsed.rows["redshift"].to_pylist() == raw["z"].to_pylist()
    for band in BANDS:
        assert parsed.mapping[band] == f"modelMag_{band}"
        assert parsed.rows[f"psf_{band}"].drop_null().to_pylist() == drop_sentinels(raw[f"psfMag_{band}"])


def test_elodie_marks_for_no_fit_become_null(tmp_path: Path) -> None:
    raw = simulate(rows=3000, seed=7)
    rows = source().parse(next(source().pages(PageStore(tmp_path)))).rows
    for name, column in (("elodie_bv", "elodieBV"), ("elodie_teff", "elodieTEff")):
        assert rows[name].drop_null().to_pylist() == [value for value in raw[column].to_pylist() if value != 0]


def test_every_value_is_believable_but_for_the_marks_in_required_magnitudes(tmp_path: Path) -> None:
    rows = source(rows=20_000).parse(next(source(rows=20_000).pages(PageStore(tmp_path)))).rows
    for column in OBJECT_COLUMNS:
        if column.kind is Kind.TEXT or column.name in NOT_SIMULATED:
            continue
        values = rows[column.name].drop_null().to_numpy()
        if column.name in BANDS:
            assert 0 < (values == SENTINEL).sum() < 20
            values = values[values != SENTINEL]
        assert len(values) > 0
        assert column.lo is None or values.min() >= column.lo, column.name
        assert column.hi is None or values.max() <= column.hi, column.name


def test_the_generator_version_is_raised_when_the_values_of_a_seed_change(tmp_path: Path) -> None:
    page = next(source(rows=2000, seed=0).pages(PageStore(tmp_path)))
    known = {"2": "fbc292a433db93684d59d0d45ab5493b90ce039e5bc7d0f31fac1704e86fdba0"}
    assert page.id == known[GENERATOR_VERSION], "the sky of a seed has changed: raise GENERATOR_VERSION"


@pytest.mark.parametrize(("rows", "seed"), [(0, 0), (5, -3)])
def test_an_impossible_sky_leaves_nothing_behind(tmp_path: Path, rows: int, seed: int) -> None:
    with pytest.raises(ConfigError, match="choose"):
        list(source(rows, seed).pages(PageStore(tmp_path)))
    assert list(tmp_path.iterdir()) == []


def drop_sentinels(column: pa.ChunkedArray) -> list[float]:
    return [value for value in column.to_pylist() if value > -1000]
