from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cosmic.canonical import canonical
from cosmic.catalogue import ROW_SCHEMA, Catalogue
from cosmic.catalogue.tables import OBJECTS
from cosmic.columns import OBJECT_SCHEMA
from cosmic.errors import ArtefactCorrupt, ConfigError, ContractViolation, TransientSourceError
from cosmic.records import Ingest, JudgedPage, MagnitudeSystem, Sky
from cosmic.snapshots import freeze

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]
OpenCatalogue = Callable[..., Catalogue]
PROBLEM = (7, None, ["u is missing", "z is out of range"], '{"u":null,"z":99}')


def counts(record: Ingest) -> tuple[int, int, int]:
    return record.inserted, record.updated, record.unchanged


def value(catalogue: Catalogue, key: str, column: str) -> Any:
    rows = catalogue.rows()
    return rows.filter(pc.equal(rows["object_key"], key))[column].to_pylist()[0]


def changed(rows: pa.Table, **columns: Any) -> pa.Table:
    for name, values in columns.items():
        rows = rows.set_column(
            rows.column_names.index(name), rows.schema.field(name), pa.array(values, rows.schema.field(name).type)
        )
    return rows


def sql(catalogue: Catalogue, statement: str) -> list[tuple[Any, ...]]:
    with catalogue._database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def test_rows_come_back_exactly_and_in_the_order_of_their_keys(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    ids = ["18446744073709551615", "9259471051523641344", "299489677444096", None]
    rows = make_rows(
        4,
        spec_obj_id=ids,
        obj_id=["1237648720138732503", None, 'with "quotes", commas\nand lines', "é"],
        redshift=[0.1 + 0.2, 5e-324, 1 / 3, None],
        subclass=[None, "K5 (G_19-24)", "\\N", "\\."],
    )
    assert counts(catalogue.ingest([make_page(rows)])) == (4, 0, 0)
    back = catalogue.rows()
    assert back.schema.equals(ROW_SCHEMA)
    expected = canonical(rows).sort_by("object_key")
    assert back.select(rows.column_names).to_pylist() == expected.to_pylist()
    assert back["block"].null_count == 0
    assert back["same_as"].null_count == 4
    absent = [name for name in OBJECT_SCHEMA.names if name not in rows.column_names]
    assert all(back[name].null_count == 4 for name in absent)


def test_the_second_run_changes_nothing(catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage) -> None:
    page = make_page(make_rows(50), quarantined=[PROBLEM])
    first = catalogue.ingest([page])
    assert first == catalogue.find_ingest(first.id)
    assert (first.rows, first.valid, first.quarantined) == (51, 50, 1)
    assert first.reasons == {"u is missing": 1, "z is out of range": 1}
    assert first.state == catalogue.state
    second = catalogue.ingest([page])
    assert counts(first) == (50, 0, 0)
    assert counts(second) == (0, 0, 50)
    assert dataclasses.replace(second, inserted=50, unchanged=0) == first
    assert sql(catalogue, "SELECT times FROM ingests") == [(2,)]
    assert catalogue.system is MagnitudeSystem.MODEL


def test_a_changed_row_is_updated_and_the_rest_is_left_alone(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows = make_rows(10)
    first = catalogue.ingest([make_page(rows)])
    newer = changed(rows, redshift=[0.5, *rows["redshift"].to_pylist()[1:]])
    second = catalogue.ingest([make_page(newer, content="2")])
    assert counts(second) == (0, 1, 9)
    assert value(catalogue, rows["object_key"][0].as_py(), "redshift") == 0.5
    assert second.state != first.state
    delivered = dict(sql(catalogue, "SELECT page_id, count(*) FROM objects GROUP BY page_id"))
    assert sorted(delivered.values()) == [1, 9]
    back = catalogue.ingest([make_page(rows)])
    assert counts(back) == (0, 1, 9)
    assert back.state == first.state
    assert back.id != first.id
    assert len(sql(catalogue, "SELECT id FROM ingests")) == 3


def test_not_a_number_is_stored_as_null(catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage) -> None:
    rows = make_rows(2, redshift=[math.nan, -0.0])
    catalogue.ingest([make_page(rows)])
    assert [value(catalogue, key, "redshift") for key in rows["object_key"].to_pylist()] == [None, 0.0]


def test_what_a_page_does_not_say_keeps_its_stored_value(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows = make_rows(3, subclass=["K5", "K7", None], **{"class": ["STAR"] * 3})
    first = catalogue.ingest([make_page(rows)])
    silent = changed(rows, subclass=[None] * 3, ra=[None] * 3).drop_columns(["redshift", "dec"])
    second = catalogue.ingest([make_page(silent, content="2")])
    assert counts(second) == (0, 0, 3)
    assert second.state == first.state
    assert value(catalogue, rows["object_key"][0].as_py(), "subclass") == "K5"


def test_where_the_class_changes_the_labels_of_the_old_one_go(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows = make_rows(1, subclass=["K5"], **{"class": ["STAR"]})
    catalogue.ingest([make_page(rows)])
    newer = changed(rows, **{"class": ["QSO"]}).drop_columns(["redshift", "subclass", "ra"])
    assert counts(catalogue.ingest([make_page(newer, content="2")])) == (0, 1, 0)
    key = rows["object_key"][0].as_py()
    assert [value(catalogue, key, name) for name in ("class", "subclass", "redshift")] == ["QSO", None, None]
    assert value(catalogue, key, "ra") == rows["ra"][0].as_py()


def test_of_a_key_in_two_pages_the_later_page_stands_and_it_is_counted_once(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows = make_rows(10)
    later = changed(rows, redshift=[0.5] * 10).slice(5).drop_columns(["ra", "dec"])
    pages = [make_page(rows, name="a"), make_page(later, name="b")]
    assert counts(catalogue.ingest(pages)) == (10, 0, 5)
    assert catalogue.rows().filter(pc.equal(catalogue.rows()["redshift"], 0.5)).num_rows == 5
    assert catalogue.rows()["ra"].null_count == 0
    assert counts(catalogue.ingest(pages)) == (0, 0, 15)


def test_the_order_of_files_in_one_ingest_does_not_change_blocks_and_links(
    database_url: str, make_database: Any, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows = make_rows(20)
    same = rows.drop_columns(["object_key", "plate", "fiberid"])
    twins = make_rows(20, plate=None, fiberid=None, **{name: same[name].combine_chunks() for name in same.column_names})
    bare = make_rows(
        20,
        seed=5,
        plate=None,
        fiberid=None,
        mjd=None,
        ra=None,
        dec=None,
        redshift=None,
        **{b: rows[b].combine_chunks() for b in "ugriz"},
    )
    pages = [make_page(rows, name="a"), make_page(twins, name="b"), make_page(bare, name="c")]
    one, other = open_catalogue(database_url), open_catalogue(make_database("sqlite"))
    first = one.ingest(pages)
    assert first.state == other.ingest(pages[::-1]).state
    assert one.rows().equals(other.rows())
    links = one.rows()["same_as"].drop_null()
    assert len(links) == one.rows().num_rows - 20
    assert set(links.to_pylist()) == set(rows["object_key"].to_pylist())


def test_a_better_key_that_comes_later_takes_over_the_link_and_no_block_moves(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    bare = make_rows(5, plate=None, fiberid=None, mjd=None, ra=None, dec=None)
    first = catalogue.ingest([make_page(bare, name="bare")])
    before = dict(zip(catalogue.rows()["object_key"].to_pylist(), catalogue.rows()["block"].to_pylist(), strict=True))
    full = make_rows(5)
    second = catalogue.ingest([make_page(full, name="full")])
    assert counts(second) == (5, 0, 0)
    assert second.state != first.state
    rows = catalogue.rows()
    for key, block, same_as in zip(*(rows[n].to_pylist() for n in ("object_key", "block", "same_as")), strict=True):
        if key.startswith("row:"):
            assert block == before[key]
            assert rows.filter(pc.equal(rows["object_key"], same_as))["block"].to_pylist() == [block]
        else:
            assert same_as is None


def test_state_ids_rows_and_snapshots_are_the_same_on_both_databases(
    make_database: Any, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage, tmp_path: Path
) -> None:
    ids = [str(2**63 + at) for at in range(200)]
    pages = [make_page(make_rows(300), name="a"), make_page(make_rows(200, seed=1, spec_obj_id=ids), name="b")]
    found = []
    for backend in ("sqlite", "postgres"):
        catalogue = open_catalogue(make_database(backend))
        record = catalogue.ingest(pages)
        rows = catalogue.rows()
        snapshot = freeze(rows, folder=tmp_path / backend, system=MagnitudeSystem.MODEL, sky=Sky.REAL)
        found.append((record.id, counts(record), catalogue.state, rows, snapshot.id))
    assert found[0][:3] == found[1][:3]
    assert found[0][3].equals(found[1][3])
    assert found[0][4] == found[1][4]


def test_magnitudes_of_two_systems_never_mix(catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage) -> None:
    model, psf = (
        make_page(make_rows(3), name="model.csv"),
        make_page(make_rows(3, seed=1), name="psf.csv", system=MagnitudeSystem.PSF),
    )
    with pytest.raises(ConfigError, match=r"model.csv has model; psf.csv has psf.*--home.*--column"):
        catalogue.ingest([model, psf])
    catalogue.ingest([model])
    with pytest.raises(
        ConfigError, match=r"holds model magnitudes and psf.csv brings psf magnitudes.*--home.*--column"
    ):
        catalogue.ingest([psf])
    assert catalogue.rows().num_rows == 3


@pytest.mark.parametrize(("sky", "kind"), [(Sky.REAL, "simulated"), (Sky.SIMULATED, "files")])
def test_pages_of_the_other_sky_are_refused_by_name(
    sqlite_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage, sky: Sky, kind: str
) -> None:
    with pytest.raises(ConfigError, match=f"rows.csv is .* holds the {sky} sky"):
        open_catalogue(sqlite_url, sky=sky).ingest([make_page(make_rows(1), kind=kind)])


def test_no_page_at_all_is_refused(sqlite_url: str, open_catalogue: OpenCatalogue) -> None:
    with pytest.raises(ConfigError, match="no page"):
        open_catalogue(sqlite_url).ingest([])


def test_a_page_without_valid_rows_is_recorded(catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage) -> None:
    record = catalogue.ingest([make_page(make_rows(0), quarantined=[PROBLEM])])
    assert (counts(record), record.quarantined, record.state) == ((0, 0, 0), 1, "0" * 64)
    assert catalogue.rows().schema.equals(ROW_SCHEMA)


def test_quarantine_keeps_each_row_once_a_contract_with_first_and_last_time(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows, other = make_rows(3), (9, "pmf:1-52000-1", ["z is out of range"], '{"z":98}')
    page = make_page(rows, quarantined=[PROBLEM, other])
    catalogue.ingest([page])
    catalogue.ingest([page])
    assert catalogue.quarantine_counts() == {"u is missing": 1, "z is out of range": 2}
    seen = sql(catalogue, "SELECT row_number, object_key, first_seen < last_seen FROM quarantine ORDER BY row_number")
    assert [tuple(row) for row in seen] == [(7, None, True), (9, "pmf:1-52000-1", True)]
    catalogue.ingest([make_page(rows, quarantined=[other], contract="contract-2")])
    assert catalogue.quarantine_counts() == {"z is out of range": 1}
    assert len(sql(catalogue, "SELECT 1 FROM quarantine")) == 3


def test_the_baseline_is_the_profile_of_the_last_accepted_page_of_an_origin(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    def page(origin: str, content: str) -> JudgedPage:
        return make_page(
            make_rows(3), name=origin, content=content, profile={"rows": 3, "medians": {"u - g": 1.5}, "was": content}
        )

    assert catalogue.baseline("a.csv") is None
    first, second = page("a.csv", "1"), page("a.csv", "2")
    catalogue.ingest([first])
    catalogue.ingest([second])
    catalogue.ingest([page("b.csv", "3")])
    assert catalogue.baseline("a.csv") == '{"medians": {"u - g": 1.5}, "rows": 3, "was": "2"}'
    catalogue.ingest([first])
    assert '"was": "1"' in str(catalogue.baseline("a.csv"))
    catalogue.ingest([second, first, second])
    assert '"was": "2"' in str(catalogue.baseline("a.csv"))


def test_rows_of_a_state_that_passed_are_refused(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    record = catalogue.ingest([make_page(make_rows(3))])
    assert catalogue.rows(state=record.state).num_rows == 3
    catalogue.ingest([make_page(make_rows(3, seed=1), name="b")])
    with pytest.raises(TransientSourceError, match="has moved on from state"):
        catalogue.rows(state=record.state)


def _gone(page: JudgedPage) -> JudgedPage:
    page.valid.unlink()
    return page


def _cut(page: JudgedPage) -> JudgedPage:
    page.quarantined.write_bytes(page.quarantined.read_bytes()[:-5])
    return page


def _fewer(page: JudgedPage) -> JudgedPage:
    pq.write_table(pq.read_table(page.valid).slice(1), page.valid)
    return page


def _twice(page: JudgedPage) -> JudgedPage:
    pq.write_table(pq.read_table(page.valid).take(pa.array([0, 0, 1])), page.valid)
    return page


def _silent(page: JudgedPage) -> JudgedPage:
    page.report.write_text("{}")
    return page


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_gone, "cannot be read"),
        (_cut, "cannot be read"),
        (_fewer, "has 2 rows"),
        (_twice, "twice"),
        (_silent, "report"),
    ],
)
def test_a_damaged_page_is_named_and_nothing_is_changed(
    sqlite_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage,
    damage: Callable[[JudgedPage], JudgedPage], said: str,
) -> None:  # fmt: skip
    catalogue = open_catalogue(sqlite_url)
    good = make_page(make_rows(3), name="good.csv")
    with pytest.raises(ArtefactCorrupt, match=f"{said}.*Run the same command again|{said}.*run again"):
        catalogue.ingest([good, damage(make_page(make_rows(3, seed=1)))])
    assert catalogue.rows().num_rows == 0
    assert counts(catalogue.ingest([good])) == (3, 0, 0)


@pytest.mark.parametrize(("column", "bad"), [("u", 99.0), ("class", "PLANET"), ("mjd", 3)])
def test_the_database_refuses_what_a_contract_should_not_have_let_pass(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage, column: str, bad: Any
) -> None:
    rows = make_rows(3)
    with pytest.raises(ContractViolation, match=f"refused rows.*ck_objects_{column}"):
        catalogue.ingest([make_page(changed(rows, **{column: [bad, *rows[column].to_pylist()[1:]]}))])
    assert catalogue.rows().num_rows == 0
    assert sql(catalogue, "SELECT 1 FROM pages") == []


def test_where_an_object_came_from_is_never_lost(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows = make_rows(2)
    one = catalogue.ingest([make_page(rows, name="a")])
    two = catalogue.ingest([make_page(changed(rows, redshift=[0.9, rows["redshift"][1].as_py()]), name="b")])
    lineage = {
        tuple(row)
        for row in sql(
            catalogue,
            "SELECT o.first_ingest, o.last_ingest, p.origin FROM objects o JOIN pages p ON p.id = o.page_id "
            "JOIN ingest_pages i ON i.page_id = p.id AND i.ingest_id = o.last_ingest",
        )
    }
    assert lineage == {(one.id, one.id, "a"), (one.id, two.id, "b")}
    with pytest.raises(ContractViolation), catalogue._database.writing() as connection:
        connection.execute(sa.update(OBJECTS).values(page_id="0" * 64))


CELLS = st.dictionaries(
    st.integers(0, 5), st.tuples(st.sampled_from([None, 0.25, 0.5]), st.sampled_from([None, 10.0, 11.0])), max_size=5
)


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_any_series_of_ingests_leaves_what_a_dictionary_would(
    make_database: Any, tmp_path_factory: pytest.TempPathFactory, make_rows: MakeRows, make_page: MakePage, backend: str
) -> None:
    @settings(max_examples=12 if backend == "sqlite" else 6, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.lists(CELLS, min_size=1, max_size=2), min_size=1, max_size=4))
    def series(ingests: list[list[dict[int, tuple[float | None, float | None]]]]) -> None:
        known: dict[int, tuple[float | None, float | None]] = {}
        with Catalogue.open(
            make_database(backend), sky=Sky.REAL, lock_folder=tmp_path_factory.mktemp("locks")
        ) as catalogue:
            states: dict[tuple[Any, ...], str] = {}
            for number, pages in enumerate(ingests):
                before = dict(known)
                for page in pages:
                    for fibre, cells in page.items():
                        old = known.get(fibre, (None, None))
                        known[fibre] = (
                            cells[0] if cells[0] is not None else old[0],
                            cells[1] if cells[1] is not None else old[1],
                        )
                record = catalogue.ingest(
                    [_page(make_rows, make_page, page, name=f"{number}-{at}") for at, page in enumerate(pages)]
                )
                inserted = len(known.keys() - before.keys())
                updated = sum(known[fibre] != cells for fibre, cells in before.items())
                total = sum(map(len, pages))
                assert counts(record) == (inserted, updated, total - inserted - updated)
                rows = catalogue.rows()
                stored = zip(*(rows[name].to_pylist() for name in ("fiberid", "redshift", "extinction_r")), strict=True)
                assert {fibre - 1: tuple(cells) for fibre, *cells in stored} == known
                content = tuple(sorted(known.items(), key=lambda item: item[0]))
                assert states.setdefault(content, record.state) == record.state == catalogue.state
            assert len(set(states.values())) == len(states)

    series()


def _page(
    make_rows: MakeRows, make_page: MakePage, cells: dict[int, tuple[float | None, float | None]], *, name: str
) -> JudgedPage:
    whole = make_rows(6, redshift=None, **{"class": ["STAR"] * 6})
    rows = whole.take(pa.array(list(cells), pa.int64()))
    values = np.array([*cells.values()], dtype=object).reshape(-1, 2)
    rows = rows.append_column("redshift", pa.array(values[:, 0], pa.float64()))
    return make_page(rows.append_column("extinction_r", pa.array(values[:, 1], pa.float64())), name=name)
