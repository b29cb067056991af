"""Brings the rows of a source into the catalogue: fetch, judge, ingest. Orders tasks; computes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cosmic.catalogue import Moved
from cosmic.home import Home
from cosmic.records import Ingest, JudgedPage, Page
from cosmic.settings import PipelineOptions, Settings
from cosmic.skyserver.plan import Batch
from cosmic.skyserver.requests import request_of, service_of
from flows.steps import Steps
from tasks import intake, survey


@dataclass(frozen=True, slots=True)
class Brought:
    """The judged pages of a run, what their ingest did, and what is worth saying of it."""

    judged: tuple[JudgedPage, ...]
    ingest: Ingest
    remark: str = ""


def judge(pages: Sequence[Page], *, home: Home, settings: Settings, steps: Steps) -> tuple[JudgedPage, ...]:
    """Judge each page."""
    return steps.many(
        "judging", pages, lambda page: intake.judge.submit(page, limits=settings.limits, folder=home.judged)
    )


def bring_survey(options: PipelineOptions, *, home: Home, settings: Settings, steps: Steps) -> Brought:
    """Bring what is new at SkyServer, in rounds: each ingests its rows and moves the census of their plates with them."""
    request, service = request_of(options, settings), service_of(settings)
    survey.set_limit(settings.skyserver_queries)
    counted = steps.one(survey.census, request, service=service, folder=home.pages)
    work = steps.one(survey.compare, request, counted, home=home, refetch=options.refetch, limit=options.limit)
    if not work.batches:
        return Brought((), steps.one(survey.standing, home), work.words)
    pull = survey.pull.with_options(refresh_cache=True) if options.refetch else survey.pull
    catalogue = survey.catalogue_id(home)
    judged: list[JudgedPage] = []
    ingests: list[Ingest] = []
    for batches in _rounds(work.batches, settings.ingest_rows):
        pulled = steps.many(
            "pulling",
            batches,
            lambda batch: pull.submit(request, batch, service=service, folder=home.pages, catalogue=catalogue),
        )
        pages = judge([page for one in pulled for page in one.pages], home=home, settings=settings, steps=steps)
        moved = Moved(work.series, tuple(one for batch in batches for one in batch.shards), work.gone)
        ingests.append(steps.one(intake.ingest, pages, home=home, limits=settings.limits, counted=moved))
        judged += pages
    return Brought(tuple(judged), together(ingests), work.words)


def together(ingests: Sequence[Ingest]) -> Ingest:
    """Return several ingests of one run as one: counts added, the state that the last one left."""
    last = ingests[-1]
    before = ingests[:-1]
    added = {
        name: sum(getattr(one, name) for one in ingests)
        for name in ("rows", "valid", "quarantined", "inserted", "updated", "unchanged", "superseded", "too_rough")
    }
    return replace(
        last,
        reasons=_summed(one.reasons for one in ingests),
        erased=_summed(one.erased for one in ingests),
        contradictions=tuple(found for one in ingests for found in one.contradictions),
        earlier=max(0, last.earlier - sum(one.valid for one in before)),
        **added,
    )


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    return dict(sum((Counter(one) for one in counts), Counter[str]()))


def _rounds(batches: Sequence[Batch], rows: int) -> Iterator[list[Batch]]:
    """Yield batches together up to a number of rows, at least one at a time."""
    some: list[Batch] = []
    for batch in batches:
        if some and sum(one.rows for one in some) + batch.rows > rows:
            yield some
            some = []
        some.append(batch)
    if some:
        yield some
