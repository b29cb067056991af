"""Chosen plates of a release into the catalogue, many at a time. Orders tasks; computes nothing."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from cosmic.survey_options import Backfill, BackfillOptions
    from flows.command import Line, start

    start(
        "backfill",
        "Bring plates of a SkyServer release into the catalogue: those of them that it lacks or holds otherwise. Stop it "
        "whenever you like; the same command goes on. Several may run at once, also beside a pipeline; give them one "
        "Prefect server (PREFECT_API_URL), so that together they keep to the survey's 60 queries a minute.",
        line=Line(BackfillOptions, Backfill),
    )

from prefect import flow
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.skyserver.plan import Request
from cosmic.skyserver.requests import spans_of
from cosmic.skyserver.work import Wanted
from cosmic.survey_options import Backfill
from flows.alerting import watching
from flows.bringing import Brought, bring_survey
from flows.ingest import summary
from flows.recording import recorded

SETTINGS = Settings()  # of the process; what a run asks is read when it starts


def run_name() -> str:
    """Return how a run is called in the UI."""
    return f"backfill {flow_run.parameters['options'].what}"


@flow(
    name="backfill",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=SETTINGS.workers),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
    result_serializer="json",
)
def backfill(options: Backfill) -> Brought:
    """Bring plates of a release into the catalogue: those of them that it lacks or holds otherwise."""
    settings = Settings()
    home, request = Home(options.home, options.sky), request_of(options, settings)
    with (
        recorded("backfill", home=home) as record,
        watching("backfill", origin="objects from skyserver", home=home, settings=settings) as watch,
    ):
        brought = bring_survey(request, wanted(options), home=home, settings=settings, steps=watch.steps)
        watch.ingest = record.ingest = brought.ingest
    return brought


def request_of(options: Backfill, settings: Settings) -> Request:
    """Return what is pulled: rows of the series that the pipeline keeps fresh."""
    return Request(options.release, options.query, options.where, settings.page_rows)


def wanted(options: Backfill) -> Wanted:
    """Return which plates are looked at."""
    return Wanted(spans=() if options.shards == "all" else spans_of(options.shards))


def main(options: Backfill) -> str:
    """Run the flow and return what it did."""
    return summary(backfill(options))


def plan(options: Backfill) -> str:
    """Say what would be asked; touch nothing."""
    from flows.plan import survey_plan

    settings = Settings()
    home = Home(options.home, options.sky)
    return survey_plan(request_of(options, settings), wanted(options), home=home, settings=settings)
