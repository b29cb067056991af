"""Are new rows still of the sky that the model in use was trained on? Orders tasks; computes nothing."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from cosmic.drift_options import DriftOptions, DriftRunOptions
    from flows.command import Line, start

    start(
        "drift_watch",
        "Compare the rows that came since the model in use was trained with the snapshot behind it, by class, magnitude and "
        "region; write a page, and tell people where the verdict is watch, retrain or stop. Brings and trains nothing, unless "
        "--retrain is given and the verdict calls for it; the options of bringing and training are for that alone.",
        line=Line(DriftRunOptions, DriftOptions),
    )

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from cosmic.drift_options import DriftOptions
from cosmic.facts.drift import DriftVerdict
from cosmic.home import Home
from cosmic.machine import Settings
from flows.alerting import origin_of, watching
from flows.full_pipeline import SETTINGS, full_pipeline
from flows.recording import recorded
from flows.steps import Steps
from tasks import alerts, drift
from tasks.drift import DriftFound

DEFAULTS = DriftOptions.model_construct()  # the form's defaults, whatever the environment says


@flow(
    name="drift-watch",
    task_runner=ThreadPoolTaskRunner(max_workers=SETTINGS.workers),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
    result_serializer="json",  # of a failure too: nothing of ours is ever a pickle
)
def drift_watch(options: DriftOptions = DEFAULTS) -> DriftFound:
    """Look for drift, tell of it, and train again where that is asked for and called for."""
    home, steps, table = Home(options.home, options.sky), Steps(), origin_of(options)
    # not the table of the source: nothing was asked of it, so nothing is known of its incidents
    with (
        recorded("drift-watch", home=home),
        watching("drift-watch", origin="the catalogue", home=home, settings=Settings()) as watch,
    ):
        found = steps.one(drift.look, home, table=table)
        watch.signals, watch.link = found.signals, str(found.page) if found.page else None
    if not (options.retrain and found.verdict is DriftVerdict.RETRAIN):
        return found
    full_pipeline(options.pipeline)
    after = steps.one(drift.look, home, table=table)
    alerts.tell(after.signals, home=home)  # closes the incident that the training has settled
    return after


def main(options: DriftOptions) -> str:
    """Run the flow and say what was found."""
    found = drift_watch(options)
    return found.summary + (f"\nPage: {found.page}" if found.page else "")


def plan(options: DriftOptions) -> str:
    """Say what would be compared; touch nothing."""
    then = " Where the verdict is retrain, it would run the whole pipeline." if options.retrain else ""
    return (
        f"Nothing was touched. A run would compare what the {options.sky} catalogue in {options.home} holds with the "
        f"snapshot behind the model in use.{then}"
    )
