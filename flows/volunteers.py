"""Brings what volunteers saw of the objects of a run: votes, images, labels. Orders tasks; computes nothing."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from pathlib import Path

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.option_texts import SKYSERVER, is_address
from cosmic.records import Page, Volunteers
from cosmic.settings import PipelineOptions
from cosmic.skyserver.plan import Request
from cosmic.skyserver.requests import service_of, votes_of
from cosmic.skyserver.work import Wanted
from flows.bringing import Brought, judge, pull_all, together
from flows.steps import Steps
from tasks import galaxies, intake, survey


def bring_volunteers(
    brought: Brought, options: PipelineOptions, *, home: Home, settings: Settings, steps: Steps
) -> tuple[Brought, Volunteers | None]:
    """Take the votes on the objects that were brought; labels of a release are judged and ingested like any page."""
    if options.source == "simulated":
        page = brought.judged[0].page
        return brought, steps.one(
            galaxies.take_simulated, page, rows=options.rows, seed=options.seed, night=options.night, faults=options.faults,
            home=home,
        )  # fmt: skip
    if options.gz2 is None:
        return brought, None
    if options.gz2 == SKYSERVER:
        request = votes_of(options, settings)
        pages = pull_votes(request, refetch=options.refetch, home=home, settings=settings, steps=steps)
        taken = steps.one(galaxies.take_pages, pages, called=request.name, home=home)
    else:
        folder = Path(options.gz2)
        if is_address(options.gz2):
            folder = home.downloads / hashlib.sha256(options.gz2.encode()).hexdigest()[:16]
            steps.one(galaxies.fetch, options.gz2, folder=folder)
        taken = steps.one(galaxies.take, folder, home=home)
    if taken.labels is None:
        return brought, taken
    labelled = judge([taken.labels], home=home, settings=settings, steps=steps)
    ingest = steps.one(intake.ingest, labelled, home=home, limits=settings.limits)
    return replace(brought, judged=(*brought.judged, *labelled), ingest=together([brought.ingest, ingest])), taken


def pull_votes(
    request: Request, *, refetch: str | None, home: Home, settings: Settings, steps: Steps
) -> tuple[Page, ...]:
    """Bring SkyServer's votes: what of them was brought before, and is counted as it was, is not asked for again."""
    service = service_of(settings)
    survey.set_limit(settings.skyserver_queries)
    counted = steps.one(survey.census, request, service=service, folder=home.pages)
    work = steps.one(survey.listed, request, counted, wanted=Wanted())
    moment = f"votes {uuid.uuid4()}" if refetch == "all" else "votes"
    pulled = pull_all(request, work.batches, service=service, home=home, moment=moment, steps=steps)
    return tuple(page for one in pulled for page in one.pages)
