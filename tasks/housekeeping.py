"""Old files of a home. Wraps `cosmic.housekeeping`; decides nothing."""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_markdown_artifact

from cosmic.clock import utc_now
from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.operation import Operation
from tasks.policies import policy


@task(**policy("tidy"), task_run_name="old files of the {home.sky} sky")
def tidy(*, home: Home, dry: bool) -> str:
    """Remove what is old and needed by nothing, unless this is a dry run; return what, in words."""
    from cosmic import housekeeping
    from cosmic.catalogue import nothing_there, open_catalogue
    from cosmic.catalogue.needing import needed

    settings, operation = Settings(), Operation()
    if nothing_there(home, settings):
        return "Nothing was stored in this home yet."
    with open_catalogue(home, settings) as catalogue:
        stay = needed(catalogue)
    keep = housekeeping.Keep(
        operation.keep_reports, operation.keep_pages, operation.keep_snapshots, operation.keep_models,
        operation.keep_artefacts,
    )  # fmt: skip
    found = housekeeping.find(home, needed=stay, keep=keep, now=utc_now())
    if not dry:
        housekeeping.remove(found)
    return housekeeping.summary(found, removed=not dry)


@task(**policy("tell-tidied"), task_run_name="what was removed")
def told(text: str) -> None:
    """Show what was removed in the Prefect UI."""
    create_markdown_artifact(key="housekeeping", markdown=text, description="What was removed.")
