"""Rows into the catalogue, and no further: fetch, contract, catalogue. Orders tasks; computes nothing."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from flows.command import start

    start(
        "ingest", "Pull rows, refuse bad ones, store the good. Trains nothing; options of training are not looked at."
    )

from dataclasses import replace

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import CutoutsTaken
from cosmic.settings import PipelineOptions
from flows.alerting import origin_of, watching
from flows.bringing import Brought, bring
from flows.cluster import spread
from flows.cutouts import bring_cutouts
from flows.full_pipeline import DEFAULTS, SETTINGS
from flows.pipeline import run_name
from flows.recording import recorded
from flows.volunteers import bring_volunteers


@flow(
    name="ingest",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=SETTINGS.workers),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
    result_serializer="json",  # of a failure too: nothing of ours is ever a pickle
)
def ingest(options: PipelineOptions = DEFAULTS) -> Brought:
    """Pull rows, refuse bad ones, store the good."""
    home, settings = Home(options.home, options.sky), Settings()
    with (
        recorded("ingest", home=home) as record,
        watching("ingest", origin=origin_of(options), home=home, settings=settings) as watch,
    ):
        steps = watch.steps
        with spread(options, home=home, settings=settings):
            brought = bring(options, home=home, settings=settings, steps=steps)
        brought, _ = bring_volunteers(brought, options, home=home, settings=settings, steps=steps)
        taken = bring_cutouts(options, home=home, settings=settings, steps=steps)
        watch.ingest = record.ingest = brought.ingest
    return (
        brought if taken is None else replace(brought, remark=". ".join(filter(None, [brought.remark, _words(taken)])))
    )


def _words(taken: CutoutsTaken) -> str:
    apart = ", ".join(f"{count:,} {reason}" for reason, count in taken.bad.items()) or "none"
    return f"{taken.source}: {taken.images:,} galaxies have an image; set apart: {apart}"


def summary(brought: Brought) -> str:
    """Return what an ingest did, in words."""
    done = brought.ingest
    counts = (
        f"{done.rows:,} rows: {done.inserted:,} new, {done.updated:,} updated, {done.unchanged:,} unchanged, "
        f"{done.quarantined:,} quarantined"
    )
    reasons = [f"  {n:,} {reason}" for reason, n in sorted(done.reasons.items(), key=lambda item: -item[1])[:10]]
    return "\n".join([*filter(None, [brought.remark]), counts, *reasons, f"State of the catalogue: {done.state}"])


def main(options: PipelineOptions) -> str:
    """Run the flow and return what it did."""
    return summary(ingest(options))


def plan(options: PipelineOptions) -> str:
    """Say what would be read and asked; touch nothing."""
    from flows.plan import plan as planned

    return planned(options, SETTINGS, training=False)
