from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cosmic.catalogue import Catalogue
from cosmic.records import JudgedPage, MagnitudeSystem, Sky
from cosmic.snapshots import freeze
from tests.catalogue.looking import counts

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]
OpenCatalogue = Callable[..., Catalogue]


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
        **{name: rows[name].combine_chunks() for name in (*"ugriz", "class")},
    )
    pages = [make_page(rows, name="a"), make_page(twins, name="b"), make_page(bare, name="c")]
    one, other = open_catalogue(database_url), open_catalogue(make_database("sqlite"))
    first = one.ingest(pages)
    assert first.state == other.ingest(pages[::-1]).state
    assert one.rows().equals(other.rows())
    assert first.contradictions == ()
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
