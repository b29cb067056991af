"""Brings the rows of a source into the catalogue: fetch, judge, ingest. Orders tasks; computes nothing."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cosmic.catalogue import Moved
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Ingest, JudgedPage, Page
from cosmic.settings import PipelineOptions
from cosmic.skyserver.client import Service
from cosmic.skyserver.plan import Batch, Request, numbered
from cosmic.skyserver.pull import Pulled
from cosmic.skyserver.requests import request_of, service_of
from cosmic.skyserver.work import Wanted
from flows.cluster import here
from flows.steps import Steps
from flows.terminal import Pace
from tasks import intake, survey

Accept = Callable[[Sequence[JudgedPage]], None]
"""Raises where judged pages must not go into the catalogue."""


@dataclass(frozen=True, slots=True)
class Brought:
    """The judged pages of a run, what their ingest did, and what is worth saying of it."""

    judged: tuple[JudgedPage, ...]
    ingest: Ingest
    remark: str = ""


def bring(
    options: PipelineOptions, *, home: Home, settings: Settings, steps: Steps, accept: Accept = lambda _: None
) -> Brought:
    """Bring the rows of the source that the options name."""
    if options.source == "skyserver":
        wanted = Wanted(options.refetch, options.limit)
        return bring_survey(
            request_of(options, settings), wanted, home=home, settings=settings, steps=steps, accept=accept
        )
    judged = fetch_and_judge(options, home=home, settings=settings, steps=steps)
    accept(judged)
    return Brought(judged, steps.one(intake.ingest, judged, home=home, limits=settings.limits))


def fetch_and_judge(
    options: PipelineOptions, *, home: Home, settings: Settings, steps: Steps
) -> tuple[JudgedPage, ...]:
    """Fetch every page of a source and judge each."""
    pages = steps.one(intake.fetch, options, folder=home.pages)
    return judge(pages, home=home, settings=settings, steps=steps)


def judge(pages: Sequence[Page], *, home: Home, settings: Settings, steps: Steps) -> tuple[JudgedPage, ...]:
    """Judge each page."""
    return steps.many(
        "judging", pages, lambda page: intake.judge.submit(page, limits=settings.limits, folder=home.judged)
    )


def bring_survey(
    request: Request,
    wanted: Wanted,
    *,
    home: Home,
    settings: Settings,
    steps: Steps,
    accept: Accept = lambda _: None,
) -> Brought:
    """Bring what is new at SkyServer, in rounds: each ingests its rows and moves the census of their plates with them."""
    service = service_of(settings)
    survey.set_limit(settings.skyserver_queries)
    counted = steps.one(survey.census, request, service=service, folder=home.pages, spans=wanted.spans)
    work = steps.one(survey.compare, request, counted, home=home, wanted=wanted)
    if not work.batches:
        return Brought((), steps.one(survey.standing, home), work.words)
    pace = Pace(work.estimate.rows, len(work.batches))
    judged: list[JudgedPage] = []
    ingests: list[Ingest] = []
    for batches in rounds(work.batches, settings.ingest_rows):
        moment = survey.moment(home, work.series) + (f" {uuid.uuid4()}" if wanted.refetch else "")
        pulled = pull_all(request, batches, service=service, home=home, moment=moment, steps=steps, pace=pace)
        moved = Moved(work.series, tuple(one for batch in batches for one in batch.shards), work.gone)
        with survey.noting_refusals(home, work.series):
            pages = judge([page for one in pulled for page in one.pages], home=home, settings=settings, steps=steps)
            accept(pages)
            ingests.append(steps.one(intake.ingest, pages, home=home, limits=settings.limits, counted=moved))
        judged += pages
    done = together(ingests)
    return Brought(tuple(judged), done, ". ".join([work.words, *_absent(done)]))


def pull_all(
    request: Request,
    batches: Sequence[Batch],
    *,
    service: Service,
    home: Home,
    moment: str,
    steps: Steps,
    pace: Pace | None = None,
) -> tuple[Pulled, ...]:
    """Pull batches, as many at once as the runner takes; say how far it has come."""
    pace = pace or Pace(sum(batch.rows for batch in batches), len(batches))
    with here():
        return steps.many(
            "pulling",
            batches,
            lambda batch: survey.pull.submit(request, batch, service=service, folder=home.pages, moment=moment),
            pace=lambda batch: pace.words(batch.rows),
        )


def _absent(done: Ingest) -> list[str]:
    if not done.absent:
        return []
    one = done.absent == 1
    is_, they = ("is", "it stays") if one else ("are", "they stay")
    return [
        f"{numbered(done.absent, 'object')} of these plates {is_} no longer among their rows; {they} in the catalogue"
    ]


def together(ingests: Sequence[Ingest]) -> Ingest:
    """Return several ingests of one run as one: counts added, the state that the last one left."""
    last = ingests[-1]
    if len(ingests) == 1:
        return last
    before = ingests[:-1]
    added = {
        name: sum(getattr(one, name) for one in ingests)
        for name in (
            "rows",
            "valid",
            "quarantined",
            "inserted",
            "updated",
            "unchanged",
            "superseded",
            "too_rough",
            "absent",
        )
    }
    return replace(
        last,
        rounds=tuple(id for one in ingests for id in (one.rounds or (one.id,))),
        reasons=_summed(one.reasons for one in ingests),
        erased=_summed(one.erased for one in ingests),
        contradictions=tuple(found for one in ingests for found in one.contradictions),
        earlier=max(0, last.earlier - sum(one.valid for one in before)),
        **added,
    )


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    return dict(sum((Counter(one) for one in counts), Counter[str]()))


def rounds(batches: Sequence[Batch], rows: int) -> Iterator[list[Batch]]:
    """Yield batches together up to a number of rows, at least one at a time."""
    some: list[Batch] = []
    for batch in batches:
        if some and sum(one.rows for one in some) + batch.rows > rows:
            yield some
            some = []
        some.append(batch)
    if some:
        yield some
