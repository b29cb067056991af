from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import sqlalchemy as sa

from cosmic.canonical import canonical
from cosmic.catalogue import ROW_SCHEMA, Catalogue
from cosmic.catalogue.tables import OBJECTS
from cosmic.columns import OBJECT_SCHEMA
from cosmic.errors import ContractViolation, TransientSourceError
from cosmic.labels import label
from cosmic.records import Contradiction, JudgedPage, MagnitudeSystem, Task
from cosmic.snapshots import fold
from tests.catalogue.looking import changed, counts, sql, value

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]
OpenCatalogue = Callable[..., Catalogue]
PROBLEM = (7, None, ["u is missing", "z is out of range"], '{"u":null,"z":99}')


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


def test_no_subclass_and_nothing_known_of_it_stay_apart_up_to_the_label(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows = make_rows(4, **{"class": ["GALAXY", "GALAXY", "GALAXY", "QSO"]}, subclass=["none", None, "AGN", None])
    catalogue.ingest([make_page(rows)])
    objects = fold(catalogue.rows()).rows
    found = dict(
        zip(objects["object_key"].to_pylist(), label(objects, Task.GALAXY_SPECTRAL).values.to_pylist(), strict=True)
    )
    assert [found[key] for key in rows["object_key"].to_pylist()] == ["none", None, "AGN", None]
    # a record of the same objects without the column takes nothing away
    again = make_page(rows.drop_columns(["subclass"]))
    assert counts(catalogue.ingest([again])) == (0, 0, 4)


def test_the_second_run_changes_nothing(catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage) -> None:
    page = make_page(make_rows(50), quarantined=[PROBLEM])
    first = catalogue.ingest([page])
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
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage, caplog: pytest.LogCaptureFixture
) -> None:
    rows = make_rows(10)
    later = changed(rows, redshift=[0.5] * 10).slice(5).drop_columns(["ra", "dec"])
    pages = [make_page(rows, name="a"), make_page(later, name="b")]
    first = catalogue.ingest(pages)
    assert counts(first) == (10, 0, 5)
    assert first.superseded == 5
    assert first.contradictions == (Contradiction("a", "b", 5, ("redshift",)),)
    assert "a and b differ in redshift of 5 objects; the later one stands" in caplog.text
    assert catalogue.rows().filter(pc.equal(catalogue.rows()["redshift"], 0.5)).num_rows == 5
    assert catalogue.rows()["ra"].null_count == 0
    assert counts(catalogue.ingest(pages)) == (0, 0, 15)


def test_pages_that_agree_or_have_gaps_contradict_nothing(
    sqlite_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows = make_rows(4, redshift=[0.1234567] * 4)
    single = changed(rows, redshift=[float(np.float32(0.1234567))] * 3 + [None])
    pages = [make_page(rows, name="a"), make_page(single, name="b")]
    record = open_catalogue(sqlite_url).ingest(pages)
    assert (counts(record), record.superseded, record.contradictions) == ((4, 0, 4), 0, ())


def test_rows_of_earlier_ingests_are_those_that_no_page_of_this_one_has(
    sqlite_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    catalogue, rows = open_catalogue(sqlite_url), make_rows(10)
    overlapping = [make_page(rows.slice(0, 6), name="a"), make_page(rows.slice(4), name="b")]
    assert catalogue.ingest(overlapping).earlier == 0
    assert catalogue.ingest(overlapping).earlier == 0
    other = [make_page(make_rows(3, seed=1), name="c"), make_page(rows.slice(0, 2), name="d")]
    assert catalogue.ingest(other).earlier == 8


def test_stored_values_that_an_update_cannot_keep_are_counted(
    sqlite_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    catalogue, rows = open_catalogue(sqlite_url), make_rows(3, psf_u=[20.0, 20.0, None], redshift=[0.1] * 3)
    assert catalogue.ingest([make_page(rows)]).erased == {}
    u, labels = rows["u"].to_pylist(), rows["class"].to_pylist()
    silent = changed(rows, u=[u[0] + 0.5, u[1], u[2]], psf_u=[None] * 3, redshift=[None] * 3)
    assert catalogue.ingest([make_page(silent, content="2")]).erased == {"psf_u": 1}
    other = "STAR" if labels[2] != "STAR" else "QSO"
    relabelled = changed(silent, **{"class": [*labels[:2], other]})
    assert catalogue.ingest([make_page(relabelled, content="3")]).erased == {"redshift": 1}


def test_rows_without_id_and_position_that_are_too_rough_to_be_found_again_are_counted(
    sqlite_url: str, open_catalogue: OpenCatalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    bare: dict[str, Any] = {"plate": None, "mjd": None, "fiberid": None, "ra": None, "dec": None}
    rough = {band: [20.25, 19.5, 18.75] for band in "ugriz"}
    catalogue = open_catalogue(sqlite_url)
    assert catalogue.ingest([make_page(make_rows(3, **bare, **rough | {"u": [20.251, 19.25, 18.5]}))]).too_rough == 2
    assert catalogue.ingest([make_page(make_rows(3, **rough), content="2")]).too_rough == 0


def test_a_page_without_valid_rows_is_recorded(catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage) -> None:
    record = catalogue.ingest([make_page(make_rows(0), quarantined=[PROBLEM])])
    assert (counts(record), record.quarantined, record.state) == ((0, 0, 0), 1, "0" * 64)
    assert catalogue.rows().schema.equals(ROW_SCHEMA)


def test_rows_of_a_state_that_passed_are_refused(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    record = catalogue.ingest([make_page(make_rows(3))])
    assert catalogue.rows(state=record.state).num_rows == 3
    catalogue.ingest([make_page(make_rows(3, seed=1), name="b")])
    with pytest.raises(TransientSourceError, match="has moved on from state"):
        catalogue.rows(state=record.state)


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


def test_a_corrected_label_of_a_row_without_id_is_an_update_and_counts(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    bare: dict[str, Any] = {"plate": None, "mjd": None, "fiberid": None, "ra": None, "dec": None, "redshift": None}
    old, new = (make_rows(3, **bare, **{"class": [label, "QSO", "QSO"]}) for label in ("STAR", "GALAXY"))
    first = catalogue.ingest([make_page(old, content="1")])
    assert counts(catalogue.ingest([make_page(new, content="2")])) == (0, 1, 2)
    assert value(catalogue, old["object_key"][0].as_py(), "class") == "GALAXY"
    assert catalogue.rows().num_rows == 3
    assert catalogue.ingest([make_page(old, content="1")]).state == first.state
