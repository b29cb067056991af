"""The whole pipeline: rows in, contract, catalogue, snapshot, models, report. Orders tasks; computes nothing."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from flows.command import start

    start("full_pipeline", "Pull rows, refuse bad ones, store the good, retrain, compare and report.")

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Report
from cosmic.settings import PipelineOptions
from flows.closing import closing
from flows.pipeline import run_name, run_pipeline

SETTINGS = Settings()
DEFAULTS = PipelineOptions.model_construct()  # the form's defaults, whatever the environment says


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
    return run_pipeline(options, SETTINGS, flow="full-pipeline", module="flows.full_pipeline")


def main(options: PipelineOptions) -> str:
    """Run the flow and return the last line to print."""
    return closing(full_pipeline(options), home=Home(options.home, options.sky))


def plan(options: PipelineOptions) -> str:
    """Say what would be read, computed and found in the cache; touch nothing."""
    from flows.plan import plan as planned

    return planned(options, SETTINGS)
