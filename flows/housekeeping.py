"""Old files that nothing needs are removed, and notices that wait are sent. Orders tasks; computes nothing."""

if __name__ == "__main__":
    # Prefect reads its home at import, and the home is an option: read the options first.
    from cosmic.operation import Tidy, TidyOptions
    from flows.command import Line, start

    start(
        "housekeeping",
        "Remove what is older than COSMIC_KEEP_REPORTS, _PAGES, _SNAPSHOTS, _MODELS and _ARTEFACTS say, in days, and send "
        "notices that wait. Never removed: what the catalogue came from, quarantined rows' pages, the newest model of each "
        "task and arm with its snapshot and report, the newest report, the catalogue. --dry-run says what and how many bytes.",
        line=Line(TidyOptions, Tidy),
    )

import logging

from prefect import flow

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.operation import Tidy
from flows.alerting import watching
from flows.recording import recorded
from tasks import housekeeping as tasks

log = logging.getLogger(__name__)


@flow(
    name="housekeeping",
    flow_run_name="housekeeping of the {options.sky} sky",
    validate_parameters=True,
    persist_result=False,
    result_serializer="json",
)
def housekeeping(options: Tidy) -> str:
    """Remove old files that nothing needs, and send notices that wait; return what went, in words."""
    home = Home(options.home, options.sky)
    # its end sends what waits: telling of a run always does
    with (
        recorded("housekeeping", home=home),
        watching("housekeeping", origin=f"the {home.sky} home", home=home, settings=Settings()) as watch,
    ):
        text = watch.steps.one(tasks.tidy, home=home, dry=options.count)
        watch.steps.one(tasks.told, text)
    log.info(text)
    return text


def main(options: Tidy) -> str:
    """Run the flow and return what went."""
    return housekeeping(options)


def plan(options: Tidy) -> str:
    """Say what would be removed, and how many bytes; touch nothing."""
    return tasks.tidy.fn(home=Home(options.home, options.sky), dry=True)
