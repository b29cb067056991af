"""The journal of a search: in order, whole, whoever else writes, on SQLite and on Postgres."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from cosmic.catalogue import Catalogue
from tests.catalogue.looking import sql

OpenCatalogue = Callable[..., Catalogue]


def test_entries_are_read_in_the_order_in_which_they_were_appended_from_any_of_them_on(catalogue: Catalogue) -> None:
    draw, told = random.Random(0), list[dict[str, object]]()
    for batch in range(8):
        entries = [{"batch": batch, "at": at, "x": draw.random()} for at in range(draw.randrange(4))]
        catalogue.append_search("one", entries)
        catalogue.append_search("other", [{"batch": batch}])
        told += entries
    assert catalogue.read_search("one") == told, "floats too, to the last digit"
    assert [catalogue.read_search("one", start=at) for at in range(len(told) + 2)] == [
        told[at:] for at in range(len(told) + 2)
    ]
    assert catalogue.read_search("other") == [{"batch": batch} for batch in range(8)]
    assert catalogue.read_search("none") == []


def test_two_writers_lose_nothing_and_leave_no_gap(database_url: str, open_catalogue: OpenCatalogue) -> None:
    open_catalogue(database_url)  # makes the tables
    each = 12

    def write(who: int) -> None:
        catalogue = open_catalogue(database_url)
        for at in range(each):
            catalogue.append_search("one", [{"who": who, "at": at}, {"who": who, "at": at, "second": True}])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    catalogue = open_catalogue(database_url)
    entries = catalogue.read_search("one")
    assert [number for (number,) in sql(catalogue, "SELECT number FROM search_log ORDER BY number")] == list(
        range(4 * each)
    )
    for who in range(2):
        assert [one["at"] for one in entries if one["who"] == who] == [at for at in range(each) for _ in range(2)]
    assert all(one["who"] == two["who"] for one, two in zip(entries[::2], entries[1::2], strict=True)), (
        "what was appended together stays together"
    )
