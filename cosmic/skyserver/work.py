"""What a run has to ask SkyServer for: its census held against the catalogue's. Asks nothing, writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cosmic.errors import ConfigError, SuspiciousResponse
from cosmic.records import Page
from cosmic.skyserver import plan
from cosmic.skyserver.census import Shard, compare
from cosmic.skyserver.plan import Batch, Estimate, Request, Span
from cosmic.skyserver.profiles import profile_of
from cosmic.skyserver.pull import read_census
from cosmic.skyserver.requests import asked_again, within

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
    unit : str
        What a shard is called.
    everything : bool
        Whether the batches are all that was counted, and not what is new.
    """

    series: str
    batches: tuple[Batch, ...]
    gone: tuple[int, ...]
    same: int
    waiting: int
    estimate: Estimate
    since: str | None
    unit: str = "plate"
    everything: bool = False

    @property
    def words(self) -> str:
        """What there is to do, in a sentence or two."""
        lost = f". {_lost(len(self.gone), self.unit)}" if self.gone else ""
        if not self.batches:
            when = f" since {self.since}" if self.since else ""
            return f"{self.series}: nothing new{when} ({plan.numbered(self.same, self.unit)} as before){lost}"
        n = sum(len(batch.shards) for batch in self.batches)
        what = f"{plan.numbered(n, self.unit)}{'' if self.everything else ' new or changed'}"
        left = f"; {self.waiting:,} more wait for the next run" if self.waiting else ""
        last = "; pages that are here already are not asked for again" if self.everything else ""
        return f"{self.series}: {what}, {self.estimate.size}{left}{lost}{last}"

    @property
    def outlook(self) -> str:
        """The same, and what it will take."""
        return f"{self.words}; {self.estimate.cost}" if self.batches else self.words


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked of a run beside its request.

    Parameters
    ----------
    refetch : str or None
        Shards that are asked for whatever they hold.
    limit : int or None
        Rows after which no further shard is begun.
    spans : tuple of (int, int)
        The only shards that are looked at; () for all.
    everything : bool
        Whether all that is counted is listed, whatever was brought before.
    """

    refetch: str | None = None
    limit: int | None = None
    spans: tuple[Span, ...] = ()
    everything: bool = False


def find_work(
    request: Request,
    counted: Page,
    *,
    stored: Mapping[int, Shard],
    since: datetime | None,
    wanted: Wanted,
    a_minute: int,
    max_loss: float,
    may_be_empty: bool = False,
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
    wanted : Wanted
        What was asked for.
    a_minute : int
        Queries that may be sent in a minute.
    max_loss : float
        Share of the stored census's rows that may be gone from the survey.
    may_be_empty : bool
        Whether the survey may have no row at all of the spans that are wanted.

    Raises
    ------
    SuspiciousResponse
        If the census is no census, has no rows where there were some, or lacks more than `max_loss` of them.
    ConfigError
        If the survey has no shard that is to be asked for.
    """
    profile, now = profile_of(request.release, request.query), read_census(counted)
    stored = {s: one for s, one in stored.items() if not wanted.spans or within(s, wanted.spans)}
    present = [one.shard for one in now]
    if not (may_be_empty and wanted.spans):
        _demand_rows(request, counted, now, stored=stored, wanted=wanted)
    changes = compare(stored, now, again=asked_again(wanted.refetch, present))
    _demand_most(request, counted, now, stored=stored, max_loss=max_loss)
    taken = plan.limited(changes.to_fetch, wanted.limit)
    # between two spans lie plates that were not counted: nothing may be asked for across the end of one
    present += [high + 1 for _, high in wanted.spans]
    work = Work(
        series=request.name,
        batches=tuple(plan.batches(request, profile, taken, present=present)),
        gone=tuple(one.shard for one in changes.gone),
        same=changes.same,
        waiting=len(changes.to_fetch) - len(taken),
        estimate=plan.estimate(request, profile, taken, a_minute=a_minute, present=present),
        since=None if since is None else f"{since:%Y-%m-%d %H:%M} UTC",
        unit=profile.unit,
        everything=wanted.everything,
    )
    log.log(logging.WARNING if work.gone else logging.INFO, "%s", work.outlook)
    return work


def _lost(n: int, unit: str) -> str:
    return f"{n:,} {unit}{'s are' if n > 1 else ' is'} gone from the survey; the rows stay in the catalogue"


def _demand_rows(
    request: Request, counted: Page, now: Sequence[Shard], *, stored: Mapping[int, Shard], wanted: Wanted
) -> None:
    if now:
        return
    if not stored and (request.where.strip() or wanted.spans):
        raise ConfigError(f"{request.name}: the survey has no such row. Check --where and the plates.")
    known = f"{len(stored):,} plates were known" if stored else "a release has hundreds of thousands"
    raise SuspiciousResponse(
        f"{counted.origin} counted no rows at all, where {known}. "
        f"Nothing was changed; the page is kept as {counted.path.name}."
    )


def _demand_most(
    request: Request, counted: Page, now: Sequence[Shard], *, stored: Mapping[int, Shard], max_loss: float
) -> None:
    counts = {one.shard: one.n for one in now}
    lost = {s: one.n - counts.get(s, 0) for s, one in stored.items() if one.n > counts.get(s, 0)}
    gone, missing, had = len(stored.keys() - counts.keys()), sum(lost.values()), sum(one.n for one in stored.values())
    if missing > max_loss * had:
        raise SuspiciousResponse(
            f"{counted.origin} lacks {missing:,} of the {had:,} rows that {request.name} had, on {len(lost):,} of "
            f"{len(stored):,} plates, {gone:,} of which are gone. Nothing was changed; the page is kept as {counted.path.name}. If the survey took them "
            f"back, set COSMIC_MAX_ROW_LOSS higher (now {max_loss:g}) for one run."
        )
