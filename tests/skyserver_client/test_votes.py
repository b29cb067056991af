"""Galaxy Zoo 2's votes are asked of SkyServer run by run, held against a census, and read whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pyarrow as pa
import pytest

from cosmic.errors import ConfigError, PermanentSourceError, SuspiciousResponse, TransientSourceError
from cosmic.galaxyzoo.readers import read_votes
from cosmic.galaxyzoo.votes import VoteSource, fraction_array
from cosmic.skyserver import client, plan, pull
from cosmic.skyserver.census import Shard
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Batch, Request
from cosmic.skyserver.profiles import GALAXY_ZOO, VOTES, profile_of
from cosmic.skyserver.rules import MAX_ENCODED
from cosmic.sources.base import PageStore
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.rules import Limits
from tests.skyserver.server import serve
from tests.skyserver.sources import A_RUN, simulated_spectra, simulated_votes
from tests.skyserver.survey import Survey

GIVEN = simulated_votes(150, seed=5)
REQUEST = Request(query=VOTES, page_rows=2 * A_RUN)


@pytest.fixture(scope="module")
def survey() -> Iterator[Survey]:
    with serve(simulated_spectra(10), votes=GIVEN, limits=Limits(queries=10_000)) as running:
        yield running


@pytest.fixture
def ask(survey: Survey, tmp_path: Path) -> pull.Ask:
    survey.mischief.clear()
    survey.log.clear()
    service = Service(survey.url, timeout=1.0, deadline=10.0)
    return lambda query: client.ask(query, service=service, store=PageStore(tmp_path))


def batches(ask: pull.Ask, request: Request = REQUEST) -> list[Batch]:
    _, counted = pull.take_census(request, ask=ask)
    return list(plan.batches(request, GALAXY_ZOO, counted))


@pytest.mark.parametrize("page_rows", [2 * A_RUN, 2, 50_000], ids=["runs together", "a run in parts", "all at once"])
def test_every_galaxy_comes_once_with_exact_ids_and_its_fractions(ask: pull.Ask, page_rows: int) -> None:
    request = Request(query=VOTES, page_rows=page_rows)
    parts = batches(ask, request)
    pages = [page for batch in parts for page in pull.pull(request, batch, ask=ask).pages]
    read = [read_votes(page.path) for page in pages]
    assert {one.source for one in read} == {VoteSource.SKYSERVER}
    assert sum(one.rejected.num_rows for one in read) == 0
    votes = pa.concat_tables([one.table for one in read])
    assert votes["dr7objid"].to_pylist() == GIVEN["dr7objid"].to_pylist()
    assert votes["dr8objid"].to_pylist() == [one or None for one in GIVEN["dr8objid"].to_pylist()]
    assert votes["specobjid"].to_pylist() == GIVEN["specobjid"].to_pylist()
    assert votes["total_votes"].to_pylist() == GIVEN["total_votes"].to_pylist()
    assert fraction_array(votes, "debiased_fractions")[:, 4] == pytest.approx(
        GIVEN["t02_edgeon_a05_no_debiased"].to_numpy(), nan_ok=True
    )
    assert len(pages) >= GIVEN.num_rows / page_rows


def test_the_longest_query_fits_a_get() -> None:
    runs = list(range(2_000_000_000, 2_000_000_040, 2))  # none follows another
    shards = [Shard(run, 1, 1, 1) for run in runs]
    present = range(min(runs), max(runs) + 1)
    parts = list(plan.batches(REQUEST, GALAXY_ZOO, shards, present=present))
    assert [one.shard for part in parts for one in part.shards] == runs
    for part in parts:
        longest = plan.query(REQUEST, GALAXY_ZOO, part, after=2**63 - 1, left=part.rows)
        assert len(quote_plus(longest.sql)) <= MAX_ENCODED


def test_the_run_is_computed_in_whole_numbers_of_sql_server() -> None:
    """There 2^32 is a numeric, and what is divided by it has decimals."""
    numbers = [int(part) for part in plan.census_sql(REQUEST, GALAXY_ZOO).replace("/", " ").split() if part.isdigit()]
    assert max(number for number in numbers if number != 500_000) < 2**31


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault(Wrong.UNAVAILABLE), TransientSourceError, "503"),
        (Fault(Wrong.HTML), TransientSourceError, "web page"),
        (Fault(Wrong.SHORT), TransientSourceError, "broke off"),
        (Fault(Wrong.EMPTY), SuspiciousResponse, "no rows, where the census counted 10"),
        (Fault(Wrong.CAPPED, rows=7), SuspiciousResponse, "7 rows, where the census counted 10"),
        (Fault(Wrong.RENAMED, column="dr8objid"), SuspiciousResponse, "dr8objid lacking"),
        (Fault(Wrong.RETYPED, column="t02_edgeon_a05_no_debiased"), SuspiciousResponse, "other types"),
        (Fault(Wrong.RETYPED, column="dr7objid"), SuspiciousResponse, "no number"),
        (Fault(Wrong.ERROR_MESSAGE), PermanentSourceError, "refused the query"),
    ],
    ids=lambda value: getattr(getattr(value, "name", None), "value", None),
)
def test_what_goes_wrong_with_a_page_is_named_and_the_next_attempt_has_it_all(
    survey: Survey, ask: pull.Ask, fault: Fault, error: type[Exception], words: str
) -> None:
    batch = batches(ask)[0]
    survey.mischief.add(fault)
    with pytest.raises(error, match=words):
        pull.pull(REQUEST, batch, ask=ask)
    assert pull.pull(REQUEST, batch, ask=ask).rows == batch.rows == 10


def test_a_census_that_was_cut_gives_itself_away(survey: Survey, ask: pull.Ask) -> None:
    survey.mischief.add(Fault(Wrong.CAPPED, rows=2))
    with pytest.raises(SuspiciousResponse, match="it is not whole"):
        pull.take_census(REQUEST, ask=ask)


def test_a_release_without_these_votes_is_refused() -> None:
    assert profile_of(10, VOTES) is GALAXY_ZOO
    with pytest.raises(ConfigError, match="Data release 9 has no profile, so its votes of Galaxy Zoo 2 are not read"):
        profile_of(9, VOTES)
    with pytest.raises(ConfigError, match="Data release 19 has no profile"):
        profile_of(19, VOTES)
