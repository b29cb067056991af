"""How runs stand, in the catalogue and on the status page. Each wraps one call; decides nothing."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task

from cosmic.clock import utc_now
from cosmic.home import Home
from cosmic.machine import Settings, database_url
from cosmic.operation import Operation
from tasks.policies import policy

if TYPE_CHECKING:
    from cosmic.catalogue.chronicle import Ran
    from cosmic.facts.status import NextRun, Status

TAG = "cosmic"
"""Of every deployment of ours."""


@task(**policy("note-run"), task_run_name="note how {run.flow} stands")
def note_run(run: Ran, *, home: Home) -> bool:
    """Write how a run stands; return whether there is a catalogue to write it to. Makes none."""
    from cosmic.catalogue import nothing_there, open_catalogue

    settings = Settings()
    if nothing_there(home, settings):
        return False
    with open_catalogue(home, settings) as catalogue:
        catalogue.note_run(run)
    return True


@task(**policy("show-status"), task_run_name="status of the {home.sky} sky")
def show_status(home: Home) -> Path:
    """Write the status page and its facts, also to where reports are published; return the page's path in the home."""
    from cosmic.reporting.status_page import write_status

    now, place = utc_now(), Operation().place
    path = write_status(status_now(home, Settings(), now=now), home.latest.parent)
    if place.url is not None:
        with tempfile.TemporaryDirectory(prefix="cosmic-") as name:
            write_status(status_now(home, Settings(), now=now, published=True), Path(name))
            place.put(Path(name))
    return path


def status_now(home: Home, settings: Settings, *, now: datetime, published: bool = False) -> Status:
    """Return how a catalogue stands now, for a page in the home or where reports are published. Changes nothing.

    Raises
    ------
    ConfigError, TransientSourceError
        If the catalogue's URL is wrong, or its server refuses the user or does not answer.
    """
    from cosmic.catalogue import chronicle
    from cosmic.reporting.status_page import RUNS, status_of

    url = database_url(home.root, home.sky, settings).get_secret_value()
    found = chronicle.read(url, sky=home.sky, most_runs=RUNS)
    runs, why = planned()
    kind = url.partition(":")[0].partition("+")[0]
    return status_of(found, home=home, database=kind, planned=runs, unplanned=why, published=published, now=now)


def planned() -> tuple[tuple[NextRun, ...], str | None]:
    """Return what of ours runs next at the Prefect server that is in use, or why that is not known."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterTags,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
        FlowRunFilterTags,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.settings import PREFECT_API_URL

    from cosmic.facts.status import NextRun

    if not PREFECT_API_URL.value():
        return (), "No Prefect server is named, so no schedule is known: make serve starts one."
    try:
        with get_client(sync_client=True) as client:
            deployed = client.read_deployments(
                deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
            )
            waiting = client.read_flow_runs(
                flow_run_filter=FlowRunFilter(
                    tags=FlowRunFilterTags(all_=[TAG]),
                    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
                )
            )
    except Exception as error:  # noqa: BLE001 # whatever it is, a page without schedules is better than none
        return (), f"The Prefect server does not say what is planned ({type(error).__name__})."
    if not deployed:
        return (), "Nothing is deployed at this Prefect server: make serve deploys all."
    first: dict[object, datetime] = {}
    for run in waiting:
        when = run.next_scheduled_start_time or run.expected_start_time
        if when is not None and run.deployment_id is not None:
            moment = datetime.fromtimestamp(when.timestamp(), UTC)
            first[run.deployment_id] = min(moment, first.get(run.deployment_id, moment))
    found = [NextRun(name=one.name, when=first.get(one.id), paused=bool(one.paused)) for one in deployed]
    found.sort(key=lambda one: (one.when is None, one.when or datetime.max.replace(tzinfo=UTC), one.name))
    return tuple(found), None
