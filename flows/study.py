"""The published study, redone: the whole pipeline, and with it the grid, the test table and the exploration. Orders tasks."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from flows.command import start

    start(
        "study",
        "Redo the tabular half of the published study on any catalogue, with everything that flows.full_pipeline does: "
        "all 246 settings of its tuning table, each with scores of the training and validation part or the reason why it "
        "was not run; its feature sets; the best validated setting of each family on the test part; its exploration. "
        "--task limits it. Stop it whenever you like: the same command goes on. Networks need the extra neural; the extra "
        "fast makes it faster.",
    )

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.records import Report
from cosmic.settings import PipelineOptions
from flows.closing import closing
from flows.pipeline import run_name, run_pipeline

SETTINGS = Settings()
DEFAULTS = PipelineOptions.model_construct(study=True)  # the form's defaults, whatever the environment says


@flow(
    name="study",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=SETTINGS.workers),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
    result_serializer="json",
)
def study(options: PipelineOptions = DEFAULTS) -> Report:
    """Redo the tabular half of the published study, with everything that the full pipeline does."""
    return run_pipeline(_with_study(options), SETTINGS, flow="study", module="flows.study")


def main(options: PipelineOptions) -> str:
    """Run the flow and return the last line to print."""
    return closing(study(_with_study(options)), home=Home(options.home, options.sky))


def plan(options: PipelineOptions) -> str:
    """Say what would be read, computed and found in the cache; touch nothing."""
    from flows.plan import plan as planned

    return planned(_with_study(options), SETTINGS, module="flows.study")


def _with_study(options: PipelineOptions) -> PipelineOptions:
    return options.model_copy(update={"study": True})
