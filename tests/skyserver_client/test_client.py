"""Every answer of the service is stored, and is rows, a failure that passes, a refusal, or suspicious."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cosmic.errors import ConfigError, PermanentSourceError, QueryRefused, SuspiciousResponse, TransientSourceError
from cosmic.records import Page
from cosmic.skyserver import client, plan, pull
from cosmic.skyserver.answers import demand_table, read_rows
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Query, Request
from cosmic.skyserver.profiles import OPTICAL
from cosmic.sources.base import PageStore
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra

ROWS = 900


@pytest.fixture(scope="module")
def survey() -> Any:
    with serve(simulated_spectra(ROWS, seed=5)) as running:
        yield running


@pytest.fixture
def calm(survey: Any) -> Any:
    survey.mischief.clear()
    survey.log.clear()
    return survey


def asking(survey: Any, folder: Path, *, timeout: float = 1.0, deadline: float = 30.0) -> pull.Ask:
    service = Service(survey.url, timeout=timeout, deadline=deadline)
    return lambda query: client.ask(query, service=service, store=PageStore(folder))


REQUEST = Request(page_rows=200)


def batches(counted: tuple[Any, ...], request: Request = REQUEST) -> list[plan.Batch]:
    return list(plan.batches(request, OPTICAL, counted, present=[one.shard for one in counted]))


def test_a_pull_gets_every_row_once_in_pages(calm: Any, tmp_path: Path) -> None:
    ask = asking(calm, tmp_path)
    _, counted = pull.take_census(REQUEST, ask=ask)
    pages = [page for batch in batches(counted) for page in pull.pull(REQUEST, batch, ask=ask).pages]
    served = calm.rows(
        "SELECT s.specObjID FROM SpecObj s JOIN PhotoPrimary p ON p.objID = s.bestObjID WHERE s.zWarning IN (0, 16)"
    )
    ids = [key for page in pages for key in keys(page)]
    assert len(pages) > 2
    assert sorted(map(int, ids)) == sorted(map(int, served.column(0).to_pylist()))
    assert len(ids) == len(set(ids)) == sum(one.n for one in counted)


def keys(page: Page) -> list[str]:
    from cosmic.skyserver.answers import read_columns

    found: list[str] = read_columns(page.path, ["specObjID"])["specObjID"].to_pylist()
    return found


def test_the_manifest_tells_how_the_answer_came(calm: Any, tmp_path: Path) -> None:
    page, _ = pull.take_census(REQUEST, ask=asking(calm, tmp_path))
    told = json.loads(page.manifest.read_text())
    assert told["query"] == plan.census_sql(REQUEST, OPTICAL)
    assert told["answer"]["status"] == 200
    assert told["answer"]["release"] == 17
    assert told["answer"]["address"].startswith(calm.url)
    assert {"started", "ended", "sha256", "versions"} <= told.keys()


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault(Wrong.UNAVAILABLE), TransientSourceError, "503"),
        (Fault(Wrong.INTERNAL), TransientSourceError, "500"),
        (Fault(Wrong.HTML), TransientSourceError, "web page"),
        (Fault(Wrong.ERROR_PAGE), TransientSourceError, "web page"),
        (Fault(Wrong.THROTTLED), TransientSourceError, "fewer queries a minute"),
        (Fault(Wrong.CUT), TransientSourceError, "did not answer"),
        (Fault(Wrong.SHORT), TransientSourceError, "broke off"),
        (Fault(Wrong.RESET), TransientSourceError, "did not answer"),
        (Fault(Wrong.HANG, seconds=3.0), TransientSourceError, "did not answer"),
        (Fault(Wrong.EMPTY), SuspiciousResponse, "no rows, where the census counted"),
        (Fault(Wrong.CAPPED, rows=7), SuspiciousResponse, "7 rows, where the census counted"),
        (Fault(Wrong.RENAMED, column="redshift"), SuspiciousResponse, "redshift lacking"),
        (Fault(Wrong.RETYPED, column="specObjID"), SuspiciousResponse, "no number"),
        (Fault(Wrong.RETYPED, column="redshift"), SuspiciousResponse, "other types"),
    ],
    ids=lambda value: getattr(getattr(value, "name", None), "value", None),
)
def test_what_goes_wrong_is_named_for_what_it_is(
    calm: Any, tmp_path: Path, fault: Fault, error: type[Exception], words: str
) -> None:
    ask = asking(calm, tmp_path)
    _, counted = pull.take_census(REQUEST, ask=ask)
    calm.mischief.add(fault)
    batch = batches(counted)[0]
    with pytest.raises(error, match=words):
        pull.pull(REQUEST, batch, ask=ask)
    assert pull.pull(REQUEST, batch, ask=ask).rows == batch.rows  # the next attempt finds it all


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(Wrong.CAPPED, rows=3), "lists 3 shards with .* it is not whole"),
        (Fault(Wrong.RENAMED, column="id_sum"), "id_sum lacking"),
        (Fault(Wrong.RETYPED, column="id_sum"), "no number"),
    ],
    ids=lambda value: getattr(getattr(value, "name", None), "value", None),
)
def test_a_census_that_is_not_whole_gives_itself_away(calm: Any, tmp_path: Path, fault: Fault, words: str) -> None:
    calm.mischief.add(fault)
    with pytest.raises(SuspiciousResponse, match=words):
        pull.take_census(REQUEST, ask=asking(calm, tmp_path))


def test_a_census_of_some_shards_counts_them_alone(calm: Any, tmp_path: Path) -> None:
    ask = asking(calm, tmp_path)
    _, every = pull.take_census(REQUEST, ask=ask)
    low, high = every[1].shard, every[3].shard
    _, some = pull.take_census(REQUEST, ask=ask, spans=((low, high), (every[5].shard, every[5].shard)))
    assert some == (*every[1:4], every[5])


def test_a_body_that_never_ends_is_given_up(calm: Any, tmp_path: Path) -> None:
    calm.mischief.add(Fault(Wrong.SLOW, seconds=8.0))
    started = time.monotonic()
    with pytest.raises(TransientSourceError, match="still answering"):
        pull.take_census(REQUEST, ask=asking(calm, tmp_path, timeout=3.0, deadline=0.5))
    assert time.monotonic() - started < 4.0, "it is given up while the body comes, not after"


@pytest.mark.parametrize(
    ("sql", "release", "words"),
    [
        ("SELECT TOP 1 nonsense FROM SpecObj", 17, "nonsense"),
        ("SELECT TOP 1 z FROM Nowhere", 17, "Nowhere"),
        ("SELECT TOP 1 z FROM SpecObj", 12, "no data release 12"),
    ],
)
def test_a_query_that_can_never_work_is_refused_for_good(
    calm: Any, tmp_path: Path, sql: str, release: int, words: str
) -> None:
    with pytest.raises(PermanentSourceError, match=words):
        asking(calm, tmp_path)(Query(sql, release, ("z",), 1, 1))


def test_nobody_there_passes(tmp_path: Path) -> None:
    service = Service("http://127.0.0.1:9", timeout=1.0)
    with pytest.raises(TransientSourceError, match="did not answer"):
        client.ask(Query("SELECT TOP 1 z FROM SpecObj", 17, ("z",), 1, 1), service=service, store=PageStore(tmp_path))


def test_rows_that_came_between_census_and_page_are_noticed(tmp_path: Path) -> None:
    with serve(simulated_spectra(300, seed=6)) as survey:
        ask = asking(survey, tmp_path)
        _, counted = pull.take_census(REQUEST, ask=ask)
        survey.add_simulated(40, seed=7)
        with pytest.raises(SuspiciousResponse, match="census"):
            [pull.pull(REQUEST, batch, ask=ask) for batch in batches(counted)]


def test_an_answer_with_ids_out_of_order_is_suspicious(tmp_path: Path) -> None:
    path = tmp_path / "page.csv"
    columns = [column.answered for column in OPTICAL.columns["default"]]
    at = {name: str(number) for number, name in enumerate(columns)} | {"plate": "300", "mjd": "51666"}
    lines = [",".join((at | {"specObjID": key})[name] for name in columns) for key in ("5", "7", "6")]
    path.write_text("\n".join(["#Table1", ",".join(columns), *lines]) + "\n")
    page = Page(id="x", path=path, manifest=path, origin="here", kind="skyserver", size=1)  # type: ignore[arg-type]
    from cosmic.skyserver.census import Shard

    batch = plan.Batch((Shard(300, 3, 51666, 18),), ((300, 300),))
    with pytest.raises(SuspiciousResponse, match="6 after 7"):
        pull.pull(REQUEST, batch, ask=lambda _: page)


def test_the_study_s_query_has_its_columns(calm: Any, tmp_path: Path) -> None:
    with serve({16: simulated_spectra(300, seed=6)}, releases=(16,)) as survey:
        request = Request(release=16, query="study", page_rows=200)
        ask = asking(survey, tmp_path)
        _, counted = pull.take_census(request, ask=ask)
        pages = pull.pull(request, batches(counted, request)[0], ask=ask).pages
    header = pages[0].path.read_text().splitlines()[1]
    assert "elodieTEff" in header
    assert "p_el_debiased" in header


def test_reading_columns_keeps_ids_exact(tmp_path: Path) -> None:
    from cosmic.skyserver.answers import read_columns

    (tmp_path / "a.csv").write_text("#Table1\nspecObjID,z\n18446744073709551615,\n")
    table = read_columns(tmp_path / "a.csv", ["specObjID"])
    assert table.schema.field("specObjID").type == pa.string()
    assert table["specObjID"].to_pylist() == ["18446744073709551615"]


@pytest.mark.parametrize("address", ["skyserver.sdss.org", "ftp://skyserver.sdss.org", "http://[1"])
def test_what_is_no_address_is_not_asked_again(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match="COSMIC_SKYSERVER_URL"):
        client.ask(
            Query("SELECT TOP 1 z FROM SpecObj", 17, ("z",), 1, 1), service=Service(address), store=PageStore(tmp_path)
        )


def test_columns_may_come_in_another_letter_case(tmp_path: Path) -> None:
    path = tmp_path / "page.csv"
    path.write_text("#Table1\nSPECOBJID,Z\n18446744073709551615,0.5\n")
    query = Query("SELECT TOP 2 …", 17, ("specObjID", "z"), 2, 1, kinds=("id", "float"))
    demand_table(path, query, status=200, address="here")
    assert read_rows(path, query).to_pylist() == [{"specObjID": "18446744073709551615", "z": 0.5}]


@pytest.mark.parametrize("start", ["\n", "\ufeff"])
def test_a_table_that_begins_otherwise_is_suspicious(tmp_path: Path, start: str) -> None:
    path = tmp_path / "page.csv"
    path.write_text(f"{start}#Table1\nspecObjID\n1\n", encoding="utf-8")
    query = Query("SELECT TOP 2 …", 17, ("specObjID",), 2, 1, kinds=("id",))
    with pytest.raises(SuspiciousResponse, match="does not begin as"):
        read_rows(path, query)


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_door_is_not_taken_for_a_wrong_query(tmp_path: Path, status: int) -> None:
    path = tmp_path / "page.csv"
    path.write_text("<html><title>Forbidden</title></html>")
    with pytest.raises(PermanentSourceError, match="COSMIC_SKYSERVER_URL") as found:
        demand_table(path, Query("SELECT", 17, ("z",), 1, 1), status=status, address="here")
    assert not isinstance(found.value, QueryRefused)
