"""What a run has to ask SkyServer for: its census held against the catalogue's. Asks nothing, writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cosmic.records import Page
from cosmic.skyserver import plan
from cosmic.skyserver.census import Shard, compare
from cosmic.skyserver.plan import Batch, Estimate, Request
from cosmic.skyserver.profiles import profile_of
from cosmic.skyserver.pull import read_census
from cosmic.skyserver.requests import asked_again

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be asked for, in the order of asking.

    Parameters
    ----------
    series : str
        Name of the census.
    batches : tuple of Batch
        Shards that are asked for together.
    gone : tuple of int
        Shards that the catalogue knows and the survey no longer has.
    same : int
        Shards that have not changed.
    waiting : int
        Changed shards beyond the limit of this run.
    estimate : Estimate
        What it will take.
    since : str or None
        When rows of this series were last brought, UTC; None where never.
    """

    series: str
    batches: tuple[Batch, ...]
    gone: tuple[int, ...]
    same: int
    waiting: int
    estimate: Estimate
    since: str | None

    @property
    def words(self) -> str:
        """What there is to do, in a sentence."""
        if not self.batches:
            when = f" since {self.since}" if self.since else ""
            return f"{self.series}: nothing new{when} ({self.same:,} plates as before)"
        n = sum(len(batch.shards) for batch in self.batches)
        about = self.estimate
        left = f"; {self.waiting:,} more wait for the next run" if self.waiting else ""
        return (
            f"{self.series}: {n:,} plates new or changed, {about.rows:,} rows in {about.pages:,} pages, about "
            f"{max(1, round(about.minutes)):,} minutes and {max(1, round(about.megabytes)):,} MB{left}"
        )


def find_work(
    request: Request,
    counted: Page,
    *,
    stored: Mapping[int, Shard],
    since: datetime | None,
    refetch: str | None,
    limit: int | None,
    a_minute: int,
) -> Work:
    """Return what is to be asked for.

    Parameters
    ----------
    counted : Page
        The census just taken.
    stored : mapping of int to Shard
        The census in the catalogue.
    since : datetime, optional
        When rows of this series were last brought.
    refetch : str, optional
        Shards that are asked for whatever they hold.
    limit : int, optional
        Rows after which no further shard is begun.
    a_minute : int
        Queries that may be sent in a minute.

    Raises
    ------
    SuspiciousResponse
        If the census is no census.
    ConfigError
        If the survey has no shard that is to be asked for again.
    """
    profile, now = profile_of(request.release), read_census(counted)
    present = [one.shard for one in now]
    changes = compare(stored, now, again=asked_again(refetch, present))
    taken = plan.limited(changes.to_fetch, limit)
    work = Work(
        series=request.name,
        batches=tuple(plan.batches(request, profile, taken, present=present)),
        gone=tuple(one.shard for one in changes.gone),
        same=changes.same,
        waiting=len(changes.to_fetch) - len(taken),
        estimate=plan.estimate(request, profile, taken, a_minute=a_minute, present=present),
        since=None if since is None else f"{since:%Y-%m-%d %H:%M} UTC",
    )
    log.info("%s", work.words)
    if work.gone:
        log.warning(
            "%s: %d plates are gone from the survey; their rows stay in the catalogue", work.series, len(work.gone)
        )
    return work
