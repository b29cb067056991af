"""Rounds hold every batch once; several ingests of a run count as one."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cosmic.records import CatalogueId, Contradiction, Ingest
from cosmic.skyserver.census import Shard
from cosmic.skyserver.plan import Batch
from flows.bringing import rounds, together
from flows.terminal import Pace


@given(st.lists(st.integers(1, 60)), st.integers(1, 200))
def test_rounds_hold_every_batch_once_and_no_more_rows_than_one_batch_needs(sizes: list[int], rows: int) -> None:
    batches = [Batch((Shard(at, n, 1, 1),), ()) for at, n in enumerate(sizes)]
    made = list(rounds(batches, rows))
    assert [one for some in made for one in some] == batches
    for some in made:
        assert len(some) == 1 or sum(one.rows for one in some) <= rows
    for some, following in pairwise(made):
        assert sum(one.rows for one in some) + following[0].rows > rows


def ingest(name: str, **counts: int) -> Ingest:
    zero = dict.fromkeys(("rows", "valid", "quarantined", "inserted", "updated", "unchanged"), 0)
    return Ingest(
        name, CatalogueId("c"), **(zero | counts), state=name, reasons={"r: bad": counts.get("quarantined", 0)},
        erased={"redshift": 1}, contradictions=(Contradiction(name, "later", 1, ("z",)),),
    )  # fmt: skip


def test_ingests_of_one_run_count_as_one_that_left_the_last_state() -> None:
    first = ingest("a", rows=10, valid=9, quarantined=1, inserted=9, absent=1, earlier=100)
    last = ingest("b", rows=6, valid=4, quarantined=2, inserted=1, updated=1, unchanged=2, absent=2, earlier=109)
    both = together([first, last])
    assert (both.id, both.state) == ("b", "b")
    assert (both.rows, both.valid, both.quarantined, both.absent) == (16, 13, 3, 3)
    assert (both.inserted, both.updated, both.unchanged) == (10, 1, 2)
    assert both.inserted + both.updated + both.unchanged == both.valid
    assert both.reasons == {"r: bad": 3}
    assert both.erased == {"redshift": 2}
    assert [one.earlier for one in both.contradictions] == ["a", "b"]
    assert both.earlier == 100
    assert together([first]) == first


def test_pace_says_rows_parts_and_the_time_left() -> None:
    pace = Pace(1_000, 4)
    pace.started -= 100
    assert pace.words(250) == "250 of 1,000 rows, 1 of 4 parts, about 5 min left"
    assert pace.words(750).startswith("1,000 of 1,000 rows, 2 of 4 parts, about 0 s left")
