"""Training on the catalogue as it stands, where anything came since the last time. Orders tasks; computes nothing."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from cosmic.retrain_options import RetrainOptions, RetrainRunOptions
    from flows.command import Line, start

    start(
        "retrain",
        "Train, compare and report on the catalogue as it stands, where rows (or images, where these are trained on) came "
        "since the last training with the same options; otherwise say so and do nothing. Looks for drift first, and does not "
        "train where the verdict is stop. Asks no source: --source says which sky, and options of bringing are not looked at.",
        line=Line(RetrainRunOptions, RetrainOptions),
    )

import logging

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from cosmic.errors import ArtefactCorrupt, NotServable
from cosmic.facts.drift import DriftVerdict
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import TABLE_TASKS, Arm, Report, Sky, Task
from cosmic.retrain_options import RetrainOptions
from cosmic.settings import PipelineOptions
from flows.alerting import origin_of, watching
from flows.closing import closing
from flows.pipeline import run_name, run_pipeline
from flows.recording import recorded
from flows.steps import Steps
from tasks import alerts, drift, images, retraining
from tasks.drift import DriftFound

log = logging.getLogger(__name__)

SETTINGS = Settings()
DEFAULTS = RetrainOptions.model_construct()  # the form's defaults, whatever the environment says
NOTHING_STORED = "Nothing to train on: no row was stored in this home yet. Run an ingest first."
HELD_BACK = (
    "Held back: the drift watch says stop, the new rows look wrong. Look at its page and at the source; where the rows are "
    "right, run it again with --despite-drift (in the UI: Despite drift)."
)
NOTHING_NEW = "Nothing came since the last training with these options: nothing was trained."


@flow(
    name="retrain",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=SETTINGS.workers),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
    result_serializer="json",
)
def retrain(options: RetrainOptions = DEFAULTS) -> Report | str:
    """Train on the catalogue as it stands where anything came since the last time; else return why nothing was done."""
    home = Home(options.home, options.sky)
    with watching("retrain", origin=f"the {home.sky} catalogue", home=home, settings=SETTINGS) as watch:
        watch.part, steps = True, watch.steps
        now, before = steps.one(retraining.basis, options, home=home, images=_images(options, home, steps))
        if now is None or now == before:
            why = NOTHING_STORED if now is None else NOTHING_NEW
            log.info(why)
            return why
        looked = _look(options, home, steps)
        if looked.verdict is DriftVerdict.STOP and not options.despite_drift:
            watch.part, watch.signals, watch.link = False, looked.signals, str(looked.page)
            with recorded("retrain", home=home) as record:
                record.detail = HELD_BACK
            log.warning(HELD_BACK)
            return f"{HELD_BACK}\n{looked.summary}\nPage: {looked.page}"
    made = run_pipeline(options, SETTINGS, flow="retrain", module="flows.retrain", standing=True)
    steps.one(retraining.remember, now, options, home=home)
    if looked.verdict not in (None, DriftVerdict.FINE):
        alerts.tell(_look(options, home, steps).signals, home=home)  # closes the incident that the training has settled
    return made


def _look(options: RetrainOptions, home: Home, steps: Steps) -> DriftFound:
    """Return what the drift watch says of the new rows; no verdict where none can be given, which stops no training."""
    if not set(TABLE_TASKS) & set(options.tasks):
        return DriftFound("Rows of tables are not trained on.")
    try:
        return steps.one(drift.look, home, table=origin_of(options))
    except (ArtefactCorrupt, NotServable) as exc:  # nothing to compare with, and a training is what brings it
        log.warning("the new rows could not be compared with those of the model in use: %s", exc)
        return DriftFound(str(exc))


def _images(options: PipelineOptions, home: Home, steps: Steps) -> str | None:
    """Return the digest of the images that would be trained on; those of the simulated sky follow from its rows."""
    asked = Task.GALAXY_IMAGE in options.tasks and (not options.arm or Arm.IMAGES in options.arm)
    if not asked or options.sky is Sky.SIMULATED:
        return None
    if options.images is not None:
        return steps.one(images.list_folder, options.images, options.labels, folder=home.pictures).id
    from cosmic.catalogue import nothing_there

    return None if nothing_there(home, SETTINGS) else steps.one(images.list_catalogue, home=home).id


def main(options: RetrainOptions) -> str:
    """Run the flow and return the last line to print."""
    made = retrain(options)
    return made if isinstance(made, str) else closing(made, home=Home(options.home, options.sky))


def plan(options: RetrainOptions) -> str:
    """Say what would be done; touch nothing."""
    from cosmic.retraining import note_of, trained_on

    home = Home(options.home, options.sky)
    last = trained_on(note_of(options, folder=home.retrained))
    stood = "there was no training with these options" if last is None else f"the last stood on state {last.state[:12]}"
    return (
        f"Nothing was done. {options.command('flows.retrain')} would train on the {options.sky} catalogue in {home.root} if "
        f"its rows or images changed: {stood}."
    )
