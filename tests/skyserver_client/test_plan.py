"""Batches ask for every changed shard once, within a page and within the length of a GET."""

from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic.errors import ConfigError
from cosmic.skyserver import plan
from cosmic.skyserver.census import Changes, Shard, Tally, compare, differences
from cosmic.skyserver.profiles import OPTICAL, profile_of
from cosmic.skyserver.rules import MAX_ENCODED

SHARDS = st.dictionaries(st.integers(1, 16383), st.integers(1, 900), min_size=1, max_size=80).map(
    lambda sizes: [Shard(shard, n, 55_000, shard * n) for shard, n in sizes.items()]
)


@settings(max_examples=40, deadline=None)
@given(SHARDS, st.sets(st.integers(1, 16383), max_size=40), st.sampled_from(["default", "study"]))
def test_batches_hold_each_shard_once_and_their_spans_no_other(
    shards: list[Shard], others: set[int], name: str
) -> None:
    request = plan.Request(page_rows=1_000, query=name)
    present = {one.shard for one in shards} | others
    batches = list(plan.batches(request, OPTICAL, shards, present=present))
    assert [one for batch in batches for one in batch.shards] == sorted(shards, key=lambda one: one.shard)
    for batch in batches:
        assert batch.rows <= request.page_rows or len(batch.shards) == 1
        asked = {shard for low, high in batch.spans for shard in present if low <= shard <= high}
        assert asked == {one.shard for one in batch.shards}
        query = plan.query(request, OPTICAL, batch, after=2**64 - 1, left=batch.rows)
        assert len(quote_plus(query.sql)) <= MAX_ENCODED


def test_the_last_page_asks_for_one_row_more_than_is_expected() -> None:
    request = plan.Request(page_rows=100)
    batch = next(plan.batches(request, OPTICAL, [Shard(5, 250, 55_000, 1)]))
    first = plan.query(request, OPTICAL, batch, after=None, left=250)
    last = plan.query(request, OPTICAL, batch, after=7, left=50)
    assert (first.limit, first.rows) == (100, 100)
    assert (last.limit, last.rows) == (51, 50)
    assert "specObjID > 7 ORDER BY s.specObjID" in last.sql


@given(SHARDS, SHARDS)
def test_two_censuses_differ_exactly_where_a_shard_does(before: list[Shard], now: list[Shard]) -> None:
    stored = {one.shard: one for one in before}
    changes = compare(stored, now)
    assert {*changes.to_fetch} == {one for one in now if stored.get(one.shard) != one}
    assert {one.shard for one in changes.gone} == stored.keys() - {one.shard for one in now}
    assert changes.same + len(changes.to_fetch) == len(now)
    assert compare({one.shard: one for one in now}, now) == Changes(same=len(now))


def test_a_refetch_counts_shards_as_changed() -> None:
    shards = [Shard(1, 1, 1, 1), Shard(2, 1, 1, 1)]
    assert [one.shard for one in compare({s.shard: s for s in shards}, shards, again=[2, 9]).to_fetch] == [2]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 70_000), st.integers(0, 2**64 - 1))))
def test_a_tally_sums_ids_exactly(rows: list[tuple[int, int, int]]) -> None:
    tally = Tally()
    for row in rows:
        tally.add(*row)
    counted = {one.shard: one for one in tally.counted()}
    assert sum(one.id_sum for one in counted.values()) == sum(key for _, _, key in rows)
    assert {s: one.n for s, one in counted.items()} == {s: sum(r[0] == s for r in rows) for s in {r[0] for r in rows}}


def test_differences_name_shard_and_counts_and_are_bounded() -> None:
    expected = [Shard(n, 2, 1, 2) for n in range(9)]
    texts = differences(expected, expected[:1])
    assert texts[0] == "shard 1: 0 rows, the census counted 2"
    assert texts[-1] == "and 3 more shards"
    assert not differences(expected, expected)


def test_whole_shards_are_taken_until_the_limit_is_reached() -> None:
    shards = [Shard(n, 40, 1, 2) for n in (3, 1, 2)]
    assert [one.shard for one in plan.limited(shards, 50)] == [1, 2]
    assert len(plan.limited(shards, None)) == 3


@pytest.mark.parametrize("release", [7, 19, 20])
def test_a_release_without_a_profile_is_refused(release: int) -> None:
    with pytest.raises(ConfigError, match=f"{release} has no profile"):
        profile_of(release)


@pytest.mark.parametrize("where", ["s.z > 1) OR (1 = 1", "(s.z > 1", "s.class = 'x"])
def test_a_condition_that_would_change_the_rest_of_the_query_is_refused(where: str) -> None:
    with pytest.raises(ConfigError, match="brackets or quotes"):
        plan.Request(where=where)
