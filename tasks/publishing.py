"""From records to the report, the lineage and what the Prefect UI shows of a run. Orders nothing."""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from cosmic.home import Home
from cosmic.machine import Settings
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
    page = f"{made.verdict}\n\n{made.scores}\n\nReport: `{made.html}`"  # the UI's pages may not open file: links
    create_markdown_artifact(key="report", markdown=page, description="Scores, and where the report is.")
    rows = [{"reason": reason, "rows": n} for reason, n in records.ingest.reasons.items()]
    rows = rows or [{"reason": "no row was quarantined", "rows": 0}]  # the UI shows an empty table as "No results"
    create_table_artifact(key="quality", table=rows, description="Rows in quarantine, by reason.")
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
