"""Brings what volunteers saw of the objects of a run: votes, images, labels. Orders tasks; computes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from cosmic.home import Home
from cosmic.records import Volunteers
from cosmic.settings import PipelineOptions, Settings, is_address
from flows.bringing import Brought, judge, together
from flows.steps import Steps
from tasks import galaxies, intake


def bring_volunteers(
    brought: Brought, options: PipelineOptions, *, home: Home, settings: Settings, steps: Steps
) -> tuple[Brought, Volunteers | None]:
    """Take the votes on the objects that were brought; labels of a release are judged and ingested like any page."""
    if options.source == "simulated":
        page = brought.judged[0].page
        return brought, steps.one(galaxies.take_simulated, page, rows=options.rows, seed=options.seed, home=home)
    if options.gz2 is None:
        return brought, None
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
