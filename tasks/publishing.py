"""From records to the report, the lineage and what the Prefect UI shows of a run. Orders nothing."""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from cosmic.home import Home
from cosmic.machine import Settings
from cosmic.operation import Operation
from cosmic.records import Report
from cosmic.reporting.assemble import RunIdentity, RunRecords
from cosmic.settings import PipelineOptions
from tasks.policies import policy


@task(**policy("report"), task_run_name="report {identity.id}")
def report(
    records: RunRecords, identity: RunIdentity, *, options: PipelineOptions, salt: str, resamples: int, home: Home
) -> Report:
    """Write facts and report of a run to its own folder."""
    from cosmic.catalogue import open_catalogue
    from cosmic.reporting.publish import publish

    with open_catalogue(home, Settings()) as catalogue:
        pages = catalogue.pages(state=records.ingest.state)
    made = publish(records, identity, options=options, salt=salt, resamples=resamples, pages=pages, home=home)
    link = Operation().place.link(made, sky=home.sky)
    where = (
        f"[Report]({link})" if link else f"Report: run `{made.run}`; COSMIC_PUBLIC_URL gives this page a link to it."
    )
    page = f"{made.verdict}\n\n{made.scores}\n\n{where}"
    create_markdown_artifact(key="report", markdown=page, description="Scores, and where the report is.")
    rows = [{"reason": reason, "rows": n} for reason, n in records.ingest.reasons.items()]
    rows = rows or [{"reason": "no row was quarantined", "rows": 0}]  # the UI shows an empty table as "No results"
    create_table_artifact(key="quality", table=rows, description="Rows in quarantine, by reason.")
    if link:
        create_link_artifact(
            key="report-page", link=link, link_text=f"Report {made.run}", description="The whole report."
        )
    create_markdown_artifact(key="counts", markdown=made.counts, description="What this run read and did.")
    return made


@task(**policy("record"), task_run_name="record {identity.id}")
def record(records: RunRecords, identity: RunIdentity, made: Report, *, options: PipelineOptions, home: Home) -> None:
    """Write the run and its models to the catalogue, with what they came from."""
    from cosmic.catalogue import open_catalogue
    from cosmic.reporting.publish import record_run

    with open_catalogue(home, Settings()) as catalogue:
        record_run(catalogue, records, identity, made, options=options)


@task(**policy("latest"), task_run_name="make {made.run} the newest")
def latest(made: Report) -> None:
    """Make a report that the catalogue knows the newest one."""
    from cosmic.reporting.latest import publish_latest

    publish_latest(made.html.parent, made.latest.parent)


@task(**policy("publish"), task_run_name="publish {made.run}")
def publish(made: Report, *, home: Home) -> str | None:
    """Put a report where people read it; return its address, or None where nobody could open it."""
    place = Operation().place
    place.publish(made, sky=home.sky)
    return place.link(made, sky=home.sky)
