"""The whole pipeline: rows in, contract, catalogue, snapshot, models, report. Orders tasks; computes nothing."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from flows.command import start

    start("full_pipeline", "Pull rows, refuse bad ones, store the good, retrain, compare and report.")

import secrets
from datetime import UTC, datetime

from prefect import flow
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from cosmic.evaluation.holdout import demand_one_system
from cosmic.home import Home
from cosmic.records import JudgedPage, Report
from cosmic.reporting.assemble import RunIdentity, RunRecords
from cosmic.settings import PipelineOptions, Settings, database_url
from cosmic.splits import SALT
from flows.bringing import bring, fetch_and_judge
from flows.closing import closing
from flows.cutouts import bring_cutouts
from flows.steps import Steps
from flows.training import train
from flows.volunteers import bring_volunteers
from tasks import intake, publishing

SETTINGS = Settings()
DEFAULTS = PipelineOptions.model_construct()  # the form's defaults, whatever the environment says


def run_name() -> str:
    """Return how a run is called in the UI: what it reads, and when it started."""
    options = flow_run.parameters["options"]
    return f"{options.what}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


@flow(
    name="full-pipeline",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=SETTINGS.workers),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
    result_serializer="json",  # of a failure too: nothing of ours is ever a pickle
)
def full_pipeline(options: PipelineOptions = DEFAULTS) -> Report:
    """Pull rows, refuse bad ones, store the good, retrain, compare and report."""
    started = datetime.now(UTC)
    home, steps, salt = Home(options.home, options.sky), Steps(), SETTINGS.split_salt or SALT
    held: tuple[JudgedPage, ...] = ()
    if options.holdout:
        held = fetch_and_judge(options.held_out(), home=home, settings=SETTINGS, steps=steps)
    brought = bring(
        options, home=home, settings=Settings(), steps=steps, accept=lambda judged: demand_one_system(judged, held)
    )
    brought, volunteers = bring_volunteers(brought, options, home=home, settings=Settings(), steps=steps)
    cutouts = bring_cutouts(options, home=home, settings=Settings(), steps=steps)
    judged, ingest = brought.judged, brought.ingest
    snapshot = steps.one(intake.freeze, ingest.catalogue, ingest.state, home=home)
    trained = train(
        snapshot, held, options=options, salt=salt, resamples=SETTINGS.resamples, workers=SETTINGS.workers, home=home,
        steps=steps,
    )  # fmt: skip
    records = RunRecords(
        judged, ingest, snapshot, trained.prepared, trained.scored, trained.kept, trained.composed, trained.paired,
        trained.held_out, steps_run=steps.run, steps_cached=steps.cached, remark=brought.remark,
        volunteers=volunteers, cutouts=cutouts, searched=trained.searched,
    )  # fmt: skip
    identity = RunIdentity(
        id=f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
        flow="full-pipeline",
        started=started,
        finished=datetime.now(UTC),
        command=options.command("flows.full_pipeline"),
        database=database_url(home.root, home.sky, SETTINGS).get_secret_value().partition(":")[0].partition("+")[0],
        catalogue=ingest.catalogue,
    )
    made = publishing.report(records, identity, options=options, salt=salt, resamples=SETTINGS.resamples, home=home)
    publishing.record(records, identity, made, options=options, home=home)
    publishing.latest(made)
    return made


def main(options: PipelineOptions) -> str:
    """Run the flow and return the last line to print."""
    return closing(full_pipeline(options), home=Home(options.home, options.sky))


def plan(options: PipelineOptions) -> str:
    """Say what would be read, computed and found in the cache; touch nothing."""
    from flows.plan import plan as planned

    return planned(options, SETTINGS)
