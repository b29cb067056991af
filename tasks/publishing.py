"""From records to the report, the lineage and what the Prefect UI shows of a run. Orders nothing."""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from cosmic.home import Home
from cosmic.records import Report
from cosmic.reporting.assemble import RunIdentity, RunRecords
from cosmic.settings import PipelineOptions, Settings
from tasks.policies import policy


@task(**policy("report"))
def report(
    records: RunRecords, identity: RunIdentity, *, options: PipelineOptions, salt: str, resamples: int, home: Home
) -> Report:
    """Write facts and report of a run, and make it the newest."""
    from cosmic.catalogue import open_catalogue
    from cosmic.reporting.publish import publish

    with open_catalogue(home, Settings()) as catalogue:
        pages = catalogue.pages(state=records.ingest.state)
    made = publish(records, identity, options=options, salt=salt, resamples=resamples, pages=pages, home=home)
    create_link_artifact(key="report", link=made.html.as_uri(), link_text="Report", description=made.verdict)
    rows = [{"reason": reason, "rows": n} for reason, n in records.ingest.reasons.items()]
    create_table_artifact(key="quality", table=rows, description="Rows in quarantine, by reason.")
    create_markdown_artifact(key="counts", markdown=made.counts, description="What this run read and did.")
    return made


@task(**policy("record"))
def record(records: RunRecords, identity: RunIdentity, made: Report, *, options: PipelineOptions, home: Home) -> None:
    """Write the run and its models to the catalogue, with what they came from."""
    from cosmic.catalogue import open_catalogue
    from cosmic.reporting.publish import record_run

    with open_catalogue(home, Settings()) as catalogue:
        record_run(catalogue, records, identity, made, options=options)
