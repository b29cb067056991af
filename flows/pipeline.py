"""The body of the whole pipeline, for every flow that goes from rows to a report. Orders tasks; computes nothing."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Final

from prefect.runtime import flow_run

from cosmic.alerts.records import Signal
from cosmic.errors import ConfigError, TransientSourceError
from cosmic.evaluation.holdout import demand_one_system
from cosmic.home import Home
from cosmic.machine import Settings, database_url
from cosmic.records import JudgedPage, Report
from cosmic.reporting.assemble import RunIdentity, RunRecords
from cosmic.settings import PipelineOptions
from cosmic.splits import SALT
from flows.alerting import Watch, origin_of, watching
from flows.bringing import Brought, bring, fetch_and_judge
from flows.cluster import spread
from flows.cutouts import bring_cutouts
from flows.imaging import learn_from_images
from flows.recording import Recorded, recorded
from flows.studying import study
from flows.training import train
from flows.volunteers import bring_volunteers
from tasks import intake, publishing, survey

log = logging.getLogger(__name__)

PUBLISH: Final = "publish"
"""The check that reports reach the place where people read them."""


def run_name() -> str:
    """Return how a run is called in the UI: what it reads, and when it started."""
    options = flow_run.parameters["options"]
    return f"{options.what}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def run_pipeline(
    options: PipelineOptions, settings: Settings, *, flow: str, module: str, standing: bool = False
) -> Report:
    """Pull rows, refuse bad ones, store the good, retrain, redo the study where it is asked for, compare and report.

    Whatever its end, its checks open or close incidents.

    Parameters
    ----------
    settings : Settings
        Of the process.
    flow, module : str
        Name of the flow, and of its module, for the record and for the command that gives this run again.
    standing : bool
        Train on the catalogue as it stands: no source is asked.
    """
    home = Home(options.home, options.sky)
    origin = f"the {home.sky} catalogue" if standing else origin_of(options)
    with (
        recorded(flow, home=home) as record,
        watching(flow, origin=origin, home=home, settings=settings) as watch,
        spread(options, home=home, settings=settings) as workers,
    ):
        made = _run(
            options, settings, watch, record, workers=workers, home=home, flow=flow, module=module, standing=standing
        )
        record.ingest = watch.ingest
    return made


def _run(
    options: PipelineOptions,
    settings: Settings,
    watch: Watch,
    record: Recorded,
    *,
    workers: int,
    home: Home,
    flow: str,
    module: str,
    standing: bool,
) -> Report:
    steps, salt = watch.steps, settings.split_salt or SALT
    held: tuple[JudgedPage, ...] = ()
    if options.held_tables:
        held = fetch_and_judge(options.held_out(), home=home, settings=settings, steps=steps)
    volunteers, cutouts = None, None
    if standing:
        brought = Brought((), steps.one(survey.standing, home), "Trained on the catalogue as it stands")
    else:
        if options.images_alone:
            ingest, snapshot = steps.one(intake.no_table, home)
            brought = Brought((), ingest)
        else:
            brought = bring(
                options,
                home=home,
                settings=Settings(),
                steps=steps,
                accept=lambda judged: demand_one_system(judged, held),
            )
        brought, volunteers = bring_volunteers(brought, options, home=home, settings=Settings(), steps=steps)
        cutouts = bring_cutouts(options, home=home, settings=Settings(), steps=steps)
    judged, ingest = brought.judged, brought.ingest
    if not options.images_alone:
        snapshot = steps.one(intake.freeze, ingest.catalogue, ingest.state, home=home)
    trained = train(
        snapshot, held, options=options, salt=salt, resamples=settings.resamples, workers=workers, home=home,
        steps=steps,
    )  # fmt: skip
    imaged = learn_from_images(options, trained.kept, salt=salt, settings=settings, home=home, steps=steps)
    studied = None
    if options.study:
        studied = study(snapshot, options=options, salt=salt, resamples=settings.resamples, home=home, steps=steps)
    records = RunRecords(
        judged, ingest, snapshot, trained.prepared, trained.scored, trained.kept, trained.composed, trained.paired,
        trained.held_out, steps_run=steps.run, steps_cached=steps.cached, remark=brought.remark,
        volunteers=volunteers, cutouts=cutouts, searched=trained.searched, studied=studied, imaged=imaged,
    )  # fmt: skip
    identity = RunIdentity(
        id=record.id,
        flow=flow,
        started=record.started,
        finished=datetime.now(UTC),
        command=options.command(module),
        database=database_url(home.root, home.sky, settings).get_secret_value().partition(":")[0].partition("+")[0],
        catalogue=ingest.catalogue,
    )
    made = publishing.report(records, identity, options=options, salt=salt, resamples=settings.resamples, home=home)
    publishing.record(records, identity, made, options=options, home=home)
    publishing.latest(made)
    watch.ingest, watch.link = ingest, str(made.html)
    _publish(made, watch, home=home)
    return made


def _publish(made: Report, watch: Watch, *, home: Home) -> None:
    """Publish a report; where that fails the run is none the worse, but people are told."""
    try:
        watch.link = watch.steps.one(publishing.publish, made, home=home) or watch.link
        watch.signals += (Signal(PUBLISH, "reports", failing=False),)
    except (ConfigError, TransientSourceError) as why:
        log.warning("%s", why)
        watch.signals += (Signal(PUBLISH, "reports", failing=True, summary=str(why), source=made.run),)
