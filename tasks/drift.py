"""What came since the model in use was trained, against the snapshot behind it. Wraps one look; orders nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact

from cosmic.alerts.records import Signal
from cosmic.facts.drift import DriftVerdict
from cosmic.home import Home
from cosmic.machine import Settings
from tasks.policies import policy


@dataclass(frozen=True, slots=True)
class DriftFound:
    """What a look found, in words and signals; `verdict` and `page` are None where there was nothing to compare."""

    summary: str
    signals: tuple[Signal, ...] = ()
    verdict: DriftVerdict | None = None
    page: Path | None = None


@task(**policy("look"), task_run_name="look for drift in the {home.sky} catalogue")
def look(home: Home, *, table: str) -> DriftFound:
    """Compare what the catalogue holds with what the model in use was trained on, and write the drift page."""
    from cosmic.catalogue import nothing_there, open_catalogue
    from cosmic.drift import looking, signals, sound
    from cosmic.reporting.drift_page import build_drift

    if nothing_there(home, Settings()):
        return DriftFound(f"There is no catalogue of the {home.sky} sky yet: run the pipeline first.")
    with open_catalogue(home, Settings()) as catalogue:
        looked = looking.look(catalogue, folder=home.snapshots)
    if looked.report is None:
        return DriftFound(looked.remark, (sound(table),) if looked.nothing_new else ())
    found = looked.report.found
    page = build_drift(looked.report, home.drift / looked.report.id)
    create_markdown_artifact(key="drift", markdown=f"{found.summary}\n\nPage: `{page}`", description="New rows.")
    told = signals(found, table=table, link=str(page), source=looked.report.id)
    return DriftFound(found.summary, told, found.verdict, page)
