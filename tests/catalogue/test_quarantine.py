from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from cosmic.catalogue import Catalogue
from cosmic.records import JudgedPage
from tests.catalogue.looking import sql

MakeRows = Callable[..., pa.Table]
MakePage = Callable[..., JudgedPage]
PROBLEM = (7, None, ["u is missing", "z is out of range"], '{"u":null,"z":99}')


def test_quarantine_keeps_each_row_once_a_contract_with_first_and_last_time(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows, other = make_rows(3), (9, "pmf:1-52000-1", ["z is out of range"], '{"z":98}')
    page = make_page(rows, quarantined=[PROBLEM, other])
    catalogue.ingest([page])
    catalogue.ingest([page])
    seen = sql(catalogue, "SELECT row_number, object_key, first_seen < last_seen FROM quarantine ORDER BY row_number")
    assert [tuple(row) for row in seen] == [(7, None, True), (9, "pmf:1-52000-1", True)]
    catalogue.ingest([make_page(rows, quarantined=[other], contract="contract-2")])
    kept = sql(catalogue, "SELECT contract, row_number FROM quarantine ORDER BY contract, row_number")
    assert kept == [("contract-1", 7), ("contract-1", 9), ("contract-2", 9)]


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


def test_a_page_read_again_with_other_columns_leaves_nothing_stale_in_quarantine(
    catalogue: Catalogue, make_rows: MakeRows, make_page: MakePage
) -> None:
    rows, other = make_rows(3), (9, None, ["z is out of range"], '{"z":98}')
    elsewhere = make_page(rows, name="elsewhere.csv", quarantined=[PROBLEM])
    catalogue.ingest([elsewhere])
    catalogue.ingest([make_page(rows, quarantined=[PROBLEM, other])])
    catalogue.ingest([make_page(rows, quarantined=[other])])  # the same page and contract: --column made row 7 valid
    kept = sql(
        catalogue,
        "SELECT p.origin, q.row_number, q.first_seen < q.last_seen FROM quarantine q JOIN pages p ON p.id = q.page_id "
        "ORDER BY p.origin",
    )
    assert [tuple(row) for row in kept] == [("elsewhere.csv", 7, False), ("rows.csv", 9, True)]
