"""A census held against the stored one says what to ask for; what cannot be so is refused, what is lost is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cosmic.errors import ConfigError, SuspiciousResponse
from cosmic.records import Page
from cosmic.skyserver.census import Shard
from cosmic.skyserver.plan import CENSUS_COLUMNS, Batch, Request
from cosmic.skyserver.preview import preview
from cosmic.skyserver.requests import asked_again, spans_of, within
from cosmic.skyserver.work import Wanted, Work, find_work

SHARDS = tuple(Shard(plate, 40, 52_000, plate * 2**60) for plate in (300, 301, 400, 500, 9_000))
SINCE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def page_of(shards: Iterable[Shard], folder: Path) -> Page:
    rows = list(shards)
    total = sum(one.n for one in rows)
    lines = [f"{one.shard},{one.n},{one.newest},{one.id_sum},{total}" for one in rows]
    path = folder / "census.csv"
    path.write_text("\n".join(["#Table1", ",".join(CENSUS_COLUMNS), *lines]) + "\n")
    return Page(id="x", path=path, manifest=path, origin="here DR17", kind="skyserver", size=1)  # type: ignore[arg-type]


def work(now: Iterable[Shard], folder: Path, *, stored: Iterable[Shard] = (), wanted: Wanted | None = None) -> Work:
    return find_work(
        Request(page_rows=100),
        page_of(now, folder),
        stored={one.shard: one for one in stored},
        since=SINCE if stored else None,
        wanted=wanted or Wanted(),
        a_minute=60,
        max_loss=0.5,
    )


def plates(work: Work) -> list[int]:
    return [one.shard for batch in work.batches for one in batch.shards]


def test_a_first_run_asks_for_everything_and_says_what_that_takes(tmp_path: Path) -> None:
    found = work(SHARDS, tmp_path)
    assert plates(found) == [300, 301, 400, 500, 9_000]
    assert (found.estimate.rows, found.estimate.pages, found.gone, found.waiting) == (200, 3, (), 0)
    assert found.words == "DR17 default: 5 plates new or changed, 200 rows in 3 pages"
    assert found.outlook == f"{found.words}; about a minute and 1 MB"


def test_nothing_new_says_since_when(tmp_path: Path) -> None:
    found = work(SHARDS, tmp_path, stored=SHARDS)
    assert not found.batches
    assert found.words == "DR17 default: nothing new since 2026-01-02 03:04 UTC (5 plates as before)"


@pytest.mark.parametrize(
    "now", [Shard(301, 41, 52_000, 301 * 2**60), Shard(301, 40, 52_001, 301 * 2**60), Shard(301, 40, 52_000, 1)]
)
def test_count_newest_date_and_sum_of_ids_each_tell_of_a_change(tmp_path: Path, now: Shard) -> None:
    assert plates(work([*SHARDS[:1], now, *SHARDS[2:]], tmp_path, stored=SHARDS)) == [301]


def test_a_limit_takes_whole_plates_and_says_what_waits(tmp_path: Path) -> None:
    found = work(SHARDS, tmp_path, wanted=Wanted(limit=50))
    assert (plates(found), found.waiting) == ([300, 301], 3)
    assert "3 more wait for the next run" in found.words


def test_a_plate_that_is_gone_is_told(tmp_path: Path) -> None:
    found = work(SHARDS[1:], tmp_path, stored=SHARDS)
    assert (found.gone, found.batches) == ((300,), ())
    assert found.words.endswith("1 plate is gone from the survey; the rows stay in the catalogue")


def test_spans_leave_other_plates_alone(tmp_path: Path) -> None:
    found = work(SHARDS[2:4], tmp_path, stored=SHARDS[:3], wanted=Wanted(spans=((400, 500),)))
    assert (plates(found), found.gone, found.same) == ([500], (), 1)


def test_plates_of_two_spans_are_never_asked_for_across_what_lies_between(tmp_path: Path) -> None:
    found = work((SHARDS[0], SHARDS[2]), tmp_path, wanted=Wanted(spans=((300, 300), (400, 450))))
    assert [batch.spans for batch in found.batches] == [((300, 300), (400, 400))]
    found = work(SHARDS[:3], tmp_path, wanted=Wanted(spans=((300, 450),)))
    assert found.batches[0].spans == ((300, 301),)


def test_a_census_that_lacks_most_rows_is_suspicious(tmp_path: Path) -> None:
    with pytest.raises(
        SuspiciousResponse,
        match=r"lacks 120 of the 200 rows .* on 3 of 5 plates, 3 of which are gone.* COSMIC_MAX_ROW_LOSS",
    ):
        work(SHARDS[:2], tmp_path, stored=SHARDS)


def test_so_is_one_in_which_every_plate_is_there_and_most_of_its_rows_are_not(tmp_path: Path) -> None:
    with pytest.raises(SuspiciousResponse, match=r"lacks 195 of the 200 rows .* on 5 of 5 plates, 0 of which are gone"):
        work([replace(one, n=1) for one in SHARDS], tmp_path, stored=SHARDS)


@pytest.mark.parametrize("stored", [SHARDS, ()])
def test_a_census_of_nothing_is_suspicious(tmp_path: Path, stored: tuple[Shard, ...]) -> None:
    with pytest.raises(SuspiciousResponse, match="counted no rows at all"):
        work((), tmp_path, stored=stored)


def test_plates_that_the_survey_never_had_are_a_mistake_of_the_person(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such row"):
        work((), tmp_path, wanted=Wanted(spans=((7, 7),)))


def test_a_refetch_asks_for_plates_as_they_were(tmp_path: Path) -> None:
    assert plates(work(SHARDS, tmp_path, stored=SHARDS, wanted=Wanted(refetch="301-400,9000"))) == [301, 400, 9_000]


@pytest.mark.parametrize(
    ("refetch", "expected"),
    [(None, ()), ("300", (300,)), ("300-400", (300, 301, 400)), ("all", (300, 301, 400)), ("301,400-500", (301, 400))],
)
def test_plates_are_asked_for_again_by_number_span_or_all(refetch: str | None, expected: tuple[int, ...]) -> None:
    assert asked_again(refetch, (300, 301, 400)) == expected


def test_a_refetch_of_plates_that_are_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="--refetch 7-9: the survey has no such plate"):
        asked_again("7-9", (300, 301))


def test_spans_hold_both_ends() -> None:
    spans = spans_of("300-420, 500")
    assert spans == ((300, 420), (500, 500))
    assert [within(plate, spans) for plate in (299, 300, 420, 421, 500)] == [False, True, True, False, True]


def test_batches_of_other_plates_have_other_names() -> None:
    some = [Batch(tuple(SHARDS[at] for at in picked), ()).what for picked in ((0, 1, 3), (0, 2, 3), (0, 1, 3), (0,))]
    assert some[0] == some[2] != some[1]
    assert all(name.startswith("3 plates of 300–500") for name in some[:3])
    assert some[3] == "plate 300"


def test_a_preview_shows_the_census_and_what_a_refetch_would_ask() -> None:
    stored = {one.shard: one for one in SHARDS}
    told = preview(
        Request(page_rows=100),
        Wanted(refetch="300-400"),
        address="http://there",
        stored=stored,
        since=SINCE,
        a_minute=60,
    )
    assert "GROUP BY s.plate" in told
    assert "Rows of 5 plates, 200 in all, were last brought at 2026-01-02 03:04 UTC" in told
    assert "--refetch 300-400: 3 plates, 120 rows in 2 pages" in told
    assert "s.plate BETWEEN 300 AND 301" in told
    fresh = preview(Request(), Wanted(), address="http://there", stored={}, since=None, a_minute=60)
    assert "every plate that the census counts would be asked for" in fresh


def test_where_everything_is_listed_nothing_is_called_new(tmp_path: Path) -> None:
    found = work(SHARDS, tmp_path, wanted=Wanted(everything=True))
    assert found.words.startswith("DR17 default: 5 plates, 200 rows in 3 pages")
    assert found.words.endswith("pages that are here already are not asked for again")
